"""Atoms: the comparisons that a program evaluates, as integers, in one normal form each.

``x > 5`` is ``x >= 6``; ``x < 5`` is the opposite of ``x >= 5``. So policies that word a threshold
differently share one atom, and each atom is evaluated once.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm


@dataclass(frozen=True, slots=True)
class Form:
    """An integer sum: ``Σ factors · columns + constant``."""

    columns: tuple[str, ...]
    factors: tuple[int, ...]
    constant: int = 0


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison on columns; true, false, or unknown where a column is.

    ``kind``: ``flag`` (a yes-or-no column), ``at_least`` (form >= bound), ``equal`` (form = bound),
    ``in`` (an enum's code is one of ``codes``), ``any`` and ``all`` (bits of a set's mask).
    ``guard`` is a denominator: where it is not above zero the atom is unknown.
    """

    kind: str
    form: Form
    bound: int = 0
    guard: Form | None = None
    codes: tuple[int, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the atom reads, once each."""
        guard = self.guard.columns if self.guard else ()
        return tuple(dict.fromkeys((*self.form.columns, *guard)))


@dataclass(frozen=True, slots=True)
class Linear:
    """An exact sum before it is made whole: column → factor, and a constant, in base units."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction

    def plus(self, other: Linear, factor: Fraction) -> Linear:
        """Return this plus ``factor`` times the other, like columns joined."""
        merged = dict(self.terms)
        for column, value in other.terms:
            merged[column] = merged.get(column, Fraction(0)) + value * factor
        kept = tuple(sorted((c, v) for c, v in merged.items() if v))
        return Linear(kept, self.constant + other.constant * factor)

    def whole(self) -> tuple[Form, int]:
        """Return the sum times the least positive integer that makes it whole, and that integer."""
        scale = lcm(self.constant.denominator, *(v.denominator for _, v in self.terms))
        factors = tuple(int(v * scale) for _, v in self.terms)
        return Form(tuple(c for c, _ in self.terms), factors, int(self.constant * scale)), scale


def compare(sum_: Linear, op: str, guard: Form | None = None) -> tuple[Atom, bool] | None:
    """Return the atom of ``sum_ op 0`` and whether its opposite is meant.

    None for an equality that no whole number can meet.
    """
    scale = lcm(*(value.denominator for _, value in sum_.terms))
    factors = [int(value * scale) for _, value in sum_.terms]
    shared = gcd(*factors)
    if factors[0] < 0:
        shared, op = -shared, {">=": "<=", "<=": ">=", ">": "<", "<": ">"}.get(op, op)
    form = Form(tuple(column for column, _ in sum_.terms), tuple(f // shared for f in factors))
    limit = -sum_.constant * scale / shared
    if op in {"=", "!="}:
        if limit.denominator != 1:
            return None
        return Atom("equal", form, int(limit), guard), op == "!="
    bound, negated = {
        ">=": (ceil(limit), False),
        ">": (floor(limit) + 1, False),
        "<": (ceil(limit), True),
        "<=": (floor(limit) + 1, True),
    }[op]
    return Atom("at_least", form, bound, guard), negated
