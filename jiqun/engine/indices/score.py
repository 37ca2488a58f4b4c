"""Steps 5 to 8: indicators, frozen benchmarks, item scores, sum. Every step is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import POINT, Flags, Floats, Ints, divided, half_up
from jiqun.engine.indices.quantities import QUANTITIES, Figure, factors
from jiqun.engine.indices.scheme import Group, Indicator
from jiqun.engine.indices.units import PRODUCTION

(
    KNOWN, NO_NUMERATOR, NO_DENOMINATOR, ZERO_WITH_PRODUCTION, ZERO, BELOW_ZERO, WITHOUT_LAND,
    NEGATIVE, NO_BENCHMARK,
) = range(9)  # fmt: skip
REASONS: Mapping[int, tuple[str, str]] = {
    NO_NUMERATOR: ("分子未知", "the numerator is unknown"),
    NO_DENOMINATOR: ("分母未知", "the denominator is unknown"),
    ZERO_WITH_PRODUCTION: ("有生产而分母报零，按缺失处理，待核实", "zero though it produces: missing, to be verified"),
    ZERO: ("分母为零，不作除法", "the denominator is zero; nothing is divided"),
    BELOW_ZERO: ("分母为负，按缺失处理，待核实", "the denominator is negative: missing, to be verified"),
    WITHOUT_LAND: ("无用地，不作除法", "no land; nothing is divided"),
    NEGATIVE: ("分子为负，该项得 0 分", "the numerator is negative: the item is 0"),
    NO_BENCHMARK: ("没有基准值", "there is no benchmark"),
}  # fmt: skip
CENT = 10_000  # micro-points in 0.01 point, the step of weights
HUGE = 4e12  # micro-points; where a raw score is cut so that everything after it stays exact


@dataclass(frozen=True, slots=True)
class Quotient:
    """One indicator of some units.

    Attributes:
        numerator: base units, 0 where unknown.
        denominator: base units, 0 where unknown.
        value: in the indicator's unit, NaN where it is not defined.
        reason: why there is no ordinary value (keys of ``REASONS``), 0 where there is.
    """

    numerator: Ints
    denominator: Ints
    value: Floats
    reason: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class FrozenItem:
    """What one indicator of one group is measured against in a batch.

    Attributes:
        benchmark: in the indicator's unit; NaN where there is none.
        table: by two-digit industry; an industry that is not there has ``benchmark``.
        low: least value of ``minmax``.
        high: largest value of ``minmax``.
        group_mean: Σ numerator ÷ Σ denominator, for absolute bounds.
        missing_score: what ``group_mean`` gives where data are missing, micro-points.
        known: units with a value.
    """

    benchmark: float
    table: Mapping[str, float] = field(default_factory=dict[str, float])
    low: float = float("nan")
    high: float = float("nan")
    group_mean: float = float("nan")
    missing_score: int | None = None
    known: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator's points, step by step, in micro-points.

    ``raw`` is 0 where there is no value; ``filled`` is after the missing rule, ``floored`` and
    ``score`` after floor and cap. ``counted`` is false where the weight is left out.
    """

    quotient: Quotient
    benchmark: Floats
    ratio: Floats
    reason: NDArray[np.int8]
    raw: Ints
    filled: Ints
    floored: Ints
    score: Ints
    counted: Flags


def quotient(
    indicator: Indicator, figures: Mapping[str, Figure], *, months: Ints | None = None
) -> Quotient:
    """Return one indicator: ``(numerator·p) ÷ (denominator·q)``, p and q whole (:func:`factors`).

    Args:
        indicator: what is divided by what.
        figures: all that are known, shape (n,) each.
        months: of presence, to annualise a flow over a stock; None takes figures as they are.
    """
    above, below = figures[indicator.numerator], figures[indicator.denominator]
    n, d = above.clean(), below.clean()
    p, q = factors(indicator.unit)
    defined = above.known & below.known & (d > 0)
    top, bottom = n * p, np.where(defined, d, 1) * q
    stocks = QUANTITIES[indicator.numerator].stock, QUANTITIES[indicator.denominator].stock
    if months is not None and stocks[0] != stocks[1]:
        top, bottom = (top * months, bottom * 12) if stocks[0] else (top * 12, bottom * months)
    value = np.where(defined, top.astype(np.float64) / bottom.astype(np.float64), np.nan)
    return Quotient(n, d, value, _reasons(indicator, figures, above=above, below=below))


def _reasons(
    indicator: Indicator, figures: Mapping[str, Figure], *, above: Figure, below: Figure
) -> NDArray[np.int8]:
    """Later lines win: a negative numerator decides whatever the denominator is."""
    reason = np.zeros(len(above.value), dtype=np.int8)
    zero = below.known & (below.value == 0)
    if zero.any():
        works = np.zeros(len(reason), dtype=np.bool_)
        for name in PRODUCTION:
            if name in figures:
                works |= figures[name].known & (figures[name].value > 0)
        reason[zero] = ZERO
        reason[zero & works] = ZERO_WITH_PRODUCTION
    reason[below.known & (below.value < 0)] = BELOW_ZERO
    if indicator.denominator == "land":
        reason[below.known & (below.value <= 0)] = WITHOUT_LAND
    reason[~below.known] = NO_DENOMINATOR
    reason[~above.known] = NO_NUMERATOR
    if indicator.negative == "zero":
        reason[above.known & (above.value < 0)] = NEGATIVE
    return reason


def benchmark_of(frozen: FrozenItem, industry: NDArray[Any]) -> Floats:
    """Return the benchmark of each unit."""
    found = np.full(len(industry), frozen.benchmark)
    for code, value in frozen.table.items():
        found[industry == code] = value
    return found


def item(
    indicator: Indicator, frozen: FrozenItem, found: Quotient, *, industry: NDArray[Any]
) -> Item:
    """Return the points of one indicator: raw, missing rule, floor, cap, in this order.

    Args:
        indicator: family, weight, cap, floor and missing rule.
        frozen: benchmark, range and mean score of the batch.
        found: the quotients, shape (n,).
        industry: two digits, shape (n,).
    """
    benchmark = benchmark_of(frozen, industry)
    ratio, points, measurable = _points(indicator, frozen, found.value, benchmark=benchmark)
    reason = found.reason.copy()
    reason[(reason == KNOWN) & ~measurable] = NO_BENCHMARK
    valued = reason == KNOWN
    raw = half_up(np.clip(np.where(valued, points, 0.0), -HUGE, HUGE))
    missing = ~valued & (reason != NEGATIVE)
    filled, counted = raw, np.ones(len(raw), dtype=np.bool_)
    if indicator.missing == "group_mean" and frozen.missing_score is not None:
        filled = np.where(missing, frozen.missing_score, raw)
    elif indicator.missing == "renormalise":
        counted = ~missing
    floored, score = filled, filled
    if indicator.floor is not None and indicator.family != "rank":
        floored = np.maximum(filled, round(indicator.floor * indicator.weight))
        score = floored
    if indicator.cap is not None:
        score = np.minimum(floored, round(indicator.cap * indicator.weight))
    return Item(found, benchmark, ratio, reason, raw, filled, floored, score, counted)


def _points(
    indicator: Indicator, frozen: FrozenItem, value: Floats, *, benchmark: Floats
) -> tuple[Floats, Floats, Flags]:
    """Return the share of the weight, the points before rounding, and where both are defined."""
    weight = float(indicator.weight)
    if indicator.family == "rank":
        return value, value * float(POINT), ~np.isnan(value)
    if indicator.family == "minmax":
        share = _within(indicator, frozen, value)
        return share, share * weight, ~np.isnan(share)
    usable = benchmark > 0
    ratio = value / np.where(usable, benchmark, np.nan)
    share = 2.0 - ratio if indicator.family == "inverse" else ratio
    return ratio, share * weight, ~np.isnan(ratio)


def _within(indicator: Indicator, frozen: FrozenItem, value: Floats) -> Floats:
    if frozen.high == frozen.low:
        return np.where(np.isnan(value), np.nan, 1.0)
    place = np.minimum(np.maximum(value, frozen.low), frozen.high)
    base = indicator.base
    return base + (1.0 - base) * ((place - frozen.low) / (frozen.high - frozen.low))


@dataclass(frozen=True, slots=True)
class Scored:
    """Items of one group and their sum.

    ``known`` is the share of the weights that rests on data, in basis points.
    """

    items: Mapping[str, Item]
    total: Ints
    known: Ints


def score(
    group: Group,
    frozen: Mapping[str, FrozenItem],
    figures: Mapping[str, Figure],
    *,
    industry: NDArray[Any],
    months: Ints | None = None,
) -> Scored:
    """Return the items and sums of the units of one group against frozen benchmarks.

    Args:
        group: whose indicators count.
        frozen: by indicator.
        figures: every numerator and denominator, shape (n,) each.
        industry: two digits, shape (n,).
        months: see :func:`quotient`.
    """
    items = {
        one.code: item(
            one, frozen[one.code], quotient(one, figures, months=months), industry=industry
        )
        for one in group.indicators
    }
    return Scored(items, *add(group, items))


def add(group: Group, items: Mapping[str, Item]) -> tuple[Ints, Ints]:
    """Return the sum of the items, weights of left-out items shared out, and what is known."""
    count = len(next(iter(items.values())).score)
    points, counted, known = (np.zeros(count, dtype=np.int64) for _ in range(3))
    whole = sum(one.weight for one in group.indicators)
    for one in group.indicators:
        found = items[one.code]
        points += np.where(found.counted, found.score, 0)
        counted += np.where(found.counted, one.weight, 0)
        known += np.where((found.reason == KNOWN) | (found.reason == NEGATIVE), one.weight, 0)
    partly = (counted > 0) & (counted < whole)
    if partly.any():
        # Weights are multiples of 0.01, so the product stays below 2⁶³ whatever the scores.
        shared = divided(points * (whole // CENT), np.where(partly, counted // CENT, 1))
        points = np.where(partly, shared, points)
    return points, known * 10_000 // whole


def needed(group: Group) -> set[str]:
    """Return the quantities that a group's indicators ask for."""
    return {name for one in group.indicators for name in (one.numerator, one.denominator)}
