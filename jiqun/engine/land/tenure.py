"""What industrial land costs for fewer than fifty years, and whether that is below the state's floor.

Income capitalisation of GB/T 18508: the right for n years is worth the share
``K(n) = (1 − (1+r)^−n) / (1 − (1+r)^−50)`` of the right for fifty. Powers are exact rationals; a
price is rounded once, to the fen per square metre, and a total is computed from the price before
that rounding. Prices are fen per m², rents fen per m² and year, paid at the end of each year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

from jiqun.engine.land.exact import Exact, all_of, rounded, yuan
from jiqun.engine.land.words import Fact, in_chinese, in_english
from jiqun.errors import JiqunError, Problem

Method = Literal["income", "linear"]
LAND_GRADE = Fact("land_grade", "土地等别", "grade of the land", "自然资源", "natural resources")
PRIORITY = Fact(
    "priority", "是否优先发展且用地集约", "whether the project is priority and saves land",
    "发展改革、自然资源", "development and reform, natural resources",
)  # fmt: skip
RECENT_GRADES = Fact(
    "recent_grades",
    "近几次亩均评价等级",
    "grades of the last evaluations",
    "亩均办",
    "per-mu office",
)
MILESTONES = Fact(
    "milestones_met",
    "节点是否全部完成",
    "whether all milestones were met",
    "自然资源",
    "natural resources",
)
VETO = Fact("vetoed", "是否有否决情形", "whether a veto applies", "亩均办", "per-mu office")


@dataclass(frozen=True, slots=True)
class TenureRules:
    """Figures of a tenure pack.

    Attributes:
        rate: reduction rate r per year, above 0.
        full_years: the longest term, to which prices are converted; 50 for industry.
        lease_max: longest lease in years.
        lease_first_max: longest lease before the grant, in years.
        floors: lowest price by grade of land, fen per m² for ``full_years``.
        priority_share: share of the floor that suffices for priority projects that save land.
        renewal_grades: evaluation grades that allow renewal.
        renewal_count: how many of the last evaluations must have one of them.
    """

    rate: Fraction
    full_years: int
    lease_max: int
    lease_first_max: int
    floors: Mapping[int, int]
    priority_share: Fraction
    renewal_grades: frozenset[str]
    renewal_count: int


@dataclass(frozen=True, slots=True)
class FloorTest:
    """A price converted to the full term, beside the floor.

    Compared at the fen in the term of the contract: the price must reach the floor's own price for
    that term, rounded like any price, so that rounding alone never breaks a floor. ``passes`` is
    None where a fact is missing; ``missing`` names it. ``needed`` is the floor that has to be met,
    None when it is not known which.
    """

    converted: Fraction
    standard: int | None
    needed: Fraction | None
    passes: bool | None
    missing: tuple[Fact, ...] = ()

    def warning(self) -> Problem | None:
        """Return what to tell the reader when the floor is broken or cannot be tested."""
        at = yuan(self.converted)
        if self.passes is False:
            floor = yuan(self.needed or 0)
            return Problem(
                "W-LAND-FLOOR",
                f"修正到最高年期后为 {at} 元/平方米，低于最低价标准 {floor} 元/平方米",
                f"converted to the full term it is {at} yuan/m², below the floor of {floor} yuan/m²",
                "请提高价格，或改用收益还原法定价",
                "raise the price, or price by the income method",
                value=at,
            )
        if self.passes is None:
            return Problem(
                "W-LAND-FLOOR-UNKNOWN",
                f"无法判断是否低于最低价标准，缺少：{in_chinese(self.missing)}",
                f"whether the floor is met cannot be told; missing: {in_english(self.missing)}",
                value=at,
            )
        return None


@dataclass(frozen=True, slots=True)
class TenureRow:
    """One term of the tenure table; prices in fen per m², rounded, factor exact."""

    years: int
    factor: Fraction
    income: int
    linear: int
    income_test: FloorTest
    linear_test: FloorTest


@dataclass(frozen=True, slots=True)
class LeaseFirst:
    """先租后让: a lease, then a grant without a new auction. Fen per m², rounded.

    ``converted`` is what rents and price together are worth for the full term: rents and the
    price at the end of the lease are discounted to its beginning.
    """

    lease_years: int
    grant_years: int
    price: int
    rents: int
    payable: int
    converted: Fraction


@dataclass(frozen=True, slots=True)
class Renewal:
    """Whether a term may be renewed by agreement: yes, no, or None with the facts that miss."""

    allowed: bool | None
    against: tuple[Fact, ...]
    missing: tuple[Fact, ...]


def _refuse(zh: str, en: str) -> JiqunError:
    return JiqunError(
        "E-LAND-TENURE",
        zh,
        en,
        hint_zh="请核对年期与规则包。",
        hint_en="Check the terms against the rule pack.",
    )


def check_years(years: int, longest: int, *, zh: str = "年期", en: str = "term") -> None:
    """Refuse a term outside 1..longest with ``E-LAND-TENURE``."""
    if not 1 <= years <= longest:
        raise _refuse(
            f"{zh}应为 1 至 {longest} 年，得到 {years}",
            f"the {en} must be 1 to {longest} years, got {years}",
        )


@cache
def annuity(years: int, rate: Fraction) -> Fraction:
    """Present value of 1 at the end of each of ``years`` years: ``(1 − (1+r)^−n) / r``.

    Raises:
        JiqunError: ``E-LAND-TENURE`` when the rate is not above 0.
    """
    if rate <= 0:
        raise _refuse(f"还原率应大于 0，得到 {rate}", f"the rate must be above 0, got {rate}")
    return (1 - (1 + rate) ** -years) / rate


def factor(years: int, *, rules: TenureRules) -> Fraction:
    """Return K(n), exact; ``E-LAND-TENURE`` outside 1..full years."""
    check_years(years, rules.full_years)
    return annuity(years, rules.rate) / annuity(rules.full_years, rules.rate)


def linear_factor(years: int, *, rules: TenureRules) -> Fraction:
    """Return n/50, which some counties use; it undervalues every shorter term."""
    check_years(years, rules.full_years)
    return Fraction(years, rules.full_years)


def price(full: Exact, years: int, *, rules: TenureRules, method: Method = "income") -> Fraction:
    """Price of ``years`` years where ``full`` is that of the full term, before rounding."""
    share = factor if method == "income" else linear_factor
    return Fraction(full) * share(years, rules=rules)


def total(unit: Exact, square_metres: Exact) -> int:
    """Return the price of a parcel in fen, from the unrounded unit price."""
    return rounded(Fraction(unit) * Fraction(square_metres))


def floor_test(
    unit: Exact, years: int, *, rules: TenureRules, grade: int | None, priority: bool | None = False
) -> FloorTest:
    """Convert a price for ``years`` years to the full term and compare it with the floor.

    Args:
        unit: price, fen per m².
        years: its term.
        rules: of the pack.
        grade: grade of the land; None when it is not known.
        priority: whether the project is listed as priority and saves land; None when not known.

    Raises:
        JiqunError: ``E-LAND-TENURE`` for a term or a grade that does not exist.
    """
    return _compare(unit, factor(years, rules=rules), rules=rules, grade=grade, priority=priority)


def rent_floor_test(
    rent: Exact, *, rules: TenureRules, grade: int | None, priority: bool | None = False
) -> FloorTest:
    """Like :func:`floor_test` for a yearly rent: the full price whose level rent it is."""
    share = 1 / annuity(rules.full_years, rules.rate)
    return _compare(rent, share, rules=rules, grade=grade, priority=priority)


def _compare(
    unit: Exact,
    share: Fraction,
    *,
    rules: TenureRules,
    grade: int | None,
    priority: bool | None,
) -> FloorTest:
    """Test a price or rent that is ``share`` of the price of the full term."""
    converted = Fraction(unit) / share
    if grade is None:
        return FloorTest(converted, None, None, None, (LAND_GRADE,))
    standard = rules.floors.get(grade)
    if standard is None:
        raise _refuse(
            f"最低价标准没有第 {grade} 等", f"there is no floor price for land of grade {grade}"
        )
    low, high = standard * rules.priority_share, Fraction(standard)
    reaches = {needed: rounded(unit) >= rounded(needed * share) for needed in (low, high)}
    if priority is None and reaches[low] and not reaches[high]:
        return FloorTest(converted, standard, None, None, (PRIORITY,))
    needed = low if priority or (priority is None and not reaches[low]) else high
    return FloorTest(converted, standard, needed, reaches[needed])


def level_rent(full: Exact, *, rules: TenureRules) -> Fraction:
    """Yearly rent that is worth the price, the same for every term; before rounding."""
    return Fraction(full) / annuity(rules.full_years, rules.rate)


def lease_first(
    full: Exact,
    lease_years: int,
    *,
    total_years: int,
    rent: Exact,
    rent_offsets_price: bool,
    rules: TenureRules,
) -> LeaseFirst:
    """Price of a grant after a lease, for the years that remain.

    Args:
        full: price of the full term, fen per m².
        lease_years: years of lease, at most ``rules.lease_first_max``.
        total_years: lease and grant together, at most the full term.
        rent: yearly, fen per m².
        rent_offsets_price: whether the rents that were paid count towards the price; never below 0.
        rules: of the pack.

    Raises:
        JiqunError: ``E-LAND-TENURE`` for terms that the rules do not allow.
    """
    check_years(lease_years, rules.lease_first_max, zh="先租年期", en="lease before the grant")
    check_years(total_years, rules.full_years, zh="租让合计年期", en="lease and grant together")
    check_years(total_years - lease_years, rules.full_years, zh="出让年期", en="grant")
    grant = total_years - lease_years
    unit, rents = price(full, grant, rules=rules), Fraction(rent) * lease_years
    payable = max(unit - rents, Fraction(0)) if rent_offsets_price else unit
    worth = Fraction(rent) * annuity(lease_years, rules.rate)
    worth += payable * (1 + rules.rate) ** -lease_years
    converted = worth / factor(total_years, rules=rules)
    return LeaseFirst(
        lease_years, grant, rounded(unit), rounded(rents), rounded(payable), converted
    )


def table(
    full: int,
    terms: Sequence[int],
    *,
    rules: TenureRules,
    grade: int | None,
    priority: bool | None = False,
) -> tuple[TenureRow, ...]:
    """Return the tenure table: both prices of each term, and the floor test of both.

    The prices are tested as they would stand in the contract, rounded to the fen.
    """
    rows: list[TenureRow] = []
    for years in terms:
        income, linear = (
            rounded(price(full, years, rules=rules, method=method))
            for method in ("income", "linear")
        )
        tests = [
            floor_test(unit, years, rules=rules, grade=grade, priority=priority)
            for unit in (income, linear)
        ]
        rows.append(TenureRow(years, factor(years, rules=rules), income, linear, *tests))
    return tuple(rows)


def renewal(
    grades: Sequence[str | None],
    *,
    milestones_met: bool | None,
    vetoed: bool | None,
    rules: TenureRules,
) -> Renewal:
    """Whether a term may be renewed by agreement at the then assessed price.

    Args:
        grades: of the evaluations, latest first; None for a year without a known grade.
        milestones_met: whether all milestones of the contract were met.
        vetoed: whether a veto applies.
        rules: of the pack.
    """
    last = [*grades[: rules.renewal_count]]
    last += [None] * (rules.renewal_count - len(last))
    tests: list[tuple[Fact, bool | None]] = [
        (
            RECENT_GRADES,
            all_of(None if one is None else one in rules.renewal_grades for one in last),
        ),
        (MILESTONES, milestones_met),
        (VETO, None if vetoed is None else not vetoed),
    ]
    return Renewal(
        all_of(result for _, result in tests),
        tuple(fact for fact, result in tests if result is False),
        tuple(fact for fact, result in tests if result is None),
    )
