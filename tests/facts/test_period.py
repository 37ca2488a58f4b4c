"""Periods: every form of the bureaux, canonical text, and nothing guessed."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.facts.values.period import (
    Habits,
    kinds,
    parse,
    parse_date,
    parse_series,
    period,
    year_in,
)

READ = {
    "2025": "2025", "2025年": "2025", "2025年度": "2025", "２０２５年": "2025", "二〇二五年": "2025",
    "2025年上半年": "2025H1", "2025年下半年": "2025H2", "2025H1": "2025H1",
    "2025年第三季度": "2025Q3", "2025年三季度": "2025Q3", "2025Q3": "2025Q3", "2025年4季度": "2025Q4",
    "2025年8月": "2025-08", "2025年8月份": "2025-08", "二〇二五年八月": "2025-08",
    "二○二五年十二月": "2025-12", "2025.8": "2025-08", "2025-08": "2025-08", "202508": "2025-08",
    "2025/8": "2025-08", "２０２５．８": "2025-08", "2025.10": "2025-10",
    "2025年1-8月": "2025-01/08", "2025年1—8月": "2025-01/08", "2025年1～8月累计": "2025-01/08",
    "2025年1至8月": "2025-01/08", "2025年前三季度": "2025-01/09", "2025年前8个月": "2025-01/08",
    "2025年1-12月": "2025-01/12", "2025-01/08": "2025-01/08",
    "2025/8/1": "2025-08-01", "2025年8月22日": "2025-08-22", "20250822": "2025-08-22",
    "2025-08-22 00:00:00": "2025-08-22",
}  # fmt: skip
REFUSED = {
    "8月": "E-PERIOD-YEAR", "1—8月": "E-PERIOD-YEAR", "第三季度": "E-PERIOD-YEAR",
    "上半年": "E-PERIOD-YEAR", "2025年13月": "E-PERIOD", "2025-02-30": "E-PERIOD",
    "2025年2-5月": "E-PERIOD", "45900": "E-PERIOD", "FY2025": "E-PERIOD", "25年8月": "E-PERIOD",
    "去年": "E-PERIOD", "2025 8": "E-PERIOD", "2025.1": "E-PERIOD-AMBIGUOUS",
    "2025-08-01 00:00:00": "E-PERIOD-AMBIGUOUS", "民国110年": "E-PERIOD", "2025年0月": "E-PERIOD",
}  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), READ.items())
def test_reads(text: str, canonical: str) -> None:
    assert parse(text) == (canonical, "")


@pytest.mark.parametrize(("text", "code"), REFUSED.items())
def test_refuses_what_is_not_certain(text: str, code: str) -> None:
    assert parse(text) == ("", code)


def test_a_cumulative_is_not_its_last_month() -> None:
    until_august, august = period("2025-01/08"), period("2025-08")
    assert until_august.kind == "cumulative"
    assert august.kind == "month"
    assert until_august.start == dt.date(2025, 1, 1)
    assert until_august.end == august.end == dt.date(2025, 8, 31)
    assert august.order < until_august.order < period("2025-09").order


def test_the_year_may_come_from_the_mapping_or_the_title() -> None:
    assert parse("1—8月", habits=Habits(year=2024)) == ("2024-01/08", "")
    assert parse("第三季度", habits=Habits(year=2024)) == ("2024Q3", "")
    assert year_in("二〇二五年1—8月工业产值") == 2025
    assert year_in("2024年与2025年对比") is None


def test_a_date_cell_is_a_month_only_when_the_mapping_says_so() -> None:
    cell = "2025-08-01 00:00:00"
    assert parse(cell, habits=Habits(kind="month")) == ("2025-08", "")
    assert parse(cell, habits=Habits(kind="day")) == ("2025-08-01", "")


def test_a_declared_kind_refuses_the_others() -> None:
    assert parse("2025年1-8月", habits=Habits(kind="month")) == ("", "E-PERIOD-MIXED")
    assert parse("2025年8月", habits=Habits(kind="month")) == ("2025-08", "")


def test_excel_serials_only_where_declared() -> None:
    # 45900 is 31 August 2025 in the 1900 date system.
    assert parse("45900", habits=Habits(kind="day", serial=True)) == ("2025-08-31", "")
    assert parse_date("45900") == dt.date(2025, 8, 31)
    assert parse_date("2025年8月22日") == dt.date(2025, 8, 22)
    assert parse_date("2025年8月") is None


def test_a_column_is_read_in_order_with_blanks_kept() -> None:
    found = parse_series(pl.Series(["2025年8月", "", None, "8月", "2025"]))
    assert found["value"].to_list() == ["2025-08", None, None, None, "2025"]
    assert found["code"].to_list() == ["", "", "", "E-PERIOD-YEAR", ""]
    assert kinds(found["value"]).to_list() == ["month", None, None, None, "year"]


@given(
    st.integers(1950, 2099),
    st.integers(1, 12),
    st.sampled_from(["{y}年{m}月", "{y}.{m:02d}", "{y}-{m:02d}", "{y}{m:02d}", "{y}/{m}"]),
)
def test_every_month_form_gives_the_same_month(year: int, month: int, form: str) -> None:
    text, code = parse(form.format(y=year, m=month))
    assert (text, code) == (f"{year}-{month:02d}", "")
    assert period(text).start == dt.date(year, month, 1)
    assert (period(text).end + dt.timedelta(days=1)).day == 1


@given(st.text(max_size=14))
def test_any_text_is_read_or_refused_never_both(text: str) -> None:
    value, code = parse(text)
    assert bool(value) != bool(code)
    if value:
        assert period(value).text == value
