"""What bureaux know of firms beside figures: titles, lists, credit. All of it is made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from jiqun.demo.sheets import LABEL, Row, write_csv

YEAR, LAST = 2026, 2025
PLACE = "990101"
ABOVE = 2000  # revenue from which industrial firms enter the directory, 万元 (规上)
STATUTORY = "法定职责（认定公告，合成示例）"
SHARED = "税务数据共享协议 2026-01（合成示例）"
OWN = "企业自报（一企一单确认，合成示例）"
HEAD = ["统一社会信用代码", "事项", "期间", "取值", "生效日期", "失效日期", "文号", "合法依据"]
# item, period, what a firm that is not on the list is, who declares the list complete
COMPLETE: tuple[tuple[str, str, str, str], ...] = (
    ("规上企业", str(YEAR), "否", "统计局"),
    ("首次入规", str(YEAR), "否", "统计局"),
    ("高新技术企业", str(YEAR), "否", "科技局"),
    ("首次认定高企", str(YEAR), "否", "科技局"),
    ("重新认定高企", str(YEAR), "否", "科技局"),
    ("高企申报受理", str(YEAR), "否", "科技局"),
    ("新认定小巨人", str(YEAR), "否", "工信局"),
    ("新认定省级专精特新", str(YEAR), "否", "工信局"),
    ("专精特新中小企业", str(YEAR), "否", "工信局"),
    ("新获国家级绿色工厂", str(YEAR), "否", "工信局"),
    ("新获省级绿色工厂", str(YEAR), "否", "工信局"),
    ("严重失信", str(YEAR), "否", "发改局"),
    ("经营异常", str(YEAR), "否", "市场监管局"),
    ("以往兑付", str(YEAR), "无", "财政局"),
)  # fmt: skip


def titles(
    rng: np.random.Generator, folder: Path, panel: pl.DataFrame, table: pl.DataFrame
) -> list[Path]:
    """Lists and credit of the firms, and which of the lists are complete.

    No office hands over the list of environmental penalties, and none declares it complete: that
    a firm has none is not known, and the demo shows what hangs on it.
    """
    last = panel.filter(pl.col("year") == LAST).select("firm", "revenue")
    known = table.select("firm", "status").join(last, on="firm", how="left", maintain_order="left")
    known = known.filter(pl.col("status") != "closed")
    firms = known["firm"].to_list()
    large = np.nan_to_num(known["revenue"].cast(pl.Float64).to_numpy(), nan=0.0) >= ABOVE
    chance = rng.random((8, len(firms)))
    rows: list[Row] = []

    def on_list(item: str, chosen: np.ndarray, document: str, value: str = "是") -> None:
        for i in np.flatnonzero(chosen):
            rows.append([firms[i], item, YEAR, value, "2026-01-01", None, document, STATUTORY])

    fresh = large & (chance[0] < 0.12)
    on_list("规上企业", large, "合成统〔2026〕1号")
    on_list("首次入规", fresh, "合成统〔2026〕2号")
    high = large & (chance[1] < 0.3)
    first = high & (chance[1] < 0.08)
    on_list("高新技术企业", high, "合成科〔2026〕3号")
    on_list("首次认定高企", first, "合成科〔2026〕3号")
    special = large & (chance[2] < 0.16)
    on_list("专精特新中小企业", special, "合成工信〔2026〕5号")
    on_list("新认定省级专精特新", special & (chance[2] < 0.06), "合成工信〔2026〕5号")
    on_list("新认定小巨人", special & (chance[2] < 0.012), "合成工信〔2026〕6号")
    on_list("新获省级绿色工厂", large & (chance[3] < 0.03), "合成工信〔2026〕7号")
    on_list("严重失信", chance[4] < 0.02, "合成发改〔2026〕4号")
    on_list("经营异常", chance[5] < 0.03, "合成市监〔2026〕9号")
    grades = rng.choice(["A", "B", "M", "C"], len(firms), p=[0.2, 0.5, 0.27, 0.03])
    rows += [[firm, "纳税信用等级", YEAR, grade, None, None, "合成税〔2026〕11号", SHARED]
             for firm, grade in zip(firms, grades, strict=True)]  # fmt: skip
    rows += _projects(firms, large, chance[6:], rng)
    return [
        write_csv(folder / f"{LABEL}_企业事项_{YEAR}.csv", HEAD, rows, encoding="gb18030"),
        write_csv(
            folder / f"{LABEL}_名单是否完整_{YEAR}.csv",
            ["事项", "地方", "期间", "不在名单者取值", "出具单位"],
            [[item, PLACE, period, value, holder] for item, period, value, holder in COMPLETE],
            encoding="utf-8-sig",
        ),
    ]


def _projects(
    firms: list[str], large: np.ndarray, chance: np.ndarray, rng: np.random.Generator
) -> list[Row]:
    """Technical upgrades that firms have reported: some have not yet handed in the invoices."""
    rows: list[Row] = []
    chosen = np.flatnonzero(large & (chance[0] < 0.25))
    sums = rng.integers(120, 2400, len(chosen))
    for i, total in zip(chosen, sums, strict=True):
        said: list[tuple[str, str]] = [("新引进项目", "否"), ("项目总投资", f"{total}万元"),
                                       ("投资项目已备案", "是"), ("纳入技改投资统计", "是")]  # fmt: skip
        if chance[1][i] < 0.8:
            said.append(("新购设备投资额", f"{int(total * 0.7)}万元"))
        rows += [[firms[i], item, YEAR, value, None, None, None, OWN] for item, value in said]
    return rows
