"""A decision about an objection becomes a later fact about the use of the parcel."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from jiqun.core.factstore import lawful_rows
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store
from jiqun.modules.land.attribution.lines import USE, recounted
from jiqun.modules.land.register import PURPOSE
from jiqun.modules.land.shapes import Line

LINE_KEY = ("parcel", "kind", "document")


def figure_of(line: Line) -> str:
    """Return which figure of a line is objected to: the rented floor where it is shared by floor."""
    return "floor" if line["floor"] else "area"


def source_of(paper: str) -> str:
    """Return how a corrected line names where it comes from: the decision's document."""
    return f"用地表异议决定 {paper}"


def corrected(line: Line, area: int, *, year: int, paper: str, day: date) -> Line:
    """Return a line of a published table with the figure decided, counted again.

    Args:
        line: as the table has it.
        area: what its figure should be, 0.01 m².
        year: whose days count.
        paper: number of the decision's document.
        day: of the decision.
    """
    changed = {**line, figure_of(line): area, "source": source_of(paper), "as_of": day.isoformat()}
    if figure_of(line) == "floor" and area == 0:
        changed["area"] = 0  # no floor would mean the whole parcel
    return recounted(changed, year=year)


def store_correction(
    facts: Store, line: Line, area: int, *, number: int, paper: str, day: date, by: str, place: str
) -> str:
    """Write the line as decided into ``parcel_use`` and return the batch; a repetition writes nothing.

    Everything else of the fact stays; where it comes from is the decision. Earlier snapshots keep
    what was there. A fact that is not there any more is written as the table had it.
    """
    contract = contracts()[USE]
    key = {"firm": line["firm"], **{name: line[name] for name in LINE_KEY}}
    held = lawful_rows(
        facts, USE, contract.names, purpose=PURPOSE, reference=f"land objection {number}", **key
    ).frame
    row: dict[str, Any] = held.row(0, named=True) if held.height else _as_was(line)
    figure = f"{figure_of(line)}_m2"
    row = {**row, figure: area / 100}
    if figure == "floor_m2" and area == 0:
        row["area_m2"] = 0.0
    frame = pl.DataFrame(
        [{**row, "source_row": None, "as_of": day, "basis": paper}],
        schema_overrides={"source_row": pl.Int64, "as_of": pl.Date, "first": pl.Date, "last": pl.Date,
                          "floor_m2": pl.Float64, "total_floor_m2": pl.Float64},
    )  # fmt: skip
    batch = f"land-objection-{number}-{area}"
    facts.append(USE, frame, batch=batch, received=1, source=source_of(paper),
                 meta={"by": by, "place": place, "document": paper})  # fmt: skip
    return batch


def _as_was(line: Line) -> dict[str, Any]:
    days = {n: date.fromisoformat(line[n]) if line[n] else None for n in ("first", "last")}
    areas = {f"{n}_m2": line[n] / 100 if line[n] else None for n in ("floor", "total_floor")}
    return {
        "parcel": line["parcel"], "firm": line["firm"], "kind": line["kind"], "area_m2": line["area"] / 100,
        "document": line["document"], "lawful_basis": "法定职责（用地核查）", **days, **areas,
    }  # fmt: skip
