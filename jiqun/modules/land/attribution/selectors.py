"""Reads of land tables for pages: always with the viewer, logged where they name firms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.audit import note_read
from jiqun.core.lawful.gate import state_of
from jiqun.core.tabular import Field, Query, Rows, model_read
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.land.attribution.lines import has_lines, land_of
from jiqun.modules.land.models import LandObjection, LandRow, LandTable
from jiqun.modules.land.register import PURPOSE
from jiqun.modules.land.shapes import FLAGS, Land

READ = "land_table: area, lines"
SHOWN = 200
# What an attribution of the present facts depends on.
TABLES = ("parcel_use", "parcel", "firm", "firm_industry", "firm_indicator")


def _missing(what_zh: str, what_en: str) -> JiqunError:
    return JiqunError(
        "E-LAND-TABLE",
        f"没有这个{what_zh}，或您不能查看它",
        f"there is no such {what_en}, or you may not see it",
        hint_zh="官员查看企业用地须先说明用途；企业只看本企业的。",
        hint_en="An official states a purpose before looking at a firm's land; a firm sees its own.",
        kind=Kind.NOT_FOUND,
    )


def tables_of(viewer: Viewer) -> list[LandTable]:
    """Return the land tables that the viewer may see, newest first."""
    return list(LandTable.objects.visible_to(viewer).select_related("department")[:SHOWN])


def the_table(viewer: Viewer, key: str) -> LandTable:
    """Return a land table; ``E-LAND-TABLE`` when it is not for the viewer."""
    rows = LandTable.objects.visible_to(viewer).select_related("department")
    found = rows.filter(key=key).first()
    if found is None:
        raise _missing("用地表", "land table")
    return found


def the_row(viewer: Viewer, table: LandTable, firm: str) -> LandRow:
    """Return one firm's row and log the look; ``E-LAND-TABLE`` when it is not for the viewer."""
    found = LandRow.objects.visible_to(viewer).filter(table=table, firm=firm).first()
    if found is None:
        raise _missing("用地表的企业", "firm in the land table")
    note_read(viewer, [firm], READ)
    return found


def own_row(viewer: Viewer) -> LandRow | None:
    """Return the own firm's row in the newest published table, None before one is published.

    Raises:
        JiqunError: ``E-LAND-TABLE`` for who is no firm's user.
    """
    if not viewer.firms:
        raise _missing("用地表的企业", "firm in the land table")
    rows = LandRow.objects.visible_to(viewer).filter(firm__in=sorted(viewer.firms))
    shown = rows.exclude(table__state="withdrawn").select_related("table", "table__department")
    return shown.order_by("-table__year", "-table__pk").first()


def the_objection(viewer: Viewer, number: int) -> LandObjection:
    """Return an objection and log the look; ``E-LAND-TABLE`` when it is not for the viewer."""
    rows = LandObjection.objects.visible_to(viewer).select_related("table", "table__department")
    found = rows.filter(pk=number).first()
    if found is None:
        raise _missing("异议", "objection")
    note_read(viewer, [found.firm], READ)
    return found


def objections_of(viewer: Viewer, table: LandTable, firm: str = "") -> list[LandObjection]:
    """Return the objections to a table that the viewer may see, of a firm if one is given."""
    rows = LandObjection.objects.visible_to(viewer).filter(table=table)
    found = list((rows.filter(firm=firm) if firm else rows)[:SHOWN])
    note_read(viewer, {one.firm for one in found}, READ)
    return found


def public_rows(day: date) -> list[dict[str, Any]]:
    """Return name and area of every firm whose table is in publicity on a day."""
    names = (
        "firm_name",
        "town",
        "area_m2",
        "table__public_until",
        "table__department__name",
        "table__contact",
    )
    return list(LandRow.objects.on_show(day).order_by("table", "firm_name").values(*names))


@dataclass(frozen=True, slots=True)
class Totals:
    """A table in numbers: firms, those of known area, their sum in m², firms by flag."""

    firms: int
    known: int
    area_m2: float
    flags: dict[str, int]


def totals_of(table: LandTable) -> Totals:
    """Return a table in numbers; the page masks small ones."""
    rows = LandRow.objects.counted(table.pk)
    areas = [area for area, _ in rows if area is not None]
    flags = Counter(name for _, named in rows for name in named)
    return Totals(
        len(rows), len(areas), sum(areas), {one: flags[one] for one in FLAGS if flags[one]}
    )


# ---- against the present facts ------------------------------------------------------------------


@lru_cache(maxsize=4)
def _present(facts: Store, versions: tuple[int, ...], place: str, year: int, consents: str) -> Land:
    del consents  # part of the key: consents may change from minute to minute
    at = Snapshot("", dict(zip(TABLES, versions, strict=True)), datetime.now(UTC))
    return land_of(facts, at, place, year=year)


def differences(facts: Store, table: LandTable) -> dict[str, tuple[int | None, int | None]]:
    """Return the firms whose land is another by the present facts than in the table: (table, now).

    Areas in 0.01 m². The table itself does not change by it.
    """
    versions = tuple(facts.version(name) for name in TABLES)
    now = _present(facts, versions, table.place, table.year, state_of(PURPOSE)).firms
    kept = {one.firm: one.area for one in LandRow.objects.lands(table.pk)}
    both = {
        firm: (kept.get(firm), now[firm].area if firm in now else None) for firm in {*kept, *now}
    }
    return {firm: areas for firm, areas in sorted(both.items()) if areas[0] != areas[1]}


# ---- what the evaluation counts -----------------------------------------------------------------


def _recorded() -> bool:
    """Whether this installation has a place for land tables; without one none was frozen."""
    return LandTable._meta.db_table in connection.introspection.table_names()


def counted_land(facts: Store, at: Snapshot, place: str, year: int, *, frozen: str) -> Land:
    """Return the land that an evaluation counts: a frozen table, or else the lines, or else reports.

    Args:
        facts: the store.
        at: the snapshot of the run.
        place: whose firms.
        year: of the figures.
        frozen: number of the frozen table (:func:`frozen_key`); empty where there is none.
    """
    if frozen:
        # nosemgrep: jiqun-unscoped-read - what an engine counts; its findings are read by visible_to
        table = LandTable.objects.get(key=frozen)
        rows = LandRow.objects.lands(table.pk)
        notes = tuple((str(zh), str(en)) for zh, en in table.notes)
        return Land("table", frozen, {one.firm: one for one in rows}, notes)
    if has_lines(facts, at):
        land = land_of(facts, at, place, year=year)
        if any(one.lines for one in land.firms.values()):
            return land
    return Land()


def frozen_key(place: str, year: int) -> str:
    """Return the number of the frozen land table of a place and year, or nothing."""
    found = LandTable.objects.frozen(place, year) if _recorded() else None
    return found.key if found else ""


# ---- the table of areas -------------------------------------------------------------------------


def area_rows(fields: tuple[Field, ...], viewer: Viewer, query: Query) -> Rows:
    """Return rows of land tables that the viewer may see; reads are logged."""
    found = model_read(LandRow.objects.visible_to, fields)(viewer, query)
    if may_see_firm_rows(viewer):
        note_read(viewer, {str(row["firm"]) for row in found.rows if row.get("firm")}, READ)
    rows = [dict(row) | {"flags": " ".join(row["flags"] or ()) or None} for row in found.rows]
    return Rows(rows, found.total)
