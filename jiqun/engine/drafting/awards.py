"""Awards of a sentence: fixed sums, rates with their base, sums per step, matching, caps, floors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Award, Figure, Term
from jiqun.engine.drafting.work import Work

_STEP = re.compile(
    r"(?P<e>e)(?P<body>[fxwbm]{0,3})(?P<s>[MCP])(?P<of>[fxwbm]{0,4}),?(?P<to>[Vv][wq]?x)?[vVqwaok]{0,4}(?P<n>[MN])"
)
_BASED = re.compile(r"y(?P<base>[^,.yvVMNRQCDS_]{0,9}?)(?P<n>[R](?:k[R])*)(?![wa]{0,2}s)")
_PLAIN_RATE = re.compile(r"(?P<base>f)w{0,2}(?P<n>R(?:kR)*)")
_GIVEN_RATE = re.compile(r"[vV][wqo]{0,3}(?P<base>[xf][wxf]{0,4}?)?(?P<n>[RQ])")
_MATCH = re.compile(r"(?P<base>[^,.y_]{0,8}?)[yw]{0,2}(?P<n>S)[w]{0,2}[vVa]")
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
_UPSTREAM = re.compile(
    r"(?:国家|中央|省|市|上级)[^,。;]{0,8}?(?:补助|奖励|奖补|扶持|支持|资助|补贴|资金)(?:金额|额度|资金|额)?"
)
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
    near = work.words(found.start(), min(found.end() + 2, len(work.tokens)) - 1)
    if "配套" not in near and not upstream:
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
    if found.re is _GIVEN_RATE and work.tokens[found.start()].text in {
        "拨付",
        "兑现",
        "发放",
        "享受",
    }:
        return
    if found.re is _PLAIN_RATE and _share_cap(work, found):
        return
    numbers = [n for n in range(found.start("n"), found.end("n")) if work.tokens[n].kind in "RQ"]
    numbers = _listed(work, numbers)
    if work.tokens[numbers[0]].kind == "Q" and not _upper(work, numbers[0]):
        return
    span = (found.start("base"), found.end("base")) if found["base"] else (0, 0)
    fields = [n for n in range(*span) if work.tokens[n].kind == "f"]
    text = work.words(span[0], span[1] - 1).strip("的") if span[1] > span[0] else ""
    if not fields and not text.strip("其"):
        fields = [
            n
            for n in range(work.segment(found.start()), found.start())
            if work.tokens[n].kind == "f"
        ][-1:]
        text = work.words(fields[0], fields[0]) if fields else ""
    phrase = work.tokens[fields[-1]].phrase if len(fields) == 1 else None
    upstream = _UPSTREAM.fullmatch(text.lstrip("其所获得的"))
    exact = all(work.tokens[n].kind in "fwta" for n in range(*span))
    awards: list[Award] = []
    bounds = [*range(*span), *range(max(0, found.start() - 1), found.start())]
    limited = [n for n in bounds if words.BEFORE.get(work.tokens[n].text) == "<="]
    ranged = any(work.tokens[n].joined.startswith("range") for n in numbers)
    for number in numbers:
        rate = work.figure(number, "rate")
        if limited:
            op = words.BEFORE.get(work.tokens[limited[0]].text, "=")
            rate = replace(rate, comparator=op, certain=False)
        if rate.comparator != "=":
            rate = replace(rate, certain=False)
        mode, base = (
            ("配套", "上级补助资金") if upstream else ("比例", phrase.field if phrase else "")
        )
        awards.append(
            Award(
                mode,
                work.span(found.start(), number),
                rate=rate,
                base=base,
                base_text=text,
                certain=rate.certain and not ranged and (exact or upstream is not None),
            )  # fmt: skip
        )
    work.use(*range(found.start(), numbers[-1] + 1), *fields, *limited)
    _keep(work, awards, found.start(), numbers[-1])


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
    _keep(work, awards, found.start(), found.end() - 1)


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
    _keep(work, [award], found.start(), numbers[-1])


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
    if work.tokens[first].kind == "o" and not work.tokens[first].text.startswith(
        ("每", "单", "人均")
    ):
        return
    bounded = [n for n in numbers if work.tokens[n].kind == "N"]
    if bounded and (numbers[0] != bounded[0] or _follows(work, numbers[0])):
        return
    if bounded and not _upper(work, bounded[0]):
        return
    if (
        work.tokens[first].kind == "M"
        and work.tokens[found.end() - 1].kind in "va"
        and "V" in found[0]
    ):
        if not work.tokens[last].per:
            return
    ranged = len(numbers) == 2 and work.tokens[numbers[1]].joined.startswith("range")
    owners = [n for n in range(max(0, first - 1), last) if work.tokens[n].kind == "o"]
    owner = [work.tokens[n].text for n in owners]
    work.use(*owners)
    per = work.tokens[last].per or _per(owner)
    once = _once(work, first, last)
    sure = "to" not in found.re.groupindex
    if ranged:
        low, high = (
            work.figure(n, role) for n, role in zip(numbers, ("floor", "cap"), strict=True)
        )
        awards = [
            Award(
                "待定",
                work.span(first, last),
                floor=_at(low, ">="),
                cap=_at(high, "<="),
                certain=False,
            )
        ]
    elif bounded:
        caps = [_at(work.figure(n, "cap"), "<=") for n in numbers]
        awards = [
            Award("待定", work.span(first, last), cap=cap, per=per, once=once, certain=False)
            for cap in caps
        ]
    else:
        sums = [work.figure(n, "amount") for n in numbers]
        awards = [
            Award(
                "定额",
                work.span(first, last),
                amount=one,
                per=per,
                once=once,
                certain=one.certain and sure,
            )
            for one in sums
        ]
    work.use(*range(first, last + 1), *range(last + 1, found.end()))
    _keep(work, awards, first, last)


def _per(owners: Sequence[str]) -> str:
    """Return what an amount is paid for each of (每项), where it is not just one firm's."""
    return "".join(one for one in owners if one.startswith("每") or one == "人均")


def _at(figure: Figure, comparator: str) -> Figure:
    return replace(figure, comparator=comparator)


def _upper(work: Work, number: int) -> bool:
    figure = work.tokens[number].figure
    return figure is not None and figure.comparator.startswith("<")


def _follows(work: Work, number: int) -> bool:
    """Tell whether a bound only limits an award just before it (按10%给予最高50万元)."""
    ends = [last for _, last in work.awards_at if last < number]
    between = range(max(ends, default=0) + 1, number)
    return bool(ends) and not any(
        work.tokens[n].kind in "hbm"
        or (work.tokens[n].kind == "f" and work.tokens[n + 1].kind not in "va")
        for n in between
    )


def _bound(work: Work, number: int) -> None:
    """Give a bound that is no condition to the award before it as cap or floor."""
    token = work.tokens[number]
    before = [n for n, (_, last) in enumerate(work.awards_at) if last < number]
    if token.kind not in "NQ" or token.figure is None:
        return
    if not before and token.cap and token.kind == "N":
        cap = work.figure(number, "cap")
        _keep(
            work, [Award("待定", work.span(number, number), cap=cap, certain=False)], number, number
        )
        return
    if not before or not _follows(work, number):
        return
    upper = token.figure.comparator == "<="
    if token.figure.comparator == "<" or (token.kind == "Q" and upper):
        return
    first = number
    while first and work.tokens[first - 1].kind in "owvVaqt" and first - 1 not in work.used:
        first -= 1
    owners = [work.tokens[n].text for n in range(first, number) if work.tokens[n].kind == "o"]
    if not upper and not any(work.tokens[n].kind in "vVa" for n in range(first, number)):
        return
    group = before[-1]
    if upper and _respective_caps(work, number, group):
        return
    figure = work.figure(number, "cap" if upper else "floor")
    change = {"cap": figure, "cap_per": "".join(owners)} if upper else {"floor": figure}
    taken = any((one.cap if upper else one.floor) is not None for one in work.awards[group])
    if taken and upper:
        _second_cap(work, first, number, owners)
        return
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


def _respective_caps(work: Work, number: int, group: int) -> bool:
    """Give a list of caps to a list of awards of the same length (分别最高不超过300万元、200万元)."""
    run = [number]
    while run[-1] + 2 < len(work.tokens) and work.tokens[run[-1] + 2].joined == "list":
        run.append(run[-1] + 2)
    awards = work.awards[group]
    if len(run) < 2 or len(run) != len(awards) or any(one.cap for one in awards):
        return False
    caps = [replace(work.figure(n, "cap"), comparator="<=") for n in run]
    work.awards[group] = [replace(one, cap=cap) for one, cap in zip(awards, caps, strict=True)]
    work.use(*range(number, run[-1] + 1))
    work.awards_at[group] = (work.awards_at[group][0], run[-1])
    return True


def _second_cap(work: Work, first: int, number: int, owners: Sequence[str]) -> None:
    """Keep a further cap as a term: what it holds over is for a person to say."""
    figure = work.figure(number, "cap")
    span = work.span(first, number)
    work.terms.append(Term("上限", "".join(owners), span, work.text[slice(*span)], (figure,)))
    work.use(*range(first, number + 1))
    work.gap("上限及于哪些奖励须确认", first, number)


def _share_cap(work: Work, found: re.Match[str]) -> bool:
    """Read 不超过项目总投资的20% as a cap, not as a rate; return whether it was one."""
    number, base = found.start("n"), found.start("base")
    begin = work.segment(base)
    bounds = [n for n in range(max(begin, base - 3), base) if work.tokens[n].kind == "p"]
    figure = work.tokens[number].figure
    if not bounds or figure is None:
        return False
    op = words.BEFORE.get(work.tokens[bounds[-1]].text, "")
    after = work.letters()[found.end("n") : found.end("n") + 3]
    if (
        op != "<="
        or re.match(r"w{0,2}[vV]", after)
        or any(work.tokens[n].kind == "y" for n in range(begin, base))
    ):
        return False
    capped = replace(work.figure(number, "cap"), comparator=op)
    span = work.span(bounds[-1], number)
    work.tokens[number] = replace(work.tokens[number], figure=replace(capped, role=""))
    work.terms.append(
        Term("上限", work.words(base, base), span, work.text[slice(*span)], (capped,))
    )
    work.use(*range(bounds[-1], number + 1))
    work.gap("上限按比例，须确认", bounds[-1], number)
    return True
