"""The grammar, LALR without conflicts, and the builder of the tree.

The grammar knows only precedence; the builder says which shape may stand where, so that
``(A + B) / C`` and ``(A 且 B)`` need no look-ahead and messages name what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import cast

from lark import Lark, Token, Transformer
from lark.common import LexerConf
from lark.lexer import Lexer

from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.lexer import Lexeme
from jiqun.engine.rules.language.units import Quantity
from jiqun.engine.rules.language.words import FLIPPED

GRAMMAR = r"""
start: or_
?or_: and_ (OR and_)*          -> some
?and_: not_ (AND not_)*        -> every
?not_: relation
     | NOT not_                -> negation
?relation: sum
     | sum OP sum              -> compare
     | sum OP sum AFTER        -> compare
     | sum number AFTER        -> after
     | sum VS sum GROWTH OP sum        -> growth
     | sum VS sum GROWTH OP sum AFTER  -> growth
     | sum VS sum GROWTH number AFTER  -> growth_after
     | sum MEMBER BEGIN value (COMMA value)* END -> member
?sum: product ((PLUS | MINUS) product)*
?product: unary ((TIMES | OVER) unary)*
?unary: primary
     | MINUS unary             -> minus
?primary: number
     | DATE                    -> day
     | NAME PERIOD?            -> name
     | AT NAME                 -> reference
     | YES                     -> word
     | NO                      -> word
     | OPEN or_ CLOSE          -> bracket
number: NUMBER
value: NAME | TEXT
%declare OR AND NOT OP AFTER VS GROWTH MEMBER BEGIN END COMMA PLUS MINUS TIMES OVER NUMBER DATE
%declare NAME PERIOD AT YES NO OPEN CLOSE TEXT
"""


@dataclass(frozen=True, slots=True)
class _Word:
    """是 or 否 beside an equals sign."""

    yes: bool
    at: int


@dataclass(frozen=True, slots=True)
class _Quotient:
    """``top / bottom``, which may stand on one side of a comparison only."""

    top: s.Sum
    bottom: s.Sum
    at: int


@dataclass(frozen=True, slots=True)
class _Bracket:
    """What stood in brackets; only needed to keep its place."""

    item: object
    at: int


class MisplacedError(ValueError):
    """A piece that the grammar allows and the language does not; kept inside the parser."""

    def __init__(self, at: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.at, self.zh, self.en = at, zh, en


def _at(node: object) -> int:
    if isinstance(node, Token):
        return node.start_pos or 0
    if isinstance(node, s.Flag | s.Member):
        return node.item.at
    return getattr(node, "at", 0)


class _Builder(Transformer[Token, object]):
    """Makes the tree bottom up while the parser runs."""

    def number(self, parts: list[Token]) -> object:
        return s.Constant(cast(Quantity, parts[0].value), _at(parts[0]))

    def day(self, parts: list[Token]) -> object:
        return s.Constant(cast(date, parts[0].value), _at(parts[0]))

    def name(self, parts: list[Token]) -> object:
        period = str(parts[1].value) if len(parts) > 1 else ""
        return s.Name(str(parts[0].value), period, _at(parts[0]))

    def word(self, parts: list[Token]) -> object:
        return _Word(parts[0].type == "YES", _at(parts[0]))

    def reference(self, parts: list[Token]) -> object:
        return s.Reference(str(parts[1].value), _at(parts[0]))

    def bracket(self, parts: list[object]) -> object:
        return _Bracket(parts[1], _at(parts[0]))

    def value(self, parts: list[Token]) -> object:
        return str(parts[0].value)

    def minus(self, parts: list[object]) -> object:
        return _scaled(as_sum(parts[1]), Fraction(-1))

    def sum(self, parts: list[object]) -> object:
        if len(parts) == 1:
            return parts[0]
        terms = list(as_sum(parts[0]).terms)
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            factor = Fraction(1 if cast(Token, sign).type == "PLUS" else -1)
            terms += _scaled(as_sum(part), factor).terms
        return s.Sum(tuple(terms), _at(parts[0]))

    def product(self, parts: list[object]) -> object:
        result = parts[0]
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            token = cast(Token, sign)
            if token.type == "TIMES":
                result = _times(result, part)
            elif isinstance(result, _Quotient):
                raise MisplacedError(_at(token), "只能除一次", "one division only")
            else:
                result = _Quotient(as_sum(result), as_sum(part), _at(token))
        return result

    def some(self, parts: list[object]) -> object:
        return s.some([as_condition(part) for part in parts[::2]]) if len(parts) > 1 else parts[0]

    def every(self, parts: list[object]) -> object:
        return s.every([as_condition(part) for part in parts[::2]]) if len(parts) > 1 else parts[0]

    def negation(self, parts: list[object]) -> object:
        return s.Not(as_condition(parts[1]))

    def compare(self, parts: list[object]) -> object:
        op = str(cast(Token, parts[1]).value)
        if len(parts) == 4:
            _agree(op, cast(Token, parts[3]))
        return _comparison(parts[0], op, parts[2])

    def after(self, parts: list[object]) -> object:
        return _comparison(parts[0], str(cast(Token, parts[2]).value), parts[1])

    def growth(self, parts: list[object]) -> object:
        op = str(cast(Token, parts[4]).value)
        if len(parts) == 7:
            _agree(op, cast(Token, parts[6]))
        return _growth(parts, op, parts[5])

    def growth_after(self, parts: list[object]) -> object:
        return _growth(parts, str(cast(Token, parts[5]).value), parts[4])

    def member(self, parts: list[object]) -> object:
        item, word = _bare(parts[0]), str(cast(Token, parts[1]).value)
        values = tuple(part for part in parts[3:] if type(part) is str)
        if not isinstance(item, s.Name):
            raise MisplacedError(
                _at(item), f"“{word}”左边应是一个字段", f"a field must stand before {word}"
            )
        if len(set(values)) < len(values):
            raise MisplacedError(
                _at(item), "花括号里有重复的取值", "a value stands twice in the braces"
            )
        return s.Member(item, word, values)

    def start(self, parts: list[object]) -> object:
        return parts[0]


def _bare(node: object) -> object:
    while isinstance(node, _Bracket):
        node = node.item
    return node


def as_sum(node: object) -> s.Sum:
    """Return a piece as a sum; MisplacedError when it is none."""
    item = _bare(node)
    if isinstance(item, s.Name | s.Constant):
        return s.Sum((s.Term(item),), item.at)
    if isinstance(item, s.Sum):
        return item
    if isinstance(item, _Quotient):
        raise MisplacedError(
            item.at, "除法只能写成“甲 / 乙 >= 比率”", "division stands only as “A / B >= rate”"
        )
    raise MisplacedError(
        _at(node), "这里应是数值、字段或它们的和", "a number, a field or a sum is needed here"
    )


def _scaled(item: s.Sum, factor: Fraction) -> s.Sum:
    return s.Sum(tuple(s.Term(term.item, term.factor * factor) for term in item.terms), item.at)


def _times(left: object, right: object) -> s.Sum:
    for number, other in ((_bare(left), right), (_bare(right), left)):
        value = number.value if isinstance(number, s.Constant) else None
        if isinstance(value, Quantity) and not value.base:
            return _scaled(as_sum(other), value.in_base)
    raise MisplacedError(_at(left), "只能乘以不带单位的常数", "multiply by a plain number only")


def as_condition(node: object) -> s.Condition:
    """Return a piece as a condition; MisplacedError when it is none."""
    item = _bare(node)
    if isinstance(item, s.Name):
        return s.Flag(item)
    if isinstance(item, s.Condition):
        return item
    raise MisplacedError(_at(node), "这里应是一个条件", "a condition is needed here")


def _comparison(left: object, op: str, right: object) -> s.Condition:
    a, b = _bare(left), _bare(right)
    if isinstance(b, _Word) and isinstance(a, s.Name) and op in {"=", "!="}:
        flag = s.Flag(a)
        return flag if b.yes == (op == "=") else s.Not(flag)
    if isinstance(b, _Quotient) and not isinstance(a, _Quotient):
        a, op, b = b, FLIPPED[op], a
    if isinstance(a, _Quotient):
        return s.Ratio(a.top, a.bottom, op, _rate(b))
    return s.Compare(as_sum(a), op, as_sum(b))


def _growth(parts: list[object], op: str, rate: object) -> s.Condition:
    word = str(cast(Token, parts[3]).value)
    return s.Growth(as_sum(parts[0]), as_sum(parts[2]), word, op, _rate(_bare(rate)))


def _rate(node: object) -> s.Constant:
    """Return a constant, also from a sum of one constant, as a minus sign makes it."""
    item = _bare(node)
    if isinstance(item, s.Sum) and len(item.terms) == 1:
        term = item.terms[0]
        if isinstance(term.item, s.Constant) and isinstance(term.item.value, Quantity):
            old = term.item.value
            return s.Constant(Quantity(old.value * term.factor, old.unit, old.under), item.at)
    if isinstance(item, s.Constant) and isinstance(item.value, Quantity):
        return item
    raise MisplacedError(_at(node), "比率应是一个常数", "the rate must be a constant")


def _agree(op: str, after: Token) -> None:
    if op[0] != str(after.value)[0]:
        raise MisplacedError(
            _at(after),
            f"“{op}”与后面的“以上/以下”相反",
            f"{op!r} contradicts the word after the number",
        )


class _Tokens(Lexer):
    """Hands ready tokens to the parser."""

    def __init__(self, _: LexerConf) -> None:
        pass

    def lex(self, data: Sequence[Lexeme]) -> Iterator[Token]:  # pyright: ignore[reportIncompatibleMethodOverride]
        for lexeme in data:
            token = Token(lexeme.kind, "", start_pos=lexeme.at)
            token.value = lexeme.value  # a quantity or a day as it is, not its text
            yield token


PARSER = Lark(
    GRAMMAR, parser="lalr", lexer=_Tokens, transformer=_Builder(), maybe_placeholders=False
)
