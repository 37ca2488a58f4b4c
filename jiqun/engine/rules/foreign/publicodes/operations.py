"""Operations on values: what each sign makes of constants, facts, undefined and not applicable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import gcd, lcm

from jiqun.engine.rules.foreign.publicodes.logic import Fact, Formula, both, either, negate, surely
from jiqun.engine.rules.foreign.publicodes.measures import factor, product
from jiqun.engine.rules.foreign.publicodes.nodes import (
    NOT_APPLICABLE,
    UNDEFINED,
    ForeignError,
    Unit,
)
from jiqun.engine.rules.foreign.publicodes.values import (
    Day,
    Fork,
    Leaf,
    Number,
    Text,
    Truth,
    Value,
    awaited,
    awaited_fact,
    fork,
    may_be_null,
    null,
    settled,
    sum_of,
    truth,
    written,
)
from jiqun.engine.rules.language import syntax as s


def operation(sign: str, left: Value, right: Value, facts: Mapping[str, Fact]) -> Value:
    """Return ``left sign right`` with what publicodes makes of undefined and not applicable."""
    if sign in {"et", "ou"}:
        join = both if sign == "et" else either
        return Truth(join(truth(left), truth(right)))
    if sign in {"=", "!="}:
        found = settled(_lifted(_equal, left, right))
        return found if sign == "=" else Truth(negate(truth(found)))
    if sign == "*" and (zero := _times_zero(left, right, facts)) is not None:
        return zero
    strict = (left, right) if sign not in {"+", "-"} else (left,) if sign == "-" else ()
    absent = either(*(null(one) for one in strict if may_be_null(one)))
    work = _arithmetic if sign in {"+", "-", "*", "/"} else _ordered
    found = _lifted(lambda a, b: work(sign, a, b), left, right)
    return settled(fork(absent, NOT_APPLICABLE, found))


def _lifted(work: Callable[[Leaf, Leaf], Leaf], left: Value, right: Value) -> Value:
    if isinstance(left, Fork):
        then, other = (_lifted(work, one, right) for one in (left.then, left.other))
        return fork(left.test, then, other, also=left.also)
    if isinstance(right, Fork):
        then, other = (_lifted(work, left, one) for one in (right.then, right.other))
        return fork(right.test, then, other, also=right.also)
    return work(left, right)


def _equal(left: Leaf, right: Leaf) -> Leaf:
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    a = Truth(False) if left is NOT_APPLICABLE else left
    b = Truth(False) if right is NOT_APPLICABLE else right
    match a, b:
        case Truth(), Truth():
            return Truth(_same_truth(a.formula, b.formula))
        case Number(), Number():
            return Truth(_number_relation("=", a, b))
        case Text(), Text():
            return Truth(_same_text(a.item, b.item))
        case _:
            # Different types are never equal; nor are two days, which the language compares as
            # objects. Either way the answer waits until both are known.
            return Truth(either(awaited(a), awaited(b)))


def _same_truth(a: Formula, b: Formula) -> Formula:
    if isinstance(a, bool):
        return b if a else negate(b)
    if isinstance(b, bool):
        return a if b else negate(a)
    return either(both(a, b), both(negate(a), negate(b)))


def _same_text(a: str | Fact, b: str | Fact) -> Formula:
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    if isinstance(a, Fact) and isinstance(b, Fact):
        shared = [value for value in a.options if value in b.options]
        pairs = [both(_is(a, value), _is(b, value)) for value in shared]
        return either(*pairs, awaited_fact(a), awaited_fact(b))
    fact, value = (a, b) if isinstance(a, Fact) else (b, a)
    assert isinstance(fact, Fact)  # noqa: S101 - the other two cases have returned
    return _is(fact, str(value))


def _is(fact: Fact, value: str) -> Formula:
    if value not in fact.options:
        return awaited_fact(fact)
    return s.Member(s.Name(fact.column), "属于", (value,))


def _ordered(sign: str, left: Leaf, right: Leaf) -> Leaf:
    if UNDEFINED in (left, right):
        return UNDEFINED
    match left, right:
        case Number(), Number():
            return Truth(_number_relation(sign, left, right))
        case Day(), Day():
            return Truth(_day_relation(sign, left.item, right.item))
        case _ if NOT_APPLICABLE in (left, right):
            return NOT_APPLICABLE
        case _:
            raise ForeignError(
                f"“{sign}”两边须同为数或同为日期", f"{sign!r} compares two numbers or two days"
            )


def _number_relation(sign: str, left: Number, right: Number) -> Formula:
    a, b = _alike(left, right)
    difference = _added(a, b, Fraction(-1))
    limit = -difference.constant
    live = [(fact, by) for fact, by in difference.terms if by]
    gone = [fact for fact, by in difference.terms if not by]
    waits = either(*(awaited_fact(fact) for fact in gone))
    if not live:
        return negate(waits) if _holds(sign, Fraction(0), limit) else waits
    terms = tuple(s.Term(s.Name(fact.column), by / fact.scale) for fact, by in live)
    if sign == "=" and (limit * _whole(terms)).denominator != 1:
        return either(*(awaited_fact(fact) for fact, _ in difference.terms))
    found = s.Compare(s.Sum(terms), sign, written(limit))
    # A fact that cancels out is still waited for.
    return both(either(found, waits), negate(waits))


def _whole(terms: tuple[s.Term, ...]) -> Fraction:
    """Return by what a sum is multiplied to have whole factors without a common divisor."""
    scale = lcm(*(term.factor.denominator for term in terms))
    return Fraction(scale, gcd(*(int(term.factor * scale) for term in terms)))


def _holds(sign: str, left: Fraction, right: Fraction) -> bool:
    return {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


def _day_relation(sign: str, left: date | Fact, right: date | Fact) -> Formula:
    if isinstance(left, date) and isinstance(right, date):
        return _holds(sign, Fraction(left.toordinal()), Fraction(right.toordinal()))
    if left == right:
        assert isinstance(left, Fact)  # noqa: S101 - two constants have returned
        waits = awaited_fact(left)
        return negate(waits) if sign in {"<=", ">="} else waits
    return s.Compare(sum_of(left), sign, sum_of(right))


# ---- arithmetic -----------------------------------------------------------------------------


def _arithmetic(sign: str, left: Leaf, right: Leaf) -> Leaf:
    if UNDEFINED in (left, right):
        return UNDEFINED
    zero = Number((), Fraction(0))
    a = zero if left is NOT_APPLICABLE else left
    b = zero if right is NOT_APPLICABLE else right
    if not isinstance(a, Number) or not isinstance(b, Number):
        raise ForeignError(f"“{sign}”两边须是数", f"{sign!r} takes numbers")
    if sign in {"*", "/"}:
        return _scaled(a, b, divided=sign == "/")
    if b.unit == Unit(("%",)) and a.unit != Unit(("%",)):
        raise ForeignError("不支持加减百分数", "adding a percentage is not supported")
    a, b = _alike(a, b)
    return _added(a, b, Fraction(1 if sign == "+" else -1))


def _alike(a: Number, b: Number) -> tuple[Number, Number]:
    """Return both in the unit of the first that has one."""
    if a.unit is not None and b.unit is not None:
        return a, in_unit(b, a.unit)
    unit = a.unit or b.unit
    return replace(a, unit=unit), replace(b, unit=unit)


def in_unit(item: Number, unit: Unit) -> Number:
    """Return a number in a unit, converted when it had another."""
    by = factor(item.unit, unit)
    terms = tuple((fact, value * by) for fact, value in item.terms)
    return Number(terms, item.constant * by, unit)


def _added(a: Number, b: Number, by: Fraction) -> Number:
    merged = dict(a.terms)
    for fact, value in b.terms:
        merged[fact] = merged.get(fact, Fraction(0)) + value * by
    return Number(tuple(merged.items()), a.constant + b.constant * by, a.unit)


def _scaled(a: Number, b: Number, *, divided: bool) -> Number:
    if divided and b.terms:
        raise ForeignError("不支持除以事实", "dividing by a fact is not supported")
    if a.terms and b.terms:
        raise ForeignError("不支持事实相乘", "multiplying facts is not supported")
    if divided and not b.constant:
        raise ForeignError("除数为零", "division by zero")
    unit, percent = product(a.unit, b.unit, divided=divided)
    whole, by = (b, a.constant) if b.terms else (a, b.constant)
    by = (1 / by if divided else by) * percent
    terms = tuple((fact, value * by) for fact, value in whole.terms)
    return Number(terms, whole.constant * by, unit)


def _times_zero(left: Value, right: Value, facts: Mapping[str, Fact]) -> Value | None:
    """Return what a product with the constant zero is: zero, even beside what is undefined."""
    for one, other, first in ((left, right, True), (right, left, False)):
        if isinstance(one, Number) and not one.terms and not one.constant:
            if first or not may_be_null(other):
                return one
            return fork(surely(null(other), facts), NOT_APPLICABLE, one)
    return None
