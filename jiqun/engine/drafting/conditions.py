"""Conditions of a sentence: thresholds, ranges, growth, shares, and what only a person can check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Condition, Figure
from jiqun.engine.drafting.tokens import FIGURES, Token
from jiqun.engine.drafting.work import Work

_ANY = "[MNRQCDTU]"
_NUMBERS = rf"(?P<n>{_ANY}(?:[k&,r]{{0,2}}{_ANY})*)"
_GROWTH = re.compile(r"(?:(?P<f>f)[wtxa,&]{0,4}?)?(?P<g>g)[wt]{0,2}(?P<n>[RQ](?:k?[RQ])*)")
_LOOSE = re.compile(r"(?P<f>(?!))?(?P<n>[NDUQ])")
_LOOSE_RANGE = re.compile(r"(?P<f>(?!))?(?P<n>[MCND]k[MC])")
_SHARE = re.compile(r"(?P<f>f)[wt]{0,2}%[wt]{0,2}(?P<of>f)[wta]{0,3}(?P<n>[QR](?:k?[QR])*)")
_LEVEL = re.compile(rf"(?P<f>f)[wtmqo(]{{0,4}}{_NUMBERS}")
_OPENING = re.compile(r"[wt]{0,2}(?P<f>(?!))?(?P<n>[MNDUC](?:[k&,]{0,2}[MNDUC])*)w{0,2},")


def read_conditions(work: Work) -> None:
    """Read the conditions that have a number; thresholds without a field are left as gaps."""
    for found in work.find(_SHARE):
        _share(work, found)
    for found in work.find(_GROWTH):
        _growth(work, found)
    for found in work.find(_LEVEL):
        _levels(work, found)


def inherit(work: Work, earlier: Sequence[Condition]) -> None:
    """Read a sentence that opens with a threshold as a further case of the field before it.

    What else held for that field (who, which industry) is not repeated either, so that such a
    condition is never certain.
    """
    fields = {one.field for one in earlier if one.value is not None and not one.growth}
    found = _OPENING.match(work.letters())
    if len(fields) != 1 or found is None:
        return
    numbers = _run(work, [n for n in range(*found.span("n")) if work.tokens[n].kind in FIGURES])
    tokens = [work.tokens[n] for n in numbers]
    read = _read_numbers([one.figure for one in tokens if one.figure], tokens)
    if not any(one.comparator != "=" for one in read):
        return
    for number, figure in zip(numbers, read, strict=True):
        work.figure(number, "condition")
        condition = _condition(work, found, replace(figure, role="condition", certain=False))
        work.conditions.append(replace(condition, field=next(iter(fields))))
        work.conditions_at.append(number)
    work.use(*range(numbers[0], numbers[-1] + 1))


def _share(work: Work, found: re.Match[str]) -> None:
    """研发费用占营业收入比重达到3%: a share of one field in another."""
    numbers, read = _series(work, found)
    phrase = work.tokens[found.start("of")].phrase
    if not any(one.comparator != "=" for one in read):
        return
    for number, value in zip(numbers, read, strict=True):
        work.figure(number, "condition")
        condition = _condition(work, found, replace(value, role="condition"))
        _add(work, found, replace(condition, share_of=phrase.field if phrase else ""))
    work.use(*range(found.start(), numbers[-1] + 1))


def _series(work: Work, found: re.Match[str]) -> tuple[list[int], list[Figure]]:
    """Return the numbers of a match that belong together, and how they are read."""
    span = range(found.start("n"), found.end("n"))
    numbers = _run(work, [n for n in span if work.tokens[n].kind in FIGURES])
    tokens = [work.tokens[n] for n in numbers]
    figures = [one.figure for one in tokens if one.figure]
    return numbers, _read_numbers(figures, tokens) or figures


def _growth(work: Work, found: re.Match[str]) -> None:
    numbers, read = _series(work, found)
    subject = found.start("f") if found["f"] else _subject(work, found.start("g"))
    for number, figure in zip(numbers, read, strict=True):
        work.figure(number, "condition")
        sure = figure.certain and figure.comparator != "="
        value = replace(figure, role="condition", certain=sure)
        condition = _condition(work, found, value, subject=subject)
        _add(work, found, replace(condition, growth=True))
    work.use(*range(found.start("g"), numbers[-1] + 1))


def _subject(work: Work, before: int) -> int | None:
    """Return the field that a growth without a subject is of: that of the condition before it."""
    tokens = [n for n in range(before) if work.tokens[n].kind == "f"]
    ends = [n for n in range(before) if work.tokens[n].kind in "Vv."]
    return tokens[-1] if tokens and (not ends or ends[-1] < tokens[-1]) else None


def _levels(work: Work, found: re.Match[str]) -> None:
    """Read the numbers behind one field: one threshold, a range, or a list of thresholds."""
    numbers = [n for n in range(found.start("n"), found.end("n")) if work.tokens[n].kind in FIGURES]
    numbers = _run(work, numbers)
    figures = [work.tokens[n].figure for n in numbers]
    read = _read_numbers([one for one in figures if one], [work.tokens[n] for n in numbers])
    if not read or (figures[0] and figures[0].kind == "ratio" and not _told(work, numbers)):
        return
    first = found.start("f")
    for number, figure in zip(numbers, read, strict=True):
        work.figure(number, "condition")
        condition = _condition(work, found, replace(figure, role="condition"))
        span, text = work.span(first, number), work.words(first, number)
        sure = condition.certain and not _qualified(work, first)
        work.conditions.append(replace(condition, span=span, text=text, certain=sure))
        work.conditions_at.append(number)
    work.use(*range(first, numbers[-1] + 1))


def read_loose(work: Work, earlier: Sequence[Condition]) -> None:
    """Keep thresholds without a field before an award; which field they are of is not certain.

    Where all earlier thresholds of that kind are of one field, it is offered.
    """
    for found in work.find(_LOOSE_RANGE):
        _loose_range(work, found, earlier)
    for found in work.find(_LOOSE):
        number = found.start("n")
        later = not work.awards_at or any(first > number for first, _ in work.awards_at)
        if later and not work.tokens[number].cap and not _limit(work, number):
            value = work.figure(number, "condition")
            condition = replace(_condition(work, found, value), certain=False)
            work.conditions.append(_offered(work, condition, number, earlier))
            work.conditions_at.append(number)


def _loose_range(work: Work, found: re.Match[str], earlier: Sequence[Condition]) -> None:
    """Keep a range without a field (客房数量在4-14间) before an award."""
    numbers, read = _series(work, found)
    later = not work.awards_at or any(first > numbers[0] for first, _ in work.awards_at)
    given = any(work.tokens[n].kind in "yVv" for n in range(work.segment(numbers[0]), numbers[0]))
    if len(numbers) != 2 or not later or given or read[1].comparator == "=":
        return
    for number, figure in zip(numbers, read, strict=True):
        work.figure(number, "condition")
        value = replace(figure, role="condition", certain=False)
        condition = _offered(work, _condition(work, found, value), numbers[0], earlier)
        work.conditions.append(condition)
        work.conditions_at.append(number)


def _offered(
    work: Work, condition: Condition, number: int, earlier: Sequence[Condition]
) -> Condition:
    """Offer the field of all earlier thresholds of that kind to one that opens a case."""
    opens = number == 0 or work.tokens[number - 1].kind in ",h"
    kind = condition.value.kind if condition.value else ""
    kin = [
        one for one in (*earlier, *work.conditions)
        if one.value and one.value.kind == kind and one.span != condition.span
    ]  # fmt: skip
    if not opens or len({(one.field, one.growth, one.share_of) for one in kin}) != 1:
        return condition
    last = kin[-1]
    return replace(
        condition, field=last.field, growth=last.growth, share_of=last.share_of, period=last.period
    )


def _limit(work: Work, number: int) -> bool:
    """Tell a time limit (三年内), which says how long, not how much."""
    token = work.tokens[number]
    given = any(work.tokens[n].kind in "yV" for n in range(work.segment(number), number))
    if given and token.kind in "NQ":
        return True
    return token.kind == "U" and token.figure is not None and token.figure.comparator == "<="


# Endings of words that name who or what has the field; other words narrow the field itself.
_HOLDERS = "业区园目户者的内年度后期且并构社场心位体商"


def _qualified(work: Work, field: int) -> bool:
    """Tell whether an unread word narrows the field (直播带货 before 销售额)."""
    begin = max([last for _, last in work.awards_at if last < field] + [work.segment(field)])
    if any(work.tokens[n].text.startswith(("每", "人均")) for n in range(begin, field)):
        return True
    before = field - 1
    while before >= 0 and work.tokens[before].kind in "tm":
        if "新增" in work.tokens[before].text:
            return True
        before -= 1
    return (
        before >= 0
        and work.tokens[before].kind == "x"
        and work.tokens[before].text[-1] not in _HOLDERS
    )


def _told(work: Work, numbers: Sequence[int]) -> bool:
    return any(work.tokens[n].kind in "NQDU" for n in numbers)


def _run(work: Work, numbers: Sequence[int]) -> list[int]:
    """Cut a run of numbers where another meaning begins: another kind, or a bare sum alone."""
    kept = [numbers[0]]
    for number in numbers[1:]:
        token, before = work.tokens[number], work.tokens[kept[-1]]
        same = token.figure and before.figure and token.figure.kind == before.figure.kind
        linked = token.joined.split("|")[0] or _opposite(before, token)
        if not same or not linked:
            break
        kept.append(number)
    return kept


def _opposite(one: Token, other: Token) -> bool:
    """Tell a lower bound followed by an upper one (1000万元以上5000万元以下)."""
    sides = [token.figure.comparator[0] for token in (one, other) if token.figure]
    return sides in ([">", "<"], ["=", "<"], ["<", ">"])


def _read_numbers(figures: Sequence[Figure], tokens: Sequence[Token]) -> list[Figure]:
    """Return the figures with their comparators, or nothing where none of them is a threshold."""
    marks = [token.joined.partition("|")[2] for token in tokens]
    links = [token.joined.partition("|")[0] for token in tokens]
    if len(figures) == 2 and (links[1] == "range" or _opposite(tokens[0], tokens[1])):
        return _range(figures, marks)
    if "range" in links[1:] and len(figures) > 2:
        return _ranges(figures, marks, links)
    ops = {one.comparator for one in figures if one.comparator != "="}
    if len(ops) > 1:
        return [replace(one, certain=False) for one in figures]
    if not ops:
        listed = (len(figures) > 1 or figures[0].kind == "money") and figures[0].kind != "ratio"
        return [replace(one, certain=False) for one in figures] if listed else []
    op, certain = next(iter(ops)), all(one.certain for one in figures)
    return [replace(one, comparator=op, certain=certain) for one in figures]


def _ranges(figures: Sequence[Figure], marks: Sequence[str], links: Sequence[str]) -> list[Figure]:
    """Read a list of ranges (1000万元至2000万元、2000万元至5000万元、5000万元以上); none is certain."""
    read: list[Figure] = []
    for at, figure in enumerate(figures):
        if at + 1 < len(figures) and links[at + 1] == "range":
            read.extend(_range(figures[at : at + 2], marks[at : at + 2]))
        elif links[at] != "range":
            read.append(figure)
    return [replace(one, certain=False) for one in read]


def _range(figures: Sequence[Figure], marks: Sequence[str]) -> list[Figure]:
    """Read a range; without 含 or 不含 its upper end is not certain. One that goes down is turned."""
    low, high = figures
    if (
        low.kind == high.kind
        and low.value > high.value
        and low.comparator in {"=", ">="}
        and high.comparator in {"=", "<="}
    ):
        ends = (replace(high, comparator="="), replace(low, comparator="="))
        turned = _range(ends, (marks[1], marks[0]))
        return [replace(one, certain=False) for one in reversed(turned)]
    bottom = low.comparator if low.comparator != "=" else ">" if marks[0] == "不含" else ">="
    top = high.comparator if high.comparator != "=" else "<" if marks[1] == "不含" else "<="
    told = high.comparator != "=" or bool(marks[1])
    return [
        replace(low, comparator=bottom, certain=low.certain and bottom[0] == ">"),
        replace(high, comparator=top, certain=high.certain and told and top[0] == "<"),
    ]


def _condition(
    work: Work, found: re.Match[str], value: Figure, *, subject: int | None = None
) -> Condition:
    at = subject if subject is not None else found.start("f") if found["f"] else None
    phrase = work.tokens[at].phrase if at is not None else None
    first = min(found.start(), at) if at is not None else found.start()
    period = phrase.period if phrase and phrase.period else _period(work, first, found.end())
    return Condition(
        phrase.field if phrase else "", value.comparator, value,
        work.span(first, found.end() - 1), work.words(first, found.end() - 1),
        period=period, certain=value.certain,
    )  # fmt: skip


def _period(work: Work, first: int, end: int) -> str:
    """Return the period named right before the field or between it and the number."""
    start = first
    while (
        start > work.segment(first) and work.tokens[start - 1].kind in "xwto" and first - start < 4
    ):
        if work.tokens[start - 1].text == "的" or len(work.tokens[start - 1].text) > 6:
            break
        start -= 1
    near = range(start, end)
    told = [
        work.tokens[n].per or words.PERIODS[work.tokens[n].text]
        for n in near
        if work.tokens[n].kind == "t"
    ]
    summed = any(work.tokens[n].text == "累计" for n in near)
    told = [one for one in told if one not in {"年度", "月"}][-1:] or told
    return (told[0] if told else "") + ("累计" if summed else "")


def _add(work: Work, found: re.Match[str], condition: Condition) -> None:
    work.conditions.append(condition)
    work.conditions_at.append(found.start("n"))
    if found["f"]:
        work.use(found.start("f"))
