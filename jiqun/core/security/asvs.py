"""What the last complete test run proved of OWASP ASVS 5, as the public page shows it.

The figures are written by ``tests/conformance/test_asvs.py``; nothing here decides a state.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TypedDict

RESULT = Path(__file__).with_name("asvs.json")
STATES = {
    "pass": ("通过", "pass"),
    "fail": ("未通过", "fail"),
    "not met": ("未满足", "not met"),
    "no test": ("尚无测试", "no test yet"),
    "not applicable": ("不适用", "not applicable"),
}
BADGES = {
    "pass": "good",
    "fail": "missing",
    "not met": "missing",
    "no test": "weak",
    "not applicable": "undisclosed",
}


class Requirement(TypedDict):
    """One requirement with its state, the tests that prove it and, where it is not met, why."""

    id: str
    zh: str
    en: str
    state: str
    tests: list[str]
    why_zh: str
    why_en: str


class Chapter(TypedDict):
    """A chapter of the standard."""

    id: str
    zh: str
    en: str
    rows: list[Requirement]


@cache
def chapters() -> list[Chapter]:
    """Return the chapters in order, each with its requirements."""
    return json.loads(RESULT.read_text(encoding="utf-8"))["chapters"]


def counts() -> dict[str, int]:
    """Return how many requirements are in each state, in the order of ``STATES``."""
    found = Counter(row["state"] for chapter in chapters() for row in chapter["rows"])
    return {state: found[state] for state in STATES}
