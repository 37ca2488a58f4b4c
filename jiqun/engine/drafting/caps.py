"""Caps and floors: which award a bound belongs to, and bounds over several awards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Award, Figure, Term
from jiqun.engine.drafting.work import Work


def keep(work: Work, awards: list[Award], first: int, last: int) -> None:
    """Record the awards of one group and where it stands."""
    work.awards.append(awards)
    work.awards_at.append((first, last))


def listed(work: Work, numbers: Sequence[int]) -> list[int]:
    """Return the first of the numbers with those that a list or range joins to it."""
    kept = [numbers[0]]
    for number in numbers[1:]:
        if not work.tokens[number].joined:
            break
        kept.append(number)
    return kept


def is_upper(work: Work, number: int) -> bool:
    """Tell whether a number is bounded from above."""
    figure = work.tokens[number].figure
    return figure is not None and figure.comparator.startswith("<")


def follows(work: Work, number: int) -> bool:
    """Tell whether a bound only limits an award just before it (按10%给予最高50万元)."""
    ends = [last for _, last in work.awards_at if last < number]
    between = range(max(ends, default=0) + 1, number)
    return bool(ends) and not any(
        work.tokens[n].kind in "hbm"
        or (work.tokens[n].kind == "f" and work.tokens[n + 1].kind not in "va")
        for n in between
    )


def bound(work: Work, number: int) -> None:
    """Give a bound that is no condition to the award before it as cap or floor."""
    token = work.tokens[number]
    before = [n for n, (_, last) in enumerate(work.awards_at) if last < number]
    if token.kind not in "NQ" or token.figure is None:
        return
    if not before and token.cap and token.kind == "N":
        spot = work.span(number, number)
        cap = work.figure(number, "cap")
        keep(work, [Award("待定", spot, cap=cap, certain=False)], number, number)
    elif before and follows(work, number) and token.figure.comparator != "<":
        if token.figure.comparator == "<=" and token.kind == "N":
            _cap(work, number, before)
        elif token.figure.comparator != "<=":
            _floor(work, number, before[-1])


def _opening(work: Work, number: int) -> int:
    """Return the first of the words that lead to a bound (单个企业年度最高)."""
    first = number
    while first and work.tokens[first - 1].kind in "owvVaqt" and first - 1 not in work.used:
        first -= 1
    return first


def _cap(work: Work, number: int, before: Sequence[int]) -> None:
    group, first = before[-1], _opening(work, number)
    owners = [work.tokens[n].text for n in range(first, number) if work.tokens[n].kind in "ot"]
    if _respective_caps(work, number, group):
        return
    if any(one.cap is not None for one in work.awards[group]):
        _second_cap(work, first, number, owners)
        return
    if _over_all(work, number, group):
        _second_cap(work, first, number, owners)
        return
    figure = work.figure(number, "cap")
    spread = len(before) > 1 and work.segment(number) > work.awards_at[group][1]
    work.awards[group] = [
        replace(
            one, cap=figure, cap_per="".join(owners),
            certain=one.certain and figure.certain and not spread,
        )
        for one in work.awards[group]
    ]  # fmt: skip
    _close(work, group, first, number)


def _floor(work: Work, number: int, group: int) -> None:
    first = _opening(work, number)
    if not any(work.tokens[n].kind in "vVa" for n in range(first, number)):
        return
    figure = work.figure(number, "floor")
    work.awards[group] = [
        replace(one, floor=figure, certain=one.certain and figure.certain and one.floor is None)
        for one in work.awards[group]
    ]
    _close(work, group, first, number)


def _close(work: Work, group: int, first: int, number: int) -> None:
    """Use up a bound with the words around it, and let its award end there."""
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


def _over_all(work: Work, number: int, group: int) -> bool:
    """Tell whether a bound is above every fixed sum before it, so that it limits them together.

    So does a bound on a total (总额, 累计), and one bound behind several fixed sums.
    """
    figure = work.tokens[number].figure
    sums = [one.amount for one in work.awards[group] if one.mode == "定额"]
    return (
        figure is not None
        and len(sums) == len(work.awards[group])
        and all(one is not None and one.value < figure.value for one in sums)
        and (len(sums) > 1 or not any(one.per for one in work.awards[group]))
    )


def _second_cap(work: Work, first: int, number: int, owners: Sequence[str]) -> None:
    """Keep a further cap as a term: what it holds over is for a person to say."""
    figure = work.figure(number, "cap")
    span = work.span(first, number)
    work.terms.append(Term("上限", "".join(owners), span, work.text[slice(*span)], (figure,)))
    work.use(*range(first, number + 1))
    work.gap("上限及于哪些奖励须确认", first, number)


def share_cap(work: Work, found: re.Match[str]) -> bool:
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


def at_bound(figure: Figure, comparator: str) -> Figure:
    """Return the figure as a bound of that side."""
    return replace(figure, comparator=comparator)
