"""What firms report: the yearly tables and the monthly output of the larger ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from jiqun.demo import flaws
from jiqun.demo.sheets import LABEL, Row, Sheet, rows_of, write_csv, write_parquet, write_workbook

FIRST, LAST = 2021, 2025
MONTHLY, CUMULATIVE = 200, 18  # firms per 3,000 that report months; of them, 1–8 months only
ABOVE = 2000  # revenue from which industrial firms report every month, 万元 (规上)
SEASON = np.array([0.85, 0.6, 1.0, 1.0, 1.02, 1.0, 0.98, 1.08, 1.12, 1.12, 1.1, 1.13])


def yearly(
    rng: np.random.Generator, folder: Path, panel: pl.DataFrame, table: pl.DataFrame
) -> list[Path]:
    """Earlier years as Parquet in base units; the last year as CSV in the units of the form.

    Args:
        rng: source of chance.
        folder: where to write.
        panel: from :func:`jiqun.demo.tables.panel_frame`.
        table: the register, for firms that have nothing to report yet.
    """
    early = panel.filter(pl.col("year").is_between(FIRST, LAST - 1)).drop("name")
    last = panel.filter(pl.col("year") == LAST).select(
        "firm", "name", "output", "revenue", "value_added", "tax", "employment",
        (pl.col("electricity_kwh") / 10_000).round(4), (pl.col("energy_kgce") / 1000).round(3),
        "land_m2", "rd_expense",
        "exports",
    )  # fmt: skip
    rows = rows_of(last)
    chosen = rng.permutation(len(rows))[: flaws.ELLIPSES + flaws.DASHES]
    for number, row in enumerate(chosen):
        column, mark = (9, "…") if number < flaws.ELLIPSES else (11, "—")
        rows[row][column] = mark
    # Firms often leave R&D empty when they keep no such account: not reported, not zero.
    for row in np.flatnonzero(rng.random(len(rows)) < 0.1):
        rows[row][10] = None
    idle = table.filter(pl.col("status") == "building")["firm"][0]
    head = ["统一社会信用代码", "企业名称", "工业总产值（万元）", "营业收入（万元）",
            "增加值（万元）", "税收（万元）", "从业人员（人）", "用电量（万千瓦时）",
            "综合能耗（吨标准煤）", "用地面积（平方米）", "研发费用（万元）", "出口额（万元）"]  # fmt: skip
    return [
        write_parquet(folder / f"{LABEL}_企业年报_{FIRST}-{LAST - 1}.parquet", early),
        write_csv(
            folder / f"{LABEL}_企业年报_{LAST}.csv", head, [*rows, *flaws.yearly(idle)],
            encoding="gb18030",
        ),
    ]  # fmt: skip


def _months(rng: np.random.Generator, total: np.ndarray) -> np.ndarray:
    """Split yearly totals into twelve whole months, firms × 12; rows sum to ``total``."""
    weight = SEASON * np.exp(rng.normal(0, 0.09, (len(total), 12)))
    whole = np.floor(total[:, None] * weight / weight.sum(axis=1, keepdims=True)).astype(np.int64)
    whole[:, -1] += total - whole.sum(axis=1)
    return whole


def monthly(
    rng: np.random.Generator, folder: Path, panel: pl.DataFrame, table: pl.DataFrame, share: float
) -> list[Path]:
    """Monthly output of the largest makers; a few hand in January–August as one sum."""
    makers = table.filter(pl.col("group") < "44")["firm"]
    big = (
        panel.filter(
            (pl.col("year") == LAST)
            & (pl.col("revenue") >= ABOVE)
            & pl.col("firm").is_in(makers.implode())
        )
        .sort("output", "firm", descending=[True, False])
        .head(max(4, round(MONTHLY * share)))
    )
    months = _months(rng, big["output"].to_numpy())
    late = big.height - max(1, round(CUMULATIVE * share))
    rows: list[Row] = []
    for i, (firm, name) in enumerate(big.select("firm", "name").iter_rows()):
        each = months[i].tolist()
        rows.append([firm, name, *([None] * 12 if i >= late else each),
                     sum(each[:8]) if i >= late else None])  # fmt: skip
    heads = tuple(f"{LAST}年{month}月" for month in range(1, 13))
    sheet = Sheet(
        name="产值", title=f"规上工业企业产值月报（{LABEL}）", unit="万元",
        head=(("统一社会信用代码", "企业名称", *heads, f"{LAST}年1—8月"),), rows=rows,
        notes=("说明：部分企业只报1—8月累计数，累计数不是当月数。",),
    )  # fmt: skip
    return [write_workbook(folder / f"{LABEL}_规上企业月报_{LAST}.xlsx", [sheet])]
