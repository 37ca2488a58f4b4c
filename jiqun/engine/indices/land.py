"""Step 3: how much land each unit answers for (用地核查), with every term kept.

``A = own + occupied without registration + Σ rented-in share − Σ rented-out share − excluded``.
Of a multi-storey building the share is ``rented floor ÷ total floor of the parcel × parcel``;
of a whole yard it is the yard. Land stays with the occupier. A term that holds for a part of
the year counts by days. Areas are whole 0.01 m²; each term is rounded half up once for the
share and once for the days. The formula generalises what counties do (遂昌 2023, 慈溪, 黄岩).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import Ints, divided_one
from jiqun.engine.indices.quantities import Figure
from jiqun.errors import JiqunError, Problem

SIGN: Mapping[str, int] = {
    "own": 1,
    "occupied": 1,
    "rented_in": 1,
    "rented_out": -1,
    "excluded": -1,
}
WORDS: Mapping[str, tuple[str, str]] = {
    "own": ("已登记用地", "own, registered"),
    "occupied": ("实际占用未登记用地", "occupied, not registered"),
    "rented_in": ("租入分摊", "share rented in"),
    "rented_out": ("租出分摊", "share rented out"),
    "excluded": ("扣除", "excluded"),
}
MU = 200_000 / 3  # 0.01 m² in one 亩


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of the land table. Areas in 0.01 m².

    Attributes:
        unit: whose land it is counted to or taken from.
        kind: key of ``SIGN``.
        parcel: the parcel that it lies in.
        area: of the parcel, or of the yard that is rented as a whole.
        floor: rented floor of a multi-storey building; 0 when the whole area is meant.
        total_floor: floor of the whole parcel.
        first: first day that it holds; None from the start of the year.
        last: last day that it holds (a hand-back in mid-year); None to its end.
        document: what proves it; an exclusion needs one.
        town: where it lies, for figures by town.
    """

    unit: str
    kind: str
    parcel: str
    area: int
    floor: int = 0
    total_floor: int = 0
    first: date | None = None
    last: date | None = None
    document: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Land of the units of a batch.

    Attributes:
        ids: the units, in the order asked for.
        land: the sum, 0.01 m²; unknown where a unit has no line at all. It may be ≤ 0: such a
            unit is never divided by.
        terms: by kind, signed, shape (n,) each.
        towns: by town, the unit's sum there, shape (n,).
        lines: of each line, its signed area after share and days.
        flags: lines and parcels to be looked at.
    """

    ids: tuple[str, ...]
    land: Figure
    terms: Mapping[str, Ints]
    towns: Mapping[str, Ints]
    lines: Ints
    flags: tuple[Problem, ...]

    def mu(self) -> NDArray[np.float64]:
        """Return the land in 亩, NaN where unknown."""
        return np.where(self.land.known, self.land.value / MU, np.nan)


def attribute(
    holdings: Sequence[Holding],
    *,
    ids: Sequence[str],
    year: int,
    parcels: Mapping[str, int] | None = None,
) -> Attribution:
    """Sum the land table of a year by unit.

    Args:
        holdings: the lines.
        ids: the units of the batch; lines of others are refused.
        year: whose days count.
        parcels: registered area of each parcel, 0.01 m², to find land larger than its parcel.

    Raises:
        JiqunError: ``E-PERMU-LAND`` with every line that cannot be used.
    """
    place = {one: at for at, one in enumerate(ids)}
    problems = unusable(holdings, ids=ids)
    if problems:
        raise JiqunError(
            "E-PERMU-LAND",
            f"用地表有 {len(problems)} 处不能使用：{problems[0].message_zh}",
            f"{len(problems)} line(s) of the land table cannot be used: {problems[0].message_en}",
            hint_zh="请更正用地表后重新核算。",
            hint_en="Correct the land table and compute again.",
            fields=problems,
        )
    lines = np.array([_area(one, year) for one in holdings], dtype=np.int64)
    at = np.array([place[one.unit] for one in holdings], dtype=np.int64)
    seen = np.bincount(at, minlength=len(ids)) > 0 if len(at) else np.zeros(len(ids), dtype=bool)
    terms = _by(lines, at, [one.kind for one in holdings], count=len(ids), names=tuple(SIGN))
    towns = _by(lines, at, [one.town for one in holdings], count=len(ids), names=())
    land = sum(terms.values(), start=np.zeros(len(ids), dtype=np.int64))
    flags = tuple(_flags(holdings, lines, parcels or {}))
    return Attribution(tuple(ids), Figure(land, seen), terms, towns, lines, flags)


def unusable(holdings: Sequence[Holding], *, ids: Sequence[str]) -> list[Problem]:
    """Return everything for which :func:`attribute` would refuse these lines; ``row`` counts from 1."""
    place = {one: at for at, one in enumerate(ids)}
    return [found for row, one in enumerate(holdings, 1) for found in _wrong(one, row, place)]


def uneven_leases(
    holdings: Sequence[Holding], lines: Ints, *, tolerance: int = 100
) -> dict[str, tuple[int, int]]:
    """Return the parcels of which other land is rented in than is let: (rented in, let), 0.01 m².

    A parcel of which nobody in the table has land of the own or lets any is left out: its landlord
    is not in the table, so nothing is counted twice.

    Args:
        holdings: the lines.
        lines: of each line, its signed area (:attr:`Attribution.lines`).
        tolerance: difference that is none, 0.01 m².
    """
    inside, out, held = dict[str, int](), dict[str, int](), set[str]()
    for one, area in zip(holdings, lines.tolist(), strict=True):
        if one.kind == "rented_in":
            inside[one.parcel] = inside.get(one.parcel, 0) + area
        elif one.kind == "rented_out":
            out[one.parcel] = out.get(one.parcel, 0) - area
        elif one.kind in {"own", "occupied"}:
            held.add(one.parcel)
    found = {name: (inside.get(name, 0), out.get(name, 0)) for name in [*inside, *out]}
    return {
        name: sides
        for name, sides in found.items()
        if abs(sides[0] - sides[1]) > tolerance and (name in held or sides[1])
    }


def _by(
    lines: Ints, at: Ints, keys: Sequence[str], *, count: int, names: Sequence[str]
) -> dict[str, Ints]:
    found = {name: np.zeros(count, dtype=np.int64) for name in [*names, *sorted(set(keys))] if name}
    labels: NDArray[Any] = np.asarray(keys, dtype=object)
    for name, sums in found.items():
        rows = np.flatnonzero(labels == name)
        np.add.at(sums, at[rows], lines[rows])
    return found


def _wrong(one: Holding, row: int, place: Mapping[str, int]) -> Iterator[Problem]:
    def bad(zh: str, en: str, column: str) -> Problem:
        return Problem("E-PERMU-LAND", f"第 {row} 行：{zh}", f"line {row}: {en}", row=row,
                       column=column, value=f"{one.unit} {one.parcel}")  # fmt: skip

    if one.unit not in place:
        yield bad("没有这个评价单位", "no such unit", "unit")
    if one.kind not in SIGN:
        yield bad(f"未知的类别 {one.kind}", f"unknown kind {one.kind!r}", "kind")
    if one.area <= 0:
        yield bad("面积应大于 0", "the area must be positive", "area")
    if one.floor < 0 or (one.floor > 0 and one.total_floor <= 0):
        yield bad(
            "按建筑面积分摊须有全宗总建筑面积",
            "a share by floor needs the total floor",
            "total_floor",
        )
    if one.floor > one.total_floor > 0:
        yield bad("租用面积大于总建筑面积", "the rented floor exceeds the total floor", "floor")
    if one.kind == "excluded" and not one.document.strip():
        yield bad("扣除用地缺少依据文件编号", "an exclusion names no document", "document")
    if one.first and one.last and one.first > one.last:
        yield bad("起止日期颠倒", "it ends before it begins", "last")


def _area(one: Holding, year: int) -> int:
    area = divided_one(one.floor * one.area, one.total_floor) if one.floor else one.area
    start, end = date(year, 1, 1), date(year, 12, 31)
    first, last = max(one.first or start, start), min(one.last or end, end)
    days = max((last - first).days + 1, 0)
    return SIGN[one.kind] * divided_one(area * days, (end - start).days + 1)


def _flags(
    holdings: Sequence[Holding], lines: Ints, parcels: Mapping[str, int]
) -> Iterator[Problem]:
    """Land that is there more than once: the sum of a parcel exceeds what is registered."""
    sums: dict[str, int] = {}
    for one, area in zip(holdings, lines.tolist(), strict=True):
        sums[one.parcel] = sums.get(one.parcel, 0) + area
    for parcel, area in sums.items():
        if parcel in parcels and area > parcels[parcel]:
            yield Problem(
                "E-PERMU-LAND",
                f"宗地 {parcel} 各单位合计 {area / 100:.2f} m²，大于登记面积 {parcels[parcel] / 100:.2f} m²",
                f"parcel {parcel}: its users sum to {area / 100:.2f} m², more than the registered "
                f"{parcels[parcel] / 100:.2f} m²",
                remedy_zh="请核对租入租出两方、起止日期和重复登记。",
                remedy_en="Check both sides of each lease, the days, and double entries.",
                value=parcel,
            )  # fmt: skip


def owners_of_units(
    parcel: Sequence[str], tenant: Sequence[bool], floor: Sequence[int], *, apart_from: int | None
) -> list[str]:
    """Return, for each firm on shared parcels, the evaluation unit that its data are merged into.

    Tenants belong to their parcel's unit and share its grade (遂昌 2023), except those that rent
    ``apart_from`` or more (0.01 m²), who are a unit of their own. Use the result with
    :func:`~jiqun.engine.indices.quantities.merge`.

    Returns:
        ``parcel`` for what is merged, ``parcel#k`` (k counts firms from 0) for what stands alone.
    """
    return [
        f"{name}#{at}" if rents and apart_from is not None and space >= apart_from else name
        for at, (name, rents, space) in enumerate(zip(parcel, tenant, floor, strict=True))
    ]
