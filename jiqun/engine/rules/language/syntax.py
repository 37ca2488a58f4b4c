"""The syntax tree of a condition or a sum, and its one canonical text.

Trees compare by meaning of the text, not by where it stood: ``at``, the offset of a node in its
text, takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from jiqun.engine.rules.language.units import Quantity, decimal, written
from jiqun.engine.rules.language.words import is_plain_name


@dataclass(frozen=True, slots=True)
class Name:
    """A field, with its period when it has one: ``营业收入[上年度]``."""

    name: str
    period: str = ""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A written quantity or a day."""

    value: Quantity | date
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """One summand: ``factor`` times a field or a constant; the factor carries the sign."""

    item: Name | Constant
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added up, in the order written."""

    terms: tuple[Term, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no field used as a condition."""

    item: Name


@dataclass(frozen=True, slots=True)
class Reference:
    """Another condition of the same policy, by its number: ``@c1``."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``, where op is one of >= > <= < = !=."""

    left: Sum
    op: str
    right: Sum


@dataclass(frozen=True, slots=True)
class Ratio:
    """``top / bottom op rate``; unknown where the bottom is not above zero."""

    top: Sum
    bottom: Sum
    op: str
    rate: Constant


@dataclass(frozen=True, slots=True)
class Growth:
    """``now 较 then 增长 op rate`` (or 下降); unknown where ``then`` is not above zero."""

    now: Sum
    then: Sum
    word: str
    op: str
    rate: Constant


@dataclass(frozen=True, slots=True)
class Member:
    """A field that takes named values: 属于, 不属于, 包含 (any), 包含全部 (all), 不包含 (none)."""

    item: Name
    word: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    item: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """All hold (且)."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one holds (或)."""

    items: tuple[Condition, ...]


Condition = Flag | Reference | Compare | Ratio | Growth | Member | Not | Every | Some


def every(items: list[Condition]) -> Condition:
    """Join by 且, flattening what is already joined so."""
    return _joined(items, Every)


def some(items: list[Condition]) -> Condition:
    """Join by 或, flattening what is already joined so."""
    return _joined(items, Some)


def _joined(items: list[Condition], kind: type[Every] | type[Some]) -> Condition:
    flat: list[Condition] = []
    for item in items:
        flat += item.items if isinstance(item, kind) else (item,)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


# ---- canonical text -------------------------------------------------------------------------


def text(node: Condition | Sum | Name | Constant) -> str:
    """Return the canonical text; reading it again gives an equal tree."""
    match node:
        case Name():
            return name_text(node)
        case Constant():
            return node.value.isoformat() if isinstance(node.value, date) else written(node.value)
        case Sum():
            return _sum_text(node)
        case Compare() | Ratio() | Growth() | Member():
            return _relation_text(node)
        case _:
            return _logic_text(node)


def _logic_text(node: Every | Some | Not | Flag | Reference) -> str:
    match node:
        case Every() | Some():
            word, inner = (" 且 ", (Some,)) if isinstance(node, Every) else (" 或 ", ())
            return word.join(_bracketed(item, inner) for item in node.items)
        case Not():
            return f"非 {_bracketed(node.item, (Every, Some))}"
        case Flag():
            return name_text(node.item)
        case Reference():
            return f"@{node.name}"


def name_text(name: Name) -> str:
    """Return a field with its period in brackets: also the key of its column."""
    return f"{name.name}[{name.period}]" if name.period else name.name


def _bracketed(node: Condition, kinds: tuple[type, ...]) -> str:
    return f"({text(node)})" if isinstance(node, kinds) else text(node)


def _relation_text(node: Compare | Ratio | Growth | Member) -> str:
    match node:
        case Compare():
            return f"{text(node.left)} {node.op} {text(node.right)}"
        case Ratio():
            return f"{_part(node.top)} / {_part(node.bottom)} {node.op} {text(node.rate)}"
        case Growth():
            return f"{text(node.now)} 较 {text(node.then)} {node.word} {node.op} {text(node.rate)}"
        case Member():
            values = ", ".join(v if is_plain_name(v) else f'"{v}"' for v in node.values)
            return f"{name_text(node.item)} {node.word} {{{values}}}"


def _part(node: Sum) -> str:
    alone = len(node.terms) == 1 and node.terms[0].factor == 1
    return text(node) if alone else f"({text(node)})"


def _sum_text(node: Sum) -> str:
    parts: list[str] = []
    for position, term in enumerate(node.terms):
        sign = "-" if term.factor < 0 else "+"
        size = abs(term.factor)
        body = text(term.item) if size == 1 else f"{_factor(size)} * {text(term.item)}"
        if position:
            parts += [sign, body]
        else:
            parts.append(body if sign == "+" else f"-{body}")
    return " ".join(parts)


def _factor(size: Fraction) -> str:
    return decimal(size)


def names_of(node: Condition | Sum) -> Iterator[Name]:
    """Yield every field of a tree, in the order written."""
    match node:
        case Sum():
            yield from (term.item for term in node.terms if isinstance(term.item, Name))
        case Every() | Some():
            for item in node.items:
                yield from names_of(item)
        case Not():
            yield from names_of(node.item)
        case Flag() | Member():
            yield node.item
        case Compare():
            yield from names_of(node.left)
            yield from names_of(node.right)
        case Ratio():
            yield from names_of(node.top)
            yield from names_of(node.bottom)
        case Growth():
            yield from names_of(node.now)
            yield from names_of(node.then)
        case Reference():
            return
