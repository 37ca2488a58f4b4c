"""What holds for every run: exact sums, caps, budgets, order, and amounts that stay."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.award.award import Awards, award
from jiqun.engine.rules.award.candidates import Candidates, History, Verdict
from jiqun.engine.rules.award.received import cap_key, counted
from jiqun.engine.rules.award.terms import Relation, Scope, Terms
from tests.engine.award.instances import (
    random_candidates,
    random_history,
    random_terms,
    turned_out,
)

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=400, deadline=None)


def one_run(
    seed: int, *, unknown: float = 0.25
) -> tuple[Candidates, Terms, History | None, Awards]:
    rng = np.random.default_rng(seed)
    policies = int(rng.integers(1, 6))
    rows = random_candidates(rng, int(rng.integers(0, 12)), policies, unknown=unknown)
    terms = random_terms(rng, policies)
    past = random_history(rng, policies, unknown=unknown)
    return rows, terms, past, award(rows, terms, past)


@given(SEEDS)
@MANY
def test_a_final_amount_stays_whatever_the_undetermined_turn_out_to_be(seed: int) -> None:
    rows, terms, past, found = one_run(seed)
    rng = np.random.default_rng(seed + 1)
    final = found.known & (found.pending < 0)
    for _ in range(4):
        later = award(turned_out(rng, rows, found), terms, past)
        assert np.array_equal(later.fen[final], found.fen[final])
        assert later.known[final].all()
        settled = later.known & ~final
        assert (later.fen[settled] <= found.upper_fen[settled]).all()


@given(SEEDS)
@MANY
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    rows, terms, past, found = one_run(seed)
    mixed = np.random.default_rng(seed).permutation(len(rows))
    again = award(rows.take(mixed), terms, past)
    assert np.array_equal(again.fen, found.fen[mixed])
    assert np.array_equal(again.known, found.known[mixed])
    assert np.array_equal(again.deferred_fen, found.deferred_fen[mixed])
    named = np.append(mixed, -1)[again.pending]
    assert np.array_equal(named, found.pending[mixed])


@given(SEEDS)
@MANY
def test_caps_and_budgets_hold(seed: int) -> None:
    rows, terms, _, found = one_run(seed)
    for policy, one in enumerate(terms.policies):
        if one.award_cap_fen is not None:
            assert (found.fen[rows.policy == policy] <= one.award_cap_fen).all()
    for cap in terms.caps:
        counts = counted(cap, len(terms.policies))[rows.policy]
        keys = list(
            zip(
                *(key.tolist() for key in cap_key(cap, rows.firm, rows.subject, rows.year)),
                strict=True,
            )
        )
        for key in set(keys):
            inside = np.asarray([one == key for one in keys]) & counts
            limit = cap.limit_fen
            if cap.scope == Scope.SPEND:
                same = (rows.firm == key[0]) & (rows.subject == key[1]) & rows.spend_known
                limit = int(rows.spend_fen[same].max()) if same.any() else 0
            assert found.fen[inside].sum() <= limit
    for budget in terms.budgets:
        inside = (
            np.ones(len(rows), dtype=bool)
            if budget.policies is None
            else np.isin(rows.policy, budget.policies)
        )
        if budget.year is not None:
            inside &= rows.year == budget.year
        assert found.fen[inside].sum() <= budget.limit_fen


@given(SEEDS)
@MANY
def test_of_excluding_groups_at_most_one_is_paid(seed: int) -> None:
    rows, terms, _, found = one_run(seed)
    paid = found.known & (found.fen > 0)
    for group in terms.groups:
        if group.relation in {Relation.HIGHEST, Relation.EXCLUSIVE, Relation.ONCE}:
            inside = paid & np.isin(rows.policy, group.policies)
            matter = rows.subject if group.scope == Scope.SUBJECT else np.zeros(len(rows))
            keys = list(zip(rows.firm[inside].tolist(), matter[inside].tolist(), strict=True))
            assert len(keys) == len(set(keys))


@given(SEEDS)
@MANY
def test_no_fen_is_lost_or_created_between_two_rows_of_the_log(seed: int) -> None:
    rows, terms, _, found = one_run(seed)
    log = found.log
    matched = {one for g in terms.groups if g.relation == Relation.MATCH for one in g.policies}
    for row in range(len(rows)):
        steps = log.where(log.candidate == row)
        yes = rows.verdict[row] == Verdict.YES
        fen = int(rows.gross_fen[row]) if yes and rows.gross_known[row] else 0
        known = bool(yes and rows.gross_known[row])
        if not yes and rows.policy[row] not in matched:
            assert len(steps) >= 1
        for step in range(len(steps)):
            if steps.layer[step] == 0:  # the verdict itself: from nothing
                fen, known = int(steps.after_fen[step]), bool(steps.after_known[step])
                continue
            assert (int(steps.before_fen[step]), bool(steps.before_known[step])) == (fen, known)
            fen, known = int(steps.after_fen[step]), bool(steps.after_known[step])
        assert (fen, known) == (int(found.fen[row]), bool(found.known[row]))
    assert (found.fen[~found.known] == 0).all()
    assert (found.fen >= 0).all()
    assert (found.fen <= found.upper_fen).all()


@given(SEEDS)
@MANY
def test_undetermined_is_never_paid_and_never_refused_for_it(seed: int) -> None:
    rows, _, _, found = one_run(seed)
    undetermined = (rows.verdict == Verdict.MISSING) | (rows.verdict == Verdict.MANUAL)
    assert (found.fen[undetermined] == 0).all()
    # It may only be settled as nothing by something else than its own verdict.
    zero = np.flatnonzero(undetermined & found.known)
    log = found.log
    for row in zero:
        if found.upper_fen[row] == 0 and rows.gross_known[row] and rows.gross_fen[row] == 0:
            continue
        assert (
            log.other[log.candidate == row].max() >= 0
            or (log.reason[log.candidate == row] == 8).any()
        )
    out = (rows.verdict == Verdict.NO) | (rows.verdict == Verdict.OUT_OF_FORCE)
    assert found.known[out].all()
    assert (found.fen[out] == 0).all()
