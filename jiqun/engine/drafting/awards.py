"""Awards of a sentence: fixed sums, sums per step, ranked sums, and sums that are only bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jiqun.engine.drafting.caps import at_bound, bound, follows, is_upper, keep, listed
from jiqun.engine.drafting.elements import Award
from jiqun.engine.drafting.rates import read_rates
from jiqun.engine.drafting.work import Work

_STEP = re.compile(
    r"(?P<e>e)(?P<body>[fxwbm]{0,3})(?P<s>[MCP])(?P<of>[fxwbm]{0,4}),?(?P<to>[Vv][wq]?x)?[vVqwaok]{0,4}(?P<n>[MN])"
)
_RANKED = re.compile(r"l[wvaV]{0,2}[MN](?:[k,]{0,2}l[wvaV]{0,2}[MN])+")
_BETWEEN = re.compile(r"y(?P<n>N(?:k?N)?)[Vw]{0,3}[va]")
_SUMS = r"(?P<n>[MN](?:k?[MN])*)"
_FIXED = (
    re.compile(rf"[vVjq][wqoajvV]{{0,5}}{_SUMS}"),
    re.compile(rf"(?<!e)(?<!e.){_SUMS}[wq]{{0,3}}[va](?![wqo]{{0,3}}[MN])"),
    re.compile(rf"o[wvq]{{0,3}}{_SUMS}"),
    re.compile(rf"y{_SUMS}[wVv]"),
    re.compile(rf"{_SUMS}w{{0,2}}V[wq]{{0,2}}[va](?![wqo]{{0,3}}[MN])"),
    re.compile(r"[vV][wqo]{0,2}(?P<to>x)[xw(]{0,4}(?P<n>M(?:kM)*)"),
)


def read_awards(work: Work) -> None:
    """Read the awards of a sentence and give each its caps and floors."""
    for found in work.find(_STEP):
        _step(work, found)
    read_rates(work)
    for found in work.find(_RANKED):
        _ranked(work, found)
    for found in work.find(_BETWEEN):
        _between(work, found)
    for rule in _FIXED:
        for found in work.find(rule):
            _fixed(work, found)
    order = sorted(range(len(work.awards)), key=lambda n: work.awards_at[n])
    work.awards = [work.awards[n] for n in order]
    work.awards_at = [work.awards_at[n] for n in order]
    for number in [n for n in work.figures() if n not in work.used]:
        bound(work, number)


def _once(work: Work, first: int, last: int) -> bool:
    return any(token.kind == "q" for token in work.tokens[max(0, first - 2) : last + 3])


def _step(work: Work, found: re.Match[str]) -> None:
    """每增加1000万元奖励2万元: a sum for each whole step of a field or of things counted."""
    first = found.start("e")
    inside = [n for n in range(found.start("body"), found.end("of")) if work.tokens[n].kind in "fb"]
    before = [n for n in range(work.segment(first), first) if work.tokens[n].kind == "f"]
    at = (inside or before[-1:] or [None])[0]
    phrase = work.tokens[at].phrase if at is not None else None
    unread = [n for n in range(first, found.end("of")) if work.tokens[n].kind in "xm"]
    sure = not unread and not found["to"] and work.tokens[found.start("n")].kind == "M"
    step = work.figure(found.start("s"), "step")
    amount = work.figure(found.start("n"), "amount")
    award = Award(
        "每单位", work.span(first, found.start("n")), amount=amount, step=step,
        base=phrase.field if phrase else "", per=work.words(first, found.end("of") - 1),
        base_text=work.words(at, at) if at is not None else work.words(first, found.end("of") - 1),
        certain=sure and amount.certain,
    )  # fmt: skip
    work.use(*range(first, found.end()), *([at] if at is not None else []))
    keep(work, [award], first, found.start("n"))


def _ranked(work: Work, found: re.Match[str]) -> None:
    """一等奖5万元、二等奖3万元: the case stands right before each sum."""
    awards: list[Award] = []
    level = ""
    for number in range(*found.span()):
        token = work.tokens[number]
        if token.kind == "l":
            level = token.text
        elif token.kind in "MN":
            figure = work.figure(number, "amount" if token.kind == "M" else "cap")
            spot = work.span(number - 1, number)
            if token.kind == "M":
                awards.append(
                    Award("定额", spot, amount=figure, level=level, certain=figure.certain)
                )
            else:
                awards.append(Award("待定", spot, cap=figure, level=level, certain=False))
    work.use(*range(*found.span()))
    keep(work, awards, found.start(), found.end() - 1)


def _between(work: Work, found: re.Match[str]) -> None:
    """按不低于6万元、不高于18万元给予: bounds of a sum that the office sets."""
    numbers = [n for n in range(found.start("n"), found.end("n")) if work.tokens[n].kind == "N"]
    floor = cap = None
    for number in numbers:
        token = work.tokens[number].figure
        if token is not None and token.comparator[0] == ">":
            floor = work.figure(number, "floor")
        else:
            cap = work.figure(number, "cap")
    span = work.span(found.start(), numbers[-1])
    work.use(*range(found.start(), found.end()))
    per = work.tokens[numbers[-1]].per
    award = Award("待定", span, floor=floor, cap=cap, per=per, certain=False)
    keep(work, [award], found.start(), numbers[-1])


def _fixed(work: Work, found: re.Match[str]) -> None:
    """给予20万元, 分别给予50万元、20万元, 奖励20-50万元, 给予最高50万元."""
    span = range(found.start("n"), found.end("n"))
    numbers = listed(work, [n for n in span if work.tokens[n].kind in "MN"])
    if not _is_award(work, found, numbers):
        return
    first, last = found.start(), numbers[-1]
    owners = [n for n in range(max(0, first - 1), last) if work.tokens[n].kind == "o"]
    work.use(*owners)
    per = work.tokens[last].per or _per([work.tokens[n].text for n in owners])
    spot, once = work.span(first, last), _once(work, first, last)
    if len(numbers) == 2 and work.tokens[numbers[1]].joined.startswith("range"):
        first_sum, last_sum = (work.tokens[n].figure for n in numbers)
        if first_sum is not None and last_sum is not None and first_sum.value > last_sum.value:
            numbers.reverse()  # 10万元至2万元不等
        low = at_bound(work.figure(numbers[0], "floor"), ">=")
        high = at_bound(work.figure(numbers[1], "cap"), "<=")
        awards = [Award("待定", spot, floor=low, cap=high, certain=False)]
    elif any(work.tokens[n].kind == "N" for n in numbers):
        caps = [at_bound(work.figure(n, "cap"), "<=") for n in numbers]
        awards = [Award("待定", spot, cap=one, per=per, once=once, certain=False) for one in caps]
    else:
        sums = [work.figure(n, "amount") for n in numbers]
        sure = "to" not in found.re.groupindex and not _noun(work, first)
        awards = [
            Award("定额", spot, amount=one, per=per, once=once, certain=one.certain and sure)
            for one in sums
        ]
    work.use(*range(first, last + 1), *range(last + 1, found.end()))
    keep(work, awards, first, last)


def _noun(work: Work, number: int) -> bool:
    """Tell 奖 that ends a name (优秀奖50万元, 产业奖补100万元) from 奖 that gives."""
    before = work.tokens[number - 1] if number else None
    token = work.tokens[number]
    return (
        token.text in {"奖", "奖补"}
        and before is not None
        and before.kind == "x"
        and before.end == token.start
    )


def _is_award(work: Work, found: re.Match[str], numbers: Sequence[int]) -> bool:
    """Tell an award from a threshold or a cap that has the same order of words."""
    head = work.tokens[found.start()]
    if head.kind == "o" and not head.text.startswith(("每", "单", "人均", "一个", "一项", "一件")):
        return False
    bounded = [n for n in numbers if work.tokens[n].kind == "N"]
    if bounded and (numbers[0] != bounded[0] or follows(work, numbers[0])):
        return False
    if bounded and not is_upper(work, bounded[0]):
        return False
    # A bare sum before 给予 is an award only where it says what each is for (15元/平方米给予补助).
    ahead = head.kind == "M" and "V" in found[0] and work.tokens[found.end() - 1].kind in "va"
    return not ahead or bool(work.tokens[numbers[-1]].per)


def _per(owners: Sequence[str]) -> str:
    """Return what an amount is paid for each of (每项), where it is not just one firm's."""
    each = [re.sub(r"^一(?=[个项件])", "每", one) for one in owners]
    return "".join(one for one in each if one.startswith("每") or one == "人均")
