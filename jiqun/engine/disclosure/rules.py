"""Primary rules: which cells are too close to one contributor to be published.

The rules are those of official statistics (Hundepool et al. 2012, *Statistical Disclosure
Control*, Wiley, chapter 4): a minimum number of contributors, dominance of the largest, and the
p % rule (the second largest contributor could estimate the largest within p %).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Parameters of the primary rules and of the protection that a withheld cell needs.

    Attributes:
        minimum: contributors that a published cell has at least; 0 switches the rule off.
        largest: share of the cell that its largest contributor has at most; 1 switches it off.
        percent: p of the p % rule; 0 switches it off.
        within: a withheld cell is recoverable when it can be bounded within this share of its
            value on both sides.
        least: protection of cells whose value is (nearly) zero, in units of the value.
    """

    minimum: int = 5
    largest: float = 0.5
    percent: float = 10.0
    within: float = 0.10
    least: float = 1.0


def summaries(cell: Ints, holder: Ints, value: Ints, rule: Rule) -> dict[str, Any]:
    """Return what the rules look at, one entry per cell.

    Contributors under one holder count as one. Negative contributions count with their size:
    dominance is about how much of the cell one can see, not about its sign.

    Args:
        cell: cell of each contribution, 0 … n − 1, each of them at least once.
        holder: number of its holder.
        value: the contribution, in whole base units.
        rule: the parameters.

    Returns:
        Arrays (n,): ``count``, ``total``, ``largest``, ``second``, ``sensitive`` and ``need``, the
        distance that has to stay between the value and either bound that anyone can compute.
    """
    at, held = _held(cell, holder, value)
    size = np.abs(held)
    order = np.lexsort((-size, at))
    at, held, size = at[order], held[order], size[order]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    count = np.diff(np.append(first, len(at)))
    total, weight = np.add.reduceat(held, first), np.add.reduceat(size, first)
    largest = size[first]
    second = np.where(count > 1, size[np.minimum(first + 1, len(size) - 1)], 0)
    margin = rule.percent / 100 * largest - (weight - largest - second)
    # A zero made of contributors says that each of them has zero.
    sensitive = (
        (count < rule.minimum) | (largest > rule.largest * weight) | (margin > 0) | (weight == 0)
    )
    need = np.maximum(np.maximum(np.abs(total) * rule.within, margin), rule.least)
    return {
        "count": count, "total": total, "largest": largest, "second": second,
        "sensitive": sensitive, "need": need,
    }  # fmt: skip


def _held(cell: Ints, holder: Ints, value: Ints) -> tuple[Ints, Ints]:
    """Sum contributions of one holder in one cell; return the cells and the sums."""
    order = np.lexsort((holder, cell))
    at, who = cell[order], holder[order]
    new = np.flatnonzero((np.diff(at, prepend=-1) != 0) | (np.diff(who, prepend=-1) != 0))
    return at[new], np.add.reduceat(value[order], new)
