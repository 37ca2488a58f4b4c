"""The project's phrases, for the tests of drafting."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from jiqun.engine.drafting.elements import ClauseDraft
from jiqun.engine.drafting.lexicon import lexicon
from jiqun.engine.drafting.reader import read_clause
from jiqun.engine.drafting.tokens import Phrase

ROOT = Path(__file__).resolve().parents[3]
PHRASES = ROOT / "jiqun" / "rules" / "policy_phrases.yaml"


@cache
def phrases() -> tuple[dict[str, Phrase], frozenset[str]]:
    """The lexicon and the names of its fields."""
    rows = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))["短语"]
    return lexicon(rows), frozenset(str(row["字段"]) for row in rows)


def read(text: str) -> ClauseDraft:
    """One clause, every field of the lexicon being known."""
    words, fields = phrases()
    return read_clause(text, lexicon=words, fields=fields)
