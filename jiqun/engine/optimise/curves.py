"""Planning of budgets and thresholds: what more money buys, and which threshold a budget pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from jiqun.engine.optimise.case import Case, Floats, Ints, Plan
from jiqun.engine.optimise.dual import dual
from jiqun.engine.optimise.plan import best_plan


def pot_curve(
    one: Case, pots: Sequence[int], *, seconds: float = 10.0, gap: float = 5e-3
) -> list[Plan]:
    """Return the best plan for each size of the pot, each with its bound and price of a fen.

    Args:
        one: the case.
        pots: fen.
        seconds: per pot.
        gap: per pot.
    """
    return [best_plan(replace(one, pot=pot), seconds=seconds, gap=gap) for pot in pots]


def budget_prices(one: Case, *, seconds: float = 10.0) -> tuple[Floats, float]:
    """Return what one more fen is worth in each policy's budget, and in the pot.

    A budget whose price is 0 is not short; money is moved towards the highest price.
    """
    found = dual(one, seconds=seconds)
    return found.price, found.pot_price


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What thresholds would mean; every array has the shape of the thresholds.

    Attributes:
        least: the thresholds.
        firms: applications at or above each.
        fen: what paying them in full costs.
    """

    least: Floats
    firms: Ints
    fen: Ints


def threshold_curve(score: Floats, fen: Ints, thresholds: Floats) -> Thresholds:
    """Return how many applications reach each threshold and what they cost.

    Args:
        score: of each application, shape (n,); NaN (unknown) reaches none and has to be asked
            for first.
        fen: cost of each, shape (n,).
        thresholds: shape (t,); 以上 includes the threshold itself.
    """
    known = ~np.isnan(score)
    order = np.argsort(score[known], kind="stable")
    ranked = score[known][order]
    below = np.concatenate([[0], np.cumsum(fen[known][order])])
    at = np.searchsorted(ranked, thresholds, side="left")
    return Thresholds(
        np.asarray(thresholds, dtype=np.float64), (len(ranked) - at).astype(np.int64),
        (below[-1] - below[at]).astype(np.int64),
    )  # fmt: skip


def lowest_threshold(score: Floats, fen: Ints, budget: int) -> float:
    """Return the lowest score such that everybody at or above it is paid in full.

    Equal scores are paid together or not at all. ``inf`` where not even the highest fit.
    """
    levels = np.unique(score[~np.isnan(score)])
    costs = threshold_curve(score, fen, levels).fen
    fits = np.flatnonzero(costs <= budget)
    return float(levels[fits[0]]) if len(fits) else float("inf")
