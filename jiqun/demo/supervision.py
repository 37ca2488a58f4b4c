"""What offices know of the use of land: agreements, overdue milestones, halts, designed electricity.

All of it is made up. Two of the lists are declared complete, so that a firm that is not on them has
no agreement and is not overdue; of the others it is not known.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from jiqun.demo.places import COUNTY
from jiqun.demo.sheets import LABEL, Row, write_csv
from jiqun.demo.titles import HEAD

YEAR = 2025
SUPERVISION = "法定职责（供后监管，合成示例）"
AGREED, OVERDUE = "合同约定亩均税收（万元/亩）", "合同节点逾期月数"
HALTED, DESIGN, WEAK = "停产半停产月数", "设计年用电量（万千瓦时）", "用电偏低持续月数"


def supervision(folder: Path, panel: pl.DataFrame, table: pl.DataFrame) -> list[Path]:
    """Write both tables; every so many-th firm in the order of the register has a matter."""
    power = dict(panel.filter(pl.col("year") == YEAR).select("firm", "electricity_kwh").iter_rows())
    firms = table.filter(pl.col("status") != "closed").select("firm", "status")
    active = [firm for firm, status in firms.iter_rows() if status == "active"]
    halted = [firm for firm, status in firms.iter_rows() if status == "suspended"]
    rows: list[Row] = []

    def matter(firm: str, item: str, content: float) -> None:
        document = f"合成自然资〔{YEAR}〕{len(rows) + 1}号"
        rows.append([firm, item, YEAR, content, f"{YEAR}-12-31", None, document, SUPERVISION])

    for firm in active[4::9]:
        matter(firm, AGREED, 15)
    for firm in active[7::40]:
        matter(firm, OVERDUE, 15)
    for number, firm in enumerate(halted[::2]):
        matter(firm, HALTED, 14 if number % 2 == 0 else 5)
    for firm in (one for one in active[2::30] if power.get(one)):
        matter(firm, DESIGN, round(power[firm] * 6 / 10_000, 2))
        matter(firm, WEAK, 7)
    complete: list[Row] = [
        [item, COUNTY, YEAR, "无", "自然资源和规划局"] for item in (AGREED, OVERDUE)
    ]
    return [
        write_csv(folder / f"{LABEL}_用地监管事项_{YEAR}.csv", HEAD, rows, encoding="gb18030"),
        write_csv(folder / f"{LABEL}_用地监管名单是否完整_{YEAR}.csv",
                  ["事项", "地方", "期间", "不在名单者取值", "出具单位"], complete, encoding="utf-8-sig"),
    ]  # fmt: skip
