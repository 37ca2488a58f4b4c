"""Parcels of the demo county and who uses them: own land, tenants of multi-storey yards, hand-backs.

All of it is made up and lies in the open ocean. What firms reported as their land agrees with this
table but for a few, as the yearly check of land finds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from jiqun.demo.deals import Site, deals
from jiqun.demo.firms import KM_EAST, KM_NORTH
from jiqun.demo.places import COUNTY, towns
from jiqun.demo.sheets import LABEL, Row, write_csv

YEAR = 2025
MU = 2000 / 3  # m²
SMALL, YARD = 5 * MU, 8 * MU  # below it a firm may rent; from there a yard may let
TENANTS = 0.4  # of the small firms
LET = 0.6  # of a yard, at most
ROAD = 14.0  # m between parcels
WIDE = 1.4  # how much wider than deep a town's block is
CHECK = "法定职责（用地核查，合成示例）"
PARCEL_HEAD = ["宗地编号", "坐落", "所属乡镇代码", "土地用途", "使用权人代码", "登记面积（平方米）",
               "总建筑面积（平方米）", "建筑占地（平方米）", "规划容积率", "坐标系", "图形"]  # fmt: skip
USE_HEAD = ["宗地编号", "统一社会信用代码", "类别", "面积（平方米）", "租用建筑面积（平方米）",
            "全宗建筑面积（平方米）", "起", "止", "依据文号", "合法依据"]  # fmt: skip


@dataclass
class _Yard:
    """A parcel with who rents on it; areas in m²."""

    firm: str
    place: str
    own: int
    number: int = 0
    ratio: float = 1.0
    rented: dict[str, int] = field(default_factory=dict)

    @property
    def area(self) -> int:
        return self.own + sum(self.rented.values())

    @property
    def floor(self) -> int:
        return round(self.area * self.ratio)

    @property
    def code(self) -> str:
        return f"{COUNTY}{self.place[-3:]}001GB{self.number:05d}"


def parcels(
    rng: np.random.Generator, folder: Path, panel: pl.DataFrame, table: pl.DataFrame
) -> list[Path]:
    """Write the register of parcels, their use and deals; ``panel`` and ``table`` as for reports."""
    yards = _yards(rng, panel, table)
    shapes = _shapes(yards)
    return [
        write_csv(folder / f"{LABEL}_宗地.csv", PARCEL_HEAD, _register(rng, yards, shapes), encoding="gb18030"),
        write_csv(folder / f"{LABEL}_用地核查_{YEAR}.csv", USE_HEAD, _uses(rng, yards), encoding="gb18030"),
        *deals(rng, folder, _sites(yards, table)),
    ]  # fmt: skip


def _yards(rng: np.random.Generator, panel: pl.DataFrame, table: pl.DataFrame) -> list[_Yard]:
    """One yard for each firm that has land of its own; small firms rent in the yards of their town."""
    land = dict(panel.filter(pl.col("year") == YEAR).select("firm", "land_m2").iter_rows())
    firms = table.filter(pl.col("status") != "closed").select("firm", "place", "status").rows()
    draw = rng.random((len(firms), 3))
    yards: list[_Yard] = []
    tenants: list[tuple[str, str, int]] = []
    for (firm, place, status), chance in zip(firms, draw, strict=True):
        own = land.get(firm, 0)
        if status == "building":
            own = round(6_000 + 34_000 * chance[2])
        if own and own < SMALL and chance[0] < TENANTS:
            tenants.append((firm, place, own))
        elif own:
            yards.append(_Yard(firm, place, own, ratio=round(0.35 + 1.3 * chance[1], 2)))
    busy = {firm for firm, _, status in firms if status == "active"}
    _let(yards, tenants, [one for one in yards if one.own >= YARD and one.firm in busy])
    for place in {one.place for one in yards}:
        for number, one in enumerate((one for one in yards if one.place == place), start=1):
            one.number = number
    return yards


def _sites(yards: list[_Yard], table: pl.DataFrame) -> list[Site]:
    """The yards with what a deal says of their firms."""
    known = {
        firm: (name, status == "building", founded)
        for firm, name, status, founded in table.select("firm", "name", "status", "founded").rows()
    }
    return [Site(one.code, one.place, one.area, one.firm, *known[one.firm]) for one in yards]


def _let(yards: list[_Yard], tenants: list[tuple[str, str, int]], hosts: list[_Yard]) -> None:
    """Give each tenant the yard of its town that has most room left; who finds none has land of its own."""
    for firm, place, wanted in tenants:
        near = [one for one in hosts if one.place == place]
        room = max(near, key=lambda one: LET * one.own - sum(one.rented.values()), default=None)
        if room is None or LET * room.own - sum(room.rented.values()) < wanted:
            yards.append(_Yard(firm, place, wanted))
        else:
            room.rented[firm] = wanted


def _shapes(yards: list[_Yard]) -> dict[str, list[list[float]]]:
    """Rectangles side by side in a block by each town, with roads between; degrees, closed rings."""
    centre = {row["place"]: (row["lon"], row["lat"]) for row in towns().iter_rows(named=True)}
    found: dict[str, list[list[float]]] = {}
    at: dict[str, tuple[float, float, float]] = {}
    block: dict[str, float] = {}
    for one in yards:
        block[one.place] = block.get(one.place, 0.0) + one.area
    for one in yards:
        x, y, high = at.get(one.place, (0.0, 0.0, 0.0))
        width = float(np.sqrt(one.area * 1.4))
        depth = one.area / width
        if x and x + width > WIDE * float(np.sqrt(block[one.place])):
            x, y, high = 0.0, y + high + ROAD, 0.0
        west, south = centre[one.place]
        corners = ((x, y), (x + width, y), (x + width, y + depth), (x, y + depth), (x, y))
        found[one.code] = [
            [round(west + east / 1000 * KM_EAST, 7), round(south + north / 1000 * KM_NORTH, 7)]
            for east, north in corners
        ]
        at[one.place] = (x + width + ROAD, y, max(high, depth))
    return found


def _register(
    rng: np.random.Generator, yards: list[_Yard], shapes: dict[str, list[list[float]]]
) -> list[Row]:
    names = dict(towns().select("place", "name_zh").iter_rows())
    draw = rng.random((len(yards), 3))
    return [
        [
            one.code, f"{names[one.place]}工业区{one.number}号地块", one.place, "工业用地", one.firm, one.area,
            one.floor if chance[0] > 0.05 else None, round(one.area * (0.25 + 0.3 * chance[1])),
            round(max(1.0, one.ratio), 1), "CGCS2000" if chance[2] > 0.01 else None,
            json.dumps({"type": "Polygon", "coordinates": [shapes[one.code]]}, separators=(",", ":"))
            if chance[2] > 0.01 else None,
        ]
        for one, chance in zip(yards, draw, strict=True)
    ]  # fmt: skip


def _uses(rng: np.random.Generator, yards: list[_Yard]) -> list[Row]:
    """Own land, both sides of each lease, and what the yearly check finds beside the register."""
    rows: list[Row] = []
    for one in yards:
        deed = f"合成不动产〔{2000 + one.number % 20}〕{one.number}号"
        rows.append(
            [one.code, one.firm, "已登记用地", one.area, None, None, None, None, deed, CHECK]
        )
        for number, (firm, share) in enumerate(one.rented.items(), start=1):
            space = round(share * one.floor / one.area, 2)
            lease = f"合成租〔2024〕{one.number}-{number}号"
            for who, kind in ((firm, "租入"), (one.firm, "租出")):
                rows.append([one.code, who, kind, one.area, space, one.floor, "2024-01-01",
                             "2028-12-31", f"{lease}{'' if kind == '租入' else '（出租方）'}", CHECK])  # fmt: skip
    few = max(1, round(0.004 * len(yards)))
    chosen = [yards[i] for i in rng.choice(len(yards), 2 * few, replace=False)]
    rows += [
        [one.code, one.firm, "实际占用未登记用地", round(one.own * 0.08) + 1, None, None, None, None,
         f"合成核查〔{YEAR}〕{one.number}号", CHECK]
        for one in chosen[:few]
    ]  # fmt: skip
    rows += [
        [one.code, one.firm, "扣除", round(one.own * 0.1) + 1, None, None, f"{YEAR}-07-01", None,
         f"合成收储〔{YEAR}〕{one.number}号", CHECK]
        for one in chosen[few:]
    ]  # fmt: skip
    return rows
