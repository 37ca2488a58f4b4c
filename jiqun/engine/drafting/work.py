"""The state of one sentence while the rules of the grammar use up its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from jiqun.engine.drafting.elements import Award, Condition, Figure, Gap, Term
from jiqun.engine.drafting.tokens import FIGURES, Token


@dataclass(slots=True)
class Work:
    """Tokens of a sentence and what was read from them.

    ``at`` holds for each condition and award the number of its first token, in step with the
    lists; ``last`` the last token of each award.
    """

    text: str
    tokens: list[Token]
    used: set[int] = field(default_factory=set[int])
    roles: dict[int, str] = field(default_factory=dict[int, str])
    conditions: list[Condition] = field(default_factory=list[Condition])
    conditions_at: list[int] = field(default_factory=list[int])
    awards: list[list[Award]] = field(default_factory=list[list[Award]])
    awards_at: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    terms: list[Term] = field(default_factory=list[Term])
    gaps: list[Gap] = field(default_factory=list[Gap])

    def letters(self) -> str:
        """Return the kinds of the tokens, ``_`` where a token is used up."""
        return "".join("_" if n in self.used else token.kind for n, token in enumerate(self.tokens))

    def find(self, rule: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield matches of a rule over the letters, each over what is left by those before."""
        start = 0
        while found := rule.search(self.letters(), start):
            yield found
            start = max(found.start() + 1, start + 1) if found.start() in self.used else found.end()

    def use(self, *numbers: int) -> None:
        """Mark tokens as used up."""
        self.used.update(numbers)

    def figure(self, number: int, role: str) -> Figure:
        """Return the figure of a token in its role, and use the token up."""
        figure = self.tokens[number].figure
        if figure is None:
            raise ValueError(f"token {number} is no number")
        self.use(number)
        self.roles[number] = role
        return replace(figure, role=role)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the span of the text from one token to another, both included."""
        return self.tokens[first].start, self.tokens[last].end

    def words(self, first: int, last: int) -> str:
        """Return the text from one token to another, both included."""
        return self.text[slice(*self.span(first, last))]

    def gap(self, reason: str, first: int, last: int) -> None:
        """Record words that were not understood."""
        span = self.span(first, last)
        self.gaps.append(Gap(reason, span, self.text[slice(*span)]))

    def segment(self, number: int) -> int:
        """Return the first token of the comma segment that a token stands in."""
        while number and self.tokens[number - 1].kind != ",":
            number -= 1
        return number

    def figures(self) -> Iterable[int]:
        """Return the numbers of the tokens that are figures."""
        return (n for n, token in enumerate(self.tokens) if token.kind in FIGURES)
