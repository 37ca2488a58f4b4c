"""What a firm is measured by, in which whole unit it is kept, and the units of quotients.

A value that is not known has no number at all: a :class:`Figure` carries, beside its whole
numbers, which of them are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from jiqun.engine.indices.exact import Flags, Ints


@dataclass(frozen=True, slots=True)
class Quantity:
    """One input: words, the base unit of its whole numbers, and whether it is a stock.

    Attributes:
        zh: Chinese name.
        en: English name.
        base: the unit in which it is kept.
        shown: the unit in which people read it.
        stock: measured at a moment (land, staff), so that a part of a year is no part of it.
    """

    zh: str
    en: str
    base: str
    shown: str
    stock: bool = False


QUANTITIES: Mapping[str, Quantity] = {
    "tax": Quantity("评价税收", "tax assessed", "fen", "万元"),
    "value_added": Quantity("工业增加值", "value added", "fen", "万元"),
    "revenue": Quantity("营业收入", "revenue", "fen", "万元"),
    "main_revenue": Quantity("主营业务收入", "main revenue", "fen", "万元"),
    "output": Quantity("总产值", "gross output", "fen", "万元"),
    "rd": Quantity("研发经费", "R&D expenditure", "fen", "万元"),
    "technical_investment": Quantity("技改投资", "technical investment", "fen", "万元"),
    "project_investment": Quantity("新建项目投资", "investment in new projects", "fen", "万元"),
    "land": Quantity("用地面积", "land", "dm2", "亩", stock=True),
    "energy": Quantity("综合能耗", "energy", "g", "tce"),
    "emission": Quantity("主要污染物排放量", "main pollutants", "g", "t"),
    "cod": Quantity("化学需氧量排放", "chemical oxygen demand", "g", "t"),
    "so2": Quantity("二氧化硫排放", "sulphur dioxide", "g", "t"),
    "staff": Quantity("年平均职工人数", "average staff", "0.01 person", "人", stock=True),
    "electricity": Quantity("用电量", "electricity", "Wh", "万kWh"),
}

# Base units in one unit that people read. 1 亩 = 10000/15 m², 1 dm² here is 0.01 m².
SHOWN: Mapping[str, tuple[str, Fraction]] = {
    "元": ("fen", Fraction(100)),
    "万元": ("fen", Fraction(1_000_000)),
    "亩": ("dm2", Fraction(200_000, 3)),
    "m2": ("dm2", Fraction(100)),
    "tce": ("g", Fraction(1_000_000)),
    "t": ("g", Fraction(1_000_000)),
    "kg": ("g", Fraction(1_000)),
    "人": ("0.01 person", Fraction(100)),
    "kWh": ("Wh", Fraction(1_000)),
    "万kWh": ("Wh", Fraction(10_000_000)),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One input of all units.

    Attributes:
        value: whole numbers of the base unit, shape (n,); what stands where ``known`` is false
            means nothing.
        known: shape (n,).
    """

    value: Ints
    known: Flags

    def take(self, rows: Ints) -> Figure:
        """Return the figure of some rows."""
        return Figure(self.value[rows], self.known[rows])

    def clean(self) -> Ints:
        """Return the values with 0 where unknown, so that equal figures are equal bytes."""
        return np.where(self.known, self.value, 0)


def unknown(count: int) -> Figure:
    """Return a figure of which nothing is known."""
    return Figure(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_))


def factors(unit: str) -> tuple[int, int]:
    """Return whole ``(p, q)`` so that base numerator·p ÷ (base denominator·q) is in ``unit``.

    Args:
        unit: such as ``万元/亩``, or ``ratio`` for two inputs of one base unit.

    Raises:
        KeyError: an unknown unit; the loader of packs asks :func:`unit_problem` first.
    """
    if unit == "ratio":
        return 1, 1
    above, below = unit.split("/")
    scale = SHOWN[below][1] / SHOWN[above][1]
    return scale.numerator, scale.denominator


def unit_problem(unit: str, numerator: str, denominator: str) -> str:
    """Return what is wrong with the unit of a quotient, or nothing."""
    for name in (numerator, denominator):
        if name not in QUANTITIES:
            return f"unknown quantity {name!r}; known: {', '.join(QUANTITIES)}"
    bases = QUANTITIES[numerator].base, QUANTITIES[denominator].base
    if unit == "ratio":
        return "" if bases[0] == bases[1] else f"a ratio of {bases[0]} and {bases[1]}"
    parts = unit.split("/")
    if len(parts) != 2 or any(part not in SHOWN for part in parts):
        return f"unknown unit {unit!r}; write one of {', '.join(SHOWN)}, twice, with / between"
    if (SHOWN[parts[0]][0], SHOWN[parts[1]][0]) != bases:
        return f"unit {unit!r} does not measure {numerator} ÷ {denominator}"
    return ""


def merge(figure: Figure, unit: Ints, *, count: int) -> Figure:
    """Sum a figure over the rows of each evaluation unit (operator or parcel of several firms).

    A unit of which one row is unknown is unknown: unknown is not zero.

    Args:
        figure: shape (n,).
        unit: evaluation unit of each row, 0 … count − 1; −1 belongs to none.
        count: number of evaluation units.
    """
    inside = unit >= 0
    value, hidden = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(value, unit[inside], figure.clean()[inside])
    np.add.at(hidden, unit[inside], (~figure.known[inside]).astype(np.int64))
    seen = np.bincount(unit[inside], minlength=count) > 0
    return Figure(value, seen & (hidden == 0))
