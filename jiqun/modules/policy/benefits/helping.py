"""What the verbs about cases share: locking, four eyes, words, holds."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import another as refuse_same
from jiqun.core.actions import refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.moving import case_target
from jiqun.modules.policy.machine import State
from jiqun.modules.policy.models import Batch, Case, Hold

FOUR_EYES = (
    "录入、部门确认、财政审核、支付是四个不同的人。",
    "Entry, the bureau's confirmation, the finance office's approval and payment take four people.",
)


def new_key(letters: str) -> str:
    """Return a number for a batch or pool: letters, the day, and six random digits."""
    return f"{letters}{timezone.localdate():%Y%m%d}-{secrets.token_hex(3).upper()}"


def another(viewer: Viewer, *people: int | None) -> None:
    """Refuse one of the people who did an earlier step; ``E-POLICY-FOUR-EYES``."""
    refuse_same(viewer, *people, code="E-POLICY-FOUR-EYES", hint=FOUR_EYES)


def locked_one(key: str) -> Case:
    """Lock one case until the commit."""
    return Case.objects.locked([key])[0]


def locked_in(batch: Batch, states: Sequence[State], keys: Sequence[str] = ()) -> list[Case]:
    """Lock a batch's cases in these states that are not held; of them those named, or all.

    Raises:
        JiqunError: ``E-INPUT`` for each named case that is not among them; ``E-POLICY-NOTHING``.
    """
    there = Case.objects.ready(batch.pk, states)
    chosen = [key for key in there if key in set(keys)] if keys else there
    absent = sorted(set(keys) - set(chosen))
    refuse([
        wrong("cases", f"{key} 已挂起或不在这一步", f"{key} is on hold or at another step", value=key,
              remedy_zh="请刷新后重新选择。", remedy_en="Reload and choose again.")
        for key in absent
    ])  # fmt: skip
    if not chosen:
        raise nothing()
    current = Case.objects.locked(chosen)
    return [one for one in current if one.state in states and not one.held]


def nothing() -> JiqunError:
    """Return the error for a step for which no case is ready."""
    return JiqunError(
        "E-POLICY-NOTHING",
        "没有可以办理的事项",
        "there is no case for this step",
        hint_zh="可能已经办过，或者都已挂起；批次页列出每一件在谁那里。",
        hint_en="It may have been done, or all are on hold; the batch's page says who has which.",
        kind=Kind.CONFLICT,
    )


def hold(viewer: Viewer, case: Case, reason: str, evidence: str) -> None:
    """Put a locked case on hold and write it down."""
    case.held = True
    case.save()
    Hold.objects.create(case=case, reason=reason, evidence=evidence, made_by_id=viewer.user_id)
    record(
        viewer,
        "policy.hold_case",
        target=case_target(case),
        reason=evidence,
        after={"hold": reason},
    )
