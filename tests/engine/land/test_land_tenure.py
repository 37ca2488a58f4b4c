"""Prices of shorter terms, floors, leases and renewals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.land.exact import exact, mu, rounded, yuan
from jiqun.engine.land.tenure import (
    TenureRules,
    factor,
    floor_test,
    lease_first,
    level_rent,
    price,
    renewal,
    rent_floor_test,
    table,
    total,
)
from jiqun.errors import JiqunError

RULES = TenureRules(
    rate=Fraction(1, 20),
    full_years=50,
    lease_max=20,
    lease_first_max=5,
    floors={7: 28_800, 15: 6_000},
    priority_share=Fraction(7, 10),
    renewal_grades=frozenset({"A", "B"}),
    renewal_count=3,
)


def test_the_factor_is_exact() -> None:
    # one year at 100 %: ½ of what for ever would be, and 1 − 2^−50 of it for fifty
    whole = TenureRules(Fraction(1), 50, 20, 5, {}, Fraction(1), frozenset(), 1)
    assert factor(1, rules=whole) == Fraction(1, 2) / (1 - Fraction(1, 2**50))
    assert factor(50, rules=RULES) == 1


@given(st.integers(1, 50), st.integers(1, 150))
def test_the_factor_agrees_with_the_sum_of_discounted_years(years: int, permille: int) -> None:
    rate = Fraction(permille, 1000)
    rules = TenureRules(rate, 50, 20, 5, {}, Fraction(1), frozenset(), 1)
    discounted = [(1 + float(rate)) ** -year for year in range(1, 51)]
    assert isclose(
        float(factor(years, rules=rules)), sum(discounted[:years]) / sum(discounted), rel_tol=1e-12
    )


@given(st.integers(1, 49))
def test_linear_pricing_is_always_below_the_income_price(years: int) -> None:
    income, linear = (price(45_000, years, rules=RULES, method=one) for one in ("income", "linear"))
    assert linear < income


def test_linear_pricing_that_breaks_the_floor_is_a_warning() -> None:
    (row,) = table(45_000, [20], rules=RULES, grade=7)
    assert (row.income, row.linear) == (30_719, 18_000)
    assert (row.income_test.passes, row.linear_test.passes) == (True, False)
    assert row.income_test.warning() is None
    warning = row.linear_test.warning()
    assert warning is not None
    assert warning.code == "W-LAND-FLOOR"
    assert "263.68" in warning.message_zh
    assert "288.00" in warning.message_en


@given(st.integers(1, 50), st.sampled_from([7, 15]))
def test_a_price_at_the_floor_is_never_broken_by_rounding(years: int, grade: int) -> None:
    unit = rounded(price(RULES.floors[grade], years, rules=RULES))
    assert floor_test(unit, years, rules=RULES, grade=grade).passes is True
    assert floor_test(unit - 1, years, rules=RULES, grade=grade).passes is False


def test_a_priority_project_needs_seven_tenths() -> None:
    # 70 % of 288 is 201.60
    assert floor_test(20_160, 50, rules=RULES, grade=7, priority=True).passes is True
    assert floor_test(20_159, 50, rules=RULES, grade=7, priority=True).passes is False
    assert floor_test(20_160, 50, rules=RULES, grade=7).passes is False


@pytest.mark.parametrize(
    ("unit", "grade", "priority", "passes", "missing"),
    [
        (30_000, None, False, None, ["land_grade"]),
        (25_000, 7, None, None, ["priority"]),
        (28_800, 7, None, True, []),
        (20_159, 7, None, False, []),
    ],
)
def test_what_is_not_known_leaves_the_floor_undetermined_unless_it_does_not_matter(
    *, unit: int, grade: int | None, priority: bool | None, passes: bool | None, missing: list[str]
) -> None:
    test = floor_test(unit, 50, rules=RULES, grade=grade, priority=priority)
    assert test.passes is passes
    assert [fact.code for fact in test.missing] == missing
    warning = test.warning()
    assert (warning.code if warning else "") == {
        None: "W-LAND-FLOOR-UNKNOWN",
        False: "W-LAND-FLOOR",
        True: "",
    }[passes]


def test_level_rent_is_the_same_for_every_term() -> None:
    rent = level_rent(40_000, rules=RULES)
    assert rounded(rent) == 2_191
    for years in (5, 20, 50):
        of_years = price(40_000, years, rules=RULES) * RULES.rate / (1 - (1 + RULES.rate) ** -years)
        assert of_years == rent
    assert rent_floor_test(rounded(level_rent(28_800, rules=RULES)), rules=RULES, grade=7).passes
    assert not rent_floor_test(1_500, rules=RULES, grade=7).passes


def test_lease_first_with_and_without_offset() -> None:
    plain, offset = (
        lease_first(45_000, 5, total_years=50, rent=2_200, rent_offsets_price=one, rules=RULES)
        for one in (False, True)
    )
    assert (plain.price, plain.payable, plain.grant_years) == (43_812, 43_812, 45)
    assert (offset.rents, offset.payable) == (11_000, 32_812)
    assert offset.converted < plain.converted


def test_level_rent_then_the_rest_of_the_term_is_worth_the_full_price() -> None:
    # five level rents and, five years on, the value of 45 years make the value of fifty
    rent = level_rent(45_000, rules=RULES)
    found = lease_first(45_000, 5, total_years=50, rent=rent, rent_offsets_price=False, rules=RULES)
    assert found.converted == 45_000


def test_rents_above_the_price_leave_nothing_to_pay() -> None:
    found = lease_first(1_000, 5, total_years=10, rent=9_000, rent_offsets_price=True, rules=RULES)
    assert found.payable == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: factor(0, rules=RULES),
        lambda: factor(51, rules=RULES),
        lambda: floor_test(1, 50, rules=RULES, grade=16),
        lambda: lease_first(1, 6, total_years=50, rent=1, rent_offsets_price=False, rules=RULES),
        lambda: lease_first(1, 5, total_years=5, rent=1, rent_offsets_price=False, rules=RULES),
        lambda: factor(
            5, rules=TenureRules(Fraction(0), 50, 20, 5, {}, Fraction(1), frozenset(), 1)
        ),
    ],
)
def test_terms_that_cannot_be_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(JiqunError) as caught:
        call()
    assert caught.value.code == "E-LAND-TENURE"


def test_a_total_is_rounded_once() -> None:
    unit = price(45_000, 20, rules=RULES)
    assert total(unit, 20_000) == rounded(unit * 20_000)
    assert total(unit, 20_000) != rounded(unit) * 20_000


@pytest.mark.parametrize(
    ("grades", "met", "vetoed", "allowed", "against", "missing"),
    [
        (["A", "B", "B"], True, False, True, [], []),
        (["A", "C", "B"], None, None, False, ["recent_grades"], ["milestones_met", "vetoed"]),
        (["A", "B"], True, False, None, [], ["recent_grades"]),
        (["A", "B", "A", "D"], True, False, True, [], []),
        (["A", "B", "A"], True, True, False, ["vetoed"], []),
    ],
)
def test_renewal(
    *, grades: list[str | None], met: bool | None, vetoed: bool | None, allowed: bool | None,
    against: list[str], missing: list[str],
) -> None:  # fmt: skip
    found = renewal(grades, milestones_met=met, vetoed=vetoed, rules=RULES)
    assert found.allowed is allowed
    assert [fact.code for fact in found.against] == against
    assert [fact.code for fact in found.missing] == missing


def test_exact_numbers_are_read_as_written() -> None:
    assert exact(0.1) == Fraction(1, 10)
    assert exact("0.1") == exact(Fraction(1, 10))
    assert mu(20_000) == 30
    assert [yuan(fen) for fen in (30_719, -5, 0)] == ["307.19", "-0.05", "0.00"]
