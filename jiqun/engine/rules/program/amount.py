"""Checks 金额 and makes it a plan in integers.

A tier given by 起 and 止 becomes conditions on the base, so that tiers are atoms like any other
and the unknown stays unknown in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import lcm

from jiqun.engine.rules.document.policy import Amount, Tier
from jiqun.engine.rules.language.units import MONEY
from jiqun.engine.rules.problems import problem
from jiqun.engine.rules.program.atoms import Linear, compare
from jiqun.engine.rules.program.check import Checker, Typed
from jiqun.engine.rules.program.program import Plan, Slice, Step
from jiqun.errors import Problem


@dataclass(frozen=True, slots=True)
class TypedAmount:
    """An amount whose tiers have typed conditions, one each in order."""

    amount: Amount
    base: Linear | None
    conditions: tuple[Typed, ...]


def check_amount(amount: Amount, checker: Checker) -> TypedAmount | None:
    """Return the amount with its base and tiers checked; problems go to the checker."""
    base: Linear | None = None
    if amount.base is not None:
        read = checker.base(amount.base, place=amount.place)
        if read is None:
            return None
        base, unit = read
        if unit != MONEY and amount.mode in {"rate", "match", "marginal"}:
            checker.problems.append(
                _wrong(amount, "按比例计算的基数须为金额", "the base must be money")
            )
    conditions: list[Typed] = []
    for tier in amount.tiers if amount.mode != "marginal" else ():
        typed = _tier(tier, base, checker)
        if typed is not None:
            conditions.append(typed)
        if tier.rate is not None and base is None:
            checker.problems.append(
                _wrong(amount, "按比例的档须写基数", "a tier by rate needs 基数")
            )
    if amount.mode == "marginal":
        checker.problems += _marginal(amount)
    return TypedAmount(amount, base, tuple(conditions))


def _tier(tier: Tier, base: Linear | None, checker: Checker) -> Typed | None:
    if tier.condition is not None:
        return checker.condition(tier.condition, place=tier.place)
    if base is None:
        checker.problems.append(
            problem("E-RULE-VALUE", "按“起/止”分档须写基数", en="起/止 need 基数", place=tier.place)
        )
        return None
    items = [_bound(base, "<" if high else ">=", value, shown)
             for value, high, shown in ((tier.low, False, "起"), (tier.high, True, "止"))
             if value is not None]  # fmt: skip
    if not items:
        checker.problems.append(
            problem(
                "E-RULE-VALUE",
                "每档须写“条件”或“起/止”",
                en="a tier needs 条件 or 起/止",
                place=tier.place,
            )
        )
        return None
    return (
        items[0]
        if len(items) == 1
        else Typed("且", "且".join(i.text for i in items), items=tuple(items))
    )


def _bound(base: Linear, op: str, value: int, shown: str) -> Typed:
    found = compare(replace(base, constant=base.constant - value), op)
    atom, negated = found if found is not None else (None, False)
    return Typed("atom", f"基数{op}{value}（{shown}）", atom, negated)


def _marginal(amount: Amount) -> list[Problem]:
    lows = [tier.low for tier in amount.tiers]
    if any(low is None for low in lows) or any(tier.rate is None for tier in amount.tiers):
        return [_wrong(amount, "累进的每档须写“起”与“比例”", "a marginal tier needs 起 and 比例")]
    if any(tier.condition is not None for tier in amount.tiers):
        return [_wrong(amount, "累进的档不能带条件", "a marginal tier takes no condition")]
    ordered = sorted(amount.tiers, key=lambda tier: tier.low or 0)
    for one, other in pairwise(ordered):
        if one.low == other.low or (one.high is not None and one.high > (other.low or 0)):
            return [_wrong(amount, "累进的档互相重叠", "marginal tiers overlap")]
    return []


def _wrong(amount: Amount, zh: str, en: str) -> Problem:
    return problem("E-RULE-VALUE", f"金额：{zh}", en=en, place=amount.place)


# ---- plan -----------------------------------------------------------------------------------


def plan_of(typed: TypedAmount, references: Sequence[int]) -> Plan:
    """Return the plan in integers; ``references`` are those of the tiers' conditions."""
    amount = typed.amount
    form, scale = typed.base.whole() if typed.base is not None else (None, 1)
    plan = Plan(form, cap=amount.cap, floor=amount.floor, rounding=amount.rounding)
    if amount.mode == "marginal":
        slices, denominator = _slices(amount, scale)
        return replace(plan, slices=slices, denominator=denominator)
    if amount.mode == "unit" and not amount.partial:
        step = Step(None, numerator=amount.price or 0, denominator=1)
        return replace(plan, steps=(step,), each=amount.each * scale)
    steps = [
        _step(tier.fen, tier.rate, scale, reference=reference, cap=tier.cap)
        for tier, reference in zip(amount.tiers, references, strict=True)
    ]
    if amount.mode == "unit":
        steps.append(_step(None, Fraction(amount.price or 0, amount.each), scale))
    elif amount.mode != "tiers":
        steps.append(_step(amount.fen if amount.mode == "fixed" else None, amount.rate, scale))
    used = any(step.numerator for step in steps)
    return replace(plan, base=form if used else None, steps=tuple(steps))


def _step(
    fen: int | None,
    rate: Fraction | None,
    scale: int,
    *,
    reference: int | None = None,
    cap: int | None = None,
) -> Step:
    if fen is not None or rate is None:
        return Step(reference, fen=fen or 0, cap=cap)
    exact = rate / scale
    return Step(reference, numerator=exact.numerator, denominator=exact.denominator, cap=cap)


def _slices(amount: Amount, scale: int) -> tuple[tuple[Slice, ...], int]:
    tiers = sorted(amount.tiers, key=lambda tier: tier.low or 0)
    rates = [(tier.rate or Fraction(0)) / scale for tier in tiers]
    shared = lcm(*(rate.denominator for rate in rates))
    nexts = [*(tier.low for tier in tiers[1:]), None]
    slices = tuple(
        Slice(
            (tier.low or 0) * scale,
            None
            if (high := tier.high if tier.high is not None else after) is None
            else high * scale,
            int(rate * shared),
        )
        for tier, rate, after in zip(tiers, rates, nexts, strict=True)
    )
    return slices, shared
