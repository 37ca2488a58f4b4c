"""What no rule used: turned into conditions that a person checks, or listed as gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Condition, Gap
from jiqun.engine.drafting.numbers import Quantity
from jiqun.engine.drafting.work import Work

# Numerals that stand for no quantity.
_HARMLESS = re.compile(
    r"(?:19|20)\d\d\s?[年—-]|〔\d+〕|\[\d{4}\]|\d+号|第\d+|\d{1,2}月(?:份|底)?|\d{1,2}日|[A-Za-z]+\d+[A-Za-z]*|\d+[A-Za-z]\b"
)
_NUMERAL = re.compile(
    r"\d+(?:\.\d+)?|[一二两三四五六七八九十百千]+(?:余|多|几)?(?:万|亿)?(?:余|多)?元|百分之"
)
_RECEIVERS = "位构行人者方区县府员商户体会市心"
_MONEY_WORDS = re.compile(r"[万亿]元|等额|差额|全额|半价|减半|免费|若干")


def read_leftovers(work: Work, *, earlier: int) -> None:
    """Turn unread words before an award into conditions, and list everything else as gaps.

    A word list alone (高新技术企业) before an award is a status; a segment with other words is
    kept word for word for a person. Behind an award unread words may change it: they are gaps.
    """
    _figures(work)
    heads = [at for at in work.conditions_at if not work.awards]
    for number, at in enumerate(work.conditions_at):
        if (
            work.awards_at
            and at > work.awards_at[-1][1]
            and work.conditions[number].value is not None
        ):
            work.gap("金额之后的条件", at, at)
    for first, last in _segments(work):
        left = [n for n in range(first, last + 1) if n not in work.used]
        kinds = "".join(work.tokens[n].kind for n in left)
        for number in left:
            token = work.tokens[number]
            if token.kind == "x" and "每" in token.text and work.awards:
                work.gap("每…没有读懂", number, number)
        before = any(at > first for at, _ in work.awards_at) or not work.awards
        _hazard(work, left, calm=before and not any(first <= n <= last for n in work.figures()))
        if not work.awards and earlier and re.search(r"[xbf]", kinds):
            work.gap("与前句的关系不明", first, last)
        if before:
            _subject(work, left)
            if heads and first > max(heads) and _weight(work, left):
                work.gap("后文未读懂", first, last)
        elif re.search(r"[xfbge%mlyj]", kinds) and not _noun(work, left, last):
            work.gap("金额之后的文字未读懂", left[0], left[-1])


def _numeric(work: Work) -> bool:
    return any(one.value is not None for one in work.conditions) or any(
        True for _ in work.figures()
    )


def _figures(work: Work) -> None:
    for number in work.figures():
        if number not in work.used:
            work.gap("数字没有归属", number, number)
        elif _bracketed(work, number):
            work.gap("括注中的数字", number, number)


def _bracketed(work: Work, number: int) -> bool:
    """Tell whether a number stands in brackets: a remark, whose bearing only a person can tell."""
    before = "".join(token.text for token in work.tokens[:number] if token.kind != "i")
    return before.count("(") > before.count(")") or before.count("〔") > before.count("〕")


def _segments(work: Work) -> list[tuple[int, int]]:
    """Return first and last token of each comma segment, cut also behind each award."""
    cuts = {last for _, last in work.awards_at}
    segments: list[tuple[int, int]] = []
    first = 0
    for number, token in enumerate(work.tokens):
        if token.kind == ",":
            if first < number:
                segments.append((first, number - 1))
            first = number + 1
        elif number in cuts:
            segments.append((first, number))
            first = number + 1
    if first < len(work.tokens):
        segments.append((first, len(work.tokens) - 1))
    return segments


def _hazard(work: Work, left: Sequence[int], *, calm: bool) -> None:
    """List words that may change what the figures near them mean.

    In a segment without figures that comes before the award (``calm``) most of them are safe: the
    segment is kept word for word for a person.
    """
    for number in left:
        token = work.tokens[number]
        doubtful = token.kind in "zp" or (token.kind == "r" and _numeric(work))
        kept = calm and token.text not in words.STRICT and token.text not in words.CAPS
        if doubtful and not (kept and token.kind in "zp"):
            work.gap("可能改变含义的文字", number, number)
        elif token.kind == "t" and not calm and re.search(r"[二两三四五\d]", token.text):
            work.gap("期限没有归属", number, number)
        elif token.kind == "(" and not calm:
            work.gap("括注未读懂", number, number)
        elif token.kind == "o" and token.text.startswith("每") and work.awards:
            work.gap("每…没有读懂", number, number)
        elif (
            token.kind == "t"
            and not calm
            and not _paid_then(work, number)
            and not _claimed(work, token.per or token.text)
        ):
            work.gap("期间没有归属", number, number)


def _paid_then(work: Work, number: int) -> bool:
    """Tell 当年 that only says when the award is paid (当年分别给予)."""
    return number + 1 < len(work.tokens) and work.tokens[number + 1].kind in "jvV"


def _claimed(work: Work, word: str) -> bool:
    """Tell whether a period is vague (年度) or is that of a condition of the sentence."""
    period = words.PERIODS.get(word, word)
    return period in {"年度", "月"} or any(period in one.period for one in work.conditions)


def _weight(work: Work, left: Sequence[int]) -> int:
    return sum(len(work.tokens[n].text.strip()) for n in left if work.tokens[n].kind in "x(")


def _subject(work: Work, left: Sequence[int]) -> None:
    """Read whom the award is for: a status, words for a person to check, or both."""
    statuses = [n for n in left if work.tokens[n].kind == "b"]
    others = [n for n in left if work.tokens[n].kind in "xkr%glye("]
    if len(statuses) == 1 and (not others or _head(work, left)):
        if re.search(r"l[kw]?l$", "".join(one.kind for one in work.tokens[: statuses[0]])):
            work.gap("资格与并列的级别是否都要求", statuses[0], statuses[0])
        _status(work, statuses[0], left)
        left = [n for n in left if n < statuses[0]] if others else []
        if all(work.tokens[n].kind in "mwht" for n in left):
            work.use(*left)
            return
    content = [n for n in left if work.tokens[n].kind in "xbfmlkavogte%("]
    if not content or not (_weight(work, left) or _levelled(work, left)):
        return
    known = [n for n in content if work.tokens[n].kind in "fb"]
    if known:
        work.gap("已知字段没有成为条件", known[0], known[-1])
    span = work.span(content[0], content[-1])
    work.conditions.append(Condition("", "", None, span, work.text[slice(*span)], manual=True))
    work.conditions_at.append(content[0])


def _head(work: Work, left: Sequence[int]) -> bool:
    """Tell whether a status ends its segment (对…确认新增的限上企业): it holds, with the rest beside it."""
    kept = [n for n in left if work.tokens[n].kind not in "w,"]
    statuses = [n for n in left if work.tokens[n].kind == "b"]
    if len(statuses) != 1 or not kept or kept[-1] != statuses[0] or len(kept) < 2:
        return False
    before = work.text[: work.tokens[statuses[0]].start]
    letters = {work.tokens[n].kind for n in kept[:-1]}
    return (
        before.endswith("的")
        and not letters & {"z", "r", "p"}
        and "非" not in work.words(kept[0], kept[-1])
    )


def _status(work: Work, number: int, left: Sequence[int]) -> None:
    events = [work.tokens[n].text for n in left if work.tokens[n].kind == "m"]
    token = work.tokens[number]
    name = token.phrase.field if token.phrase else ""
    work.conditions.append(
        Condition(name, "=", None, work.span(number, number), token.text, event="".join(events[:1]))
    )
    work.conditions_at.append(number)
    work.use(number)


def _noun(work: Work, left: Sequence[int], last: int) -> bool:
    """Tell whether unread words only name the award (给予一次性就业奖补), not who receives it."""
    unread = [n for n in left if work.tokens[n].kind in "xfbge%mlyj"]
    if len(unread) != 1 or work.tokens[unread[0]].kind != "x":
        return len(unread) == 1 and work.tokens[unread[0]].kind == "f" and unread[0] < last
    name = work.tokens[unread[0]].text
    closed = unread[0] < last and work.tokens[unread[0] + 1].kind in "va"
    return len(name) <= 6 and closed and name[-1] not in _RECEIVERS


def _levelled(work: Work, left: Sequence[int]) -> bool:
    return any(work.tokens[n].kind in "lmfbg%e" for n in left)


def stray_numerals(text: str, start: int, end: int, numbers: Sequence[Quantity]) -> list[Gap]:
    """Return numerals and money words that no quantity covers, dates and labels apart."""
    calm = [found.span() for found in _HARMLESS.finditer(text, start, end)]
    taken = [(one.start, one.end) for one in numbers]
    return [
        Gap("未读出的数字", found.span(), found[0])
        for rule in (_NUMERAL, _MONEY_WORDS)
        for found in rule.finditer(text, start, end)
        if not any(a < found.end() and found.start() < b for a, b in (*calm, *taken))
    ]


_DATE = re.compile(r"(?:(?:19|20)\d\d年|今年|本年|次年)?\d{1,2}月(?:\d{1,2}日|份|底)?")


def stray_dates(text: str, start: int, end: int, kept: Sequence[tuple[int, int]]) -> list[Gap]:
    """Return dates that neither a term nor a condition kept word for word holds."""
    return [
        Gap("日期没有归属", found.span(), found[0])
        for found in _DATE.finditer(text, start, end)
        if not any(a <= found.start() and found.end() <= b for a, b in kept)
    ]
