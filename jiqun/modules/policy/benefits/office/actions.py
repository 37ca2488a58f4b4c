"""The bureau in charge confirms, publishes, takes silence as the rule says, and ends the publicity."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action
from jiqun.core.forms import words_of
from jiqun.engine.calendar import add_working_days, announced
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.helping import another, hold, locked_in, locked_one, nothing
from jiqun.modules.policy.benefits.moving import move
from jiqun.modules.policy.benefits.once import Result
from jiqun.modules.policy.machine import Event, State
from jiqun.modules.policy.models import Batch, Case
from jiqun.modules.policy.models.base import serves
from jiqun.rules.calendars import calendar_ahead


def may_confirm_cases(viewer: Viewer, batch: Batch) -> bool:
    """An official of the bureau in charge; never who brought the batch in."""
    return serves(viewer, batch.department_id, batch.place) and viewer.user_id != batch.made_by_id


@action("policy.confirm_cases", zh="确认兑付事项（部门）", en="confirm cases for the bureau")
def confirm_cases(*, viewer: Viewer, batch: Batch, keys: Sequence[str] = ()) -> int:
    """Confirm checked cases, those named or all; the firms are asked then. Return how many.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-POLICY-NOTHING``, ``E-INPUT``.
    """
    today = timezone.localdate()
    until = add_working_days(today, batch.answer_days, calendar_ahead(today))
    found = locked_in(batch, [State.DEPARTMENT], keys)
    another(viewer, *(one.made_by_id for one in found))
    for case in found:
        case.confirmed_by_id, case.answer_until = viewer.user_id, until
        move(viewer, case, Event.CONFIRM, verb="policy.confirm_cases")
    return len(found)


def may_lapse_cases(viewer: Viewer, batch: Batch) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, batch.department_id, batch.place)


@action("policy.lapse_cases", zh="按默认规则处理逾期未答复", en="apply the default rule to silence")
def lapse_cases(*, viewer: Viewer, batch: Batch) -> int:
    """Take the silence of firms whose term is over as the batch's rule says. Return how many moved.

    A case without an account is held instead.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-WAITS`` when the rule is to wait, ``E-POLICY-NOTHING``.
    """
    if batch.on_silence != Batch.Silence.ACCEPT:
        raise JiqunError(
            "E-POLICY-WAITS",
            "本批次的规则是继续等待企业答复",
            "this batch waits for the firms' answers",
            hint_zh="请联系企业；企业可在“我的待确认”里答复。",
            hint_en="Ask the firms; they answer on their own page.",
            kind=Kind.CONFLICT,
        )
    over = [
        one for one in locked_in(batch, [State.FIRM])
        if one.answer_until and one.answer_until < timezone.localdate()
    ]  # fmt: skip
    if not over:
        raise nothing()
    for case in over:
        if case.account:
            move(
                viewer,
                case,
                Event.LAPSE,
                note="逾期未答复，按默认规则接受",
                verb="policy.lapse_cases",
            )
        else:
            hold(viewer, case, "no_account", "逾期未答复，也没有可用的收款账户")
    return len(over)


def may_publish_cases(viewer: Viewer, batch: Batch) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, batch.department_id, batch.place)


@action("policy.publish_cases", zh="公示拟兑现名单", en="publish what is going to be paid")
def publish_cases(*, viewer: Viewer, batch: Batch, keys: Sequence[str] = ()) -> Result:
    """Show accepted cases to everybody for the batch's term; return count and last day.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-NOTHING``, ``E-INPUT``.
    """
    today = timezone.localdate()
    calendar = calendar_ahead(today)
    until = add_working_days(today, batch.publicity_days, calendar)
    found = locked_in(batch, [State.READY], keys)
    for case in found:
        case.public_from, case.public_until = today, until
        move(viewer, case, Event.PUBLISH, verb="policy.publish_cases")
    return {
        "cases": len(found),
        "until": until.isoformat(),
        "provisional": not announced(today, until, calendar=calendar),
    }


def may_close_publicity(viewer: Viewer, batch: Batch) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, batch.department_id, batch.place)


@action("policy.close_publicity", zh="公示期满送财政审核", en="end the publicity")
def close_publicity(*, viewer: Viewer, batch: Batch) -> int:
    """Send cases whose publicity is over, and against which nothing is open, to the finance office.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-NOTHING``.
    """
    today = timezone.localdate()
    over = [
        one for one in locked_in(batch, [State.PUBLICITY])
        if one.public_until and one.public_until < today
    ]  # fmt: skip
    if not over:
        raise nothing()
    for case in over:
        move(viewer, case, Event.CLOSE, verb="policy.close_publicity")
    return len(over)


# ---- objections, milestones ---------------------------------------------------------------------


def _of_bureau(viewer: Viewer, case: Case) -> bool:
    return serves(viewer, case.batch.department_id, case.place)


def may_object_case(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge, who writes down what anybody has objected."""
    return _of_bureau(viewer, case)


@action("policy.object_case", zh="登记对这一事项的异议", en="note an objection to this case")
def object_case(*, viewer: Viewer, case: Case, words: str) -> Case:
    """Note an objection that came in during the publicity; the case waits until it is settled.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``.
    """
    said = words_of(words)
    return move(viewer, locked_one(case.key), Event.OBJECT, note=said, verb="policy.object_case")


def may_settle_objection(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge."""
    return _of_bureau(viewer, case)


@action("policy.settle_objection", zh="处理这一异议", en="settle this objection")
def settle_objection(*, viewer: Viewer, case: Case, upheld: bool, words: str) -> Case:
    """Uphold an objection, which ends the case, or dismiss it, after which the publicity goes on.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``.
    """
    said = words_of(words)
    event = Event.UPHOLD if upheld else Event.DISMISS
    return move(viewer, locked_one(case.key), event, note=said, verb="policy.settle_objection")


def may_release_instalment(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge."""
    return _of_bureau(viewer, case)


@action(
    "policy.release_instalment",
    zh="确认下一期条件已达到",
    en="confirm the next instalment's milestone",
)
def release_instalment(*, viewer: Viewer, case: Case, words: str) -> Case:
    """Send the next instalment to the finance office, which approves it anew.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``, ``E-POLICY-HELD``.
    """
    said, current = words_of(words), locked_one(case.key)
    if current.state == State.WAITING:
        current.instalment, current.attempt = current.instalment + 1, 1
    return move(viewer, current, Event.MILESTONE, note=said, verb="policy.release_instalment")


def may_reject_case(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge, or of the finance office that would pay."""
    return _of_bureau(viewer, case) or serves(viewer, case.batch.pool.organisation_id, case.place)


@action("policy.reject_case", zh="不予兑付这一事项", en="refuse this case")
def reject_case(*, viewer: Viewer, case: Case, words: str) -> Case:
    """End a case before any money is set aside, with the reason that the firm sees.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``.
    """
    said = words_of(words)
    return move(viewer, locked_one(case.key), Event.REJECT, note=said, verb="policy.reject_case")
