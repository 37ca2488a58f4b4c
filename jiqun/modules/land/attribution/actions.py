"""The verbs of the land table: draft, publish, withdraw, freeze."""

from __future__ import annotations

import secrets

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import words_of, wrong
from jiqun.engine.calendar import add_working_days
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.masters.offices import serves
from jiqun.modules.land.attribution.helping import another, locked, target
from jiqun.modules.land.attribution.lines import has_lines, land_of
from jiqun.modules.land.models import LandObjection, LandRow, LandTable
from jiqun.modules.land.shapes import digest_of
from jiqun.modules.land.states.landtable import TableEvent, TableState, after
from jiqun.rules.calendars import calendar_ahead

DAYS = 8  # of publicity: 遂昌 2023, 25 May to 1 June


# ---- draft ------------------------------------------------------------------------------------------


def may_open_table(viewer: Viewer, department: int, place: str) -> bool:
    """An official of the bureau, for a place that it answers for."""
    return serves(viewer, department, place)


@action("land.open_table", zh="生成用地表草稿", en="draft the land table")
def open_table(
    *, viewer: Viewer, department: int, place: str, year: int, days: int = DAYS, contact: str = ""
) -> LandTable:
    """Attribute the land of a place and year as the facts are now; a draft that is there is made anew.

    Args:
        viewer: An official of the bureau.
        department: The bureau's organisation.
        place: Code of the place.
        year: Whose days count.
        days: Working days of the publicity.
        contact: Telephone for the public page.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT``; ``E-LAND-NO-LINES`` without a land check in the
            facts; ``E-LAND-TABLE-STATE`` where the year's table is published or frozen.
    """
    refuse(_draft_problems(place, year, days))
    facts = store()
    snapshot = facts.snapshot()
    if not has_lines(facts, snapshot):
        raise no_lines(place)
    land = land_of(facts, snapshot, place, year=year)
    row = LandTable.objects.select_for_update().live(place, year)
    if row is None:
        key = f"YD{year}-{secrets.token_hex(3).upper()}"
        row = LandTable(key=key, place=place, year=year)
    else:
        after(TableState(row.state), TableEvent.RENEW)
    row.department_id, row.made_by_id, row.days = department, viewer.user_id or 0, days
    row.snapshot, row.digest, row.contact = snapshot.id, land.digest, " ".join(contact.split())[:60]
    row.notes = [list(one) for one in land.notes]
    row.save()
    LandRow.objects.filter(table=row).delete()
    LandRow.objects.bulk_create(
        [LandRow(table=row, firm=one.firm, firm_name=one.name[:120], town=one.place).take(one)
         for one in land.firms.values()],
        batch_size=500,
    )  # fmt: skip
    record(
        viewer, "land.open_table", target=target(row),
        after={"place": place, "year": year, "firms": len(land.firms), "digest": land.digest},
    )  # fmt: skip
    return row


def _draft_problems(place: str, year: int, days: int) -> list[Problem]:
    found: list[Problem] = []
    if not place.strip():
        found.append(wrong("place", "没有地方", "the place is missing", remedy_zh="请填写区划代码。",
                           remedy_en="Fill in the code of the place."))  # fmt: skip
    if not 2000 <= year <= 2100:
        found.append(wrong("year", "年度不对", "the year cannot be right", value=str(year),
                           remedy_zh="请写四位年份。", remedy_en="Write four digits."))  # fmt: skip
    if not 1 <= days <= 60:
        found.append(wrong("days", "公示期限应为 1 到 60 个工作日", "1 to 60 working days", value=str(days),
                           remedy_zh="一般 5 到 8 个。", remedy_en="Usually 5 to 8."))  # fmt: skip
    return found


def no_lines(place: str) -> JiqunError:
    """Return the error for a place without a land check in the facts."""
    return JiqunError(
        "E-LAND-NO-LINES",
        f"{place} 还没有用地核查数据，不能生成用地表",
        f"there is no land check of {place} yet, so there is no land table to draft",
        hint_zh="请先导入“用地情况”（parcel_use）和“宗地”（parcel）。",
        hint_en="Import the tables of uses of parcels (parcel_use) and of parcels (parcel) first.",
        kind=Kind.NOT_FOUND,
    )


# ---- publicity --------------------------------------------------------------------------------------


def may_publish_table(viewer: Viewer, table: LandTable) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, table.department_id, table.place)


@action("land.publish_table", zh="公示用地表", en="publish the land table")
def publish_table(*, viewer: Viewer, table: LandTable) -> LandTable:
    """Show name and area of every firm to everybody for the table's working days.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-TABLE-STATE``.
    """
    row, today = locked(table), timezone.localdate()
    row.state = after(TableState(row.state), TableEvent.PUBLISH)
    row.published_by_id, row.public_from = viewer.user_id, today
    row.public_until = add_working_days(today, row.days, calendar_ahead(today))
    row.save()
    record(
        viewer, "land.publish_table", target=target(row), before={"state": "draft"},
        after={"state": row.state, "until": row.public_until.isoformat(), "digest": row.digest},
    )  # fmt: skip
    return row


def may_withdraw_table(viewer: Viewer, table: LandTable) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, table.department_id, table.place)


@action("land.withdraw_table", zh="撤回用地表", en="withdraw the land table")
def withdraw_table(*, viewer: Viewer, table: LandTable, words: str) -> LandTable:
    """Take a table back that is not frozen, with the reason; a new draft may follow.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-TABLE-STATE``.
    """
    row, said = locked(table), words_of(words)
    before = row.state
    row.state, row.reason = after(TableState(before), TableEvent.WITHDRAW), said
    row.save()
    record(viewer, "land.withdraw_table", target=target(row), reason=said,
           before={"state": before}, after={"state": row.state})  # fmt: skip
    return row


# ---- freeze -----------------------------------------------------------------------------------------


def may_freeze_table(viewer: Viewer, table: LandTable) -> bool:
    """An official of the bureau in charge; the verb refuses who published."""
    return serves(viewer, table.department_id, table.place)


@action("land.freeze_table", zh="冻结用地表", en="freeze the land table")
def freeze_table(*, viewer: Viewer, table: LandTable) -> LandTable:
    """Freeze a table whose days are over and whose objections are decided: evaluations count it.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-LAND-TABLE-STATE``; ``E-LAND-NOT-OVER``
            while the days run or an objection is open.
    """
    row, today = locked(table), timezone.localdate()
    state = after(TableState(row.state), TableEvent.FREEZE)
    another(viewer, row.published_by_id)
    waiting = LandObjection.objects.open_ones(row.pk).count()
    if waiting or (row.public_until and today <= row.public_until):
        raise _not_over(row, waiting)
    snapshot = store().snapshot()
    row.digest = digest_of(LandRow.objects.lands(row.pk))
    row.frozen_by_id, row.frozen_at = viewer.user_id, timezone.now()
    row.frozen_snapshot, row.state = snapshot.id, state
    row.save()
    record(
        viewer, "land.freeze_table", target=target(row), before={"state": "published"},
        after={"state": state, "digest": row.digest, "snapshot": snapshot.id},
    )  # fmt: skip
    return row


def _not_over(table: LandTable, waiting: int) -> JiqunError:
    zh = f"还有 {waiting} 条异议待决定" if waiting else f"公示到 {table.public_until}，尚未期满"
    en = (
        f"{waiting} objection(s) are open"
        if waiting
        else f"the publicity runs to {table.public_until}"
    )
    return JiqunError(
        "E-LAND-NOT-OVER",
        f"{zh}，不能冻结",
        f"{en}; the table is not frozen yet",
        hint_zh="期满且异议全部决定后再冻结。",
        hint_en="Freeze it once the days are over and every objection is decided.",
        kind=Kind.CONFLICT,
    )
