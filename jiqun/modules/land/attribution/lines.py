"""Facts about the use of parcels → the land of each firm of a place in a year, with every line.

Source: methods of 用地核查 as counties publish them, generalised in :mod:`jiqun.engine.indices.land`.
Rows are used only on a lawful basis for the purpose ``permu``. A firm with a line that may not, or
cannot, be used is unknown: a part of its land is not its land.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from jiqun.core.factstore import lawful_rows, rows
from jiqun.engine.indices.land import Holding, attribute, uneven_leases, unusable
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.land.register import HELD, INDICATORS, PURPOSE, Words, industrial_firms
from jiqun.modules.land.shapes import FLAGS, UNKNOWN, FirmLand, Land, Line

USE, PARCEL = "parcel_use", "parcel"
COLUMNS = ("parcel", "firm", "kind", "area_m2", "floor_m2", "total_floor_m2", "first", "last", "document",
           "source", "as_of")  # fmt: skip
# From where on a difference to what the firm reported is one ◆: a share of it, at least 10 m².
TOLERANCE, LEAST = 0.01, 1_000


def has_lines(facts: Store, at: Snapshot | None) -> bool:
    """Whether the store holds a land table's lines at all."""
    return facts.version(USE, at) >= 0


def land_of(facts: Store, at: Snapshot, place: str, *, year: int) -> Land:
    """Attribute the land of a year: of firms with a line that touches the place, and of those to evaluate.

    A line counts where its parcel lies in the place or its firm is registered there, so that a firm
    in two towns, or with land beyond the border, is one figure.
    """
    towns, registered = _register_of_parcels(facts, at)
    used, withheld, notes = _lawful_lines(facts, at, place, year, towns)
    people = _people(facts, at, place, used["firm"].unique())
    lines = [_line(row, towns) for row in used.iter_rows(named=True)]
    lines, holdings, places = _usable(lines, sorted(people))
    found = attribute(holdings, ids=sorted(people), year=year)
    for where, signed in zip(places, found.lines.tolist(), strict=True):
        lines[where] = {**lines[where], "counted": signed}
    suspects = {
        "parcel": _overfull(holdings, found.lines.tolist(), registered),
        "lease": frozenset(uneven_leases(holdings, found.lines)),
    }
    reported = _reported(facts, at, place, year, sorted(people))
    firms = {
        one.firm: _flagged(one, suspects, withheld=one.firm in withheld)
        for one in _firms(lines, people, reported)
    }
    return Land("lines", "", firms, tuple(notes))


def firm_land(
    firm: str, name: str, place: str, lines: Iterable[Line], *, reported: int | None
) -> FirmLand:
    """Sum the counted lines of one firm; unknown where it has none or one cannot be used."""
    mine = tuple(lines)
    terms, towns = Counter[str](), Counter[str]()
    for one in mine:
        terms[str(one["kind"])] += int(one["counted"] or 0)
        towns[str(one["town"])] += int(one["counted"] or 0)
    whole = bool(mine) and all(one["counted"] is not None for one in mine)
    area = sum(terms.values()) if whole else None
    kinds = {name: signed for name, signed in terms.items() if signed}
    return FirmLand(firm, name, place, area, kinds, dict(towns), mine, reported)


def recounted(line: Line, *, year: int) -> Line:
    """Return a line whose area or floor was corrected, with the signed area that it has now."""
    lines, holdings, places = _usable(
        [{**line, "counted": None, "problem": None}], [str(line["firm"])]
    )
    found = attribute(holdings, ids=[str(line["firm"])], year=year)
    return {**lines[0], "counted": int(found.lines[0])} if places else lines[0]


def flagged(one: FirmLand, *, others: Iterable[str] = ()) -> FirmLand:
    """Return the firm with what is the matter with its own sum; ``others`` are flags to keep."""
    flags = [*others]
    if not one.lines:
        flags.append("no_line")
    if any(line["counted"] is None for line in one.lines):
        flags.append("unusable")
    if one.area is not None and one.area <= 0:
        flags.append("not_positive")
    if one.area is not None and one.reported is not None and _differs(one.area, one.reported):
        flags.append("differs")
    return replace(one, flags=tuple(name for name in FLAGS if name in flags))


def _flagged(one: FirmLand, suspects: Mapping[str, frozenset[str]], *, withheld: bool) -> FirmLand:
    parcels = {str(line["parcel"]) for line in one.lines}
    others = {name for name, which in suspects.items() if parcels & which}
    if withheld:
        one, others = replace(one, area=None), others | {"withheld"}
    found = flagged(one, others=others)
    # Of a firm that is withheld nobody knows whether it has lines.
    return (
        replace(found, flags=tuple(f for f in found.flags if f != "no_line")) if withheld else found
    )


def _differs(area: int, reported: int) -> bool:
    return abs(area - reported) > max(TOLERANCE * reported, LEAST)


def _register_of_parcels(facts: Store, at: Snapshot) -> tuple[dict[str, str], dict[str, int]]:
    if facts.version(PARCEL, at) < 0:
        return {}, {}
    found = rows(facts, PARCEL, ["parcel", "place", "area_m2"], at)
    towns = dict(found.select("parcel", "place").iter_rows())
    return towns, {parcel: _dm2(area) for parcel, _, area in found.iter_rows()}


def _lawful_lines(
    facts: Store, at: Snapshot, place: str, year: int, towns: Mapping[str, str]
) -> tuple[pl.DataFrame, frozenset[str], list[Words]]:
    got = lawful_rows(
        facts, USE, COLUMNS, at, purpose=PURPOSE, reference=f"land table {place} {year}"
    )
    here = [parcel for parcel, town in towns.items() if town.startswith(place)]
    register = rows(facts, "firm", ["firm", "place"], at)
    mine = register.filter(pl.col("place").str.starts_with(place))["firm"]
    start, end = date(year, 1, 1), date(year, 12, 31)
    before_end = (pl.col("first") <= end).fill_null(value=True)
    after_start = (pl.col("last") >= start).fill_null(value=True)
    # A line whose days are in the wrong order is shown, not left out.
    reversed_ = (pl.col("first") > pl.col("last")).fill_null(value=False)
    in_year = (before_end & after_start) | reversed_
    found = got.frame.filter(
        (pl.col("parcel").is_in(here) | pl.col("firm").is_in(mine.implode())) & in_year
    )
    said = got.read.note("用地情况", "uses of parcels")
    return (
        found.sort("firm", "parcel", "kind", "document"),
        frozenset(got.read.withheld),
        [said] if said else [],
    )


def _people(
    facts: Store, at: Snapshot, place: str, with_lines: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Name and town of the firms with a line and of those to evaluate."""
    register = rows(facts, "firm", ["firm", "name", "place"], at)
    known = {firm: (name or "", town or "") for firm, name, town in register.iter_rows()}
    evaluated, _ = industrial_firms(facts, at, place)
    return {firm: known.get(firm, ("", "")) for firm in {*with_lines, *evaluated["firm"]}}


def _dm2(square_metres: float | None) -> int:
    return 0 if square_metres is None else round(square_metres * 100)


def _line(row: Mapping[str, Any], towns: Mapping[str, str]) -> dict[str, Any]:
    return {
        "firm": row["firm"], "parcel": row["parcel"], "kind": row["kind"], "area": _dm2(row["area_m2"]),
        "floor": _dm2(row["floor_m2"]), "total_floor": _dm2(row["total_floor_m2"]),
        "first": _day(row["first"]), "last": _day(row["last"]), "document": row["document"] or "",
        "town": towns.get(row["parcel"], ""), "source": row["source"] or "", "as_of": _day(row["as_of"]),
        "counted": None, "problem": None,
    }  # fmt: skip


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _usable(
    lines: Sequence[Line], ids: Sequence[str]
) -> tuple[list[Line], list[Holding], list[int]]:
    """Lines, of those that count a holding, and where they stand; the others say why they do not.

    A line of area 0 counts as nothing: so a decision takes a line away that should not be there.
    """
    all_ = [_holding(one) for one in lines]
    wrong: dict[int, Words] = {}
    for problem in unusable(all_, ids=ids):
        row = (problem.row or 1) - 1
        nothing = problem.column == "area" and lines[row]["area"] == 0
        if not nothing:
            wrong.setdefault(
                row, (problem.message_zh.split("：", 1)[-1], problem.message_en.split(": ", 1)[-1])
            )
    told = [
        {**one, "problem": list(wrong[row]) if row in wrong else None,
         "counted": 0 if one["area"] == 0 and row not in wrong else None}
        for row, one in enumerate(lines)
    ]  # fmt: skip
    places = [row for row, one in enumerate(lines) if row not in wrong and one["area"] > 0]
    return list[Line](told), [all_[row] for row in places], places


def _holding(one: Line) -> Holding:
    first, last = (
        date.fromisoformat(one[name]) if one[name] else None for name in ("first", "last")
    )
    return Holding(
        one["firm"], one["kind"], one["parcel"], one["area"], one["floor"], one["total_floor"], first, last,
        one["document"], one["town"],
    )  # fmt: skip


def _overfull(
    holdings: Sequence[Holding], signed: Sequence[int], registered: Mapping[str, int]
) -> frozenset[str]:
    """Parcels whose users sum to more than the register gives them."""
    sums = Counter[str]()
    for one, area in zip(holdings, signed, strict=True):
        sums[one.parcel] += area
    return frozenset(name for name, area in sums.items() if area > registered.get(name, area))


def _reported(
    facts: Store, at: Snapshot, place: str, year: int, firms: Sequence[str]
) -> dict[str, int]:
    """What firms reported as their land, 0.01 m²."""
    indicator, unit, factor = HELD["land"]
    if facts.version(INDICATORS, at) < 0:
        return {}
    got = lawful_rows(
        facts, INDICATORS, ("firm", "indicator", "value", "unit"), at, purpose=PURPOSE,
        reference=f"land table {place} {year}", firm=list(firms), indicator=indicator, period=str(year),
    )  # fmt: skip
    held = got.frame.filter((pl.col("unit") == unit) & pl.col("value").is_not_null())
    return {firm: int(value) * factor for firm, value in held.select("firm", "value").iter_rows()}


def _firms(
    lines: Sequence[Line], people: Mapping[str, tuple[str, str]], reported: Mapping[str, int]
) -> Iterable[FirmLand]:
    mine: dict[str, list[Line]] = {firm: [] for firm in people}
    for one in lines:
        mine[str(one["firm"])].append(one)
    for firm, (name, town) in sorted(people.items()):
        yield firm_land(firm, name, town, mine[firm], reported=reported.get(firm))


def unknown_words(one: FirmLand) -> Words | None:
    """Why a firm's land is unknown; None where it is known."""
    if one.area is not None:
        return None
    return next((FLAGS[name] for name in one.flags if name in UNKNOWN), FLAGS["no_line"])
