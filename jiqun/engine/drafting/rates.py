"""Awards that are a share: of a field, of a sum from above, or of a base that is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from jiqun.engine.drafting import words
from jiqun.engine.drafting.caps import is_upper, keep, listed, share_cap
from jiqun.engine.drafting.elements import Award, Figure
from jiqun.engine.drafting.work import Work

_BASED = re.compile(r"y(?P<base>[^,.yvVMNRQCDS_]{0,9}?)(?P<n>[R](?:k[R])*)(?![wa]{0,2}s)")
_PLAIN_RATE = re.compile(r"(?P<base>f)w{0,2}(?P<n>R(?:kR)*)")
_GIVEN_RATE = re.compile(r"[vV][wqo]{0,3}(?P<base>[xf][wxf]{0,4}?)?(?P<n>[RQ])")
_MATCH = re.compile(r"(?P<base>[^,.y_]{0,8}?)[yw]{0,2}(?P<n>S)[w]{0,2}[vVa]")
_UPSTREAM = re.compile(
    r"(?:国家|中央|省|市|上级)[^,。;]{0,8}?(?:补助|奖励|奖补|扶持|支持|资助|补贴|资金)(?:金额|额度|资金|额)?"
)
# Verbs of paying out: a share behind them is an instalment, not a rate.
_PAYING = {"拨付", "兑现", "发放", "享受"}


def read_rates(work: Work) -> None:
    """Read matching (1:1配套) and shares of a base (设备投资额的10%)."""
    for found in work.find(_MATCH):
        _match(work, found)
    for rule in (_BASED, _PLAIN_RATE, _GIVEN_RATE):
        for found in work.find(rule):
            _rate(work, found)


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
    keep(work, [award], first, number)


def _rate(work: Work, found: re.Match[str]) -> None:
    """按设备投资额的10%: a share of a field; 50%、30% one award each."""
    if found.re is _GIVEN_RATE and work.tokens[found.start()].text in _PAYING:
        return
    if found.re is _PLAIN_RATE and share_cap(work, found):
        return
    span = range(found.start("n"), found.end("n"))
    numbers = listed(work, [n for n in span if work.tokens[n].kind in "RQ"])
    if work.tokens[numbers[0]].kind == "Q" and not is_upper(work, numbers[0]):
        return
    fields, text, exact = _base(work, found)
    phrase = work.tokens[fields[-1]].phrase if len(fields) == 1 else None
    upstream = _UPSTREAM.fullmatch(text.lstrip("其所获得的"))
    limited = _limits(work, found)
    ranged = any(work.tokens[n].joined.startswith("range") for n in numbers)
    named = not text.startswith("其") or len(text) == 1 or upstream is not None
    sure = not ranged and named and (exact or upstream is not None)
    mode = "配套" if upstream else "比例"
    base = "上级补助资金" if upstream else phrase.field if phrase else ""
    awards: list[Award] = []
    for number in numbers:
        rate = _limited(work.figure(number, "rate"), limited)
        spot = work.span(found.start(), number)
        awards.append(
            Award(mode, spot, rate=rate, base=base, base_text=text, certain=sure and rate.certain)
        )
    work.use(*range(found.start(), numbers[-1] + 1), *fields, *limited)
    keep(work, awards, found.start(), numbers[-1])


def _base(work: Work, found: re.Match[str]) -> tuple[list[int], str, bool]:
    """Return the fields in the words of the base, the words, and whether they say nothing more.

    A rate without words of its own (对设备投资额，按10%) is of the field named just before it.
    """
    span = range(found.start("base"), found.end("base")) if found["base"] else range(0)
    fields = [n for n in span if work.tokens[n].kind == "f"]
    text = work.words(span[0], span[-1]).strip("的") if len(span) else ""
    exact = all(work.tokens[n].kind in "fwta" for n in span)
    if not fields and not text.strip("其"):
        near = range(work.segment(found.start()), found.start())
        fields = [n for n in near if work.tokens[n].kind == "f"][-1:]
        text = work.words(fields[0], fields[0]) if fields else ""
    return fields, text, exact


def _limits(work: Work, found: re.Match[str]) -> list[int]:
    """Return the comparators that make the rate a most (不超过实际投入的30%)."""
    near = [*range(found.start("base"), found.end("base"))] if found["base"] else []
    near += [*range(max(0, found.start() - 1), found.start())]
    return [n for n in near if words.BEFORE.get(work.tokens[n].text) == "<="]


def _limited(rate: Figure, limits: Sequence[int]) -> Figure:
    if limits:
        return replace(rate, comparator="<=", certain=False)
    return rate if rate.comparator == "=" else replace(rate, certain=False)
