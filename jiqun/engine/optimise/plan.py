"""Plans: as they come, by rank, by worth, and the best that can be found, side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from jiqun.engine.optimise.case import Case, Floats, Ints, Plan, plan_of
from jiqun.engine.optimise.dual import Dual, dual
from jiqun.engine.optimise.kernels import fill
from jiqun.engine.optimise.restricted import improved

SMALL = 2_000  # pairs up to which the whole integer program is solved
DOUBT = (0.01, 0.001)  # a pair is in doubt while its mean is this far from 0 and 1


def in_turn(one: Case, order: Ints, *, bound: float = np.inf, method: str = "in turn") -> Plan:
    """Pay pairs in a given order (places in the arrays given), each in full while it fits."""
    place = np.empty(len(one), dtype=np.int64)
    place[one.row] = np.arange(len(one))
    chosen = np.zeros(len(one), dtype=np.bool_)
    pairs = (one.firm, one.policy, one.slot, one.fen)
    fill(place[order], chosen, pairs, (one.firm_cap, one.budget, one.pot))
    return plan_of(one, chosen, bound=bound, method=method)


def first_come(one: Case, moment: Ints, *, bound: float = np.inf) -> Plan:
    """Pay pairs by the moment of application, shape (n,); equal ones as listed."""
    order = np.argsort(moment, kind="stable").astype(np.int64)
    return in_turn(one, order, bound=bound, method="first come")


def by_score(one: Case, score: Floats, *, bound: float = np.inf) -> Plan:
    """Pay pairs by a score, shape (n,), the highest first; equal ones as listed."""
    order = np.argsort(-score, kind="stable").astype(np.int64)
    return in_turn(one, order, bound=bound, method="by score")


def by_worth(one: Case, *, bound: float = np.inf) -> Plan:
    """Pay pairs by what they are worth per fen, the highest first."""
    worth = np.empty(len(one))
    worth[one.row] = one.value / one.fen
    order = np.argsort(-worth, kind="stable").astype(np.int64)
    return in_turn(one, order, bound=bound, method="by worth per fen")


def best_plan(one: Case, *, seconds: float = 60.0, gap: float = 1e-3) -> Plan:
    """Return the best plan found within a time, with its proven bound.

    Prices give the bound and tell which pairs are in doubt; HiGHS solves the integer program over
    these, starting from the plan of the prices. Small cases are solved whole.

    Args:
        one: the case.
        seconds: time for all.
        gap: stop when this gap is proven.
    """
    end = time.monotonic() + seconds
    priced = dual(one, seconds=seconds * 0.4)
    chosen, bound, method = priced.chosen, priced.bound, "prices"
    if len(one) <= SMALL:
        left = max(1.0, end - time.monotonic())
        everything = np.ones(len(one), dtype=np.bool_)
        chosen, proven = improved(one, chosen, everything, seconds=left, gap=min(gap, 1e-6))
        bound, method = min(bound, proven), "prices, integer program"
        return _made(one, chosen, bound, method, priced)
    for margin in DOUBT:
        left = end - time.monotonic()
        if bound - one.value[chosen].sum() <= gap * bound or left < 1:
            break
        free = (priced.mean > margin) & (priced.mean < 1 - margin)
        # Where the plan and the prices disagree, the pair is in doubt as well.
        free |= chosen != (priced.mean >= 0.5)
        chosen, _ = improved(one, chosen, free, seconds=left * 0.8, gap=gap / 4)
        method = "prices, integer program over the pairs in doubt"
    return _made(one, chosen, bound, method, priced)


def _made(one: Case, chosen: np.ndarray, bound: float, method: str, priced: Dual) -> Plan:
    return plan_of(
        one, chosen, bound=bound, method=method, price=priced.price + priced.pot_price,
        pot_price=priced.pot_price,
    )  # fmt: skip


def compared(
    one: Case, moment: Ints, score: Floats, *, seconds: float = 60.0
) -> Mapping[str, Plan]:
    """Return first come, by score, by worth and the best plan, all with the same proven bound.

    The price of first come against the best plan is ``1 − value / best.value``; at least
    ``1 − value / best.value`` and at most ``1 − value / bound`` of what could be had is lost.
    """
    best = best_plan(one, seconds=seconds)
    return {
        "first come": first_come(one, moment, bound=best.bound),
        "by score": by_score(one, score, bound=best.bound),
        "by worth per fen": by_worth(one, bound=best.bound),
        "best": best,
    }
