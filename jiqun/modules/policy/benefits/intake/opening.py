"""Makes the rows of a batch from checked candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jiqun.core.access import Viewer
from jiqun.modules.policy.benefits.intake.candidates import Checked
from jiqun.modules.policy.machine import Event, State
from jiqun.modules.policy.models import Batch, Case, Hold, Step

Account = tuple[str, str, str]
SYSTEM_NOTE = "系统检查"


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of a batch: silence, and the two terms in working days."""

    on_silence: str = "wait"
    answer_days: int = 5
    publicity_days: int = 5


def make_cases(
    viewer: Viewer, batch: Batch, taken: Sequence[Checked], accounts: Mapping[str, Account]
) -> list[Case]:
    """Make a case of each checked candidate, with its holds and first steps; return them in order."""
    first = batch.cases.count() + 1  # pyright: ignore[reportAttributeAccessIssue]
    made = Case.objects.bulk_create(
        _case(viewer, batch, one, number, accounts.get(one.candidate.firm, ("", "", "")))
        for number, one in enumerate(taken, start=first)
    )
    Step.objects.bulk_create(
        step for case, one in zip(made, taken, strict=True) for step in _steps(viewer, case, one)
    )
    Hold.objects.bulk_create(
        Hold(case=case, reason=reason, evidence=evidence, made_by_id=viewer.user_id)
        for case, one in zip(made, taken, strict=True)
        for reason, evidence in one.holds
    )
    return made


def _case(viewer: Viewer, batch: Batch, one: Checked, number: int, known: Account) -> Case:
    said = one.candidate
    payee, bank, account = (said.payee, said.bank, said.account) if said.account else known
    return Case(
        key=f"{batch.key}-{number:05d}", batch=batch, item=one.item, place=batch.place, firm=said.firm,
        firm_name=one.name[:120], policy=said.policy, subject=said.subject[:120],
        amount_fen=said.amount_fen, instalments=list(said.instalments) or [said.amount_fen],
        trace={**dict(said.trace), "run": said.run, "snapshot": said.snapshot, "version": said.version},
        state=State.PENDING_DATA if one.missing else State.DEPARTMENT, held=bool(one.holds),
        payee=payee, bank=bank, account=account, made_by_id=viewer.user_id,
    )  # fmt: skip


def _steps(viewer: Viewer, case: Case, one: Checked) -> list[Step]:
    event = Event.LACK if one.missing else Event.PASS
    note = f"缺少：{'、'.join(one.missing)}" if one.missing else SYSTEM_NOTE
    common: dict[str, Any] = {
        "case": case, "by_id": viewer.user_id, "office": viewer.organisation[:200],
    }  # fmt: skip
    return [
        Step(event="open", after=State.CANDIDATE, **common),
        Step(event=event, before=State.CANDIDATE, after=case.state, note=note, **common),
    ]
