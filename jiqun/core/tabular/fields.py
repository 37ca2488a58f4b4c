"""Columns: what they are called and hold, and how a value is written for a person."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import get_language

from jiqun.core.access import Grade

FEN_PER_WAN, FEN_PER_YUAN = 1_000_000, 100
EXACT = 10**13  # of a quantity with two decimals, a spreadsheet keeps 15 digits
FieldType = Literal[
    "text", "code", "firm_id", "words", "bool", "integer", "number", "quantity", "share",
    "probability", "money_wan", "money_yuan", "date", "datetime", "period",
]  # fmt: skip
FilterKind = Literal["", "contains", "starts", "one-of", "range", "none"]
FORMATS: Mapping[str, str] = {
    "integer": "#,##0",
    "number": "#,##0.00",
    "quantity": "#,##0.##",
    "share": "0.0%",
    "probability": "0.0%",
    "money_wan": "#,##0.00",
    "money_yuan": "#,##0.00",
}
# How a column is narrowed down unless it says otherwise.
FILTERS: Mapping[str, FilterKind] = {
    "text": "contains", "code": "contains", "firm_id": "contains", "words": "one-of",
    "bool": "one-of", "period": "starts",
}  # fmt: skip
# A count's unit is left out in English, where the label already says what is counted.
UNITS_EN: Mapping[str, str] = {
    "万元": "CNY 10k",
    "万美元": "USD 10k", "万新台币": "TWD 10k", "元": "CNY", "人": "persons", "行": "", "家": "", "个": "",
    "倍": "×", "个百分点": "points", "秒": "s", "条": "", "处": "", "对": "pairs",
    "分": "points", "亩": "mu", "万元/亩": "CNY 10k/mu", "年": "years", "元/平方米": "CNY/m²",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One column. ``money_wan`` and ``money_yuan`` hold integer fen and are shown in 万元 and, to the fen, in 元.

    ``share`` is shown in percent.

    ``words`` translates the stored code of a status into (zh, en). ``quantity`` is a number in the
    unit that another column of the row names. ``source`` is the path of a model's attribute where
    it is not the column's name. ``check`` is given the value as text and answers with what is
    wrong with it, as (zh, en), or None. A column of grade ``PERSONAL`` has fewer readers than its
    table. ``heading`` is that of the import template where it is not the Chinese name.
    """

    name: str
    zh: str
    en: str
    type: FieldType = "text"
    unit: str = ""
    about_zh: str = ""
    about_en: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    link: str = ""
    decimals: int = 2
    required: bool = False
    example: str = ""
    default: str | None = None
    min: float | None = None
    max: float | None = None
    check: Callable[[str], tuple[str, str] | None] | None = None
    source: str = ""
    importable: bool = True
    filter: FilterKind = ""
    sortable: bool = True
    grade: Grade | None = None
    heading: str = ""

    @property
    def narrowed_by(self) -> FilterKind:
        """How a reader may narrow the table by this column; ``none`` for not at all."""
        return self.filter or FILTERS.get(self.type, "range")


def english() -> bool:
    """Whether the page is being written in English."""
    return (get_language() or "").startswith("en")


def pick(zh: str, en: str) -> str:
    """Return the text in the language of the page; Chinese stands in for a missing English."""
    return en if english() and en else zh


def label(spec: Field) -> str:
    """Heading of a column, without its unit."""
    return pick(spec.zh, spec.en)


def unit_of(spec: Field) -> str:
    """Unit of a column in the language of the page."""
    unit = spec.unit or {"money_wan": "万元", "money_yuan": "元"}.get(spec.type, "")
    return UNITS_EN.get(unit, unit) if english() else unit


def display(spec: Field, value: Any) -> str:
    """Write a value as a person reads it; an unknown one is a dash, never a zero."""
    if unknown(value):
        return "—"
    writers: Mapping[str, Callable[[Any], str]] = {
        "words": lambda word: pick(*spec.words.get(str(word), (str(word), str(word)))),
        "bool": lambda yes: pick("是", "yes") if yes else pick("否", "no"),
        "integer": lambda number: f"{round(float(number)):,}",
        "probability": lambda number: chance(float(number)),
        "share": lambda number: f"{100 * float(number):.1f}%",
        "money_wan": lambda fen: f"{float(fen) / FEN_PER_WAN:,.{spec.decimals}f}",
        "money_yuan": yuan,
        "number": lambda number: f"{float(number):,.{spec.decimals}f}",
        "quantity": _quantity,
        "date": _day,
        "datetime": _moment,
    }
    return writers.get(spec.type, str)(value)


def _quantity(value: Any) -> str:
    number = float(value)
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"


def yuan(fen: int) -> str:
    """Return an amount as it is written, by whole numbers: a float would lose fen of large sums.

    >>> yuan(123456700), yuan(-5)
    ('1,234,567.00', '-0.05')
    """
    whole, rest = divmod(abs(int(fen)), FEN_PER_YUAN)
    return f"{'-' if int(fen) < 0 else ''}{whole:,}.{rest:02d}"


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        return str(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local:%Y-%m-%d %H:%M}"


def chance(probability: float) -> str:
    """Write a probability no finer than it is known: back-tests are off by points above 10 %."""
    if probability >= 0.3:
        return "≥30%"
    return f"{probability:.0%}" if probability >= 0.1 else f"{probability:.1%}"


def unknown(value: Any) -> bool:
    """Whether a value says nothing: absent or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def cell_value(spec: Field, value: Any) -> str | float | int | None:
    """Return a value as a file keeps it: numbers as numbers in the column's unit, unknown as None.

    A number of more digits than a spreadsheet program keeps is written as text.
    """
    if unknown(value):
        return None
    if spec.type not in FORMATS:
        return display(spec, value)
    if spec.type in {"quantity", "money_yuan"} and abs(value) >= EXACT:
        return yuan(value) if spec.type == "money_yuan" else str(value)
    per = {"money_wan": FEN_PER_WAN, "money_yuan": FEN_PER_YUAN}.get(spec.type, 1)
    number = float(value) / per if per > 1 else float(value)
    return int(number) if number == int(number) else number
