"""Sums with units and periods, and what may not stand together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from jiqun.engine.rules.document.fields import PERIODS, Field
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.units import UNITS, Quantity
from jiqun.engine.rules.language.words import period_kind
from jiqun.engine.rules.program.atoms import Linear

PERIOD_WORDS = {kind: word for word, kind in PERIODS.items()}


@dataclass(frozen=True, slots=True)
class Measured:
    """A sum with its unit, its kinds of period, and how many days of the calendar it adds up."""

    linear: Linear
    unit: str
    periods: frozenset[str]
    dates: Fraction = Fraction(0)


class WrongError(ValueError):
    """One thing wrong inside a condition; kept inside this file."""

    def __init__(self, code: str, at: int, zh: str, en: str, remedy: tuple[str, str]) -> None:
        super().__init__(en)
        self.told = (code, zh, en, remedy)
        self.at = at


def quantity_of(rate: s.Constant) -> Quantity:
    """Return the quantity of a rate; a date is none."""
    if isinstance(rate.value, Quantity):
        return rate.value
    raise unit_error(rate.at, "比率不能是日期", "a rate cannot be a date")


def as_share(part: Measured, other: Measured) -> Measured:
    """Return percentages beside a stored ratio in parts per million."""
    if other.unit != "ppm" or part.unit not in {"share", "plain"} or part.linear.terms:
        return part
    constant = part.linear.constant * 1_000_000
    return replace(part, unit="ppm", linear=Linear((), constant))


def same_unit(a: Measured, b: Measured, at: int) -> None:
    """Raise when two sums are in different units; a bare zero goes with any."""
    if a.unit != b.unit and "?" not in {a.unit, b.unit}:
        raise unit_error(
            at,
            f"两边单位不同：{shown_units({a.unit})} 与 {shown_units({b.unit})}",
            f"units differ: {a.unit} and {b.unit}",
        )


def no_dates(a: Measured, b: Measured, at: int) -> None:
    """Raise when either sum is a date."""
    if a.dates or b.dates:
        raise unit_error(at, "日期不能求比值或增长", "a date has no ratio and no growth")


def same_period(periods: frozenset[str] | set[str], at: int) -> None:
    """Raise when there is more than one kind of period."""
    if len(periods) > 1:
        raise period_error(
            at,
            f"期间口径不同：{'、'.join(PERIOD_WORDS[p] for p in sorted(periods))}",
            f"periods differ: {sorted(periods)}",
        )


def check_period(field: Field, item: s.Name) -> None:
    """Raise when a field stands without its period, or with one of another kind."""
    if field.period == "point":
        if item.period and period_kind(item.period) != "point":
            raise period_error(
                item.at, f"“{field.name}”是时点字段，不能写 [{item.period}]",
                f"{field.name!r} is of a point in time and takes no [{item.period}]",
            )  # fmt: skip
    elif not item.period:
        raise period_error(
            item.at, f"“{field.name}”须写期间，如 {field.name}[上年度]",
            f"{field.name!r} needs a period, such as [上年度]",
        )  # fmt: skip
    elif period_kind(item.period) != field.period:
        raise period_error(
            item.at, f"“{field.name}”的期间是“{PERIOD_WORDS[field.period]}”，不能写 [{item.period}]",
            f"{field.name!r} is per {field.period}; [{item.period}] is not",
        )  # fmt: skip


def shown_units(units: set[str] | frozenset[str]) -> str:
    """Return units as people call them."""
    return "、".join(shown_unit(unit) for unit in sorted(units))


def shown_unit(unit: str) -> str:
    """Return a base unit as people call it: 元, 元/人, 百分数."""
    names = {"share": "百分数", "plain": "纯数", "ppm": "比率", "?": "零", "": "纯数"}
    if "/" in unit:
        return "/".join(shown_unit(part) for part in unit.split("/"))
    return names.get(unit) or next((one.name for one in UNITS if one.base == unit), unit)


def unit_error(at: int, zh: str, en: str) -> WrongError:
    """Return the error that units do not fit."""
    told = ("给常数写上单位，并让两边同类。", "Give constants their unit; compare like with like.")
    return WrongError("E-RULE-UNIT", at, zh, en, told)


def period_error(at: int, zh: str, en: str) -> WrongError:
    """Return the error that periods do not fit."""
    told = (
        "期间写在方括号里：[上年度] [本季度] [上年末] [2024年度]。",
        "Write the period in brackets: [上年度], [本季度], [上年末], [2024年度].",
    )
    return WrongError("E-RULE-PERIOD", at, zh, en, told)


def constant_error(at: int, zh: str, en: str) -> WrongError:
    """Return the error that a constant cannot be meant."""
    told = (
        "金额精确到分，数量精确到最小单位。",
        "Money to the fen, quantities to their base unit.",
    )
    return WrongError("E-RULE-CONSTANT", at, zh, en, told)
