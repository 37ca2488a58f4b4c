"""Single cases of every layer, with figures worked out by hand."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest

from jiqun.engine.rules.award.award import Awards, award
from jiqun.engine.rules.award.candidates import Verdict, candidates, history, no_history
from jiqun.engine.rules.award.log import NOBODY, REASONS, Layer, Reason
from jiqun.engine.rules.award.terms import (
    Budget,
    Cap,
    Group,
    Key,
    Policy,
    Rationing,
    Relation,
    Scope,
    Sharing,
    Terms,
    Tie,
)
from jiqun.errors import JiqunError
from tests.engine.award.instances import random_candidates

WAN = 10**6  # fen in ten thousand yuan


def plain(count: int, **more: object) -> Terms:
    return Terms(tuple(Policy() for _ in range(count)), **more)  # type: ignore[arg-type]


def reasons(found: Awards, row: int) -> list[Reason]:
    return [Reason(one) for one in found.log.reason[found.log.candidate == row]]


def test_the_worked_vector_of_amount_semantics() -> None:
    """A title 50 with 20 received; equipment 1200 × 10 %; interest 80 × 30 %; cap 120; budget 0.8."""
    terms = Terms(
        policies=(Policy(), Policy(), Policy(100 * WAN), Policy()),
        groups=(
            Group(Relation.TOPUP, (0, 1), Scope.FIRM),
            Group(Relation.EXCLUSIVE, (2, 3), Scope.FIRM),
        ),
        caps=(Cap(Scope.FIRM_YEAR, 120 * WAN),),
        budgets=(Budget(96 * WAN, rationing=Rationing.PRORATE, whole_yuan=True),),
    )
    given = candidates(
        [7, 7, 7], [1, 2, 3],
        gross_fen=[50 * WAN, 1200 * WAN // 10, 80 * WAN * 3 // 10], subject=[1, 2, 3],
        year=[2026] * 3,
    )  # fmt: skip
    past = history([7], [0], fen=[20 * WAN], subject=[1], year=[2024])
    found = award(given, terms, past)
    log = found.log
    step = {
        (int(layer), int(row)): int(after)
        for layer, row, after in zip(log.layer, log.candidate, log.after_fen, strict=True)
    }
    assert step[Layer.TOPUP, 0] == 30 * WAN
    assert step[Layer.AWARD_CAP, 1] == 100 * WAN
    assert step[Layer.EXCLUSIVE, 2] == 0
    assert step[Layer.CAP, 0] + step[Layer.CAP, 1] == 120 * WAN
    assert found.fen.sum() == 96 * WAN
    assert found.fen.tolist() == [22_153_800, 73_846_200, 0]  # 96 × 30/130 and × 100/130, in yuan
    assert found.known.all()
    assert not found.provisional.any()


def test_highest_is_provisional_while_a_larger_one_is_undetermined() -> None:
    terms = plain(3, groups=(Group(Relation.HIGHEST, (0, 1, 2), Scope.FIRM),))
    given = candidates(
        [1, 1, 1, 2, 2], [0, 1, 2, 0, 1], gross_fen=[100, 80, 120, 100, 90],
        verdict=[Verdict.YES, Verdict.YES, Verdict.MISSING, Verdict.YES, Verdict.MANUAL],
    )  # fmt: skip
    found = award(given, terms, no_history())
    assert found.fen.tolist() == [100, 0, 0, 100, 0]
    assert found.known.tolist() == [True, True, False, True, True]
    assert found.pending.tolist() == [2, NOBODY, NOBODY, NOBODY, NOBODY]
    assert reasons(found, 0) == [Reason.PROVISIONAL, Reason.HIGHEST]
    assert reasons(found, 4) == [Reason.VERDICT_MANUAL, Reason.LOST_TO_HIGHER]


def test_a_cap_of_the_undetermined_sibling_can_make_the_highest_final() -> None:
    groups = (Group(Relation.HIGHEST, (0, 1), Scope.FIRM),)
    given = candidates([1, 1], [0, 1], gross_fen=[100, 0], gross_known=[True, False])
    open_ended = award(given, Terms((Policy(), Policy()), groups), no_history())
    assert open_ended.pending.tolist() == [1, NOBODY]
    capped = award(given, Terms((Policy(), Policy(99)), groups), no_history())
    assert capped.pending.tolist() == [NOBODY, NOBODY]
    assert capped.known.all()


def test_the_firm_chooses_the_lower_one_or_waits_for_its_choice() -> None:
    terms = plain(2, groups=(Group(Relation.EXCLUSIVE, (0, 1)),))
    chosen = candidates([1, 1], [0, 1], gross_fen=[100, 24], chosen=[False, True])
    found = award(chosen, terms, no_history())
    assert found.fen.tolist() == [0, 24]
    assert reasons(found, 0) == [Reason.LOST_TO_CHOICE]
    assert reasons(found, 1) == [Reason.CHOSEN]
    waiting = candidates(
        [1, 1], [0, 1], gross_fen=[100, 24], chosen=[False, True],
        verdict=[Verdict.YES, Verdict.MISSING],
    )  # fmt: skip
    found = award(waiting, terms, no_history())
    assert not found.known.any()
    assert reasons(found, 0) == [Reason.AWAITS_CHOICE]


def test_two_matters_do_not_exclude_one_another_but_an_unknown_one_may() -> None:
    terms = plain(2, groups=(Group(Relation.HIGHEST, (0, 1)),))
    apart = candidates([1, 1], [0, 1], gross_fen=[100, 24], subject=[1, 2])
    assert award(apart, terms, no_history()).fen.tolist() == [100, 24]
    vague = candidates([1, 1], [0, 1], gross_fen=[100, 24], subject=[1, -1])
    found = award(vague, terms, no_history())
    assert found.known.tolist() == [True, False]
    assert found.pending.tolist() == [1, NOBODY]
    alone = candidates([1, 2], [0, 1], gross_fen=[100, 24], subject=[1, -1])
    assert award(alone, terms, no_history()).known.all()


def test_overlapping_groups_settle_the_largest_first() -> None:
    """100 excludes 80; 80 no longer excludes 60."""
    groups = (
        Group(Relation.HIGHEST, (0, 1), Scope.FIRM),
        Group(Relation.HIGHEST, (1, 2), Scope.FIRM),
    )
    given = candidates([1, 1, 1], [0, 1, 2], gross_fen=[100, 80, 60])
    for listed in (groups, groups[::-1]):
        found = award(given, plain(3, groups=listed), no_history())
        assert found.fen.tolist() == [100, 0, 60]


def test_titles_of_one_year_climb_the_ladder_together() -> None:
    terms = plain(3, groups=(Group(Relation.TOPUP, (0, 1, 2), Scope.FIRM),))
    given = candidates([1, 1, 1], [0, 1, 2], gross_fen=[20, 50, 100])
    assert award(given, terms, no_history()).fen.tolist() == [20, 30, 50]
    past = history([1], [0], fen=[20])
    assert award(given, terms, past).fen.tolist() == [0, 30, 50]
    more = history([1], [2], fen=[70])
    assert award(given, terms, more).fen.tolist() == [0, 0, 30]
    assert not award(given, terms, None).known.any()
    again = award(given, terms, history([1, 1, 1], [0, 1, 2], fen=[20, 30, 50]))
    assert again.fen.tolist() == [0, 0, 0]


def test_matching_needs_proof_of_receipt() -> None:
    terms = Terms((Policy(100 * WAN),), (Group(Relation.MATCH, (0,), factor=Fraction(1, 2)),))
    given = candidates(
        [1, 2, 3], [0, 0, 0], gross_fen=[0, 0, 0], gross_known=[False] * 3,
        upper_fen=[150 * WAN + 1, 300 * WAN, 80 * WAN], upper_proof=[True, True, False],
    )  # fmt: skip
    found = award(given, terms, no_history())
    assert found.fen.tolist() == [75 * WAN, 100 * WAN, 0]
    assert found.known.tolist() == [True, True, False]
    assert reasons(found, 2) == [Reason.NO_PROOF]


def test_once_is_once() -> None:
    terms = plain(2, groups=(Group(Relation.ONCE, (0, 1), Scope.FIRM),))
    given = candidates([1, 1, 2, 3], [0, 1, 0, 0], gross_fen=[30, 40, 30, 30], order=[9, 5, 1, 1])
    found = award(given, terms, history([2], [1], fen=[10]))
    assert found.fen.tolist() == [0, 40, 0, 30]
    assert reasons(found, 0) == [Reason.ONCE_EARLIER]
    assert reasons(found, 2) == [Reason.ONCE_USED]
    assert not award(given, terms, None).known.any()
    unsure = history([2], [1], fen=[0], known=[False])
    assert award(given, terms, unsure).known.tolist() == [True, True, False, True]


def test_stacking_is_noted_and_changes_nothing() -> None:
    terms = plain(2, groups=(Group(Relation.STACK, (0, 1)),))
    found = award(candidates([1, 1], [0, 1], gross_fen=[5, 6]), terms, no_history())
    assert found.fen.tolist() == [5, 6]
    assert reasons(found, 0) == reasons(found, 1) == [Reason.STACKED]


def test_spend_is_a_limit_and_unknown_spend_is_unknown() -> None:
    terms = plain(2, caps=(Cap(Scope.SPEND),))
    given = candidates(
        [1, 1, 2], [0, 1, 0], gross_fen=[60, 60, 60], spend_fen=[90, 90, 0],
        spend_known=[True, True, False],
    )  # fmt: skip
    found = award(given, terms, no_history())
    assert found.fen.tolist() == [45, 45, 0]
    assert found.known.tolist() == [True, True, False]
    assert reasons(found, 2) == [Reason.SPEND_UNKNOWN]
    earlier = award(given, terms, history([1], [1], fen=[40]))
    assert earlier.fen[:2].sum() == 50


def test_a_cap_counts_earlier_awards_of_its_year_only() -> None:
    given = candidates([1, 1], [0, 1], gross_fen=[60, 60], year=[2026, 2026], order=[2, 1])
    past = history([1, 1], [0, 0], fen=[30, 500], year=[2026, 2025])
    cap = Cap(Scope.FIRM_YEAR, 100, sharing=Sharing.IN_ORDER)
    found = award(given, plain(2, caps=(cap,)), past)
    assert found.fen.tolist() == [10, 60]
    assert found.log.other[found.log.candidate == 0].tolist() == [1]
    assert not award(given, plain(2, caps=(cap,)), None).known.any()


FOUR = candidates(
    [1, 2, 3, 4], [0] * 4, gross_fen=[40, 40, 40, 40], order=[1, 2, 3, 4],
    score=[60.0, 90.0, 80.0, 70.0],
)  # fmt: skip


@pytest.mark.parametrize(
    ("rationing", "partial", "paid", "deferred"),
    [
        (Rationing.FIRST_COME, True, [40, 40, 20, 0], [0, 0, 0, 0]),
        (Rationing.FIRST_COME, False, [40, 40, 0, 0], [0, 0, 0, 0]),
        (Rationing.QUEUE_NEXT_YEAR, True, [40, 40, 20, 0], [0, 0, 20, 40]),
        (Rationing.PRIORITY_RANK, True, [0, 40, 40, 20], [0, 0, 0, 0]),
        (Rationing.PRORATE, True, [25, 25, 25, 25], [0, 0, 0, 0]),
    ],
)
def test_a_budget_that_runs_out_in_mid_batch(
    *, rationing: Rationing, partial: bool, paid: list[int], deferred: list[int]
) -> None:
    budget = Budget(100, rationing=rationing, partial=partial)
    found = award(FOUR, plain(1, budgets=(budget,)), no_history())
    assert found.fen.tolist() == paid
    assert found.deferred_fen.tolist() == deferred


def test_a_line_without_partial_payment_lets_nobody_overtake() -> None:
    given = candidates([1, 2, 3], [0] * 3, gross_fen=[60, 60, 10], order=[1, 2, 3])
    budget = Budget(100, partial=False)
    assert award(given, plain(1, budgets=(budget,)), no_history()).fen.tolist() == [60, 0, 0]


def test_equal_candidates_at_the_cut_are_held_shared_or_told_apart() -> None:
    given = candidates(
        [1, 2, 3, 4], [0] * 4, gross_fen=[40, 40, 40, 40], order=[1, 2, 2, 3],
        score=[1.0, 1.0, 2.0, 9.0],
    )  # fmt: skip
    held = award(given, plain(1, budgets=(Budget(61),)), no_history())
    assert held.known.tolist() == [True, False, False, True]
    assert held.fen.tolist() == [40, 0, 0, 0]
    assert reasons(held, 1) == [Reason.TIE_OPEN]
    shared = award(given, plain(1, budgets=(Budget(61, tie=Tie.SHARE),)), no_history())
    assert shared.fen.tolist() == [40, 11, 10, 0]
    scored = award(given, plain(1, budgets=(Budget(61, keys=(Key.SCORE,)),)), no_history())
    assert scored.fen.tolist() == [40, 0, 21, 0]


def test_a_missing_moment_leaves_open_only_where_the_budget_is_short() -> None:
    given = candidates([1, 2], [0, 0], gross_fen=[40, 40], order=[3, -(2**63)])
    enough = award(given, plain(1, budgets=(Budget(80),)), no_history())
    assert enough.fen.tolist() == [40, 40]
    assert not enough.provisional.any()
    short = award(given, plain(1, budgets=(Budget(79),)), no_history())
    assert short.known.tolist() == [True, False]
    assert short.pending.tolist() == [1, NOBODY]
    assert reasons(short, 1) == [Reason.RANK_UNKNOWN]


def test_everything_wrong_is_said_at_once() -> None:
    given = candidates([1, 1, 2], [0, 0, 9], gross_fen=[5, 5, -1], verdict=[1, 1, 7])
    with pytest.raises(JiqunError) as caught:
        award(given, plain(1), no_history())
    assert caught.value.code == "E-AWARD-INPUT"
    assert {one.code for one in caught.value.fields} == {
        "E-AWARD-POLICY", "E-AWARD-VERDICT", "E-AWARD-AMOUNT", "E-AWARD-TWICE",
    }  # fmt: skip
    spends = candidates(
        [1, 1], [0, 0], gross_fen=[5, 5], order=[1, 2], spend_fen=[7, 8], spend_known=[True, True]
    )
    with pytest.raises(JiqunError, match="E-AWARD-INPUT") as caught:
        award(spends, plain(1), no_history())
    assert [one.code for one in caught.value.fields] == ["E-AWARD-SPEND"]
    short = candidates([1, 1], [0, 0], gross_fen=[5])
    with pytest.raises(JiqunError) as caught:
        award(short, plain(1), no_history())
    assert {one.code for one in caught.value.fields} == {"E-AWARD-SHAPE"}


def test_terms_that_contradict_themselves_are_refused() -> None:
    terms = Terms(
        (Policy(-1), Policy()),
        groups=(
            Group(Relation.MATCH, (0,)),
            Group(Relation.TOPUP, (0, 5)),
            Group(Relation.TOPUP, (0, 1)),
            Group(Relation.HIGHEST, (1, 1), Scope.POLICY),
        ),
        caps=(Cap(Scope.FIRM), Cap(Scope.SPEND, 5)),
        budgets=(Budget(-1),),
    )
    with pytest.raises(JiqunError) as caught:
        award(candidates([], [], gross_fen=[]), terms, no_history())
    assert len(caught.value.fields) == 9


def test_nothing_comes_of_nothing() -> None:
    found = award(candidates([], [], gross_fen=[]), plain(2, budgets=(Budget(0),)), None)
    assert len(found.fen) == len(found.log) == 0


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(REASONS) == set(Reason)
    assert all(zh and en for zh, en in REASONS.values())


@pytest.mark.slow
def test_a_hundred_thousand_candidates_take_less_than_a_second_of_processor_time() -> None:
    rng = np.random.default_rng(5)
    count, policies = 100_000, 60
    given = random_candidates(rng, 10, policies, unknown=0.0)  # shapes only
    given = candidates(
        rng.integers(0, 40_000, count), rng.integers(0, policies, count),
        gross_fen=rng.integers(1, 10**8, count), subject=rng.integers(0, 3, count),
        order=np.arange(count), year=np.full(count, 2026), score=rng.random(count),
        verdict=rng.choice([0, 1, 1, 1, 1, 1, 2], count), spend_fen=np.full(count, 10**8),
        spend_known=np.ones(count),
    )  # fmt: skip
    groups = tuple(
        Group(relation, tuple(range(first, first + 4)))
        for relation, firsts in (
            (Relation.HIGHEST, (0, 4, 8, 12)), (Relation.EXCLUSIVE, (16, 20, 24)),
            (Relation.TOPUP, (28, 32)), (Relation.ONCE, (36, 40)), (Relation.STACK, (44,)),
        )
        for first in firsts
    )  # fmt: skip
    terms = Terms(
        tuple(Policy(8 * 10**7) for _ in range(policies)),
        groups,
        caps=(Cap(Scope.SPEND), Cap(Scope.FIRM_YEAR, 10**8)),
        budgets=tuple(
            Budget(3 * 10**10, (one,), Rationing(one % 4), whole_yuan=True)
            for one in range(policies)
        ),
    )
    begin = time.process_time()
    found = award(given, terms, no_history())
    seconds = time.process_time() - begin
    assert len(found.log) > count / 2
    assert seconds < 1.0
