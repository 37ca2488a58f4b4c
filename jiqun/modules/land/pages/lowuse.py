"""Low-efficiency land: the county in counts, one parcel opened to its evidence, a firm's own parcels."""

from __future__ import annotations

import json

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, Said, ask, asks_purpose, figure, link, note, press, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.land.screening import YES
from jiqun.masters.offices import own_offices
from jiqun.modules.land.lowuse.actions import open_land_file
from jiqun.modules.land.lowuse.cases import files_of, state_sums
from jiqun.modules.land.lowuse.findings import notes_of, screened, thresholds_of
from jiqun.modules.land.lowuse.found import found_of
from jiqun.modules.land.lowuse.selectors import (
    Row,
    ScreenView,
    code_counts,
    hidden,
    is_current,
    own_parcels,
    parcel_view,
    screen_view,
    verdict_counts,
)
from jiqun.modules.land.lowuse.shown import fact_words, file_row, number_words
from jiqun.modules.land.lowuse.tools import kind_words
from jiqun.modules.land.lowuse.words import BADGES, M2_PER_MU, VERDICTS, Words
from jiqun.modules.land.models import LandFile
from jiqun.modules.land.states.lowuse import STATES, State

PURPOSE = ("查看低效用地的宗地", "parcels of low-efficiency land")
COUNTS = (Field("what", "结论", "Verdict"), Field("parcels", "宗地", "Parcels"))
TYPES = (
    Field("what", "类型或条件", "Type or criterion"), Field("parcels", "宗地", "Parcels"),
    Field("mark", "出处", "Rests on"),
)  # fmt: skip
STATE_FIELDS = (
    Field("state", "状态", "State"), Field("files", "档案", "Files"), Field("next", "下一步", "Next"),
)  # fmt: skip
EVIDENCE = (
    Field("reason", "条件", "Criterion"), Field("fact", "事实", "Fact"), Field("value", "取值", "Value"),
    Field("source", "来源", "Source"), Field("as_of", "数据日期", "As of"),
)  # fmt: skip
MISSING = (Field("fact", "缺少的事实", "Missing"), Field("holder", "由谁掌握", "Held by"))
FILES = (
    Field("key", "档案", "File", link="href"), Field("parcel", "宗地", "Parcel"),
    Field("firm_name", "使用权人", "Holder"),
    Field("state", "状态", "State"), Field("tool", "盘活方式", "Way"), Field("due", "完成期限", "Deadline", "date"),
)  # fmt: skip
OWN = (
    Field("parcel", "宗地编号", "Parcel", link="href"), Field("location", "坐落", "Location"),
    Field("area_mu", "面积", "Area", "number", unit="亩"),
    Field("verdict", "筛查结论", "Verdict", "words", words=VERDICTS),
)  # fmt: skip


def basis(view: ScreenView) -> list[Words]:
    """From what everything on a page was computed."""
    run = view.run
    own = "、".join(f"{name} = {value:g}" for name, value in thresholds_of(run).items())
    return [
        (pick("规则", "Rules"), pick(view.pack.title["zh"], view.pack.title["en"])),
        (pick("出处", "Source"), pick(view.pack.source["zh"], view.pack.source["en"])),
        (pick("数据年度", "Year of the data"), view.year), (pick("规则版本", "Rule pack"), run.rules_version),
        (pick("本县门槛", "The county's thresholds"), own or pick("同规则包", "as the pack")),
        (pick("亩均评价", "Per-mu evaluation"), str(run.params["permu"])),
        (pick("运行", "Run"), run.run), (pick("数据快照", "Snapshot"), run.snapshot[:12]),
        (pick("程序版本", "Code"), run.code_version),
    ]  # fmt: skip


def old(view: ScreenView) -> list[Part]:
    """Say when the screening would come out otherwise today."""
    if is_current(store(), view.run):
        return []
    return [note((
        "数据授权、门槛、规则或程序在这次筛查之后有变动；请重新执行 jiqun run lowuse。",
        "Consents, thresholds, rules or program have changed since this screening: run jiqun run lowuse again.",
    ))]  # fmt: skip


def count_words(count: int | None) -> str:
    """A count; one to four that are hidden say so."""
    return "1–4" if count is None else f"{count:,}"


@require_GET
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Verdicts, types and criteria in counts; files by state; what was released."""
    who = viewer(request)
    view = screen_view(store(), who, request.GET.get("place", ""))
    counts = verdict_counts(view.frame)
    small = 0 < min(
        (one for one in counts.values() if one), default=0
    ) < MINIMUM_FIRMS and not may_see_firm_rows(who)
    rows = [
        {"what": pick(*VERDICTS[name]), "what_badge": BADGES[name],
         "parcels": pick("未公开", "not shown") if small else count_words(hidden(count, who))}
        for name, count in counts.items()
    ]  # fmt: skip
    parts: list[Part] = [
        *asks_purpose(who), *old(view),
        table(("筛查结论", "Verdicts"), COUNTS, rows, hint=(
            "事实不全而定不了的列为待定，并写明缺什么、由谁掌握；未知不当作“否”。",
            "Undetermined where a fact is missing; unknown is not no.")),
        table(("低效类型与认定条件", "Types and criteria"), TYPES, _types(view, who)),
        *_files(who),
        *(note(one, "info") for one in notes_of(view.run)),
    ]  # fmt: skip
    return show(
        request, ("低效用地", "Low-efficiency land"), small=view.year, parts=parts, basis=basis(view),
        figures=_figures(view, who, None if small else counts["low"]),
        links=[link(("逐宗清单（可筛选、导出 Excel）", "Parcel by parcel (filters, Excel)"),
                    reverse("table", args=["land_lowuse"]), main=True, purpose=PURPOSE),
               link(("门槛试算", "Try thresholds"), reverse("land-lowuse-thresholds")),
               link(("腾地组合", "Portfolio"), reverse("land-lowuse-portfolio"), purpose=PURPOSE)],
        lede=pick("哪些宗地低效、凭什么、缺什么数据、办到哪一步；每条理由都能展开到来源。",
                  "Which parcels, on what grounds, what is missing, how far each has got; every reason opens."),
    )  # fmt: skip


def _types(view: ScreenView, who: Viewer) -> list[Row]:
    rows: list[Row] = []
    kinds, reasons, signals = (
        code_counts(view.frame, name) for name in ("kinds", "reasons", "signals")
    )
    for kind, words in kind_words(view.pack).items():
        rows.append(
            {
                "what": pick(*words),
                "parcels": count_words(hidden(kinds.get(kind, 0), who)),
                "mark": "",
            }
        )
        for one in (each for each in view.rules.criteria if each.kind == kind):
            count = (signals if one.signal else reasons).get(one.code, 0)
            rows.append({"what": f"　{one.code} {pick(one.zh, one.en)}", "mark": one.mark,
                         "parcels": count_words(hidden(count, who))})  # fmt: skip
    return rows


def _files(who: Viewer) -> list[Part]:
    sums = state_sums(who)
    rows = [
        {"state": pick(STATES[state].zh, STATES[state].en), "state_badge": STATES[state].badge,
         "files": count_words(hidden(found["files"], who)), "next": pick(STATES[state].next_zh, STATES[state].next_en)}
        for state, found in sums.items()
    ]  # fmt: skip
    parts: list[Part] = [
        table(("一地一档", "Files by state"), STATE_FIELDS, rows, ("还没有建档", "No file yet"))
    ]
    if may_see_firm_rows(who) and sums:
        parts.append(table(("档案", "Files"), FILES, [file_row(one) for one in files_of(who)],
                           export=reverse("table", args=["land_file"])))  # fmt: skip
    return parts


def _figures(view: ScreenView, who: Viewer, low: int | None) -> list[dict[str, str]]:
    closed = state_sums(who).get(State.CLOSED, {"files": 0, "released": 0, "before": 0, "after": 0})
    told = hidden(closed["files"], who) is not None
    mu = f"{closed['released'] / M2_PER_MU:,.1f}" if told else "—"
    change = (
        f"{(closed['after'] - closed['before']) / 1_000_000:+,.1f}"
        if told and closed["files"]
        else "—"
    )
    area = float(view.frame.filter(view.frame["verdict"] == "low")["area_mu"].sum())
    return [
        figure(("低效宗地", "Low-efficient parcels"), count_words(hidden(low, who)) if low is not None else "—",
               pick("宗", "parcels")),
        figure(("低效面积", "Their area"), f"{area:,.0f}" if hidden(low, who) is not None else "—", pick("亩", "mu")),
        figure(("已腾出用地", "Released"), mu, pick("亩", "mu")),
        figure(("税收变化（销号后）", "Change of tax (closed)"), change, pick("万元/年", "CNY 10k a year")),
    ]  # fmt: skip


# ---- one parcel ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@page
def parcel(request: HttpRequest, parcel: str) -> HttpResponse:
    """One parcel: reasons with evidence, signals, what is missing, its files; an official opens one."""
    who = viewer(request)
    view, row = parcel_view(store(), who, parcel)
    refusal = None
    if request.method == "POST":
        made: list[LandFile] = []
        office, words = str(request.POST.get("office", "")), str(request.POST.get("words", ""))
        number = int(office) if office.isdecimal() else 0
        refusal = press(request, {"open": lambda: _opened(who, view, row, number, words, made)})
        if refusal is None:
            return redirect("land-lowuse-file", made[0].key)
    mine = files_of(who, parcel)
    back = "land-lowuse" if who.official else "land-lowuse-own"
    verdict = str(row["verdict"])
    return show(
        request, (row["location"] or parcel, row["location"] or parcel), small=parcel, refusal=refusal,
        crumb=link(("返回", "Back"), reverse(back)), basis=basis(view),
        figures=[
            figure(("筛查结论", "Verdict"), pick(*VERDICTS[verdict])),
            figure(("面积", "Area"), number_words(row["area_mu"], 2), pick("亩", "mu")),
            figure(("亩均税收", "Tax per mu"), number_words(row["tax_per_mu"], 2), pick("万元/亩", "CNY 10k/mu")),
            figure(("容积率", "Plot ratio"), number_words(row["plot_ratio"], 2)),
        ],
        facts=[(pick("使用权人", "Holder"), f"{row['name'] or ''} {row['holder'] or ''}".strip()),
               (pick("用地企业", "Users"), "、".join(str(row["users"]).split(";")) if row["users"] else "")],
        parts=[*old(view), *_reasons(view, row), *_own_files(mine), *_open_form(who, row, mine)],
    )  # fmt: skip


def _reasons(view: ScreenView, row: Row) -> list[Part]:
    frame = view.frame.filter(view.frame["parcel"] == row["parcel"])
    said = json.loads(row["facts"])
    found, early = screened(frame, view.rules)
    parts: list[Part] = []
    for title, part, empty in (
        (("低效理由", "Reasons"), found, ("没有成立的条件", "No criterion holds")),
        (("早期信号（不作认定）", "Early signals (they decide nothing)"), early, ("没有", "None")),
    ):
        rows = [
            fact_words(view.pack, view.rules, one, name, said)
            for one, facts in part.reasons(0)
            for name in facts
        ]
        parts.append(table(title, EVIDENCE, rows, empty))
    lacking = [
        {"fact": pick(one.zh, one.en), "holder": pick(one.holder_zh, one.holder_en)} for one in found.missing(0)
    ]  # fmt: skip
    hint = (
        (
            "已认定低效；补齐后可能还有别的理由。",
            "It is low-efficient already; there may be further reasons.",
        )
        if int(found.low_efficiency[0]) == YES
        else ("补齐后才能下结论。", "They decide the verdict.")
    )
    if lacking:
        parts.append(table(("缺少的事实", "Missing facts"), MISSING, lacking, hint=hint))
    return parts


def _own_files(mine: list[LandFile]) -> list[Part]:
    return (
        [table(("档案", "Files"), FILES, [file_row(one) for one in mine], ("", ""))] if mine else []
    )


def _open_form(who: Viewer, row: Row, mine: list[LandFile]) -> list[Part]:
    offices = own_offices(who)
    if not offices or row["verdict"] == "not" or any(not one.ended for one in mine):
        return []
    form = forms.Form()
    form.fields["office"] = forms.ChoiceField(
        label=pick("牵头部门", "Office in charge"),
        choices=[(str(one.pk), one.name) for one in offices],
    )
    form.fields["words"] = forms.CharField(
        label=pick("说明", "Remark"), max_length=500, required=False
    )
    return [
        ask(
            ("建档", "Open a file"),
            [("open", ("为这宗地建档", "Open a file for this parcel"))],
            form,
        )
    ]


def _opened(
    who: Viewer, view: ScreenView, row: Row, office: int, words: str, made: list[LandFile]
) -> Said:
    made.append(open_land_file(viewer=who, office=office, found=found_of(view, row), words=words))
    return Said(("已建档。", "The file is open."))


@require_GET
@page
def own(request: HttpRequest) -> HttpResponse:
    """A firm's own parcels and their files."""
    who = viewer(request)
    rows = [
        {**row, "href": reverse("land-lowuse-parcel", args=[row["parcel"]]),
         "verdict_badge": BADGES[str(row["verdict"])]}
        for row in own_parcels(store(), who)
    ]  # fmt: skip
    return show(
        request, ("我的低效用地", "My low-efficiency land"),
        parts=[table(("本企业的宗地", "Our parcels"), OWN, rows, ("没有登记的宗地", "No parcel is registered")),
               table(("档案", "Files"), FILES, [file_row(one) for one in files_of(who)], ("没有", "None"))],
        lede=pick("筛查用了哪些数据、缺什么、有没有建档；可以在档案里写意见。",
                  "What the screening rests on, what is missing, whether there is a file; answer in it."),
    )  # fmt: skip
