"""Benchmarks of a group too large for arrays, equal to those of :mod:`jiqun.engine.indices.freeze`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from jiqun.engine.indices.exact import POINT, divided_one
from jiqun.engine.indices.quantities import factors
from jiqun.engine.indices.scheme import Group, Indicator, Scheme
from jiqun.engine.indices.score import FrozenItem
from jiqun.facts.indices.items import Expr, Rows, column, half_up, items, quotients, staged


def freeze_table(table: Rows, scheme: Scheme, group: Group) -> dict[str, FrozenItem]:
    """Compute the benchmarks of one group, all of what the engine freezes."""
    with staged():
        return freeze_rows(quotients(table, scheme, group), scheme, group, full=True)


def freeze_rows(
    rows: Rows, scheme: Scheme, group: Group, *, full: bool = False
) -> dict[str, FrozenItem]:
    """Compute the benchmarks of a table with quotients.

    Args:
        rows: from :func:`~jiqun.facts.indices.items.quotients`.
        scheme: whose bounds may ask for means.
        group: whose indicators.
        full: also what no score or bound of the scheme needs; without it fewer passes are made.
    """
    bounds = {bound.indicator for bound in scheme.bounds if bound.of == "group_mean"}
    sums: dict[str, Expr] = {}
    for one in group.indicators:
        sums |= _sums(rows, one, mean=full or one.code in bounds, ends=full)
    row = rows.aggregate(**sums).to_pyarrow().to_pylist()[0] if sums else {}
    first = {one.code: _first(rows, one, row) for one in group.indicators}
    filled = [one for one in group.indicators if full or one.missing == "group_mean"]
    return first | _missing_scores(rows, filled, first)


def _sums(rows: Rows, one: Indicator, *, mean: bool, ends: bool) -> dict[str, Expr]:
    """The aggregates that an indicator needs. A sum beyond int64 is refused by the engines."""
    value, kind = rows[f"{one.code}.value"], one.benchmark.kind
    defined, sums = value.notnull(), dict[str, Expr]()
    if mean or kind not in {"fixed", "provincial_list"}:
        sums[f"{one.code}.n"] = column(rows, one.numerator).sum(where=defined)
        sums[f"{one.code}.d"] = column(rows, one.denominator).sum(where=defined)
        sums[f"{one.code}.known"] = defined.sum()
    if ends or one.family == "minmax":
        ordinary = defined & ~rows[f"{one.code}.negative"]
        sums[f"{one.code}.low"] = value.min(where=ordinary)
        sums[f"{one.code}.high"] = value.max(where=ordinary)
    if kind == "group_mean_simple":
        sums[f"{one.code}.x"] = half_up(value * float(POINT)).sum(where=defined)
    return sums


def _whole(row: Mapping[str, int | float | None], name: str) -> int:
    return int(row.get(name) or 0)


def _first(rows: Rows, one: Indicator, row: Mapping[str, int | float | None]) -> FrozenItem:
    p, q = factors(one.unit)
    below, known = _whole(row, f"{one.code}.d") * q, _whole(row, f"{one.code}.known")
    mean = float(Fraction(_whole(row, f"{one.code}.n") * p, below)) if below > 0 else float("nan")
    rule, value, by = one.benchmark, float("nan"), dict[str, float]()
    if rule.kind in {"fixed", "provincial_list"}:
        value, by = rule.value, dict(rule.table)
    elif rule.kind == "group_mean_simple":
        sums = _whole(row, f"{one.code}.x") if known else 0
        value = float(Fraction(sums, POINT * known)) * rule.multiple if known else float("nan")
    else:
        value = mean * rule.multiple
        by = _by_industry(rows, one) if rule.kind == "industry_mean" else {}
    low, high = row.get(f"{one.code}.low"), row.get(f"{one.code}.high")
    if one.winsorise is not None and low is not None:
        low, high = (_quantile(rows, one, share) for share in one.winsorise)
    ends = [float("nan") if end is None else float(end) for end in (low, high)]
    return FrozenItem(value, by, ends[0], ends[1], mean, None, known)


def _by_industry(rows: Rows, one: Indicator) -> dict[str, float]:
    n, d = column(rows, one.numerator), column(rows, one.denominator)
    p, q = factors(one.unit)
    defined = rows[f"{one.code}.value"].notnull()
    grouped = rows.filter(defined & (rows["industry"] != "")).group_by("industry")
    sums = grouped.aggregate(n=n.sum(), d=d.sum())
    return {
        str(row["industry"]): float(Fraction(_whole(row, "n") * p, _whole(row, "d") * q))
        * one.benchmark.multiple
        for row in sorted(sums.to_pyarrow().to_pylist(), key=lambda row: row["industry"])
    }


def _quantile(rows: Rows, one: Indicator, share: float) -> float:
    """Nearest-rank quantile of the ordinary values."""
    value, negative = rows[f"{one.code}.value"], rows[f"{one.code}.negative"]
    values = rows.filter(value.notnull() & ~negative).select(value=value)
    count = int(values.count().to_pyarrow().as_py())
    place = -((-round(share * POINT) * count) // POINT)
    row = values.order_by("value").limit(1, offset=max(place, 1) - 1)
    return float(row.to_pyarrow()["value"][0].as_py())


def _missing_scores(
    rows: Rows, indicators: Sequence[Indicator], first: Mapping[str, FrozenItem]
) -> dict[str, FrozenItem]:
    """The mean score of each item over those with data, in one pass."""
    if not indicators:
        return {}
    scored = items(rows, indicators, first)
    sums: dict[str, Expr] = {}
    for one in indicators:
        with_data = ~scored[f"{one.code}.missing"]
        sums[one.code] = scored[f"{one.code}.score"].sum(where=with_data)
        sums[f"{one.code}.with"] = with_data.sum()
    row = scored.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return {
        one.code: replace(
            first[one.code],
            missing_score=divided_one(_whole(row, one.code), _whole(row, f"{one.code}.with")),
        )
        for one in indicators
        if row[f"{one.code}.with"]
    }
