"""Gathers everything wrong with a document before refusing it once, each thing with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jiqun.errors import JiqunError, Problem

MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file, line and column, both counted from 1; 0 is unknown."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line:column`` without the parts that are unknown."""
        numbers = f"{self.line}:{self.column}" if self.line else ""
        return ":".join(part for part in (self.file, numbers) if part)

    def moved(self, characters: int) -> Place:
        """Return the place some characters further on in the same line."""
        return Place(self.file, self.line, self.column + characters) if self.line else self


NOWHERE = Place()


def problem(
    code: str,
    zh: str,
    *,
    en: str,
    place: Place = NOWHERE,
    remedy: tuple[str, str] = ("", ""),
    value: str = "",
) -> Problem:
    """Return one thing wrong; ``remedy`` is what to do next in Chinese and English."""
    where = str(place)
    return Problem(
        code,
        f"{where}：{zh}" if where else zh,
        f"{where}: {en}" if where else en,
        remedy_zh=remedy[0],
        remedy_en=remedy[1],
        file=place.file,
        row=place.line or None,
        column=str(place.column) if place.column else "",
        value=value,
    )


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, str]:
    """Return a remedy that names the known names nearest to a wrong one."""
    found = get_close_matches(name, list(known), n=most, cutoff=0.4)
    if not found:
        return "", ""
    return f"是否想写：{'、'.join(found)}？", f"Did you mean {', '.join(found)}?"


def refuse(problems: Sequence[Problem], *, zh: str, en: str, code: str = "") -> None:
    """Raise one error with all problems, if there are any.

    Raises:
        JiqunError: ``code``, by default that of the first problem.
    """
    if not problems:
        return
    shown = list(problems)[:MOST_PROBLEMS]
    more = len(problems) - 1
    raise JiqunError(
        code or shown[0].code,
        f"{zh}：{shown[0].message_zh}" + (f"（另有 {more} 处）" if more else ""),
        f"{en}: {shown[0].message_en}" + (f" (and {more} more)" if more else ""),
        hint_zh=shown[0].remedy_zh,
        hint_en=shown[0].remedy_en,
        fields=shown,
    )
