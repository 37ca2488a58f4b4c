"""Steps 9 to 14: bonuses, rank, quota, absolute bounds, vetoes, T and 不定等级.

Ranks are competition ranks (ties share the best). A unit is within the best share ``c`` of
``n`` when its rank is at most ``c·n`` in whole units, the border included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import Flags, Floats, Ints
from jiqun.engine.indices.scheme import Bonus, Quota, Scheme, Veto
from jiqun.engine.indices.units import Units

Places = NDArray[np.int8]
NONE = 127  # in arrays of grades: no grade


def bonus_points(scheme: Scheme, units: Units) -> tuple[dict[str, Ints], Ints]:
    """Return the points of each family (its largest only), and of all under the two caps.

    Returns:
        By family, micro-points, shape (n,) each; and the sum that counts.
    """
    families: dict[str, Ints] = {}
    for one in scheme.bonuses:
        given = np.where(units.flags(units.bonuses, one.code), one.points, 0)
        before = families.get(one.family, np.zeros(len(units.ids), dtype=np.int64))
        families[one.family] = np.where(np.abs(given) > np.abs(before), given, before)
    plus, minus = (np.zeros(len(units.ids), dtype=np.int64) for _ in range(2))
    for points in families.values():
        plus += np.maximum(points, 0)
        minus += np.minimum(points, 0)
    if scheme.bonus_cap is not None:
        plus = np.minimum(plus, scheme.bonus_cap)
    if scheme.penalty_cap is not None:
        minus = np.maximum(minus, -scheme.penalty_cap)
    return families, plus + minus


def families(bonuses: tuple[Bonus, ...]) -> list[str]:
    """Return the families in the order of the pack."""
    return list(dict.fromkeys(one.family for one in bonuses))


def in_force(veto: Veto, scheme: Scheme, on: date) -> bool:
    """Whether an event of a day still counts at the end of the evaluated year."""
    months = (scheme.year - on.year) * 12 + 12 - on.month
    return 0 <= months < veto.months


def veto_flags(scheme: Scheme, units: Units) -> dict[str, Flags]:
    """Return which units each veto or direct grade hits, by code."""
    found: dict[str, Flags] = {}
    for one in scheme.vetoes:
        counts = tuple(
            note
            for note in units.events
            if note.code == one.code and note.on is not None and in_force(one, scheme, note.on)
        )
        found[one.code] = units.flags(counts, one.code)
    return found


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ranks and quota grades of one group.

    Attributes:
        rank: competition rank, shape (m,); 0 where the unit is not ranked.
        grade: place among the quota's grades, ``NONE`` where not ranked.
        n: units that the quotas are shares of.
        counts: units down to and with each grade; empty where thresholds are used.
    """

    rank: Ints
    grade: Places
    n: int
    counts: tuple[int, ...]


def counts(quota: Quota, n: int) -> tuple[int, ...]:
    """Return how many of ``n`` units the grades have, down to and with each."""
    found: list[int] = []
    for share in quota.cumulative:
        whole = share * n
        up = {"floor": 0, "round": 5_000, "ceil": 9_999}[quota.rounding]
        found.append((whole + up) // 10_000)
    return tuple(found)


def small(quota: Quota, n: int) -> bool:
    """Whether a group is too small for quotas and has thresholds instead."""
    return n < quota.small_below


def ranks(score: Ints, *, worst: bool = False) -> Ints:
    """Return competition ranks, largest first: 1 + how many are greater.

    Args:
        score: shape (m,).
        worst: ties share the worst rank instead.
    """
    ordered = np.sort(score)
    side = "left" if worst else "right"
    above = len(score) - np.searchsorted(ordered, score, side=side)
    return above.astype(np.int64) + (0 if worst else 1)


def pair_ranks(score: Ints, tie: Ints) -> Ints:
    """Return competition ranks by score and then by ``tie``, both largest first."""
    order = np.lexsort((tie, score))[::-1]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(score[order]) != 0) | (np.diff(tie[order]) != 0)
    first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = first + 1
    return found


def rank_and_grade(quota: Quota, score: Ints, *, tie: Ints, extra: int = 0) -> Ranked:
    """Rank the units of one group and give quota grades.

    Args:
        quota: shares, rounding and ties.
        score: micro-points of the ranked units, shape (m,).
        tie: what ``by_tax`` decides ties by; base units.
        extra: units that count in n without being ranked.
    """
    n = len(score) + extra
    rank = ranks(score)
    if small(quota, n):
        return Ranked(rank, graded_by(score, quota.thresholds), n, ())
    border = {
        "all_up": lambda: rank,
        "all_down": lambda: ranks(score, worst=True),
        "by_tax": lambda: pair_ranks(score, tie),
    }[quota.ties]()
    borders = counts(quota, n)
    grade = np.searchsorted(np.asarray(borders[:-1], dtype=np.int64), border, side="left")
    return Ranked(rank, grade.astype(np.int8), n, borders)


def graded_by(score: Ints, thresholds: tuple[int, ...]) -> Places:
    """Return the grade whose threshold the score reaches, the boundary included."""
    grade = np.full(len(score), len(thresholds), dtype=np.int8)
    for place in reversed(range(len(thresholds))):
        grade[score >= thresholds[place]] = place
    return grade


def bounded(
    scheme: Scheme, grade: Places, *, values: Mapping[str, Floats], means: Mapping[str, float]
) -> Places:
    """Apply absolute bounds, in the order of the pack, to quota grades.

    An unknown figure moves no grade: unknown is neither above nor below.

    Args:
        scheme: whose bounds.
        grade: places, shape (m,).
        values: indicators, shape (m,), NaN unknown.
        means: Σ numerator ÷ Σ denominator of the group.
    """
    found = grade.copy()
    for bound in scheme.bounds:
        if bound.indicator not in values:
            continue
        at = scheme.grades.index(bound.grade)
        value = values[bound.indicator]
        line = bound_line(bound.of, bound.value, means.get(bound.indicator, float("nan")))
        with np.errstate(invalid="ignore"):
            if bound.side == "needs":
                found[(found == at) & (value < line)] = at + 1
            else:
                found[(found == at) & (value >= line)] = at - 1
    return found


def bound_line(of: str, value: float, mean: float) -> float:
    """Return the figure of a bound in the indicator's unit."""
    return value if of == "fixed" else value * mean


def decided(scheme: Scheme, grade: Places, hit: Mapping[str, Flags]) -> Places:
    """Apply vetoes and direct grades: the worst ``to`` wins over a better, then caps."""
    found = grade.copy()
    forced = np.full(len(grade), -1, dtype=np.int8)
    for one in scheme.vetoes:
        at = scheme.grades.index(one.grade)
        if one.effect == "to":
            forced = np.where(hit[one.code], np.maximum(forced, at), forced).astype(np.int8)
    found = np.where(forced >= 0, forced, found).astype(np.int8)
    for one in scheme.vetoes:
        at = scheme.grades.index(one.grade)
        if one.effect == "cap":
            lower = hit[one.code] & (found != NONE)
            found = np.where(lower, np.maximum(found, at), found).astype(np.int8)
    return found


def is_last(scheme: Scheme, hit: Mapping[str, Flags], *, count: int) -> Flags:
    """Return which units a veto puts into the last grade."""
    found = np.zeros(count, dtype=np.bool_)
    for one in scheme.vetoes:
        if one.effect == "to" and one.grade == scheme.grades[-1]:
            found |= hit[one.code]
    return found


def columns_of(families_: Mapping[str, Ints]) -> dict[str, NDArray[Any]]:
    """Return the points by family under the names of step columns."""
    return {f"bonus.{name}": points for name, points in families_.items()}
