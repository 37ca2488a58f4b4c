"""Fairness of the scheme itself: whose grade hangs on how benchmarks, weights and caps were set.

Ranks under many plausible settings (Saisana, Saltelli and Tarantola, J. R. Stat. Soc. A 168,
2005): each draw moves every weight and benchmark of a group by its own factor and takes a cap
from a list; everything else stays. And which rules the last grade comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.evaluate import (
    BY_QUOTA,
    BY_VETO,
    DECISIVE,
    Evaluation,
)
from jiqun.engine.indices.exact import POINT, Flags, Floats, Ints
from jiqun.engine.indices.grade import bound_line, counts, graded_by, small
from jiqun.engine.indices.scheme import Group, Indicator
from jiqun.engine.indices.score import KNOWN, NEGATIVE

CHUNK = 2_000_000  # scores computed at one time


@dataclass(frozen=True, slots=True)
class Moves:
    """How far settings move.

    Attributes:
        weights: each by a factor in 1 ± this, then all rescaled to their old sum.
        benchmarks: each by a factor in 1 ± this.
        caps: one of these for all items of a draw, as shares of the weight; None is no cap.
            Empty keeps the scheme's own.
        draws: how many.
        seed: of the generator (PCG64), so that the same draws come again.
    """

    weights: float = 0.2
    benchmarks: float = 0.2
    caps: tuple[float | None, ...] = (1.2, 1.5, 2.0, None)
    draws: int = 1_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Robustness:
    """How the ranked units of one group fare over the draws.

    Attributes:
        rows: places of the units.
        low: 5 % of the draws rank the unit better than this.
        middle: median rank.
        high: 5 % rank it worse than this.
        grades: share of draws with each grade by quota, shape (m, grades).
        moved: share of draws with another grade than by the scheme's own settings.
        changed: how many units each draw puts into another grade, shape (draws,).
    """

    rows: Ints
    low: Ints
    middle: Ints
    high: Ints
    grades: Floats
    moved: Floats
    changed: Ints


def robustness(evaluation: Evaluation, code: str, *, moves: Moves | None = None) -> Robustness:
    """Rank a group again under many settings, by quota alone (no bounds, no vetoes).

    Args:
        evaluation: the batch.
        code: the group.
        moves: how far settings move.
    """
    chosen = moves or Moves()
    group = evaluation.scheme.group(code)
    rows = evaluation.rows(code)
    rows = rows[evaluation.steps["rank"][rows] > 0]
    n, ranks, grades = len(rows), list[Ints](), list[NDArray[np.int8]]()
    rng = np.random.Generator(np.random.PCG64(chosen.seed))
    left = chosen.draws
    while left and n:
        size = min(left, max(CHUNK // n, 1))
        total = _totals(evaluation, group, rows, rng=rng, moves=chosen, size=size)
        rank = _ranks(total)
        ranks.append(rank)
        grades.append(_grades(evaluation, group, rows, total=total, rank=rank))
        left -= size
    if not n:
        none = np.zeros(0, dtype=np.int64)
        return Robustness(rows, none, none, none, np.zeros((0, len(evaluation.scheme.grades))),
                          np.zeros(0), np.zeros(chosen.draws, dtype=np.int64))  # fmt: skip
    rank, grade = np.concatenate(ranks), np.concatenate(grades)
    other = grade != evaluation.steps["quota_grade"][rows]
    low, middle, high = np.quantile(rank, (0.05, 0.5, 0.95), axis=0, method="nearest")
    shares = np.stack(
        [(grade == at).mean(axis=0) for at in range(len(evaluation.scheme.grades))], 1
    )
    return Robustness(
        rows, low.astype(np.int64), middle.astype(np.int64), high.astype(np.int64), shares,
        other.mean(axis=0), other.sum(axis=1),
    )  # fmt: skip


def _totals(
    evaluation: Evaluation, group: Group, rows: Ints, *, rng: np.random.Generator, moves: Moves,
    size: int,
) -> Ints:  # fmt: skip
    """Totals in micro-points, shape (size, m)."""
    width = len(group.indicators)
    weights = np.array([one.weight for one in group.indicators], dtype=np.float64)
    drawn = weights * rng.uniform(1 - moves.weights, 1 + moves.weights, (size, width))
    drawn *= weights.sum() / drawn.sum(axis=1, keepdims=True)
    shifts = rng.uniform(1 - moves.benchmarks, 1 + moves.benchmarks, (size, width))
    caps = _caps(group, moves, rng=rng, size=size)
    total, counted = np.zeros((size, len(rows))), np.zeros((size, len(rows)))
    for k, one in enumerate(group.indicators):
        points, counts_ = _item(
            evaluation, one, rows, weight=drawn[:, k : k + 1], shift=shifts[:, k : k + 1],
            cap=caps[:, k : k + 1],
        )  # fmt: skip
        total += points
        counted += np.where(counts_, drawn[:, k : k + 1], 0.0)
    partly = counted < weights.sum() * (1 - 1e-9)
    total = np.where(partly, total * weights.sum() / np.maximum(counted, 1.0), total)
    return np.floor(total + 0.5).astype(np.int64) + evaluation.steps["bonus"][rows]


def _caps(group: Group, moves: Moves, *, rng: np.random.Generator, size: int) -> Floats:
    own = [np.inf if one.cap is None else one.cap for one in group.indicators]
    if not moves.caps:
        return np.tile(own, (size, 1))
    choices = np.array([np.inf if cap is None else cap for cap in moves.caps])
    return np.repeat(rng.choice(choices, size)[:, None], len(own), axis=1)


def _item(
    evaluation: Evaluation,
    one: Indicator,
    rows: Ints,
    *,
    weight: Floats,
    shift: Floats,
    cap: Floats,
) -> tuple[Floats, Flags]:
    """Points of one indicator under each draw, shape (size, m), and whose weight counts."""
    steps = evaluation.steps
    ratio, reason = steps[f"{one.code}.ratio"][rows], steps[f"{one.code}.reason"][rows]
    if one.family == "rank":
        points = np.broadcast_to(steps[f"{one.code}.score"][rows], (len(weight), len(rows)))
        return points.astype(np.float64), np.ones(len(rows), dtype=np.bool_)
    if one.family == "minmax":
        share = np.broadcast_to(ratio, (len(weight), len(rows)))
    else:
        share = 2.0 - ratio / shift if one.family == "inverse" else ratio / shift
    floor = -np.inf if one.floor is None or one.family == "minmax" else one.floor
    share = np.clip(share, floor, cap if one.family in {"ratio", "inverse"} else np.inf)
    share = np.where(reason == KNOWN, share, 0.0)
    missing = (reason != KNOWN) & (reason != NEGATIVE)
    if one.missing == "group_mean" and (~missing).any():
        mean = share[:, ~missing].mean(axis=1, keepdims=True)
        share = np.where(missing, mean, share)
    counted = ~missing if one.missing == "renormalise" else np.ones(len(rows), dtype=np.bool_)
    return share * weight, counted


def _ranks(total: Ints) -> Ints:
    """Competition ranks along the last axis: 1 + how many are greater."""
    order = np.argsort(-total, axis=1, kind="stable")
    ordered = np.take_along_axis(total, order, axis=1)
    place = np.arange(total.shape[1])
    new = np.ones_like(ordered, dtype=np.bool_)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    found = np.empty(total.shape, dtype=np.int64)
    np.put_along_axis(found, order, first + 1, axis=1)
    return found


def _grades(
    evaluation: Evaluation, group: Group, rows: Ints, *, total: Ints, rank: Ints
) -> NDArray[np.int8]:
    """Grades by quota; ties, which perturbed scores hardly have, go up."""
    n = int(evaluation.steps["n"][rows].max())
    if small(group.quota, n):
        flat = graded_by(total.ravel(), group.quota.thresholds)
        return flat.reshape(total.shape)
    borders = np.asarray(counts(group.quota, n)[:-1], dtype=np.int64)
    return np.searchsorted(borders, rank.ravel(), side="left").reshape(rank.shape).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Causes:
    """Where the last grade comes from.

    Attributes:
        rules: how many units of the last grade each rule decided, most first.
        vetoes: of those by veto, by code.
        weakest: of those by quota, which indicator lost most against the group's mean score.
        despite: units of the last grade by quota alone although they reach an absolute line.
    """

    rules: Mapping[str, int]
    vetoes: Mapping[str, int]
    weakest: Mapping[str, int]
    despite: Ints


def causes(
    evaluation: Evaluation, *, indicator: str = "tax_per_mu", of: str = "group_mean",
    value: float = 1.0, points: float | None = None,
) -> Causes:  # fmt: skip
    """Say what put units into the last grade, and who is there only because of the quota.

    Args:
        evaluation: the batch.
        indicator: whose value is compared with the line.
        of: ``group_mean`` or ``fixed``.
        value: multiple of the mean, or the figure itself.
        points: a line in points instead; who reaches either is named.
    """
    scheme, steps = evaluation.scheme, evaluation.steps
    last = evaluation.final == len(scheme.grades) - 1
    rules = {
        DECISIVE[code][1]: int((last & (evaluation.decisive == code)).sum()) for code in DECISIVE
    }
    vetoed = last & (evaluation.decisive == BY_VETO)
    vetoes = {one.code: int((vetoed & steps[f"veto.{one.code}"]).sum()) for one in scheme.vetoes}
    forced = last & (evaluation.decisive == BY_QUOTA)
    good = np.zeros(len(last), dtype=np.bool_)
    if points is not None:
        good |= steps["total"] >= round(points * POINT)
    weakest: dict[str, int] = {}
    for group in scheme.groups:
        rows = np.flatnonzero(forced & (evaluation.group == scheme.groups.index(group)))
        for code, number in _weakest(evaluation, group, rows).items():
            weakest[code] = weakest.get(code, 0) + number
        if f"{indicator}.value" in steps and len(rows):
            item = evaluation.frozen.groups[group.code].get(indicator)
            line = bound_line(of, value, item.group_mean if item else float("nan"))
            with np.errstate(invalid="ignore"):
                good[rows] |= steps[f"{indicator}.value"][rows] >= line
    return Causes(_most(rules), _most(vetoes), _most(weakest), np.flatnonzero(forced & good))


def _weakest(evaluation: Evaluation, group: Group, rows: Ints) -> dict[str, int]:
    if not len(rows):
        return {}
    frozen = evaluation.frozen.groups[group.code]
    lost = np.stack(
        [
            (frozen[one.code].missing_score or 0) - evaluation.steps[f"{one.code}.score"][rows]
            for one in group.indicators
        ]
    )
    worst = lost.argmax(axis=0)
    return {one.code: int((worst == k).sum()) for k, one in enumerate(group.indicators)}


def _most(numbers: Mapping[str, int]) -> dict[str, int]:
    ordered: Sequence[tuple[str, int]] = sorted(
        numbers.items(), key=lambda pair: (-pair[1], pair[0])
    )
    return {name: number for name, number in ordered if number}
