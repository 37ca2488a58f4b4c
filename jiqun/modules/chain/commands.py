"""What ``jiqun run chain`` does: choose the scopes, compute each, store the findings."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from jiqun.core.factstore import own_places, table
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.entry import run_entry
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.findings import run_chain

FEW = 12


def default_scopes(
    store: Store, place: str = "", classification: str = "", period: str = ""
) -> list[Scope]:
    """Return the scopes to compute: the given parts, the newest full year of the rest.

    Without a place, the places that the folder named as its own (``[county] place``), else the
    few with the most cells, so that a first run shows something.

    Raises:
        JiqunError: ``E-SCOPE-EMPTY`` when no cells fit.
    """
    cells = table(store, "industry_cell", None, **{
        name: value for name, value in (("classification", classification), ("period", period)) if value
    })  # fmt: skip
    counted = (
        cells.group_by("classification", "period", "place").agg(cells=cells.count()).to_polars()
    )
    years = counted.filter(pl.col("period").str.len_chars() == 4)
    counted = years if years.height else counted
    if place:
        counted = counted.filter(pl.col("place") == place)
    if counted.is_empty():
        raise JiqunError(
            "E-SCOPE-EMPTY",
            f"没有符合条件的行业数据：地方 {place or '任意'}、分类 {classification or '任意'}、期间 {period or '任意'}",
            f"no cells fit (place {place or 'any'}, classification {classification or 'any'}, "
            f"period {period or 'any'})",
            hint_zh="先装载行业单元表：jiqun load 文件夹",
            hint_en="load industry cells first: jiqun load FOLDER",
            kind=Kind.NOT_FOUND,
        )
    newest = counted.filter(
        pl.col("period") == pl.col("period").max().over("classification", "place")
    )
    own = own_places(store)
    chosen = newest if place else newest.filter(pl.col("place").is_in(own))
    if chosen.is_empty():
        chosen = newest.sort("cells", descending=True).head(FEW)
    return [
        Scope(row["place"], row["classification"], row["period"])
        for row in chosen.sort("place").iter_rows(named=True)
    ]


def run_scopes(
    store: Store,
    *,
    place: str = "",
    classification: str = "",
    period: str = "",
    progress: Callable[[str], None] = lambda _text: None,
) -> list[str]:
    """Compute the chain map of the chosen scopes and return the runs' ids."""
    scopes = default_scopes(store, place, classification, period)
    run_entry(store, store.snapshot(), scopes, say=progress)
    runs: list[str] = []
    for number, scope in enumerate(scopes, start=1):
        progress(f"{number}/{len(scopes)} {scope.place} {scope.classification} {scope.period}")
        runs.append(run_chain(store, scope)[0])
    return runs
