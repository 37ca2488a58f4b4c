"""A rule base: which rule a name means from where it stands, and of what type each rule is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
from jiqun.engine.rules.problems import nearest

COMPARISONS = frozenset(("<", "<=", ">", ">="))
LOGICAL = COMPARISONS | {"=", "!=", "et", "ou"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a node before anything is evaluated.

    ``nullable``: whether it may be not applicable, None where that is open; ``boolean``: whether
    it is a yes or no, None where it is of no known type.
    """

    nullable: bool | None = None
    boolean: bool | None = None


OPEN = Kind()


@dataclass(slots=True)
class Rulebook:
    """Rules by full name, with what follows from them.

    ``supplied``: names of the rules for which values come from outside.
    """

    rules: Mapping[str, Rule]
    supplied: frozenset[str] = frozenset()
    _kinds: dict[int, Kind] = field(default_factory=dict[int, Kind])
    _links: dict[int, Rule] = field(default_factory=dict[int, Rule])

    def rule_of(self, link: Link) -> Rule:
        """Return the rule that a reference means.

        The nearest namespace wins: children of the rule itself, then those of each of its
        ancestors, then the top; a rule means itself only when nothing else has the name.

        Raises:
            ForeignError: nothing has the name, or only rules that are private elsewhere.
        """
        if id(link) not in self._links:
            self._links[id(link)] = self._resolved(link)
        return self._links[id(link)]

    def _resolved(self, link: Link) -> Rule:
        spaces = [link.within, *ancestors(link.within), ""]
        names = [f"{space} . {link.name}" if space else link.name for space in spaces]
        names.sort(key=lambda name: name == link.within)
        found = [name for name in names if name in self.rules]
        if not found:
            zh, en = nearest(link.name, self.rules)
            raise ForeignError(f"没有规则“{link.name}”。{zh}", f"there is no {link.name!r}. {en}")
        open_ = next((name for name in found if self.accessible(name, link.within)), None)
        if open_ is None:
            raise ForeignError(f"“{found[0]}”是私有规则", f"{found[0]!r} is private")
        return self.rules[open_]

    def accessible(self, name: str, within: str) -> bool:
        """Whether a rule may be named from another: private ones by their neighbours only."""
        parents = [name, *ancestors(name), ""]
        shared = _shared(within, name)
        checked = parents[: max((parents.index(shared) if shared in parents else -1) - 1, 0)]
        return not any(one in self.rules and self.rules[one].private for one in checked)

    def asked(self, node: Given) -> bool:
        """Whether a rule is a fact: it has no formula, only a default, or values from outside."""
        empty = isinstance(node.formula, Literal) and node.formula.value is UNDEFINED
        return empty or self.rules[node.name].default or node.name in self.supplied

    def gate(self, rule: Rule) -> Rule | None:
        """Return the nearest ancestor that may switch a rule off, or None."""
        if rule.private:
            return None
        for name in ancestors(rule.name):
            if name in self.rules:
                kind = self.kind(self.rules[name].formula)
                if kind.nullable or kind.boolean:
                    return self.rules[name]
        return None

    def infer(self) -> None:
        """Work out the kinds of all rules; nodes that nothing rests on are left without one.

        Raises:
            ForeignError: a name leads nowhere.
        """
        for rule in self.rules.values():
            self.kind(rule.formula)

    def never_null(self, node: Node) -> bool:
        """Whether a node is known to be applicable; asks only what ``infer`` has found."""
        kind = self._kinds.get(id(node))
        return kind is not None and kind.nullable is False

    def kind(self, node: Node) -> Kind:
        """Return what is known of a node; within a circle it is open."""
        if id(node) not in self._kinds:
            self._kinds[id(node)] = OPEN
            self._kinds[id(node)] = self._kind(node)
        return self._kinds[id(node)]

    def _kind(self, node: Node) -> Kind:
        found = OPEN
        match node:
            case Literal():
                unset = node.value in (UNDEFINED, NOT_APPLICABLE)
                boolean = None if unset else isinstance(node.value, bool)
                found = Kind(node.value is NOT_APPLICABLE, boolean)
            case Link():
                found = self.kind(self.rule_of(node).formula)
            case Operation():
                found = Kind(self._may_be_null(node), node.sign in LOGICAL)
            case IsUndefined() | IsNotApplicable():
                found = Kind(nullable=False, boolean=True)
            case Measured():
                found = self.kind(node.item)
            case Given():
                inner = self.kind(node.formula)
                found = Kind(node.nullable or bool(inner.nullable), inner.boolean)
            case Choice() | Cases():
                found = self._branches(node)
            case Refused():
                pass  # open: nothing is known of it
        return found

    def _may_be_null(self, node: Operation) -> bool | None:
        """Look at one side after the other, no further than needed, as the language does."""
        if node.sign in COMPARISONS or node.sign in {"*", "/"}:
            return self.kind(node.left).nullable or self.kind(node.right).nullable
        return self.kind(node.left).nullable if node.sign == "-" else False

    def _branches(self, node: Choice | Cases) -> Kind:
        if isinstance(node, Cases):
            parts = [self.kind(value) for _, value in node.cases]
            known = (part.boolean for part in parts if part.boolean is not None)
            return Kind(any(part.nullable for part in parts), next(known, None))
        inside = (node.test, node.then, node.other)
        nullable = any(self.kind(one).nullable for one in inside)
        boolean = self.kind(node.then).boolean
        return Kind(nullable, self.kind(node.other).boolean if boolean is None else boolean)


def ancestors(name: str) -> list[str]:
    """Return the names above a name, the nearest first.

    >>> ancestors("a . b . c")
    ['a . b', 'a']
    """
    parts = name.split(" . ")
    return [" . ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def _shared(one: str, other: str) -> str:
    parts, others = one.split(" . "), other.split(" . ")
    for place, part in enumerate(parts):
        if place >= len(others) or others[place] != part:
            return " . ".join(parts[:place])
    return one
