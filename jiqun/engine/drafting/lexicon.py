"""Builds the lexicon from its data; the caller reads the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jiqun.engine.drafting.tokens import Phrase
from jiqun.errors import JiqunError, Problem

_KINDS = {"数", "是否"}


def lexicon(rows: Sequence[Mapping[str, Any]]) -> dict[str, Phrase]:
    """Return phrase → field from rows of 字段, 种类 (数 or 是否) and 词.

    Raises:
        JiqunError: ``E-PHRASES`` with every row that lacks a field, has another kind, or gives a
            phrase a second meaning.
    """
    found: dict[str, Phrase] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        name, kind = str(row.get("字段", "")), str(row.get("种类", ""))
        if not name or kind not in _KINDS or not row.get("词"):
            problems.append(
                _problem(number, name or "—", "缺字段、种类或词", "field, kind or phrases missing")
            )
            continue
        for phrase in row["词"]:
            meant = Phrase(name, status=kind == "是否")
            if found.setdefault(str(phrase), meant) != meant:
                problems.append(
                    _problem(number, str(phrase), "短语有两个字段", "phrase of two fields")
                )
    if problems:
        raise JiqunError(
            "E-PHRASES",
            f"短语表有 {len(problems)} 处错误",
            f"the phrase list has {len(problems)} mistakes",
            hint_zh="请改正短语表后重新加载。",
            hint_en="Correct the list of phrases and load it again.",
            fields=problems,
        )
    return found


def _problem(row: int, value: str, zh: str, en: str) -> Problem:
    return Problem("E-PHRASES", zh, en, row=row, value=value)
