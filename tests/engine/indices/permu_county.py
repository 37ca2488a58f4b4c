"""A county of synthetic firms (合成数据) and small schemes for tests of per-mu evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Admits, Benchmark, Group, Indicator, Quota, Scheme
from jiqun.engine.indices.units import Units

INDUSTRIES = np.array(["13", "17", "18", "26", "29", "33", "34", "35", "38"])


def figure(values: Any, known: Any = None) -> Figure:
    """A figure of which everything is known unless said otherwise."""
    value = np.asarray(values, dtype=np.int64)
    seen = (
        np.ones(len(value), dtype=np.bool_) if known is None else np.asarray(known, dtype=np.bool_)
    )
    return Figure(value, seen)


def county(count: int, *, seed: int = 0, missing: float = 0.02) -> Units:
    """Firms with lognormal sizes; some figures unknown, some zero, some negative."""
    rng = np.random.default_rng(seed)

    def some(values: Any, share: float = missing) -> Figure:
        return Figure(np.asarray(values).astype(np.int64), rng.random(count) >= share)

    land = np.exp(rng.normal(np.log(20 * 66_667), 1.0, count))
    revenue = land / 66_667 * np.exp(rng.normal(np.log(3.5e8), 0.8, count))
    added = revenue * np.clip(rng.normal(0.23, 0.12, count), -0.1, 0.6)
    workers = np.maximum(added, 0) / 1e6 / np.exp(rng.normal(np.log(17), 0.5, count)) * 100 + 100
    energy = revenue * 0.08 * np.exp(rng.normal(0, 0.9, count)) * (rng.random(count) > 0.02)
    figures = {
        "tax": some(revenue * np.clip(rng.normal(0.035, 0.02, count), -0.01, 0.2)),
        "value_added": some(added),
        "land": some(land, 0.0),
        "energy": some(energy),
        "emission": some(np.abs(added) / 4_000 * np.exp(rng.normal(0, 1.2, count)), 0.15),
        "staff": some(workers),
        "rd": some(revenue * 0.02 * np.exp(rng.normal(0, 0.8, count))),
        "main_revenue": some(revenue * 0.97),
        "revenue": some(revenue),
        "output": some(revenue * 1.02),
        "electricity": some(revenue * 5 * np.exp(rng.normal(0, 0.8, count))),
        "cod": some(np.abs(added) / 1e5),
        "so2": some(np.abs(added) / 2e5),
    }
    known = np.ones(count, dtype=np.bool_)
    sorting = {
        "scale": Figure((revenue > 2e9).astype(np.int64), known),
        "tenant": Figure((rng.random(count) < 0.1).astype(np.int64), known),
        "park": Figure((rng.random(count) < 0.7).astype(np.int64), known),
        "rented_floor": Figure(np.full(count, 400_000), known),
        "age": Figure(rng.integers(0, 12, count), known),
    }
    ids = tuple(f"9199{number:014d}" for number in range(count))
    return Units(ids, figures, sorting, industry=rng.choice(INDUSTRIES, count))


def ratio(code: str, of: str, unit: str, weight: float, benchmark: float, **more: Any) -> Indicator:
    """An indicator of the first family with a fixed benchmark."""
    above, _, below = of.partition(" / ")
    rule = Benchmark("fixed", benchmark)
    return Indicator(
        code, code, code, above, below, unit, round(weight * POINT), "ratio", rule, **more
    )


def scheme(*indicators: Indicator, quota: Quota | None = None, **more: Any) -> Scheme:
    """A scheme of one group that takes everybody."""
    chosen = quota or Quota(("A", "B", "C", "D"), (2_000, 6_000, 9_500, 10_000))
    rules: dict[str, Any] = {
        "version": "test", "year": 2024, "unit": "firm", "electricity": "calorific",
        "landless": "indefinite", "mid_year": "as_is", "least_known": 0, "count_veto": False,
        "count_special": False, "veto_fills_quota": False,
        "groups": (Group("all", "全部", "all", (Admits(),), indicators, chosen),),
    } | more  # fmt: skip
    return Scheme(**rules)


def of_scores(scores: list[float], *, tax: list[int] | None = None) -> Units:
    """Units whose points under :func:`by_points` are these."""
    count = len(scores)
    figures = {
        "value_added": figure([round(score * 10_000) for score in scores]),
        "staff": figure([100] * count),
        "tax": figure(tax or [0] * count),
        "land": figure([66_667] * count),
    }
    return Units(tuple(f"u{number:03d}" for number in range(count)), figures)


def by_points(**more: Any) -> Scheme:
    """A scheme under which 100 fen of value added per worker are 0.01 points (see of_scores)."""
    item = ratio("points", "value_added / staff", "万元/人", 100, 1.0, negative="keep", floor=None)
    return scheme(item, **more)
