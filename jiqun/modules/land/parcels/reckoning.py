"""What a breach would cost, and how the bond goes back: arithmetic of the contract, no decision.

Source: methods of counties as the pack ``land/control`` has them; each figure there can be set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jiqun.engine.land.breach import Shortage, TaxGap, idle_fee, shortage, tax_gap
from jiqun.engine.land.clock.events import Milestone
from jiqun.engine.land.control import Standard
from jiqun.engine.land.exact import exact
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.contract import Deal, control_of, standards
from jiqun.modules.land.parcels.measured import Measured

DAMAGED = ("investment", "plot_ratio")  # a shortage of these costs a share of the price
IDLE_DAYS = 365


@dataclass(frozen=True, slots=True)
class BondPart:
    """A part of the bond in fen, and whether it went back."""

    milestone: Milestone
    fen: int
    returned: bool


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the contract's arithmetic says on a day.

    Attributes:
        years: of the tax window that are over.
        window: how many years it has; 0 before production.
        gap: per year and in all; None where no standard is agreed or no year is over.
        rates: actual tax / standard by year, as in ``gap``.
        shortages: of investment and plot ratio, with damages on the price.
        idle: fee when works are a year late, else None.
        bond: its parts by milestone; empty where the bond is not known.
    """

    years: tuple[int, ...]
    window: int
    gap: TaxGap | None
    shortages: tuple[tuple[Standard, Shortage], ...]
    idle: int | None
    bond: tuple[BondPart, ...]


def tax_years(production: date, window: int, *, today: date) -> tuple[int, ...]:
    """Return the full years of the window that are over; the first begins after production does."""
    first = production.year + (production > date(production.year, 1, 1))
    return tuple(year for year in range(first, first + window) if year < today.year)


def tax_reckoning(
    standard: Fraction, taxes: Mapping[int, Fraction], years: Sequence[int], *, area_mu: Fraction
) -> TaxGap:
    """Return Σ (standard − actual) × 亩 over the years that fall short; unknown years stay unknown."""
    return tax_gap(standard, [taxes.get(year) for year in years], area_mu=area_mu)


def reckon(one: Standing, deal: Deal, found: Measured) -> Reckoning:
    """Return what the contract's arithmetic says of a parcel on the day that it stands."""
    values = control_of(one.parcel).values()
    agreed = {item.code: item for item in standards(one.parcel, deal)}
    produced = one.state.reached.get(Milestone.PRODUCTION)
    window = round(values["breach.tax_window"]) if produced else 0
    years = tax_years(produced, window, today=one.today) if produced else ()
    tax, land = agreed.get("tax"), deal.area_mu
    gap = (
        tax_reckoning(tax.low, found.taxes, years, area_mu=land)
        if tax is not None and tax.low and land and years else None
    )  # fmt: skip
    price = one.parcel.price_fen
    shortages = tuple(
        (item, shortage(item.low, found.values.get(item.code), price=price))
        for code in DAMAGED
        if price is not None and (item := agreed.get(code)) is not None and item.low
    )
    start = next(at for at in one.milestones if at.milestone is Milestone.START)
    late = start.reached is None and start.overdue >= IDLE_DAYS and price is not None
    fee = idle_fee(price, share=exact(values["breach.idle_fee"])) if late and price else None
    return Reckoning(years, window, gap, shortages, fee, _bond(one))


def _bond(one: Standing) -> tuple[BondPart, ...]:
    if one.parcel.bond_fen is None:
        return ()
    parts = ((at, one.terms.part(at)) for at in one.terms.rules.bond_shares)
    return tuple(
        BondPart(at, fen, at in one.state.returned) for at, fen in parts if fen is not None
    )
