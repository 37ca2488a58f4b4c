"""Exact arithmetic of land contracts: rationals all the way, one rounding at the end.

Money is integer fen. Rounding is half away from zero, as 四舍五入 is understood in contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

Exact = int | Fraction
MU = Fraction(2000, 3)  # m²: 15 亩 are one hectare
FEN_PER_WAN = 1_000_000


def exact(value: float | str | Decimal | Fraction) -> Fraction:
    """Return the number that was written: 0.05 is five hundredths, not its nearest binary float.

    >>> exact(0.05)
    Fraction(1, 20)
    """
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def rounded(value: Exact) -> int:
    """Round half away from zero.

    >>> rounded(Fraction(5, 2)), rounded(Fraction(-5, 2))
    (3, -3)
    """
    whole = Fraction(value)
    up = int(abs(whole) + Fraction(1, 2))
    return up if whole >= 0 else -up


def mu(square_metres: Exact) -> Fraction:
    """Return an area in 亩."""
    return Fraction(square_metres) / MU


def yuan(fen: Exact) -> str:
    """Write an amount of fen in yuan with two decimals."""
    whole = rounded(fen)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 100}.{abs(whole) % 100:02d}"


def all_of(parts: Iterable[bool | None]) -> bool | None:
    """Kleene's and: no if one is no, unknown if one is unknown, else yes."""
    known = list(parts)
    if False in known:
        return False
    return None if None in known else True
