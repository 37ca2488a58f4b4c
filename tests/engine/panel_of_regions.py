"""A synthetic panel with a planted relatedness signal, for the tests of the entry model."""

from __future__ import annotations

import numpy as np

from jiqun.engine.regional.entry.features import BaseYear


def planted_panel(
    *, seed: int, regions: int = 500, industries: int = 60, periods: int = 3, kinds: int = 6
) -> list[BaseYear]:
    """Return periods in which industries appear where their kind is already strong.

    Sizes are Poisson; each region favours some kinds of industry. In every later period an absent
    cell of a favoured kind enters about eight times as often as another of the same expected size.
    """
    rng = np.random.default_rng(seed)
    kind = np.arange(industries) % kinds
    taste = np.where(rng.random((regions, kinds)) < 0.25, 5.0, 0.6)[:, kind]
    base_rate = np.outer(rng.lognormal(0, 0.7, regions), rng.lognormal(0, 0.9, industries))
    level = 1.2 * base_rate * taste
    sizes = rng.poisson(level).astype(float)
    sizes[sizes < 2] = 0
    sizes[:, sizes.sum(0) == 0] = 2.0
    sizes[sizes.sum(1) == 0, 0] = 2.0
    places = np.column_stack([rng.uniform(100, 120, regions), rng.uniform(25, 40, regions)])
    parents = [kind.astype(np.int64), (kind // 2).astype(np.int64)]
    result: list[BaseYear] = []
    for _ in range(periods):
        # A parent also counts units of cells too small to be published themselves.
        whole = sizes + np.where(sizes == 0, rng.poisson(0.2 * level), 0)
        published = np.stack([whole[:, kind == k].sum(1) for k in range(kinds)], axis=1)
        result.append(BaseYear(sizes.copy(), parents, places, published, threshold=2.0))
        chance = np.where(sizes == 0, np.minimum(0.12 * level, 0.6), 0)
        new = rng.random(sizes.shape) < chance
        sizes = np.where(new, 2.0 + rng.poisson(1.0, sizes.shape), sizes)
        gone = (rng.random(sizes.shape) < 0.05) & (sizes > 0) & (sizes < 4)
        sizes[gone] = 0
        sizes[:, sizes.sum(0) == 0] = 2.0
    return result
