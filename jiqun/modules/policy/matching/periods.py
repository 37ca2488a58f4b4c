"""Periods of the rule language → periods of the fact store, counted from the day of the event."""

from __future__ import annotations

import re
from datetime import date

from jiqun.engine.rules.language.words import PERIODS

_FIXED = (
    (re.compile(r"(\d{4})年?度"), "{0}"),
    (re.compile(r"(\d{4})年末"), "{0}"),
    (re.compile(r"(\d{4})年第(\d)季度"), "{0}Q{1}"),
    (re.compile(r"(\d{4})年(\d{1,2})月"), "{0}-{1:0>2}"),
)
_HALF = re.compile(r"(\d{4})年([上下])半年")


def stored_period(name: str, event: date) -> str:
    """Return the canonical period of the store for a period in brackets.

    Args:
        name: canonical, such as 上年度, 上年同季 or 2024年度 (``engine.rules.language.words``).
        event: the day that relative periods are counted from.

    >>> stored_period("上年度", date(2026, 2, 1)), stored_period("上季度", date(2026, 2, 1))
    ('2025', '2025Q4')
    """
    relative = PERIODS.get(name)
    if relative is None:
        return _fixed(name)
    if relative.kind in {"year", "point"}:
        return str(event.year - relative.back)
    if relative.kind == "half":
        year, part = divmod(event.year * 2 + (event.month - 1) // 6 - relative.back, 2)
        return f"{year}H{part + 1}"
    if relative.kind == "quarter":
        year, part = divmod(event.year * 4 + (event.month - 1) // 3 - relative.back, 4)
        return f"{year}Q{part + 1}"
    year, part = divmod(event.year * 12 + event.month - 1 - relative.back, 12)
    return f"{year}-{part + 1:02d}"


def _fixed(name: str) -> str:
    if found := _HALF.fullmatch(name):
        return f"{found[1]}H{1 if found[2] == '上' else 2}"
    for form, written in _FIXED:
        if found := form.fullmatch(name):
            return written.format(*found.groups())
    return name


def parts_of(key: str) -> tuple[str, str]:
    """Split a column's key into the field's name and its period, empty for a field without one.

    >>> parts_of("营业收入[上年度]"), parts_of("规上企业")
    (('营业收入', '上年度'), ('规上企业', ''))
    """
    name, _, rest = key.partition("[")
    return name, rest.removesuffix("]")
