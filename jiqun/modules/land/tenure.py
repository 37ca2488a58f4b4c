"""The calculator of elastic tenure: what a reader asks, read with every problem, and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from jiqun.engine.land.tenure import (
    LeaseFirst,
    TenureRow,
    TenureRules,
    floor_test,
    lease_first,
    level_rent,
    price,
    rent_floor_test,
    table,
)
from jiqun.errors import Problem
from jiqun.rules.land.read import in_force, tenure_rules
from jiqun.rules.loader import Pack

TERMS = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
LARGEST = Decimal(1_000_000)  # 元/m², 元/m² a year and m² alike
YES, NO, UNKNOWN = "yes", "no", "unknown"
PRIORITY: Mapping[str, bool | None] = {YES: True, NO: False, UNKNOWN: None}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, in fen and whole years.

    Attributes:
        full: price of the full term, fen per m².
        rate: reduction rate per year.
        grade: of the land, None where it is not known.
        priority: whether the project is priority and saves land, None where it is not known.
        years: the term looked at closely.
        lease: years of lease before the grant.
        rent: yearly rent of the lease, fen per m².
        offset: whether rents count towards the price.
        area: of the parcel, m².
    """

    full: int = 45_000
    rate: Fraction = Fraction(1, 20)
    grade: int | None = 7
    priority: bool | None = False
    years: int = 20
    lease: int = 5
    rent: int = 2_200
    offset: bool = False
    area: Fraction = Fraction(20_000)


@dataclass(frozen=True, slots=True)
class Calculated:
    """Everything that the page shows, from one set of rules."""

    asked: Asked
    rules: TenureRules
    pack: Pack
    rows: tuple[TenureRow, ...]
    chosen: TenureRow
    total: Fraction
    rent: Fraction
    warnings: tuple[Problem, ...]
    first: LeaseFirst
    first_warning: Problem | None


def _number(text: str, least: Decimal, most: Decimal) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").replace("，", "").removesuffix("%").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and least <= found <= most else None


def read(given: Mapping[str, str], on: date) -> tuple[Asked, list[Problem]]:
    """Read what the address asks; what cannot be read stays as in the example, and is said."""
    problems: list[Problem] = []
    usual, pack = Asked(), in_force("tenure", on)
    rate = pack.parameters["tenure.rate"]
    lease_max = int(pack.values({})["tenure.lease_first_max"])

    def number(name: str, least: Decimal, most: Decimal, zh: str, en: str) -> Decimal | None:
        text = given.get(name, "").strip()[:30]
        found = _number(text, least, most) if text else None
        if text and found is None:
            problems.append(Problem(
                "E-LAND-TENURE", f"“{zh}”应为 {least:f} 至 {most:f} 的数，“{text}”已略去",
                f"“{en}” must be a number from {least:f} to {most:f}; “{text}” was left out",
                column=name, value=text,
            ))  # fmt: skip
        return found

    cent = Decimal("0.01")
    full = number("price", cent, LARGEST, "五十年价格", "price of fifty years")
    part = number(
        "rate", Decimal(str(rate.min)) * 100, Decimal(str(rate.max)) * 100, "还原率", "rate"
    )
    years = number("years", Decimal(1), Decimal(usual_years(pack)), "年期", "term")
    lease = number("lease", Decimal(1), Decimal(lease_max), "先租年期", "lease before the grant")
    rent = number("rent", Decimal(0), LARGEST, "年租金", "yearly rent")
    area = number("area", Decimal(1), LARGEST, "面积", "area")
    grades = {str(row[0]) for row in pack.tables["floor_price"]["rows"]}
    grade = given.get("grade", str(usual.grade))
    return Asked(
        full=usual.full if full is None else round(full * 100),
        rate=usual.rate if part is None else Fraction(part) / 100,
        grade=int(grade) if grade in grades else None,
        priority=PRIORITY.get(given.get("priority", NO)),
        years=usual.years if years is None else int(years),
        lease=usual.lease if lease is None else int(lease),
        rent=usual.rent if rent is None else round(rent * 100),
        offset=given.get("offset", NO) == YES,
        area=usual.area if area is None else Fraction(area),
    ), problems  # fmt: skip


def usual_years(pack: Pack) -> int:
    """Return the longest term of a pack."""
    return int(pack.values({})["tenure.full_years"])


def calculate(asked: Asked, on: date) -> Calculated:
    """Compute the table, the term looked at, its rent, and the lease before a grant.

    Raises:
        JiqunError: ``E-LAND-TENURE`` for terms that the rules do not allow.
    """
    pack = in_force("tenure", on)
    rules = tenure_rules(pack, {"tenure.rate": float(asked.rate)})
    grade, priority = asked.grade, asked.priority
    terms = [one for one in TERMS if one <= rules.full_years]
    rows = table(asked.full, terms, rules=rules, grade=grade, priority=priority)
    (chosen,) = table(asked.full, [asked.years], rules=rules, grade=grade, priority=priority)
    whole = price(asked.full, asked.years, rules=rules) * asked.area
    rent = level_rent(asked.full, rules=rules)
    said = (
        chosen.income_test.warning(), rent_floor_test(rent, rules=rules, grade=grade, priority=priority).warning(),
    )  # fmt: skip
    lease = min(asked.lease, rules.lease_first_max)
    first = lease_first(
        asked.full, lease, total_years=rules.full_years, rent=asked.rent,
        rent_offsets_price=asked.offset, rules=rules,
    )  # fmt: skip
    test = floor_test(
        first.converted, rules.full_years, rules=rules, grade=grade, priority=priority
    )
    return Calculated(
        asked, rules, pack, rows, chosen, whole, rent,
        tuple(dict.fromkeys(one for one in said if one)), first, test.warning(),
    )  # fmt: skip
