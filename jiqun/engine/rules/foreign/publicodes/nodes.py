"""The tree of a publicodes rule after its shorthand has been spelled out.

Few kinds remain: the language itself defines its other mechanisms by these (a ceiling is a
condition, a list of conditions a chain of ``et``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from jiqun.engine.rules.problems import problem
from jiqun.errors import Problem


class Mark:
    """One of the two states that are no value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        """Return the name."""
        return self.name


UNDEFINED = Mark("undefined")
NOT_APPLICABLE = Mark("not applicable")
Scalar = bool | Fraction | str | date | Mark


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written: what stands over the slash and what under it."""

    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as it is written."""
        return "/".join((".".join(self.over), *self.under))


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant, or one of the states that are no value."""

    value: Scalar


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A reference: a partial name, and the rule in which it stands."""

    name: str
    within: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """``left sign right``; signs: et ou = != < <= > >= + - * /."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """si, alors, sinon; not applicable where the condition is, undefined likewise."""

    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """variations: the first case that holds; not applicable when none does."""

    cases: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class IsUndefined:
    """est non défini."""

    item: Node


@dataclass(frozen=True, slots=True, eq=False)
class IsNotApplicable:
    """est non applicable; it looks at conditions only, and may be known before the value is."""

    item: Node


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A number given a unit, or converted to it."""

    item: Node
    unit: Unit


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What was said of a rule, or else its own formula.

    ``nullable``: it was declared "possiblement non applicable".
    """

    name: str
    formula: Node
    nullable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A formula that cannot be imported; it matters only where something rests on it."""

    zh: str
    en: str


Node = (
    Literal
    | Link
    | Operation
    | Choice
    | Cases
    | IsUndefined
    | IsNotApplicable
    | Measured
    | Given
    | Refused
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: full name, formula, and whether only its neighbours may name it.

    ``default``: it has a value to fall back on, so that it may be asked for.
    """

    name: str
    formula: Node
    private: bool = False
    default: bool = False


@dataclass(slots=True)
class Notes:
    """What was found while reading.

    ``problems`` refuse the whole rule base; ``ignored`` are rule and key, or rule and reason, of
    what was passed by because nothing that was asked for rests on it.
    """

    problems: list[Problem] = field(default_factory=list[Problem])
    ignored: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class ForeignError(ValueError):
    """Something that cannot be imported; kept inside the importer."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def told(rule: str, error: ForeignError) -> Problem:
    """Return the problem of one rule."""
    return problem(
        "E-RULE-FOREIGN",
        f"规则“{rule}”：{error.zh}",
        en=f"rule {rule!r}: {error.en}",
        remedy=(
            "改写这条规则，或不导入这项政策；导入器不猜测。",
            "Reword the rule or leave the programme out; the importer does not guess.",
        ),
        value=rule,
    )
