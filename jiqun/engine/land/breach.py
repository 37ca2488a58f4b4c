"""What a breach of the contract costs, and how the performance bond goes back.

Treatments differ from county to county and are parameters of a pack. All amounts are integer fen;
shares are exact rationals; each amount is rounded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from jiqun.engine.land.exact import Exact, rounded
from jiqun.errors import JiqunError


@dataclass(frozen=True, slots=True)
class TaxGap:
    """Compensation for tax below the contract.

    ``gaps`` and ``rates`` per year of the window, None for a year whose tax is not known. ``total``
    sums the known gaps; it is final only when ``complete``.
    """

    gaps: tuple[int | None, ...]
    rates: tuple[Fraction | None, ...]
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    """Damages for investment or plot ratio below the contract: price × share that is short."""

    ratio: Fraction | None
    damages: int | None


def bond_parts(bond: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Split a bond into the parts returned at each milestone, in the order given.

    Each boundary is rounded, not each part, so that the parts sum to the bond to the fen.

    Raises:
        JiqunError: ``E-LAND-BOND`` for a negative bond, a share outside 0..1, or shares that do not
            sum to 1.
    """
    if bond < 0 or any(not 0 <= one <= 1 for one in shares.values()) or sum(shares.values()) != 1:
        written = "、".join(f"{name} {float(share):g}" for name, share in shares.items())
        raise JiqunError(
            "E-LAND-BOND",
            f"保证金分期退还比例应在 0 与 1 之间且合计为 1，金额不为负：{bond} 分，{written}",
            "the shares of a bond must lie between 0 and 1 and sum to 1, its amount must not be "
            f"negative: {bond} fen, {written}",
        )
    parts: dict[str, int] = {}
    done, share = 0, Fraction(0)
    for name, one in shares.items():
        share += one
        upto = rounded(bond * share)
        parts[name], done = upto - done, upto
    return parts


def tax_gap(standard: Exact, actual: Sequence[Exact | None], *, area_mu: Exact) -> TaxGap:
    """Return Σ (standard − actual) × area over the years that fall short; a surplus is not set off.

    Args:
        standard: yearly tax of the contract, fen per 亩, above 0.
        actual: fen per 亩 of each year in the window; None when not known.
        area_mu: land in 亩.

    Raises:
        JiqunError: ``E-LAND-STANDARD`` for a standard or an area of 0 or less.
    """
    if standard <= 0 or area_mu <= 0:
        raise JiqunError(
            "E-LAND-STANDARD",
            f"约定亩均税收与面积应大于 0，得到 {standard} 分/亩、{area_mu} 亩",
            f"the agreed tax and the area must be above 0, got {standard} fen per mu, {area_mu} mu",
        )
    gaps = tuple(
        None if tax is None else rounded(max(Fraction(standard) - tax, Fraction(0)) * area_mu)
        for tax in actual
    )
    rates = tuple(None if tax is None else Fraction(tax) / standard for tax in actual)
    return TaxGap(gaps, rates, sum(gap or 0 for gap in gaps), None not in gaps)


def shortage(standard: Exact, actual: Exact | None, *, price: int) -> Shortage:
    """Return the share that is short of ``standard`` and the damages on the price of the land.

    Raises:
        JiqunError: ``E-LAND-STANDARD`` for a standard of 0 or less.
    """
    if standard <= 0:
        raise JiqunError(
            "E-LAND-STANDARD",
            f"约定标准应大于 0，得到 {standard}",
            f"the agreed standard must be above 0, got {standard}",
        )
    if actual is None:
        return Shortage(None, None)
    ratio = min(max(1 - Fraction(actual) / Fraction(standard), Fraction(0)), Fraction(1))
    return Shortage(ratio, rounded(price * ratio))


def idle_fee(price: int, *, share: Fraction) -> int:
    """Fee for idle land: a share of the price it was granted at, in fen."""
    return rounded(price * share)
