"""The choice of parcels against brute force; assumptions by address; gaps that are not there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.modules.land.lowuse.portfolio import Gap, Parcel, chosen, portfolio
from jiqun.modules.land.lowuse.selectors import screen_view
from tests.modules.lowuse.hamlet import official

PARCELS = tuple(
    Parcel(f"P{n}", "", "", "improve", area, price, None)
    for n, (area, price) in enumerate(((3, 5), (4, 2), (2, 9)))
)
GAPS = (Gap("A", "甲", 4, 7), Gap("B", "乙", 5, 3))


def _brute(budget: int, least: int) -> tuple[int, int]:
    """Most points, and the least cost at which they are reached, over every whole allotment."""
    pairs = [(p, g) for p in range(len(PARCELS)) for g in range(len(GAPS))]
    best = (0, 0)
    for areas in itertools.product(*(range(PARCELS[p].area + 1) for p, _ in pairs)):
        made = np.array(areas).reshape(len(PARCELS), len(GAPS))
        if ((made > 0) & (made < least)).any():
            continue
        if any(made[p].sum() > one.area for p, one in enumerate(PARCELS)):
            continue
        if any(made[:, g].sum() > one.need for g, one in enumerate(GAPS)):
            continue
        cost = sum(int(made[p].sum()) * one.price for p, one in enumerate(PARCELS))
        points = sum(int(made[:, g].sum()) * one.points for g, one in enumerate(GAPS))
        if cost <= budget and (points, -cost) > (best[0], -best[1]):
            best = (points, cost)
    return best


@pytest.mark.parametrize(("budget", "least"), [(0, 1), (8, 1), (15, 2), (23, 3), (100, 1)])
def test_the_choice_is_the_best_there_is(budget: int, least: int) -> None:
    found = chosen(PARCELS, GAPS, budget, least)
    assert (found.value, found.cost) == _brute(budget, least)
    assert found.proved


def test_assumptions_by_address_and_gaps_that_are_not_there(facts: Store) -> None:
    view = screen_view(facts, official())
    found = portfolio(
        facts,
        official(),
        view,
        {"budget": "10", "release.improve.cost": "5", "release.plant_mu": "x"},
    )
    assert found.budget_fen == 10_000_000
    assert [one.column for one in found.problems] == ["release.plant_mu"]
    assert (found.gaps, found.chain_run, found.area) == ((), "", 0)
    by_parcel = {one.parcel: one for one in found.parcels}
    assert set(by_parcel) == {"P1", "P3", "P5", "P6"}
    # 5 万元/亩 are 7,500 fen per m²; own improvement releases three tenths of 20,000 m².
    assert (by_parcel["P1"].tool, by_parcel["P1"].area, by_parcel["P1"].price) == (
        "improve",
        6_000,
        7_500,
    )
    assert (by_parcel["P3"].tool, by_parcel["P3"].area) == ("buy_back", 10_000)
    with pytest.raises(JiqunError) as refused:
        portfolio(facts, official(""), view, {})
    assert refused.value.code == "E-FORBIDDEN"
