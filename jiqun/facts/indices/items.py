"""Items of a per-mu evaluation as Ibis expressions: the same arithmetic as the engine's arrays.

Every expression mirrors one line of :mod:`jiqun.engine.indices.score`: single operations of
float64 in the same order between whole numbers, so DuckDB and Spark give the same micro-points.
Where arrays have NaN a table has null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import QUANTITIES, factors
from jiqun.engine.indices.scheme import Group, Indicator, Scheme
from jiqun.engine.indices.score import CENT, HUGE, FrozenItem

# Ibis types its expressions when they are made, not in its annotations.
Rows = Any  # ibis.expr.types.Table
Expr = Any  # ibis.expr.types.Value
ib: Any = ibis


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """Expressions of one indicator.

    Attributes:
        value: the quotient, null where it is not defined.
        defined: whether it is, never null.
        negative: whether a negative numerator decides, never null.
        score: micro-points after missing rule, floor and cap.
        with_data: whether the score rests on data.
        counted: whether the weight counts.
    """

    value: Expr
    defined: Expr
    negative: Expr
    score: Expr
    with_data: Expr
    counted: Expr


def column(table: Rows, name: str) -> Expr:
    """Return a quantity as int64; null throughout where the table lacks it."""
    if name in table.columns:
        return table[name].cast("int64")
    # Shaped like a column, so that it can be summed.
    none = ib.null("int64")
    return ib.ifelse(table[table.columns[0]].isnull(), none, none)


def half_up(value: Expr) -> Expr:
    """``floor(x + 0.5)`` as int64."""
    return (value + 0.5).floor().cast("int64")


def divided(dividend: Expr, divisor: Expr | int) -> Expr:
    """Whole division rounded half up, exact: what is left over is taken off before dividing.

    The engines divide through float64; a quotient below 2⁵² of an exact multiple comes back
    whole by rounding.
    """
    twice, by = dividend * 2 + divisor, 2 * divisor
    rest = twice % by
    rest = ib.ifelse(rest < 0, rest + by, rest)
    return ((twice - rest).cast("float64") / _float(by)).round().cast("int64")


def _float(value: Expr | int) -> Expr:
    return ib.literal(float(value)) if isinstance(value, int) else value.cast("float64")


def quotient(table: Rows, one: Indicator, scheme: Scheme) -> tuple[Expr, Expr, Expr]:
    """Return value, whether it is defined, and whether a negative numerator decides."""
    n, d = column(table, one.numerator), column(table, one.denominator)
    p, q = factors(one.unit)
    defined = (n.notnull() & d.notnull() & (d > 0)).fill_null(False)
    top, bottom = n * p, ib.ifelse(defined, d, 1) * q
    stocks = QUANTITIES[one.numerator].stock, QUANTITIES[one.denominator].stock
    if scheme.mid_year == "annualise" and "months" in table.columns and stocks[0] != stocks[1]:
        months = table["months"].cast("int64")
        top, bottom = (top * months, bottom * 12) if stocks[0] else (top * 12, bottom * months)
    value = ib.ifelse(defined, top.cast("float64") / bottom.cast("float64"), ib.null("float64"))
    negative = ib.literal(False)
    if one.negative == "zero":
        negative = (n.notnull() & (n < 0)).fill_null(False)
    return value, defined, negative


def _benchmark(table: Rows, frozen: FrozenItem) -> Expr:
    """The benchmark of each row; null where there is none or it is not positive."""
    other = ib.literal(frozen.benchmark) if frozen.benchmark > 0 else ib.null("float64")
    if not frozen.table:
        return other
    branches = [
        (table["industry"] == code, ib.literal(value) if value > 0 else ib.null("float64"))
        for code, value in frozen.table.items()
    ]
    return ib.cases(*branches, else_=other)


def _points(table: Rows, one: Indicator, frozen: FrozenItem, value: Expr) -> Expr:
    weight = float(one.weight)
    if one.family == "rank":
        return value * float(POINT)
    if one.family == "minmax":
        if frozen.high == frozen.low:
            return ib.ifelse(value.notnull(), weight, ib.null("float64"))
        low, high = frozen.low, frozen.high
        place = ib.ifelse(value < low, low, ib.ifelse(value > high, high, value))
        return (one.base + (1.0 - one.base) * ((place - low) / (high - low))) * weight
    ratio = value / _benchmark(table, frozen)
    return ((2.0 - ratio) if one.family == "inverse" else ratio) * weight


def item(table: Rows, one: Indicator, scheme: Scheme, frozen: FrozenItem) -> ItemColumns:
    """Return the expressions of one indicator against frozen benchmarks."""
    value, defined, negative = quotient(table, one, scheme)
    points = _points(table, one, frozen, value)
    valued = points.notnull() & ~negative
    within = ib.ifelse(points > HUGE, HUGE, ib.ifelse(points < -HUGE, -HUGE, points))
    raw = ib.ifelse(valued, half_up(within), 0)
    missing = ~valued & ~negative
    filled, counted = raw, ib.literal(True)
    if one.missing == "group_mean" and frozen.missing_score is not None:
        filled = ib.ifelse(missing, frozen.missing_score, raw)
    elif one.missing == "renormalise":
        counted = ~missing
    score = filled
    if one.floor is not None and one.family != "rank":
        least = round(one.floor * one.weight)
        score = ib.ifelse(score < least, least, score)
    if one.cap is not None:
        most = round(one.cap * one.weight)
        score = ib.ifelse(score > most, most, score)
    return ItemColumns(value, defined, negative, score.cast("int64"), ~missing, counted)


def scored(table: Rows, scheme: Scheme, group: Group, frozen: Mapping[str, FrozenItem]) -> Rows:
    """Add ``<code>.value`` and ``<code>.score`` of each indicator, ``sum`` and ``known``.

    Args:
        table: units of one group; quantities as whole base units, null unknown; ``industry``
            where benchmarks differ by it, ``months`` where part years are annualised.
        scheme: the rules.
        group: whose indicators.
        frozen: benchmarks by indicator.
    """
    items = {one.code: item(table, one, scheme, frozen[one.code]) for one in group.indicators}
    columns: dict[str, Expr] = {}
    points, counted, known = (ib.literal(0, "int64") for _ in range(3))
    for one in group.indicators:
        found = items[one.code]
        columns[f"{one.code}.value"] = found.value
        columns[f"{one.code}.score"] = found.score
        points = points + ib.ifelse(found.counted, found.score, 0)
        counted = counted + ib.ifelse(found.counted, one.weight, 0)
        known = known + ib.ifelse(found.with_data, one.weight, 0)
    whole = sum(one.weight for one in group.indicators)
    if any(one.missing == "renormalise" for one in group.indicators):
        # Weights are whole cents of a point, so this quotient is whole.
        cents = (counted.cast("float64") / float(CENT)).round().cast("int64")
        partly = (counted > 0) & (counted < whole)
        by = ib.ifelse(partly, cents, 1)
        points = ib.ifelse(partly, divided(points * (whole // CENT), by), points)
    share = (known.cast("float64") * 10_000.0 / float(whole)).floor().cast("int64")
    return table.mutate(**columns, sum=points.cast("int64"), known=share)
