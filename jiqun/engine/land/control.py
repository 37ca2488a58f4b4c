"""Control indicators of standard land, and whether a project keeps them.

Formulas of the explanations to 工业项目建设用地控制指标: investment intensity = (plant + equipment +
price of the land) / land; plot ratio = floor area / land, storeys above 8 m counted twice; building
coefficient = (buildings + structures + open yards) / land; land of offices and living / land; green
/ land. A figure that is not known stays None and never becomes 0. Exact rationals throughout, so
that a project that meets a standard to the last square metre meets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from jiqun.engine.land.exact import Exact, mu
from jiqun.errors import JiqunError, Problem

Maybe = Exact | None


NAMES = {
    "buildings": ("建筑物占地", "land under buildings"),
    "structures": ("构筑物占地", "land under structures"),
    "yards": ("堆场占地", "yards"),
    "admin_land": ("行政办公及生活服务用地", "land of offices and living"),
    "admin_floor": ("行政办公及生活服务建筑面积", "floor area of offices and living"),
    "green": ("绿地", "green"),
    "plant": ("厂房投资", "plant"),
    "equipment": ("设备投资", "equipment"),
    "land_price": ("地价款", "price of the land"),
}


class Overall(StrEnum):
    """Whether the hard indicators are kept."""

    MET = "met"
    PARTIAL = "partially_met"
    BREACH = "breached"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Storey:
    """One storey: floor area in m² and clear height in m; None for an unknown height."""

    area: Fraction
    height: Fraction | None


@dataclass(frozen=True, slots=True)
class Site:
    """What stands on a parcel. Areas in m², money in fen; None where it is not known."""

    land: Fraction
    storeys: Sequence[Storey] | None = None
    buildings: Maybe = None
    structures: Maybe = None
    yards: Maybe = None
    admin_land: Maybe = None
    admin_floor: Maybe = None
    green: Maybe = None
    plant: Maybe = None
    equipment: Maybe = None
    land_price: Maybe = None


@dataclass(frozen=True, slots=True)
class Standard:
    """One indicator of the contract: at least ``low``, at most ``high``, or between both.

    ``low_open`` and ``high_open``: the bound itself does not satisfy, as in “>1.0”. ``hard``
    indicators decide the overall result; others are reported. ``mark`` as in rule packs.
    """

    code: str
    zh: str
    en: str
    unit: str
    low: Fraction | None = None
    high: Fraction | None = None
    hard: bool = True
    mark: str = "✎"
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Compliance:
    """One indicator: its actual value beside the standard.

    ``rate`` is actual / standard, for a ceiling standard / actual, for a range the worse of both;
    None when the actual value is not known, or when a ceiling is kept with nothing used at all
    (the rate would be infinite); ``met`` tells these apart.
    """

    standard: Standard
    actual: Fraction | None
    rate: Fraction | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All indicators and the overall result; ``missing`` are hard indicators without a value."""

    overall: Overall
    items: tuple[Compliance, ...]
    missing: tuple[Standard, ...]


def _total(*parts: Maybe) -> Fraction | None:
    known = [Fraction(part) for part in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


def _over(part: Maybe, whole: Exact) -> Fraction | None:
    return None if part is None else Fraction(part) / whole


def _check_site(site: Site) -> None:
    """Refuse a site that cannot be, naming everything that is wrong with it."""
    if site.land <= 0:
        raise JiqunError(
            "E-LAND-AREA",
            f"用地面积应大于 0，得到 {site.land} 平方米",
            f"the land must be above 0 m², got {site.land}",
        )
    problems: list[Problem] = []
    for name, (zh, en) in NAMES.items():
        value: Maybe = getattr(site, name)
        if value is not None and value < 0:
            problems.append(_wrong(name, f"{zh}为负：{value}", f"{en} is negative: {value}"))
        elif value is not None and name in _PARTS and value > site.land:
            problems.append(
                _wrong(name, f"{zh} {float(value):g} 平方米大于宗地 {float(site.land):g} 平方米",
                       f"{en}, {float(value):g} m², is larger than the parcel, {float(site.land):g} m²")
            )  # fmt: skip
    covered = _total(site.buildings, site.structures, site.yards)
    if covered is not None and covered > site.land and not problems:
        at = float(covered)
        problems.append(
            _wrong("buildings", f"建筑物、构筑物与堆场占地合计 {at:g} 平方米，大于宗地",
                   f"buildings, structures and yards cover {at:g} m², more than the parcel")
        )  # fmt: skip
    if problems:
        raise JiqunError(
            "E-LAND-COVERAGE",
            "用地数据有误：" + "；".join(one.message_zh for one in problems),
            "impossible figures of a site: " + "; ".join(one.message_en for one in problems),
            fields=problems,
        )


_PARTS = frozenset({"buildings", "structures", "yards", "admin_land", "green"})


def _wrong(column: str, zh: str, en: str) -> Problem:
    return Problem(
        "E-LAND-COVERAGE",
        zh,
        en,
        "请核对测绘与登记数据",
        "check survey and register",
        column=column,
    )


def floor_area(
    storeys: Sequence[Storey], *, high: Fraction, double: Fraction = Fraction(2)
) -> Fraction | None:
    """Floor area that counts for the plot ratio: storeys above ``high`` metres count ``double``.

    None when the height of any storey is not known.
    """
    if any(storey.height is None for storey in storeys):
        return None
    return sum(
        (one.area * (double if (one.height or 0) > high else 1) for one in storeys), Fraction(0)
    )


def indicators(site: Site, *, high_storey: Fraction) -> Mapping[str, Fraction | None]:
    """Return the indicators of a site by code; None where a part is not known.

    ``investment`` is in fen per 亩; the others are ratios. Codes: investment, plot_ratio,
    building_coefficient, admin_land, admin_floor, green.

    Raises:
        JiqunError: ``E-LAND-AREA`` for land of 0 or less, ``E-LAND-COVERAGE`` naming every part
            that is negative or larger than the parcel.
    """
    _check_site(site)
    counted = None if site.storeys is None else floor_area(site.storeys, high=high_storey)
    built = (
        None if site.storeys is None else sum((storey.area for storey in site.storeys), Fraction(0))
    )
    invested = _total(site.plant, site.equipment, site.land_price)
    return {
        "investment": _over(invested, mu(site.land)),
        "plot_ratio": _over(counted, site.land),
        "building_coefficient": _over(
            _total(site.buildings, site.structures, site.yards), site.land
        ),
        "admin_land": _over(site.admin_land, site.land),
        "admin_floor": _over(site.admin_floor, built) if built else None,
        "green": _over(site.green, site.land),
    }


def compliance(standard: Standard, actual: Maybe) -> Compliance:
    """Return rate and result of one indicator.

    Raises:
        JiqunError: ``E-LAND-STANDARD`` for a standard without bounds or with crossed ones.
    """
    low, high = standard.low, standard.high
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        raise JiqunError(
            "E-LAND-STANDARD",
            f"控制指标“{standard.zh}”没有标准值，或下限大于上限",
            f"the standard “{standard.en}” has no bound, or its lower one is above its upper one",
        )
    if actual is None:
        return Compliance(standard, None, None, None)
    value = Fraction(actual)
    rates = [value / low] if low else []
    rates += [high / value] if high is not None and value > 0 else []
    met = (low is None or value > low or (value == low and not standard.low_open)) and (
        high is None or value < high or (value == high and not standard.high_open)
    )
    return Compliance(standard, value, min(rates, default=None), met)


def assess(
    standards: Sequence[Standard], actual: Mapping[str, Maybe], *, tolerance: Fraction
) -> Verdict:
    """Return the overall result: met, partially met, breached, or undetermined.

    Met when every hard indicator is met; partially when none is below ``tolerance``; breached when one
    is. A known breach decides even where other values are missing; otherwise a missing hard value
    leaves the result undetermined.

    Args:
        standards: of the contract.
        actual: by code, in the unit of the standard; absent or None when not known.
        tolerance: rate down to which a shortage counts as partial, e.g. 0.9.

    Raises:
        JiqunError: ``E-LAND-STANDARD``.
    """
    items = tuple(compliance(one, actual.get(one.code)) for one in standards)
    hard = [item for item in items if item.standard.hard]
    missing = tuple(item.standard for item in hard if item.met is None)
    short = [item.rate for item in hard if item.met is False]
    if any(rate is None or rate < tolerance for rate in short):
        overall = Overall.BREACH
    elif missing:
        overall = Overall.UNDETERMINED
    else:
        overall = Overall.PARTIAL if short else Overall.MET
    return Verdict(overall, items, missing)
