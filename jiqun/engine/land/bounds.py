"""Bounds as land-trading notices write them: “≥300万元/亩”, “1.0-2.5”, “不低于20%”, “1.0≤容积率≤2.5”.

What is read keeps its comparator: a bare “300” is exactly 300 unless the column says which way it
is meant. Digits are exact; a unit in the cell is converted, one of another kind refused. Nothing is
guessed: “约300”, “300以上或面议” and “2.5-1.0” are problems.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Sense = Literal["", "at_least", "at_most"]

# unit as written → (kind, factor to the base unit of the kind). 亩 = 2000/3 m².
_MU = Fraction(2000, 3)
UNITS: Mapping[str, tuple[str, Fraction]] = {
    "": ("ratio", Fraction(1)), "%": ("ratio", Fraction(1, 100)), "元": ("fen", Fraction(100)),
    "万元": ("fen", Fraction(1_000_000)), "亿元": ("fen", Fraction(10_000_000_000)),
    "万元/亩": ("fen/mu", Fraction(1_000_000)), "元/亩": ("fen/mu", Fraction(100)),
    "万元/公顷": ("fen/mu", Fraction(1_000_000, 15)), "亿元/公顷": ("fen/mu", Fraction(10**10, 15)),
    "元/平方米": ("fen/m2", Fraction(100)), "元/m2": ("fen/m2", Fraction(100)), "元/㎡": ("fen/m2", Fraction(100)),
    "平方米": ("m2", Fraction(1)), "m2": ("m2", Fraction(1)), "㎡": ("m2", Fraction(1)),
    "亩": ("m2", _MU), "公顷": ("m2", Fraction(10_000)), "米": ("m", Fraction(1)), "m": ("m", Fraction(1)),
    "年": ("year", Fraction(1)), "个月": ("month", Fraction(1)), "月": ("month", Fraction(1)),
    "天": ("day", Fraction(1)), "日": ("day", Fraction(1)), "人": ("person", Fraction(1)),
    "万元/吨标准煤": ("fen/tce", Fraction(1_000_000)),
}  # fmt: skip
_UNIT = r"%|(?:亿|万)?元(?:/(?:亩|公顷|平方米|m2|㎡|吨标准煤))?|平方米|m2|㎡|亩|公顷|米|m|年|个月|月|天|日|人"
_NUMBER = r"\d+(?:\.\d+)?"
_VALUE = rf"(?P<{{0}}>{_NUMBER})(?P<{{0}}_unit>{_UNIT})?"
_LOW = "(?:≥|>=|=>|不低于|不小于|不少于|大于等于|大于或等于|至少|最低)"
_HIGH = "(?:≤|<=|=<|不高于|不大于|不超过|不多于|小于等于|小于或等于|至多|最高)"
_ABOVE, _BELOW = "(?:>|大于|高于|超过)", "(?:<|小于|低于)"
_AND = "(?:且|并且|，|,|、|;|；)?"
_FORMS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(form)
    for form in (
        rf"(?P<ge>{_LOW}){_VALUE.format('low')}{_AND}(?P<le>{_HIGH}){_VALUE.format('high')}",
        rf"(?P<ge>{_LOW}){_VALUE.format('low')}{_AND}(?P<lt>{_BELOW}){_VALUE.format('high')}",
        rf"(?P<gt>{_ABOVE}){_VALUE.format('low')}{_AND}(?P<le>{_HIGH}){_VALUE.format('high')}",
        rf"(?P<gt>{_ABOVE}){_VALUE.format('low')}{_AND}(?P<lt>{_BELOW}){_VALUE.format('high')}",
        rf"{_VALUE.format('low')}(?P<ge>≤|<=)[^\d<>≤≥=]*(?P<le>≤|<=){_VALUE.format('high')}",
        rf"{_VALUE.format('low')}(?P<gt><)[^\d<>≤≥=]*(?P<le>≤|<=){_VALUE.format('high')}",
        rf"{_VALUE.format('low')}(?P<ge>≤|<=)[^\d<>≤≥=]*(?P<lt><){_VALUE.format('high')}",
        rf"(?P<ge>){_VALUE.format('low')}(?:-|~|～|—|－|–|至|到)(?P<le>){_VALUE.format('high')}",
        rf"(?P<ge>{_LOW}){_VALUE.format('low')}",
        rf"(?P<gt>{_ABOVE}){_VALUE.format('low')}",
        rf"(?P<le>{_HIGH}){_VALUE.format('high')}",
        rf"(?P<lt>{_BELOW}){_VALUE.format('high')}",
        rf"{_VALUE.format('low')}(?P<ge>以上|及以上|\(含\)以上|或以上)",
        rf"{_VALUE.format('high')}(?P<le>以下|及以下|以内|之内|\(含\)以下|或以下)",
        rf"=?{_VALUE.format('low')}",
    )
)
EMPTY = frozenset({"", "-", "--", "—", "——", "/", "无", "详见公告", "详见出让文件", "待定"})
UNLIMITED = frozenset({"不限", "不设", "未设定", "无要求", "不作要求", "不做要求"})


@dataclass(frozen=True, slots=True)
class Bound:
    """A range in the base unit of its kind; None for an end without a limit.

    ``low_open`` and ``high_open``: the end itself is excluded, as in “>1.0”.
    """

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class ReadBound:
    """What a cell says: a bound, nothing at all (``missing``), or words why it cannot be read."""

    bound: Bound | None
    missing: bool
    zh: str = ""
    en: str = ""


def read_bound(text: str, *, kind: str, unit: str, sense: Sense = "") -> ReadBound:
    """Read a cell.

    Args:
        text: as written, any width.
        kind: of the column: ratio, fen/mu, fen/m2, fen, m2, m, year, month, day, person, fen/tce.
        unit: of the column, for numbers without one of their own; a key of :data:`UNITS`.
        sense: what a bare number means in this column: at least, at most, or exactly (empty).
    """
    plain = (
        re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("亩均", "").rstrip("。.")
    )
    plain = plain.replace("m²", "m2").replace("元每亩", "元/亩")
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)
    if plain in EMPTY:
        return ReadBound(None, missing=True)
    if plain in UNLIMITED:
        return ReadBound(Bound(None, None), missing=False)
    for form in _FORMS:
        found = form.fullmatch(plain)
        if found:
            return _bound(found.groupdict(), kind, unit, sense)
    return _refused(f"看不懂“{text}”", f"“{text}” cannot be read")


def _refused(zh: str, en: str) -> ReadBound:
    return ReadBound(None, missing=False, zh=zh, en=en)


def _bound(parts: Mapping[str, str | None], kind: str, unit: str, sense: Sense) -> ReadBound:
    ends: dict[str, Fraction | None] = {"low": None, "high": None}
    # In “1-2万元/亩” the unit of the second number belongs to both.
    shared = parts.get("high_unit") or parts.get("low_unit")
    for end in ends:
        number = parts.get(end)
        if number is None:
            continue
        written = parts.get(f"{end}_unit") or shared or unit
        own, factor = UNITS.get(written, ("", Fraction(0)))
        if own != kind:
            return _refused(
                f"单位“{written}”不是本列的单位“{unit}”",
                f"the unit “{written}” is not of this column ({unit})",
            )
        ends[end] = Fraction(number) * factor
    low, high = ends["low"], ends["high"]
    compared = any(parts.get(name) is not None for name in ("ge", "gt", "le", "lt"))
    if not compared:
        low, high = (low if sense != "at_most" else None), (low if sense != "at_least" else None)
    if low is not None and high is not None and low > high:
        return _refused("下限大于上限", "the lower end is above the upper one")
    return ReadBound(
        Bound(low, high, parts.get("gt") is not None, parts.get("lt") is not None), missing=False
    )
