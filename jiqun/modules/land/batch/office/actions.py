"""The office in charge: opens a batch, sends the sheets, calculates, reviews, publishes, announces."""

from __future__ import annotations

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import words_of, wrong
from jiqun.core.notices.outbox import Words
from jiqun.core.version import code_version
from jiqun.engine.calendar import add_working_days
from jiqun.errors import Problem
from jiqun.masters.offices import answers_for, serves
from jiqun.modules.land.batch.computing import (
    Made,
    benchmarks_of,
    compute,
    frozen_rules,
    grades_of,
    sheets_of,
)
from jiqun.modules.land.batch.helping import (
    RESULT_PUBLIC,
    SHEET_READY,
    another,
    days_run,
    may_move,
    move,
    new_key,
    noted,
    nothing_open,
    nothing_pending,
    paper_of,
    target,
    tell,
)
from jiqun.modules.land.evaluation.findings import CODE, scheme_for
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet
from jiqun.modules.land.states.batch import Event, State
from jiqun.rules.calendars import calendar_ahead
from jiqun.rules.permu_pack import versions

FIRST_YEAR, LAST_YEAR = 2000, 2100
FIRST, CONFIRMED = 1, 2  # calculations: what the sheets show, what the confirmed figures give
FOR_SHEETS = "供企业核对"
AFTER_CONFIRMATION = "企业核对期满，已计入成立的异议"


def _terms(rules: str, answer_days: int, publicity_days: int) -> list[Problem]:
    found: list[Problem] = []
    if rules not in versions():
        found.append(wrong("rules", f"没有规则包“{rules}”", f"there is no rule pack “{rules}”", value=rules,
                           remedy_zh="请从列表选择。", remedy_en="Choose from the list."))  # fmt: skip
    for name, days in (("answer_days", answer_days), ("publicity_days", publicity_days)):
        if not 1 <= days <= 60:
            found.append(wrong(name, "期限应为 1 到 60 个工作日", "a term has 1 to 60 working days", value=str(days),
                               remedy_zh="按本地办法填写。", remedy_en="As the place's rules say."))  # fmt: skip
    return found


def may_open_batch(viewer: Viewer, department: int, place: str) -> bool:
    """An official of the office in charge, for a place that it answers for."""
    return serves(viewer, department, place)


@action("land.open_batch", zh="建立评价批次", en="open a batch of the evaluation")
def open_batch(
    *, viewer: Viewer, department: int, place: str, year: int, rules: str, answer_days: int = 10,
    publicity_days: int = 5,
) -> Batch:  # fmt: skip
    """Open the evaluation of a place and year as an official act.

    Args:
        viewer: An official of the office.
        department: The office's organisation.
        place: Code of the place.
        year: Year of the figures.
        rules: The rule pack.
        answer_days: Working days in which firms confirm their sheets.
        publicity_days: Working days of the publicity.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT`` with every problem.
    """
    problems = _terms(rules, answer_days, publicity_days)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        problems.append(wrong("year", "年度应为四位数字", "a year has four digits", value=str(year),
                              remedy_zh="如 2025。", remedy_en="Such as 2025."))  # fmt: skip
    live = Batch.objects.filter(place=place, year=year).exclude(state=State.WITHDRAWN)
    if live.exists():
        problems.append(wrong("year", f"{year} 年度已有批次", f"{year} has a batch already", value=str(year),
                              remedy_zh="请在原批次办理，或先撤销它。",
                              remedy_en="Go on with it, or withdraw it first."))  # fmt: skip
    refuse(problems)
    made = Batch.objects.create(
        key=new_key(), place=place, year=year, department_id=department, rules=rules,
        answer_days=answer_days, publicity_days=publicity_days, made_by_id=viewer.user_id,
    )  # fmt: skip
    noted(viewer, made, "open", note=f"{year} {rules}")
    record(viewer, "land.open_batch", target=target(made), after={"year": year, "rules": rules})
    return made


def _in_office(viewer: Viewer, batch: Batch) -> bool:
    return serves(viewer, batch.department_id, batch.place)


def may_change_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.change_batch", zh="修改批次的规则和期限", en="change rules and terms of the batch")
def change_batch(
    *, viewer: Viewer, batch: Batch, rules: str, answer_days: int, publicity_days: int
) -> Batch:
    """Choose other rules or terms, as long as no sheet was sent.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-FROZEN``.
    """
    current = Batch.objects.locked(batch.pk)
    if current.state != State.COLLECTING:
        raise frozen_rules(current)
    refuse(_terms(rules, answer_days, publicity_days))
    before = {"rules": current.rules, "days": [current.answer_days, current.publicity_days]}
    current.rules, current.answer_days, current.publicity_days = rules, answer_days, publicity_days
    current.save()
    after = {"rules": rules, "days": [answer_days, publicity_days]}
    noted(viewer, current, "change", note=rules)
    record(viewer, "land.change_batch", target=target(current), before=before, after=after)
    return current


# ---- sheets and calculations --------------------------------------------------------------------


def _kept(viewer: Viewer, batch: Batch, made: Made, reason: str, kept: Calculation | None) -> Calculation:  # fmt: skip
    """Write a calculation down: what went in, what came out, how many grades changed."""
    before = Calculation.objects.newest(batch.pk)
    evaluation, changed = made.graded.evaluation, 0
    if before is not None:
        old, new = (
            grades_of(store(), before.run),
            dict(made.frame.select("firm", "grade").iter_rows()),
        )
        changed = sum(old.get(firm) != new.get(firm) for firm in {*old, *new})
    return Calculation.objects.create(
        batch=batch, number=before.number + 1 if before else FIRST, reason=reason, run=made.run,
        snapshot=made.snapshot, rules_version=f"permu/{batch.rules}",
        rules_digest=evaluation.scheme.digest, code_version=code_version(*CODE), consents=made.consents,
        inputs_digest=evaluation.units.digest(), benchmarks_digest=evaluation.frozen.digest(),
        result_digest=evaluation.digest, benchmarks=benchmarks_of(evaluation.frozen),
        kept=kept is not None, firms=made.frame.height, changed=changed, made_by_id=viewer.user_id,
    )  # fmt: skip


def _included(batch: Batch, number: int) -> None:
    Objection.objects.pending_in(batch.pk).update(included=number)


def may_send_sheets(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.send_sheets", zh="发出一企一单", en="send every firm its sheet")
def send_sheets(*, viewer: Viewer, batch: Batch) -> int:
    """Freeze the rules, make the first calculation and show every firm its figures; return how many.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-STATE``, ``E-LAND-NO-DATA``.
    """
    current = Batch.objects.locked(batch.pk)
    may_move(current, Event.SEND)
    made = compute(store(), current, FIRST)
    today = timezone.localdate()
    current.rules_digest = scheme_for(current.rules, current.year).digest
    current.calculated_by_id = viewer.user_id
    current.answer_until = add_working_days(today, current.answer_days, calendar_ahead(today))
    move(viewer, current, Event.SEND, verb="land.send_sheets", note=FOR_SHEETS)
    _kept(viewer, current, made, FOR_SHEETS, None)
    figures = sheets_of(made.graded)
    firms = made.frame.select("firm", "name", "place").iter_rows()
    Sheet.objects.bulk_create(
        Sheet(key=f"{current.key}-{number:05d}", batch=current, place=current.place, firm=firm,
              firm_name=str(name or firm)[:200], figures=figures[firm])
        for number, (firm, name, _) in enumerate(firms, start=1)
    )  # fmt: skip
    until = current.answer_until
    tell(SHEET_READY, current, Words(
        f"{current.year} 年度亩均评价数据请在 {until} 前核对",
        f"Please confirm your per-mu figures of {current.year} by {until}",
    ), firms=figures, key="sheet")  # fmt: skip
    return len(figures)


def may_calculate(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.calculate", zh="结束企业核对并测算", en="end the confirmation and calculate")
def calculate(*, viewer: Viewer, batch: Batch) -> Calculation:
    """End the confirmation: silence becomes “no answer”, benchmarks are computed and frozen.

    Before the last day this is possible only when every firm has answered.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-STATE``, ``E-LAND-DAYS``, ``E-LAND-OPEN``,
            ``E-LAND-FROZEN``, ``E-LAND-NO-DATA``.
    """
    current = Batch.objects.locked(batch.pk)
    may_move(current, Event.CALCULATE)
    waiting = Sheet.objects.filter(batch=current, answer=Sheet.Answer.WAITING)
    if waiting.exists():
        days_run(current.answer_until)
    nothing_open(current)
    made = compute(store(), current, CONFIRMED)
    waiting.update(answer=Sheet.Answer.NO_ANSWER)
    current.calculated_by_id = viewer.user_id
    move(viewer, current, Event.CALCULATE, verb="land.calculate", note=AFTER_CONFIRMATION)
    one = _kept(viewer, current, made, AFTER_CONFIRMATION, None)
    _included(current, one.number)
    return one


def may_recalculate(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.recalculate", zh="重新测算", en="calculate again")
def recalculate(*, viewer: Viewer, batch: Batch, reason: str) -> Calculation:
    """Make another numbered calculation over the facts as they are now, with the frozen benchmarks.

    The earlier ones stay. Review and publicity follow again.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-STATE``, ``E-LAND-OPEN``, ``E-LAND-FROZEN``.
    """
    said, current = words_of(reason, "reason"), Batch.objects.locked(batch.pk)
    may_move(current, Event.RECALCULATE)
    nothing_open(current)
    done = Calculation.objects.filter(batch=current).order_by("number")
    kept = done.get(number=CONFIRMED)
    made = compute(store(), current, done.count() + 1, kept=kept)
    current.calculated_by_id, current.reviewed_by_id = viewer.user_id, None
    current.public_from = current.public_until = None
    move(viewer, current, Event.RECALCULATE, verb="land.recalculate", note=said)
    one = _kept(viewer, current, made, said, kept)
    _included(current, one.number)
    return one


# ---- review, publicity, approval, announcement ---------------------------------------------------


def may_review_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge; never who calculated."""
    return _in_office(viewer, batch)


@action("land.review_batch", zh="复核测算结果", en="review the calculation")
def review_batch(*, viewer: Viewer, batch: Batch, words: str) -> Batch:
    """Confirm the newest calculation as a second person.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-INPUT``, ``E-LAND-STATE``, ``E-LAND-PENDING``.
    """
    said, current = words_of(words), Batch.objects.locked(batch.pk)
    may_move(current, Event.REVIEW)
    another(viewer, current.calculated_by_id)
    nothing_pending(current)
    current.reviewed_by_id = viewer.user_id
    return move(viewer, current, Event.REVIEW, verb="land.review_batch", note=said)


def may_return_batch(viewer: Viewer, batch: Batch) -> bool:
    """Who may review it, or enter the approval when that is due; never who calculated."""
    return _in_office(viewer, batch) or (
        batch.state == State.APPROVAL and answers_for(viewer, batch.place)
    )


@action("land.return_batch", zh="退回测算结果", en="send the calculation back")
def return_batch(*, viewer: Viewer, batch: Batch, words: str) -> Batch:
    """Send a result back with words, instead of reviewing or approving it; it is calculated again then.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-INPUT``, ``E-LAND-STATE``.
    """
    said, current = words_of(words), Batch.objects.locked(batch.pk)
    may_move(current, Event.RETURN)
    another(viewer, current.calculated_by_id)
    return move(viewer, current, Event.RETURN, verb="land.return_batch", note=said)


def may_publish_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.publish_batch", zh="公示评价结果", en="make the result public")
def publish_batch(*, viewer: Viewer, batch: Batch) -> Batch:
    """Show everybody name and grade for the batch's term of working days, and tell the firms.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-STATE``, ``E-LAND-PENDING``.
    """
    current = Batch.objects.locked(batch.pk)
    may_move(current, Event.PUBLISH)
    nothing_pending(current)
    today = timezone.localdate()
    current.public_from = today
    current.public_until = add_working_days(today, current.publicity_days, calendar_ahead(today))
    move(viewer, current, Event.PUBLISH, verb="land.publish_batch")
    last = Calculation.objects.filter(batch=current).latest("number")
    tell(RESULT_PUBLIC, current, Words(
        f"{current.year} 年度亩均评价结果公示到 {current.public_until}，有异议请在期内提出",
        f"The per-mu result of {current.year} is in publicity until {current.public_until}; object within it",
    ), firms=grades_of(store(), last.run), key=f"public:{last.number}")  # fmt: skip
    return current


def may_close_publicity(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.close_publicity", zh="结束公示报审定", en="end the publicity")
def close_publicity(*, viewer: Viewer, batch: Batch) -> Batch:
    """Send the result to the leading group once the days are over and nothing is open.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-STATE``, ``E-LAND-DAYS``, ``E-LAND-OPEN``, ``E-LAND-PENDING``.
    """
    current = Batch.objects.locked(batch.pk)
    may_move(current, Event.CLOSE_PUBLICITY)
    days_run(current.public_until)
    nothing_open(current)
    nothing_pending(current)
    return move(viewer, current, Event.CLOSE_PUBLICITY, verb="land.close_publicity")


def may_approve_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the place, of any office; never who opened, calculated or reviewed."""
    return answers_for(viewer, batch.place)


@action("land.approve_batch", zh="登记领导小组审定", en="enter the leading group's approval")
def approve_batch(*, viewer: Viewer, batch: Batch, document: str) -> Batch:
    """Enter the leading group's approval by the number of its document.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-INPUT``, ``E-LAND-STATE``.
    """
    paper, current = paper_of(document), Batch.objects.locked(batch.pk)
    may_move(current, Event.APPROVE)
    another(viewer, current.made_by_id, current.calculated_by_id, current.reviewed_by_id)
    current.approved_by_id, current.approval_document = viewer.user_id, paper
    current.approved_on = timezone.localdate()
    return move(viewer, current, Event.APPROVE, verb="land.approve_batch", note=paper)


def may_announce_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.announce_batch", zh="公告评价结果", en="announce the result")
def announce_batch(*, viewer: Viewer, batch: Batch, document: str) -> Batch:
    """Announce the approved result under the number of the notice.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-STATE``.
    """
    paper, current = paper_of(document), Batch.objects.locked(batch.pk)
    may_move(current, Event.ANNOUNCE)
    current.notice_document, current.announced_on = paper, timezone.localdate()
    return move(viewer, current, Event.ANNOUNCE, verb="land.announce_batch", note=paper)


def may_withdraw_batch(viewer: Viewer, batch: Batch) -> bool:
    """An official of the office in charge."""
    return _in_office(viewer, batch)


@action("land.withdraw_batch", zh="撤销批次", en="withdraw the batch")
def withdraw_batch(*, viewer: Viewer, batch: Batch, reason: str) -> Batch:
    """End a batch that was not announced, with the reason; everything in it stays as it was.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-STATE``.
    """
    said, current = words_of(reason, "reason"), Batch.objects.locked(batch.pk)
    return move(viewer, current, Event.WITHDRAW, verb="land.withdraw_batch", note=said)
