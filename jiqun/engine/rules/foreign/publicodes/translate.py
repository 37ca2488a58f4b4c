"""Turns the rules of one rule base into values, and so into conditions of our language."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.engine.rules.foreign.publicodes.logic import (
    Fact,
    Formula,
    both,
    either,
    negate,
    open_where_unknown,
    surely,
)
from jiqun.engine.rules.foreign.publicodes.nodes import (
    NOT_APPLICABLE,
    UNDEFINED,
    Cases,
    Choice,
    ForeignError,
    Given,
    IsNotApplicable,
    IsUndefined,
    Link,
    Literal,
    Measured,
    Node,
    Operation,
    Refused,
    Rule,
)
from jiqun.engine.rules.foreign.publicodes.operations import in_unit, operation
from jiqun.engine.rules.foreign.publicodes.rulebook import Rulebook
from jiqun.engine.rules.foreign.publicodes.values import (
    Fork,
    Number,
    Truth,
    Value,
    awaited,
    constant,
    defined,
    fork,
    may_be_null,
    null,
    of_fact,
    settled,
    truth,
)


class Translator:
    """Values of the rules of one rule base, each worked out once."""

    def __init__(self, book: Rulebook, facts: Mapping[str, Fact]) -> None:
        self.book, self.facts = book, facts
        self.by_column = {fact.column: fact for fact in facts.values()}
        self.done: dict[str, Value] = {}
        self.under_way: list[str] = []
        self.leant_on: set[str] = set()

    def rule(self, rule: Rule) -> Value:
        """Return the value of a rule: not applicable where an ancestor switches it off.

        Where the ancestor rests on the rule itself, its formula alone counts, as it does in
        publicodes.

        Raises:
            ForeignError: a rule rests on its own value, or holds what cannot be expressed.
        """
        if rule.name in self.done:
            return self.done[rule.name]
        if rule.name in self.under_way:
            circle = " → ".join((*self.under_way[self.under_way.index(rule.name) :], rule.name))
            raise ForeignError(f"规则循环：{circle}", f"the rules go in a circle: {circle}")
        before, self.leant_on = self.leant_on, set()
        off = self.off(rule)
        self.under_way.append(rule.name)
        found = fork(off, NOT_APPLICABLE, self.value(rule.formula))
        self.under_way.pop()
        self.leant_on.discard(rule.name)
        if not self.leant_on:
            self.done[rule.name] = found
        self.leant_on |= before
        return found

    def off(self, rule: Rule) -> Formula:
        """Return the never unknown formula that an ancestor switches a rule off."""
        gate = self.book.gate(rule)
        if gate is None:
            return False
        if gate.name in self.under_way:
            self.leant_on.add(gate.name)
            return False
        parent = self.rule(gate)
        if self.book.kind(gate.formula).boolean:
            return surely(truth(parent), self.by_column, holds=False)
        return surely(null(parent), self.by_column)

    def value(self, node: Node) -> Value:
        """Return the value of a node."""
        match node:
            case Literal():
                found: Value = constant(node.value)
            case Link():
                found = self.rule(self.book.rule_of(node))
            case Given():
                found = self.given(node)
            case Operation():
                left, right = self.value(node.left), self.value(node.right)
                found = operation(node.sign, left, right, self.by_column)
            case IsUndefined():
                found = Truth(negate(defined(self.value(node.item), self.by_column)))
            case IsNotApplicable():
                found = self.not_applicable(node.item)
            case Measured():
                found = _measured(self.value(node.item), node)
            case Choice() | Cases():
                found = self.branches(node)
            case Refused():
                raise ForeignError(node.zh, node.en)
        return found

    def branches(self, node: Choice | Cases) -> Value:
        """Return the value of what chooses between others."""
        if isinstance(node, Cases):
            return self.cases(node)
        then, other = self.value(node.then), self.value(node.other)
        return self.choice(self.value(node.test), then, other)

    def cases(self, node: Cases) -> Value:
        """Return the first case that holds; after an unknown one all others are looked at."""
        found: Value = NOT_APPLICABLE
        later: Formula = False
        for test, item in reversed(node.cases):
            holds, value = truth(self.value(test)), self.value(item)
            found = fork(holds, value, found, also=later)
            later = either(open_where_unknown(holds), both(holds, awaited(value)), later)
        return settled(found)

    def choice(self, test: Value, then: Value, other: Value) -> Value:
        """Return one of two values; not applicable where the test is."""
        absent = null(test) if may_be_null(test) else False
        return settled(fork(absent, NOT_APPLICABLE, fork(truth(test), then, other)))

    def given(self, node: Given) -> Value:
        """Return what was said of a rule, or else what its formula gives."""
        fact = self.fact(node)
        formula = self.value(node.formula)
        if fact is None:
            return formula
        if formula is UNDEFINED:
            return of_fact(fact)
        return settled(fork(fact.known, of_fact(fact), formula))

    def fact(self, node: Given) -> Fact | None:
        """Return the fact that may stand for a rule, or None where only its formula counts."""
        return self.facts[node.name] if self.book.asked(node) else None

    def not_applicable(self, node: Node) -> Value:
        """Return whether a node is not applicable, by its conditions where those decide."""
        if self.book.never_null(node):
            return Truth(False)
        match node:
            case Link():
                return self.rule_not_applicable(self.book.rule_of(node))
            case Choice():
                then, other = (self.not_applicable(one) for one in (node.then, node.other))
                return self.choice(self.value(node.test), then, other)
            case Given():
                inner = self.not_applicable(node.formula)
                fact = self.fact(node)
                return settled(fork(fact.known, Truth(False), inner)) if fact else inner
            case _:
                return Truth(null(self.value(node)))

    def rule_not_applicable(self, rule: Rule) -> Value:
        """Return whether a rule is not applicable, of itself or because of an ancestor."""
        mark = f"est non applicable: {rule.name}"
        if mark in self.under_way:
            raise ForeignError(f"规则“{rule.name}”循环", f"{rule.name!r} goes in a circle")
        off = self.off(rule)
        self.under_way.append(mark)
        inner = self.not_applicable(rule.formula)
        self.under_way.pop()
        return settled(fork(off, Truth(True), inner))


def _measured(value: Value, node: Measured) -> Value:
    match value:
        case Fork():
            then, other = _measured(value.then, node), _measured(value.other, node)
            return fork(value.test, then, other, also=value.also)
        case Number():
            return in_unit(value, node.unit)
        case _ if value in (UNDEFINED, NOT_APPLICABLE):
            return value
        case _:
            raise ForeignError("单位只用于数", "a unit goes with a number")


def verdict(value: Value) -> tuple[Formula, Formula]:
    """Return the formulas that a target is yes, and that it is not applicable (or False)."""
    return truth(value), null(value) if may_be_null(value) else either()
