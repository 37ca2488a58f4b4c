"""Secondary suppression: which further cells to withhold so that no attacker gets near.

The heuristic of Kelly, Golden and Assad (1992, *Networks* 22, 397–417) in its form for any linear
tables (Castro 2012, *European Journal of Operational Research* 216, 257–269): for each
unprotected cell a linear program looks for the cheapest other table that shows the wanted
deviation; cells in which that table differs are withheld. Afterwards every secondary cell is
published again where all attackers stay away without it. Insiders take part from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import highspy
import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.attack import (
    CLOSE,
    OUTSIDER,
    Attacker,
    Knowledge,
    insiders,
    outsider_bounds,
    weak_spots,
)
from jiqun.engine.disclosure.lp import model, solver
from jiqun.engine.disclosure.tables import Flags, Floats, Ints, System

FURTHER = 2  # times that the found deviation is made sparser by dearer small flows


@dataclass(frozen=True, slots=True)
class Pattern:
    """A choice of withheld cells.

    Attributes:
        hidden: per cell; implied cells are always hidden.
        secondary: hidden although the primary rules would allow it, and not withheld earlier.
        open: cells (of ``system.cells``) that could not be protected.
        cost: sum of the secondary cells' costs.
        bound: lower bound of the cost of any safe pattern; NaN where it was not computed.
    """

    hidden: Flags
    secondary: Flags
    open: tuple[int, ...]
    cost: float
    bound: float = float("nan")

    @property
    def gap(self) -> float:
        """How far the pattern may be from the cheapest one, as a share of its cost."""
        return (self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


def costs(system: System) -> Floats:
    """Return what withholding each cell costs: a cell 1, a margin more, a large value more.

    A margin counts 1 + log2 of its atoms; the value adds less than half a cell.
    """
    totals = np.abs(system.totals)
    atoms = system.cells["atoms"]
    return 1.0 + np.log2(atoms) + 0.5 * totals / max(1.0, float(totals.max(initial=0.0)))


class Cheapest:
    """The program for the cheapest deviation of one cell, given what is hidden already."""

    def __init__(self, system: System, cost: Floats, scale: float) -> None:
        """Build the program with every cell that could be published as a priced row."""
        self._system, self._cost = system, cost
        self._low, self._high = outsider_bounds(system, scale)
        fixed = system.decided > 0
        self._rows = cast(Ints, np.flatnonzero(~(system.sensitive | system.implied) | fixed))
        self._targets = cast(Ints, np.flatnonzero(system.sensitive))
        count, atoms = len(self._rows), len(system.values)
        eye = sparse.eye_array(count, format="csr")
        priced = sparse.hstack([system.matrix[self._rows], -eye, eye])
        goal = sparse.hstack(
            [system.matrix[self._targets], sparse.csr_array((len(self._targets), 2 * count))]
        )
        ratio = sparse.hstack(
            [system.ratios, sparse.csr_array((system.ratios.shape[0], 2 * count))]
        )
        truth = system.ratios @ system.values
        free = np.full(len(self._targets), np.inf)
        low = np.concatenate([np.zeros(count), -free, (system.ratio_low - truth) / scale])
        high = np.concatenate([np.zeros(count), free, (system.ratio_high - truth) / scale])
        far = np.where(fixed[self._rows], 0.0, np.inf)
        columns = (
            np.concatenate([self._low, np.zeros(2 * count)]),
            np.concatenate([self._high, far, far]),
        )
        rows = sparse.csr_array(sparse.vstack([priced, goal, ratio]))
        self._solver = solver(presolve="off")
        self._solver.passModel(model(rows, (low, high), columns, np.zeros(atoms + 2 * count)))
        self._goal = {int(cell): count + at for at, cell in enumerate(self._targets)}
        self._atoms, self._count = atoms, count

    def deviation(self, who: Knowledge, cell: int, change: float, hidden: Flags) -> Floats | None:
        """Return the cheapest deviation over all atoms with ``change`` in ``cell``, if there is one."""
        row = self._goal[cell]
        bounds = (change, highspy.kHighsInf) if change > 0 else (-highspy.kHighsInf, change)
        self._solver.changeRowBounds(row, *bounds)
        self._columns(who.atoms, who.low, who.high)
        price = np.where(hidden[self._rows], 0.0, self._cost[self._rows])
        found = None
        for _ in range(1 + FURTHER):
            self._price(price)
            self._solver.run()
            if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            solution = np.array(self._solver.getSolution().col_value)
            found = solution[: self._atoms]
            flow = solution[self._atoms : -self._count] + solution[-self._count :]
            price = np.where(
                hidden[self._rows], 0.0, self._cost[self._rows] / (flow / abs(change) + 0.1)
            )
        self._solver.changeRowBounds(row, -highspy.kHighsInf, highspy.kHighsInf)
        self._columns(who.atoms, self._low[who.atoms], self._high[who.atoms])
        return found

    def _price(self, price: Floats) -> None:
        columns = np.arange(self._atoms, self._atoms + 2 * self._count, dtype=np.int32)
        self._solver.changeColsCost(len(columns), columns, np.concatenate([price, price]))

    def _columns(self, columns: Ints, low: Floats, high: Floats) -> None:
        if len(columns):
            self._solver.changeColsBounds(len(columns), columns.astype(np.int32), low, high)


def protect(
    system: System,
    *,
    cost: Floats | None = None,
    with_insiders: bool = True,
    start: Flags | None = None,
) -> Pattern:
    """Return a pattern of withheld cells that keeps every attacker away, as far as there is one.

    Args:
        system: the set of tables.
        cost: of withholding each cell; :func:`costs` by default.
        with_insiders: protect against contributors, not only against outsiders.
        start: cells to begin with, e.g. a pattern that is safe against outsiders.

    Raises:
        JiqunError: ``E-PUBLICATION-SOLVER``.
    """
    price = costs(system) if cost is None else cost
    hidden = system.primary() if start is None else start | system.primary()
    seeds = np.zeros((0, len(system.values)))
    hopeless: set[int] = set()
    while True:
        attacker = Attacker(system, hidden, seeds)
        more, lost = _one_round(attacker, price, hopeless, with_insiders=with_insiders)
        hopeless |= lost
        if not (more & ~hidden).any():
            break
        hidden, seeds = hidden | more, attacker.witnesses()
    hidden = _clean(attacker, price, hopeless, with_insiders=with_insiders)
    return pattern_of(system, hidden, price, hopeless)


def pattern_of(system: System, hidden: Flags, price: Floats, hopeless: set[int]) -> Pattern:
    """Describe a choice of hidden cells."""
    secondary = hidden & ~system.primary()
    return Pattern(hidden, secondary, tuple(sorted(hopeless)), float(price[secondary].sum()))


def attackers(attacker: Attacker, *, with_insiders: bool) -> list[Knowledge]:
    """The outsider and, where wanted, every insider."""
    if not with_insiders:
        return [OUTSIDER]
    return [OUTSIDER, *insiders(attacker.system, attacker.free, attacker.scale)]


def _one_round(
    attacker: Attacker, price: Floats, hopeless: set[int], *, with_insiders: bool
) -> tuple[Flags, set[int]]:
    """Find cells to withhold against every weak spot of the present choice."""
    system = attacker.system
    cheapest = Cheapest(system, price, attacker.scale)
    hidden = attacker.hidden.copy()
    lost: set[int] = set()
    for who in attackers(attacker, with_insiders=with_insiders):
        needs = attacker.needs(who)
        for at, sign in weak_spots(attacker, who):
            cell = int(attacker.targets[at])
            if cell in hopeless or cell in lost:
                continue
            change = sign * float(needs[0 if sign < 0 else 1][at])
            found = cheapest.deviation(who, cell, change, hidden)
            if found is None:
                lost.add(cell)
                continue
            hidden |= np.abs(system.matrix @ found) > CLOSE
    return hidden & (system.decided <= 0), lost


def _clean(attacker: Attacker, price: Floats, hopeless: set[int], *, with_insiders: bool) -> Flags:
    """Publish secondary cells again, dearest first, where every attacker stays away."""
    system, hidden = attacker.system, attacker.hidden
    for cell in sorted(np.flatnonzero(hidden & ~system.primary()), key=lambda c: -price[c]):
        fewer = hidden.copy()
        fewer[cell] = False
        trial = Attacker(system, fewer, attacker.witnesses())
        if is_safe(trial, hopeless, with_insiders=with_insiders):
            hidden, attacker = fewer, trial
    return hidden


def is_safe(attacker: Attacker, hopeless: set[int] | None = None, *, with_insiders: bool) -> bool:
    """Whether no attacker has a weak spot, cells that cannot be protected apart."""
    given_up = hopeless or set()
    return not any(
        int(attacker.targets[at]) not in given_up
        for who in attackers(attacker, with_insiders=with_insiders)
        for at, _ in weak_spots(attacker, who)
    )
