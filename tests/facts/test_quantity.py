"""Quantities: exact integers in base units, three kinds of missing, nothing guessed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.facts.values.quantity import Options, han_number, parse, parse_series
from jiqun.facts.values.units import Unit, find


def _unit(name: str) -> Unit:
    found = find(name)
    assert found is not None
    return found


YUAN, WAN, PERSON = _unit("元"), _unit("万元"), _unit("人")
READ = [
    ("1234.5万", YUAN, 1_234_500_000), ("1.1亿元", YUAN, 11_000_000_000),
    ("一亿二千万", YUAN, 12_000_000_000), ("１２．３万", YUAN, 12_300_000),
    ("▲45.6", YUAN, -4560), ("△45.6", YUAN, -4560), ("(12.3)", YUAN, -1230),
    ("（12.3）", YUAN, -1230), ("−3", YUAN, -300), ("1,234,567", YUAN, 123_456_700),
    ("1，234.5", YUAN, 123_450), ("12.345", WAN, 12_345_000), ("1.1亿元", WAN, 11_000_000_000),
    ("1234.5万元", WAN, 1_234_500_000), ("1 234", YUAN, 123_400), ("5人", PERSON, 5),
    ("1.2万人", PERSON, 12_000), ("5.5%", _unit("%"), 55_000), ("1.5e3", YUAN, 150_000),
    ("0", PERSON, 0), ("-0.00", WAN, 0), ("十二", PERSON, 12), ("3.5", _unit("thousand USD"), 350_000),
    ("3", _unit("亩"), 2000), ("1.1万亿元", YUAN, 110_000_000_000_000),
]  # fmt: skip
REFUSED = [
    ("1234.5万", WAN, "E-QUANTITY-AMBIGUOUS"), ("一亿二千万", WAN, "E-QUANTITY-AMBIGUOUS"),
    ("5人", YUAN, "E-QUANTITY-UNIT"), ("5%", YUAN, "E-QUANTITY-UNIT"),
    ("12.345", YUAN, "E-QUANTITY-FRACTION"), ("1.5", PERSON, "E-QUANTITY-FRACTION"),
    ("1.2E+08", YUAN, "E-QUANTITY-SCIENTIFIC"), ("12,34", YUAN, "E-QUANTITY"),
    ("约5", YUAN, "E-QUANTITY"), ("abc", YUAN, "E-QUANTITY"), ("二〇二五", YUAN, "E-QUANTITY"),
    ("1.2.3", YUAN, "E-QUANTITY"), ("9" * 20, YUAN, "E-QUANTITY-RANGE"), ("<5", PERSON, "E-QUANTITY"),
    ("1", _unit("亩"), "E-QUANTITY-FRACTION"),
]  # fmt: skip
MISSING = [
    ("", "empty"), ("  ", "empty"), ("—", "dash"), ("-", "dash"), ("–", "dash"), ("…", "ellipsis"),
    ("...", "ellipsis"), ("*", "suppressed"), ("D", "suppressed"), ("(D)", "suppressed"),
    ("保密", "suppressed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit", "value"), READ)
def test_reads(text: str, unit: Unit, value: int) -> None:
    found = parse(text, unit=unit)
    assert (found.state, found.value, found.code) == ("value", value, "")
    assert parse_series(pl.Series([text]), unit=unit).row(0) == (value, "value", "")


@pytest.mark.parametrize(("text", "unit", "code"), REFUSED)
def test_refuses(text: str, unit: Unit, code: str) -> None:
    found = parse(text, unit=unit)
    assert (found.state, found.value, found.code) == ("bad", None, code)
    assert parse_series(pl.Series([text]), unit=unit).row(0) == (None, "bad", code)


@pytest.mark.parametrize(("text", "state"), MISSING)
def test_the_kinds_of_missing_are_kept_apart(text: str, state: str) -> None:
    assert parse(text, unit=YUAN).state == state
    assert parse(text, unit=YUAN).value is None


def test_a_dash_is_zero_only_where_the_mapping_says_so() -> None:
    assert parse("—", unit=YUAN, options=Options(dash="zero")).value == 0


def test_rounding_is_asked_for_and_half_to_even() -> None:
    rounds = Options(rounds=True)
    assert parse("0.125", unit=YUAN, options=rounds).value == 12
    assert parse("0.135", unit=YUAN, options=rounds).value == 14
    assert parse("59643958.64031844", unit=WAN, options=rounds).value == 59_643_958_640_318


def test_typed_whole_numbers_are_multiplied() -> None:
    found = parse_series(pl.Series([452, None, 0], dtype=pl.Int32), unit=_unit("thousand USD"))
    assert found["value"].to_list() == [45_200_000, None, 0]
    assert found["state"].to_list() == ["value", "empty", "value"]


def test_typed_numbers_that_overflow_are_refused() -> None:
    found = parse_series(pl.Series([2**62]), unit=WAN)
    assert found.row(0) == (None, "bad", "E-QUANTITY-RANGE")


@pytest.mark.parametrize(
    ("text", "base", "factor"),
    [
        ("万元", "CNY_fen", 10**6), ("亿元", "CNY_fen", 10**10), ("千元", "CNY_fen", 10**5),
        ("百万元", "CNY_fen", 10**8), ("万人", "person", 10**4), ("户", "establishment", 1),
        ("million USD", "USD_cent", 10**8), ("百万美元", "USD_cent", 10**8), ("k persons", "person", 1000),
        ("吨标准煤", "kgce", 1000), ("万千瓦时", "kWh", 10**4), ("（单位：万元）", "CNY_fen", 10**6),
    ],
)  # fmt: skip
def test_units(text: str, base: str, factor: int) -> None:
    assert (_unit(text).base, _unit(text).factor) == (base, Fraction(factor))


def test_unknown_unit_is_none() -> None:
    assert find("斛") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("十", 10), ("一百零五", 105), ("三千四百五十六", 3456), ("两万", 20_000), ("贰拾叁", 23),
     ("一亿零三万", 100_030_000), ("一二", None), ("万", None), ("百十千", None), ("", None)],
)  # fmt: skip
def test_chinese_numbers(text: str, value: int | None) -> None:
    assert han_number(text) == value


amounts = st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=4)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_a_column_is_exact_and_in_order(values: list[Decimal]) -> None:
    texts = [f"{value:f}" for value in values]
    found = parse_series(pl.Series(texts), unit=WAN)
    assert found["value"].to_list() == [int(value * 10**6) for value in values]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=10))
def test_fast_and_slow_paths_agree(texts: list[str]) -> None:
    found = parse_series(pl.Series(texts, dtype=pl.String), unit=WAN)
    single = [parse(text, unit=WAN) for text in texts]
    assert found["value"].to_list() == [one.value for one in single]
    assert found["code"].to_list() == [one.code for one in single]
