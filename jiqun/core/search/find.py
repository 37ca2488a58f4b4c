"""Finding: candidates from the postings, checked against the text, best first.

Order: the whole title, a title that begins so, words in the title, words elsewhere; among equals
the weightier entry, then the shorter title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.core.access import Grade, Viewer, visible_firms
from jiqun.core.audit import read_firms
from jiqun.core.models.search import (
    SearchEntry,
    SearchPosting,
    SearchSegment,
    SegmentQuerySet,
    entry_id,
)
from jiqun.core.search.text import Query, is_han, normal, parse

Numbers = NDArray[np.integer[Any]]
NONE: Numbers = np.empty(0, dtype=np.uint32)
# Candidates looked at per kind. Beyond, the weightiest are taken and the count says "at least".
MOST_CANDIDATES = 300
SHORTEST_CODE = 3
NUMBER = (1 << 24) - 1  # the part of an entry's id that counts within its segment
EXACT, PREFIX, TITLE, ELSEWHERE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``rank`` is 0 for the whole title to 3 for a word elsewhere."""

    kind: str
    key: str
    title_zh: str
    title_en: str
    subtitle: str
    url: str
    firm: str
    rank: int
    order: tuple[int, int] = field(default=(0, 0))


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; ``more`` when there are further candidates than were counted."""

    kind: str
    hits: tuple[Hit, ...]
    count: int
    more: bool


def find(viewer: Viewer, typed: str, *, kinds: Iterable[str] = (), limit: int = 10) -> list[Group]:
    """Return what the viewer may see that has all the words, by kind, best kind first.

    Args:
        viewer: Who asks; firm-level rows of others that are shown are logged.
        typed: What was typed; the first 100 characters count.
        kinds: Only these kinds; empty for all.
        limit: Most hits of one kind.

    Four queries at most, whatever is found.
    """
    query = parse(typed)
    if query is None:
        return []
    segments = SearchSegment.objects.visible_to(viewer)
    wanted = list(kinds)
    if wanted:
        segments = segments.filter(source__in=wanted)
    known = {segment.pk: segment for segment in segments}
    ids, cut = _candidates(query, segments, known)
    by_kind: dict[str, list[Hit]] = defaultdict(list)
    for entry in _entries(query, ids, segments):
        segment = known[entry.segment_id]
        rank = _rank(query, entry)
        if rank is not None:
            by_kind[segment.source].append(_hit(segment, entry, rank))
    graded = {segment.source for segment in known.values() if segment.grade == Grade.FIRM}
    allowed = {
        kind: _allowed(viewer, hits) if kind in graded else hits for kind, hits in by_kind.items()
    }
    groups = [_group(kind, hits, limit, more=kind in cut) for kind, hits in allowed.items() if hits]
    _log_reads(viewer, [group for group in groups if group.kind in graded])
    return sorted(groups, key=lambda group: (group.hits[0].rank, group.kind))


def _candidates(
    query: Query, segments: SegmentQuerySet, known: Mapping[int, SearchSegment]
) -> tuple[list[int], set[str]]:
    """Ids of entries that have every gram, and the kinds of which not all were taken."""
    asked = [*query.grams, *([query.start] if query.start else [])]
    rows = SearchPosting.objects.filter(segment__in=segments, gram__in=asked)
    lists: dict[int, dict[tuple[str, bool], Numbers]] = defaultdict(dict)
    for segment, gram, title, numbers in rows.values_list("segment", "gram", "title", "numbers"):
        lists[segment][gram, title] = np.frombuffer(numbers, dtype="<u4")
    ids: list[int] = []
    left: dict[str, int] = defaultdict(lambda: MOST_CANDIDATES)
    cut: set[str] = set()
    for segment, postings in sorted(lists.items(), key=lambda item: -known[item[0]].rows):
        source = known[segment].source
        best = _best_first(query, postings, known[segment].rows)
        if best.size > left[source]:
            cut.add(source)
        taken = best[: left[source]].tolist()
        ids += [entry_id(segment, number) for number in taken]
        left[source] -= len(taken)
    return ids, cut


def _best_first(query: Query, postings: Mapping[tuple[str, bool], Numbers], rows: int) -> Numbers:
    """Entries with every gram: those that begin so, those with all in the title, the others."""
    if any((gram, True) not in postings and (gram, False) not in postings for gram in query.grams):
        return NONE
    title, every = np.ones(rows, dtype=bool), np.ones(rows, dtype=bool)
    for gram in query.grams:
        there = _mask(postings, gram, rows, title=True)
        title &= there
        every &= there | _mask(postings, gram, rows, title=False)
    start = title & _mask(postings, query.start, rows, title=True)
    parts = (start, title & ~start, every & ~title)
    return np.concatenate([np.flatnonzero(part) for part in parts])


def _mask(
    postings: Mapping[tuple[str, bool], Numbers], gram: str, rows: int, *, title: bool
) -> NDArray[np.bool_]:
    """Which of a segment's entries have a gram."""
    mask = np.zeros(rows, dtype=bool)
    mask[postings.get((gram, title), NONE)] = True
    return mask


def _entries(query: Query, ids: list[int], segments: SegmentQuerySet) -> Iterable[SearchEntry]:
    """The candidates' rows, and those whose code begins with what was typed."""
    found = {entry.pk: entry for entry in SearchEntry.objects.filter(pk__in=ids)}
    code = query.text.upper()
    if len(query.runs) == 1 and len(code) >= SHORTEST_CODE and not is_han(code[0]):
        coded = SearchEntry.objects.filter(segment__in=segments, key__startswith=code)
        found |= {entry.pk: entry for entry in coded[:MOST_CANDIDATES]}
    return found.values()


def _rank(query: Query, entry: SearchEntry) -> int | None:
    """How well an entry fits; None when its grams were there but not side by side."""
    titles = [normal(entry.title_zh), normal(entry.title_en)]
    key = normal(entry.key)
    if query.text in titles or query.text == key:
        return EXACT
    if any(title.startswith(query.text) for title in titles) or key.startswith(query.text):
        return PREFIX
    title = " ".join(titles)
    if all(run in title for run in query.runs):
        return TITLE
    text = f"{title} {key} {normal(entry.subtitle)} {normal(entry.body)}"
    return ELSEWHERE if all(run in text for run in query.runs) else None


def _hit(segment: SearchSegment, entry: SearchEntry, rank: int) -> Hit:
    return Hit(
        segment.source, entry.key, entry.title_zh, entry.title_en, entry.subtitle, entry.url,
        segment.firm, rank, (entry.pk & NUMBER, len(entry.title_zh)),
    )  # fmt: skip


def _group(kind: str, hits: list[Hit], limit: int, *, more: bool) -> Group:
    ordered = sorted(hits, key=lambda hit: (hit.rank, *hit.order))
    return Group(kind, tuple(ordered[:limit]), len(ordered), more)


def _allowed(viewer: Viewer, hits: list[Hit]) -> list[Hit]:
    """Hits of firms that the viewer may read by the register, which the index may lag behind."""
    firms = visible_firms(viewer, {hit.firm for hit in hits})
    return [hit for hit in hits if hit.firm in firms]


def _log_reads(viewer: Viewer, groups: Iterable[Group]) -> None:
    """Log the firm-level rows of other firms that are shown."""
    shown = {hit.firm for group in groups for hit in group.hits}
    if shown - viewer.firms:
        read_firms(viewer, shown, fields="search")
