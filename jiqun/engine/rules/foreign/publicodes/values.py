"""Values that are not known yet: trees of conditions over constants and facts.

A value is a leaf, or one of two values as a formula decides. So an operation is worked out on the
leaves, and a comparison becomes a condition of our language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import gcd, lcm

from jiqun.engine.rules.foreign.publicodes.logic import (
    UNKNOWN,
    Fact,
    Formula,
    both,
    chosen,
    either,
    is_sure,
    negate,
    open_where_unknown,
    surely,
)
from jiqun.engine.rules.foreign.publicodes.measures import factor, product
from jiqun.engine.rules.foreign.publicodes.nodes import (
    NOT_APPLICABLE,
    UNDEFINED,
    ForeignError,
    Mark,
    Scalar,
    Unit,
)
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.units import Quantity


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes or no."""

    formula: Formula


@dataclass(frozen=True, slots=True)
class Number:
    """A sum of facts times factors, plus a constant, in a unit if it has one."""

    terms: tuple[tuple[Fact, Fraction], ...]
    constant: Fraction
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text, constant or a fact."""

    item: str | Fact


@dataclass(frozen=True, slots=True)
class Day:
    """A day, constant or a fact."""

    item: date | Fact


@dataclass(frozen=True, slots=True)
class Fork:
    """One of two values; undefined where the test is unknown."""

    test: Formula
    then: Value
    other: Value


Leaf = Truth | Number | Text | Day | Mark
Value = Leaf | Fork


def constant(value: Scalar) -> Leaf:
    """Return the leaf of a constant."""
    if isinstance(value, Mark):
        return value
    if isinstance(value, bool):
        return Truth(value)
    if isinstance(value, Fraction):
        return Number((), value)
    return Text(value) if isinstance(value, str) else Day(value)


def of_fact(fact: Fact) -> Leaf:
    """Return the leaf of a fact."""
    if fact.kind == "boolean":
        return Truth(s.Flag(s.Name(fact.column)))
    if fact.kind == "number":
        return Number(((fact, Fraction(1)),), Fraction(0))
    return Text(fact) if fact.kind == "text" else Day(fact)


def fork(test: Formula, then: Value, other: Value) -> Value:
    """Return the one of two values that a test chooses."""
    if isinstance(test, bool):
        return then if test else other
    if is_sure(test) and then == other:
        return then
    return Fork(test, then, other)


def settled(value: Value) -> Value:
    """Return a value that is yes or no in every branch as one formula."""
    if isinstance(value, Fork) and not may_be_null(value) and _logical(value):
        return Truth(truth(value))
    return value


def _logical(value: Value) -> bool:
    if isinstance(value, Fork):
        return _logical(value.then) and _logical(value.other)
    return isinstance(value, Truth) or value is UNDEFINED


def may_be_null(value: Value) -> bool:
    """Whether any branch is not applicable."""
    if isinstance(value, Fork):
        return may_be_null(value.then) or may_be_null(value.other)
    return value is NOT_APPLICABLE


def truth(value: Value) -> Formula:
    """Return the formula that a value is yes; what is not applicable is not.

    Raises:
        ForeignError: it may be something else than a yes or no.
    """
    match value:
        case Fork():
            return chosen(value.test, truth(value.then), truth(value.other))
        case Truth():
            return value.formula
        case Mark():
            return UNKNOWN if value is UNDEFINED else False
        case _:
            raise ForeignError("这里须是“是/否”", "a yes or no is needed here")


def null(value: Value) -> Formula:
    """Return the formula that a value is not applicable, unknown where the value is undefined."""
    match value:
        case Fork():
            return chosen(value.test, null(value.then), null(value.other))
        case Mark():
            return UNKNOWN if value is UNDEFINED else True
        case _:
            return _open(value)


def _open(leaf: Leaf) -> Formula:
    """Return a formula that is false where a leaf is known and unknown where it is not."""
    match leaf:
        case Truth():
            return open_where_unknown(leaf.formula)
        case Number():
            return either(*(_open_fact(fact) for fact, _ in leaf.terms))
        case Text() | Day():
            return _open_fact(leaf.item) if isinstance(leaf.item, Fact) else False
        case Mark():
            return UNKNOWN if leaf is UNDEFINED else False


def _open_fact(fact: Fact) -> Formula:
    if fact.kind == "text":
        atom: s.Condition = s.Member(s.Name(fact.column), "属于", fact.options[:1])
    elif fact.kind == "day":
        atom = s.Compare(_sum(fact), ">=", s.Sum((s.Term(s.Constant(date(1970, 1, 1))),)))
    else:
        atom = s.Compare(_sum(fact), ">=", _written(Fraction(0)))
    return both(atom, negate(atom))


def defined(value: Value, facts: Mapping[str, Fact]) -> Formula:
    """Return the never unknown formula that a value is not undefined."""
    match value:
        case Fork():
            yes = surely(value.test, facts)
            no = surely(value.test, facts, holds=False)
            return either(
                both(yes, defined(value.then, facts)), both(no, defined(value.other, facts))
            )
        case Truth():
            return either(
                surely(value.formula, facts), surely(value.formula, facts, holds=False)
            )
        case Number():
            return both(*(fact.known for fact, _ in value.terms))
        case Text() | Day():
            return value.item.known if isinstance(value.item, Fact) else True
        case Mark():
            return value is not UNDEFINED


# ---- operations -----------------------------------------------------------------------------


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
        return fork(left.test, then, other)
    if isinstance(right, Fork):
        then, other = (_lifted(work, left, one) for one in (right.then, right.other))
        return fork(right.test, then, other)
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
            return Truth(either(_open(a), _open(b)))


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
        return either(*pairs, _open_fact(a), _open_fact(b))
    fact, value = (a, b) if isinstance(a, Fact) else (b, a)
    assert isinstance(fact, Fact)  # noqa: S101 - the other two cases have returned
    return _is(fact, str(value))


def _is(fact: Fact, value: str) -> Formula:
    if value not in fact.options:
        return _open_fact(fact)
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
                f"“{sign}”两边须同为数或同为日期", f"{sign!r} compares two numbers or two days, not {left} {right}"
            )


def _number_relation(sign: str, left: Number, right: Number) -> Formula:
    a, b = _alike(left, right)
    difference = _added(a, b, Fraction(-1))
    limit = -difference.constant
    if not difference.terms:
        waits = either(*(_open_fact(fact) for fact, _ in (*a.terms, *b.terms)))
        return negate(waits) if _holds(sign, Fraction(0), limit) else waits
    terms = tuple(s.Term(s.Name(f.column), by / f.scale) for f, by in difference.terms)
    if sign == "=" and (limit * _whole(terms)).denominator != 1:
        return either(*(_open_fact(fact) for fact, _ in difference.terms))
    return s.Compare(s.Sum(terms), sign, _written(limit))


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
        waits = _open_fact(left)
        return negate(waits) if sign in {"<=", ">="} else waits
    return s.Compare(_sum(left), sign, _sum(right))


def _sum(item: date | Fact) -> s.Sum:
    if isinstance(item, date):
        return s.Sum((s.Term(s.Constant(item)),))
    return s.Sum((s.Term(s.Name(item.column), Fraction(1)),))


def _written(value: Fraction) -> s.Sum:
    return s.Sum((s.Term(s.Constant(Quantity(abs(value))), Fraction(1 if value >= 0 else -1)),))


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
    kept = tuple((fact, value) for fact, value in merged.items() if value)
    return Number(kept, a.constant + b.constant * by, a.unit)


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
