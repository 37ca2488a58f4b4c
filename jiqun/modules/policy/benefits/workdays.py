"""Working days in China: weekends, holidays, and the weekends worked instead, as data beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

PATH = Path(__file__).with_name("workdays.yaml")


@dataclass(frozen=True, slots=True)
class Year:
    """Days off and days worked of one year; ``known`` when they have been announced and read."""

    off: frozenset[date]
    worked: frozenset[date]
    known: bool
    source: str


@cache
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(PATH.read_text(encoding="utf-8")))


@cache
def year_of(number: int) -> Year:
    """Return the calendar of a year; the fixed holidays only where nothing has been announced."""
    for one in _data()["years"]:
        if one["year"] == number:
            off = {
                first + timedelta(days=day)
                for first, last in one["holidays"]
                for day in range((last - first).days + 1)
            }
            return Year(frozenset(off), frozenset(one["worked"]), one["mark"] == "✔", one["source"])
    fixed = _data()["fixed"]
    days = {date.fromisoformat(f"{number}-{day}") for day in fixed["days"]}
    return Year(frozenset(days), frozenset(), known=False, source=fixed["source"])


def is_working_day(day: date) -> bool:
    """Whether offices work on a day."""
    year = year_of(day.year)
    if day in year.worked:
        return True
    return day.weekday() < 5 and day not in year.off


def working_days_later(day: date, count: int) -> date:
    """Return the last of ``count`` working days that follow ``day``, which itself does not count."""
    found = day
    for _ in range(count):
        found += timedelta(days=1)
        while not is_working_day(found):
            found += timedelta(days=1)
    return found


def provisional(first: date, last: date) -> bool:
    """Whether a term reaches into a year whose days off have not been announced."""
    return any(not year_of(number).known for number in range(first.year, last.year + 1))
