"""Reads clauses: Chinese policy text to draft elements, abstaining where the words leave a doubt.

A clause is complete only if every number, comparator and money phrase is inside an element, every
field is in the dictionary, and nothing is uncertain. What is not understood is listed with its
span. What it reads rightly is measured in benchmarks/drafting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from jiqun.engine.drafting.awards import read_awards
from jiqun.engine.drafting.clauses import Clause, read_head, split_clauses
from jiqun.engine.drafting.compact import compact, moved
from jiqun.engine.drafting.conditions import inherit, read_conditions, read_loose
from jiqun.engine.drafting.doubts import doubts
from jiqun.engine.drafting.elements import (
    Award,
    ClauseDraft,
    Condition,
    DocumentDraft,
    Figure,
    Gap,
    Term,
)
from jiqun.engine.drafting.leftovers import read_leftovers, stray_dates, stray_numerals
from jiqun.engine.drafting.lists import match_lists
from jiqun.engine.drafting.numbers import plain, quantities
from jiqun.engine.drafting.terms import read_terms, unsettled
from jiqun.engine.drafting.tokens import Lexicon, Token, scan
from jiqun.engine.drafting.work import Work

# Characters. The longest of the labelled clauses has 763; the work grows with the square.
LONGEST_CLAUSE = 4000
# Openings of an inclusion mark that repeats its number: (不含50亿元).
_REPEATS = ("(含", "(不含", "(包括", "(不包括", "(包含", "(不包含")
_WHOLE = {
    "施行日期",
    "失效日期",
    "有效期",
    "解释机关",
    "申报窗口",
    "预算",
    "互斥",
    "资金分担",
    "拨付",
}


@dataclass(slots=True)
class _Found:
    figures: list[Figure]
    conditions: list[Condition]
    awards: list[Award]
    gaps: list[Gap]
    terms: list[Term]


def read_document(
    text: str,
    *,
    lexicon: Lexicon,
    fields: Collection[str],
    title: str = "",
    number: str = "",
    date: str = "",
    issuer: str = "",
) -> DocumentDraft:
    """Return the clauses of a document with their draft elements.

    Args:
        text: the document; spans of the result are positions in it.
        lexicon: phrases of the text and the fields they name.
        fields: names in the field dictionary; a field outside it makes a clause partial.
        title: title, where it is known from elsewhere; else it is looked for.
        number: document number (文号), likewise.
        date: date of the document as YYYY-MM-DD, likewise.
        issuer: office that issued it; it is not looked for.
    """
    even, places = compact(plain(text))
    head = read_head(even, title=title, number=number, date=date)
    clauses = tuple(
        moved(_read_clause(even, one, lexicon=lexicon, fields=fields), places)
        for one in split_clauses(even)
    )
    whole = tuple(
        term for one in clauses if not one.awards for term in one.terms if term.kind in _WHOLE
    )
    return DocumentDraft(head.title, head.number, issuer, head.date, clauses, whole)


def read_clause(text: str, *, lexicon: Lexicon, fields: Collection[str]) -> ClauseDraft:
    """Return what a text says that is one clause, with or without its label.

    The text may be in full width and have spaces inside words; every figure appears exactly once
    in ``figures``, and spans are positions in the text as it was given.
    """
    even, places = compact(plain(text))
    single = split_clauses(even)
    where = single[0] if len(single) == 1 else Clause((), "", 0, len(even))
    return moved(_read_clause(even, where, lexicon=lexicon, fields=fields), places)


def _read_clause(
    even: str, where: Clause, *, lexicon: Lexicon, fields: Collection[str]
) -> ClauseDraft:
    if where.end - where.start > LONGEST_CLAUSE:
        return _left(even, where)
    numbers = quantities(even[where.start : where.end])
    shifted = [
        replace(one, start=one.start + where.start, end=one.end + where.start) for one in numbers
    ]
    tokens = scan(even, where.start, where.end, numbers=shifted, lexicon=lexicon)
    bounded = [token.figure for token in tokens if token.figure]
    terms, used = read_terms(even, where.start, where.end, bounded)
    found = _Found([one for term in terms for one in term.figures], [], [], [], list(terms))
    for sentence in _sentences(tokens, used):
        _read(even, sentence, found)
    seen = {one.span for one in found.figures}
    found.figures.extend(
        Figure(one.kind, one.value, one.unit, "=", (one.start, one.end), one.text, "period")
        for one in shifted
        if (one.start, one.end) not in seen and not even[: one.start].endswith(_REPEATS)
    )
    found.gaps.extend(stray_numerals(even, where.start, where.end, shifted))
    kept = [one.span for one in found.terms] + [one.span for one in found.conditions if one.manual]
    found.gaps.extend(stray_dates(even, where.start, where.end, kept))
    found.awards[:] = _inherit_base(found.awards)
    _check(found, fields)
    found.gaps.extend(
        doubts(
            even,
            (where.start, where.end),
            conditions=found.conditions,
            awards=found.awards,
            figures=found.figures,
            terms=found.terms,
        )
    )
    found.gaps.extend(Gap("未写明，须确认", one.span, one.text) for one in unsettled(found.terms))
    status = _status(found, found.terms)
    return ClauseDraft(
        where.path, where.heading, (where.start, where.end), even[where.start : where.end], status,
        tuple(sorted(found.figures, key=lambda one: one.span)), tuple(found.conditions),
        tuple(found.awards), tuple(sorted(found.terms, key=lambda one: one.span)),
        tuple(sorted(found.gaps, key=lambda one: one.span)),
    )  # fmt: skip


def _left(even: str, where: Clause) -> ClauseDraft:
    """Leave a clause to a person that is longer than any that was ever measured."""
    span = (where.start, where.end)
    gap = Gap("一条过长，请按条款分段后再读", span, even[slice(*span)])
    return ClauseDraft(where.path, where.heading, span, gap.text, "unparsed", gaps=(gap,))


def _sentences(tokens: Sequence[Token], used: Sequence[tuple[int, int]]) -> list[list[Token]]:
    """Cut at sentence ends; a term that was read becomes a comma."""
    sentences: list[list[Token]] = [[]]
    for token in tokens:
        if any(start < token.end and token.start < end for start, end in used):
            if token.kind == "." or (sentences[-1] and sentences[-1][-1].kind == ","):
                continue
            sentences[-1].append(Token(",", token.start, token.start, ""))
        elif token.kind == ".":
            sentences.append([])
        else:
            sentences[-1].append(token)
    return [one for one in sentences if any(token.kind != "," for token in one)]


def _only_a_cap(work: Work, found: _Found) -> bool:
    """Read a sentence that only caps what was said before (单个企业年度最高补贴50万元)."""
    numbers = list(work.figures())
    calm = all(token.kind in "owvVaqtN,hy" or token.text == "上述" for token in work.tokens)
    if len(numbers) != 1 or not calm or work.tokens[numbers[0]].kind != "N":
        return False
    figure = work.figure(numbers[0], "cap")
    if not figure.comparator.startswith("<"):
        return False
    span = (work.tokens[0].start, work.tokens[-1].end)
    owners = "".join(token.text for token in work.tokens if token.kind in "ot")
    items = {award.item for award in found.awards}
    free = all(award.cap is None for award in found.awards)
    if len(items) == 1 and free and not any(token.text == "上述" for token in work.tokens):
        found.awards[:] = [
            replace(one, cap=figure, cap_per=owners, certain=one.certain and figure.certain)
            for one in found.awards
        ]
    else:
        found.terms.append(Term("上限", owners, span, work.text[slice(*span)], (figure,)))
        found.gaps.append(Gap("上限及于哪些奖励须确认", span, work.text[slice(*span)]))
    found.figures.append(figure)
    return True


def _read(text: str, tokens: list[Token], found: _Found) -> None:
    work = Work(text, tokens)
    if found.awards and _only_a_cap(work, found):
        return
    read_conditions(work)
    inherit(work, found.conditions)
    read_awards(work)
    read_loose(work, found.conditions)
    match_lists(work)
    read_leftovers(work, earlier=len(found.awards))
    base = max([one.item for one in (*found.awards, *found.conditions)], default=-1) + 1
    items = _items(work, found)
    for number, group in enumerate(work.awards):
        found.awards.extend(replace(award, item=base + items[number]) for award in group)
    for condition, at in zip(work.conditions, work.conditions_at, strict=True):
        item = next(
            (n for n, (first, _) in enumerate(work.awards_at) if at < first), len(work.awards) - 1
        )
        found.conditions.append(replace(condition, item=base + (items[item] if items else 0)))
    found.gaps.extend(work.gaps)
    found.terms.extend(work.terms)
    for number in work.figures():
        figure = work.tokens[number].figure
        if figure is not None:
            found.figures.append(_as_read(work, number, figure))


def _items(work: Work, found: _Found) -> list[int]:
    """Return the item of each award: one that names no case of its own shares that before it.

    Where a whole sentence names none and follows another, whom it is for is not certain.
    """
    items: list[int] = []
    last = -1
    for number, (first, end) in enumerate(work.awards_at):
        own = any(last < at < first or at in range(first, end + 1) for at in work.conditions_at)
        if number == 0 and not own and (found.awards or found.conditions):
            work.gap("与前句的关系不明", first, end)
        items.append(items[-1] + bool(own) if items else 0)
        last = end
    return items


def _as_read(work: Work, number: int, figure: Figure) -> Figure:
    """Return a figure as its element holds it: a list's members share one comparator."""
    held = [one.value for one in work.conditions if one.value]
    for group in work.awards:
        for award in group:
            held += [one.value for one in award.tier if one.value]
            held += [
                one for one in (award.amount, award.rate, award.cap, award.floor, award.step) if one
            ]
    held += [one for term in work.terms for one in term.figures]
    same = next((one for one in held if one.span == figure.span), None)
    return same or replace(figure, role=work.roles.get(number, ""))


def _inherit_base(awards: list[Award]) -> list[Award]:
    """Offer the base of the award before to a rate that names none; it is not certain."""
    base, result = "", list[Award]()
    for award in awards:
        lacks = award.mode == "比例" and not award.base and not award.base_text
        result.append(replace(award, base=base, certain=False) if lacks and base else award)
        base = result[-1].base if award.mode == "比例" else base
    return result


def _check(found: _Found, fields: Collection[str]) -> None:
    for one in found.conditions:
        if one.manual:
            continue
        for name in filter(None, (one.field, one.share_of)):
            if name not in fields:
                found.gaps.append(Gap(f"字段未知：{name}", one.span, one.text))
        if not one.field:
            found.gaps.append(Gap("条件没有字段", one.span, one.text))
        if not one.certain:
            found.gaps.append(Gap("条件有两种读法", one.span, one.text))
    for award in found.awards:
        if not award.certain:
            found.gaps.append(Gap("金额有两种读法", award.span, award.base_text or award.level))
        needs = award.rate is not None or award.step is not None
        if needs and award.base not in {*fields, "上级补助资金"}:
            found.gaps.append(Gap("基数未知", award.span, award.base_text))


def _status(found: _Found, terms: Sequence[Term]) -> str:
    if not (found.figures or found.awards):
        settled = any(term.kind != "标记" for term in terms)
        return "complete" if settled and not found.gaps else "text" if not found.gaps else "partial"
    if not found.gaps and all(one.role for one in found.figures):
        return "complete"
    elements = found.awards or found.conditions or [t for t in terms if t.kind != "标记"]
    return "partial" if elements else "unparsed"
