"""The release selection against trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.land import selection
from jiqun.engine.land.selection import Gaps, Releases, select
from jiqun.errors import JiqunError


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def allotments(releases: Releases, gaps: Gaps, suitable: np.ndarray) -> Iterator[np.ndarray]:
    """Every allotment that the areas, needs and smallest areas allow."""
    shape = suitable.shape
    ranges = [
        range(int(min(releases.area[p], gaps.need[g])) + 1) if suitable[p, g] else range(1)
        for p, g in product(*map(range, shape))
    ]
    for flat in product(*ranges):
        x = np.array(flat, dtype=np.int64).reshape(shape)
        fits = (x.sum(axis=1) <= releases.area).all() and (x.sum(axis=0) <= gaps.need).all()
        if fits and ((x == 0) | (x >= gaps.smallest)).all():
            yield x


def brute(releases: Releases, gaps: Gaps, suitable: np.ndarray, budget: int) -> tuple[int, int]:
    """Best value, and the least cost at which it can be had."""
    best = (0, 0)
    for x in allotments(releases, gaps, suitable):
        cost = int(
            (releases.per_unit * x.sum(axis=1)).sum() + releases.fixed[x.sum(axis=1) > 0].sum()
        )
        value = int((x.sum(axis=0) * gaps.value).sum())
        if cost <= budget and (value, -cost) > (best[0], -best[1]):
            best = (value, cost)
    return best


@st.composite
def problems(draw: st.DrawFn) -> tuple[Releases, Gaps, np.ndarray, int]:
    parcels, gaps = draw(st.integers(1, 3)), draw(st.integers(1, 2))

    def column(size: int, low: int, high: int) -> np.ndarray:
        return ints(*draw(st.lists(st.integers(low, high), min_size=size, max_size=size)))

    flags = draw(st.lists(st.booleans(), min_size=parcels * gaps, max_size=parcels * gaps))
    return (
        Releases(column(parcels, 0, 4), column(parcels, 0, 9), column(parcels, 0, 5)),
        Gaps(column(gaps, 0, 5), column(gaps, 0, 6), column(gaps, 0, 3)),
        np.array(flags).reshape(parcels, gaps),
        draw(st.integers(0, 40)),
    )


@settings(max_examples=60, deadline=None)
@given(problems())
def test_nothing_is_better(problem: tuple[Releases, Gaps, np.ndarray, int]) -> None:
    releases, gaps, suitable, budget = problem
    found = select(releases, gaps, suitable=suitable, budget=budget)
    assert (found.value, found.cost) == brute(releases, gaps, suitable, budget)
    assert found.proved
    assert found.cost <= budget
    assert (found.allotted[~suitable] == 0).all()
    assert (found.released == found.allotted.any(axis=1)).all()


def test_a_fixed_cost_can_make_one_large_parcel_better_than_two_small_ones() -> None:
    releases = Releases(ints(5, 5, 10), ints(10, 10, 12), ints(1, 1, 2))
    gaps = Gaps(ints(10), ints(1), ints(1))
    found = select(releases, gaps, suitable=np.ones((3, 1), dtype=bool), budget=32)
    assert found.value == 10
    assert found.cost == 30
    assert "已证明没有更优的选择" in found.said()[0]


def test_real_amounts_keep_within_the_budget_to_the_fen() -> None:
    rng = np.random.default_rng(7)
    releases = Releases(
        rng.integers(5, 60, 30), rng.integers(10**9, 10**10, 30), rng.integers(10**7, 10**9, 30)
    )
    gaps = Gaps(rng.integers(40, 200, 4), rng.integers(1, 20, 4), rng.integers(0, 10, 4))
    suitable = rng.random((30, 4)) < 0.5
    budget = 123_456_789_012
    found = select(releases, gaps, suitable=suitable, budget=budget)
    running = (releases.per_unit * found.allotted.sum(axis=1)).sum() + releases.fixed[
        found.released
    ].sum()
    assert found.cost == running <= budget
    assert found.value == (found.allotted.sum(axis=0) * gaps.value).sum() <= found.bound
    assert (found.allotted.sum(axis=0) <= gaps.need).all()
    assert (found.allotted.sum(axis=1) <= releases.area).all()
    assert ((found.allotted == 0) | (found.allotted >= gaps.smallest)).all()


def test_the_bound_is_never_below_the_value() -> None:
    rng = np.random.default_rng(3)
    releases = Releases(
        rng.integers(5, 120, 150), rng.integers(50, 600, 150), rng.integers(5, 40, 150)
    )
    gaps = Gaps(rng.integers(200, 1500, 6), rng.integers(1, 20, 6), rng.integers(0, 40, 6))
    found = select(releases, gaps, suitable=rng.random((150, 6)) < 0.4, budget=9_000, seconds=1.5)
    assert 0 <= found.value <= found.bound
    assert 0.0 <= found.gap < 1.0
    words = found.said()
    assert (str(found.bound) in words[1]) or found.proved


def test_nothing_suitable_is_nothing_released() -> None:
    releases, gaps = Releases(ints(5), ints(1), ints(1)), Gaps(ints(5), ints(1), ints(1))
    found = select(releases, gaps, suitable=np.zeros((1, 1), dtype=bool), budget=100)
    assert (found.value, found.cost, found.bound, found.gap) == (0, 0, 0, 0.0)


def test_a_bound_that_is_not_reached_is_said() -> None:
    found = selection.Selection(np.array([True]), ints(1), 90, 10, 100)
    assert found.gap == pytest.approx(0.1)
    assert "不超过 100 分" in found.said()[0]
    assert "10.00%" in found.said()[1]


def test_every_impossible_input_is_named() -> None:
    with pytest.raises(JiqunError) as caught:
        select(
            Releases(ints(5, 5), ints(-1, 0), ints(1, 1)),
            Gaps(ints(5), ints(1), np.array([1.5])),  # type: ignore[arg-type]
            suitable=np.zeros((1, 1), dtype=bool),
            budget=-1,
        )
    assert caught.value.code == "E-LAND-SELECTION"
    assert {one.column for one in caught.value.fields} == {
        "fixed",
        "smallest",
        "suitable",
        "budget",
    }
