"""Small random runs of the award layers, and the ways in which their unknowns may turn out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from jiqun.engine.rules.award.award import Awards
from jiqun.engine.rules.award.candidates import (
    UNKNOWN_ORDER,
    UNKNOWN_SUBJECT,
    Candidates,
    History,
    Verdict,
    candidates,
    history,
    identity,
    no_history,
    same_as_before,
)
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

Generator = np.random.Generator


def random_candidates(rng: Generator, count: int, policies: int, *, unknown: float) -> Candidates:
    """Candidates with equal amounts, equal moments and gaps; duplicates are dropped."""

    def gap() -> np.ndarray:
        return rng.random(count) < unknown

    undetermined = rng.choice([Verdict.MISSING, Verdict.MANUAL], count)
    settled = rng.choice([Verdict.YES] * 6 + [Verdict.NO, Verdict.OUT_OF_FORCE], count)
    firm, subject = rng.integers(0, 3, count), rng.integers(0, 2, count)
    made = candidates(
        firm,
        rng.integers(0, policies, count),
        gross_fen=rng.integers(0, 12, count) * 50 + rng.integers(0, 2, count) * 7,
        subject=np.where(gap() & gap(), UNKNOWN_SUBJECT, subject),
        verdict=np.where(gap(), undetermined, settled),
        gross_known=~(gap() & gap()),
        order=np.where(gap() & gap(), UNKNOWN_ORDER, rng.integers(0, 5, count)),
        year=rng.integers(2024, 2026, count),
        score=np.where(gap() & gap(), np.nan, rng.integers(0, 4, count)),
        chosen=rng.random(count) < 0.15,
        upper_fen=rng.integers(0, 9, count) * 100,
        upper_proof=~gap(),
        spend_fen=(firm * 7 + np.maximum(subject, 0) * 3 + 1) * 60,
        spend_known=~gap(),
    )
    made = replace(made, spend_known=made.spend_known & (made.subject != UNKNOWN_SUBJECT))
    rows = identity(made)
    one = made.take(rows)
    keep = ~same_as_before(one.firm, one.policy, one.subject, one.year, one.order)
    return made.take(np.sort(rows[keep]))


def random_history(rng: Generator, policies: int, *, unknown: float) -> History | None:
    """Earlier awards; now and then nothing is known about them at all."""
    if rng.random() < unknown / 3:
        return None
    if rng.random() < 0.3:
        return no_history()
    count = int(rng.integers(0, 5))
    return history(
        rng.integers(0, 3, count),
        rng.integers(0, policies, count),
        fen=rng.integers(0, 5, count) * 60,
        subject=np.where(
            rng.random(count) < unknown / 3, UNKNOWN_SUBJECT, rng.integers(0, 2, count)
        ),
        year=rng.integers(2023, 2026, count),
        known=rng.random(count) >= unknown / 2,
    )


def random_terms(rng: Generator, policies: int) -> Terms:
    """Groups, caps and budgets, drawn from all kinds."""
    several = list(range(policies))
    groups: list[Group] = []
    for relation in Relation:
        rng.shuffle(several)
        size = int(rng.integers(1, policies + 1))
        if rng.random() < 0.45:
            factor = Fraction(int(rng.integers(1, 4)), 2) if relation == Relation.MATCH else None
            scope = Scope(int(rng.integers(0, 2)))
            chosen = several[: min(size, 2)] if relation == Relation.MATCH else several[:size]
            groups.append(Group(relation, tuple(chosen), scope, factor))
            overlaps = relation in {Relation.HIGHEST, Relation.EXCLUSIVE}
            if overlaps and rng.random() < 0.5:
                rng.shuffle(several)
                groups.append(Group(relation, tuple(several[:2]), scope))
    return Terms(
        policies=tuple(
            Policy(int(rng.integers(1, 12)) * 45 if rng.random() < 0.3 else None) for _ in several
        ),
        groups=tuple(groups),
        caps=tuple(_cap(rng, policies) for _ in range(int(rng.integers(0, 3)))),
        budgets=tuple(_budget(rng, policies) for _ in range(int(rng.integers(0, 3)))),
    )


def _some(rng: Generator, policies: int) -> tuple[int, ...] | None:
    if rng.random() < 0.4:
        return None
    size = int(rng.integers(1, policies + 1))
    return tuple(int(one) for one in rng.choice(policies, size, replace=False))


def _cap(rng: Generator, policies: int) -> Cap:
    scope = Scope(int(rng.integers(0, 5)))
    limit = None if scope == Scope.SPEND else int(rng.integers(1, 20)) * 55
    return Cap(scope, limit, _some(rng, policies), Sharing(int(rng.integers(0, 2))))


def _budget(rng: Generator, policies: int) -> Budget:
    keys = [(), (Key.ORDER,), (Key.SCORE,), (Key.SMALLER,)][int(rng.integers(0, 4))]
    return Budget(
        int(rng.integers(0, 25)) * 61,
        _some(rng, policies),
        Rationing(int(rng.integers(0, 4))),
        None if rng.random() < 0.6 else 2025,
        keys,
        Tie(int(rng.integers(0, 2))),
        bool(rng.random() < 0.7),
        bool(rng.random() < 0.5),
    )


def turned_out(rng: Generator, given: Candidates, found: Awards) -> Candidates:
    """One way in which undetermined verdicts, unknown amounts and missing proofs may turn out."""
    count = len(given)
    open_verdict = (given.verdict == Verdict.MISSING) | (given.verdict == Verdict.MANUAL)
    answers = rng.choice([Verdict.YES, Verdict.NO], count).astype(np.int8)
    top = np.where(found.upper_fen > 10**6, 900, np.maximum(found.upper_fen, 1))
    drawn = rng.integers(0, np.maximum(top, 600) + 1)
    return replace(
        given,
        verdict=np.where(open_verdict, answers, given.verdict).astype(np.int8),
        gross_fen=np.where(given.gross_known, given.gross_fen, drawn),
        gross_known=np.ones(count, dtype=np.bool_),
        upper_fen=np.where(given.upper_proof, given.upper_fen, rng.integers(0, 600, count)),
        upper_proof=np.ones(count, dtype=np.bool_),
    )
