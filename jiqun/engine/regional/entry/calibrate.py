"""Calibration: from held-out log-odds and outcomes to a rising map of observed frequencies.

Rows are cut into bins with equally many outcomes; bins that do not rise are pooled (isotonic
regression, Zadrozny and Elkan 2002). The map is linear between bins, so that it keeps the ranking
where plain isotonic steps would tie it.
"""

from __future__ import annotations

import numpy as np

from jiqun.engine.regional.entry.arrays import BoolArray
from jiqun.engine.regional.entry.model import Array, sigmoid


def frequency_knots(
    raw: Array, outcome: BoolArray, weight: Array
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the knots (raw log-odds, observed log-odds) of a rising calibration map.

    Args:
        raw: (n,) log-odds of rows that the model did not see.
        outcome: (n,) what happened to them.
        weight: (n,) how many cells each row stands for.
    """
    bins = int(np.clip(outcome.sum() // 100, 2, 15))
    edges = np.quantile(raw[outcome], np.linspace(0, 1, bins + 1)[1:-1])
    index = np.searchsorted(edges, raw)
    cells = np.bincount(index, weight, minlength=bins)
    seen = np.bincount(index, weight * outcome, minlength=bins)
    # The mean of a bin is taken on the probability scale, where the frequency is a mean too.
    said = np.bincount(index, weight * sigmoid(raw), minlength=bins)
    blocks: list[tuple[float, float, float]] = []
    for block in zip(cells.tolist(), said.tolist(), seen.tolist(), strict=True):
        blocks.append(block)
        while len(blocks) > 1 and _rate(blocks[-1]) <= _rate(blocks[-2]):
            last, before = blocks.pop(), blocks.pop()
            blocks.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    pairs = [(_logit_of(s / n), _logit_of(o / n)) for n, s, o in blocks]
    return tuple(x for x, _ in pairs), tuple(y for _, y in pairs)


def _rate(block: tuple[float, float, float]) -> float:
    return block[2] / block[0]


def _logit_of(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return float(np.log(share / (1 - share)))
