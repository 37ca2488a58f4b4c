"""Periods as bureaux write them → canonical text; what is not certain is refused.

Canonical: year ``2025``, half ``2025H1``, quarter ``2025Q3``, month ``2025-08``, cumulative
``2025-01/08`` (January to August: never the month of August), day ``2025-08-22``.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

PeriodKind = Literal["year", "half", "quarter", "month", "cumulative", "day"]
KINDS: tuple[PeriodKind, ...] = ("year", "half", "quarter", "month", "cumulative", "day")
# Excel counts days from here: serial 60 is its invented 29 February 1900, later days are right.
EXCEL_EPOCH = dt.date(1899, 12, 30)
SERIAL = range(20_000, 80_000)  # 1954-10-03 … 2119-01-10: a serial outside is no business date

_HAN = {char: str(i) for i, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_CANONICAL: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = (
    ("year", re.compile(r"(\d{4})")),
    ("half", re.compile(r"(\d{4})H([12])")),
    ("quarter", re.compile(r"(\d{4})Q([1-4])")),
    ("month", re.compile(r"(\d{4})-(\d{2})")),
    ("cumulative", re.compile(r"(\d{4})-01/(\d{2})")),
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A parsed period; ``text`` is its canonical form, ``end`` is inclusive."""

    text: str
    kind: PeriodKind
    start: dt.date
    end: dt.date

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: by end, then the shorter first (August before January–August)."""
        return self.end.toordinal(), -self.start.toordinal()


@dataclass(frozen=True, slots=True)
class Habits:
    """What the table says of its periods, from ``county.toml``, a title or a heading."""

    year: int | None = None
    kind: PeriodKind | None = None
    serial: bool = False


def _month_end(year: int, month: int) -> dt.date:
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def _span(kind: PeriodKind, numbers: list[int]) -> tuple[dt.date, dt.date]:
    """First and last day; ValueError for a month or day that does not exist."""
    year, rest = numbers[0], numbers[1:]
    if kind == "day":
        day = dt.date(year, rest[0], rest[1])
        return day, day
    first, last = {
        "year": lambda: (1, 12),
        "half": lambda: (rest[0] * 6 - 5, rest[0] * 6),
        "quarter": lambda: (rest[0] * 3 - 2, rest[0] * 3),
        "month": lambda: (rest[0], rest[0]),
        "cumulative": lambda: (1, rest[0]),
    }[kind]()
    return dt.date(year, first, 1), _month_end(year, last)


def period(text: str) -> Period:
    """Return the period of canonical ``text``; ValueError when it is not canonical.

    >>> period("2025-01/08").kind, period("2025Q3").end
    ('cumulative', datetime.date(2025, 9, 30))
    """
    for kind, pattern in _CANONICAL:
        found = pattern.fullmatch(text)
        if found:
            start, end = _span(kind, [int(part) for part in found.groups()])
            return Period(text, kind, start, end)
    msg = f"not a canonical period: {text!r}"
    raise ValueError(msg)


def _han_digits(text: str) -> str:
    """二〇二五年十二月 → 2025年12月; 十, 二十三 inside months and days included."""

    def tens(found: re.Match[str]) -> str:
        head, tail = found.group(1), found.group(2)
        return str(int(_HAN.get(head, "1") if head else "1") * 10 + int(_HAN.get(tail, "0") or 0))

    text = re.sub(r"([一二三])?十([一二三四五六七八九])?", tens, text)
    return "".join(_HAN.get(char, char) for char in text)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.strip()).upper()
    plain = re.sub(r"(?<=\d)\s+(?=\d)", "|", plain)  # "2025 8" is not 20258
    plain = re.sub(r"\s+", "", plain)
    plain = re.sub(r"[—–―─−~～至到]+", "-", plain)
    return _han_digits(plain)


_YEAR = r"(?:(?P<y>(?:19|20)\d{2})(?:年度?|[-./]))?"
_WRITTEN: tuple[tuple[PeriodKind, str], ...] = (
    ("year", r"(?P<y>(?:19|20)\d{2})年?(?:度|全年)?"),
    ("half", r"(?P<y>(?:19|20)\d{2})(?:年度?|[-./])?(?:H|上)?(?P<a>[上下12])半年"),
    ("half", r"(?P<a>[上下])半年"),
    ("half", r"(?P<y>(?:19|20)\d{2})-?H(?P<a>[12])"),
    ("quarter", _YEAR + r"第?(?P<a>[1-4])季度?"),
    ("quarter", r"(?P<y>(?:19|20)\d{2})(?:年|-)?Q(?P<a>[1-4])"),
    ("quarter", r"Q(?P<a>[1-4])(?P<y>(?:19|20)\d{2})"),
    ("cumulative", _YEAR + r"1月?-(?P<a>\d{1,2})月(?:份)?(?:累计)?"),
    ("cumulative", r"(?P<y>(?:19|20)\d{2})-01/(?P<a>\d{2})"),
    ("cumulative", _YEAR + r"前(?P<a>\d{1,2})个?月"),
    ("cumulative", _YEAR + r"(?:前|1-)(?P<q>[2-4])季度"),
    ("month", _YEAR + r"(?P<a>\d{1,2})月(?:份)?"),
    ("month", r"(?P<y>(?:19|20)\d{2})[-./](?P<a>\d{1,2})"),
    ("month", r"(?P<y>(?:19|20)\d{2})(?P<a>0[1-9]|1[0-2])"),
    ("day", r"(?P<y>(?:19|20)\d{2})(?:年|[-./])(?P<a>\d{1,2})(?:月|[-./])(?P<b>\d{1,2})日?"),
    ("day", r"(?P<y>(?:19|20)\d{2})(?P<a>0[1-9]|1[0-2])(?P<b>[0-3]\d)"),
)
_FORMS: list[tuple[PeriodKind, re.Pattern[str]]] = [
    (kind, re.compile(form)) for kind, form in _WRITTEN
]
_DATE_CELL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00:00")
# 2025.1 is January, or October that was a number and lost its zero.
_LOST_ZERO = re.compile(r"(?:19|20)\d{2}\.1")


def _write(kind: PeriodKind, year: int, a: int, b: int) -> str:
    writers: dict[PeriodKind, Callable[[], str]] = {
        "year": lambda: f"{year:04d}",
        "half": lambda: f"{year:04d}H{a}",
        "quarter": lambda: f"{year:04d}Q{a}",
        "month": lambda: f"{year:04d}-{a:02d}",
        "cumulative": lambda: f"{year:04d}-01/{a:02d}",
        "day": lambda: f"{year:04d}-{a:02d}-{b:02d}",
    }
    return writers[kind]()


def _accept(text: str) -> tuple[str, str]:
    try:
        return period(text).text, ""
    except ValueError:
        return "", "E-PERIOD"


def _date_cell(day: str, habits: Habits) -> tuple[str, str]:
    """A spreadsheet turns a typed 2025年8月 into 1 August: only the mapping can tell them apart."""
    if habits.kind == "month" and day.endswith("-01"):
        return day[:7], ""
    if habits.kind == "year" and day.endswith("-01-01"):
        return day[:4], ""
    if habits.kind == "day" or not day.endswith("-01"):
        return _accept(day)
    return "", "E-PERIOD-AMBIGUOUS"


def _serial(text: str, habits: Habits) -> str:
    """Day of an Excel serial, or '' when it is none or the table does not use serials."""
    if habits.serial and re.fullmatch(r"\d{5}", text) and int(text) in SERIAL:
        return (EXCEL_EPOCH + dt.timedelta(days=int(text))).isoformat()
    return ""


def _matched(kind: PeriodKind, found: re.Match[str], habits: Habits) -> tuple[str, str]:
    parts = found.groupdict()
    year = parts.get("y") or (str(habits.year) if habits.year else "")
    if not year:
        return "", "E-PERIOD-YEAR"
    quarter = parts.get("q")
    written = str(int(quarter) * 3) if quarter else parts.get("a") or "0"
    a = {"上": 1, "下": 2}.get(written) or int(written)
    return _accept(_write(kind, int(year), a, int(parts.get("b") or 0)))


def parse(text: str, *, habits: Habits | None = None) -> tuple[str, str]:
    """Read one period.

    Args:
        text: what the cell says.
        habits: the year of a bare “8月” (from the mapping), the one kind the column holds, whether
            bare five-digit numbers are Excel serials.

    Returns:
        (canonical text, '') or ('', code) with code E-PERIOD, E-PERIOD-YEAR, E-PERIOD-AMBIGUOUS
        or E-PERIOD-MIXED (readable, but of another kind than the mapping states).

    >>> parse("２０２５年1—8月"), parse("二〇二五年第三季度"), parse("8月")
    (('2025-01/08', ''), ('2025Q3', ''), ('', 'E-PERIOD-YEAR'))
    """
    habits = habits or Habits()
    cell = _DATE_CELL.fullmatch(text.strip())
    plain = _plain(text)
    if cell:
        answer = _date_cell(cell.group(1), habits)
    elif serial := _serial(plain, habits):
        answer = _date_cell(serial, habits)
    else:
        answer = _by_form(plain, habits)
    if answer[0] and habits.kind and period(answer[0]).kind != habits.kind:
        return "", "E-PERIOD-MIXED"
    return answer


def _by_form(plain: str, habits: Habits) -> tuple[str, str]:
    if _LOST_ZERO.fullmatch(plain):
        return "", "E-PERIOD-AMBIGUOUS"
    for kind, pattern in _FORMS:
        found = pattern.fullmatch(plain)
        if found:
            return _matched(kind, found, habits)
    return "", "E-PERIOD"


def parse_series(cells: pl.Series, *, habits: Habits | None = None) -> pl.DataFrame:
    """Read a column, each distinct text once.

    Returns:
        Frame with value (canonical text or null) and code ('' when read), in the order given.
    """
    texts = cells.cast(pl.String).fill_null("").alias("text")
    unique = texts.unique()
    found = [parse(text, habits=habits) if text.strip() else ("", "") for text in unique]
    table = pl.DataFrame(
        {"text": unique, "value": [v or None for v, _ in found], "code": [c for _, c in found]},
        schema={"text": pl.String, "value": pl.String, "code": pl.String},
    )
    joined = texts.to_frame().join(table, on="text", how="left", maintain_order="left")
    return joined.select("value", "code")


def kinds(cells: pl.Series) -> pl.Series:
    """Kind of each canonical period (null stays null)."""
    unique = cells.drop_nulls().unique()
    table = {text: period(text).kind for text in unique}
    return cells.replace_strict(table, default=None, return_dtype=pl.String)


def parse_date(text: str) -> dt.date | None:
    """Read a day: any day form of :func:`parse`, a date cell, or an Excel serial; else None."""
    canonical, _ = parse(text, habits=Habits(kind="day", serial=True))
    return dt.date.fromisoformat(canonical) if canonical else None


def year_in(text: str) -> int | None:
    """The one year that a title names (“2025年1—8月工业产值” → 2025); None when none or several."""
    found = set(re.findall(r"((?:19|20)\d{2})年", _han_digits(unicodedata.normalize("NFKC", text))))
    return int(found.pop()) if len(found) == 1 else None
