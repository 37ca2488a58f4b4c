"""A firm's sheets: every figure with its source, accept or object; and the result in publicity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, link, note, press, show, table
from jiqun.core.pages import download, page, viewer
from jiqun.core.papers import offer
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.land.batch.documents import sheet_file
from jiqun.modules.land.batch.figures import label_of, shown_value
from jiqun.modules.land.batch.firm.actions import (
    accept_sheet,
    may_accept_sheet,
    object_result,
    object_sheet,
)
from jiqun.modules.land.batch.measures.actions import add_waiver, may_add_waiver
from jiqun.modules.land.batch.objections.actions import may_object_for, object_for
from jiqun.modules.land.batch.selectors import (
    grade_of,
    measures_for,
    objections_of,
    own_sheets,
    steps_of,
    the_sheet,
)
from jiqun.modules.land.batch.tables import ANSWERS, STATE_WORDS
from jiqun.modules.land.evaluation.shown import grade_words, holder_words
from jiqun.modules.land.models import Batch, Objection, Sheet
from jiqun.modules.land.pages import forms
from jiqun.modules.land.pages.objections import LIST as OBJECTIONS
from jiqun.modules.land.pages.objections import objection_row
from jiqun.modules.land.pages.results import MEASURES, shown_measures
from jiqun.modules.land.pages.steps import STEPS, step_rows
from jiqun.modules.land.states.batch import ANNOUNCED, STATES, State

ANSWER_BADGES = {
    "waiting": "warning",
    "accepted": "good",
    "objected": "warning",
    "no_answer": "undisclosed",
}
LIST = (
    Field("year", "数据年度", "Year", link="href"), Field("state", "批次状态", "Batch", "words", words=STATE_WORDS),
    Field("answer", "本企业答复", "Answer", "words", words=ANSWERS),
    Field("until", "核对截止", "Confirm until", "date"),
    Field("key", "确认单", "Sheet"),
)  # fmt: skip
FIGURES = (
    Field("input", "数据项", "Figure"), Field("value", "数值", "Value"), Field("source", "来源", "Source"),
    Field("as_of", "数据日期", "As of", "date"), Field("holder", "一般由谁掌握", "Usually held by"),
    Field("corrected", "核实后", "After objections"),
)  # fmt: skip
OWN_MEASURES = tuple(one for one in MEASURES if one.name != "name")
PUBLIC = frozenset({State.PUBLICITY, *ANNOUNCED})


@require_GET
@page
def mine(request: HttpRequest) -> HttpResponse:
    """Every sheet of the viewer's own firm."""
    who = viewer(request)
    if not who.has(Role.FIRM) or not who.firms:
        raise forbidden("核对企业的亩均评价数据", "confirm a firm's per-mu figures")
    rows = [
        {"year": str(one.batch.year), "href": reverse("land-sheet", args=[one.key]), "state": one.batch.state,
         "state_badge": STATES[State(one.batch.state)].badge, "answer": one.answer,
         "answer_badge": ANSWER_BADGES[one.answer], "until": one.batch.answer_until, "key": one.key}
        for one in own_sheets(who)
    ]  # fmt: skip
    return show(
        request, ("亩均评价数据确认", "Confirm per-mu figures"),
        lede=pick("每个数都可以核对来源、认可或提出异议；没有答复不视为认可。",
                  "Each figure with its source can be accepted or objected to; silence is not acceptance."),
        links=[link(("我的亩均评价", "My evaluation"), reverse("land-own"))],
        parts=[table(("确认单", "Sheets"), LIST, rows, ("还没有收到确认单。", "No sheet yet."))],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def sheet(request: HttpRequest, sheet: str) -> HttpResponse:
    """One sheet: for its firm to answer; for officials with a purpose to look at."""
    who = viewer(request)
    one = the_sheet(who, sheet)
    refusal, sent = None, request.POST
    if request.method == "POST":
        verbs: dict[str, Callable[[], object]] = {
            "accept": lambda: accept_sheet(viewer=who, sheet=one),
            "object": lambda: object_sheet(viewer=who, sheet=one, claims=forms.claims_of(one, sent)),
            "result": lambda: object_result(viewer=who, sheet=one, claim=forms.result_claim(sent)),
            "behalf": lambda: object_for(viewer=who, sheet=one, claim=forms.result_claim(sent)),
            "waive": lambda: add_waiver(
                viewer=who, sheet=one, decision=forms.said(sent, "decision"),
                commitment=forms.said(sent, "commitment"), until=forms.day_of(sent, "until"),
            ),
        }  # fmt: skip
        refusal = press(request, verbs)
        if refusal is None:
            return redirect("land-sheet", one.key)
    batch, state = one.batch, State(one.batch.state)
    grade = grade_of(one) if state in PUBLIC else ""
    words = (
        ("等级", "Grade")
        if batch.official
        else ("公示等级（测算稿）", "Grade in publicity (a calculation)")
    )
    back = (
        link(("批次", "Batch"), reverse("land-batch", args=[batch.key]))
        if who.official
        else link(("亩均评价数据确认", "Confirm per-mu figures"), reverse("land-mine"))
    )
    met = measures_for(who, [batch], one.firm)
    links = [link(("打印（PDF）", "Print (PDF)"), reverse("land-sheet-file", args=[one.key]))]
    if met:
        words = ("差别化措施通知（PDF）", "Notice of measures (PDF)")
        links.append(link(words, reverse("land-sheet-measures", args=[one.key])))
    return show(
        request, (f"{one.firm_name} 数据确认单", f"Sheet of {one.firm_name}"), small=one.key, refusal=refusal,
        crumb=back, links=links,
        facts=[
            (pick("数据年度", "Year of the data"), str(batch.year)),
            (pick("批次状态", "State of the batch"), pick(STATES[state].zh, STATES[state].en)),
            (pick("核对截止", "Confirm until"), str(batch.answer_until or "")),
            (pick("答复", "Answer"), pick(*ANSWERS[one.answer])),
            *([(pick(*words), grade_words(grade))] if grade else []),
        ],
        parts=[*_measures(met), *_parts(who, one, sent if refusal else None)],
    )  # fmt: skip


def _measures(rows: list[dict[str, Any]]) -> list[Part]:
    words = ("适用的差别化措施", "Measures that apply")
    return [table(words, OWN_MEASURES, shown_measures(rows))] if rows else []


def _parts(who: Viewer, one: Sheet, sent: Any) -> list[Part]:
    found = objections_of(who, one.batch, one.firm)
    parts: list[Part] = [
        table(("评价所用数据", "The figures"), FIGURES, _figures(one, found), hint=(
            "标“缺”的数据不按零计算。", "What is missing does not count as zero.",
        )),
        *_forms(who, one, sent),
    ]  # fmt: skip
    if found:
        rows = [objection_row(each) for each in found]
        parts.append(table(("异议", "Objections"), OBJECTIONS, rows))
    return [
        *parts,
        table(("办理记录", "What was done"), STEPS, step_rows(steps_of(who, one.batch, one.firm))),
    ]


def _figures(one: Sheet, objections: list[Objection]) -> list[dict[str, Any]]:
    right = {
        each.field: each.decided for each in objections if each.state == Objection.State.UPHELD
    }
    return [
        {"input": pick(*label_of(each["name"])), "value": shown_value(each["name"], each["value"]),
         "source": each["source"] or None, "as_of": each["as_of"] or None, "holder": holder_words(each["name"]),
         "corrected": shown_value(each["name"], right[each["name"]]) if each["name"] in right else "—"}
        for each in one.figures
    ]  # fmt: skip


def _forms(who: Viewer, one: Sheet, sent: Any) -> list[Part]:
    batch, today, found = one.batch, timezone.localdate(), list[Part]()
    own = may_accept_sheet(who, one)
    if batch.state == State.CONFIRMING and own:
        found += _answering(who, one, _in_time(batch, today), sent)
    if batch.state == State.PUBLICITY and (own or may_object_for(who, one)):
        verb = "result" if own else "behalf"
        words = (
            ("提出异议", "Object") if own else ("代为登记异议", "Enter an objection for somebody")
        )
        found.append(ask(words, [(verb, words)], offer(forms.result_form(one, sent), who), (
            "公示期内可以对数据或其他事项提出异议，写明理由和证明材料编号。",
            "While the result is in publicity a figure or another matter can be objected to, with reason and document.",
        )))  # fmt: skip
    if batch.state in ANNOUNCED and batch.state != State.CLOSED and may_add_waiver(who, one):
        words = ("登记暂缓措施的决定", "Enter a decision that suspends measures")
        found.append(ask(words, [("waive", words)], forms.waiver_form(sent), (
            "暂缓只停措施，不改等级。", "It suspends measures and leaves the grade.",
        )))  # fmt: skip
    return found


def _in_time(batch: Batch, today: Any) -> bool:
    return batch.answer_until is not None and batch.answer_until >= today


def _answering(who: Viewer, one: Sheet, in_time: bool, sent: Any) -> list[Part]:  # noqa: FBT001 - a fact of the page
    if not in_time:
        return [note(("核对期已过。公示期内可以对结果提出异议。",
                      "The term is over. The result can be objected to while it is in publicity."))]  # fmt: skip
    found: list[Part] = []
    if one.answer == Sheet.Answer.WAITING:
        found.append(ask(("全部认可", "Accept all"), [("accept", ("全部认可", "Accept all"))], None,
                         ("以上每个数都认可。", "Every figure above is right.")))  # fmt: skip
    found.append(ask(("逐项异议", "Object to single figures"), [("object", ("提交异议", "Send the objections"))],
                     offer(forms.sheet_form(one, sent), who),
                     ("只填有异议的数据项：应为数值、理由、证明材料编号；填“证明材料”里的编号即为提交原件。",
                      ("Fill in what is wrong only: value, reason, number of the document; a number of “Papers” "
                       "hands the document in."))))  # fmt: skip
    return found


@require_GET
@page
def sheet_pdf(request: HttpRequest, sheet: str) -> HttpResponse:
    """一企一单 of a batch, printed."""
    one = the_sheet(viewer(request), sheet)
    made = sheet_file(one, synthetic=is_synthetic(store()))
    return download(pdf(made), f"{one.key}-一企一单.pdf", "application/pdf")
