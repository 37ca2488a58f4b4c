"""Cuts a condition into tokens. Full-width signs and digits are read as their plain forms.

Words need no spaces between them where the field names are known and only one way of cutting
leads through: ``设备投资额不低于500万元``. Where two ways do, the text is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from jiqun.engine.rules.language.units import DATE, NUMBER, Quantity, quantity
from jiqun.engine.rules.language.words import WORDS, period

MOST_CHARACTERS = 200_000
MOST_NESTED = 40
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20, ord("【"): ord("["), ord("】"): ord("]"), ord("“"): ord('"'), ord("”"): ord('"'),
    ord("、"): ord(","), ord("×"): ord("*"), ord("÷"): ord("/"), ord("−"): ord("-"),
    ord("–"): ord("-"), ord("％"): ord("%"),
}  # fmt: skip
_RUN = re.compile(r"\w+(?:·\w+)*")
_SIGN = re.compile(r">=|<=|=>|=<|==|!=|<>|[><=≥≤≠+\-*/(){},@]")
_TAIL = re.compile(r"\(不?含\)以[上下]")
_SUFFIX = re.compile(r"以[上下]\(不?含\)")
_SIGNS = {
    "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "OVER", "(": "OPEN", ")": "CLOSE",
    "{": "BEGIN", "}": "END", ",": "COMMA", "@": "AT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One token: its kind in the grammar, its value, and the offset where it begins."""

    kind: str
    value: str | Quantity | date
    at: int


class LexicalError(ValueError):
    """A text that cannot be cut into tokens; kept inside the parser."""

    def __init__(self, at: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.at, self.zh, self.en = at, zh, en


def plain_text(text: str) -> str:
    """Return the text with full-width signs and digits made plain; every offset stays."""
    return text.translate(_PLAIN)


def lexemes(text: str, names: Collection[str] = ()) -> list[Lexeme]:
    """Cut a text into tokens.

    Args:
        text: a condition or a sum.
        names: the known field names, which allow words without spaces between them.

    Raises:
        LexicalError: what cannot stand here, with its offset.
    """
    if len(text) > MOST_CHARACTERS:
        raise LexicalError(
            0,
            f"表达式过长（上限 {MOST_CHARACTERS} 字）",
            f"longer than {MOST_CHARACTERS} characters",
        )
    plain, at, depth, inside = plain_text(text), 0, 0, False
    found: list[Lexeme] = []
    signs = 0
    while at < len(plain):
        if plain[at].isspace():
            at += 1
            continue
        new, at = _next(plain, at, () if inside else names)
        found += new
        inside = {"BEGIN": True, "END": False}.get(new[-1].kind, inside)
        depth += {"OPEN": 1, "CLOSE": -1}.get(new[-1].kind, 0)
        signs = signs + 1 if new[-1].kind in {"NOT", "MINUS"} else 0
        if max(depth, signs) > MOST_NESTED:
            raise LexicalError(
                new[-1].at, f"括号嵌套过深（上限 {MOST_NESTED} 层）", "brackets nested too deeply"
            )
    return found


def _next(plain: str, at: int, names: Collection[str]) -> tuple[list[Lexeme], int]:
    if match := DATE.match(plain, at):
        return [_date(match)], match.end()
    if match := NUMBER.match(plain, at):
        return [Lexeme("NUMBER", quantity(match), at)], match.end()
    if match := _RUN.match(plain, at):
        return _run(plain, match, names)
    return _sign(plain, at)


def _sign(plain: str, at: int) -> tuple[list[Lexeme], int]:
    if match := _TAIL.match(plain, at):
        return [Lexeme("AFTER", WORDS[match[0]][1], at)], match.end()
    if plain[at] == "[":
        return _bracket(plain, at)
    if plain[at] == '"':
        return _quoted(plain, at)
    if match := _SIGN.match(plain, at):
        kind = _SIGNS.get(match[0])
        lexeme = Lexeme(kind, match[0], at) if kind else Lexeme("OP", WORDS[match[0]][1], at)
        return [lexeme], match.end()
    raise LexicalError(at, f"不能识别的符号“{plain[at]}”", f"unknown sign {plain[at]!r}")


def _date(match: re.Match[str]) -> Lexeme:
    parts = match["y"], match["m"] or match["m2"], match["d"] or match["d2"]
    try:
        return Lexeme("DATE", date(*map(int, parts)), match.start())
    except ValueError:
        raise LexicalError(
            match.start(), f"没有 {match[0]} 这一天", f"there is no day {match[0]}"
        ) from None


def _bracket(plain: str, at: int) -> tuple[list[Lexeme], int]:
    end = plain.find("]", at)
    name = period(plain[at + 1 : end]) if end > 0 else None
    if name is None:
        shown = plain[at : end + 1] if end > 0 else plain[at:]
        raise LexicalError(
            at,
            f"“{shown}”不是期间，可写 [上年度] [前年度] [本年度] [上季度] [2024年度] 等",
            f"{shown!r} is no period; write [上年度], [前年度], [上季度], [2024年度] or the like",
        )
    return [Lexeme("PERIOD", name, at)], end + 1


def _quoted(plain: str, at: int) -> tuple[list[Lexeme], int]:
    end = plain.find('"', at + 1)
    if end < 0 or not plain[at + 1 : end].strip():
        raise LexicalError(at, "引号没有闭合或内容为空", "a quote that is not closed, or empty")
    return [Lexeme("TEXT", plain[at + 1 : end], at)], end + 1


def _run(plain: str, match: re.Match[str], names: Collection[str]) -> tuple[list[Lexeme], int]:
    word, at = match[0], match.start()
    if suffix := _SUFFIX.match(plain, at):
        return [Lexeme("AFTER", WORDS[suffix[0]][1], at)], suffix.end()
    if word in names:
        return [Lexeme("NAME", word, at)], match.end()
    if word.lower() in WORDS:
        kind, value = WORDS[word.lower()]
        return [Lexeme(kind, value, at)], match.end()
    ways = list(_ways(word, names)) if names else []
    if len(ways) > 1:
        shown = "；".join(" ".join(way) for way in ways[:2])
        raise LexicalError(
            at, f"“{word}”有多种读法（{shown}），请用空格分开", f"{word!r} can be read in two ways"
        )
    if not ways:
        return [Lexeme("NAME", word, at)], match.end()
    found: list[Lexeme] = []
    for piece in ways[0]:
        new, _ = _next(plain[: at + len(piece)], at, names)
        found += new
        at += len(piece)
    return _widened(plain, found, match.end())


def _widened(plain: str, found: list[Lexeme], end: int) -> tuple[list[Lexeme], int]:
    """Read a number at the end of a run again: its unit may hold signs, as 20万元/亩 does."""
    if found[-1].kind != "NUMBER":
        return found, end
    last, end = _next(plain, found[-1].at, ())
    return [*found[:-1], *last], end


def _ways(word: str, names: Collection[str]) -> Iterator[list[str]]:
    """Yield at most two ways to cut a run into known names, keywords and numbers."""
    longest = max((len(name) for name in names), default=0)
    memory: dict[int, list[list[str]]] = {len(word): [[]]}
    for start in range(len(word) - 1, -1, -1):
        memory[start] = [
            [word[start:end], *rest]
            for end in range(start + 1, min(len(word), start + max(longest, 16)) + 1)
            if _is_piece(word[start:end], names)
            and not (word[start].isdigit() and word[end : end + 1].isdigit())
            for rest in memory[end][:2]
        ][:2]
    yield from memory[0]


def _is_piece(piece: str, names: Collection[str]) -> bool:
    if piece in names or (piece.lower() in WORDS and not piece.isascii()):
        return True
    return bool(piece[0].isdigit() and (NUMBER.fullmatch(piece) or DATE.fullmatch(piece)))
