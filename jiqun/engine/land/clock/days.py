"""Months, and days on which the clock of a contract stands still.

Periods are counted as the Civil Code says: the day of the event does not count (art. 201); a period
of months ends on the day of the same number, or on the last day of a month that has no such day
(art. 202). Several periods are added up first and counted from the first day once, so that 31
January and twice one month end on 31 March, not on 28.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days from ``first`` up to, but not including, ``after``."""

    first: date
    after: date


def add_months(day: date, months: int) -> date:
    """Return the last day of a period of ``months`` months after ``day``.

    >>> add_months(date(2025, 1, 31), 1)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that overlap or touch, so that no day is in two; empty ones vanish."""
    result: list[Span] = []
    for span in sorted(one for one in spans if one.first < one.after):
        if result and span.first <= result[-1].after:
            result[-1] = Span(result[-1].first, max(result[-1].after, span.after))
        else:
            result.append(span)
    return tuple(result)


def stopped_days(spans: Sequence[Span], *, after: date, until: date) -> int:
    """Count the days in ``(after, until]`` that lie in ``spans``, which must be merged."""
    low, high = after + ONE, until + ONE
    return sum(max(0, (min(one.after, high) - max(one.first, low)).days) for one in spans)


def shifted(base: date, nominal: date, *, spans: Sequence[Span]) -> date:
    """Return the day on which as many running days have passed since ``base`` as until ``nominal``.

    ``spans`` must be merged. Stops after the resulting day do not move it.
    """
    left, at = (nominal - base).days, base
    if left <= 0:
        return nominal
    for span in spans:
        first = max(span.first, at + ONE)
        if span.after <= first:
            continue
        running = (first - at - ONE).days
        if left <= running:
            break
        left, at = left - running, span.after - ONE
    return at + timedelta(days=left)
