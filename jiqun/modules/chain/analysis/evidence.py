"""What else is known of a place's industries: growth against the nation, and where they sell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from jiqun.core.factstore import lawful_rows, rows
from jiqun.core.lawful.gate import LawfulRead
from jiqun.engine.regional.growth import shift_share
from jiqun.errors import JiqunError
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Floats, Scope
from jiqun.modules.chain.analysis.panel import Panel, periods_of, places_within, read_panel

FEWEST_SELLERS = 5  # below this an industry's share would show single firms
YEARS_BACK = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """Since ``since``: yearly growth of the reference area, and the place's competitive effect.

    The competitive effect is the third term of the shift-share identity: how much more (or less)
    the place grew than the same industry elsewhere, in the unit of the measure. All (n,), NaN
    where a figure is not known.
    """

    since: str
    growth: Floats
    competitive: Floats


def trend(store: Store, at: Snapshot, scope: Scope, panel: Panel, measure: str) -> Trend:
    """Compare with the earliest full year of at most five back that has the same measure."""
    unknown = Trend("", *(np.full(panel.detail.size, np.nan) for _ in range(2)))
    if len(scope.period) != 4:
        return unknown
    oldest = str(int(scope.period) - YEARS_BACK)
    years = [
        p
        for p in periods_of(store, at, scope.classification)
        if len(p) == 4 and oldest <= p < scope.period
    ]
    if not years:
        return unknown
    try:
        before = read_panel(store, at, Scope(scope.place, scope.classification, years[0]))
    except JiqunError:
        return unknown
    if measure not in before.values:
        return unknown
    start, end = before.values[measure][:, panel.detail], panel.values[measure][:, panel.detail]
    first, last = np.nansum(start, axis=0), np.nansum(end, axis=0)
    span = int(scope.period) - int(years[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where((first > 0) & (last > 0), (last / first) ** (1 / span) - 1, np.nan)
    own = shift_share(
        start[before.places.index(scope.place)], end[panel.places.index(scope.place)], first, last
    )
    return Trend(years[0], growth, np.where(first > 0, own.competitive, np.nan))


def invoiced_outside(
    store: Store, at: Snapshot, scope: Scope, codes: Sequence[str]
) -> tuple[Floats, LawfulRead]:
    """Share of recorded sales that goes to buyers beyond the place, by the seller's main industry.

    Returns:
        (n,) shares by value; NaN where fewer than five sellers have recorded sales, because the
        figure would show single firms. The caller then falls back on the location quotient. And
        what became of the sales: those without a lawful basis for this are not read.
    """
    result = np.full(len(codes), np.nan)
    columns = ["seller", "buyer", "value"]
    found = lawful_rows(
        store, "trade_link", columns, at, purpose="chain",
        reference=f"产业链分析 {scope.place} {scope.classification} {scope.period} @{at.id[:12]}",
    )  # fmt: skip
    links = found.frame
    if links.is_empty():
        return result, found.read
    within = places_within(store, at, scope.place)
    local = set(rows(store, "firm", ["firm"], at, place=within)["firm"])
    mains = rows(
        store,
        "firm_industry",
        ["firm", "industry"],
        at,
        classification=scope.classification,
        main=True,
    )
    sold = links.filter(pl.col("seller").is_in(local)).join(
        mains, left_on="seller", right_on="firm"
    )
    away = pl.col("value").filter(~pl.col("buyer").is_in(local)).sum()
    for i, code in enumerate(codes):
        part = sold.filter(pl.col("industry").str.starts_with(code))
        total = part["value"].sum()
        if total and part["seller"].n_unique() >= FEWEST_SELLERS:
            result[i] = part.select(away).item() / total
    return result, found.read
