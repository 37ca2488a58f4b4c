"""Figures of a sheet in words and from words: the units that people use, and those of the facts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor

from jiqun.core.tabular import pick
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN
from jiqun.modules.land.evaluation.shown import number_words
from jiqun.modules.land.evaluation.words import unit_en
from jiqun.modules.land.register import HELD

MOST = Decimal(10) ** 9  # of a figure in the unit that people use
MAY_BE_NEGATIVE = frozenset({"tax", "value_added"})
Words = tuple[str, str]
# The facts hold energy with electricity by calorific value; rules may count it otherwise later.
OTHER_LABELS: Mapping[str, Words] = {
    "energy": ("综合能耗（当量值）", "Energy (calorific value)"),
    "": ("其他事项（分组、否决、加分等）", "Another matter (group, veto, bonus)"),
}


def label_of(name: str) -> Words:
    """Return what a figure is called in both languages; of no figure, another matter."""
    if name in OTHER_LABELS:
        return OTHER_LABELS[name]
    return QUANTITIES[name].zh, QUANTITIES[name].en


def unit_of(name: str) -> str:
    """Return the unit that people use, in the language of the page."""
    shown = QUANTITIES[name].shown
    return pick(shown, unit_en(shown))


def shown_number(name: str, value: int | None) -> str:
    """Return a value of the facts as a number in the unit that people use; unknown is said."""
    if value is None:
        return pick("缺", "missing")
    factor = HELD[name][2]
    return number_words(value * factor / float(SHOWN[QUANTITIES[name].shown][1]))


def shown_value(name: str, value: int | None) -> str:
    """Return a value of the facts with its unit."""
    if value is None or not name:
        return "—" if not name else pick("缺", "missing")
    return f"{shown_number(name, value)} {unit_of(name)}"


def held_value(name: str, text: str) -> int | None:
    """Return a number that a person wrote as the facts hold it, rounded half up; None for what is none."""
    try:
        number = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > MOST or (number < 0 and name not in MAY_BE_NEGATIVE):
        return None
    exact = Fraction(number) * SHOWN[QUANTITIES[name].shown][1] / HELD[name][2]
    return floor(exact + Fraction(1, 2))
