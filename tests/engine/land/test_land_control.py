"""Control indicators, compliance and what a breach costs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.land.breach import bond_parts, idle_fee, shortage, tax_gap
from jiqun.engine.land.control import (
    Overall,
    Site,
    Standard,
    Storey,
    assess,
    compliance,
    floor_area,
    indicators,
)
from jiqun.errors import JiqunError

F = Fraction
WAN = 1_000_000
SITE = Site(
    land=F(20_000),
    storeys=(Storey(F(8_000), F(9)), Storey(F(6_000), F(8)), Storey(F(2_000), F(4))),
    buildings=7_000,
    structures=500,
    yards=500,
    admin_land=1_000,
    admin_floor=1_600,
    green=2_000,
    plant=3_000 * WAN,
    equipment=5_100 * WAN,
    land_price=900 * WAN,
)
FLOOR = Standard("plot_ratio", "容积率", "plot ratio", "ratio", F(1), F(2))
CEILING = Standard("admin_land", "占比", "share", "ratio", None, F(7, 100))
TAX = Standard("tax", "亩均税收", "tax per mu", "fen/mu", F(20 * WAN))


def test_indicators_by_hand() -> None:
    # 30 mu; storeys of 9 m count twice: 16,000 + 6,000 + 2,000 over 20,000
    found = indicators(SITE, high_storey=F(8))
    assert found == {
        "investment": 300 * WAN,
        "plot_ratio": F(6, 5),
        "building_coefficient": F(2, 5),
        "admin_land": F(1, 20),
        "admin_floor": F(1, 10),
        "green": F(1, 10),
    }


def test_a_storey_of_eight_metres_counts_once() -> None:
    assert floor_area([Storey(F(100), F(8))], high=F(8)) == 100
    assert floor_area([Storey(F(100), F(801, 100))], high=F(8)) == 200


def test_what_is_not_known_stays_unknown() -> None:
    found = indicators(
        Site(F(20_000), (Storey(F(100), None),), buildings=10, yards=1), high_storey=F(8)
    )
    assert set(found.values()) == {None}


@pytest.mark.parametrize("land", [0, -1])
def test_land_of_nothing_is_refused(land: int) -> None:
    with pytest.raises(JiqunError) as caught:
        indicators(Site(F(land)), high_storey=F(8))
    assert caught.value.code == "E-LAND-AREA"


def test_everything_impossible_about_a_site_is_named_at_once() -> None:
    with pytest.raises(JiqunError) as caught:
        indicators(Site(F(100), buildings=101, green=-1, plant=-5), high_storey=F(8))
    assert caught.value.code == "E-LAND-COVERAGE"
    assert {one.column for one in caught.value.fields} == {"buildings", "green", "plant"}


def test_parts_that_together_cover_more_than_the_parcel_are_refused() -> None:
    with pytest.raises(JiqunError, match="cover 120 m²"):
        indicators(Site(F(100), buildings=60, structures=40, yards=20), high_storey=F(8))


@pytest.mark.parametrize(
    ("standard", "actual", "rate", "met"),
    [
        (TAX, 20 * WAN, F(1), True),
        (TAX, 18 * WAN, F(9, 10), False),
        (TAX, -1 * WAN, F(-1, 20), False),
        (CEILING, F(7, 100), F(1), True),
        (CEILING, F(14, 100), F(1, 2), False),
        (CEILING, 0, None, True),
        (FLOOR, F(3, 2), F(4, 3), True),
        (FLOOR, F(5, 2), F(4, 5), False),
        (FLOOR, F(1, 2), F(1, 2), False),
        (FLOOR, None, None, None),
    ],
)
def test_compliance(
    *, standard: Standard, actual: F | int | None, rate: F | None, met: bool | None
) -> None:
    found = compliance(standard, actual)
    assert (found.rate, found.met) == (rate, met)


@pytest.mark.parametrize(
    ("actual", "overall", "missing"),
    [
        ({"plot_ratio": F(1), "admin_land": F(7, 100), "tax": 20 * WAN}, Overall.MET, []),
        ({"plot_ratio": F(1), "admin_land": F(7, 100), "tax": 18 * WAN}, Overall.PARTIAL, []),
        ({"plot_ratio": F(1), "admin_land": F(7, 100), "tax": 18 * WAN - 1}, Overall.BREACH, []),
        ({"plot_ratio": F(1), "tax": 18 * WAN}, Overall.UNDETERMINED, ["admin_land"]),
        ({"plot_ratio": F(1, 2)}, Overall.BREACH, ["admin_land", "tax"]),
        ({}, Overall.UNDETERMINED, ["plot_ratio", "admin_land", "tax"]),
    ],
)
def test_overall(actual: dict[str, F | int], overall: Overall, missing: list[str]) -> None:
    found = assess([FLOOR, CEILING, TAX], actual, tolerance=F(9, 10))
    assert found.overall is overall
    assert [one.code for one in found.missing] == missing


def test_soft_indicators_are_reported_but_do_not_decide() -> None:
    soft = Standard("green", "绿地率", "green", "ratio", None, F(1, 5), hard=False)
    found = assess([FLOOR, soft], {"plot_ratio": F(1), "green": F(1, 2)}, tolerance=F(9, 10))
    assert found.overall is Overall.MET
    assert found.items[1].met is False


@pytest.mark.parametrize("bounds", [(None, None), (F(2), F(1))])
def test_a_standard_that_cannot_be_kept_is_refused(bounds: tuple[F | None, F | None]) -> None:
    with pytest.raises(JiqunError) as caught:
        compliance(Standard("x", "某指标", "some", "ratio", *bounds), 1)
    assert caught.value.code == "E-LAND-STANDARD"


def test_tax_gaps_are_not_set_off_by_a_better_year() -> None:
    found = tax_gap(15 * WAN, [9 * WAN, 20 * WAN, None, 14 * WAN], area_mu=30)
    assert found.gaps == (180 * WAN, 0, None, 30 * WAN)
    assert found.rates == (F(3, 5), F(4, 3), None, F(14, 15))
    assert (found.total, found.complete) == (210 * WAN, False)


def test_shortage() -> None:
    assert shortage(300, 240, price=10_000).damages == 2_000
    assert shortage(300, 400, price=10_000).ratio == 0
    assert shortage(300, -10, price=10_000).ratio == 1
    assert shortage(300, None, price=10_000).damages is None
    assert idle_fee(12_345, share=F(1, 5)) == 2_469


@given(st.integers(0, 10**15), st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_the_parts_of_a_bond_sum_to_it_to_the_fen(bond: int, weights: list[int]) -> None:
    whole = sum(weights) or 1
    shares = {str(at): F(weight, whole) for at, weight in enumerate(weights)}
    if sum(weights) == 0:
        with pytest.raises(JiqunError):
            bond_parts(bond, shares)
        return
    parts = bond_parts(bond, shares)
    assert sum(parts.values()) == bond
    assert all(abs(parts[name] - bond * share) <= 1 for name, share in shares.items())


@pytest.mark.parametrize("shares", [{"a": F(1, 2)}, {"a": F(3, 2), "b": F(-1, 2)}])
def test_shares_that_do_not_make_a_whole_are_refused(shares: dict[str, F]) -> None:
    with pytest.raises(JiqunError) as caught:
        bond_parts(100, shares)
    assert caught.value.code == "E-LAND-BOND"


@pytest.mark.parametrize("call", [lambda: tax_gap(0, [1], area_mu=1), lambda: tax_gap(1, [1], area_mu=0),
                                  lambda: shortage(0, 1, price=1)])  # fmt: skip
def test_standards_of_nothing_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(JiqunError) as caught:
        call()
    assert caught.value.code == "E-LAND-STANDARD"
