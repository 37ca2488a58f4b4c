"""Measures after the announcement: their term, what spares a firm them, the end of the batch."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_of, words_problem, wrong
from jiqun.errors import Problem
from jiqun.masters.offices import serves
from jiqun.modules.land.batch.helping import days_run, move, noted, paper_problem, target
from jiqun.modules.land.models import Batch, Sheet, Waiver
from jiqun.modules.land.states.batch import ANNOUNCED, Event, State


def may_start_measures(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return serves(viewer, batch.department_id, batch.place)


@action("land.start_measures", zh="启用差别化措施", en="put the measures in force")
def start_measures(*, viewer: Viewer, batch: Batch, first: date | None, last: date | None) -> Batch:
    """Put the measures of an announced batch in force from a day to a day.

    Electricity usually runs from 1 July to 30 June of the next year (宁波 实施细则).

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-STATE``.
    """
    if first is None or last is None or last <= first:
        refuse([wrong(
            "last", "起止日期不对：须有起始日，且止于其后", "the term needs a first day and a later last day",
            remedy_zh="电价周期一般为当年 7 月 1 日至次年 6 月 30 日。",
            remedy_en="Electricity usually runs from 1 July to 30 June of the next year.",
        )])  # fmt: skip
    current = Batch.objects.locked(batch.pk)
    current.measures_from, current.measures_until = first, last
    return move(viewer, current, Event.START, verb="land.start_measures", note=f"{first} – {last}")


def may_close_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return serves(viewer, batch.department_id, batch.place)


@action("land.close_batch", zh="办结批次", en="close the batch")
def close_batch(*, viewer: Viewer, batch: Batch) -> Batch:
    """Close a batch once the term of its measures is over.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-STATE``, ``E-LAND-DAYS``.
    """
    current = Batch.objects.locked(batch.pk)
    days_run(current.measures_until)
    return move(viewer, current, Event.CLOSE, verb="land.close_batch")


def may_add_waiver(viewer: Viewer, sheet: Sheet) -> bool:
    """An official of the office in charge with a stated purpose."""
    return may_see_firm_rows(viewer) and serves(viewer, sheet.batch.department_id, sheet.place)


@action("land.add_waiver", zh="登记暂缓措施的决定", en="enter a decision that suspends measures")
def add_waiver(
    *, viewer: Viewer, sheet: Sheet, decision: str, commitment: str, until: date | None
) -> Waiver:
    """Spare one firm the measures of an announced batch until a day, on its commitment.

    The grade stays what it is.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT`` with every problem.
    """
    paper, problems = paper_problem(decision, "decision")
    said, more = words_problem(commitment, "commitment")
    problems += [*more, *_term(sheet, until)]
    refuse(problems)
    made = Waiver.objects.create(
        batch=sheet.batch, place=sheet.place, firm=sheet.firm, firm_name=sheet.firm_name, decision=paper,
        commitment=said, until=until, made_by_id=viewer.user_id,
    )  # fmt: skip
    noted(viewer, sheet.batch, "waive", firm=sheet.firm, note=f"{paper}：{said}")
    record(viewer, "land.add_waiver", target=target(sheet.batch), reason=said,
           after={"firm": sheet.firm, "decision": paper, "until": str(until)})  # fmt: skip
    return made


def _term(sheet: Sheet, until: date | None) -> list[Problem]:
    today, found = timezone.localdate(), list[Problem]()
    if until is None or until < today:
        found.append(wrong("until", "截止日期应在今天或以后", "the last day has to be today or later",
                           remedy_zh="按决定书填写。", remedy_en="As the decision says."))  # fmt: skip
    if sheet.batch.state not in ANNOUNCED or sheet.batch.state == State.CLOSED:
        found.append(wrong("batch", "公告之后、办结之前才能登记", "only after the announcement and before the end",
                           remedy_zh="等级公告后再登记。", remedy_en="Enter it after the announcement."))  # fmt: skip
    held = Waiver.objects.filter(batch=sheet.batch_id, firm=sheet.firm, ended_on__isnull=True)
    for one in held.filter(until__lt=today):
        one.ended_on, one.ended_why = one.until, "到期"
        one.save()
    if held.exists():
        found.append(wrong("firm", "这家企业已有生效的暂缓决定", "the firm has such a decision in force",
                           remedy_zh="先终止原决定。", remedy_en="End that one first."))  # fmt: skip
    return found


def may_end_waiver(viewer: Viewer, waiver: Waiver) -> bool:
    """An official of the office in charge with a stated purpose."""
    return may_see_firm_rows(viewer) and serves(viewer, waiver.batch.department_id, waiver.place)


@action("land.end_waiver", zh="终止暂缓措施", en="end the suspension of measures")
def end_waiver(*, viewer: Viewer, waiver: Waiver, words: str) -> Waiver:
    """End a suspension before its day, for instance because the commitment was not kept.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``.
    """
    said = words_of(words)
    current = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if current.ended_on is not None:
        refuse([wrong("words", "已经终止", "it was ended before",
                      remedy_zh="请刷新页面。", remedy_en="Reload the page.")])  # fmt: skip
    current.ended_on, current.ended_why = timezone.localdate(), said
    current.ended_by_id = viewer.user_id  # type: ignore[attr-defined]
    current.save()
    noted(viewer, current.batch, "end_waiver", firm=current.firm, note=said)
    record(viewer, "land.end_waiver", target=target(current.batch), reason=said,
           after={"firm": current.firm, "decision": current.decision})  # fmt: skip
    return current
