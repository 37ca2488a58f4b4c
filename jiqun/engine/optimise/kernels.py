"""Loops that Numba compiles where it is installed; without it they run as they stand.

The choice of one firm is a small knapsack with groups, solved exactly by branch and bound over
its pairs in order of worth per fen, with the fractional knapsack as bound (Dantzig 1957).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from jiqun.engine.optimise.case import Flags, Floats, Ints

P = ParamSpec("P")
R = TypeVar("R")

_numba: Any = import_module("numba") if find_spec("numba") else None
COMPILED = _numba is not None


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function, or return it as it is."""
    return cast(Callable[P, R], _numba.njit(cache=True)(function)) if COMPILED else function


@compiled
def fill(
    order: Ints, chosen: Flags, pairs: tuple[Ints, Ints, Ints, Ints],
    limits: tuple[Ints, Ints, int],
) -> None:  # fmt: skip
    """Add pairs in their order to a feasible choice while they fit; changes ``chosen``.

    ``pairs`` are firm, policy, slot and fen; ``limits`` firm caps, budgets and pot.
    """
    firm, policy, slot, fen = pairs
    caps, budgets = limits[0].copy(), limits[1].copy()
    pot = limits[2]
    taken = np.zeros(slot[-1] + 1 if len(slot) else 0, dtype=np.bool_)
    for i in np.flatnonzero(chosen):
        caps[firm[i]] -= fen[i]
        budgets[policy[i]] -= fen[i]
        pot -= fen[i]
        taken[slot[i]] = True
    for i in order:
        cost = fen[i]
        fits = cost <= pot and cost <= budgets[policy[i]] and cost <= caps[firm[i]]
        if fits and not taken[slot[i]]:
            chosen[i] = True
            taken[slot[i]] = True
            caps[firm[i]] -= cost
            budgets[policy[i]] -= cost
            pot -= cost


@compiled
def drop(
    order: Ints, chosen: Flags, pairs: tuple[Ints, Ints, Ints, Ints],
    limits: tuple[Ints, Ints, int],
) -> None:  # fmt: skip
    """Take pairs out in their order while a budget, a firm's cap or the pot is exceeded."""
    firm, policy, _, fen = pairs
    caps, budgets = limits[0].copy(), limits[1].copy()
    pot = limits[2]
    for i in np.flatnonzero(chosen):
        caps[firm[i]] -= fen[i]
        budgets[policy[i]] -= fen[i]
        pot -= fen[i]
    for i in order:
        over = pot < 0 or budgets[policy[i]] < 0 or caps[firm[i]] < 0
        if chosen[i] and over:
            chosen[i] = False
            caps[firm[i]] += fen[i]
            budgets[policy[i]] += fen[i]
            pot += fen[i]


@compiled
def _rest(rate: Floats, fen: Ints, local: Ints, state: tuple[Flags, int, int, int]) -> float:
    """Most that pairs from one depth on may add: a fractional knapsack without taken groups."""
    taken, depth, count, room = state
    most = 0.0
    for j in range(depth, count):
        if taken[local[j]]:
            continue
        if fen[j] > room:
            return most + room * rate[j]
        room -= fen[j]
        most += fen[j] * rate[j]
    return most


@compiled
def _search(
    rate: Floats, fen: Ints, local: Ints, best: Flags, room: int, nodes: int
) -> tuple[float, float]:
    """Choose the best pairs of one firm; return their worth and a bound on it.

    Pairs are sorted by worth per fen, ``local`` numbers their groups; after ``nodes`` nodes the
    search stops, and the bound stays above what was found.
    """
    count = len(rate)
    path = np.zeros(count, dtype=np.bool_)
    taken = np.zeros(count, dtype=np.bool_)
    root = _rest(rate, fen, local, (taken, 0, count, room))
    found, value, depth = -1.0, 0.0, 0
    for _ in range(nodes):
        if value + _rest(rate, fen, local, (taken, depth, count, room)) > found * (1 + 1e-12):
            if depth < count:
                if fen[depth] <= room and not taken[local[depth]]:
                    path[depth] = True
                    taken[local[depth]] = True
                    room -= fen[depth]
                    value += fen[depth] * rate[depth]
                depth += 1
                continue
            found = value
            best[:] = path
        depth -= 1
        while depth >= 0 and not path[depth]:
            depth -= 1
        if depth < 0:
            return found, max(found, 0.0)
        path[depth] = False
        taken[local[depth]] = False
        room += fen[depth]
        value -= fen[depth] * rate[depth]
        depth += 1
    return max(found, 0.0), root


@compiled
def _one_firm(
    rate: Floats, fen: Ints, slot: Ints, chosen: Flags, cap: int, nodes: int
) -> tuple[float, float]:
    """Choose for one firm whose best pair of each group do not fit together under its cap."""
    good = np.flatnonzero(rate > 0)
    good = good[np.argsort(-rate[good])]
    local = np.searchsorted(np.unique(slot[good]), slot[good])
    best = np.zeros(len(good), dtype=np.bool_)
    found = _search(rate[good], fen[good], local, best, cap, nodes)
    chosen[:] = False
    chosen[good[best]] = True
    return found


@compiled
def firm_choices(
    start: Ints, slot: Ints, fen: Ints, rate: Floats, cap: Ints, chosen: Flags, nodes: int
) -> float:
    """Choose for every firm what is worth most within its groups and cap; return a bound.

    Args:
        start: first pair of each firm, and the number of pairs at the end.
        slot: firm and group of each pair, ascending.
        fen: cost of each pair.
        rate: worth per fen, less its price.
        cap: most per firm.
        chosen: overwritten.
        nodes: most nodes of the search of one firm.
    """
    total = 0.0
    for firm in range(len(start) - 1):
        begin, end = start[firm], start[firm + 1]
        worth, cost, at = 0.0, 0, begin
        while at < end:
            best, most, this = -1, 0.0, slot[at]
            while at < end and slot[at] == this:
                chosen[at] = False
                if rate[at] * fen[at] > most:
                    best, most = at, float(rate[at] * fen[at])
                at += 1
            if best >= 0:
                chosen[best] = True
                worth += most
                cost += fen[best]
        if cost > cap[firm]:
            _, worth = _one_firm(
                rate[begin:end], fen[begin:end], slot[begin:end], chosen[begin:end],
                cap[firm], nodes,
            )  # fmt: skip
        total += worth
    return total
