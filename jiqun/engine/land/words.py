"""Facts that a verdict may lack, and how a list of them is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has to be known, in both languages, and the office that holds it."""

    code: str
    zh: str
    en: str
    holder_zh: str = ""
    holder_en: str = ""


def in_chinese(facts: Sequence[Fact]) -> str:
    """Write facts with their holders: 土地等别（自然资源）、…."""
    return "、".join(f"{one.zh}（{one.holder_zh}）" if one.holder_zh else one.zh for one in facts)


def in_english(facts: Sequence[Fact]) -> str:
    """Write facts with their holders: grade of the land (natural resources), …."""
    return ", ".join(f"{one.en} ({one.holder_en})" if one.holder_en else one.en for one in facts)
