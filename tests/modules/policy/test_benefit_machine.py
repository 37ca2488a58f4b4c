"""The table of states, by itself and by a machine that tries every verb as every person in any order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from jiqun.core import factstore
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.firm.actions import answer_case
from jiqun.modules.policy.benefits.holds.actions import hold_case, lift_hold
from jiqun.modules.policy.benefits.ledger.actions import books
from jiqun.modules.policy.benefits.ledger.verify import verify
from jiqun.modules.policy.benefits.office import actions as office
from jiqun.modules.policy.benefits.paying import actions as paying
from jiqun.modules.policy.benefits.recovery import actions as recovery
from jiqun.modules.policy.machine import (
    APPROVED,
    DESPITE_HOLD,
    ENDED,
    HOLDERS,
    REASONS,
    STATES,
    TABLE,
    UNPAID,
    Event,
    State,
    after,
)
from jiqun.modules.policy.models import Batch, Case, Hold, Payment, PaymentFile, Step
from tests.modules.policy.town import FIRMS, PEOPLE, Town, account, build
from tests.nightly import NIGHTLY

# ---- the table ----------------------------------------------------------------------------------


def _paths(
    state: State, events: tuple[Event, ...], seen: frozenset[State]
) -> list[tuple[Event, ...]]:
    """Every way from a state that visits no state twice."""
    found = [events]
    for (source, event), target in TABLE.items():
        if source == state and target not in seen:
            found += _paths(target, (*events, event), seen | {target})
    return found


def test_every_state_has_a_name_and_a_holder_and_can_be_reached_and_left() -> None:
    assert set(STATES) == set(State)
    assert {one.holder for one in STATES.values()} <= set(HOLDERS)
    reached = {State.CANDIDATE} | set(TABLE.values())
    assert reached == set(State)
    leaving = {state for state, _ in TABLE}
    assert set(State) - leaving == {State.RECOVERED, State.WAIVED, State.REJECTED}
    assert {state for state, one in STATES.items() if one.holder == "nobody"} == ENDED


def test_no_way_to_the_money_leaves_out_an_approval() -> None:
    paid = [
        path for path in _paths(State.CANDIDATE, (), frozenset({State.CANDIDATE}))
        if Event.SEND in path
    ]  # fmt: skip
    assert len(paid) > 5
    order = [Event.CONFIRM, Event.PUBLISH, Event.CLOSE, Event.APPROVE, Event.SEND]
    for path in paid:
        assert [one for one in path if one in order][: len(order)] == order, path
        assert {Event.ACCEPT, Event.LAPSE} & set(path), path


def test_every_way_into_the_bank_comes_from_an_approval() -> None:
    assert [source for (source, event) in TABLE if event is Event.SEND] == [State.APPROVED]
    into = {
        (source, event) for (source, event), target in TABLE.items() if target is State.APPROVED
    }
    assert {event for _, event in into} == {Event.APPROVE}
    assert [key for key, target in TABLE.items() if target is State.SENT] == [
        (State.APPROVED, Event.SEND)
    ]


def test_what_is_on_hold_gets_no_nearer_to_the_money() -> None:
    towards = {Event.PASS, Event.CONFIRM, Event.ACCEPT, Event.LAPSE, Event.PUBLISH, Event.CLOSE, Event.APPROVE,
               Event.SEND, Event.CORRECT, Event.MILESTONE}  # fmt: skip
    assert not towards & DESPITE_HOLD


def test_who_gives_up_the_rest_has_been_paid_all_the_same() -> None:
    assert after(State.FINANCE, Event.WAIVE, paid=True) is State.PAID
    assert after(State.FINANCE, Event.WAIVE) is State.WAIVED
    assert frozenset() == UNPAID & APPROVED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    if (state, event) in TABLE:
        assert after(state, event) is TABLE[state, event]
    else:
        with pytest.raises(JiqunError, match="E-POLICY-STATE"):
            after(state, event)


# ---- any verb, by anybody, in any order ---------------------------------------------------------

WHO = st.sampled_from([*PEOPLE, *FIRMS])
LETTERS = st.sampled_from(["成功", "退回", "处理中"])


class Counter(RuleBasedStateMachine):
    """One example: a town with one batch; people try everything; nothing may go wrong."""

    town_of: ClassVar[Callable[[], Town]]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.town = type(self).town_of()
        self.town.fund(500_000)  # less than the three together
        self.batch: Batch = self.town.open(
            *(self.town.candidate(firm, instalments=parts) for firm, parts in
              zip(FIRMS, ((), (18_000_000, 12_000_000), ()), strict=True))
        )  # fmt: skip
        self.done = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _try(self, verb: Callable[..., Any], who: str, **given: Any) -> Any:
        try:
            with transaction.atomic():
                result = verb(viewer=self.town.viewer(who), **given)
        except JiqunError as error:
            if error.status not in {403, 409, 422}:
                raise
            return None
        self.done += 1
        return result

    def _case(self, data: st.DataObject) -> Case:
        return data.draw(st.sampled_from(list(Case.objects.all())))

    @rule(
        who=WHO,
        verb=st.sampled_from(["confirm_cases", "publish_cases", "close_publicity", "lapse_cases"]),
    )
    def bureau(self, who: str, verb: str) -> None:
        self._try(getattr(office, verb), who, batch=self.batch)

    @rule(data=st.data(), who=WHO, answer=st.sampled_from(["accept", "accept", "correct", "waive"]))
    def firm(self, data: st.DataObject, who: str, answer: str) -> None:
        case = self._case(data)
        self._try(
            answer_case,
            data.draw(st.sampled_from([who, case.firm])),
            case=case,
            answer=answer,
            bank=account(case),
        )

    @rule(data=st.data(), who=WHO,
          verb=st.sampled_from(["object_case", "release_instalment", "reject_case"]))  # fmt: skip
    def one_case(self, data: st.DataObject, who: str, verb: str) -> None:
        self._try(getattr(office, verb), who, case=self._case(data), words="核实情况记录")

    @rule(data=st.data(), who=WHO, upheld=st.booleans())
    def settle(self, data: st.DataObject, who: str, upheld: bool) -> None:  # noqa: FBT001
        self._try(
            office.settle_objection, who, case=self._case(data), upheld=upheld, words="核实情况记录"
        )

    @rule(data=st.data(), who=WHO, reason=st.sampled_from(sorted(REASONS)))
    def hold(self, data: st.DataObject, who: str, reason: str) -> None:
        self._try(hold_case, who, case=self._case(data), reason=reason, evidence="有关文书")

    @rule(who=WHO)
    def lift(self, who: str) -> None:
        for held in Hold.objects.filter(lifted_at__isnull=True)[:1]:
            self._try(lift_hold, who, held=held, words="情况已消除")

    @rule(who=WHO)
    def approve(self, who: str) -> None:
        self._try(paying.approve_cases, who, batch=self.batch)

    @rule(who=WHO, key=st.sampled_from(["", "k1", "k2"]))
    def export(self, who: str, key: str) -> None:
        self._try(paying.export_payments, who, batch=self.batch, key=key)

    @rule(data=st.data(), who=WHO, said=st.lists(LETTERS, min_size=3, max_size=3))
    def answer(self, data: st.DataObject, who: str, said: list[str]) -> None:
        files = list(PaymentFile.objects.all())
        if not files:
            return
        file = data.draw(st.sampled_from(files))
        lines = ["付款编号,金额（元）,结果"]
        for payment, word in zip(file.payments.all(), said, strict=False):
            lines.append(
                f"{payment.key},{payment.amount_fen // 100}.{payment.amount_fen % 100:02d},{word}"
            )
        self._try(paying.reconcile, who, file=file, name="回单", content="\n".join(lines).encode())

    @rule(data=st.data(), who=WHO, fen=st.sampled_from([1, 12_000_000, 30_000_000]))
    def claim(self, data: st.DataObject, who: str, fen: int) -> None:
        self._try(
            recovery.claim_back, who, case=self._case(data), amount_fen=fen, words="应当退回资金"
        )

    @rule(data=st.data(), who=WHO, fen=st.sampled_from([1, 12_000_000]))
    def pay_back(self, data: st.DataObject, who: str, fen: int) -> None:
        self._try(
            recovery.note_recovered, who, case=self._case(data), amount_fen=fen, document="进账单"
        )

    @initialize(steps=st.integers(0, 8))
    def somewhere_on_the_way(self, steps: int) -> None:
        """Start the example at any stage."""
        self._usual(steps)

    @rule(steps=st.integers(1, 4))
    def the_usual_way(self, steps: int) -> None:
        """What the right people would do next, so that the machine gets to the money."""
        self._usual(steps)

    def _usual(self, steps: int) -> None:
        for _ in range(steps):
            self.town.days_go_by(self.batch, 1)
            for case in Case.objects.filter(state="firm", held=False):
                self._try(answer_case, case.firm, case=case, answer="accept", bank=account(case))
            for verb, who in (
                (office.confirm_cases, "confirmer"), (office.publish_cases, "maker"), (office.close_publicity, "maker"),
                (paying.export_payments, "payer"), (paying.approve_cases, "approver"),
            ):  # fmt: skip
                if self._try(verb, who, batch=self.batch) is not None:
                    break

    @rule(days=st.integers(1, 20))
    def days_go_by(self, days: int) -> None:
        self.town.days_go_by(self.batch, days)

    @invariant()
    def nothing_is_paid_twice_or_without_both_approvals(self) -> None:
        for case in Case.objects.prefetch_related("payments", "steps"):
            for number in range(1, len(case.instalments) + 1):
                paid = [
                    one
                    for one in case.payments.all()
                    if one.instalment == number and one.state == "paid"
                ]
                live = [
                    one
                    for one in case.payments.all()
                    if one.instalment == number and one.state != "returned"
                ]
                assert len(paid) <= 1
                assert len(live) <= 1
            assert case.paid_fen == sum(
                p.amount_fen for p in case.payments.all() if p.state == "paid"
            )
            assert case.paid_fen <= case.amount_fen
            if case.payments.all():
                assert {"confirm", "approve", "close_publicity"} <= {
                    one.event for one in case.steps.all()
                }
        for one in Payment.objects.all():
            assert (
                len({one.made_by_id, one.confirmed_by_id, one.approved_by_id, one.paid_by_id}) == 4
            )

    @invariant()
    def the_ledger_adds_up(self) -> None:
        found = verify(books())
        assert found.sound, found.breaks
        balance = self.town_balances()
        reserved = sum(
            one.due_fen for one in Case.objects.all()
            if one.state in {State.APPROVED, State.RETURNED, State.RECHECK}
        )  # fmt: skip
        assert balance["reserved"] == reserved
        assert balance["transit"] == sum(p.amount_fen for p in Payment.objects.filter(state="sent"))
        assert all(fen >= 0 for kind, fen in balance.items() if kind != "treasury")

    def town_balances(self) -> dict[str, int]:
        accounts = {one.pk: one.kind for one in self.town.pool.accounts.all()}
        return {accounts[pk]: fen for pk, fen in verify(books(self.town.pool)).balances.items()}

    @invariant()
    def every_case_has_ended_or_somebody_has_it(self) -> None:
        for case in Case.objects.all():
            about = STATES[State(case.state)]
            assert (about.holder == "nobody") == case.ended
            assert case.held == Hold.objects.filter(case=case, lifted_at__isnull=True).exists()
            last = Step.objects.filter(case=case).last()
            assert last is not None
            assert last.after == case.state


@pytest.mark.slow
@pytest.mark.django_db
def test_whatever_people_do_money_is_safe(tmp_path: Path, settings: Settings) -> None:
    settings.STORE = tmp_path / "store"
    town = build(factstore.store())
    done: list[int] = []
    sent: list[int] = []

    class Here(Counter):
        town_of = staticmethod(lambda: town)

        def teardown(self) -> None:
            done.append(self.done)
            sent.append(Payment.objects.count())
            super().teardown()

    explore(Here, examples=60 if NIGHTLY else 7, steps=60 if NIGHTLY else 30)
    assert sum(done) > 40
    assert sum(sent) > 2, "the machine never got to a payment"


def explore(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    made = settings(
        max_examples=examples, stateful_step_count=steps, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(cast(Any, machine), settings=made)
