"""Reads of batches for pages, files and tables: with the viewer, logged where they speak of firms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import ibis
import polars as pl
from django.utils import timezone

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.audit import note_read
from jiqun.core.data.facts import asked_rows
from jiqun.core.factstore import store
from jiqun.core.tabular import Field, Query, Rows, pick
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.masters.offices import own_offices
from jiqun.modules.land.batch.computing import rows_of
from jiqun.modules.land.batch.history import final_run
from jiqun.modules.land.batch.measures.applying import measure_rows
from jiqun.modules.land.evaluation.findings import scheme_for
from jiqun.modules.land.evaluation.selectors import masked
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet, Step, Waiver
from jiqun.modules.land.states.batch import ANNOUNCED, State

Row = dict[str, Any]
SHOWN = 200
NOT_EVALUATED = "不参评"
PLAIN = ("batch", "place", "year", "group", "firm", "name", "grade")


def missing(zh: str, en: str) -> JiqunError:
    """Return the error for a row that is not there, or not for this viewer: both look the same."""
    return JiqunError(
        "E-LAND-MISSING",
        f"没有这个{zh}，或您不能查看它",
        f"there is no such {en}, or you may not see it",
        hint_zh="官员查看企业的确认单和异议须先说明用途；请从列表进入。",
        hint_en="An official states a purpose before looking at a firm's sheet or objection; enter from the list.",
        kind=Kind.NOT_FOUND,
    )


def the_batch(viewer: Viewer, key: str) -> Batch:
    """Return a batch; ``E-LAND-MISSING`` when it is not for the viewer."""
    found = Batch.objects.visible_to(viewer).select_related("department").filter(key=key).first()
    if found is None:
        raise missing("批次", "batch")
    return found


def the_sheet(viewer: Viewer, key: str) -> Sheet:
    """Return a sheet and log the look at it; ``E-LAND-MISSING`` when it is not for the viewer."""
    rows = Sheet.objects.visible_to(viewer).select_related("batch", "batch__department")
    found = rows.filter(key=key).first()
    if found is None:
        raise missing("确认单", "sheet")
    note_read(viewer, [found.firm], "land_sheet")
    return found


def the_objection(viewer: Viewer, key: str) -> Objection:
    """Return an objection and log the look at it; ``E-LAND-MISSING`` when it is not for the viewer."""
    rows = Objection.objects.visible_to(viewer).select_related(
        "batch", "batch__department", "decided_by"
    )
    found = rows.filter(key=key).first()
    if found is None:
        raise missing("异议", "objection")
    note_read(viewer, [found.firm], "land_objection")
    return found


def the_calculation(viewer: Viewer, batch: Batch, number: int) -> Calculation:
    """Return a numbered calculation of a batch."""
    rows = Calculation.objects.visible_to(viewer).select_related("batch", "made_by")
    found = rows.filter(batch=batch, number=number).first()
    if found is None:
        raise missing("测算", "calculation")
    return found


def batches_of(viewer: Viewer) -> list[Batch]:
    """Return the batches of the official's places, newest first."""
    return list(Batch.objects.visible_to(viewer).select_related("department")[:SHOWN])


def own_sheets(viewer: Viewer) -> list[Sheet]:
    """Return the sheets of the viewer's own firm, newest first."""
    rows = Sheet.objects.visible_to(viewer).filter(firm__in=sorted(viewer.firms))
    return list(rows.select_related("batch").order_by("-pk")[:SHOWN])


def calculations_of(viewer: Viewer, batch: Batch) -> list[Calculation]:
    """Return the calculations of a batch in order."""
    return list(
        Calculation.objects.visible_to(viewer)
        .filter(batch=batch)
        .select_related("made_by", "batch")
    )


def steps_of(viewer: Viewer, batch: Batch, firm: str = "") -> list[Step]:
    """Return the steps of a batch, or those about one firm in it."""
    found = Step.objects.visible_to(viewer).filter(batch=batch, firm=firm)
    return list(found.select_related("by")[:SHOWN])


def objections_of(viewer: Viewer, batch: Batch, firm: str = "") -> list[Objection]:
    """Return objections of a batch, or of one firm, that the viewer may see, and log the look."""
    found = Objection.objects.visible_to(viewer).filter(batch=batch).select_related("batch")
    rows = list((found.filter(firm=firm) if firm else found)[:SHOWN])
    note_read(viewer, {one.firm for one in rows}, "land_objection")
    return rows


def waivers_of(viewer: Viewer, batch: Batch) -> list[Waiver]:
    """Return what spares firms the measures of a batch, and log the look."""
    rows = list(
        Waiver.objects.visible_to(viewer).filter(batch=batch).select_related("batch")[:SHOWN]
    )
    note_read(viewer, {one.firm for one in rows}, "land_waiver")
    return rows


def the_waiver(viewer: Viewer, batch: Batch, pk: int) -> Waiver:
    """Return one of them."""
    rows = Waiver.objects.visible_to(viewer).select_related("batch")
    found = rows.filter(batch=batch, pk=pk).first()
    if found is None:
        raise missing("决定", "decision")
    return found


def offices_of(viewer: Viewer) -> list[Any]:
    """Return the bureaux in which the viewer works."""
    return own_offices(viewer)


def counts_by_grade(viewer: Viewer, batch: Batch) -> list[Row]:
    """Return a row per group with how many firms have each grade, as the newest calculation says.

    Counts from one to four, and one more, are None without a purpose, until the list itself is public.
    """
    run = final_run(batch)
    if not run:
        return []
    frame, scheme = rows_of(store(), run), scheme_for(batch.rules, batch.year)
    open_ = may_see_firm_rows(viewer) or batch.state in {State.PUBLICITY, *ANNOUNCED}
    rows: list[Row] = []
    for group in scheme.groups:
        mine = frame.filter(pl.col("group") == group.code)["grade"].to_list()
        counts = {grade: mine.count(grade) for grade in scheme.grades}
        counts["other"] = len(mine) - sum(counts.values())
        if mine:
            shown = counts if open_ else masked(counts)
            rows.append({"group": group, "firms": len(mine), **shown})
    return rows


def changes_of(viewer: Viewer, one: Calculation) -> list[Row]:
    """Return the firms whose grade differs from the calculation before: old grade, new grade; logged.

    Nothing for an official without a purpose.
    """
    before = Calculation.objects.visible_to(viewer).filter(
        batch=one.batch_id, number=one.number - 1
    )
    earlier = before.first()
    if earlier is None or not may_see_firm_rows(viewer):
        return []
    old = rows_of(store(), earlier.run).select("firm", "name", "grade", "total")
    new = rows_of(store(), one.run).select("firm", "name", "grade", "total")
    both = old.join(new, on="firm", how="full", coalesce=True, suffix="_new")
    moved = both.filter(pl.col("grade").ne_missing(pl.col("grade_new"))).sort("firm")
    note_read(viewer, moved["firm"].to_list(), "land_batch: grade")
    return [{**row, "name": row["name_new"] or row["name"]} for row in moved.iter_rows(named=True)]


def changed_words(viewer: Viewer, count: int) -> str:
    """Return how many grades changed; one to four only for a purpose."""
    if 0 < count < MINIMUM_FIRMS and not may_see_firm_rows(viewer):
        return "1–4"
    return f"{count:,}"


def grade_of(sheet: Sheet) -> str:
    """Return a firm's grade in the newest calculation of its sheet's batch; empty when it has none."""
    run = final_run(sheet.batch)
    found = rows_of(store(), run).filter(pl.col("firm") == sheet.firm) if run else pl.DataFrame()
    return str(found["grade"][0]) if found.height else ""


# ---- what everybody may see ---------------------------------------------------------------------


def public_batches(day: date) -> list[Batch]:
    """Return the batches in publicity on a day and those announced, newest first."""
    return list(Batch.objects.on_show(day).select_related("department")[:SHOWN])


def public_batch(key: str, day: date) -> Batch:
    """Return one of them; ``E-LAND-MISSING`` for any other."""
    found = Batch.objects.on_show(day).select_related("department").filter(key=key).first()
    if found is None:
        raise missing("公示", "publicity")
    return found


def newest_calculation(batch: Batch) -> Calculation:
    """Return the newest calculation of a batch that the caller was given; ``E-LAND-MISSING`` before the first."""
    found = Calculation.objects.newest(batch.pk)
    if found is None:
        raise missing("测算", "calculation")
    return found


def public_rows(batch: Batch) -> list[Row]:
    """Return name and grade of every firm by group, in the order of names: no rank, no figure."""
    run = final_run(batch)
    if not run:
        return []
    words = {one.code: one for one in scheme_for(batch.rules, batch.year).groups}
    rated = rows_of(store(), run).filter(pl.col("grade") != NOT_EVALUATED)
    held = rated.select("group", "name", "grade").sort("group", "grade", "name", nulls_last=True)
    return [
        {"group": pick(words[group].zh, words[group].en) if group in words else pick("未定", "not known"),
         "group_zh": words[group].zh if group in words else "未定", "name": name, "grade": grade}
        for group, name, grade in held.iter_rows()
    ]  # fmt: skip


# ---- tables -------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _results(facts: Store, batches: tuple[tuple[str, str, str, str], ...]) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(PLAIN, pl.String)
    frames = [
        rows_of(facts, run).select(
            pl.lit(key).alias("batch"), pl.lit(place).alias("place"), pl.lit(year).alias("year"),
            "group", "firm", "name", "grade",
        )
        for key, place, year, run in batches
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def result_rows(fields: Sequence[Field], viewer: Viewer, query: Query) -> Rows:
    """Return the announced grades for members of any place; the public page needs no login."""
    found = [one for one in public_batches(timezone.localdate()) if one.state in ANNOUNCED]
    shown = found if viewer.places or viewer.firms else []
    frame = _results(
        store(), tuple((one.key, one.place, str(one.year), final_run(one)) for one in shown)
    )
    return asked_rows(
        ibis.memtable(frame), query, {one.name: one for one in fields}, ("batch", "firm")
    )


def measures_for(viewer: Viewer, batches: Sequence[Batch], firm: str = "") -> list[Row]:
    """Return measures of announced batches that the viewer may see: of the own firm, or for a purpose.

    ``firm`` narrows them to one.
    """
    if not may_see_firm_rows(viewer) and not viewer.firms:
        return []
    rows = [
        row for one in batches if one.state in ANNOUNCED
        for row in measure_rows(store(), one, timezone.localdate(), firm)
    ]  # fmt: skip
    if may_see_firm_rows(viewer):
        near = {one.key for one in Batch.objects.visible_to(viewer)}
        return [row for row in rows if row["batch"] in near or row["firm"] in viewer.firms]
    return [row for row in rows if row["firm"] in viewer.firms]


MEASURE_SCHEMA: dict[str, Any] = {
    "batch": pl.String, "year": pl.String, "place": pl.String, "firm": pl.String, "name": pl.String,
    "grade": pl.String, "managed_as": pl.String, "years": pl.Int64, "code": pl.String, "measure": pl.String,
    "measure_en": pl.String, "value": pl.Float64, "unit": pl.String, "estimate_fen": pl.Int64,
    "basis": pl.String, "waiver": pl.String, "in_force": pl.Boolean, "first": pl.Date, "last": pl.Date,
    "until": pl.Date,
}  # fmt: skip


def measure_table(fields: Sequence[Field], viewer: Viewer, query: Query) -> Rows:
    """Return the table of measures, each look at firms logged."""
    found = measures_for(viewer, public_batches(timezone.localdate()))
    frame = pl.DataFrame(found, schema=MEASURE_SCHEMA)
    by_name = {one.name: one for one in fields}
    rows = asked_rows(ibis.memtable(frame), query, by_name, ("batch", "firm", "code"))
    note_read(viewer, {str(row["firm"]) for row in rows.rows if row.get("firm")}, "land_measure")
    return rows
