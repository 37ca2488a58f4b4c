"""Reads a document's text into drafts, and says of each line from which words it comes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jiqun.rules
from jiqun import yamlfile
from jiqun.core.actions import refuse
from jiqun.core.forms import wrong
from jiqun.engine.drafting.elements import ClauseDraft, DocumentDraft, Span
from jiqun.engine.drafting.lexicon import Phrase, lexicon
from jiqun.engine.drafting.policy import PolicyDraft, draft_policy
from jiqun.engine.drafting.reader import read_document
from jiqun.rules.policies import field_dictionary

_ENDLESS = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿,.，．]{61}")
PHRASES = Path(jiqun.rules.__file__).parent / "policy_phrases.yaml"


@dataclass(frozen=True)
class Read:
    """A document as it was read: the text, its clauses with gaps, the drafts of its items."""

    text: str
    document: DocumentDraft
    drafts: tuple[PolicyDraft, ...]


@cache
def _words() -> dict[str, Phrase]:
    return lexicon(yamlfile.content(PHRASES)["短语"])


def read(text: str) -> Read:
    """Read a document's text by grammar; what is unsure stays open (待确认).

    Raises:
        JiqunError: ``E-INPUT`` for a run of digits that is no number of a document.
    """
    if odd := _ENDLESS.search(text):
        refuse([wrong(
            "text", "有一串过长的数字，不像政策原文", "a run of digits is too long for a document",
            value=odd[0][:20], remedy_zh="请粘贴文件正文。", remedy_en="Paste the text of the document.",
        )])  # fmt: skip
    known = frozenset(field_dictionary().words)
    document = read_document(text, lexicon=_words(), fields=known)
    return Read(text, document, draft_policy(document, known))


def marked(
    clause: ClauseDraft, drafts: tuple[PolicyDraft, ...], text: str
) -> list[tuple[str, str]]:
    """Cut a clause into pieces: (words, "used"), (words, "gap") or (words, "") in their order."""
    used: list[Span] = [line.span for one in drafts for line in one.lines if line.span is not None]
    kinds = [""] * (clause.span[1] - clause.span[0])
    for spans, kind in ((used, "used"), ([gap.span for gap in clause.gaps], "gap")):
        for first, last in spans:
            for at in range(max(first, clause.span[0]), min(last, clause.span[1])):
                kinds[at - clause.span[0]] = kind
    pieces: list[tuple[str, str]] = []
    for at, kind in enumerate(kinds):
        letter = text[clause.span[0] + at]
        if pieces and pieces[-1][1] == kind:
            pieces[-1] = (pieces[-1][0] + letter, kind)
        else:
            pieces.append((letter, kind))
    return pieces
