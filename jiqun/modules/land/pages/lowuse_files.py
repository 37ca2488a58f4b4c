"""一地一档: one parcel's file, what its office may do with it, what its firm has to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiqun.core.access import Viewer
from jiqun.core.frame import Part, ask, figure, link, press, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.papers import offer, papers_part
from jiqun.core.tabular import Field, pick
from jiqun.masters.offices import serves
from jiqun.modules.land.lowuse import actions as verbs
from jiqun.modules.land.lowuse.cases import entries_of, the_file
from jiqun.modules.land.lowuse.forms import (
    given_day,
    given_fen,
    given_number,
    noted_form,
    plan_form,
    result_form,
    words_form,
)
from jiqun.modules.land.lowuse.shown import (
    ENTRIES,
    entry_row,
    number_words,
    tool_words,
    trace_rows,
)
from jiqun.modules.land.lowuse.words import FEN_PER_WAN, M2_PER_MU
from jiqun.modules.land.matters import LOWUSE
from jiqun.modules.land.models import LandFile
from jiqun.modules.land.states.lowuse import STATES, TABLE, Event, State

Step = tuple[Event, tuple[str, str], list[tuple[str, tuple[str, str]]], Callable[[Any], forms.Form]]
TRACE = (
    Field("reason", "条件", "Criterion"), Field("fact", "事实", "Fact"), Field("value", "取值", "Value"),
    Field("source", "来源", "Source"), Field("as_of", "数据日期", "As of"),
)  # fmt: skip
# What the office may do: (event that the state must allow, title, buttons, form).
STEPS: tuple[Step, ...] = (
    (Event.VERIFY, ("现场核实", "Verify on site"), [("verify", ("核实属实", "It is so"))], noted_form),
    (Event.PLAN, ("拟定方案", "Propose a plan"), [("plan", ("提交审定", "Propose"))], plan_form),
    (Event.DECIDE, ("审定方案（须另一人）", "Decide the plan (another person)"),
     [("decide", ("同意", "Agree")), ("return", ("退回", "Send back"))], words_form),
    (Event.CHECK, ("检查", "Check"), [("check", ("登记检查", "Note the check"))], noted_form),
    (Event.REPORT, ("上报结果", "Report the result"), [("report", ("上报", "Report"))], result_form),
    (Event.CLOSE, ("销号（须另一人）", "Close (another person)"),
     [("close", ("同意销号", "Close")), ("reopen", ("退回", "Send back"))], words_form),
    (Event.TALK, ("约谈", "Talk with the firm"), [("talk", ("登记约谈", "Note the talk"))], noted_form),
    (Event.WITHDRAW, ("不属低效", "Not low-efficient"), [("withdraw", ("撤销档案", "Withdraw"))], words_form),
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def file(request: HttpRequest, land_file: str) -> HttpResponse:
    """One file with everything that was done, and the next steps of who looks at it."""
    who = viewer(request)
    one = the_file(who, land_file)
    refusal, typed, pressed = None, None, ""
    if request.method == "POST":
        typed, pressed = request.POST, str(request.POST.get("verb", ""))
        refusal = press(request, _verbs(who, one, request.POST))
        if refusal is None:
            return redirect("land-lowuse-file", one.key)
        one.refresh_from_db()
    back = "land-lowuse" if who.official else "land-lowuse-own"
    return show(
        request, (one.location or one.parcel, one.location or one.parcel), small=one.key, refusal=refusal,
        crumb=link(("返回", "Back"), reverse(back)), lede=f"{one.firm_name}　{one.firm}".strip(),
        links=[
            link(("一地一档（PDF）", "File (PDF)"), reverse("land-lowuse-paper", args=[one.key, "file"])),
            *([link(("盘活方案（PDF）", "Plan (PDF)"), reverse("land-lowuse-paper", args=[one.key, "plan"]))]
              if one.tool else []),
            link(("这宗地的筛查", "Screening of the parcel"), reverse("land-lowuse-parcel", args=[one.parcel])),
        ],
        figures=_figures(one), facts=_facts(one),
        parts=[
            *_forms(who, one, typed, pressed),
            table(("建档时的理由", "Reasons when it was opened"), TRACE, trace_rows(one), ("没有成立的条件", "None")),
            *papers_part(who, LOWUSE, [one.key]),
            table(("办理记录", "What was done"), ENTRIES,
                  [entry_row(entry, official=who.official) for entry in entries_of(who, one)]),
        ],
        basis=[(pick("运行", "Run"), str(one.trace.get("run", ""))),
               (pick("数据快照", "Snapshot"), str(one.trace.get("snapshot", ""))[:12]),
               (pick("规则版本", "Rule pack"), str(one.trace.get("rules", "")))],
    )  # fmt: skip


def _figures(one: LandFile) -> list[dict[str, str]]:
    about, mu = STATES[State(one.state)], pick("亩", "mu")
    found = [
        figure(("现在", "Now"), pick(about.zh, about.en), pick(about.next_zh, about.next_en)),
        figure(("面积", "Area"), number_words(one.area_m2 / M2_PER_MU, 2), mu),
    ]
    if one.released_m2 is not None:
        found.append(figure(("腾出", "Released"), number_words(one.released_m2 / M2_PER_MU, 2), mu))
    if one.tax_before_fen is not None and one.tax_after_fen is not None:
        change = f"{one.tax_before_fen / FEN_PER_WAN:,.2f} → {one.tax_after_fen / FEN_PER_WAN:,.2f}"
        found.append(figure(("税收", "Tax"), change, pick("万元/年", "CNY 10k a year")))
    return found


def _facts(one: LandFile) -> list[tuple[str, str]]:
    return [
        (pick("宗地编号", "Parcel"), one.parcel), (pick("牵头部门", "Office in charge"), one.office.name),
        (pick("盘活方式", "Way"), tool_words(one.tool)), (pick("责任人", "Who answers for it"), one.responsible),
        (pick("完成期限", "Deadline"), str(one.due or "")),
    ]  # fmt: skip


def _verbs(who: Viewer, one: LandFile, data: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    words = str(data.get("words", ""))
    noted = verbs.Noted(given_day(data, "on"), str(data.get("document", "")), words)
    plan = verbs.Plan(
        str(data.get("tool", "")), str(data.get("responsible", "")), given_day(data, "due")
    )
    result = verbs.Result(
        given_number(data, "released"), given_fen(data, "tax_before"), given_fen(data, "tax_after")
    )
    of: dict[str, Any] = {"viewer": who, "land_file": one}
    return {
        "verify": lambda: verbs.verify_land_file(**of, noted=noted),
        "plan": lambda: verbs.plan_land_file(**of, plan=plan, words=words),
        "decide": lambda: verbs.decide_land_file(**of, agreed=True, words=words),
        "return": lambda: verbs.decide_land_file(**of, agreed=False, words=words),
        "check": lambda: verbs.check_land_file(**of, noted=noted),
        "talk": lambda: verbs.talk_land_file(**of, noted=noted),
        "report": lambda: verbs.report_land_file(**of, result=result, noted=noted),
        "close": lambda: verbs.close_land_file(**of, agreed=True, words=words),
        "reopen": lambda: verbs.close_land_file(**of, agreed=False, words=words),
        "withdraw": lambda: verbs.withdraw_land_file(**of, words=words),
        "answer": lambda: verbs.answer_land_file(**of, words=words),
    }


def _forms(who: Viewer, one: LandFile, typed: Any, pressed: str) -> list[Part]:
    """The steps that the state allows; what was typed comes back in the form that was sent."""
    state = State(one.state)
    found: list[Part] = []
    if one.firm in who.firms and (state, Event.ANSWER) in TABLE:
        data = typed if pressed == "answer" else None
        found.append(
            ask(
                ("我们的意见", "Our answer"),
                [("answer", ("提交意见", "Send"))],
                offer(words_form(data), who, ("words",)),
            )
        )
    if serves(who, one.office_id, one.place):
        for event, title, buttons, form in STEPS:
            if (state, event) in TABLE and not _own_step(who, one, event):
                mine = pressed in {value for value, _ in buttons}
                found.append(ask(title, buttons, form(typed if mine else None)))
    return found


def _own_step(who: Viewer, one: LandFile, event: Event) -> bool:
    """Whether another person has to do this, because the viewer did the step before."""
    before = {Event.DECIDE: one.planned_by_id, Event.CLOSE: one.reported_by_id}
    return event in before and before[event] == who.user_id
