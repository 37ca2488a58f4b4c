"""Respective lists: 对国家级、省级…分别给予50万元、20万元, and thresholds matched to sums."""

from __future__ import annotations

import re
from dataclasses import replace

from jiqun.engine.drafting.elements import Condition
from jiqun.engine.drafting.work import Work

_LEVELS = re.compile(r"l(?:[kr]+l)+")
_YEARS = re.compile(r"t(?:k+t)+")
_EVENTS = re.compile(r"m(?:k+m)+")
# A rank in a numbered series, and a level of government: one list never has both.
_NUMBERED = re.compile(
    r"(?:[一二三四五六七八九甲乙丙丁特]|[1-9]|[A-D])+\s*(?:星级|星|级|等|类|档|名)"
)
_GOVERNMENT = re.compile(r"^(?:国家|国|省|自治区|市|县|区|州|部)")
# 一、二级: the first member lacks the word that the last one has.
_RANK = "[一二三四五六七八九甲乙丙丁]"
_ELLIPTIC = re.compile(
    rf"(?<![第级等]){_RANK}[、和及]{_RANK}(?:[、和及]{_RANK})*(?:级|等|类|星|档)"
)
_TARGET = re.compile(
    r"^(?:对于|对|凡|鼓励|进入|达到|完成)?(?:首次|新|当年|年度)*(?:被)?(?:认定|获得|获批|获评|评定|列入|入选|通过|取得|评为|评)*(?:为|的)?"
)


def match_lists(work: Work) -> None:
    """Give each award of a list the case it answers; where the numbers differ, none is certain."""
    for number, group in enumerate(work.awards):
        if len(group) < 2 or all(award.level for award in group):
            continue
        first, _ = work.awards_at[number]
        begin = work.awards_at[number - 1][1] + 1 if number else 0
        rows = [
            n for n, at in enumerate(work.conditions_at)
            if begin <= at < first and work.conditions[n].value is not None
        ]  # fmt: skip
        rows = (
            [n for n in rows if not work.conditions[n].growth] if len(rows) > len(group) else rows
        )
        tiers = [work.conditions[n] for n in rows]
        if len(tiers) == len(group) and len({(one.field, one.growth) for one in tiers}) == 1:
            _tiered(work, number, rows, tiers)
        else:
            _labelled(work, number, begin, first)


def _tiered(work: Work, number: int, rows: list[int], tiers: list[Condition]) -> None:
    work.awards[number] = [
        replace(
            award,
            tier=(tier,),
            level=tier.value.text if tier.value else "",
            certain=award.certain and tier.certain,
        )
        for award, tier in zip(work.awards[number], tiers, strict=True)
    ]
    for row in sorted(rows, reverse=True):
        del work.conditions[row], work.conditions_at[row]


def _labelled(work: Work, number: int, begin: int, first: int) -> None:
    group = work.awards[number]
    count = len(group)
    labels = (
        _by_kind(work, begin, first, count)
        or _by_text(work, first, count)
        or _by_ranks(work, begin, first, count)
    )
    if labels is None:
        work.awards[number] = [replace(award, certain=False) for award in group]
        return
    sure = not _at_odds(labels) and not _ELLIPTIC.search(work.words(begin, first - 1))
    work.awards[number] = [
        replace(award, level=label, certain=award.certain and sure)
        for award, label in zip(group, labels, strict=True)
    ]


def _at_odds(labels: list[str]) -> bool:
    """Tell whether a list pairs levels of government with numbered ranks (国家 … 二级): misread."""
    numbered = [bool(_NUMBERED.fullmatch(one)) for one in labels]
    return any(numbered) and any(_GOVERNMENT.match(one) for one in labels)


def _by_kind(work: Work, begin: int, first: int, count: int) -> list[str] | None:
    """Return the levels (国家级、省级) or events (首次认定、重新认定) when one list has that length."""
    letters = work.letters()
    for rule, kind in ((_LEVELS, "l"), (_EVENTS, "m"), (_YEARS, "t")):
        runs = [
            [n for n in range(*found.span()) if work.tokens[n].kind == kind]
            for found in rule.finditer(letters, begin, first)
        ]
        fitting = [run for run in runs if len(run) == count]
        if len(fitting) == 1:
            work.use(*range(fitting[0][0], fitting[0][-1] + 1))
            return [work.tokens[n].text for n in fitting[0]]
    return None


def _by_ranks(work: Work, begin: int, first: int, count: int) -> list[str] | None:
    """Return the levels that stand apart in the list (国家级试点、省级试点)."""
    ranks = [n for n in range(begin, first) if work.tokens[n].kind == "l"]
    names = [work.tokens[n].text for n in ranks]
    if len(names) != count or len(set(names)) != count:
        return None
    return names


def _by_text(work: Work, first: int, count: int) -> list[str] | None:
    """Return the pieces of the list in the segment before 分别, when there are that many."""
    stop = first
    while stop and (
        (work.tokens[stop - 1].kind in ",jvVqot" and work.tokens[stop - 1].text != "奖")
        or re.fullmatch(r"的|.*(?:财政|政府)|给", work.tokens[stop - 1].text)
    ):
        stop -= 1
    if stop == 0:
        return None
    start = work.segment(stop - 1)
    words = re.sub(r"\([^()]*\)", "", work.words(start, stop - 1))
    pieces = [
        piece.strip() for piece in re.split(r"[、/]|以及|和(?=[^、]{3})|及(?=[^、]{3})", words)
    ]
    if len(pieces) != count or not all(pieces) or re.search(r"\d|”“|^及?以上", words):
        return None
    return [
        _TARGET.sub("", pieces[0]) or pieces[0],
        *pieces[1:-1],
        re.sub(r"的(?:企业|单位|项目)?$", "", pieces[-1]),
    ]
