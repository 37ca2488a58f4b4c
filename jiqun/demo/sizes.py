"""Size class of a firm by staff and revenue (国统字〔2017〕213号), with the cases of this demo.

Class = the lower of the class by staff and the class by revenue. Where the rule needs assets,
which the demo does not have, the class is unknown (null), not micro.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

# Divisions (prefixes of the code) → lower bounds of large, medium, small: staff; revenue, 万元.
INDUSTRY = ((1000, 300, 20), (40_000, 2000, 300))
BOUNDS: Mapping[str, tuple[tuple[int, int, int], tuple[int, int, int] | None]] = {
    "51": ((200, 20, 5), (40_000, 5000, 1000)),
    "52": ((300, 50, 10), (20_000, 500, 100)),
    "54": ((1000, 300, 20), (30_000, 3000, 200)),
    "59": ((200, 100, 20), (30_000, 1000, 100)),
    "60": ((1000, 300, 20), (30_000, 2000, 100)),
    "65": ((300, 100, 10), (10_000, 1000, 50)),
    "74": ((300, 100, 10), None),  # staff alone
}
BY_ASSETS = ("72",)
CLASSES = ("micro", "small", "medium", "large")


def _rank(values: pl.Expr, bounds: tuple[int, int, int]) -> pl.Expr:
    return pl.sum_horizontal((values >= bound).cast(pl.Int32) for bound in bounds)


def _class(bounds: tuple[tuple[int, int, int], tuple[int, int, int] | None]) -> pl.Expr:
    staff, revenue = bounds
    rank = _rank(pl.col("staff"), staff)
    return rank if revenue is None else pl.min_horizontal(rank, _rank(pl.col("revenue"), revenue))


def scale(group: pl.Series, staff: pl.Series, revenue: pl.Series, *, known: pl.Series) -> pl.Series:
    """Return large, medium, small or micro for each firm; null where ``known`` is false.

    Args:
        group: industry code, at least the two digits of its division.
        staff: persons.
        revenue: 万元.
        known: whether staff and revenue are reported.

    >>> one = pl.Series
    >>> scale(one(["176"]), one([300]), one([1999]), known=one([True])).to_list()
    ['small']
    """
    division = pl.col("group").str.slice(0, 2)
    rank = _class(INDUSTRY)
    for prefix, bounds in BOUNDS.items():
        rank = pl.when(division == prefix).then(_class(bounds)).otherwise(rank)
    usable = pl.col("known") & ~division.is_in(BY_ASSETS)
    frame = pl.DataFrame({"group": group, "staff": staff, "revenue": revenue, "known": known})
    names = dict(enumerate(CLASSES))
    return frame.select(
        pl.when(usable).then(rank.replace_strict(names, return_dtype=pl.String)).alias("scale")
    ).to_series()
