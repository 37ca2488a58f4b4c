"""Units of publicodes: which can be converted, and by what exact factor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from jiqun.engine.rules.foreign.publicodes.nodes import ForeignError, Unit

# How many of the first make one of the second, as the language fixes it.
_TABLE: Mapping[tuple[str, str], Fraction] = {
    ("mois", "an"): Fraction(12),
    ("jour", "an"): Fraction(365),
    ("jour", "mois"): Fraction(365, 12),
    ("trimestre", "an"): Fraction(4),
    ("mois", "trimestre"): Fraction(3),
    ("jour", "trimestre"): Fraction(365, 4),
    ("€", "k€"): Fraction(1000),
    ("g", "kg"): Fraction(1000),
    ("mg", "g"): Fraction(1000),
    ("mg", "kg"): Fraction(10**6),
    ("m", "km"): Fraction(1000),
    ("cm", "m"): Fraction(100),
    ("mm", "cm"): Fraction(10),
    ("mm", "m"): Fraction(1000),
    ("cm", "km"): Fraction(10**5),
    ("mm", "km"): Fraction(10**6),
}


def factor(have: Unit | None, want: Unit | None) -> Fraction:
    """Return by what a number in one unit is multiplied to be in the other.

    A number without a unit is taken to be in the unit wanted.

    Raises:
        ForeignError: the two measure different things.
    """
    if have is None or want is None or have == want:
        return Fraction(1)
    over, under = _left(have, want)
    percent = want.over.count("%") - have.over.count("%")
    found = Fraction(100) ** percent
    over, under = (tuple(u for u in side if u != "%") for side in (over, under))
    if len(over) != len(under):
        raise _apart(have, want)
    rest = list(under)
    for one in over:
        other = next((u for u in rest if _single(one, u)), None)
        if other is None:
            raise _apart(have, want)
        rest.remove(other)
        found *= _single(one, other) or 1
    return found


def _left(have: Unit, want: Unit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands over and under in ``have / want`` once equals have been cancelled."""
    over = Counter((*have.over, *want.under))
    under = Counter((*have.under, *want.over))
    return tuple((over - under).elements()), tuple((under - over).elements())


def _single(one: str, other: str) -> Fraction | None:
    if (other, one) in _TABLE:
        return _TABLE[other, one]
    return 1 / _TABLE[one, other] if (one, other) in _TABLE else None


def _apart(have: Unit, want: Unit) -> ForeignError:
    return ForeignError(f"单位“{have}”与“{want}”不能换算", f"{have} cannot be converted to {want}")


def product(one: Unit | None, other: Unit | None, *, divided: bool) -> tuple[Unit | None, Fraction]:
    """Return the unit of a product or quotient, and the factor that its per cent signs make."""
    if one is None and other is None:
        return None, Fraction(1)
    left, right = one or Unit(), other or Unit()
    if divided:
        right = Unit(right.under, right.over)
    over, under = Counter(left.over + right.over), Counter(left.under + right.under)
    cancelled = Unit(tuple((over - under).elements()), tuple((under - over).elements()))
    if not divided and "%" in cancelled.over:
        rest = list(cancelled.over)
        rest.remove("%")
        return Unit(tuple(rest), cancelled.under), Fraction(1, 100)
    return cancelled, Fraction(1)
