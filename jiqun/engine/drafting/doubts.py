"""What keeps a clause from being complete although all its words were read: it may mean more.

Each rule stands for a way in which a clause that looked complete was wrong (benchmarks/drafting).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from jiqun.engine.drafting.elements import Award, Condition, Figure, Gap, Span, Term

_LONGEST_UNIT = 4  # 每平方米; longer ones may have swallowed other words
_QUOTES = re.compile("[“”]")
_CASE = re.compile(
    r"国家|省|市|县|区|州|自治|国际|部级|首次|初次|重新|新|[一二三四五特]等|[一二三四五六七八九1-9]级|[一二三四五六]星|[1-6]A|[甲乙丙丁]级|[<>]"
)
# Words by which somebody gives or forgoes something.
_GIVEN = re.compile(r"给|予|奖|补|贴|资助|扶持|支持|支付|发放|拨|返|减|免|配套|津贴|兑现|享受|激励")
_PAID = re.compile(
    r"(?:给予|予以|进行|发放|一次性).{0,12}(?:奖|补|贴|资助)|(?:奖励|补助|补贴|奖补|资助)$"
)
_WHOM = re.compile(r"^(?:对|凡|经|在)|[的者]")
_EACH = re.compile(r"每(?!年|月|季)")
_FORCE = re.compile(r"起(?:正式)?(?:施行|实施|执行|生效)")


def doubts(
    text: str,
    within: Span,
    *,
    conditions: Sequence[Condition],
    awards: Sequence[Award],
    figures: Sequence[Figure],
    terms: Sequence[Term],
) -> list[Gap]:
    """Return the gaps of a clause that only the whole of it shows.

    Args:
        text: the document in half width; spans are positions in it.
        within: where the clause stands.
        conditions: those of its awards.
        awards: sums, rates, caps.
        figures: every number.
        terms: what holds for all of it.
    """
    return [
        *_cases(text, conditions, awards),
        *_units(awards),
        *_giving(text, within, awards, figures),
        *_kept(conditions, awards),
        *_in_force(text, within, terms),
    ]


def _gap(reason: str, text: str, start: int, end: int) -> Gap:
    return Gap(reason, (start, end), text[start:end])


def _cases(text: str, conditions: Sequence[Condition], awards: Sequence[Award]) -> Iterator[Gap]:
    """Several awards each need a case of a closed list, a tier, or whom it is for in a clause of its own.

    A bare name before a sum (实训基地,每个补助6万元) is a case in free words: read, not taken for sure.
    """
    bare = [one for one in awards if not (one.tier or _CASE.match(one.level))]
    if len(awards) < 2 or not bare:
        return
    shared = Counter(one.item for one in awards)
    told = {one.item for one in conditions if not one.manual or _WHOM.search(one.text)}
    if any(shared[one.item] > 1 or one.item not in told for one in bare):
        yield _gap("金额与情形的对应须确认", text, awards[0].span[0], awards[-1].span[1])


def _units(awards: Sequence[Award]) -> Iterator[Gap]:
    for one in awards:
        if one.per.startswith("每") and len(one.per) > _LONGEST_UNIT:
            yield Gap("计量单位须确认", one.span, one.per)


def _giving(
    text: str, within: Span, awards: Sequence[Award], figures: Sequence[Figure]
) -> Iterator[Gap]:
    """A sum that nobody gives is a price; one that is given and was read as a limit was misread."""
    said = text[slice(*within)].rstrip("。;,.")
    if awards and not _GIVEN.search(said):
        yield _gap("没有写明给予或减免", text, *awards[0].span)
    if not awards and figures and _PAID.search(said):
        yield Gap("写有奖补，没有读出金额", figures[0].span, figures[0].text)


def _kept(conditions: Sequence[Condition], awards: Sequence[Award]) -> Iterator[Gap]:
    """Words kept for a person: quoted ones may be a status or law, 每 may be what a sum goes by."""
    for one in conditions:
        if one.manual and _QUOTES.search(one.text):
            yield Gap("引号内的文字须确认", one.span, one.text)
        elif one.manual and awards and _EACH.search(one.text):
            yield Gap("每…没有读懂", one.span, one.text)


def _in_force(text: str, within: Span, terms: Sequence[Term]) -> Iterator[Gap]:
    """When a text takes effect must be read where it is said."""
    said = _FORCE.search(text, *within)
    if said and not any(one.kind == "施行日期" for one in terms):
        yield _gap("施行日期没有读出", text, *said.span())
