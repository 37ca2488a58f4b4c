"""Values that are not known yet: trees of conditions over constants and facts.

A value is a leaf, or one of two values as a formula decides. So an operation is worked out on the
leaves, and a comparison becomes a condition of our language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

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
    """One of two values; undefined where the test is unknown, and ``also`` is waited for then."""

    test: Formula
    then: Value
    other: Value
    also: Formula = False


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


def fork(test: Formula, then: Value, other: Value, *, also: Formula = False) -> Value:
    """Return the one of two values that a test chooses."""
    if isinstance(test, bool):
        return then if test else other
    if is_sure(test) and then == other:
        return then
    return Fork(test, then, other, also)


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
            return chosen(value.test, truth(value.then), truth(value.other), also=value.also)
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
            return chosen(value.test, null(value.then), null(value.other), also=value.also)
        case Mark():
            return UNKNOWN if value is UNDEFINED else True
        case _:
            return _open(value)


def awaited(value: Value) -> Formula:
    """Return a formula that is false where a value is known and unknown where it is not."""
    if isinstance(value, Fork):
        then, other = awaited(value.then), awaited(value.other)
        return chosen(value.test, then, other, also=value.also)
    return _open(value)


def _open(leaf: Leaf) -> Formula:
    """Return a formula that is false where a leaf is known and unknown where it is not."""
    match leaf:
        case Truth():
            return open_where_unknown(leaf.formula)
        case Number():
            return either(*(awaited_fact(fact) for fact, _ in leaf.terms))
        case Text() | Day():
            return awaited_fact(leaf.item) if isinstance(leaf.item, Fact) else False
        case Mark():
            return UNKNOWN if leaf is UNDEFINED else False


def awaited_fact(fact: Fact) -> Formula:
    """Return a formula that is false where a fact is known and unknown where it is not."""
    if fact.kind == "text":
        atom: s.Condition = s.Member(s.Name(fact.column), "属于", fact.options[:1])
    elif fact.kind == "day":
        atom = s.Compare(sum_of(fact), ">=", s.Sum((s.Term(s.Constant(date(1970, 1, 1))),)))
    else:
        atom = s.Compare(sum_of(fact), ">=", written(Fraction(0)))
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
            return either(surely(value.formula, facts), surely(value.formula, facts, holds=False))
        case Number():
            return both(*(fact.known for fact, _ in value.terms))
        case Text() | Day():
            return value.item.known if isinstance(value.item, Fact) else True
        case Mark():
            return value is not UNDEFINED


def sum_of(item: date | Fact) -> s.Sum:
    """Return a day or a fact as a sum of our language."""
    if isinstance(item, date):
        return s.Sum((s.Term(s.Constant(item)),))
    return s.Sum((s.Term(s.Name(item.column), Fraction(1)),))


def written(value: Fraction) -> s.Sum:
    """Return a number as a sum of our language."""
    return s.Sum((s.Term(s.Constant(Quantity(abs(value))), Fraction(1 if value >= 0 else -1)),))
