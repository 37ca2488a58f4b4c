"""Deals of standard land in the demo county, as notices write them, with a few slips of the pen.

The younger deals are those of firms that are still building; how old each is decides how far the
demo's events take it (``modules.land.parcels.demo``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jiqun.demo.sheets import LABEL, Row, write_csv

NOMINAL = dt.date(2026, 11, 30)  # the demo's today
MU = 2000 / 3  # m²
HEAD = ["宗地编号", "所属乡镇代码", "竞得人代码", "竞得人", "公告编号", "不动产单元号", "地块位置", "土地用途",
        "出让面积（平方米）", "出让年限（年）", "投资强度（万元/亩）", "亩均产值（万元/亩）", "亩均税收（万元/亩）",
        "容积率", "建筑密度", "绿地率", "起始价（万元）", "竞买保证金（万元）", "成交价（万元）", "履约保证金（万元）",
        "成交日期", "约定开工时间"]  # fmt: skip
# Months since the deal, newest first; the twenty-fifth has slips that leave its day unknown.
AGES = (0, 2, 12, 15, 15, 15, 18, 20, 35, 38, 40, 44, 44, 48, 66, 70, 70, 72, 72, 24, 27, 22, 9, 6, 60)  # fmt: skip
OWN = 2  # the place of the firm whose account the demo opens: its works have to begin soon
# Row: column and what stands there; each leaves the value unknown and is named on the pages.
SLIPS: Mapping[int, Sequence[tuple[str, str]]] = {
    7: (("投资强度（万元/亩）", "约300万元/亩"),),
    13: (("容积率", "2.5-1.0"),),
    19: (("成交价（万元）", "九百万元"),),
    21: (("绿地率", "不超过20元"),),
    24: (("成交日期", "2024年13月5日"), ("出让年限（年）", "五十年")),
}


@dataclass(frozen=True, slots=True)
class Site:
    """A parcel to be sold: code, town, area in m², who bought it, and whether it is still building."""

    code: str
    place: str
    area: int
    firm: str
    name: str
    building: bool
    founded: dt.date


def deals(rng: np.random.Generator, folder: Path, sites: Sequence[Site]) -> list[Path]:
    """Write the table of deals: building firms first, then those founded last."""
    rows = [
        _row(rng, number, site, AGES[number]) for number, site in enumerate(_chosen(list(sites)))
    ]
    for number, slips in SLIPS.items():
        for column, text in slips if number < len(rows) else ():
            rows[number][HEAD.index(column)] = text
    written: list[Row] = [*rows]
    return [write_csv(folder / f"{LABEL}_土地成交.csv", HEAD, written, encoding="gb18030")]


def _chosen(sites: list[Site]) -> list[Site]:
    """One parcel of each of twenty-five firms; that of the first firm stands in its place."""
    young = sorted(
        sites,
        key=lambda one: (not one.building, one.area < 3 * MU, -one.founded.toordinal(), one.code),
    )
    own = min(sites, key=lambda one: one.firm)
    found = [one for one in young if one.firm != own.firm][: len(AGES) - 1]
    return [*found[:OWN], own, *found[OWN:]]


def _row(rng: np.random.Generator, number: int, site: Site, age: int) -> list[object]:
    chance = rng.random(6)
    price = max(1, round(site.area / MU * (18 + 14 * chance[0])))  # 万元
    month = NOMINAL.year * 12 + NOMINAL.month - 1 - age
    # A deal of this month is a few days old; the others lie at its middle.
    day = dt.date(month // 12, month % 12 + 1, 26 if age == 0 else 15)
    low = round(0.8 + 0.4 * chance[3], 1)
    invested, output = (int(round(base + 100 * chance[1], -1)) for base in (250, 380))
    tax, cover = round(12 + 12 * chance[2]), round(10 * chance[4])
    return [
        site.code, site.place, site.firm, site.name, f"合成土告〔{day.year}〕{number + 1:02d}号",
        f"{site.code}W00000000",
        "合成示例开发区" if number % 5 else "合成示例开发区二期", "工业用地", site.area, 50 if number % 4 else 30,
        f"≥{invested}" if number % 3 else f"不低于{invested}万元/亩",
        f"{output}以上" if number % 4 == 1 else f"≥{output}",
        f"≥{tax}" if number % 2 else f"{tax}", f"{low}-{low + 1.2:.1f}" if number % 2 else f"≥{low}",
        f"{30 + cover}%-60%", "≤20%" if number % 3 else "不超过15%",
        price, max(1, price // 5), price, max(1, price // 10),
        f"{day.year}年{day.month}月{day.day}日" if number % 2 else day.isoformat(), None,
    ]  # fmt: skip
