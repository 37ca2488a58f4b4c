"""Reads of the map: parcels within the viewer's places, and of their holders what this viewer may know.

The register is public within the places. The grade of a holder is firm-level: an official states a
purpose and each firm is logged, a firm has its own, nobody else any. Officials without a purpose
have sums by town, in which what fewer than five firms stand behind is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.audit import read_firms
from jiqun.core.data.visible import visible_facts
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.findings import ENGINE
from jiqun.modules.land.evaluation.selectors import newest_runs
from jiqun.modules.land.mapping.looks import HIDDEN, LOOKS, UNGRADED, look_of
from jiqun.modules.land.mapping.shapes import REGISTER, Overlap, Shapes, register_shapes

Row = dict[str, Any]
Cell = tuple[str, str]
MU = 2000 / 3  # m²
SHOWN_RUNS = 12
COLUMNS = {
    "parcel": pl.String, "location": pl.String, "place": pl.String, "use": pl.String, "holder": pl.String,
    "area_m2": pl.Float64, "floor_m2": pl.Float64, "footprint_m2": pl.Float64, "planned_ratio": pl.Float64,
    "datum": pl.String, "source": pl.String, "as_of": pl.Date, "shaped": pl.Boolean,
}  # fmt: skip
FIELDS = "parcel map: grade"


@dataclass(frozen=True)
class Parcels:
    """The parcels that a viewer may see, in order of their code, with the register's shapes.

    ``overlaps`` are those between any two parcels that the viewer may see.
    """

    rows: pl.DataFrame
    shapes: Shapes
    towns: Mapping[str, str]
    overlaps: tuple[Overlap, ...] = ()

    @property
    def shapeless(self) -> list[str]:
        """Codes of the parcels that the register holds without a shape."""
        return self.rows.filter(~pl.col("shaped"))["parcel"].to_list()

    @property
    def upon(self) -> Mapping[str, list[tuple[str, float]]]:
        """By parcel, which others it lies upon and by how many m²."""
        found: dict[str, list[tuple[str, float]]] = {}
        for one in self.overlaps:
            found.setdefault(one.first, []).append((one.second, one.m2))
            found.setdefault(one.second, []).append((one.first, one.m2))
        return found

    def of(self, town: str = "", codes: Sequence[str] = ()) -> Parcels:
        """Return those of a town, or those with one of the codes, or both."""
        wanted = pl.col("parcel").is_in(list(codes))
        if town:
            wanted = wanted | (pl.col("place") == town)
        return replace(self, rows=self.rows.filter(wanted))


def parcels_for(facts: Store, who: Viewer) -> Parcels:
    """Return what the register says within the viewer's places; nothing of grades."""
    if facts.version(REGISTER) < 0:
        return Parcels(pl.DataFrame(schema=COLUMNS), Shapes({}, frozenset(), {}), {})
    seen: Any = visible_facts(facts, contracts()[REGISTER], who)
    seen = seen.mutate(shaped=seen["geometry"].notnull() & (seen["geometry"].strip() != ""))
    found = cast(pl.DataFrame, seen.select(*COLUMNS).order_by("parcel").to_polars())
    names = facts.polars("place", ["place", "name_zh", "name_en"])
    known = {code: pick(zh or "", en or zh or "") for code, zh, en in names.iter_rows()}
    towns = {code: known.get(code) or code for code in sorted(set(found["place"]))}
    shapes, mine = register_shapes(facts), set(found["parcel"])
    pairs = tuple(one for one in shapes.overlaps if one.first in mine and one.second in mine)
    return Parcels(found.cast(pl.Schema(COLUMNS)), shapes, towns, pairs)


@lru_cache(maxsize=4)
def _grades(facts: Store, runs: tuple[str, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for run in runs:
        found |= dict(facts.finding(ENGINE, run).select("firm", "grade").to_polars().iter_rows())
    return found


def _newest_grades(facts: Store) -> Mapping[str, str]:
    return _grades(facts, tuple(run.run for run in newest_runs(facts)))


def looks_for(facts: Store, who: Viewer, found: Parcels) -> list[str]:
    """Return the look of each parcel for a viewer; each foreign firm's grade that is given is logged."""
    holders = found.rows["holder"].to_list()
    open_ = read_firms(who, {one for one in holders if one}, fields=FIELDS)
    grades = _newest_grades(facts)
    nobody = UNGRADED if may_see_firm_rows(who) else HIDDEN
    return [
        look_of(grades.get(holder)) if holder in open_ else HIDDEN if holder else nobody
        for holder in holders
    ]


def one_parcel(facts: Store, who: Viewer, code: str) -> Parcels:
    """Return one parcel.

    Raises:
        JiqunError: ``E-LAND-NO-PARCEL`` for one that is not there or not for this viewer.
    """
    found = parcels_for(facts, who).of(codes=[code])
    if found.rows.is_empty():
        raise JiqunError(
            "E-LAND-NO-PARCEL", "没有这宗地，或您不能查看它", "there is no such parcel, or you may not see it",
            hint_zh="请核对宗地编号；只能看到本人负责的地方的宗地。",
            hint_en="Check its code; parcels are shown within the own places.", kind=Kind.NOT_FOUND,
        )  # fmt: skip
    return found


def holder_name(facts: Store, who: Viewer, firm: str) -> str:
    """Return the name of a firm as the register within the viewer's places has it; empty without one."""
    seen: Any = visible_facts(facts, contracts()["firm"], who)
    names = seen.filter(seen["firm"] == firm).select("name").limit(1).to_polars()["name"]
    return str(names[0]) if len(names) else ""


def graded(facts: Store, who: Viewer, one: Parcels) -> tuple[str, list[Row]]:
    """Return a single parcel's look, and its holder's grade in each of the newest runs.

    There is no history for whom the grade is not open. The look at another's firm is logged.
    """
    look, holder = looks_for(facts, who, one)[0], one.rows["holder"][0]
    return look, _history(facts, holder) if holder and look != HIDDEN else []


def _history(facts: Store, firm: str) -> list[Row]:
    rows: list[Row] = []
    for run in facts.runs(ENGINE)[:SHOWN_RUNS]:
        held: Any = facts.finding(ENGINE, run.run)
        grade = held.filter(held["firm"] == firm).select("grade").to_polars()["grade"]
        if len(grade):
            rows.append({"year": str(run.scope["year"]), "look": look_of(str(grade[0])),
                         "rules": run.rules_version, "run": run.run})  # fmt: skip
    return rows


# ---- sums by town -------------------------------------------------------------------------------


def town_sums(facts: Store, who: Viewer, found: Parcels) -> list[Row]:
    """Return a row per town: parcels, area in mu, and for officials the parcels of each look.

    None stands for a number that is withheld. Grades are summed where the official is on duty.
    """
    rows = [
        {"town": code, "parcels": count, "mu": area / MU}
        for code, count, area in found.rows.group_by("place").agg(pl.len(), pl.col("area_m2").sum())
        .sort("place").iter_rows()
    ]  # fmt: skip
    if not who.official or not newest_runs(facts):
        return rows
    cells = _cells(found.rows, _newest_grades(facts), _on_duty(who, found))
    away = set[Cell]() if may_see_firm_rows(who) else withheld(cells)
    for row in rows:
        for look in LOOKS:
            count, _ = cells.get((row["town"], look), (0, 0))
            row[look] = None if (row["town"], look) in away else count
    return rows


def _on_duty(who: Viewer, found: Parcels) -> frozenset[str]:
    duty = who.duty_places
    return frozenset(
        town for town in found.towns if "*" in duty or any(town.startswith(one) for one in duty)
    )


def _cells(
    rows: pl.DataFrame, grades: Mapping[str, str], duty: frozenset[str]
) -> dict[Cell, tuple[int, int]]:
    """By town and look: parcels, and how many firms hold them."""
    look = [
        look_of(grades.get(holder)) if town in duty else HIDDEN
        for town, holder in rows.select("place", "holder").iter_rows()
    ]
    counted = (
        rows.with_columns(pl.Series("look", look, dtype=pl.String))
        .group_by("place", "look")
        .agg(pl.len().alias("parcels"), pl.col("holder").drop_nulls().n_unique().alias("firms"))
    )
    return {
        (town, look): (parcels, 0 if look == HIDDEN else firms)
        for town, look, parcels, firms in counted.iter_rows()
    }


def withheld(cells: Mapping[Cell, tuple[int, int]]) -> set[Cell]:
    """Return the cells that are not shown: those of fewer than five firms, and more beside them.

    A reader knows the parcels of a town, and about how many there are of a grade. So of every town
    and of every look at least two cells are withheld or none, and behind those withheld together
    stand at least five firms; the smallest join them first. Where nothing is left to withhold, the
    whole line is.

    Args:
        cells: by town and look, the parcels and how many firms hold them.
    """
    hidden = {cell for cell, (_, firms) in cells.items() if 0 < firms < MINIMUM_FIRMS}
    lines = [
        [cell for cell in cells if cell[side] == name]
        for side in (0, 1)
        for name in sorted({cell[side] for cell in cells})
    ]
    while more := next((cell for line in lines if (cell := _joins(line, hidden, cells))), None):
        hidden.add(more)
    return hidden


def _joins(
    line: Sequence[Cell], hidden: set[Cell], cells: Mapping[Cell, tuple[int, int]]
) -> Cell | None:
    """The cell that has to be withheld next in a line, or none."""
    gone = [cell for cell in line if cell in hidden]
    rest = [cell for cell in line if cell not in hidden and cells[cell][0]]
    safe = len(gone) > 1 and sum(cells[cell][1] for cell in gone) >= MINIMUM_FIRMS
    if not gone or safe or not rest:
        return None
    return min(rest, key=lambda cell: (cells[cell][0], cell))
