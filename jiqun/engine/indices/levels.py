"""Industry, park and town: Σ numerator ÷ Σ denominator, never a mean of ratios; and changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.evaluate import Evaluation
from jiqun.engine.indices.exact import Floats, Ints, nearest_rank
from jiqun.engine.indices.freeze import weighted_mean
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Indicator
from jiqun.engine.indices.score import quotient


@dataclass(frozen=True, slots=True)
class Levels:
    """One indicator by industry, park or town.

    Attributes:
        keys: names, in rising order.
        value: Σ numerator ÷ Σ denominator of those of whom both are known; NaN over nothing.
        p25: quartile of the units' own quotients, by nearest rank.
        p50: median.
        p75: quartile.
        units: units in all.
        known: units that the figure rests on.
    """

    keys: NDArray[Any]
    value: Floats
    p25: Floats
    p50: Floats
    p75: Floats
    units: Ints
    known: Ints


def by_key(indicator: Indicator, figures: dict[str, Figure], key: NDArray[Any]) -> Levels:
    """Return an indicator for each value of ``key``; an empty key is left out."""
    found = quotient(indicator, figures)
    keys = np.unique(key[key != ""])
    rows: list[list[float]] = []
    for name in keys:
        mine = key == name
        known = mine & ~np.isnan(found.value)
        ordered = np.sort(found.value[known])
        mean = weighted_mean(indicator, found.numerator[known], found.denominator[known])
        quarters = [nearest_rank(ordered, share) for share in (0.25, 0.5, 0.75)]
        rows.append([mean, *quarters, float(mine.sum()), float(known.sum())])
    table = np.array(rows, dtype=np.float64).reshape(len(keys), 6).T
    whole = table[4:].astype(np.int64)
    return Levels(keys, table[0], table[1], table[2], table[3], whole[0], whole[1])


@dataclass(frozen=True, slots=True)
class Change:
    """Towns ranked by change: ranking by level would rank their industries."""

    keys: NDArray[Any]
    before: Floats
    after: Floats
    change: Floats
    rank: Ints


def by_change(before: Levels, after: Levels) -> Change:
    """Rank the towns of both years by relative change, largest first; 0 is unranked (unknown)."""
    keys = np.union1d(before.keys, after.keys)
    old, new = _at(before, keys), _at(after, keys)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(old > 0, new / old - 1.0, np.nan)
    known = ~np.isnan(change)
    rank = np.zeros(len(keys), dtype=np.int64)
    ordered = np.sort(change[known])
    rank[known] = len(ordered) - np.searchsorted(ordered, change[known], side="right") + 1
    return Change(keys, old, new, change, rank)


def _at(levels: Levels, keys: NDArray[Any]) -> Floats:
    place = {key: at for at, key in enumerate(levels.keys.tolist())}
    return np.array([levels.value[place[key]] if key in place else np.nan for key in keys.tolist()])


def grades_by(evaluation: Evaluation, key: NDArray[Any]) -> dict[str, dict[str, int]]:
    """Return how many units have each grade, by industry, size, park or town."""
    labels = np.asarray(evaluation.grades(), dtype=object)
    found: dict[str, dict[str, int]] = {}
    for name in np.unique(key.astype(str)):
        grades, numbers = np.unique(labels[key.astype(str) == name].astype(str), return_counts=True)
        found[str(name)] = dict(zip(grades.tolist(), numbers.tolist(), strict=True))
    return found
