"""The cheapest safe pattern, or how far from it a pattern can be at most.

Cut generation after Fischetti and Salazar (2001, *Management Science* 47, 1008–1027): a master
program chooses which cells to withhold; where an attacker still gets too near, the dual of the
attacker's program gives an inequality that every safe pattern satisfies. The master grows until
its choice is safe (then it is the cheapest) or time is over (then its bound remains).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.attack import CLOSE, Attacker, Knowledge, outsider_bounds
from jiqun.engine.disclosure.lp import Program, model, solver
from jiqun.engine.disclosure.suppress import Pattern, attackers, costs, pattern_of, protect
from jiqun.engine.disclosure.tables import Flags, Floats, System

CUTS = 400  # of one round


@dataclass(frozen=True, slots=True)
class Cut:
    """``weights · hidden ≥ need`` over the cells, for every safe pattern."""

    weights: Floats
    need: float


class Separation:
    """Finds inequalities that an unsafe choice of hidden cells violates."""

    def __init__(self, system: System, attacker: Attacker) -> None:
        """Set up the attacker's program with one row per published cell, none left out."""
        self._system, self._attacker = system, attacker
        self._rows = np.flatnonzero(~attacker.hidden)
        low, high = outsider_bounds(system, attacker.scale)
        truth = system.ratios @ system.values
        zero = np.zeros(len(self._rows))
        bounds = (
            np.concatenate([zero, (system.ratio_low - truth) / attacker.scale]),
            np.concatenate([zero, (system.ratio_high - truth) / attacker.scale]),
        )
        rows = sparse.csr_array(sparse.vstack([system.matrix[self._rows], system.ratios]))
        self._program = Program(rows, bounds, (low, high))
        self._down = -(system.matrix @ low)
        self._up = system.matrix @ high

    def cut(self, who: Knowledge, at: int, sign: float, need: float) -> Cut | None:
        """Return the inequality for one target, direction and attacker; None where it is safe."""
        row = self._system.matrix[[int(self._attacker.targets[at])]]
        self._program.restrict(who.atoms, who.low, who.high)
        found = self._program.highest(row.indices, sign * row.data)
        value = float(sign * (row @ found)[0])
        if value >= need - CLOSE:
            return None
        dual = self._program.duals()[0][: len(self._rows)]
        room = np.where(dual > 0, self._up[self._rows], self._down[self._rows])
        weights = np.zeros(self._system.matrix.shape[0])
        weights[self._rows] = np.minimum(
            np.where(np.abs(dual) < CLOSE, 0.0, np.abs(dual) * room), need - value
        )
        return Cut(weights, need - value)


def violated(system: System, attacker: Attacker, *, with_insiders: bool) -> list[Cut]:
    """Return inequalities that the attacker's choice violates; none when it is safe."""
    separation = Separation(system, attacker)
    found: list[Cut] = []
    for who in attackers(attacker, with_insiders=with_insiders):
        needs, reached = attacker.needs(who), attacker.reach(who)
        for at in range(len(attacker.targets)):
            for side, sign in ((0, -1.0), (1, 1.0)):
                need = float(needs[side][at])
                if (
                    reached[side][at] >= need - CLOSE
                    or attacker.farthest(who, at, sign) >= need - CLOSE
                ):
                    continue
                cut = separation.cut(who, at, sign, need)
                if cut is not None:
                    found.append(cut)
        if len(found) >= CUTS:
            break
    return found


def cheapest(
    system: System,
    *,
    cost: Floats | None = None,
    with_insiders: bool = True,
    seconds: float = 20.0,
) -> Pattern:
    """Return the cheapest safe pattern, or the heuristic's with a lower bound when time is over.

    Args:
        system: the set of tables.
        cost: of withholding each cell; see :func:`jiqun.engine.disclosure.suppress.costs`.
        with_insiders: protect against contributors as well.
        seconds: time for all masters together.

    Raises:
        JiqunError: ``E-PUBLICATION-SOLVER``.
    """
    price = costs(system) if cost is None else cost
    start = protect(system, cost=price, with_insiders=with_insiders)
    if start.open or not start.secondary.any():
        return replace(start, bound=start.cost if not start.open else float("nan"))
    end = time.monotonic() + seconds
    primary = system.primary()
    seeds = np.zeros((0, len(system.values)))
    cuts: list[Cut] = []
    hidden, bound = primary, 0.0
    while True:
        attacker = Attacker(system, hidden, seeds)
        new = violated(system, attacker, with_insiders=with_insiders)
        if not new:
            best = pattern_of(system, hidden, price, set())
            return (
                replace(best, bound=min(bound, best.cost))
                if best.cost <= start.cost
                else replace(start, bound=bound)
            )
        cuts += new
        seeds = attacker.witnesses()[-2000:]
        left = end - time.monotonic()
        if left <= 0:
            return replace(start, bound=min(bound, start.cost))
        hidden, lower = _master(system, price, cuts, left)
        bound = max(bound, lower)
        if bound >= start.cost - 1e-6:
            return replace(start, bound=start.cost)


def _master(system: System, price: Floats, cuts: list[Cut], seconds: float) -> tuple[Flags, float]:
    """Cheapest choice that satisfies all inequalities so far, and its lower bound."""
    choose = np.flatnonzero(~system.primary() & (system.decided == 0))
    rows = sparse.csr_array(np.array([cut.weights[choose] / cut.need for cut in cuts]))
    bounds = (np.ones(len(cuts)), np.full(len(cuts), np.inf))
    lp = model(rows, bounds, (np.zeros(len(choose)), np.ones(len(choose))), price[choose])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(choose)
    found = solver(time_limit=max(0.1, seconds), mip_rel_gap=1e-6)
    found.passModel(lp)
    found.run()
    hidden = system.primary().copy()
    info = found.getInfo()
    values = np.array(found.getSolution().col_value)
    if len(values) == len(choose):
        hidden[choose[values > 0.5]] = True
    return hidden, float(info.mip_dual_bound)
