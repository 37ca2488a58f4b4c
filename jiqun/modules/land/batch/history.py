"""Grades of earlier years: of batches announced here, and of results from before the first of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from jiqun.core.factstore import lawful_rows
from jiqun.facts.store.store import Store
from jiqun.modules.land.batch.computing import grades_of
from jiqun.modules.land.models import Batch, Calculation
from jiqun.modules.land.register import PURPOSE

EARLIER = "亩均评价等级"  # item of ``firm_attribute``; a period is the year of the data
TABLE = "firm_attribute"
GRADES = ("A", "B", "C", "D")


def final_run(batch: Batch) -> str:
    """Return the run of a batch's newest calculation; empty before the first."""
    last = Calculation.objects.newest(batch.pk)
    return last.run if last else ""


def history_of(
    facts: Store, places: Sequence[str], year: int, firms: Sequence[str]
) -> dict[int, dict[str, str]]:
    """Return year → firm → grade that it was managed as, of the years before one.

    Announced batches of the places count first. For years without one the results that were brought
    in as ``firm_attribute`` (item 亩均评价等级) count, as the facts have them now, where their use is
    lawful; a year that neither knows is not there.
    """
    here: dict[int, dict[str, str]] = {}
    for one in Batch.objects.announced_before(places, year).order_by("pk"):
        if run := final_run(one):
            here[one.year] = here.get(one.year, {}) | grades_of(facts, run, "managed_as")
    return _recorded(facts, firms, year) | here


def _recorded(facts: Store, firms: Sequence[str], year: int) -> dict[int, dict[str, str]]:
    if facts.version(TABLE) < 0:
        return {}
    rows = lawful_rows(
        facts, TABLE, ("firm", "period", "content"), purpose=PURPOSE, reference=f"permu grades before {year}",
        item=[EARLIER], firm=sorted(firms),
    ).frame  # fmt: skip
    known = rows.filter(pl.col("content").is_in(GRADES) & pl.col("period").str.contains(r"^\d{4}$"))
    found: dict[int, dict[str, str]] = {}
    for firm, period, grade in known.iter_rows():
        if int(period) < year:
            found.setdefault(int(period), {})[firm] = grade
    return found
