"""Which firms lie in which places, as the register of firms has it."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import polars as pl

from jiqun.core.opened import store
from jiqun.facts.store.store import Store


@lru_cache(maxsize=4)
def _register(facts: Store, version: int) -> pl.DataFrame:
    """Firm and place of the register; kept per version, because every firm-level page asks."""
    del version  # part of the cache's key
    return facts.polars("firm", ["firm", "place"])


def firms_within(
    firms: Collection[str], places: Collection[str], facts: Store | None = None
) -> frozenset[str]:
    """Return those of ``firms`` that the register places in one of ``places`` or within it.

    A place lies within another when its code begins with the other's. Firms that the register
    does not have, or has without a place, are in none.
    """
    if not firms or not places:
        return frozenset()
    opened = store() if facts is None else facts
    register = _register(opened, opened.version("firm"))
    if "*" not in places:
        inside = [pl.col("place").str.starts_with(place) for place in sorted(places)]
        register = register.filter(pl.any_horizontal(inside))
    asked = pl.DataFrame({"firm": sorted(firms)}, schema={"firm": pl.String})
    return frozenset(asked.join(register, on="firm", how="semi")["firm"])
