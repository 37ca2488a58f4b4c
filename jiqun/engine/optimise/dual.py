"""A proven bound by prices (Lagrangian relaxation), and a first plan from the prices.

Every budget and the pot get a price per fen; each firm then chooses freely what is worth most at
these prices. The sum of their gains plus the money at its prices is above every plan (Geoffrion
1974). Prices move against the excess demand, relative to the money at hand, with Polyak's step;
the exponentially weighted mean of the choices tells which pairs are still in doubt (Barahona and
Anbil 2000). With Numba each firm's choice under its cap is exact, which makes the bound tighter
than that of the linear program; without it the caps get prices as well, and the bound tends to
that of the linear program.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from jiqun.engine.optimise.case import Case, Flags, Floats, Ints, used
from jiqun.engine.optimise.kernels import COMPILED, drop, fill, firm_choices

NODES = 20_000  # per firm and choice; beyond it the firm's fractional bound holds
TINY = 1e-11  # rounding of sums in double precision, relative


@dataclass(frozen=True, slots=True)
class Dual:
    """What the prices tell.

    Attributes:
        bound: no plan is worth more.
        price: per policy, of one fen of its budget.
        pot_price: of one fen of the pot.
        firm_price: per firm, of one fen under its cap; zeros where choices are exact.
        mean: per pair, how often it was chosen lately, 0 to 1.
        chosen: the best feasible choice met on the way.
    """

    bound: float
    price: Floats
    pot_price: float
    firm_price: Floats
    mean: Floats
    chosen: Flags


class _Prices:
    """The relaxed problem: worth of the prices, and the demand that they call forth."""

    def __init__(self, one: Case, *, exact: bool) -> None:
        self.case, self.exact = one, exact
        count = len(one.budget)
        demand = np.bincount(one.policy, one.fen, minlength=count)
        firm_demand = np.bincount(one.firm, one.fen, minlength=len(one.firm_cap))
        limits = [np.minimum(one.budget, demand), [min(one.pot, demand.sum())]]
        if not exact:
            limits.append(np.minimum(one.firm_cap, firm_demand))
        self.limit = np.concatenate(limits).astype(np.float64)
        self.count = count
        sizes = np.bincount(one.firm, minlength=len(one.firm_cap))
        self.start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.slot_start = np.flatnonzero(np.diff(one.slot, prepend=-1)).astype(np.int64)
        self.worth = one.value / one.fen
        self.chosen = np.zeros(len(one), dtype=np.bool_)

    def rate(self, price: Floats) -> Floats:
        """Worth per fen less the prices, per pair."""
        one = self.case
        paid = price[one.policy] + price[self.count]
        if not self.exact:
            paid = paid + price[self.count + 1 + one.firm]
        return self.worth - paid

    def at(self, price: Floats) -> tuple[float, Floats]:
        """Return the bound at these prices and the relative money left over per limit."""
        one, rate = self.case, self.rate(price)
        if self.exact:
            gain = firm_choices(
                self.start, one.slot, one.fen, rate, one.firm_cap, self.chosen, NODES
            )
        else:
            gain = self._free(rate)
        chosen = self.chosen
        per_policy = np.bincount(one.policy[chosen], one.fen[chosen], minlength=self.count)
        taken = [per_policy, [per_policy.sum()]]
        if not self.exact:
            firms = len(one.firm_cap)
            taken.append(np.bincount(one.firm[chosen], one.fen[chosen], minlength=firms))
        left = (self.limit - np.concatenate(taken)) / np.sqrt(np.maximum(self.limit, 1))
        bound = gain + float((price * self.limit).sum())
        return bound * (1 + TINY), left

    def _free(self, rate: Floats) -> float:
        """The best pair of each group of each firm, where it gains anything."""
        gain = rate * self.case.fen
        best = np.maximum.reduceat(gain, self.slot_start) if len(gain) else gain
        first = gain == best[self.case.slot]
        place = np.flatnonzero(first & (gain > 0))
        _, keep = np.unique(self.case.slot[place], return_index=True)
        self.chosen[:] = False
        self.chosen[place[keep]] = True
        return float(np.maximum(best, 0).sum())


def dual(
    one: Case, *, iterations: int = 300, seconds: float = 30.0, exact: bool = COMPILED
) -> Dual:
    """Return a bound, prices, and a first plan.

    Args:
        one: the case.
        iterations: most price changes.
        seconds: most time.
        exact: choose exactly under each firm's cap (slow without Numba).
    """
    prices = _Prices(one, exact=exact)
    scale = np.sqrt(np.maximum(prices.limit, 1))
    y = np.zeros(len(prices.limit))
    best, best_y, plan, plan_value = np.inf, y, np.zeros(len(one), dtype=np.bool_), 0.0
    mean, step, stalled, end = np.zeros(len(one)), 1.0, 0, time.monotonic() + seconds
    for turn in range(iterations):
        bound, left = prices.at(y / scale)
        weight = max(0.1, 1 / (turn + 1))
        mean = (1 - weight) * mean + weight * prices.chosen
        stalled = 0 if bound < best * (1 - 1e-6) else stalled + 1
        if bound < best:
            best, best_y = bound, y
        if turn % 20 == 0:
            tried = repaired(one, prices.chosen, prices.rate(y / scale))
            if one.value[tried].sum() > plan_value:
                plan, plan_value = tried, float(one.value[tried].sum())
        move = np.where((y <= 0) & (left > 0), 0.0, left)
        length = float((move**2).sum())
        if length == 0 or best - plan_value <= 1e-9 * best or time.monotonic() > end:
            break
        if stalled >= 8:
            step, stalled, y = step * 0.7, 0, best_y
            continue
        y = np.maximum(y - step * (bound - plan_value) / length * move, 0)
    price = best_y / scale
    count = len(one.budget)
    firm_price = np.zeros(len(one.firm_cap)) if exact else price[count + 1 :]
    return Dual(
        max(best, plan_value) if len(one) else 0.0, price[:count], float(price[count]),
        firm_price, mean, plan,
    )  # fmt: skip


def repaired(one: Case, chosen: Flags, rate: Floats) -> Flags:
    """Return a feasible choice near a given one: drop the least worth, then fill what fits."""
    order: Ints = np.argsort(-rate, kind="stable").astype(np.int64)
    found = chosen.copy()
    pairs = (one.firm, one.policy, one.slot, one.fen)
    limits = (one.firm_cap, one.budget, one.pot)
    drop(order[::-1].copy(), found, pairs, limits)
    fill(order, found, pairs, limits)
    return found


def money_left(one: Case, chosen: Flags) -> tuple[Ints, Ints, int]:
    """Return what a choice leaves per firm and policy, and of the pot, in fen."""
    per_firm, per_policy, total = used(one, chosen)
    return one.firm_cap - per_firm, one.budget - per_policy, one.pot - total
