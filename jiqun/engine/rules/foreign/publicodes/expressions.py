"""Reads the infix expressions of publicodes 1.0.0-beta.73: ``effectif >= 50``, ``a . b = "x"``.

The tokens and their order of preference are those of the language's own lexer: a quoted text
reaches to the last quote of the line, signs stand between spaces, and a name may hold spaces,
apostrophes and digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jiqun.engine.rules.foreign.publicodes.nodes import (
    ForeignError,
    Link,
    Literal,
    Measured,
    Node,
    Operation,
    Unit,
)

_LETTER = "[a-zA-Z\u00c0-\u017f€$%]"
_WORD = rf"{_LETTER}(?:[-']?[a-zA-Z\u00c0-\u017f0-9',°]+)*"
_TOKEN = re.compile(
    rf"""(?P<open>\()|(?P<close>\))|(?P<comparison>>=|<=|!=|=|>|<)
    |(?P<date>(?:(?:0?[1-9]|[12][0-9]|3[01])/)?(?:0?[1-9]|1[012])/\d{{4}})
    |(?P<boolean>oui|non)
    |(?P<number>-?(?:[1-9][0-9]+|[0-9])(?:\.[0-9]+)?)
    |(?P<word>{_WORD})
    |(?P<text>'.*'|".*")
    |(?P<sum>[+-])|(?P<product>[*/])
    |(?P<dot>[ ]\.[ ])|(?P<point>\.)
    |(?P<space>\s+)""",
    re.VERBOSE,
)
_LINES = re.compile(r"\s*\n\s*")
MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def parse_expression(written: str, *, within: str) -> Node:
    """Return the tree of an expression.

    Args:
        written: the expression.
        within: full name of the rule in which it stands, from which names are resolved.

    Raises:
        ForeignError: it is no expression of the language.
    """
    line = _LINES.sub(" ", written).strip()
    if len(line) > MOST_CHARACTERS:
        raise ForeignError("表达式过长", "the expression is too long")
    reader = _Reader(_tokens(line), within, line)
    found = reader.comparison()
    reader.expect("")
    return found


def _tokens(line: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        if match is None:
            raise ForeignError(
                f"“{line}”中不能识别“{line[at]}”", f"{line[at]!r} is no part of {line!r}"
            )
        found.append(_Token(match.lastgroup or "", match[0]))
        at = match.end()
    return found


def day(written: str) -> date:
    """Return the day of dd/mm/yyyy; mm/yyyy is the first of the month.

    Raises:
        ForeignError: there is no such day.
    """
    parts = [int(part) for part in written.split("/")]
    try:
        return date(parts[-1], parts[-2], parts[0] if len(parts) == 3 else 1)
    except (ValueError, IndexError):
        raise ForeignError(f"没有“{written}”这一天", f"there is no day {written!r}") from None


def parse_unit(written: str) -> Unit:
    """Return a unit such as ``€/mois``."""
    over, *under = (part.strip() for part in written.split("/"))
    return Unit(tuple(filter(None, over.split("."))), tuple(under))


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token], within: str, line: str) -> None:
        self.tokens, self.within, self.line, self.at = tokens, within, line, 0

    def kind(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place].kind if place < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1].text

    def expect(self, kind: str) -> str:
        if self.kind() != kind:
            rest = "".join(token.text for token in self.tokens[self.at :])
            raise ForeignError(
                f"“{self.line}”不是表达式，从“{rest}”起读不懂",
                f"{self.line!r} is no expression from {rest!r} on",
            )
        return self.take() if kind else ""

    def comparison(self) -> Node:
        left = self.side()
        if self.kind() == "space" and self.kind(1) == "comparison":
            sign = self.between("comparison")
            return Operation(sign, left, self.side())
        return left

    def between(self, kind: str) -> str:
        self.expect("space")
        sign = self.expect(kind)
        self.expect("space")
        return sign

    def side(self) -> Node:
        if self.kind() == "date":
            return Literal(day(self.take()))
        if self.kind() == "text":
            return Literal(self.take()[1:-1])
        if self.kind() == "boolean" and not self.is_name():
            return Literal(self.take() == "oui")
        if self.kind() == "sum" and self.kind(1) == "space":
            self.at += 2
            return Operation("-", Literal(Fraction(0)), self.bracket())
        return self.sum()

    def is_name(self) -> bool:
        """Whether oui or non here begins a longer name."""
        following = self.kind(2) if self.kind(1) == "space" else self.kind(1)
        return following in {"word", "number", "boolean"}

    def sum(self) -> Node:
        return self.chain(self.product, "sum")

    def product(self) -> Node:
        return self.chain(self.bracket, "product")

    def chain(self, part: Callable[[], Node], kind: str) -> Node:
        found = part()
        while self.kind() == "space" and self.kind(1) == kind:
            sign = self.between(kind)
            found = Operation(sign, found, part())
        return found

    def bracket(self) -> Node:
        if self.kind() == "open":
            self.take()
            self.skip()
            found = self.sum()
            self.skip()
            self.expect("close")
            return found
        return self.number() if self.kind() == "number" else self.name()

    def skip(self) -> None:
        if self.kind() == "space":
            self.take()

    def number(self) -> Node:
        found = Literal(Fraction(self.take()))
        spaced = self.kind() == "space"
        if self.kind(spaced) == "word" or self.is_under(spaced):
            if spaced:
                self.take()
            return Measured(found, parse_unit(self.unit()))
        return found

    def is_under(self, ahead: int) -> bool:
        divides = self.kind(ahead) == "product" and self.tokens[self.at + ahead].text == "/"
        return divides and self.kind(ahead + 1) == "word"

    def unit(self) -> str:
        parts: list[str] = []
        if self.kind() == "word":
            parts.append(self.words())
            while self.kind() == "point":
                parts += [self.take(), self.words()]
        while self.is_under(self.kind() == "space"):
            self.skip()
            parts += [self.take(), self.words()]
        return "".join(parts)

    def name(self) -> Node:
        found = self.words()
        while self.kind() == "dot":
            found += self.take() + self.words()
        return Link(found, self.within)

    def words(self) -> str:
        found = self.take() if self.kind() == "boolean" else self.expect("word")
        while True:
            spaced = self.kind() == "space"
            if self.kind(spaced) not in {"word", "number", "boolean"}:
                return found
            found += "".join(self.take() for _ in range(1 + spaced))
