"""Working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jiqun.engine.calendar import (
    WorkingCalendar,
    YearDays,
    add_working_days,
    is_working_day,
    working_days_between,
)
from jiqun.errors import JiqunError
from jiqun.rules.calendars import working_calendar

CN = working_calendar()


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
