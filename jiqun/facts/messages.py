"""What a person is told about bad input: one bilingual template per code, in ``messages.yaml``.

The same file makes the section “Facts” of ``docs/reference/errors.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import polars as pl

from jiqun import yamlfile
from jiqun.errors import JiqunError, Kind, Problem

FILE = Path(__file__).parent / "messages.yaml"
PARTS = ("message_zh", "message_en", "remedy_zh", "remedy_en")
_HOLE = re.compile(r"(\{(?:column|value|extra)\})")


@dataclass(frozen=True, slots=True)
class Message:
    """Templates of one code; ``{column}``, ``{value}`` and ``{extra}`` are filled in."""

    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str


@cache
def messages() -> Mapping[str, Message]:
    """Return the templates of every code."""
    raw = cast(dict[str, dict[str, str]], yamlfile.content(FILE))
    return {code: Message(**parts) for code, parts in raw.items()}


def _fill(template: str, column: str, value: str, extra: str) -> str:
    holes = {"{column}": column, "{value}": value, "{extra}": extra}
    return "".join(holes.get(part, part) for part in _HOLE.split(template))


def problem(
    code: str,
    *,
    file: str = "",
    sheet: str = "",
    row: int | None = None,
    column: str = "",
    value: str = "",
    extra: str = "",
) -> Problem:
    """Return a Problem with its bilingual text; KeyError when ``code`` has no template."""
    message = messages()[code]
    texts = [_fill(getattr(message, part), column, value, extra) for part in PARTS]
    return Problem(code, *texts, file=file, sheet=sheet, row=row, column=column, value=value)


def error(found: Problem, *, kind: Kind = Kind.INVALID, also: Sequence[Problem] = ()) -> JiqunError:
    """Return a JiqunError that says ``found`` and lists every problem in ``fields``."""
    return JiqunError(
        found.code,
        f"{found.file}：{found.message_zh}" if found.file else found.message_zh,
        f"{found.file}: {found.message_en}" if found.file else found.message_en,
        hint_zh=found.remedy_zh,
        hint_en=found.remedy_en,
        kind=kind,
        fields=[found, *also],
    )


def _expression(template: str) -> pl.Expr:
    parts = [
        pl.col(part[1:-1]).fill_null("") if _HOLE.fullmatch(part) else pl.lit(part)
        for part in _HOLE.split(template)
        if part
    ]
    return pl.concat_str(parts) if parts else pl.lit("")


def render(problems: pl.DataFrame) -> pl.DataFrame:
    """Add the four text columns to a frame with code, column, value and extra (all rows at once).

    Args:
        problems: any number of rows; every code must have a template.

    Returns:
        The same rows in the same order, with message_zh, message_en, remedy_zh and remedy_en.
    """
    table = messages()
    indexed = problems.with_row_index("_order")
    rendered = [
        group.with_columns(
            _expression(getattr(table[str(code)], part)).alias(part) for part in PARTS
        )
        for (code,), group in indexed.group_by("code")
    ]
    if not rendered:
        return problems.with_columns(pl.lit("").alias(part) for part in PARTS)
    return pl.concat(rendered).sort("_order").drop("_order")
