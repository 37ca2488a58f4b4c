"""Amounts in fen, exactly, for those entitled; unknown wherever the base or a tier is unknown.

A rate is taken by split floor, ``(b // q) · p + (b % q) · p // q``, which needs no wider integers.
A cap never stands in for an unknown base.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.document.policy import Rounding
from jiqun.engine.rules.evaluation import forms
from jiqun.engine.rules.evaluation.columns import Bits, Integers, Table, Truth, places
from jiqun.engine.rules.evaluation.planes import Planes
from jiqun.engine.rules.program.program import Plan, Program, Step

# Why an amount is unknown.
KNOWN, NO_BASE, NO_TIER, TOO_LARGE = 0, 1, 2, 3
AMOUNT_STATES = {
    KNOWN: ("已算出", "known"),
    NO_BASE: ("基数未知", "the base is unknown"),
    NO_TIER: ("所属档次未定", "the tier is undecided"),
    TOO_LARGE: ("数值超出可计算范围", "the figure is too large to be meant"),
}
LARGEST_FEN = 10**17  # 1,000 trillion yuan


@dataclass(frozen=True, slots=True)
class Awards:
    """Amounts of all entitled pairs, policy after policy.

    Policy p has the entries ``starts[p] … starts[p+1]``: ``subjects`` ascending, ``fen``, and
    ``state`` (0 known, else why not; then fen is 0).
    """

    starts: Integers
    subjects: Integers
    fen: Integers
    state: npt.NDArray[np.int8]

    def of(self, policy: int) -> tuple[Integers, Integers, npt.NDArray[np.int8]]:
        """Return subjects, fen and states of a policy."""
        part = slice(int(self.starts[policy]), int(self.starts[policy + 1]))
        return self.subjects[part], self.fen[part], self.state[part]

    def dense(self, policy: int, n: int) -> tuple[Integers, Truth]:
        """Return amounts and whether each is known, shape (n,)."""
        amounts, known = np.zeros(n, np.int64), np.zeros(n, np.bool_)
        subjects, fen, state = self.of(policy)
        amounts[subjects], known[subjects] = fen, state == KNOWN
        return amounts, known


@dataclass(slots=True)
class Rows:
    """Chosen rows of one policy while its amount is reckoned."""

    table: Table
    planes: Planes
    rows: Integers
    base: Integers | None = None
    fen: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    state: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))


def awards_of(program: Program, planes: Planes, *, table: Table, yes: Bits) -> Awards:
    """Reckon the amount of every policy for those in its plane ``yes``, shape (policies, words)."""
    starts, parts = [0], []
    for policy, rule in enumerate(program.rules):
        rows = places(yes[policy], table.n) if rule.plan else np.zeros(0, np.int64)
        fen, state = amounts_at(rule.plan, planes, table=table, rows=rows)
        parts.append((rows, fen, state))
        starts.append(starts[-1] + len(rows))
    return Awards(
        np.array(starts, np.int64),
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def amounts_at(
    plan: Plan | None, planes: Planes, *, table: Table, rows: Integers
) -> tuple[Integers, npt.NDArray[np.int8]]:
    """Reckon a plan for some rows, whatever their verdict; fen and states, shape (rows,)."""
    work = Rows(table, planes, rows, fen=np.zeros(len(rows), np.int64),
                 state=np.zeros(len(rows), np.int8))  # fmt: skip
    if plan is None or not len(rows):
        return work.fen, work.state
    known = base_of(plan, work)
    if plan.slices:
        work.state[~known] = NO_BASE
        _marginal(plan, work)
    else:
        _tiers(plan, work, known)
    _limits(plan, work)
    return work.fen, work.state


def base_of(plan: Plan, work: Rows) -> Truth:
    """Reckon the base where it is known; return where that is."""
    known = np.ones(len(work.rows), np.bool_)
    if plan.base is None:
        return known
    if any(column not in work.table.columns for column in plan.base.columns):
        work.base = np.zeros(len(work.rows), np.int64)
        return ~known
    for column in plan.base.columns:
        mask = work.table.columns[column].known
        known &= True if mask is None else mask[work.rows]
    if forms.fits(plan.base, work.table):
        # What is not known may be anything; as 0 it cannot look too large.
        work.base = np.where(known, forms.sums(plan.base, work.table, work.rows), 0)
    else:
        work.base = _exact_base(plan, work, known)
    if plan.each:
        work.base = work.base // plan.each
    return known


def _exact_base(plan: Plan, work: Rows, known: Truth) -> Integers:
    assert plan.base is not None  # noqa: S101 - the caller has looked
    found = np.zeros(len(work.rows), np.int64)
    for position in np.flatnonzero(known):
        value = forms.exact(plan.base, work.table, int(work.rows[position]))
        if forms.SMALLEST <= value <= forms.LARGEST:
            found[position] = value
        else:
            work.state[position] = TOO_LARGE
    return found


def _tiers(plan: Plan, work: Rows, known: Truth) -> None:
    open_ = np.ones(len(work.rows), np.bool_)
    for step in plan.steps:
        holds, undecided = _where(step, work)
        holds &= open_
        work.state[open_ & undecided & (work.state == KNOWN)] = NO_TIER
        open_ &= ~(holds | undecided)
        if step.numerator:
            work.state[holds & ~known & (work.state == KNOWN)] = NO_BASE
        work.fen = np.where(holds, _step(step, work, plan.rounding), work.fen)


def _where(step: Step, work: Rows) -> tuple[Truth, Truth]:
    if step.reference is None:
        return np.ones(len(work.rows), np.bool_), np.zeros(len(work.rows), np.bool_)
    true, false = work.planes.of(step.reference)
    holds = bit(true, work.rows)
    return holds, ~(holds | bit(false, work.rows))


def bit(plane: Bits, rows: Integers) -> Truth:
    """Return the bits of some rows."""
    return (plane[rows >> 6] >> (rows & 63).astype(np.uint64) & np.uint64(1)).astype(np.bool_)


def _step(step: Step, work: Rows, rounding: Rounding) -> Integers:
    if not step.numerator or work.base is None:
        return np.full(len(work.rows), step.fen, np.int64)
    base = np.maximum(work.base, 0)
    value, wrong = _share(base, *step.over(rounding.unit), rounding)
    work.state[wrong & (work.state == KNOWN)] = TOO_LARGE
    return value if step.cap is None else np.minimum(value, step.cap)


def _share(
    base: Integers, numerator: int, denominator: int, rounding: Rounding
) -> tuple[Integers, Truth]:
    """Return ``base · numerator / denominator`` units, rounded, and where it is too large.

    The rounding to a multiple of ``unit`` is taken in the same step as the rate, so nothing is
    rounded twice.
    """
    p, q = numerator, denominator
    top = int(base.max(initial=0))
    if max(p, 1) * 2 * q <= forms.LARGEST and (top // q + 1) * p * rounding.unit <= LARGEST_FEN:
        whole, rest = np.divmod(base, q)
        return (whole * p + _rounded(rest * p, q, rounding.mode)) * rounding.unit, base < 0
    exact = [_one(int(value), p, q, mode=rounding.mode) * rounding.unit for value in base]
    wrong = np.array([value > LARGEST_FEN for value in exact], np.bool_)
    return np.array([min(value, LARGEST_FEN) for value in exact], np.int64), wrong


def _rounded(value: Integers, q: int, mode: str) -> Integers:
    if mode == "half_up":
        return (2 * value + q) // (2 * q)
    return (value + (q - 1 if mode == "up" else 0)) // q


def _one(value: int, p: int, q: int, *, mode: str) -> int:
    extra = {"half_up": q, "up": 2 * (q - 1)}.get(mode, 0)
    return (2 * value * p + extra) // (2 * q)


def _marginal(plan: Plan, work: Rows) -> None:
    assert work.base is not None  # noqa: S101 - a marginal amount has a base
    top = int(max(work.base.max(initial=0), 0))
    steep = max((part.numerator for part in plan.slices), default=0)
    unit = plan.rounding.unit
    sliced = sum if top * steep * len(plan.slices) <= forms.LARGEST // 4 else None
    if sliced is None:
        found = [_exact_slices(plan, int(value)) for value in work.base]
        work.state[np.array([v > LARGEST_FEN for v in found]) & (work.state == KNOWN)] = TOO_LARGE
        work.fen = np.array([min(value, LARGEST_FEN) for value in found], np.int64)
        return
    total = np.zeros(len(work.base), np.int64)
    for part in plan.slices:
        inside = work.base if part.high is None else np.minimum(work.base, part.high)
        total += np.maximum(inside - part.low, 0) * part.numerator
    work.fen = _rounded(total, plan.denominator * unit, plan.rounding.mode) * unit


def _exact_slices(plan: Plan, base: int) -> int:
    total = 0
    for part in plan.slices:
        inside = base if part.high is None else min(base, part.high)
        total += max(inside - part.low, 0) * part.numerator
    unit = plan.rounding.unit
    return _one(total, 1, plan.denominator * unit, mode=plan.rounding.mode) * unit


def _limits(plan: Plan, work: Rows) -> None:
    """Apply floor and cap to what is known, and clear what is not."""
    if plan.floor is not None:
        work.fen = np.maximum(work.fen, plan.floor)
    if plan.cap is not None:
        work.fen = np.minimum(work.fen, plan.cap)
    too_large = (work.state == KNOWN) & (work.fen > LARGEST_FEN)
    work.state[too_large] = TOO_LARGE
    work.fen[work.state != KNOWN] = 0
