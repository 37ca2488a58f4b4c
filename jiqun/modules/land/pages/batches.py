"""Batches: the list, opening one, one batch with counts, calculations, steps and what is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import own_places, store
from jiqun.core.frame import Part, Said, ask, asks_purpose, figure, link, note, press, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.place_names import place_words
from jiqun.core.tabular import Field, pick
from jiqun.errors import JiqunError
from jiqun.modules.land.batch.delivery import delivered
from jiqun.modules.land.batch.figures import label_of
from jiqun.modules.land.batch.measures import actions as measures
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.batch.selectors import (
    batches_of,
    calculations_of,
    changed_words,
    counts_by_grade,
    objections_of,
    offices_of,
    steps_of,
    the_batch,
)
from jiqun.modules.land.batch.tables import STATE_WORDS
from jiqun.modules.land.evaluation.findings import chosen_pack, years_of
from jiqun.modules.land.evaluation.shown import counted, holder_words
from jiqun.modules.land.models import Batch, Calculation, Sheet
from jiqun.modules.land.pages import forms
from jiqun.modules.land.pages.objections import LIST as OBJECTIONS
from jiqun.modules.land.pages.objections import objection_row
from jiqun.modules.land.pages.steps import STEPS, next_steps, step_rows
from jiqun.modules.land.states.batch import STATES, State
from jiqun.rules.permu_pack import permu_pack, versions

PAGES = ["GET", "POST"]
LIST = (
    Field("key", "批次", "Batch", link="href"), Field("place", "地方", "Place"), Field("year", "数据年度", "Year"),
    Field("state", "状态", "State", "words", words=STATE_WORDS), Field("by", "由谁办理", "Who has it"),
    Field("department", "主管部门", "Office in charge"), Field("made_at", "建立时间", "Opened", "datetime"),
)  # fmt: skip
DELIVERY = (
    Field("figure", "数据项", "Figure"), Field("holder", "通常由谁掌握", "Usually held by"),
    Field("want", "参评企业（家）", "Firms"), Field("have", "已有（家）", "Have it"),
    Field("lack", "缺（家）", "Lack it"),
    Field("newest", "最新数据日期", "Newest as of", "date"), Field("state", "进度", "State"),
)  # fmt: skip
ANSWERS = (Field("answer", "企业答复", "Answer"), Field("count", "企业", "Firms", "integer"))
CALCULATIONS = (
    Field("number", "次数", "No.", link="href"), Field("reason", "原因", "Reason"), Field("by", "测算人", "By"),
    Field("made_at", "时间", "When", "datetime"), Field("snapshot", "数据快照", "Snapshot"),
    Field("benchmarks", "基准值", "Benchmarks"), Field("firms", "企业", "Firms", "integer"),
    Field("changed", "等级变动", "Grades changed"), Field("digest", "结果摘要", "Digest"),
)  # fmt: skip


@require_GET
@page
def batches(request: HttpRequest) -> HttpResponse:
    """Every batch of the official's places."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看评价批次", "see batches of the evaluation")
    rows = [
        {"key": one.key, "href": reverse("land-batch", args=[one.key]), "place": place_words(one.place),
         "year": str(one.year), "state": one.state, "state_badge": STATES[State(one.state)].badge, "by": _by(one),
         "department": one.department.name, "made_at": one.made_at}
        for one in batches_of(who)
    ]  # fmt: skip
    empty = ("还没有批次。", "No batch yet.")
    return show(
        request, ("评价批次", "Batches of the evaluation"),
        lede=pick("从一企一单到公告和差别化措施：测算、复核、审定是三个不同的人。",
                  "From the sheet of each firm to announcement and measures: three people calculate, review, approve."),
        links=[link(("建立批次", "Open a batch"), reverse("land-batch-new"), main=True),
               link(("公示和公告", "Publicity"), reverse("land-public"))],
        parts=[table(("批次", "Batches"), LIST, rows, empty)],
    )  # fmt: skip


def _by(one: Batch) -> str:
    about = STATES[State(one.state)]
    return pick(about.by_zh, about.by_en)


@require_http_methods(PAGES)
@page
def batch_new(request: HttpRequest) -> HttpResponse:
    """Place, year, rules and terms of a new batch."""
    who, facts = viewer(request), store()
    if not who.official:
        raise forbidden("建立评价批次", "open a batch of the evaluation")
    places = own_places(facts)
    near = [one for one in places if any(d == "*" or one.startswith(d) for d in who.duty_places)]
    near = near or sorted(who.duty_places - {"*"})
    year = max(years_of(facts), default=0)
    rules = chosen_pack(facts, near[0]) if near else ""
    form = forms.batch_form(
        offices_of(who), near, year, rules or versions()[0], request.POST or None
    )
    refusal, made = None, list[Batch]()
    if request.method == "POST":
        sent = request.POST
        refusal = press(request, {"open": lambda: made.append(office.open_batch(
            viewer=who, department=forms.whole(sent, "department"), place=forms.said(sent, "place"),
            year=forms.whole(sent, "year"), rules=forms.said(sent, "rules"),
            answer_days=forms.whole(sent, "answer_days"), publicity_days=forms.whole(sent, "publicity_days"),
        ))})  # fmt: skip
        if refusal is None:
            return redirect("land-batch", made[0].key)
    about = (
        "发出一企一单前规则和期限可改；发出后规则冻结。公示期限没有查到法定最短天数 ✎。",
        (
            "Rules and terms can change until the sheets are sent; then the rules are frozen. "
            "No law was found that sets a least publicity ✎."
        ),
    )
    return show(request, ("建立评价批次", "Open a batch"), refusal=refusal, crumb=_crumb(),
                parts=[ask(("批次", "Batch"), [("open", ("建立", "Open"))], form, about)])  # fmt: skip


def _crumb() -> dict[str, Any]:
    return link(("评价批次", "Batches of the evaluation"), reverse("land-batches"))


@require_http_methods(PAGES)
@page
def batch(request: HttpRequest, batch: str) -> HttpResponse:
    """One batch: where it stands, answers in counts, calculations, objections, what is next."""
    who = viewer(request)
    one = the_batch(who, batch)
    refusal: JiqunError | None = None
    if request.method == "POST":
        refusal = press(request, _verbs(who, one, request.POST))
        if refusal is None:
            return redirect("land-batch", one.key)
    about, pack = STATES[State(one.state)], permu_pack(one.rules)
    answers = Batch.objects.answers(one.pk)
    return show(
        request, (f"{one.year} 年度亩均评价批次", f"Per-mu evaluation of {one.year}"), small=one.key, refusal=refusal,
        crumb=_crumb(), links=_links(one), parts=_parts(who, one, answers), figures=_figures(one, answers),
        facts=[
            (pick("状态", "State"), pick(about.zh, about.en)), (pick("由谁办理", "Who has it"), _by(one)),
            (pick("主管部门", "Office in charge"), one.department.name),
            (pick("规则", "Rules"), f"{pick(pack.title['zh'], pack.title['en'])} · {one.rules}"),
            (pick("规则冻结摘要", "Digest of the frozen rules"), one.rules_digest[:16]),
            (pick("企业核对截止", "Confirm until"), str(one.answer_until or "")),
            (pick("公示", "Publicity"), f"{one.public_from} – {one.public_until}" if one.public_from else ""),
            (pick("审定文号", "Approval"), one.approval_document), (pick("公告文号", "Notice"), one.notice_document),
        ],
    )  # fmt: skip


def _verbs(who: Viewer, one: Batch, sent: Any) -> Mapping[str, Callable[[], object]]:
    def changed(made: Calculation) -> Said:
        count = changed_words(who, made.changed)
        return Said((f"第 {made.number} 次测算完成，{count} 家等级变动。",
                     f"Calculation {made.number} is done; {count} firm(s) changed grade."))  # fmt: skip

    return {
        "change": lambda: office.change_batch(
            viewer=who, batch=one, rules=forms.said(sent, "rules"), answer_days=forms.whole(sent, "answer_days"),
            publicity_days=forms.whole(sent, "publicity_days"),
        ),
        "send": lambda: office.send_sheets(viewer=who, batch=one),
        "calculate": lambda: changed(office.calculate(viewer=who, batch=one)),
        "recalculate": lambda: changed(
            office.recalculate(viewer=who, batch=one, reason=forms.said(sent, "reason"))
        ),
        "review": lambda: office.review_batch(viewer=who, batch=one, words=forms.said(sent, "words")),
        "return": lambda: office.return_batch(viewer=who, batch=one, words=forms.said(sent, "words")),
        "publish": lambda: office.publish_batch(viewer=who, batch=one),
        "close_publicity": lambda: office.close_publicity(viewer=who, batch=one),
        "approve": lambda: office.approve_batch(viewer=who, batch=one, document=forms.said(sent, "document")),
        "announce": lambda: office.announce_batch(viewer=who, batch=one, document=forms.said(sent, "document")),
        "start": lambda: measures.start_measures(
            viewer=who, batch=one, first=forms.day_of(sent, "first"), last=forms.day_of(sent, "last")
        ),
        "close": lambda: measures.close_batch(viewer=who, batch=one),
        "withdraw": lambda: office.withdraw_batch(viewer=who, batch=one, reason=forms.said(sent, "reason")),
    }  # fmt: skip


def _links(one: Batch) -> list[dict[str, Any]]:
    words = (
        ("公告（PDF）", "Notice (PDF)")
        if one.official
        else ("公示稿（PDF）", "Draft of the notice (PDF)")
    )
    found = (
        [link(words, reverse("land-batch-notice", args=[one.key]))] if one.calculated_by_id else []
    )
    found.append(
        link(
            ("企业答复表", "Answers of firms"),
            f"{reverse('table', args=['land_sheet'])}?batch={one.key}",
        )
    )
    if one.official:
        found.append(
            link(("差别化措施", "Measures"), reverse("land-batch-measures", args=[one.key]))
        )
    return found


def _figures(one: Batch, answers: Mapping[str, int]) -> list[dict[str, str]]:
    households, objections = pick("家", "firms"), Batch.objects.objections(one.pk)
    return [
        figure(("发出确认单", "Sheets sent"), f"{sum(answers.values()):,}", households),
        figure(("全部认可", "Accepted"), f"{answers.get('accepted', 0):,}", households),
        figure(("有异议", "Objected"), f"{answers.get('objected', 0):,}", households),
        figure(("未回复", "No answer"), f"{answers.get('no_answer', 0) + answers.get('waiting', 0):,}", households),
        figure(("异议待处理", "Objections open"), f"{objections.get('open', 0):,}", pick("条", "objections")),
    ]  # fmt: skip


def _parts(who: Viewer, one: Batch, answers: Mapping[str, int]) -> list[Part]:
    parts: list[Part] = [] if one.official else [note((
        "测算稿，不是评价结果：审定前的等级不得用于差别化措施。",
        "A calculation, not a result: before the approval no measure may rest on it.",
    ), "warning")]  # fmt: skip
    parts += [*asks_purpose(who), *next_steps(who, one)]
    if one.state == State.COLLECTING:
        parts.append(_delivery(who, one))
    labels = {value: pick(str(zh), value) for value, zh in Sheet.Answer.choices}
    parts.append(table(("企业答复", "Answers"), ANSWERS, [
        {"answer": labels[answer], "count": count} for answer, count in sorted(answers.items())
    ], ("还没有发出确认单。", "No sheet was sent yet."), hint=(
        "逾期没有答复的记为“未回复”，不视为认可。", "Silence is recorded as no answer, never as acceptance.",
    )))  # fmt: skip
    parts += _grades(who, one)
    parts.append(table(("测算", "Calculations"), CALCULATIONS, [
        {"number": f"{c.number}", "href": reverse("land-batch-calculation", args=[one.key, c.number]),
         "reason": c.reason, "by": c.made_by.username, "made_at": c.made_at, "snapshot": c.snapshot[:12],
         "benchmarks": pick("沿用冻结值", "kept") if c.kept else pick("重新计算", "computed"), "firms": c.firms,
         "changed": changed_words(who, c.changed), "digest": c.result_digest[:16]}
        for c in calculations_of(who, one)
    ], ("还没有测算。", "No calculation yet."), hint=(
        "每次测算都保留，可按原快照复算。", "Each is kept and can be computed again over its snapshot.",
    )))  # fmt: skip
    if who.purpose:
        rows = [objection_row(each) for each in objections_of(who, one)]
        parts.append(
            table(("异议", "Objections"), OBJECTIONS, rows, ("没有异议。", "No objection."))
        )
    return [*parts, table(("办理记录", "What was done"), STEPS, step_rows(steps_of(who, one)))]


def _delivery(who: Viewer, one: Batch) -> Part:
    total, found = delivered(store(), who, one)
    rows = [
        {"figure": pick(*label_of(each.name)), "holder": holder_words(each.name), "want": f"{total:,}",
         "have": counted(each.have), "lack": counted(each.lack), "newest": each.newest,
         "state": pick("齐", "whole") if each.lack == 0 else pick("还缺", "incomplete"),
         "state_badge": "good" if each.lack == 0 else "warning"}
        for each in found
    ]  # fmt: skip
    return table(("数据归集进度", "Data delivered so far"), DELIVERY, rows, ("没有参评企业。", "No firm is evaluated."),
                 hint=("缺的不按零计，也不视为没有；请掌握部门导入“企业指标”，导入后这里即更新。用地以用地表或用地核查为准。",
                       ("What is missing is not zero: its holder brings it in under “firm_indicator”, and this "
                        "table follows. Land is that of the land table or check.")))  # fmt: skip


def _grades(who: Viewer, one: Batch) -> list[Part]:
    grades = permu_pack(one.rules).scheme.grades
    fields = (Field("group", "分组", "Group"), Field("firms", "企业", "Firms"),
              *(Field(grade, f"{grade} 级", grade) for grade in grades),
              Field("other", "不定等级", "No grade"))  # fmt: skip
    rows = [
        {name: pick(value.zh, value.en) if name == "group" else counted(value) for name, value in row.items()}
        for row in counts_by_grade(who, one)
    ]  # fmt: skip
    return [
        table(
            ("各组各级企业数", "Firms by group and grade"),
            fields,
            rows,
            ("还没有测算。", "No calculation yet."),
        )
    ]
