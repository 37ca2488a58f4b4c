"""Working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jiqun.engine.calendar import (
    WorkingCalendar,
    YearDays,
    add_working_days,
    announced,
    is_working_day,
    working_days_between,
)
from jiqun.errors import JiqunError
from jiqun.rules.calendars import calendar_ahead, working_calendar

CN = working_calendar()
AHEAD = calendar_ahead(date(2026, 11, 30))


@pytest.mark.parametrize(("year", "holidays"), [(2023, 11), (2024, 11), (2025, 13), (2026, 13)])
def test_a_year_has_as_many_weekdays_off_as_the_law_gives_holidays(
    year: int, holidays: int
) -> None:
    # 全国年节及纪念日放假办法: 11 days until 2024, 13 from 2025; days moved to weekends even out.
    days = [date(year, 1, 1) + timedelta(days=at) for at in range(366)]
    days = [day for day in days if day.year == year]
    weekdays = sum(day.weekday() < 5 for day in days)
    assert weekdays - sum(is_working_day(day, CN) for day in days) == holidays


def test_weekends_worked_and_weekdays_off() -> None:
    assert is_working_day(date(2026, 2, 14), CN)  # a Saturday
    assert not is_working_day(date(2026, 2, 16), CN)  # a Monday
    assert not is_working_day(date(2026, 11, 28), CN)  # a plain Saturday
    assert is_working_day(date(2026, 11, 30), CN)


# The notice of the State Council's office for 2026.
@pytest.mark.parametrize(("day", "works"), [
    ("2026-01-04", True), ("2026-02-14", True), ("2026-02-16", False), ("2026-02-24", True), ("2026-04-06", False),
    ("2026-05-09", True), ("2026-06-19", False), ("2026-09-20", True), ("2026-10-10", True), ("2026-10-11", False),
    ("2026-11-30", True),
])  # fmt: skip
def test_days_worked_in_2026(day: str, works: bool) -> None:  # noqa: FBT001
    assert is_working_day(date.fromisoformat(day), AHEAD) is works


def test_working_days_of_2026_are_248() -> None:
    days = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    # Counted by hand from the notice: 261 weekdays − 19 weekdays off + 6 weekend days worked.
    assert sum(is_working_day(day, AHEAD) for day in days) == 248


def test_a_term_counts_working_days_after_its_first() -> None:
    assert add_working_days(date(2026, 9, 30), 1, AHEAD) == date(2026, 10, 8)
    assert add_working_days(date(2026, 9, 30), 5, AHEAD) == date(2026, 10, 13)
    assert add_working_days(date(2026, 12, 30), 2, AHEAD) == date(2027, 1, 4)


def test_a_term_into_a_year_without_a_notice_is_provisional() -> None:
    assert not announced(date(2026, 12, 30), date(2027, 1, 4), calendar=AHEAD)
    assert announced(date(2026, 11, 30), date(2026, 12, 7), calendar=AHEAD)
    assert not is_working_day(date(2027, 10, 1), AHEAD)


def test_the_next_year_s_notice_may_speak_of_december() -> None:
    other = WorkingCalendar(
        "x",
        {
            2030: YearDays(frozenset(), frozenset()),
            2031: YearDays(frozenset({date(2030, 12, 31)}), frozenset({date(2030, 12, 28)})),
        },
    )
    assert date(2030, 12, 31).weekday() == 1
    assert not is_working_day(date(2030, 12, 31), other)
    assert is_working_day(date(2030, 12, 28), other)


def test_a_year_without_its_notice_is_named() -> None:
    with pytest.raises(JiqunError) as caught:
        add_working_days(date(2026, 12, 25), 10, CN)
    assert caught.value.code == "E-CALENDAR-YEAR"
    assert "2027" in caught.value.message_zh
    assert "2027" in caught.value.message_en
    assert "2026" in caught.value.hint_en


def test_counting_begins_the_day_after() -> None:
    friday = date(2026, 11, 27)
    assert add_working_days(friday, 1, CN) == date(2026, 11, 30)
    assert add_working_days(date(2026, 11, 28), 0, CN) == date(2026, 11, 30)
    assert add_working_days(friday, 0, CN) == friday


def test_adding_and_counting_are_inverse() -> None:
    for n in range(1, 60):
        last = add_working_days(date(2026, 1, 28), n, CN)
        assert is_working_day(last, CN)
        assert working_days_between(date(2026, 1, 28), last, calendar=CN) == n


def test_negative_days_are_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        add_working_days(date(2026, 1, 5), -1, CN)
    assert caught.value.code == "E-CALENDAR-DAYS"
