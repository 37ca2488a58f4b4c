"""Spells out the mechanisms of publicodes 1.0.0-beta.73 and gathers the rules of a rule base.

A key that is no mechanism is passed by on the level of a rule, as the language does, and noted;
anywhere else it is refused. A mechanism that our rules cannot express is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import cast

from jiqun.engine.rules.foreign.publicodes.expressions import parse_expression, parse_unit
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
    Notes,
    Operation,
    Refused,
    Rule,
    told,
)

MOST_NESTED = 60
INNER = "$INTERNAL"
YES, NO, ZERO = Literal(True), Literal(False), Literal(Fraction(0))
SIGNS = ("et", "ou", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/")
# The first of these that a block holds applies last, around all the others.
CHAINED = (
    "variable manquante", "avec", "applicable si", "non applicable si", "arrondi", "unité",
    "simplifier l'unité", "plancher", "plafond", "par défaut", "dans la situation",
    "résoudre la référence circulaire", "abattement",
)  # fmt: skip
REFUSED = frozenset((
    "variable manquante", "arrondi", "simplifier l'unité", "dans la situation",
    "résoudre la référence circulaire", "inversion numérique", "taux progressif", "barème",
    "durée", "grille", "multiplication", "produit", "recalcul", "contexte", "moyenne", "texte",
    "constant", "remplace", "rend non applicable", "variable",
))  # fmt: skip
ELSEWHERE = frozenset(("remplace", "rend non applicable"))  # they change other rules
SILENT = frozenset((
    "nom", "titre", "description", "question", "note", "résumé", "icônes", "références", "type",
    "suggestions", "identifiant court", "exemples", "API", "sévérité", "experimental",
    "possiblement non applicable", "privé", "acronyme", "formule",
))  # fmt: skip


def gather(raw: Mapping[str, object], notes: Notes) -> dict[str, Rule]:
    """Return every rule of a rule base by full name, those declared under ``avec`` included.

    Args:
        raw: rule name → body, as parsed from YAML or JSON.
        notes: takes every problem and every key passed by.
    """
    gatherer = _Gatherer(notes)
    for name, body in raw.items():
        gatherer.rule(name, body, within="", depth=0)
    return gatherer.rules


class _Gatherer:
    """Walks the bodies; rules found on the way are added under their full names."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.rules: dict[str, Rule] = {}

    def rule(self, written: str, body: object, *, within: str, depth: int) -> None:
        private = written.startswith("[privé] ")
        name = " . ".join(filter(None, (within, written.removeprefix("[privé] "))))
        if name in self.rules:
            error = ForeignError("定义了两次", "it is defined twice")
            self.notes.problems.append(told(name, error))
            return
        self.rules[name] = Rule(name, Literal(UNDEFINED))  # a place before those inside it
        try:
            self.rules[name] = self.built(name, _mapping(body), private=private, depth=depth)
        except ForeignError as error:
            self.notes.ignored.append((name, error.en))
            self.rules[name] = Rule(name, Refused(error.zh, error.en), private)

    def built(self, name: str, body: Mapping[str, object], *, private: bool, depth: int) -> Rule:
        private = private or body.get("privé") == "oui"
        if "nom" in body:
            raise ForeignError("规则内不能写“nom”", "'nom' cannot stand in a rule")
        kept = {key: value for key, value in body.items() if self.counts(name, key)}
        if "formule" in body:
            kept["valeur"] = body["formule"]
        reader = _Reader(self, name)
        if private:
            return Rule(name, reader.block(kept, depth), private)
        nullable = body.get("possiblement non applicable") == "oui"
        formula = reader.block(kept, depth, given=lambda inner: Given(name, inner, nullable))
        return Rule(name, formula, default="par défaut" in kept)

    def counts(self, name: str, key: str) -> bool:
        """Whether a key of a rule says something about its value."""
        if key in REFUSED:
            error = ForeignError(f"不支持“{key}”", f"the mechanism {key!r} is not supported")
            if key in ELSEWHERE:
                self.notes.problems.append(told(name, error))
            raise error
        known = key in MECHANISMS or key in CHAINED
        if not known and key not in SILENT:
            self.notes.ignored.append((name, key))
        return known


def _mapping(body: object) -> Mapping[str, object]:
    if body is None:
        return {}
    if isinstance(body, str | int | float) and not isinstance(body, bool):
        return {"valeur": body}
    if isinstance(body, Mapping):
        return cast(Mapping[str, object], body)
    raise ForeignError("规则应是表达式或映射", "a rule is an expression or a mapping")


class _Reader:
    """Reads what stands inside one rule."""

    def __init__(self, gatherer: _Gatherer, within: str) -> None:
        self.gatherer, self.within = gatherer, within

    def value(self, raw: object, depth: int = 0) -> Node:
        """Return the tree of anything that stands where a value may."""
        if raw is None:
            raise ForeignError("有一处没有写值", "a value is empty")
        if isinstance(raw, bool):
            raise ForeignError("请用 oui/non", "write oui or non, not true or false")
        if isinstance(raw, Mapping):
            return self.block(cast(Mapping[str, object], raw), depth + 1)
        if isinstance(raw, str | int | float):
            return parse_expression(str(raw), within=self.within)
        raise ForeignError("清单前缺少机制名", "a list stands without a mechanism")

    def block(
        self,
        body: Mapping[str, object],
        depth: int,
        *,
        given: Callable[[Node], Node] | None = None,
    ) -> Node:
        """Return the tree of a block; ``given`` wraps what a situation may replace."""
        if depth > MOST_NESTED:
            raise ForeignError("嵌套过深", "nested too deeply")
        wrapped = [key for key in CHAINED if key in body]
        rest = [key for key in body if key not in wrapped]
        for key in (*wrapped, *rest):
            if key in REFUSED or (key not in CHAINED and key not in MECHANISMS):
                raise ForeignError(f"不支持“{key}”", f"the mechanism {key!r} is not supported")
        if len(rest) > 1:
            told_ = "、".join(rest)
            raise ForeignError(f"同一层有多个机制：{told_}", f"several mechanisms beside: {rest}")
        found = self.alone(rest[0], body[rest[0]], depth) if rest else Literal(UNDEFINED)
        # Inside out: a situation replaces the value before a default or a ceiling is applied.
        inside = [key for key in reversed(wrapped) if key == "abattement"]
        outside = [key for key in reversed(wrapped) if key != "abattement"]
        for key in inside:
            found = self.chained(key, body[key], found, depth)
        found = given(found) if given else found
        for key in outside:
            found = self.chained(key, body[key], found, depth)
        return found

    def chained(self, key: str, raw: object, found: Node, depth: int) -> Node:
        """Return a value with one mechanism that goes around it applied."""
        if key == "avec":
            self.children(raw, depth)
            return found
        if key == "unité":
            return Measured(found, parse_unit(str(raw)))
        other = self.value(raw, depth)
        if key in {"applicable si", "non applicable si"}:
            test = Operation("!=" if key == "applicable si" else "=", other, NO)
            return Choice(test, found, Literal(NOT_APPLICABLE))
        if key == "par défaut":
            return Choice(IsUndefined(found), other, found)
        if key == "abattement":
            other, found = ZERO, Operation("-", found, other)
        bound = Operation("!=", other, NO)
        beyond = Operation(">" if key == "plafond" else "<", found, other)
        return Choice(Operation("et", bound, beyond), other, found)

    def children(self, raw: object, depth: int) -> None:
        if not isinstance(raw, Mapping):
            raise ForeignError("“avec”应是映射", "'avec' must be a mapping")
        for name, body in cast(Mapping[str, object], raw).items():
            self.gatherer.rule(name, body, within=self.within, depth=depth + 1)

    def alone(self, key: str, raw: object, depth: int) -> Node:
        """Return the value of one mechanism that stands by itself."""
        inside = set(cast(Mapping[str, object], raw)) if isinstance(raw, Mapping) else set[str]()
        spread = "variations" in inside and len(inside) > 1 and key != "valeur"
        if spread or "composantes" in inside:
            raise ForeignError(
                f"“{key}”里不支持 variations、composantes", f"variations inside {key!r}"
            )
        return MECHANISMS[key](self, raw, depth)

    def inner(self, formula: Node) -> Link:
        """Make a private rule of a formula, as the language does inside some mechanisms."""
        count = sum(name.startswith(f"{self.within} . {INNER}") for name in self.gatherer.rules)
        name = f"{INNER} {count + 1}"
        full = f"{self.within} . {name}"
        self.gatherer.rules[full] = Rule(full, formula, private=True)
        return Link(name, self.within)

    def listed(self, raw: object, depth: int) -> list[Node]:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            raise ForeignError("这里应是清单", "a list is needed")
        return [self.value(item, depth) for item in cast(Sequence[object], raw)]


def _chain(sign: str, start: Node) -> Callable[[_Reader, object, int], Node]:
    def build(reader: _Reader, raw: object, depth: int) -> Node:
        found = start
        for item in reader.listed(raw, depth):
            found = Operation(sign, found, item)
        return found

    return build


def _operation(sign: str) -> Callable[[_Reader, object, int], Node]:
    def build(reader: _Reader, raw: object, depth: int) -> Node:
        items = reader.listed(raw, depth)
        if len(items) != 2:
            raise ForeignError(f"“{sign}”要两个值", f"{sign!r} takes two values")
        return Operation(sign, items[0], items[1])

    return build


def _sum(reader: _Reader, raw: object, depth: int) -> Node:
    found: Node = Literal(NOT_APPLICABLE)
    for item in reversed(reader.listed(raw, depth)):
        found = Operation("+", item, found)
    return found


def _extreme(sign: str) -> Callable[[_Reader, object, int], Node]:
    def build(reader: _Reader, raw: object, depth: int) -> Node:
        found: Node = Literal(NOT_APPLICABLE)
        for item in map(reader.inner, reader.listed(raw, depth)):
            better = Operation("ou", IsNotApplicable(found), Operation(sign, item, found))
            found = reader.inner(Choice(IsNotApplicable(item), found, Choice(better, item, found)))
        return found

    return build


def _condition(reader: _Reader, raw: object, depth: int) -> Node:
    parts = _parts(raw, ("si", "alors", "sinon"), "condition")
    if len(parts) != 3:
        raise ForeignError("condition 须写 si、alors、sinon", "condition takes si, alors, sinon")
    return Choice(*(reader.value(parts[key], depth) for key in ("si", "alors", "sinon")))


def _cases(reader: _Reader, raw: object, depth: int) -> Node:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ForeignError("variations 应是清单", "variations takes a list")
    found: list[tuple[Node, Node]] = []
    for one in cast(Sequence[object], raw):
        parts = _parts(one, ("si", "alors", "sinon"), "variations")
        if set(parts) == {"sinon"}:
            found.append((YES, reader.value(parts["sinon"], depth)))
        elif set(parts) == {"si", "alors"}:
            test = reader.value(parts["si"], depth)
            found.append((test, reader.value(parts["alors"], depth)))
        else:
            raise ForeignError(
                "variations 每项写 si 与 alors，或 sinon",
                "a case of variations has si and alors, or sinon",
            )
    return Cases(tuple(found))


def _parts(raw: object, keys: tuple[str, ...], what: str) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or set(cast(Mapping[str, object], raw)) - set(keys):
        raise ForeignError(f"“{what}”只能写 {'、'.join(keys)}", f"{what!r} takes {keys} only")
    return cast(Mapping[str, object], raw)


def _options(reader: _Reader, raw: object, depth: int) -> Node:
    """Return undefined: a choice has no value until the situation names one."""
    if isinstance(raw, Mapping):
        raw = cast(Mapping[str, object], raw).get("possibilités")
    reader.listed(raw, depth)
    return Literal(UNDEFINED)


def _defined(reader: _Reader, raw: object, depth: int) -> Node:
    return Operation("=", IsUndefined(reader.value(raw, depth)), NO)


def _applicable(reader: _Reader, raw: object, depth: int) -> Node:
    return Operation("=", IsNotApplicable(reader.value(raw, depth)), NO)


MECHANISMS: Mapping[str, Callable[[_Reader, object, int], Node]] = {
    **{sign: _operation(sign) for sign in SIGNS},
    "toutes ces conditions": _chain("et", YES),
    "une de ces conditions": _chain("ou", NO),
    "valeur": lambda reader, raw, depth: reader.value(raw, depth),
    "somme": _sum,
    "le maximum de": _extreme(">"),
    "le minimum de": _extreme("<"),
    "condition": _condition,
    "variations": _cases,
    "une possibilité": _options,
    "est défini": _defined,
    "est non défini": lambda reader, raw, depth: IsUndefined(reader.value(raw, depth)),
    "est applicable": _applicable,
    "est non applicable": lambda reader, raw, depth: IsNotApplicable(reader.value(raw, depth)),
}
