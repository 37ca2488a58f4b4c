"""Working days by the yearly notices on public holidays: weekends off, some weekdays off, some weekends not.

A day counts by what the notice of its year says. The notice appears in the autumn before and moves
working days onto weekends, so a year without one is refused, or, where a deadline must be named all
the same, read by the fixed holidays alone; `announced` tells that such a deadline is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from jiqun.errors import JiqunError, Kind

SATURDAY = 5
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class YearDays:
    """What the notice of one year says.

    Attributes:
        off: days off, weekends among them or not; may reach into the neighbouring years.
        worked: Saturdays and Sundays that are working days.
    """

    off: frozenset[date]
    worked: frozenset[date]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The notices of several years, by year.

    Attributes:
        place: whose holidays they are.
        years: year → what its notice says.
        fixed: (month, day) of the holidays of a year that has no notice; None refuses such a year.
    """

    place: str
    years: Mapping[int, YearDays]
    fixed: frozenset[tuple[int, int]] | None = None

    def notice(self, year: int) -> YearDays:
        """Return what holds in a year.

        Raises:
            JiqunError: ``E-CALENDAR-YEAR`` when the notice of that year is not there.
        """
        found = self.years.get(year)
        if found is None and self.fixed is not None:
            return YearDays(frozenset(date(year, *day) for day in self.fixed), frozenset())
        if found is None:
            known = "、".join(str(one) for one in sorted(self.years))
            raise JiqunError(
                "E-CALENDAR-YEAR",
                f"缺少 {year} 年的节假日安排（{self.place}），无法计算工作日",
                f"the calendar of public holidays of {year} ({self.place}) is missing, "
                "so working days cannot be counted",
                hint_zh=f"请在规则包目录 calendar 中加入该年的通知。已有：{known}",
                hint_en=f"Add that year's notice to the rule packs under calendar. Known: {known}",
                kind=Kind.NOT_FOUND,
            )
        return found


def announced(first: date, last: date, *, calendar: WorkingCalendar) -> bool:
    """Whether the notices of all years from ``first`` to ``last`` are known."""
    return all(year in calendar.years for year in range(first.year, last.year + 1))


def is_working_day(day: date, calendar: WorkingCalendar) -> bool:
    """Whether offices work on a day; ``E-CALENDAR-YEAR`` when its year is not known.

    The notice of the next year, where it is known, may give days off at the end of December.
    """
    own = calendar.notice(day.year)
    following = calendar.years.get(day.year + 1)
    if day in own.worked or (following and day in following.worked):
        return True
    if day in own.off or (following and day in following.off):
        return False
    return day.weekday() < SATURDAY


def add_working_days(day: date, n: int, calendar: WorkingCalendar) -> date:
    """Return the last day of a period of ``n`` working days; the day of the event does not count.

    That a period begins on the next day is article 201 of the Civil Code. ``n`` = 0 gives the day
    itself, or the next working day when it is not one.

    Raises:
        JiqunError: ``E-CALENDAR-YEAR`` when a year on the way is not known, ``E-CALENDAR-DAYS``
            when ``n`` is negative.
    """
    if n < 0:
        raise JiqunError(
            "E-CALENDAR-DAYS",
            f"工作日天数不能为负：{n}",
            f"a number of working days cannot be negative: {n}",
        )
    found, left = day, n
    if n == 0:
        while not is_working_day(found, calendar):
            found += ONE
    while left:
        found += ONE
        left -= is_working_day(found, calendar)
    return found


def working_days_between(first: date, last: date, *, calendar: WorkingCalendar) -> int:
    """Count the working days after ``first`` up to and including ``last``; 0 when it is not later."""
    days = range(1, (last - first).days + 1)
    return sum(is_working_day(first + timedelta(days=step), calendar) for step in days)
