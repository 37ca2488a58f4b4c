"""Splits a document into clauses: 第X条, 一、, （一）, 1. and ①, each with its span and its path."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HAN = "[一二三四五六七八九十百零〇]+"
_HEADING = 24  # characters; longer openings are sentences, not headings
# Rank of each kind of label; a label closes every open label of its own rank or a finer one.
_LABELS = (
    rf"(?P<r0>第{_HAN}章)(?=\s|[^第规]{{1,20}})",
    rf"(?P<r1>第(?:{_HAN}|\d{{1,3}})条)(?![规所第款之的至、和及])",
    rf"(?P<r2>{_HAN}、)",
    rf"(?P<r3>\({_HAN}\))",
    r"(?P<r4>\d{1,2}(?:\.(?!\d)|、(?!\d)|．))",
    r"(?P<r5>\(\d{1,2}\)|[①-⑳]|\d{1,2}\))",
)
_LABEL = re.compile(rf"(?:^|(?<=[\n。;:!？?]))[ \t\u3000]*(?:{'|'.join(_LABELS)})\s*", re.MULTILINE)
_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,12}?(?:〔|\[|\()(?:19|20)\d\d(?:〕|\]|\))\s?(?:第)?\d+号")
_DATE = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")
_SIGNED = re.compile(r"^\s*((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日\s*$", re.MULTILINE)
_TITLE = re.compile(
    r"(?:关于|的)?.{4,60}?(?:政策(?:措施)?|意见|办法|措施|通知|细则|规定|方案)(?:\(.{1,10}?\))?$"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its labels from the outermost inwards, its heading, and the span of its words."""

    path: tuple[str, ...]
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Head:
    """Title, document number (文号) and date as the text shows them; empty where it does not."""

    title: str
    number: str
    date: str


def split_clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a text in half width; one without labels is a single clause.

    A reference such as 按照第五条规定 does not begin a clause: a label stands at the beginning of
    a line or behind the end of a sentence. Text before the first label is not a clause.
    """
    marks = list(_LABEL.finditer(text))
    if not marks:
        return (Clause((), "", *_trim(text, 0, len(text))),) if text.strip() else ()
    clauses: list[Clause] = []
    open_labels: list[tuple[int, str, str]] = []
    for number, mark in enumerate(marks):
        rank = _rank(mark)
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        start, end = _trim(text, mark.end(), end)
        heading, body = _heading(text, start, end)
        finer = number + 1 < len(marks) and _rank(marks[number + 1]) > rank
        if body >= end and not finer:
            heading, body = "", start
        open_labels = [one for one in open_labels if one[0] < rank]
        open_labels.append((rank, (mark[mark.lastgroup or 0]).strip("、.．"), heading))
        if body < end:
            titles = [one[2] for one in open_labels if one[2]]
            path = tuple(one[1] for one in open_labels)
            clauses.append(Clause(path, titles[-1] if titles else "", body, end))
    return tuple(clauses)


def _rank(mark: re.Match[str]) -> int:
    return int((mark.lastgroup or "r0")[1:])


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _heading(text: str, start: int, end: int) -> tuple[str, int]:
    """Return a heading (a short opening without a number) and where the clause's words begin."""
    line = re.search(r"[\n。;]|(?<=.) {1,}(?=[^ ]{12})", text[start:end])
    stop = start + line.start() if line else end
    first = text[start:stop].strip()
    short = 0 < len(first) <= _HEADING and not re.search(r"\d|%|给予|奖励.*元|自.*起", first)
    if not short:
        return "", start
    return first, _trim(text, min(stop + 1, end), end)[0]


def read_head(text: str, *, title: str = "", number: str = "", date: str = "") -> Head:
    """Return title, number and date; what the caller gives is kept, the rest is looked for."""
    opening = text[:400]
    lines = [line.strip() for line in opening.splitlines() if line.strip()]
    named = title or next((line for line in lines if _TITLE.fullmatch(line)), "")
    numbered = _NUMBER.search(opening)
    dated = _DATE.search(opening) or _SIGNED.search(text[-200:])
    found = "{}-{:0>2}-{:0>2}".format(*dated.groups()) if dated else ""
    return Head(named, number or (numbered[0] if numbered else ""), date or found)
