"""A second, independent reading of the language: exact fractions, one subject at a time.

It goes straight from the syntax tree and shares nothing with the evaluation behind it: no atoms,
no integers made whole, no planes. Slow, and the measure that boundary cases and tests hold the
fast paths to. Answers are True, False or None for unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import floor

from jiqun.engine.rules.document.fields import Dictionary
from jiqun.engine.rules.document.policy import Amount, Policy, Tier
from jiqun.engine.rules.language import syntax as s
from jiqun.errors import JiqunError

Values = Mapping[str, int | bool | None]
OPS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt,
       "=": operator.eq, "!=": operator.ne}  # fmt: skip


def holds(tree: s.Condition, values: Values, dictionary: Dictionary) -> bool | None:
    """Decide a condition in three values."""
    match tree:
        case s.Every() | s.Some():
            parts = [holds(item, values, dictionary) for item in tree.items]
            return (
                _all(parts) if isinstance(tree, s.Every) else _not(_all([_not(p) for p in parts]))
            )
        case s.Not():
            return _not(holds(tree.item, values, dictionary))
        case s.Flag():
            value = values[s.name_text(tree.item)]
            return None if value is None else bool(value)
        case s.Member():
            return _member(tree, values, dictionary)
        case s.Reference():
            raise JiqunError("E-RULE-REFERENCE", "此处不能引用条件", "no references here")
        case _:
            return _relation(tree, values, dictionary)


def _relation(
    tree: s.Compare | s.Ratio | s.Growth, values: Values, dictionary: Dictionary
) -> bool | None:
    sides = {s.Compare: ("left", "right"), s.Ratio: ("top", "bottom"), s.Growth: ("now", "then")}
    left, right = (getattr(tree, side) for side in sides[type(tree)])
    share = _is_share(left, dictionary) or _is_share(right, dictionary)
    a, b = (_sum(side, values, share=share) for side in (left, right))
    if a is None or b is None:
        return None
    if isinstance(tree, s.Compare):
        return OPS[tree.op](a, b)
    if b <= 0:
        return None
    if isinstance(tree, s.Ratio):
        return OPS[tree.op](a / b, _rate(tree.rate))
    change = (a - b) / b if tree.word == "增长" else (b - a) / b
    return OPS[tree.op](change, _rate(tree.rate))


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a truth value is what it is about
    return None if value is None else not value


def _all(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _rate(rate: s.Constant) -> Fraction:
    return Fraction(0) if isinstance(rate.value, date) else rate.value.in_base


def _is_share(tree: s.Sum, dictionary: Dictionary) -> bool:
    return any(
        isinstance(term.item, s.Name) and dictionary.by_word[term.item.name].kind == "ratio"
        for term in tree.terms
    )


def _sum(tree: s.Sum, values: Values, *, share: bool = False) -> Fraction | None:
    total = Fraction(0)
    for term in tree.terms:
        item = term.item
        if isinstance(item, s.Name):
            value = values[s.name_text(item)]
            if value is None:
                return None
            part = Fraction(value)
        elif isinstance(item.value, date):
            part = Fraction((item.value - date(1970, 1, 1)).days)
        else:
            part = item.value.in_base * (10**6 if share and not item.value.base else 1)
        total += term.factor * part
    return total


def _member(tree: s.Member, values: Values, dictionary: Dictionary) -> bool | None:
    value = values[s.name_text(tree.item)]
    field = dictionary.by_word[tree.item.name]
    if value is None:
        return None
    if tree.word in {"属于", "不属于"}:
        return (field.values[int(value)] in tree.values) == (tree.word == "属于")
    held = [v for i, v in enumerate(field.values) if int(value) >> i & 1]
    if tree.word == "包含全部":
        return set(tree.values) <= set(held)
    return bool(set(tree.values) & set(held)) == (tree.word == "包含")


def verdict(policy: Policy, values: Values, dictionary: Dictionary) -> int:
    """Return 0 no, 1 yes, 2 missing, 3 manual, for a policy in force."""
    machine = [holds(c.tree, values, dictionary) for c in policy.conditions if c.tree is not None]
    if False in machine:
        return 0
    if None in machine:
        return 2
    return 3 if any(c.tree is None for c in policy.conditions) else 1


def fen(amount: Amount, values: Values, dictionary: Dictionary) -> int | None:
    """Return the amount, or None where the base or a tier is unknown."""
    base = _sum(amount.base, values) if amount.base is not None else None
    gross = _gross(amount, base, values, dictionary)
    if gross is None:
        return None
    unit = amount.rounding.unit
    scaled = gross / unit
    rounded = {"down": floor(scaled), "up": -floor(-scaled),
               "half_up": floor(scaled + Fraction(1, 2))}[amount.rounding.mode] * unit  # fmt: skip
    if amount.floor is not None:
        rounded = max(rounded, amount.floor)
    return rounded if amount.cap is None else min(rounded, amount.cap)


def _gross(
    amount: Amount, base: Fraction | None, values: Values, dictionary: Dictionary
) -> Fraction | None:
    known = None if base is None else max(base, Fraction(0))
    if amount.mode == "marginal":
        return None if known is None else _slices(amount, known)
    for tier in amount.tiers:
        inside = _inside(tier, base, values, dictionary)
        if inside is None or (inside and tier.fen is not None):
            return None if inside is None else Fraction(tier.fen or 0)
        if inside:
            given = _of(known, tier.rate)
            return given if given is None or tier.cap is None else min(given, Fraction(tier.cap))
    if amount.mode in {"fixed", "tiers"}:
        return Fraction(amount.fen or 0)
    if amount.mode == "unit" and known is not None:
        count = known / amount.each
        return (count if amount.partial else floor(count)) * Fraction(amount.price or 0)
    return _of(known, amount.rate)


def _of(known: Fraction | None, rate: Fraction | None) -> Fraction | None:
    return None if known is None else known * (rate or 0)


def _inside(
    tier: Tier, base: Fraction | None, values: Values, dictionary: Dictionary
) -> bool | None:
    low, high = tier.low, tier.high
    if tier.condition is not None:
        return holds(tier.condition, values, dictionary)
    if base is None:
        return None
    return (low is None or base >= low) and (high is None or base < high)


def _slices(amount: Amount, base: Fraction) -> Fraction:
    tiers = sorted(amount.tiers, key=lambda tier: tier.low or 0)
    ends = [tier.low for tier in tiers[1:]] + [None]
    total = Fraction(0)
    for tier, after in zip(tiers, ends, strict=True):
        end = tier.high if tier.high is not None else after
        top = base if end is None else min(base, Fraction(end))
        total += max(top - (tier.low or 0), Fraction(0)) * (tier.rate or 0)
    return total
