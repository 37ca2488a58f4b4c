"""Step 6: benchmarks of a batch, computed once and frozen.

Means are quotients of exact sums; a simple mean first puts every value into whole millionths.
Units that belong to no group count nowhere; vetoed and T units count, since a benchmark says
what the group is like, not who is good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import (
    POINT,
    Flags,
    Floats,
    Ints,
    digest_of,
    divided_one,
    half_up,
    nearest_rank,
    total,
)
from jiqun.engine.indices.quantities import factors
from jiqun.engine.indices.scheme import Group, Indicator, Scheme
from jiqun.engine.indices.score import KNOWN, NEGATIVE, FrozenItem, Quotient, item, quotient
from jiqun.engine.indices.units import Units


@dataclass(frozen=True, slots=True)
class Frozen:
    """Benchmarks of one batch under one scheme.

    Attributes:
        scheme: digest of the rules; other rules need another batch.
        groups: by group, then by indicator.
    """

    scheme: str
    groups: Mapping[str, Mapping[str, FrozenItem]]

    def digest(self) -> str:
        """Return the SHA-256 of every frozen figure."""
        plain = {
            code: {
                name: [one.benchmark.hex(), one.low.hex(), one.high.hex(), one.group_mean.hex(),
                       one.missing_score, one.known, sorted((k, v.hex()) for k, v in one.table.items())]
                for name, one in items.items()
            }
            for code, items in self.groups.items()
        }  # fmt: skip
        return digest_of([self.scheme, plain])


def freeze(scheme: Scheme, units: Units, *, group: Ints) -> Frozen:
    """Compute the benchmarks of every group of a batch.

    Args:
        scheme: the rules.
        units: the batch, already checked.
        group: from :func:`~jiqun.engine.indices.units.assign`.
    """
    industries, groups = units.industries(), {}
    for place, one in enumerate(scheme.groups):
        rows = np.flatnonzero(group == place)
        figures = {name: units.figure(name).take(rows) for name in units.figures}
        for name in {n for i in one.indicators for n in (i.numerator, i.denominator)}:
            figures.setdefault(name, units.figure(name).take(rows))
        months = None
        if scheme.mid_year == "annualise" and units.months is not None:
            months = units.months[rows]
        groups[one.code] = _items(
            one,
            {i.code: quotient(i, figures, months=months) for i in one.indicators},
            industries[rows],
        )
    return Frozen(scheme.digest, groups)


def _items(
    group: Group, quotients: Mapping[str, Quotient], industry: NDArray[Any]
) -> dict[str, FrozenItem]:
    return {
        one.code: frozen_item(one, quotients[one.code], industry=industry)
        for one in group.indicators
    }


def frozen_item(indicator: Indicator, found: Quotient, *, industry: NDArray[Any]) -> FrozenItem:
    """Return what one indicator of one group is measured against."""
    defined = ~np.isnan(found.value)
    mean = weighted_mean(indicator, found.numerator[defined], found.denominator[defined])
    low, high = _range(indicator, found.value[(found.reason == KNOWN) & defined])
    value, table = _benchmark(indicator, found, defined, mean=mean, industry=industry)
    first = FrozenItem(value, table, low, high, mean, None, int(defined.sum()))
    points = item(indicator, first, found, industry=industry)
    with_data = (points.reason == KNOWN) | (points.reason == NEGATIVE)
    missing = None
    if with_data.any():
        missing = divided_one(total(points.score[with_data]), int(with_data.sum()))
    return FrozenItem(value, table, low, high, mean, missing, first.known)


def weighted_mean(indicator: Indicator, numerator: Ints, denominator: Ints) -> float:
    """Return Σ numerator ÷ Σ denominator in the indicator's unit; NaN over nothing."""
    p, q = factors(indicator.unit)
    below = total(denominator) * q
    return float(Fraction(total(numerator) * p, below)) if below > 0 else float("nan")


def simple_mean(values: Floats) -> float:
    """Return the mean of values, each first rounded to whole millionths; NaN over nothing."""
    if not len(values):
        return float("nan")
    return float(Fraction(total(half_up(values * float(POINT))), POINT * len(values)))


def _range(indicator: Indicator, values: Floats) -> tuple[float, float]:
    ordered = np.sort(values)
    if not len(ordered):
        return float("nan"), float("nan")
    if indicator.winsorise is None:
        return float(ordered[0]), float(ordered[-1])
    low, high = indicator.winsorise
    return nearest_rank(ordered, low), nearest_rank(ordered, high)


def _benchmark(
    indicator: Indicator, found: Quotient, defined: Flags, *, mean: float, industry: NDArray[Any]
) -> tuple[float, dict[str, float]]:
    rule = indicator.benchmark
    if rule.kind in {"fixed", "provincial_list"}:
        return rule.value, dict(rule.table)
    if rule.kind == "group_mean_simple":
        return simple_mean(found.value[defined]) * rule.multiple, {}
    table: dict[str, float] = {}
    if rule.kind == "industry_mean":
        for code in np.unique(industry[defined]):
            rows = defined & (industry == code)
            if code:
                value = weighted_mean(indicator, found.numerator[rows], found.denominator[rows])
                table[str(code)] = value * rule.multiple
    return mean * rule.multiple, table
