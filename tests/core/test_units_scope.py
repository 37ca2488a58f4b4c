"""Quantities in words, and the scope that a page speaks of."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from django.utils.translation import override

from jiqun.core.scope import PageScope, scope_of
from jiqun.core.units import measure_quantity, money, quantity

OPTIONS = [
    {"place": "990101", "classification": "gbt4754-2017", "period": "2025"},
    {"place": "990201", "classification": "gbt4754-2017", "period": "2024"},
]


@pytest.mark.parametrize(
    ("fen", "unit", "zh", "en"),
    [
        (12_345_000_000, "CNY_fen", "1.23 亿元", "CNY 123.45 m"),
        (456_000_000, "CNY_fen", "456.00 万元", "CNY 4.56 m"),
        (99_999_900, "CNY_fen", "100.00 万元", "CNY 999,999"),
        (123_400, "CNY_fen", "1,234 元", "CNY 1,234"),
        (-250_000_000_000, "CNY_fen", "-25.00 亿元", "CNY -2.50 bn"),
        (5_000_000_000_00, "USD_cent", "50.00 亿美元", "USD 5.00 bn"),
        (1, "EUR_cent", "—", "—"),
    ],
)
def test_money(fen: int, unit: str, zh: str, en: str) -> None:
    with override("zh-hans"):
        assert money(fen, unit) == zh
    with override("en"):
        assert money(fen, unit) == en


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (None, "person", "—", "—"),
        (0, "person", "0 人", "0 persons"),
        (12345, "establishment", "12,345 家", "12,345 establishments"),
        (3, "tonne", "3 tonne", "3 tonne"),
        (2_000_000, "CNY_fen", "2.00 万元", "CNY 20,000"),
    ],
)
def test_quantity(value: float | None, unit: str, zh: str, en: str) -> None:
    with override("zh-hans"):
        assert quantity(value, unit) == zh
    with override("en"):
        assert quantity(value, unit) == en


def test_a_measure_knows_its_unit() -> None:
    with override("zh-hans"):
        assert measure_quantity(7, "employment", "USD_cent") == "7 人"
        assert measure_quantity(1_000_000, "output", "") == "1.00 万元"
        assert measure_quantity(1_000_000, "payroll", "USD_cent") == "1.00 万美元"


def _scope(query: str, session: dict[str, Any] | None = None) -> tuple[PageScope, dict[str, Any]]:
    request = RequestFactory().get("/chain/?" + query)
    request.session = session if session is not None else {}  # type: ignore[assignment]
    return scope_of(request, OPTIONS), request.session  # type: ignore[return-value]


def test_the_address_wins_and_is_remembered() -> None:
    found, session = _scope("place=1&classification=c&period=2020")
    assert found == PageScope("1", "c", "2020")
    assert session["scope"] == found.as_dict()


def test_without_an_address_the_last_scope_else_the_first() -> None:
    assert _scope("")[0].place == "990101"
    assert _scope("", {"scope": OPTIONS[1]})[0].place == "990201"
    gone = {"place": "gone", "classification": "c", "period": "2020"}
    assert _scope("", {"scope": gone})[0].place == "990101", "a scope no longer visible is dropped"


def test_a_part_of_an_address_picks_the_option_that_has_it() -> None:
    assert _scope("period=2024")[0] == PageScope(**OPTIONS[1])
    assert _scope("place=77")[0] == PageScope("77", "gbt4754-2017", "2025")


def test_nothing_to_show_is_incomplete() -> None:
    request = RequestFactory().get("/chain/")
    request.session = {}  # type: ignore[assignment]
    assert not scope_of(request, []).complete


def test_an_address_is_cut_to_a_sane_length() -> None:
    assert len(_scope("place=" + "9" * 500 + "&classification=c&period=2")[0].place) == 60


def test_a_scope_as_part_of_an_address() -> None:
    assert (
        PageScope("9", "c", "2025").query(list="补")
        == "place=9&classification=c&period=2025&list=%E8%A1%A5"
    )
    assert PageScope("9").query() == "place=9"
