"""The nearest path to a better grade: cheapest single changes, and the cheapest combination.

A lever moves one figure in the direction that never lowers a score (more tax, less land, less
energy), so "the grade is reached" is a monotone function of the steps of all levers. A single
change is found by bisection over whole steps; the combination by branch, reduce and bound for
monotone problems (Tuy, SIAM J. Optim. 11, 2000): a box of steps is cut from below by what each
lever needs even when the others give all they have, from above by what it needs when they give
nothing more, and thrown away when its cheapest corner costs no less than the best path known.
Both work on the figures as they are scored, roundings, caps and rank included, so what they
return is reached, and one step less of it is not. All units are searched side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.evaluate import (
    BY_BOUND,
    BY_QUOTA,
    BY_THRESHOLD,
    Evaluation,
)
from jiqun.engine.indices.exact import Flags, Ints
from jiqun.engine.indices.place import Field, field_of, grade_if
from jiqun.engine.indices.quantities import QUANTITIES, Figure
from jiqun.errors import JiqunError

MOST = 70_000_000_000_000  # base units a figure may be raised to: still exact when scored
NEVER = -1


@dataclass(frozen=True, slots=True)
class Lever:
    """One figure that a unit can move.

    Attributes:
        quantity: which.
        sign: 1 raises it, −1 lowers it (never to 0).
        step: base units in one step.
        cost: of one step, fen, positive.
        most: steps at most; None as many as there are.
    """

    quantity: str
    sign: int
    step: int
    cost: int
    most: int | None = None


USUAL = (
    Lever("tax", 1, 100_000, 100_000),  # 1,000 元 of tax
    Lever("land", -1, 100, 60_000),  # 1 m²
    Lever("energy", -1, 100_000, 30_000),  # 0.1 tce
)


@dataclass(frozen=True, slots=True)
class Paths:
    """What takes each unit to its next grade; one entry per unit of ``rows``.

    Attributes:
        rows: places of the units, those with a path to look for.
        target: the place of the grade aimed at.
        levers: in the order of the columns below.
        single: steps of each lever alone, shape (m, levers); ``NEVER`` where it is not enough.
        together: steps of the cheapest combination, shape (m, levers); ``NEVER`` throughout where
            nothing reaches the grade.
        cost: of the combination, fen; ``NEVER`` where there is none.
        proved: whether no cheaper combination of whole steps exists.
    """

    rows: Ints
    target: Ints
    levers: tuple[Lever, ...]
    single: Ints
    together: Ints
    cost: Ints
    proved: Flags


def nearest(
    evaluation: Evaluation, *, levers: Sequence[Lever] = USUAL, rows: Ints | None = None,
    combine: bool = True, waves: int = 200, boxes: int = 200_000,
) -> Paths:  # fmt: skip
    """Find what takes units to the next better grade.

    Units whose grade a veto, a class or missing data decided are left out: no figure of theirs
    changes it. So are those in the best grade.

    Args:
        evaluation: the batch.
        levers: what may move, and what a step costs.
        rows: units to look at; None looks at all.
        combine: also search for combinations.
        waves: rounds of the search at most.
        boxes: boxes at one time at most; what is left open then is not proved.

    Raises:
        JiqunError: ``E-PERMU-LEVER`` for a lever that cannot be used.
    """
    _check(levers, evaluation)
    found: list[Paths] = []
    for group in evaluation.scheme.groups:
        inside = _open(evaluation, group.code, rows)
        if len(inside):
            search = _Search(evaluation, field_of(evaluation, group.code), inside, tuple(levers))
            found.append(search.paths(combine=combine, waves=waves, boxes=boxes))
    if not found:
        none, steps = np.zeros(0, dtype=np.int64), np.zeros((0, len(levers)), dtype=np.int64)
        return Paths(none, none, tuple(levers), steps, steps, none, none > 0)
    return Paths(
        rows=np.concatenate([one.rows for one in found]),
        target=np.concatenate([one.target for one in found]),
        levers=tuple(levers),
        single=np.concatenate([one.single for one in found]),
        together=np.concatenate([one.together for one in found]),
        cost=np.concatenate([one.cost for one in found]),
        proved=np.concatenate([one.proved for one in found]),
    )


def _check(levers: Sequence[Lever], evaluation: Evaluation) -> None:
    bad = [
        one.quantity
        for one in levers
        if one.quantity not in QUANTITIES or one.step < 1 or one.cost < 1 or _harms(one, evaluation)
    ]
    twice = len({one.quantity for one in levers}) < len(levers)
    if bad or twice or not levers:
        raise JiqunError(
            "E-PERMU-LEVER",
            f"不能作为可变项：{'、'.join(bad) or '重复或为空'}",
            f"not usable as levers: {', '.join(bad) or 'none, or one twice'}",
            hint_zh="每项写一次：已有的输入、对所有指标都有利的方向、正的步长和单位成本。",
            hint_en="Once each: an input, the direction that is good for every indicator, a positive "
            "step and a positive cost.",
        )


def _harms(lever: Lever, evaluation: Evaluation) -> bool:
    """Whether a step could lower a score: the search needs that it cannot."""
    for one in (one for group in evaluation.scheme.groups for one in group.indicators):
        good = -1 if one.family == "inverse" else 1
        if one.numerator == lever.quantity and lever.sign != good:
            return True
        if one.denominator == lever.quantity and lever.sign != -good:
            return True
    return lever.sign not in (1, -1)


def _open(evaluation: Evaluation, code: str, rows: Ints | None) -> Ints:
    """Units of a group whose grade their figures decide and that is not the best."""
    inside = evaluation.rows(code)
    if rows is not None:
        inside = inside[np.isin(inside, rows)]
    by_figures = np.isin(evaluation.decisive[inside], (BY_QUOTA, BY_THRESHOLD, BY_BOUND))
    final = evaluation.final[inside]
    return inside[by_figures & (final > 0) & (final < len(evaluation.scheme.grades))]


class _Search:
    """One group's units and levers; steps are columns in the order of the levers."""

    def __init__(
        self, evaluation: Evaluation, field: Field, rows: Ints, levers: tuple[Lever, ...]
    ) -> None:
        self.evaluation, self.field, self.rows, self.levers = evaluation, field, rows, levers
        self.target = evaluation.final[rows].astype(np.int64) - 1
        self.figures = [evaluation.units.figure(one.quantity).take(rows) for one in levers]
        self.costs = np.array([one.cost for one in levers], dtype=np.int64)
        self.most = np.stack([self._most(at) for at in range(len(levers))], axis=1)

    def _most(self, at: int) -> Ints:
        """How many steps each unit has: a figure stays positive, and land within the group."""
        lever, figure = self.levers[at], self.figures[at]
        room = MOST - figure.value if lever.sign > 0 else figure.value - self._least(lever)
        usable = figure.known & ~self._below_zero(lever)
        steps = np.where(usable, np.maximum(room, 0) // lever.step, 0)
        return steps if lever.most is None else np.minimum(steps, lever.most)

    def _below_zero(self, lever: Lever) -> Flags:
        """Units that lose by a smaller denominator: those with a negative, counted numerator."""
        found = np.zeros(len(self.rows), dtype=np.bool_)
        for one in self.field.group.indicators:
            if one.denominator == lever.quantity and one.negative == "keep":
                above = self.evaluation.units.figure(one.numerator).take(self.rows)
                found |= above.known & (above.value < 0)
        return found

    def _least(self, lever: Lever) -> int:
        ways = self.field.group.admits
        if lever.quantity != "land" or any(way.land_from is None for way in ways):
            return 1
        return min(way.land_from or 1 for way in ways)

    def reached(self, at: Ints, steps: Ints) -> Flags:
        """Whether units (by place in ``rows``) reach their targets by these steps."""
        changed: Mapping[str, Figure] = {
            lever.quantity: Figure(
                self.figures[k].value[at] + lever.sign * lever.step * steps[:, k],
                self.figures[k].known[at],
            )
            for k, lever in enumerate(self.levers)
        }
        grade = grade_if(self.evaluation, self.field, rows=self.rows[at], changed=changed)
        return grade <= self.target[at]

    def least(self, at: Ints, k: int, low: Ints, high: Ints, base: Ints) -> Ints:
        """Least step of lever k in low … high that reaches, the others at ``base``; else NEVER."""
        steps = base.copy()
        steps[:, k] = high
        found = np.full(len(at), NEVER, dtype=np.int64)
        todo = np.flatnonzero(self.reached(at, steps))
        a, b = low[todo].copy(), high[todo].copy()
        while (a < b).any():
            middle = (a + b) // 2
            trial = base[todo]
            trial[:, k] = middle
            enough = self.reached(at[todo], trial)
            a, b = np.where(enough, a, middle + 1), np.where(enough, middle, b)
        found[todo] = b
        return found

    def paths(self, *, combine: bool, waves: int, boxes: int) -> Paths:
        """Search singles, then combinations."""
        count, width = len(self.rows), len(self.levers)
        everyone = np.arange(count, dtype=np.int64)
        nothing = np.zeros((count, width), dtype=np.int64)
        single = np.stack(
            [
                self.least(everyone, k, nothing[:, k], self.most[:, k], nothing)
                for k in range(width)
            ],
            axis=1,
        )
        together = np.full((count, width), NEVER, dtype=np.int64)
        cost = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
        for k in range(width):
            self._better(together, cost, everyone, k=k, low=nothing, steps=single[:, k])
        proved = np.ones(count, dtype=np.bool_)
        if combine and width > 1:
            proved = self._branch(together, cost, waves=waves, boxes=boxes)
        cost = np.where(together[:, 0] == NEVER, NEVER, cost)
        return Paths(self.rows, self.target, self.levers, single, together, cost, proved)

    def _better(
        self, together: Ints, cost: Ints, at: Ints, *, k: int, low: Ints, steps: Ints
    ) -> None:
        """Take ``low`` with lever k at ``steps`` where it is the cheapest known."""
        corner = low.copy()
        corner[:, k] = steps
        self._take(together, cost, at, corner=corner, valid=steps != NEVER)

    def _take(self, together: Ints, cost: Ints, at: Ints, *, corner: Ints, valid: Flags) -> None:
        price = corner @ self.costs
        # The cheapest of each unit last, so that assignment keeps it; equal prices by their steps.
        order = np.lexsort((*corner.T, price))[::-1]
        order = order[valid[order] & (price[order] < cost[at[order]])]
        cost[at[order]], together[at[order]] = price[order], corner[order]

    def _branch(self, together: Ints, cost: Ints, *, waves: int, boxes: int) -> Flags:
        at = np.arange(len(self.rows), dtype=np.int64)
        low, high = np.zeros_like(self.most), self.most.copy()
        for _ in range(waves):
            if not len(at) or len(at) > boxes:
                break
            at, low, high = self._reduce(together, cost, at, low, high)
            at, low, high = self._split(at, low, high)
        proved = np.ones(len(self.rows), dtype=np.bool_)
        proved[at] = False
        return proved

    def _reduce(
        self, together: Ints, cost: Ints, at: Ints, low: Ints, high: Ints
    ) -> tuple[Ints, Ints, Ints]:
        """Cut boxes from below and above; keep those that may hold something cheaper."""
        at, low, high = _of(self._affordable(cost, at, low), at, low, high)
        high = self._within_price(cost, at, low, high)
        for k in range(len(self.levers)):
            needed = self.least(at, k, low[:, k], high[:, k], high)
            at, low, high, needed = _of(needed != NEVER, at, low, high, needed)
            low[:, k] = needed
        at, low, high = _of(self._affordable(cost, at, low), at, low, high)
        done = self.reached(at, low)
        self._take(together, cost, at, corner=low, valid=done)
        at, low, high = _of(~done, at, low, high)
        for k in range(len(self.levers)):
            alone = self.least(at, k, low[:, k], high[:, k], low)
            self._better(together, cost, at, k=k, low=low, steps=alone)
            # Beyond what suffices alone everything costs more than that.
            high[:, k] = np.where(alone == NEVER, high[:, k], alone)
        at, low, high = _of(self._affordable(cost, at, low), at, low, high)
        return at, low, high

    def _affordable(self, cost: Ints, at: Ints, low: Ints) -> Flags:
        return low @ self.costs < cost[at]

    def _within_price(self, cost: Ints, at: Ints, low: Ints, high: Ints) -> Ints:
        """Cut from above what would by itself cost as much as the best path."""
        left = np.maximum(cost[at] - low @ self.costs, 0)
        return np.minimum(high, low + np.minimum(left[:, None] // self.costs, MOST))

    def _split(self, at: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
        """Halve each box along the lever whose range costs most; drop boxes of one point."""
        width = (high - low) * self.costs.astype(np.float64)
        wide = width.max(axis=1) > 0 if len(at) else np.zeros(0, dtype=np.bool_)
        at, low, high, width = _of(wide, at, low, high, width)
        k = width.argmax(axis=1) if len(at) else np.zeros(0, dtype=np.int64)
        line = np.arange(len(at))
        middle = (low[line, k] + high[line, k]) // 2
        upper, lower = low.copy(), high.copy()
        lower[line, k], upper[line, k] = middle, middle + 1
        return (
            np.concatenate([at, at]), np.concatenate([low, upper]), np.concatenate([lower, high])
        )  # fmt: skip


def _of(keep: Flags, *arrays: NDArray[Any]) -> tuple[Any, ...]:
    return tuple(array[keep] for array in arrays)
