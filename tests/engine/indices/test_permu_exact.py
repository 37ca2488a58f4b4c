"""Exact arithmetic: whole sums, half up, quantiles, and digests that know no order."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.indices.exact import (
    digest,
    divided,
    divided_one,
    half_up,
    micro,
    nearest_rank,
    total,
)
from jiqun.engine.indices.quantities import Figure, factors, merge, unit_problem


@given(st.lists(st.integers(-(2**62), 2**62), max_size=40))
def test_sums_are_exact_whatever_their_size(values: list[int]) -> None:
    assert total(np.array(values, dtype=np.int64)) == sum(values)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_whole_division_rounds_half_up(dividend: int, divisor: int) -> None:
    quotient = Fraction(dividend, divisor) + Fraction(1, 2)
    expected = quotient.numerator // quotient.denominator
    assert divided_one(dividend, divisor) == expected
    assert divided(np.array([dividend]), divisor)[0] == expected


def test_halves_go_up() -> None:
    assert half_up(np.array([0.5, 1.5, 2.5, -0.5, -1.5])).tolist() == [1, 2, 3, 0, -1]
    assert micro("24.097") == 24_097_000


@pytest.mark.parametrize(
    ("share", "expected"), [(0.02, 1.0), (0.98, 49.0), (0.5, 25.0), (0.0, 1.0), (1.0, 50.0)]
)
def test_quantiles_by_nearest_rank(share: float, expected: float) -> None:
    assert nearest_rank(np.arange(1.0, 51.0), share) == expected
    assert np.isnan(nearest_rank(np.zeros(0), share))


@given(st.integers(1, 2**40), st.integers(1, 2**40), st.integers(2, 2**12))
def test_equal_quotients_are_equal_floats(n: int, d: int, k: int) -> None:
    one, other = np.array([n, n * k], dtype=np.float64) / np.array([d, d * k], dtype=np.float64)
    assert one == other


def test_a_digest_sees_every_bit_and_no_order_of_columns() -> None:
    columns = {"a": np.array([1, 2]), "b": np.array([0.5, np.nan])}
    same = digest(dict(reversed(columns.items())), "x")
    assert digest(columns, "x") == same
    assert digest(columns, "y") != same
    assert digest({**columns, "a": np.array([1, 3])}, "x") != same
    assert digest({**columns, "a": np.array([1, 2], dtype=np.int32)}, "x") != same
    assert digest({"a": np.array(["1", "2"])}) != digest({"a": np.array(["12", ""])})


def test_units_of_quotients() -> None:
    # 1 万元 is 10⁶ fen, 1 亩 is 200000/3 of 0.01 m²: 万元/亩 = fen ÷ (15 · area).
    assert factors("万元/亩") == (1, 15)
    assert factors("元/kWh") == factors("万元/万kWh") == (10, 1)
    assert factors("万元/人") == (1, 10_000)
    assert factors("万元/t") == (1, 1)
    assert factors("ratio") == (1, 1)
    assert unit_problem("万元/亩", "tax", "land") == ""
    assert "does not measure" in unit_problem("万元/亩", "tax", "energy")
    assert "unknown quantity" in unit_problem("万元/亩", "profit", "land")
    assert "unknown unit" in unit_problem("万元", "tax", "land")
    assert "a ratio of" in unit_problem("ratio", "tax", "land")


def test_merged_units_are_unknown_where_one_part_is() -> None:
    tax = Figure(np.array([5, 7, 11, 13, 17]), np.array([True, True, True, False, True]))
    found = merge(tax, np.array([0, 0, 1, 1, -1]), count=3)
    assert found.known.tolist() == [True, False, False]
    assert found.value[0] == 12
