"""Awards of a sentence: fixed sums, rates with their base, sums per step, matching, caps, floors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Award, Figure
from jiqun.engine.drafting.work import Work

_STEP = re.compile(
    r"(?P<e>e)(?P<body>[fxwbm]{0,3})(?P<s>[MCP])(?P<of>[fxwbm]{0,4}),?(?P<to>[Vv][wq]?x)?[vVqwaok]{0,4}(?P<n>[MN])"
)
_BASED = re.compile(r"y(?P<base>[^,.yvVMNRQCDS_]{0,9}?)(?P<n>[R](?:k[R])*)(?![wa]{0,2}s)")
_PLAIN_RATE = re.compile(r"(?P<base>f)w{0,2}(?P<n>R(?:kR)*)")
_GIVEN_RATE = re.compile(r"[vV][wqo]{0,3}(?P<base>[xf][wxf]{0,4}?)?(?P<n>R)")
_MATCH = re.compile(r"(?P<base>[^,.y_]{0,8}?)[yw]{0,2}(?P<n>S)[w]{0,2}[va]")
_SUMS = r"(?P<n>[MN](?:k?[MN])*)"
_FIXED = (
    re.compile(rf"[vVjq][wqoajvV]{{0,5}}{_SUMS}"),
    re.compile(rf"(?<!e)(?<!e.){_SUMS}[wq]{{0,3}}[va](?![wqo]{{0,3}}[MN])"),
    re.compile(rf"o[wvq]{{0,3}}{_SUMS}"),
    re.compile(rf"y{_SUMS}w"),
    re.compile(r"[vV][wqo]{0,2}(?P<to>x)[xw(]{0,4}(?P<n>M(?:kM)*)"),
)
_UPSTREAM = re.compile(r"(?:国家|中央|省|市|上级)[^,。;]{0,8}?(?:补助|奖励|奖补|扶持|支持|资助|补贴|资金)(?:金额|额度|资金|额)?")
_BOUND = re.compile(r"(?P<n>[NQ])")


def read_awards(work: Work) -> None:
    """Read the awards of a sentence and give each its caps and floors."""
    for found in work.find(_STEP):
        _step(work, found)
    for found in work.find(_MATCH):
        _match(work, found)
    for rule in (_BASED, _PLAIN_RATE, _GIVEN_RATE):
        for found in work.find(rule):
            _rate(work, found)
    for rule in _FIXED:
        for found in work.find(rule):
            _fixed(work, found)
    order = sorted(range(len(work.awards)), key=lambda n: work.awards_at[n])
    work.awards = [work.awards[n] for n in order]
    work.awards_at = [work.awards_at[n] for n in order]
    for number in [n for n in work.figures() if n not in work.used]:
        _bound(work, number)


def _keep(work: Work, awards: list[Award], first: int, last: int) -> None:
    work.awards.append(awards)
    work.awards_at.append((first, last))


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
    _keep(work, [award], first, found.start("n"))


def _match(work: Work, found: re.Match[str]) -> None:
    """省级补助资金1:1配套: a local sum that follows one from above."""
    number = found.start("n")
    base = work.words(found.start("base"), found.end("base") - 1) if found["base"] else ""
    upstream = _UPSTREAM.search(base)
    if "配套" not in work.words(found.start(), min(found.end(), len(work.tokens)) - 1) and not upstream:
        return
    parts = work.tokens[number].figure
    if parts is None or len(parts.parts) != 2:
        return
    share = parts.parts[1] / parts.parts[0] if parts.parts[0] else Fraction(0)
    rate = replace(work.figure(number, "rate"), value=share)
    first = found.start("base") if found["base"] else number
    award = Award(
        "配套", work.span(first, number), rate=rate, base="上级补助资金" if upstream else "",
        base_text=upstream[0] if upstream else base, certain=upstream is not None,
    )  # fmt: skip
    work.use(*range(first if upstream else number, found.end()))
    _keep(work, [award], first, number)


def _rate(work: Work, found: re.Match[str]) -> None:
    """按设备投资额的10%: a share of a field; 50%、30% one award each."""
    numbers = [n for n in range(found.start("n"), found.end("n")) if work.tokens[n].kind in "RQ"]
    numbers = _listed(work, numbers)
    span = (found.start("base"), found.end("base")) if found["base"] else (0, 0)
    fields = [n for n in range(*span) if work.tokens[n].kind == "f"]
    text = work.words(span[0], span[1] - 1).strip("的") if span[1] > span[0] else ""
    if not fields and not text.strip("其"):
        fields = [n for n in range(work.segment(found.start()), found.start()) if work.tokens[n].kind == "f"][-1:]
        text = work.words(fields[0], fields[0]) if fields else ""
    phrase = work.tokens[fields[-1]].phrase if len(fields) == 1 else None
    upstream = _UPSTREAM.fullmatch(text.lstrip("其所获得的"))
    exact = all(work.tokens[n].kind in "fwta" for n in range(*span))
    awards: list[Award] = []
    limited = [n for n in range(*span) if work.tokens[n].kind == "p"]
    for number in numbers:
        rate = work.figure(number, "rate")
        if limited:
            op = words.BEFORE.get(work.tokens[limited[0]].text, "=")
            rate = replace(rate, comparator=op, certain=False)
        mode, base = ("配套", "上级补助资金") if upstream else ("比例", phrase.field if phrase else "")
        awards.append(
            Award(
                mode, work.span(found.start(), number), rate=rate, base=base, base_text=text,
                certain=rate.certain and (exact or upstream is not None),
            )  # fmt: skip
        )
    work.use(*range(found.start(), numbers[-1] + 1), *fields, *limited)
    _keep(work, awards, found.start(), numbers[-1])


def _listed(work: Work, numbers: Sequence[int]) -> list[int]:
    kept = [numbers[0]]
    for number in numbers[1:]:
        if not work.tokens[number].joined:
            break
        kept.append(number)
    return kept


def _fixed(work: Work, found: re.Match[str]) -> None:
    """给予20万元, 分别给予50万元、20万元, 奖励20-50万元, 给予最高50万元."""
    numbers = [n for n in range(found.start("n"), found.end("n")) if work.tokens[n].kind in "MN"]
    numbers = _listed(work, numbers)
    first, last = found.start(), numbers[-1]
    bounded = [n for n in numbers if work.tokens[n].kind == "N"]
    if bounded and (numbers[0] != bounded[0] or _follows(work, numbers[0])):
        return
    if bounded and not _upper(work, bounded[0]):
        return
    ranged = len(numbers) == 2 and work.tokens[numbers[1]].joined.startswith("range")
    owner = [work.tokens[n].text for n in range(max(0, first - 1), last) if work.tokens[n].kind == "o"]
    per = work.tokens[last].per or _per(owner)
    once = _once(work, first, last)
    sure = "to" not in found.re.groupindex
    if ranged:
        low, high = (work.figure(n, role) for n, role in zip(numbers, ("floor", "cap"), strict=True))
        awards = [Award("待定", work.span(first, last), floor=_at(low, ">="), cap=_at(high, "<="), certain=False)]
    elif bounded:
        caps = [_at(work.figure(n, "cap"), "<=") for n in numbers]
        awards = [
            Award("待定", work.span(first, last), cap=cap, per=per, once=once, certain=False) for cap in caps
        ]
    else:
        sums = [work.figure(n, "amount") for n in numbers]
        awards = [
            Award("定额", work.span(first, last), amount=one, per=per, once=once, certain=one.certain and sure) for one in sums
        ]
    work.use(*range(first, last + 1), *range(last + 1, found.end()))
    _keep(work, awards, first, last)


def _per(owners: Sequence[str]) -> str:
    """Return what an amount is paid for each of (每项), where it is not just one firm's."""
    return next((one for one in owners if one.startswith("每") or one == "人均"), "")


def _at(figure: Figure, comparator: str) -> Figure:
    return replace(figure, comparator=comparator)


def _upper(work: Work, number: int) -> bool:
    figure = work.tokens[number].figure
    return figure is not None and figure.comparator.startswith("<")


def _follows(work: Work, number: int) -> bool:
    """Tell whether a bound only limits an award just before it (按10%给予最高50万元)."""
    ends = [last for _, last in work.awards_at if last < number]
    return bool(ends) and not any(
        token.kind in "hfbm" for token in work.tokens[max(ends) + 1 : number]
    )


def _bound(work: Work, number: int) -> None:
    """Give a bound that is no condition to the award before it as cap or floor."""
    token = work.tokens[number]
    before = [n for n, (_, last) in enumerate(work.awards_at) if last < number]
    if token.kind not in "NQ" or token.figure is None:
        return
    if not before and token.cap and token.kind == "N":
        cap = work.figure(number, "cap")
        _keep(work, [Award("待定", work.span(number, number), cap=cap, certain=False)], number, number)
        return
    if not before or not _follows(work, number):
        return
    upper = token.figure.comparator.startswith("<")
    first = number
    while first and work.tokens[first - 1].kind in "owvVaqt" and first - 1 not in work.used:
        first -= 1
    owners = [work.tokens[n].text for n in range(first, number) if work.tokens[n].kind == "o"]
    if not upper and not any(work.tokens[n].kind in "vVa" for n in range(first, number)):
        return
    group = before[-1]
    figure = work.figure(number, "cap" if upper else "floor")
    change = {"cap": figure, "cap_per": "".join(owners)} if upper else {"floor": figure}
    taken = any((one.cap if upper else one.floor) is not None for one in work.awards[group])
    spread = len(before) > 1 and work.segment(number) > work.awards_at[group][1]
    work.awards[group] = [
        replace(one, **change, certain=one.certain and figure.certain and not taken and not spread)
        for one in work.awards[group]
    ]
    work.use(*range(first, number + 1))
    after = number + 1
    while after < len(work.tokens) and work.tokens[after].kind in "wvaq":
        work.use(after)
        after += 1
    work.awards_at[group] = (work.awards_at[group][0], number)
