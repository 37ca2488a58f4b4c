"""The one function that moves a case, and the record of each step."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.core.audit import record
from jiqun.modules.policy.machine import Event, State, after, held_up
from jiqun.modules.policy.models import Case, Step


def case_target(case: Case) -> str:
    """Return the chain of the log that a case belongs to."""
    return f"case:{case.key}"


def move(viewer: Viewer, case: Case, event: Event, *, note: str = "", verb: str = "") -> Case:
    """Take a locked case one step further and write the step down.

    Args:
        viewer: Who does it.
        case: A row that the transaction has locked; fields that the caller changed are saved too.
        event: The step.
        note: Why, or what was found, in the person's words.
        verb: The verb's name for the audit log; empty where the verb writes an entry of its own.

    Raises:
        JiqunError: ``E-POLICY-STATE``, ``E-POLICY-HELD``.
    """
    held_up(event, held=case.held)
    before = State(case.state)
    case.state = after(before, event, paid=case.paid_fen > 0)
    case.save()
    Step.objects.create(
        case=case, event=event, before=before, after=case.state, by_id=viewer.user_id,
        office=viewer.organisation[:200], note=note,
    )  # fmt: skip
    if verb:
        record(
            viewer, verb, target=case_target(case), reason=note,
            before={"state": before}, after={"state": case.state, "event": event},
        )  # fmt: skip
    return case
