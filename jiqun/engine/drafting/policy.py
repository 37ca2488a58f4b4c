"""Writes drafts of policy documents: one text per policy item, with the proof beside each line.

The text has the shape of a policy document of this project (strict YAML, every scalar a string).
It is only text: nothing here evaluates it, and ``待确认`` stands wherever a person has to decide.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from jiqun.engine.drafting.elements import (
    Award,
    ClauseDraft,
    Condition,
    DocumentDraft,
    Figure,
    Span,
    Term,
)

OPEN = "待确认"
_MONEY = ((10**10, "亿元"), (10**6, "万元"), (100, "元"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the draft and the words that prove it; no span where a person has to fill it in."""

    text: str
    span: Span | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """The draft of one policy item.

    ``status`` is that of its clause; ``lines`` are the text line by line, each with its span in
    the document, so that a page can show the source beside the field.
    """

    name: str
    status: str
    clause: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """Return the document: each line followed by a comment with its source."""
        return "\n".join(map(_with_source, self.lines)) + "\n"


def _with_source(line: Line) -> str:
    if line.span is None:
        return line.text
    shown = " ".join(line.words.split())
    return f"{line.text}  # [{line.span[0]},{line.span[1]}) {shown}"


def draft_policy(document: DocumentDraft, dictionary: Collection[str]) -> tuple[PolicyDraft, ...]:
    """Return one draft per policy item: an award, or a list of respective ones, with its conditions.

    Clauses without an award (scope, dates, exclusion, offices) give their terms to every item.
    """
    drafts: list[PolicyDraft] = []
    for clause in document.clauses:
        for item in sorted({award.item for award in clause.awards}):
            name = clause.heading or document.title or OPEN
            lines = tuple(_lines(document, clause, item=item, dictionary=dictionary))
            drafts.append(PolicyDraft(name, clause.status, _where(clause), lines))
    return tuple(drafts)


def _where(clause: ClauseDraft) -> str:
    return "".join(clause.path) or OPEN


def _lines(
    document: DocumentDraft, clause: ClauseDraft, *, item: int, dictionary: Collection[str]
) -> Iterable[Line]:
    yield Line(f"编号: {_quoted(OPEN)}")
    yield Line(f"名称: {_quoted(clause.heading or document.title or OPEN)}")
    yield Line(f"文号: {_quoted(document.number or OPEN)}")
    yield Line(f"发文机关: {_quoted(document.issuer or OPEN)}")
    terms = _terms(document, clause)
    yield from _dates(terms)
    yield Line(f"受益主体: {_quoted(OPEN)}")
    yield from _conditions(clause, item, dictionary)
    yield from _awards([award for award in clause.awards if award.item == item], dictionary)
    yield from _rules(terms)
    yield Line(f"免申即享: {_quoted('否')}")
    for gap in {(one.reason, one.text): one for one in reversed(clause.gaps)}.values():
        yield Line(f"# {OPEN}：{gap.reason}", gap.span, gap.text)


def _terms(document: DocumentDraft, clause: ClauseDraft) -> list[Term]:
    own = {term.span for term in clause.terms}
    return [*clause.terms, *(term for term in document.terms if term.span not in own)]


def _dates(terms: Iterable[Term]) -> Iterable[Line]:
    told = {term.kind: term for term in reversed(list(terms))}
    for kind in ("施行日期", "失效日期"):
        term = told.get(kind)
        yield _line(kind, term.value, term) if term else Line(f"{kind}: {_quoted(OPEN)}")
    for kind in ("有效期", "申报窗口", "主管部门", "解释机关"):
        if kind in told:
            yield _line(kind, told[kind].value, told[kind])


def _line(key: str, value: str, term: Term) -> Line:
    return Line(f"{key}: {_quoted(value)}", term.span, term.text)


def _conditions(clause: ClauseDraft, item: int, dictionary: Collection[str]) -> Iterable[Line]:
    own = [one for one in clause.conditions if one.item == item]
    yield Line("条件:" if own else "条件: []")
    for number, one in enumerate(own, start=1):
        key = "人工核验" if one.manual else "表达式"
        text = one.text if one.manual else expression(one)
        known = one.manual or (one.certain and one.field in dictionary)
        note = "" if known else f", 状态: {_quoted(OPEN)}"
        body = f"编号: c{number}, {key}: {_quoted(text)}, 依据: {_quoted(_where(clause))}{note}"
        yield Line(f"  - {{{body}}}", one.span, one.text)
        if one.event:
            yield Line(
                f"  - {{编号: c{number}e, 人工核验: {_quoted(one.event + one.text)}}}",
                one.span,
                one.text,
            )


def expression(one: Condition) -> str:
    """Return a condition in the rule language; an unknown field or period reads 待确认."""
    field = one.field or OPEN
    if one.value is None:
        return field
    value = figure_text(one.value)
    if one.growth:
        return f"{field}[{one.period or OPEN}] 较 {field}[{OPEN}] 增长 {one.op} {value}"
    period = f"[{one.period or OPEN}]"
    if one.share_of:
        return f"{field}{period} / {one.share_of}{period} {one.op} {value}"
    return f"{field}{period} {one.op} {value}"


def _awards(awards: list[Award], dictionary: Collection[str]) -> Iterable[Line]:
    tiers = len(awards) > 1
    yield Line("金额:")
    if not tiers:
        yield from _award(awards[0], dictionary, indent="  ")
        return
    yield Line('  方式: "分档"')
    yield Line("  分档:")
    for award in awards:
        case = " 且 ".join(expression(one) for one in award.tier) or award.level or OPEN
        key = "条件" if award.tier else "人工核验"
        yield Line(f"    - {key}: {_quoted(case)}", award.span, case)
        yield from _award(award, dictionary, indent="      ")


def _award(award: Award, dictionary: Collection[str], *, indent: str) -> Iterable[Line]:
    mode = OPEN if award.mode == "待定" or not award.certain else award.mode
    yield Line(f"{indent}方式: {_quoted(mode)}", award.span, award.base_text or award.level)
    if award.rate is not None or award.step is not None:
        base = award.base if award.base in dictionary or award.base == "上级补助资金" else OPEN
        yield Line(f"{indent}基数: {_quoted(base)}", award.span, award.base_text)
    named = (
        ("金额", award.amount), ("比例", award.rate), ("每", award.step), ("上限", award.cap), ("下限", award.floor),
    )  # fmt: skip
    for key, figure in named:
        if figure is not None:
            yield Line(f"{indent}{key}: {_quoted(figure_text(figure))}", figure.span, figure.text)
    for key, told in (("单位", award.per), ("上限口径", award.cap_per)):
        if told:
            yield Line(f"{indent}{key}: {_quoted(told)}")
    if award.cap is None and award.rate is not None:
        yield Line(f"{indent}上限: {_quoted(OPEN)}")


def _rules(terms: Iterable[Term]) -> Iterable[Line]:
    keys = {
        "互斥": "叠加规则",
        "资金分担": "资金分担",
        "拨付": "拨付",
        "预算": "预算",
        "上限": "上限",
    }
    seen: set[str] = set()
    for term in terms:
        if term.kind == "标记" or (term.kind in keys and keys[term.kind] in seen):
            yield Line(f"# {OPEN}：{term.value}", term.span, term.text)
        elif term.kind in keys:
            value = term.value
            if term.figures and term.kind in {"上限", "预算"}:
                value = f"{term.figures[0].comparator} {figure_text(term.figures[0])} {term.value}".strip()
            seen.add(keys[term.kind])
            yield _line(keys[term.kind], value, term)


def figure_text(figure: Figure) -> str:
    """Return a figure in the notation of policy documents, exactly: 2000万元, 3%, 12月."""
    if figure.kind == "money":
        for weight, unit in _MONEY:
            if abs(figure.value) >= weight:
                return _decimal(Fraction(figure.value) / weight) + unit
        return _decimal(Fraction(figure.value) / 100) + "元"
    if figure.kind in {"ratio", "points", "split"}:
        unit = "个百分点" if figure.kind == "points" else "%"
        return _decimal(Fraction(figure.value) * 100) + unit
    return _decimal(Fraction(figure.value)) + figure.unit


def _decimal(value: Fraction) -> str:
    """Return a finite decimal, or the fraction where there is none."""
    for places in range(9):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = f"{scaled.numerator:0{places + 1}d}"
            return digits if not places else f"{digits[:-places]}.{digits[-places:]}"
    return f"{value.numerator}/{value.denominator}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
