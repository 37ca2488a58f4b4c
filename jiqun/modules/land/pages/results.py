"""What everybody may see of batches, the printed notice, and the measures of an announced batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, asks_purpose, link, note, press, show, table
from jiqun.core.pages import download, page, public_page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.land.batch.documents import notice
from jiqun.modules.land.batch.measures.actions import end_waiver
from jiqun.modules.land.batch.selectors import (
    calculations_of,
    measures_for,
    missing,
    newest_calculation,
    public_batch,
    public_batches,
    public_rows,
    the_batch,
    the_waiver,
    waivers_of,
)
from jiqun.modules.land.evaluation.shown import badge_of, grade_words
from jiqun.modules.land.models import Batch, Waiver
from jiqun.modules.land.pages import forms
from jiqun.modules.land.states.batch import ANNOUNCED

LIST = (
    Field("title", "评价", "Evaluation", link="href"), Field("place", "地方", "Place"),
    Field("state", "状态", "State"), Field("until", "公示截止", "Public until", "date"),
    Field("department", "主管部门", "Office in charge"),
)  # fmt: skip
RESULT = (Field("name", "企业名称", "Firm"), Field("grade", "等级", "Grade"))
MEASURES = (
    Field("name", "企业", "Firm"), Field("grade", "等级", "Grade"),
    Field("years", "连续年数", "Years in a row", "integer"),
    Field("what", "措施", "Measure"), Field("value", "标准", "Value"),
    Field("estimate_fen", "全年估算", "Estimate of a year", "money_yuan"), Field("basis", "依据", "Basis"),
    Field("spared", "暂缓", "Suspended"),
)  # fmt: skip
WAIVERS = (
    Field("name", "企业", "Firm"), Field("decision", "决定文号", "Decision"),
    Field("commitment", "企业承诺", "Commitment"),
    Field("until", "暂缓到", "Until", "date"), Field("ended", "终止", "Ended"),
)  # fmt: skip


@public_page
def public(request: HttpRequest) -> HttpResponse:
    """Batches in publicity and those announced, for everybody."""
    rows = [
        {"title": pick(f"{one.year} 年度亩均效益综合评价", f"Per-mu evaluation of {one.year}"), "place": one.place,
         "href": reverse("land-public-batch", args=[one.key]), "state": _state(one),
         "state_badge": "good" if one.official else "warning",
         "until": None if one.official else one.public_until, "department": one.department.name}
        for one in public_batches(timezone.localdate())
    ]  # fmt: skip
    return show(
        request, ("亩均评价公示和公告", "Per-mu evaluation: publicity and announcements"),
        lede=pick("公示和公告只列企业名称和等级，不排名次。公示期内有异议的，企业登录后提出，其他人向主管部门反映。",
                  "Name and grade alone, no rank. While a result is in publicity a firm objects after logging in, "
                  "others tell the office in charge."),
        parts=[table(("公示和公告", "Publicity and announcements"), LIST, rows,
                     ("现在没有公示或公告。", "Nothing is in publicity or announced now."))],
    )  # fmt: skip


def _state(one: Batch) -> str:
    return (
        pick("已公告", "announced")
        if one.state in ANNOUNCED
        else pick("公示中（测算稿）", "in publicity (a calculation)")
    )


@public_page
def public_one(request: HttpRequest, batch: str) -> HttpResponse:
    """Name and grade by group, while the batch is in publicity or once it is announced."""
    one = public_batch(batch, timezone.localdate())
    rows = public_rows(one)
    parts: list[Part] = []
    if not one.official:
        parts.append(note((
            f"测算稿，不是评价结果。公示到 {one.public_until}。",
            f"A calculation, not a result. In publicity until {one.public_until}.",
        )))  # fmt: skip
    for group in dict.fromkeys(row["group"] for row in rows):
        mine = [
            {"name": row["name"], "grade": grade_words(row["grade"]), "grade_badge": badge_of(row["grade"])}
            for row in rows if row["group"] == group
        ]  # fmt: skip
        parts.append(table((group, group), RESULT, mine))
    facts = [
        (pick("主管部门", "Office in charge"), one.department.name),
        (pick("状态", "State"), _state(one)),
    ]
    if one.state in ANNOUNCED:
        facts += [(pick("公告文号", "Notice"), one.notice_document),
                  (pick("公告日期", "Announced"), str(one.announced_on)),
                  (pick("审定文号", "Approval"), one.approval_document)]  # fmt: skip
    return show(
        request, (f"{one.year} 年度亩均效益综合评价", f"Per-mu evaluation of {one.year}"), facts=facts, parts=parts,
        crumb=link(("公示和公告", "Publicity and announcements"), reverse("land-public")),
        links=[link(("打印（PDF）", "Print (PDF)"), reverse("land-public-file", args=[one.key]))],
    )  # fmt: skip


@public_page
def public_file(_request: HttpRequest, batch: str) -> HttpResponse:
    """The notice of a batch that everybody may see, printed."""
    return _printed(public_batch(batch, timezone.localdate()))


@require_GET
@page
def notice_file(request: HttpRequest, batch: str) -> HttpResponse:
    """The notice as it stands now, for officials with a purpose before the publicity; a calculation until approved."""
    who = viewer(request)
    one = the_batch(who, batch)
    if not calculations_of(who, one) or not (who.purpose or one.public_from):
        raise missing("公示稿", "notice")
    return _printed(one)


def _printed(one: Batch) -> HttpResponse:
    made = newest_calculation(one)
    document = notice(one, made, public_rows(one), synthetic=is_synthetic(store()))
    name = "公告" if one.announced_on else "公示稿"
    return download(pdf(document), f"{one.key}-{name}.pdf", "application/pdf")


@require_http_methods(["GET", "POST"])
@page
def measures(request: HttpRequest, batch: str) -> HttpResponse:
    """The measures of an announced batch per firm, and what suspends them; firms for a purpose."""
    who = viewer(request)
    one = the_batch(who, batch)
    if one.state not in ANNOUNCED:
        raise missing("措施", "table of measures")
    waivers, refusal, sent = waivers_of(who, one), None, request.POST
    if request.method == "POST":
        verbs = {
            f"end-{each.pk}": lambda each=each: end_waiver(
                viewer=who, waiver=the_waiver(who, one, each.pk), words=forms.said(sent, "words")
            )
            for each in waivers
        }
        refusal = press(request, verbs)
        if refusal is None:
            return redirect("land-batch-measures", one.key)
    export = reverse("table", args=["land_measure"])
    return show(
        request, (f"{one.year} 年度差别化措施", f"Measures of {one.year}"), small=one.key, refusal=refusal,
        crumb=link(("批次", "Batch"), reverse("land-batch", args=[one.key])), parts=_parts(who, one, waivers),
        links=[link(("表格（可筛选、导出 Excel）", "Table (filters, Excel)"), f"{export}?batch={one.key}", main=True)],
        facts=[(pick("执行期", "In force"), f"{one.measures_from or ''} – {one.measures_until or ''}"),
               (pick("审定文号", "Approval"), one.approval_document)],
        lede=pick("连续年数按本系统已公告的批次和导入的往年结果（企业事项“亩均评价等级”）、以统一社会信用代码计；没有等级的年份中断计数。",
                  "Years in a row are counted over announced batches here and imported results of earlier years "
                  "(matter 亩均评价等级), by credit code; a year without a grade ends the count."),
    )  # fmt: skip


def shown_measures(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return measures as tables show them."""
    return [
        {**row, "grade": grade_words(row["grade"]), "grade_badge": badge_of(row["grade"]),
         "what": pick(row["measure"], row["measure_en"]),
         "value": f"{row['value']:g} {row['unit']}" if row["value"] else "—",
         "spared": pick(f"暂缓到 {row['until']}", f"until {row['until']}") if row["waiver"] else "—"}
        for row in rows
    ]  # fmt: skip


def _parts(who: Any, one: Batch, waivers: list[Waiver]) -> list[Part]:
    if not who.purpose:
        return asks_purpose(who)
    rows = shown_measures(measures_for(who, [one]))
    held = [
        {"name": each.firm_name, "decision": each.decision, "commitment": each.commitment, "until": each.until,
         "ended": f"{each.ended_on} {each.ended_why}" if each.ended_on else "—"}
        for each in waivers
    ]  # fmt: skip
    parts: list[Part] = [
        table(("措施", "Measures"), MEASURES, rows,
              ("规则包没有措施，或没有企业适用。", "The pack has no measures, or none applies."),
              hint=("加价估算按确认单上的全年用电量；单上没有用电量的不估算。",
                    "The estimate uses the year's electricity on the sheet; without it there is none.")),
        table(("暂缓措施的决定", "Decisions that suspend measures"), WAIVERS, held),
    ]  # fmt: skip
    for each in waivers:
        if each.ended_on is None:
            words = (f"终止暂缓：{each.firm_name}", f"End the suspension: {each.firm_name}")
            parts.append(
                ask(words, [(f"end-{each.pk}", ("终止", "End"))], forms.words_form("原因", "Why"))
            )
    return parts
