"""Working calendars from the yearly packs ``calendar/<place>/<year>.yaml`` and ``calendar/fixed``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from jiqun.engine.calendar import WorkingCalendar, YearDays
from jiqun.errors import JiqunError, Kind
from jiqun.rules import loader


def _span(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=step) for step in range((last - first).days + 1))


def _year(pack: loader.Pack) -> YearDays:
    rows = pack.tables["holidays"]["rows"]
    off = frozenset(day for row in rows for day in _span(row["first"], row["last"]))
    worked = frozenset(day for row in rows for day in row["worked"])
    wrong = [
        *(f"{day} is off and worked" for day in sorted(off & worked)),
        *(f"{day} is worked but no weekend day" for day in sorted(worked) if day.weekday() < 5),
        *(f"{row['zh']} ends before it begins" for row in rows if row["last"] < row["first"]),
    ]
    if wrong:
        raise JiqunError(
            "E-PACK",
            f"节假日安排 {pack.version} 自相矛盾：{'；'.join(wrong)}",
            f"the holidays of {pack.version} contradict themselves: {'; '.join(wrong)}",
            kind=Kind.INTERNAL,
        )
    return YearDays(off, worked)


@cache
def working_calendar(place: str = "cn") -> WorkingCalendar:
    """Return the working calendar of a place with every year that has a pack.

    Raises:
        JiqunError: ``E-PACK`` when a year contradicts itself.
    """
    topic = f"calendar/{place}"
    versions = sorted(file.stem for file in (loader.FOLDER / topic).glob("*.yaml"))
    return WorkingCalendar(place, {int(one): _year(loader.pack(topic, one)) for one in versions})


@cache
def calendar_ahead(on: date) -> WorkingCalendar:
    """Return China's calendar for deadlines: a year without its notice has the fixed holidays alone.

    Args:
        on: the day whose regulation says which holidays are fixed.

    Raises:
        JiqunError: ``E-PACK-UNKNOWN`` when no regulation is known for that day.
    """
    rows = loader.latest("calendar/fixed", on).tables["days"]["rows"]
    return replace(working_calendar(), fixed=frozenset((row["month"], row["day"]) for row in rows))
