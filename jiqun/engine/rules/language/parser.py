"""Reads a condition or a sum into a tree; what cannot be read comes back as a problem."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from lark.exceptions import UnexpectedToken, VisitError

from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.builder import PARSER, MisplacedError, as_condition, as_sum
from jiqun.engine.rules.language.lexer import LexicalError, lexemes
from jiqun.engine.rules.problems import NOWHERE, Place, problem
from jiqun.errors import Problem

TELL = {
    "NAME": "字段名", "NUMBER": "数值", "DATE": "日期", "OP": "比较（如 >=、不低于）", "AND": "且",
    "OR": "或", "CLOSE": "右括号", "OPEN": "左括号", "END": "右花括号", "VALUE": "取值",
    "GROWTH": "增长", "MEMBER": "属于", "TEXT": "取值", "AFTER": "以上/以下", "$END": "结尾",
}  # fmt: skip


def parse_condition(
    text: str, *, names: Collection[str] = (), place: Place = NOWHERE
) -> s.Condition | Problem:
    """Read one condition; a Problem, with its place, when it cannot be read.

    Args:
        text: the condition as written, Chinese or English keywords, full-width signs allowed.
        names: known field names, which allow words without spaces between them.
        place: where the text begins, for messages.
    """
    read = _read(text, names, place)
    if isinstance(read, Problem):
        return read
    try:
        return as_condition(read)
    except MisplacedError as error:
        return _problem(place, error.at, error.zh, error.en, text)


def parse_sum(text: str, *, names: Collection[str] = (), place: Place = NOWHERE) -> s.Sum | Problem:
    """Read a sum of fields and constants, as a base of an award; a Problem when it is none."""
    read = _read(text, names, place)
    if isinstance(read, Problem):
        return read
    try:
        return as_sum(read)
    except MisplacedError as error:
        return _problem(place, error.at, error.zh, error.en, text)


def _read(text: str, names: Collection[str], place: Place) -> object:
    try:
        found = lexemes(text, names)
        if not found:
            return _problem(place, 0, "表达式是空的", "the expression is empty", text)
        return PARSER.parse(found)  # pyright: ignore[reportArgumentType]
    except (LexicalError, MisplacedError) as error:
        return _problem(place, error.at, error.zh, error.en, text)
    except VisitError as error:
        inner = error.orig_exc
        if isinstance(inner, MisplacedError):
            return _problem(place, inner.at, inner.zh, inner.en, text)
        _fail(error)
    except UnexpectedToken as error:
        return _unexpected(error, text, place)


def _fail(error: Exception) -> NoReturn:
    raise error


def _unexpected(error: UnexpectedToken, text: str, place: Place) -> Problem:
    token, wanted = error.token, [TELL[kind] for kind in sorted(error.expected) if kind in TELL]
    hint = f"；此处可写：{'、'.join(dict.fromkeys(wanted))}" if wanted else ""
    if token.type == "$END":
        return _problem(
            place, len(text), f"表达式不完整{hint}", "the expression ends too early", text
        )
    at = token.start_pos or 0
    shown = text[at : at + 12]
    return _problem(
        place, at, f"“{shown}”不能出现在这里{hint}", f"{shown!r} cannot stand here", text
    )


def _problem(place: Place, at: int, zh: str, en: str, text: str) -> Problem:
    return problem(
        "E-RULE-SYNTAX",
        f"第 {at + 1} 个字符处：{zh}",
        en=f"at character {at + 1}: {en}",
        place=place.moved(at),
        remedy=(
            "按“字段 比较 数值”书写，并以“且、或、非”连接；词与词之间可加空格。",
            "Write “field comparison number”, joined by 且, 或, 非; put spaces between words.",
        ),
        value=text,
    )
