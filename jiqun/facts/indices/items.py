"""Items of a per-mu evaluation as Ibis expressions: the same arithmetic as the engine's arrays.

Every expression mirrors one line of :mod:`jiqun.engine.indices.score`: single operations of
float64 in the same order between whole numbers, so DuckDB and Spark give the same micro-points.
Where arrays have NaN a table has null.

Each stage is a query on the one before and names its columns; :func:`staged` keeps Ibis from
writing stages into each other, which would repeat every expression wherever it is used.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
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


def divided(dividend: Expr, divisor: Expr) -> Expr:
    """Whole division rounded half up, exact: what is left over is taken off before dividing.

    The engines divide through float64; a quotient below 2⁵² of an exact multiple comes back
    whole by rounding.
    """
    twice, by = dividend * 2 + divisor, divisor * 2
    rest = ((twice % by) + by) % by
    return ((twice - rest).cast("float64") / by.cast("float64")).round().cast("int64")


@contextmanager
def staged() -> Generator[None]:
    """Compile queries stage by stage; what they return is the same either way."""
    before = ib.options.sql.fuse_selects
    ib.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ib.options.sql.fuse_selects = before


def quotients(table: Rows, scheme: Scheme, group: Group) -> Rows:
    """Add ``<code>.value`` (null where not defined) and ``<code>.negative`` of each indicator."""
    columns: dict[str, Expr] = {}
    for one in group.indicators:
        n, d = column(table, one.numerator), column(table, one.denominator)
        p, q = factors(one.unit)
        top, bottom = n * p, d * q
        stocks = QUANTITIES[one.numerator].stock, QUANTITIES[one.denominator].stock
        if scheme.mid_year == "annualise" and "months" in table.columns and stocks[0] != stocks[1]:
            months = table["months"].cast("int64")
            top, bottom = (top * months, bottom * 12) if stocks[0] else (top * 12, bottom * months)
        # A null numerator gives a null value; the divisor never is zero, which Spark refuses.
        safe = ib.ifelse(d > 0, bottom, ib.null("int64"))
        columns[f"{one.code}.value"] = top.cast("float64") / safe.cast("float64")
        columns[f"{one.code}.negative"] = (
            (n < 0).fill_null(False) if one.negative == "zero" else ib.literal(False)
        )
    return table.mutate(**columns)


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


def _share(table: Rows, one: Indicator, frozen: FrozenItem) -> Expr:
    """The share of the weight before floor and cap; null where there is none."""
    value = table[f"{one.code}.value"]
    if one.family == "minmax":
        if frozen.high == frozen.low:
            return ib.ifelse(value.notnull(), 1.0, ib.null("float64"))
        low, high = frozen.low, frozen.high
        place = ib.ifelse(value < low, low, ib.ifelse(value > high, high, value))
        return one.base + (1.0 - one.base) * ((place - low) / (high - low))
    ratio = value / _benchmark(table, frozen)
    return 2.0 - ratio if one.family == "inverse" else ratio


def _points(table: Rows, one: Indicator, frozen: FrozenItem) -> Expr:
    if one.family == "rank":
        return table[f"{one.code}.value"] * float(POINT)
    return _share(table, one, frozen) * float(one.weight)


def items(table: Rows, every: Sequence[Indicator], frozen: Mapping[str, FrozenItem]) -> Rows:
    """Add ``<code>.score`` and ``<code>.missing`` to a table with quotients.

    Args:
        table: from :func:`quotients`.
        every: the indicators.
        frozen: benchmarks by indicator.
    """
    points_ = {f"{one.code}.points": _points(table, one, frozen[one.code]) for one in every}
    pointed = table.mutate(**points_)
    columns: dict[str, Expr] = {}
    for one in every:
        points, negative = pointed[f"{one.code}.points"], pointed[f"{one.code}.negative"]
        within = ib.ifelse(points > HUGE, HUGE, ib.ifelse(points < -HUGE, -HUGE, points))
        valued = points.notnull() & ~negative
        columns[f"{one.code}.missing"] = ~valued & ~negative
        columns[f"{one.code}.raw"] = ib.ifelse(valued, half_up(within), 0)
    raw = pointed.mutate(**columns)
    return raw.mutate(**{f"{one.code}.score": _score(raw, one, frozen[one.code]) for one in every})


def _score(raw: Rows, one: Indicator, frozen: FrozenItem) -> Expr:
    """Missing rule, floor and cap."""
    score = raw[f"{one.code}.raw"]
    if one.missing == "group_mean" and frozen.missing_score is not None:
        score = ib.ifelse(raw[f"{one.code}.missing"], frozen.missing_score, score)
    if one.floor is not None and one.family != "rank":
        score = ib.greatest(score, round(one.floor * one.weight))
    if one.cap is not None:
        score = ib.least(score, round(one.cap * one.weight))
    return score.cast("int64")


def added(table: Rows, group: Group) -> Rows:
    """Add ``sum`` and ``known`` to a table with items."""
    points, counted, known = (ib.literal(0, "int64") for _ in range(3))
    for one in group.indicators:
        score, missing = table[f"{one.code}.score"], table[f"{one.code}.missing"]
        if one.missing == "renormalise":
            points = points + ib.ifelse(missing, 0, score)
            counted = counted + ib.ifelse(missing, 0, one.weight)
        else:
            points, counted = points + score, counted + one.weight
        known = known + ib.ifelse(missing, 0, one.weight)
    whole = sum(one.weight for one in group.indicators)
    share = (known.cast("float64") * 10_000.0 / float(whole)).floor().cast("int64")
    sums = table.mutate(points=points.cast("int64"), counted=counted.cast("int64"), known=share)
    if all(one.missing != "renormalise" for one in group.indicators):
        return sums.mutate(sum=sums["points"])
    # Weights are whole cents of a point, so this quotient is whole.
    cents = (sums["counted"].cast("float64") / float(CENT)).round().cast("int64")
    partly = (sums["counted"] > 0) & (sums["counted"] < whole)
    cut = sums.mutate(partly=partly, cents=ib.ifelse(partly, cents, 1))
    shared = divided(cut["points"] * (whole // CENT), cut["cents"])
    return cut.mutate(sum=ib.ifelse(cut["partly"], shared, cut["points"]).cast("int64"))


def scored(table: Rows, scheme: Scheme, group: Group, frozen: Mapping[str, FrozenItem]) -> Rows:
    """Add ``<code>.value`` and ``<code>.score`` of each indicator, ``sum`` and ``known``.

    Args:
        table: units of one group; quantities as whole base units, null unknown; ``industry``
            where benchmarks differ by it, ``months`` where part years are annualised.
        scheme: the rules.
        group: whose indicators.
        frozen: benchmarks by indicator.
    """
    return added(items(quotients(table, scheme, group), group.indicators, frozen), group)
