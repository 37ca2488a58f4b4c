"""What the per-mu evaluation needs beside the yearly reports: lists, events, main revenue, pollutants.

All of it is made up. The list of firms above the threshold of statistics is that of the evaluated
year; firms that emit nothing that is measured have no figure, which is not zero.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from jiqun.demo.sheets import LABEL, Row, write_csv
from jiqun.demo.titles import ABOVE, HEAD, PLACE, STATUTORY

YEAR = 2025
LIST = "规上企业"
# What the demo's rule pack (Huangyan 2022) calls a veto or a class: (matter, share, day, document).
EVENTS = (
    ("较大以上生产安全事故", 0.002, "2025-06-18", "合成应急〔2025〕6号"),
    ("重大环境违法", 0.006, "2025-09-02", "合成环罚〔2025〕21号"),
    ("严重失信或涉税违法", 0.006, "2025-11-11", "合成税稽〔2025〕9号"),
    ("水电气热和垃圾污水处理等公用企业", 0.003, "2025-01-01", "合成亩均办〔2025〕2号"),
    ("重大项目建设期企业", 0.004, "2025-01-01", "合成亩均办〔2025〕2号"),
)


def permu(
    rng: np.random.Generator, folder: Path, panel: pl.DataFrame, table: pl.DataFrame
) -> list[Path]:
    """Write the three tables of the evaluated year; ``panel`` and ``table`` as for the reports."""
    last = panel.filter(pl.col("year") == YEAR).select("firm", "revenue", "value_added")
    before = panel.filter(pl.col("year") == YEAR - 1).select(
        "firm", pl.col("revenue").alias("before")
    )
    known = (
        table.select("firm", "status")
        .filter(pl.col("status") != "closed")
        .join(last, on="firm", how="left", maintain_order="left")
        .join(before, on="firm", how="left", maintain_order="left")
    )
    return [
        _figures(rng, folder, known.filter(pl.col("revenue").is_not_null())),
        _matters(rng, folder, known),
        write_csv(
            folder / f"{LABEL}_规上名单是否完整_{YEAR}.csv",
            ["事项", "地方", "期间", "不在名单者取值", "出具单位"],
            [[LIST, PLACE, YEAR, "否", "统计局"]], encoding="utf-8-sig",
        ),
    ]  # fmt: skip


def _figures(rng: np.random.Generator, folder: Path, known: pl.DataFrame) -> Path:
    """Main revenue of all, pollutants of those that are measured."""
    count = known.height
    revenue = known["revenue"].to_numpy()
    main = np.rint(revenue * rng.uniform(0.94, 1.0, count)).astype(np.int64)
    # About 4,000 万元 of value added per tonne, as published benchmarks have it, within a wide range.
    emission = np.rint(
        known["value_added"].to_numpy() / 4_000 * 1_000 * np.exp(rng.normal(0, 0.7, count))
    ).astype(np.int64)
    measured = (revenue >= ABOVE) & (rng.random(count) < 0.7) & (emission > 0)
    rows: list[Row] = [
        [firm, int(main[i]), int(emission[i]) if measured[i] else None]
        for i, firm in enumerate(known["firm"])
    ]
    head = ["统一社会信用代码", "主营业务收入（万元）", "主要污染物排放量（千克）"]
    path = folder / f"{LABEL}_亩均评价数据_{YEAR}.csv"
    return write_csv(path, head, rows, encoding="gb18030")


def _matters(rng: np.random.Generator, folder: Path, known: pl.DataFrame) -> Path:
    """The list above the threshold, vetoes and classes."""
    firms = known["firm"].to_list()
    large = known["before"].fill_null(0).to_numpy() >= ABOVE
    rows: list[Row] = [
        [
            firms[i],
            LIST,
            YEAR,
            "是",
            f"{YEAR}-01-01",
            f"{YEAR}-12-31",
            f"合成统〔{YEAR}〕1号",
            STATUTORY,
        ]
        for i in np.flatnonzero(large)
    ]
    for matter, share, day, document in EVENTS:
        count = max(1, round(share * len(firms)))
        rows += [
            [firms[i], matter, YEAR, "是", day, None, document, STATUTORY]
            for i in rng.choice(len(firms), count, replace=False)
        ]
    path = folder / f"{LABEL}_亩均评价事项_{YEAR}.csv"
    return write_csv(path, HEAD, rows, encoding="gb18030")
