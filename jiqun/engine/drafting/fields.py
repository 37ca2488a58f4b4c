"""Splits what was read of a policy item into fields, one per key of a policy document.

A field is sure only where the clause that it comes from was read in full and the element itself is
certain: that is what the precision in ``benchmarks/drafting`` is measured of. Whatever a document
needs and no clause says (编号, 预算, 公平竞争审查 …) is a field too, empty and unsure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from jiqun.engine.drafting.elements import (
    Award,
    ClauseDraft,
    DocumentDraft,
    Figure,
    Span,
    Term,
)
from jiqun.engine.drafting.policy import OPEN, expression, figure_text

MANUAL = "人工核验"
UNREAD = "未读懂"
_BASE_OF_MATCH = "上级补助资金"
_MODES = {"定额": "定额", "比例": "比例", "每单位": "每单位", "配套": "上级配套"}
_STACKING = {"就高不重复": "就高不重复", "择优": "就高不重复", "可叠加": "可叠加", "补差": "补差"}
# What a document has to say beside its conditions and amounts, in its order.
HEAD = ("编号", "版本", "名称", "发文机关", "文号", "层级", "施行日期", "失效日期", "受益主体", "主题",
        "主管部门")  # fmt: skip
TAIL = ("申报窗口/起", "申报窗口/止",
        "互斥组", "叠加规则", "上限/每户", "上限/每年", "上限/累计", "预算/年度", "预算/总额", "预算/不足时",
        "资金分担", "拨付", "审批链", "公示期", "免申即享", "退回", "公平竞争审查/结论", "公平竞争审查/文号",
        "公平竞争审查/日期", "公平竞争审查/例外依据")  # fmt: skip
AMOUNT = ("方式", "基数", "金额", "比例", "单价", "每", "上限", "下限", "取整")
EXAMPLE = ("企业", "结论", "金额", "因", "缺", "日期")
TIER = ("条件", "起", "止", "金额", "比例", "上限")
# Fields that stand in every draft; the others where the text speaks of them.
ALWAYS = frozenset({*HEAD, "预算/年度", "预算/总额", "预算/不足时", "叠加规则", "免申即享",
                    "公平竞争审查/结论", "公平竞争审查/文号", "公平竞争审查/日期"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drafted:
    """One field of a draft.

    Attributes:
        key: path in the document: ``文号``, ``条件/c1``, ``金额/比例``, ``金额/分档/1/上限``.
        value: what was read, in the notation of policy documents; empty where nothing was.
        sure: whether it may be shown as read in full.
        manual: a condition that a person checks for each firm (人工核验).
        span, words: position in the document's text and the words there; None without source.
        clause: the clause that is cited for it.
    """

    key: str
    value: str = ""
    sure: bool = False
    manual: bool = False
    span: Span | None = None
    words: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class DraftedItem:
    """One policy item as fields in the order of a document."""

    name: str
    clause: str
    fields: tuple[Drafted, ...]


def drafted_items(document: DocumentDraft, dictionary: Collection[str]) -> tuple[DraftedItem, ...]:
    """Return one item per award, or list of respective ones, with all its fields.

    Args:
        document: what ``read_document`` gave.
        dictionary: names of the field dictionary; a condition on another name is unsure.
    """
    return tuple(
        DraftedItem(
            clause.heading or document.title, _where(clause),
            tuple(_fields(document, clause, item, dictionary)),
        )
        for clause in document.clauses
        for item in sorted({award.item for award in clause.awards})
    )  # fmt: skip


def _where(clause: ClauseDraft) -> str:
    return "".join(clause.path)


def _fields(
    document: DocumentDraft, clause: ClauseDraft, item: int, dictionary: Collection[str]
) -> Iterator[Drafted]:
    told = {one.key: one for one in _told(document, clause)}
    for key in HEAD:
        yield told.get(key) or Drafted(key)
    yield from _conditions(clause, item, dictionary)
    yield from _amounts(clause, [one for one in clause.awards if one.item == item], dictionary)
    for key in TAIL:
        if key in told or key in ALWAYS:
            yield told.get(key) or Drafted(key)
    for number, gap in enumerate(clause.gaps, start=1):
        yield Drafted(f"{UNREAD}/{number}", span=gap.span, words=gap.text, clause=gap.reason)


def _told(document: DocumentDraft, clause: ClauseDraft) -> Iterator[Drafted]:
    """What the head and the terms say; of two terms of a kind the clause's own comes last and counts."""
    yield Drafted("名称", clause.heading or document.title)
    yield Drafted("发文机关", document.issuer)
    yield Drafted("文号", document.number, sure=bool(document.number))
    own = {term.span for term in clause.terms}
    others = [one for one in document.terms if one.span not in own]
    for term in (*reversed(others), *reversed(clause.terms)):
        found = _of_term(term, _read_in_full(document, term.span))
        if found is not None:
            yield found


def _read_in_full(document: DocumentDraft, span: Span) -> bool:
    return any(
        one.status == "complete" and one.span[0] <= span[0] and span[1] <= one.span[1]
        for one in document.clauses
    )


def _of_term(term: Term, sure: bool) -> Drafted | None:  # noqa: FBT001 - of the clause around it
    if term.kind in {"施行日期", "失效日期"}:
        return Drafted(term.kind, term.value, sure=sure, span=term.span, words=term.text)
    if term.kind in {"主管部门", "资金分担", "拨付"}:
        return Drafted(term.kind, term.value, span=term.span, words=term.text)
    if term.kind == "互斥" and term.value in _STACKING:
        value = _STACKING[term.value]
        return Drafted("叠加规则", value, span=term.span, words=term.text)
    if term.kind == "预算" and term.figures:
        return Drafted("预算/总额", figure_text(term.figures[0]), span=term.span, words=term.text)
    if term.kind == "上限" and term.figures:
        key = "上限/每年" if "年" in term.value else "上限/累计"
        return Drafted(key, figure_text(term.figures[0]), span=term.span, words=term.text)
    return None


def _conditions(clause: ClauseDraft, item: int, dictionary: Collection[str]) -> Iterator[Drafted]:
    full, number = clause.status == "complete", 0
    for one in (one for one in clause.conditions if one.item == item):
        number += 1
        key, where = f"条件/c{number}", _where(clause)
        if one.manual:
            yield Drafted(key, one.text, full, True, one.span, one.text, where)
            continue
        text = expression(one)
        sure = full and one.certain and one.field in dictionary and OPEN not in text
        yield Drafted(key, text, sure, False, one.span, one.text, where)
        if one.event:
            number += 1
            said = one.event + one.text
            yield Drafted(f"条件/c{number}", said, full, True, one.span, one.text, where)


def _amounts(
    clause: ClauseDraft, awards: list[Award], dictionary: Collection[str]
) -> Iterator[Drafted]:
    full, where = clause.status == "complete", _where(clause)
    if len(awards) == 1:
        for key, value, sure, figure in _amount(awards[0], dictionary):
            span, words = _source(awards[0], figure)
            yield Drafted(f"金额/{key}", value, full and sure, False, span, words, where)
        return
    yield Drafted("金额/方式", "分档", full, False, awards[0].span, "", where)
    for number, award in enumerate(awards, start=1):
        case = " 且 ".join(expression(one) for one in award.tier)
        known = bool(case) and OPEN not in case and all(one.certain for one in award.tier)
        words = award.level or case
        path = f"金额/分档/{number}"
        yield Drafted(f"{path}/条件", case, full and known, False, award.span, words, where)
        for key, value, sure, figure in _amount(award, dictionary):
            if key in {"金额", "比例", "上限"}:
                span, words = _source(award, figure)
                yield Drafted(f"{path}/{key}", value, full and sure, False, span, words, where)


def _source(award: Award, figure: Figure | None) -> tuple[Span, str]:
    if figure is None:
        return award.span, award.base_text
    return figure.span, figure.text


Told = tuple[str, str, bool, Figure | None]


def _amount(award: Award, dictionary: Collection[str]) -> Iterator[Told]:
    """(key, value, sure, figure) of an award; a mode that documents do not have stays open."""
    mode = _MODES.get(award.mode, "")
    yield "方式", mode, bool(mode) and award.certain, None
    if award.rate is not None or mode in {"每单位", "上级配套"}:
        base = _BASE_OF_MATCH if mode == "上级配套" else award.base
        yield "基数", base, base in dictionary, None
    price = "单价" if mode == "每单位" else "金额"
    figures = (
        (price, award.amount), ("比例", award.rate), ("每", award.step), ("上限", award.cap), ("下限", award.floor),
    )  # fmt: skip
    for key, figure in figures:
        if figure is not None:
            yield key, figure_text(figure), award.certain and figure.certain, figure
    if mode == "每单位" and award.step is None:
        yield "每", "", False, None
    if award.cap is None and mode in {"比例", "每单位", "上级配套"}:
        yield "上限", "", False, None
