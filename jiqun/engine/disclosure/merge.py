"""Merging neighbouring categories where withholding cells is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from jiqun.engine.disclosure.tables import WHOLE, System, Table

JOIN = "+"


@dataclass(frozen=True, slots=True)
class Merge:
    """Two codes of one level of one dimension that became one category."""

    dimension: str
    level: str
    first: str
    second: str

    @property
    def code(self) -> str:
        """Code of the merged category."""
        return f"{self.first}{JOIN}{self.second}"


def apply_merge(table: Table, merge: Merge) -> Table:
    """Return the table with the two categories as one."""
    level = pl.col(merge.level)
    merged = (
        pl.when(level.is_in([merge.first, merge.second])).then(pl.lit(merge.code)).otherwise(level)
    )
    return replace(table, rows=table.rows.with_columns(merged.alias(merge.level)))


def next_merge(table: Table, system: System, exposed: Sequence[int]) -> Merge | None:
    """Choose the merge that helps most exposed cells with the least loss of detail.

    Candidates are neighbouring codes (by code order, under the same coarser code) of the finest
    level, of which one is the code of an exposed cell. Exposed margins go first: a category that
    one firm dominates exposes itself in every table. Then the most exposed cells count, then the
    smallest value.

    Returns:
        The merge, or None when no candidate is left.
    """
    hits = _hits(table, system, exposed)
    best: tuple[tuple[int, int, float], Merge] | None = None
    for at, dimension in enumerate(table.dimensions):
        level = dimension.levels[-1]
        coarser = list(dimension.levels[:-1])
        value = pl.col("value").abs().sum()
        sizes = table.rows.group_by(*coarser, level).agg(value).sort(*coarser, level)
        rows = sizes.rows(named=True)
        for left, right in pairwise(rows):
            codes = (str(left[level]), str(right[level]))
            margin, inner = (sum(hits.get((at, code), (0, 0))[n] for code in codes) for n in (0, 1))
            if any(left[name] != right[name] for name in coarser) or not margin + inner:
                continue
            score = (-margin, -inner, float(min(left["value"], right["value"])))
            if best is None or score < best[0]:
                best = (score, Merge(dimension.name, level, *codes))
    return best[1] if best else None


def _hits(
    table: Table, system: System, exposed: Sequence[int]
) -> dict[tuple[int, str], tuple[int, int]]:
    """Exposed margins and inner cells by (dimension, code)."""
    mine = system.places.filter(
        pl.col("cell").is_in(list(exposed)) & (pl.col("table") == table.key)
    )
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for coordinate in mine["coordinate"]:
        codes = coordinate.split("|")
        margin = WHOLE in codes
        for at, code in enumerate(codes):
            if code != WHOLE:
                before = found.get((at, code), (0, 0))
                found[at, code] = (before[0] + margin, before[1] + (not margin))
    return found
