"""What is known of a project beside what its contract demands, and who holds what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from jiqun.core.access import Viewer
from jiqun.core.factstore import lawful_rows, own_rows, rows
from jiqun.engine.land.control import Verdict, assess
from jiqun.engine.land.exact import exact, mu
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.words import HOLDERS
from jiqun.modules.land.models import Parcel
from jiqun.modules.land.parcels.contract import Deal, control_of, standards
from jiqun.modules.land.register import HELD

PURPOSE = "official"
REGISTER = ("holder", "area_m2", "floor_m2", "footprint_m2", "as_of")
# Quantities of a firm that the indicators are made of.
WANTED = ("tax", "output", "project_investment", "rd", "revenue", "staff", "value_added", "energy")
_LAND = (
    "自然资源和规划局（登记、竣工测绘）",
    "natural resources bureau (register, survey at completion)",
)
_NO = ("本系统没有这项数据", "this installation has no such figure")
# Indicator: quantities of the firm that it needs, or who holds it where no fact says it.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "tax": ("tax",), "output": ("output",), "investment": ("project_investment",), "rd_share": ("rd", "revenue"),
    "staff": ("staff",), "energy": ("value_added", "energy"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What a parcel's project has reached.

    Attributes:
        values: by indicator, in the unit of the standards; None where it is not known.
        why: of an unknown one: why, or who holds it, in Chinese and English.
        year: year of each figure of the firm.
        taxes: tax per 亩 by year in fen; only known ones.
        drawn: area, floor and footprint of the register in m², None where it is not known.
    """

    values: Mapping[str, Fraction | None]
    why: Mapping[str, tuple[str, str]]
    year: Mapping[str, str]
    taxes: Mapping[int, Fraction]
    drawn: Mapping[str, Fraction | None]


def measured(facts: Store, viewer: Viewer, parcel: Parcel, deal: Deal) -> Measured:
    """Return what the facts say about a parcel and its firm, as far as the viewer may use them.

    Figures of a firm count for a parcel only when it is the firm's one parcel: a tax that is paid
    for several is nobody's share of one.
    """
    register = rows(facts, "parcel", ["parcel", *REGISTER], holder=[parcel.firm])
    mine = next((row for row in register.to_dicts() if row["parcel"] == parcel.code), {})
    drawn = {name: None if mine.get(name) is None else exact(mine[name]) for name in REGISTER[1:4]}
    years = _figures(facts, viewer, parcel)
    area = deal.number("area") or drawn["area_m2"]
    alone = register.height <= 1
    values, why, year = _of_register(drawn), {}, {}
    for code, needs in NEEDS.items():
        values[code], why[code], year[code] = _of_firm(
            code, needs, years, deal, area, register.height
        )
    for code in values:
        if values[code] is None and code not in NEEDS:
            why[code] = _held(*_LAND)
    land = mu(area) if area else None
    taxes = (
        {at: value / land for at, value in years.get("tax", {}).items()} if land and alone else {}
    )
    return Measured(values, why, year, taxes, drawn)


def _held(zh: str, en: str) -> tuple[str, str]:
    return f"由{zh}掌握", f"held by the {en}"


def _of_register(drawn: Mapping[str, Fraction | None]) -> dict[str, Fraction | None]:
    area = drawn["area_m2"]

    def over(name: str) -> Fraction | None:
        part = drawn[name]
        return None if part is None or not area else part / area

    return {
        "plot_ratio": over("floor_m2"), "building_density": over("footprint_m2"), "building_coefficient": None,
        "green": None,
    }  # fmt: skip


def _figures(facts: Store, viewer: Viewer, parcel: Parcel) -> dict[str, dict[int, Fraction]]:
    """Return quantity → year → value in its base unit there, of the firm's yearly figures."""
    names = {HELD[one][0]: one for one in WANTED}
    columns = ("indicator", "period", "value", "unit")
    equal: dict[str, Any] = {"firm": [parcel.firm], "indicator": sorted(names)}
    if parcel.firm in viewer.firms:
        frame = own_rows(facts, "firm_indicator", viewer, columns, **equal)
    else:
        reference = f"land-parcel {parcel.code}"
        frame = lawful_rows(
            facts, "firm_indicator", columns, purpose=PURPOSE, reference=reference, **equal
        ).frame
    found: dict[str, dict[int, Fraction]] = {}
    yearly = frame.filter(pl.col("period").str.len_chars() == 4, pl.col("value").is_not_null())
    for indicator, period, value, unit in yearly.iter_rows():
        quantity = names[indicator]
        if unit == HELD[quantity][1]:
            found.setdefault(quantity, {})[int(period)] = Fraction(value)
    return found


def _of_firm(
    code: str,
    needs: tuple[str, ...],
    years: Mapping[str, Mapping[int, Fraction]],
    deal: Deal,
    area: Fraction | None,
    parcels: int,
) -> tuple[Fraction | None, tuple[str, str], str]:
    """Return one indicator of the firm, why it is not known, and the year of its figures."""
    if parcels > 1 and code != "rd_share":
        return None, (
            f"企业登记有 {parcels} 宗地，企业数据分不到本宗",
            f"the firm holds {parcels} parcels, its figures cannot be split",
        ), ""  # fmt: skip
    common = set[int].intersection(*(set(years.get(name, {})) for name in needs))
    if not common:
        absent = next((name for name in needs if name not in years), needs[0])
        return None, _held(HOLDERS[absent].zh, HOLDERS[absent].en), ""
    at = max(common)
    first = years[needs[0]][at]
    land = mu(area) if area else None
    if code == "staff":
        return first, _NO, str(at)
    if code in {"rd_share", "energy"}:
        below = years[needs[1]][at] / (1 if code == "rd_share" else 1_000)  # kgce → tce
        return (first / below if below else None), _NO, str(at)
    if code == "investment":
        price = deal.number("deal_price")
        if price is None:
            return None, ("成交价未知，投资强度算不出", "the price of the land is not known"), ""
        began = deal.day()
        first = price + sum(
            value for year, value in years["project_investment"].items() if began is None or year >= began.year
        )  # fmt: skip
    return (first / land if land else None), _NO, str(at)


def verdict(parcel: Parcel, deal: Deal, found: Measured) -> Verdict:
    """Return what the contract demands beside what was reached, and the overall result."""
    tolerance = exact(control_of(parcel).values()["control.tolerance"])
    return assess(standards(parcel, deal), found.values, tolerance=tolerance)
