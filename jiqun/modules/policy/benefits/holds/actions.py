"""Holds a case up, on evidence, and lets it go on: another person, of the office that may."""

from __future__ import annotations

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_of, wrong
from jiqun.modules.policy.benefits.helping import another, hold, locked_one, nothing
from jiqun.modules.policy.benefits.moving import case_target
from jiqun.modules.policy.machine import REASONS
from jiqun.modules.policy.models import Case, Hold
from jiqun.modules.policy.models.base import serves


def offices(viewer: Viewer, case: Case) -> frozenset[str]:
    """Return in which capacities the viewer has to do with a case: department, finance, firm."""
    found: set[str] = set()
    if serves(viewer, case.batch.department_id, case.place):
        found.add("department")
    if serves(viewer, case.batch.pool.organisation_id, case.place):
        found.add("finance")
    if case.firm in viewer.firms:
        found.add("firm")
    return frozenset(found)


def may_hold_case(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge or of the finance office that pays."""
    return bool(offices(viewer, case) & {"department", "finance"})


@action("policy.hold_case", zh="挂起这一事项", en="put this case on hold")
def hold_case(*, viewer: Viewer, case: Case, reason: str, evidence: str) -> Case:
    """Put a case on hold. What was sent to the bank still comes back as the bank answers.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` for an unknown reason, none, or one that holds already.
    """
    said, current = words_of(evidence, "evidence"), locked_one(case.key)
    open_ = set(Hold.objects.open_holds(current.pk).values_list("reason", flat=True))
    if reason not in REASONS or reason in open_ or current.ended:
        refuse([wrong(
            "reason", "请选择尚未登记的原因；已结束的不能挂起",
            "choose a reason that does not hold it yet; what has ended is not held",
            value=reason, remedy_zh="已有的原因列在事项页。", remedy_en="The page lists the reasons there are.",
        )])  # fmt: skip
    hold(viewer, current, reason, said)
    return current


def may_lift_hold(viewer: Viewer, held: Hold) -> bool:
    """An official of the office that the reason names; never who set it."""
    allowed = REASONS[held.reason].lifted_by & offices(viewer, held.case) - {"firm"}
    return bool(allowed) and held.made_by_id != viewer.user_id


@action("policy.lift_hold", zh="解除挂起", en="lift this hold")
def lift_hold(*, viewer: Viewer, held: Hold, words: str) -> Case:
    """Lift one hold; the case goes on when it was the last.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-INPUT``.
    """
    said, current = words_of(words), locked_one(held.case.key)
    row = Hold.objects.select_for_update().get(pk=held.pk)
    another(viewer, row.made_by_id)
    if row.lifted_at is not None:
        raise nothing()
    row.lifted_at, row.lifted_by_id, row.note = timezone.now(), viewer.user_id, said
    row.save()
    current.held = Hold.objects.open_holds(current.pk).exists()
    current.save()
    record(
        viewer, "policy.lift_hold", target=case_target(current), reason=said,
        before={"hold": row.reason}, after={"held": current.held},
    )  # fmt: skip
    return current
