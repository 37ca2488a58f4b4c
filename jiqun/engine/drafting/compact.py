"""Takes the spaces out of a text and puts spans back where they belong.

Pages made from print have spaces inside words (规 模以上, 30 万元). A space between two digits or
two letters stays: 10 0亿元 is damage, not a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any


def compact(text: str) -> tuple[str, list[int]]:
    """Return the text without spaces, and the old position of each character and of the end."""
    kept: list[int] = []
    for at, char in enumerate(text):
        if char in " \t\u3000\xa0" and not _between_words(text, at):
            continue
        kept.append(at)
    return "".join(text[at] for at in kept), [*kept, len(text)]


def _between_words(text: str, at: int) -> bool:
    before, after = text[:at].rstrip(" \t\u3000\xa0")[-1:], text[at:].lstrip(" \t\u3000\xa0")[:1]
    return before.isascii() and after.isascii() and before.isalnum() and after.isalnum()


def moved(item: Any, places: Sequence[int]) -> Any:
    """Return a draft element with every span turned back into positions of the old text."""
    if isinstance(item, tuple):
        return tuple(moved(one, places) for one in item)
    if not is_dataclass(item) or isinstance(item, type):
        return item
    changes: dict[str, Any] = {}
    for one in fields(item):
        value = getattr(item, one.name)
        if one.name == "span":
            start, end = value
            changes["span"] = (places[start], places[end - 1] + 1 if end > start else places[start])
        elif isinstance(value, tuple) or is_dataclass(value):
            changes[one.name] = moved(value, places)
    return replace(item, **changes)
