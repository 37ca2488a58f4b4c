"""Which rules take their value from outside, and of what kind each is.

A rule base names its questions without saying their types, so a kind follows from the values that
are supplied, else from what the rule is compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm

from jiqun.engine.rules.foreign.publicodes.logic import KNOWN, Fact
from jiqun.engine.rules.foreign.publicodes.nodes import (
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
)
from jiqun.engine.rules.foreign.publicodes.rulebook import COMPARISONS, Rulebook
from jiqun.engine.rules.language.words import is_plain_name

Value = bool | int | float | Decimal | Fraction | str | date
Supplied = Value | None
LARGEST_SCALE = 10**9
_NOT_IN_NAMES = re.compile(r"[^\w·]+")


@dataclass(slots=True)
class Uses:
    """What is known of the facts of one or many rule bases: kinds they are used as, and texts."""

    kinds: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    texts: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    alike: list[frozenset[str]] = field(default_factory=list[frozenset[str]])

    def note(self, names: frozenset[str], kinds: set[str], texts: set[str]) -> None:
        """Note that these facts are used alike."""
        for name in names:
            self.kinds.setdefault(name, set()).update(kinds)
            self.texts.setdefault(name, set()).update(texts)
        if len(names) > 1:
            self.alike.append(names)

    def spread(self) -> None:
        """Give facts that are compared with each other the kinds and texts of each other."""
        changed = True
        while changed:
            changed = False
            for names in self.alike:
                for table in (self.kinds, self.texts):
                    shared = set[str]().union(*(table[name] for name in names))
                    changed |= any(table[name] != shared for name in names)
                    for name in names:
                        table[name] = set(shared)


@dataclass(frozen=True, slots=True)
class _Flow:
    """What may arrive at a node: facts by name, and constants by kind and text."""

    facts: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    def joined(self, *others: _Flow) -> _Flow:
        return _Flow(
            self.facts.union(*(o.facts for o in others)),
            self.kinds.union(*(o.kinds for o in others)),
            self.texts.union(*(o.texts for o in others)),
        )


def note_uses(book: Rulebook, uses: Uses) -> None:
    """Add what the rules of a rule base tell of their facts.

    Args:
        book: the rule base.
        uses: is added to.

    Raises:
        ForeignError: a name leads nowhere.
    """
    _Walk(book, uses).all()


class _Walk:
    def __init__(self, book: Rulebook, uses: Uses) -> None:
        self.book, self.uses = book, uses
        self.flows: dict[str, _Flow] = {}

    def all(self) -> None:
        for rule in self.book.rules.values():
            for node in walked(rule.formula):
                self.use(node)

    def use(self, node: Node) -> None:
        match node:
            case Given():
                if self.book.asked(node):
                    self.note(_Flow(frozenset({node.name})), self.flow(node.formula))
            case Operation():
                self.operation(node)
            case Choice():
                self.note(self.flow(node.test), _Flow(kinds=frozenset({"boolean"})))
                if isinstance(node.test, IsUndefined):  # a default is of the kind of its rule
                    self.note(self.flow(node.then), self.flow(node.other))
            case Cases():
                for test, _ in node.cases:
                    self.note(self.flow(test), _Flow(kinds=frozenset({"boolean"})))
            case Measured():
                self.note(self.flow(node.item), _Flow(kinds=frozenset({"number"})))
            case _:
                return

    def operation(self, node: Operation) -> None:
        left, right = self.flow(node.left), self.flow(node.right)
        if node.sign in COMPARISONS or node.sign in {"=", "!="}:
            self.note(left, right)
        else:
            kind = "boolean" if node.sign in {"et", "ou"} else "number"
            for side in (left, right):
                self.note(side, _Flow(kinds=frozenset({kind})))

    def note(self, *sides: _Flow) -> None:
        found = _Flow().joined(*sides)
        self.uses.note(found.facts, set(found.kinds), set(found.texts))

    def flow(self, node: Node) -> _Flow:
        """Return what may arrive at a node."""
        found = _Flow()
        match node:
            case Literal():
                found = _of_constant(node)
            case Link():
                found = self.rule(self.book.rule_of(node).name)
            case Given():
                own = frozenset({node.name} if self.book.asked(node) else ())
                found = self.flow(node.formula).joined(_Flow(own))
            case Choice():
                found = self.flow(node.then).joined(self.flow(node.other))
            case Cases():
                found = found.joined(*(self.flow(value) for _, value in node.cases))
            case Measured():
                found = self.flow(node.item)
            case Operation() if node.sign in {"+", "-", "*", "/"}:
                found = _Flow(kinds=frozenset({"number"}))
            case _:
                found = _Flow(kinds=frozenset(() if isinstance(node, Refused) else {"boolean"}))
        return found

    def rule(self, name: str) -> _Flow:
        if name not in self.flows:
            self.flows[name] = _Flow()  # within a circle nothing more arrives
            self.flows[name] = self.flow(self.book.rules[name].formula)
        return self.flows[name]


def _of_constant(node: Literal) -> _Flow:
    kind = kind_of(node.value) if isinstance(node.value, bool | Fraction | str | date) else ""
    texts = frozenset({node.value} if isinstance(node.value, str) else ())
    return _Flow(kinds=frozenset({kind} if kind else ()), texts=texts)


def walked(node: Node) -> Iterator[Node]:
    """Yield a node and everything inside it."""
    yield node
    match node:
        case Operation():
            inside: Sequence[Node] = (node.left, node.right)
        case Choice():
            inside = (node.test, node.then, node.other)
        case Cases():
            inside = [one for case in node.cases for one in case]
        case IsUndefined() | IsNotApplicable() | Measured():
            inside = (node.item,)
        case Given():
            inside = (node.formula,)
        case _:
            return
    for one in inside:
        yield from walked(one)


def kind_of(value: Value) -> str:
    """Return the kind of a value: boolean, number, text or day."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, date):
        return "day"
    return "text" if isinstance(value, str) else "number"


def exact(value: int | float | Decimal | Fraction) -> Fraction:
    """Return a number as it is written, without the error of its binary form."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def facts_of(uses: Uses, supplied: Mapping[str, Sequence[Supplied]]) -> dict[str, Fact]:
    """Return the facts by rule name.

    Args:
        uses: what the rules tell of them, already spread.
        supplied: values by rule name; None where nothing is known.

    Raises:
        ForeignError: the values of one fact are of several kinds, or too fine for an integer.
    """
    columns: set[str] = set()
    found: dict[str, Fact] = {}
    for name in sorted(uses.kinds):
        values = [value for value in supplied.get(name, ()) if value is not None]
        kind = _kind(name, uses.kinds[name], values)
        column = _column(name, columns)
        texts = {value for value in values if isinstance(value, str)} if kind == "text" else set()
        options = tuple(sorted(texts | uses.texts[name])) if kind == "text" else ()
        scale = _scale(name, values) if kind == "number" else 1
        found[name] = Fact(name, column, kind, options or (("—",) if kind == "text" else ()), scale)
    return found


def _kind(
    name: str,
    used: set[str],
    values: Sequence[Value],
) -> str:
    kinds = {kind_of(value) for value in values} or (used - {"boolean"}) or {"boolean"}
    if len(kinds) > 1:
        told = "、".join(sorted(kinds))
        raise ForeignError(
            f"“{name}”同时当作几种类型：{told}", f"{name!r} is used as {sorted(kinds)}"
        )
    return kinds.pop()


def _scale(name: str, values: Sequence[object]) -> int:
    numbers = [
        exact(value) for value in values if isinstance(value, int | float | Decimal | Fraction)
    ]
    scale = lcm(*(value.denominator for value in numbers))
    if scale > LARGEST_SCALE or any(abs(value * scale) > 2**62 for value in numbers):
        raise ForeignError(f"“{name}”的数值过细或过大", f"{name!r} has values too fine or large")
    return scale


def _column(name: str, taken: set[str]) -> str:
    """Return a name that our language reads as one word, and note it as taken."""
    parts = (_NOT_IN_NAMES.sub("_", part).strip("_·") or "_" for part in name.split(" . "))
    plain = "·".join(parts)
    plain = plain if is_plain_name(plain) and not plain.endswith(KNOWN) else f"事实_{plain}"
    found, count = plain, 1
    while found in taken:
        count += 1
        found = f"{plain}_{count}"
    taken.add(found)
    return found
