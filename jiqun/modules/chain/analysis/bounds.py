"""What is known of the cells of one place that were not published."""

from __future__ import annotations

import numpy as np

from jiqun.engine.regional.disclosure import (
    Cell,
    HiddenRule,
    classification_tree,
    initial_bounds,
    linked_bounds,
)
from jiqun.modules.chain.analysis.inputs import Flags, Floats
from jiqun.modules.chain.analysis.panel import Classification, Panel

# Where rows of fewer than three establishments are left out, an unlisted cell has two at most
# (United States Census Bureau, County Business Patterns since reference year 2017).
UNLISTED_PLANTS = 2.0


def _parents(classification: Classification) -> list[int]:
    return [classification.position.get(parent, -1) for parent in classification.parents]


def _status(panel: Panel, row: int, measure: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values, withheld = panel.values[measure][row], panel.withheld[measure][row]
    status = np.where(np.isnan(values), Cell.UNLISTED, Cell.PUBLISHED)
    return np.where(withheld, Cell.SUPPRESSED, status)


def place_bounds(
    panel: Panel, row: int, measure: str, plant: Floats
) -> tuple[Floats, Floats, Flags, Flags]:
    """Bound the place's activity at the finest level.

    A withheld cell lies between what the sums of the classification leave for it. A row that is
    missing where small cells are left out has two plants at most, taken at the national mean
    size ``plant`` when no sum bounds it more tightly. Where a missing row may mean anything the
    upper end is unknown (NaN), and so is all that rests on it.

    Returns:
        low, high, whether the cell is withheld or possibly withheld, and whether something is
        there for certain or by a sum that leaves room for it (not only by the rule of missing
        rows), each (n,).
    """
    tree = classification_tree(_parents(panel.classification))
    low, high = initial_bounds(panel.values[measure][row], _status(panel, row, measure))
    counted = "establishments" if "establishments" in panel.values else measure
    count_low, count_high = initial_bounds(panel.values[counted][row], _status(panel, row, counted))
    if panel.absent == "suppressed":
        filled = ~np.isnan(panel.values[counted]).all(axis=0)
        level_used = np.isin(
            panel.classification.levels, np.unique(panel.classification.levels[filled])
        )
        unlisted = np.isnan(panel.values[counted][row]) & level_used
        count_high = np.where(unlisted, np.minimum(count_high, UNLISTED_PLANTS), count_high)
    rule = HiddenRule(min_persons=1.0 if measure == "employment" else 0.0)
    bounds, plants = linked_bounds(tree, (low, high), (count_low, count_high), rule=rule)
    detail = panel.detail
    lower, upper = bounds.low[0, detail], bounds.high[0, detail]
    typical = plants.high[0, detail] * plant
    unbounded = np.isinf(upper)
    upper = np.where(
        unbounded, np.where(np.isfinite(typical), np.maximum(typical, lower), np.nan), upper
    )
    hidden = bounds.hidden[0, detail] & ~(upper <= lower)
    hidden &= ~np.isnan(upper)
    shown = hidden & ((~unbounded & (upper > 0)) | (lower > 0))
    evident = shown | panel.withheld[measure][row, detail]
    return lower, upper, hidden, evident
