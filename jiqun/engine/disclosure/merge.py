"""Merging neighbouring categories where withholding cells is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

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
    codes = np.asarray(table.rows[merge.level], dtype=object)
    mine = np.isin(codes.astype(str), [merge.first, merge.second])
    return replace(table, rows={**table.rows, merge.level: np.where(mine, merge.code, codes)})


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
        for left, right in pairwise(_sizes(table, [*coarser, level])):
            codes = (left[0][-1], right[0][-1])
            margin, inner = (sum(hits.get((at, code), (0, 0))[n] for code in codes) for n in (0, 1))
            if left[0][:-1] != right[0][:-1] or not margin + inner:
                continue
            score = (-margin, -inner, min(left[1], right[1]))
            if best is None or score < best[0]:
                best = (score, Merge(dimension.name, level, *codes))
    return best[1] if best else None


def _sizes(table: Table, levels: Sequence[str]) -> list[tuple[tuple[str, ...], float]]:
    """Codes of the finest level with those above it, and the size of each, in order of code."""
    size = np.abs(np.asarray(table.rows["value"], dtype=np.float64))
    codes = np.stack([np.asarray(table.rows[level], dtype=object).astype(str) for level in levels])
    known, group = np.unique(codes, axis=1, return_inverse=True)
    sums = np.bincount(group.reshape(-1), weights=size)
    return [(tuple(map(str, key)), float(sum_)) for key, sum_ in zip(known.T, sums, strict=True)]


def _hits(
    table: Table, system: System, exposed: Sequence[int]
) -> dict[tuple[int, str], tuple[int, int]]:
    """Exposed margins and inner cells by (dimension, code)."""
    found: dict[tuple[int, str], tuple[int, int]] = {}
    places = system.places
    mine = np.isin(places["cell"], list(exposed)) & (places["table"] == table.key)
    for coordinate in places["coordinate"][mine]:
        codes = coordinate.split("|")
        margin = WHOLE in codes
        for at, code in enumerate(codes):
            if code != WHOLE:
                before = found.get((at, code), (0, 0))
                found[at, code] = (before[0] + margin, before[1] + (not margin))
    return found
