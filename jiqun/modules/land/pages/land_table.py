"""用地表: drafts, publicity and freeze for officials; a firm's own row and its objections; the public page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from jiqun.core.access import MINIMUM_FIRMS, Viewer, forbidden, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.forms import attempt
from jiqun.core.frame import Part, ask, asks_purpose, figure, link, note, press, show, table
from jiqun.core.pages import page, public_page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.masters.offices import answers_for, own_offices
from jiqun.modules.land.attribution.actions import (
    DAYS,
    freeze_table,
    may_freeze_table,
    may_publish_table,
    open_table,
    publish_table,
    withdraw_table,
)
from jiqun.modules.land.attribution.selectors import (
    Totals,
    differences,
    objections_of,
    public_rows,
    tables_of,
    the_table,
    totals_of,
)
from jiqun.modules.land.attribution.shown import mu_words, square_metres_words
from jiqun.modules.land.models import LandObjection, LandTable
from jiqun.modules.land.shapes import FLAGS
from jiqun.modules.land.states.landtable import (
    OBJECTION_WORDS,
    TABLE_STATES,
    TableState,
)

Row = dict[str, Any]
STATES = {state.value: (about.zh, about.en) for state, about in TABLE_STATES.items()}
TITLE = ("用地表", "Land table")
PURPOSE = ("查看用地表的企业", "firms of the land table")
LIST = (
    Field("key", "编号", "Number", link="href"), Field("place", "地方", "Place", "code"),
    Field("year", "年度", "Year"), Field("state", "状态", "State", "words", words=STATES),
    Field("until", "公示截止", "Public until", "date"), Field("department", "主管部门", "Bureau in charge"),
)  # fmt: skip
FLAGGED = (
    Field("flag", "需要核对的情况", "To be looked at"),
    Field("firms", "企业", "Firms", unit="家"),
)
OBJECTIONS = (
    Field("firm", "企业", "Firm", link="href"), Field("parcel", "宗地", "Parcel", "code"),
    Field("stated", "表中（m²）", "In the table (m²)"), Field("claimed", "应为（m²）", "Should be (m²)"),
    Field("paper", "依据文号", "Document"), Field("state", "状态", "State", "words", words=OBJECTION_WORDS),
    Field("decided", "决定（m²）", "Decided (m²)"), Field("decision", "决定理由", "Why"),
)  # fmt: skip
CHANGED = (
    Field("firm", "企业", "Firm", "firm_id", link="href"), Field("kept", "用地表（m²）", "In the table (m²)"),
    Field("now", "现有数据（m²）", "By the facts now (m²)"),
)  # fmt: skip
PUBLIC = (
    Field("firm_name", "企业名称", "Firm"), Field("town", "所在乡镇", "Town", "code"),
    Field("area", "用地面积（m²）", "Land (m²)"), Field("mu", "亩", "mu"),
    Field("until", "公示截止", "Until", "date"), Field("office", "主管部门", "Bureau in charge"),
    Field("contact", "联系电话", "Telephone"),
)  # fmt: skip


def draft_form(who: Viewer, data: Any = None) -> forms.Form:
    """Bureau, place, year, days and telephone of a draft."""
    form = forms.Form(data)
    offices = [(str(one.pk), one.name) for one in own_offices(who)]
    year = timezone.localdate().year - 1
    form.fields |= {
        "department": forms.ChoiceField(label=pick("主管部门", "Bureau in charge"), choices=offices),
        "place": forms.CharField(label=pick("地方（区划代码）", "Place (code)"), max_length=20),
        "year": forms.IntegerField(label=pick("年度", "Year"), initial=year),
        "days": forms.IntegerField(label=pick("公示期限（工作日）", "Publicity (working days)"), initial=DAYS),
        "contact": forms.CharField(label=pick("联系电话", "Telephone"), max_length=60, required=False),
    }  # fmt: skip
    return form


@require_http_methods(["GET", "POST"])
@page
def land_tables(request: HttpRequest) -> HttpResponse:
    """Land tables that the viewer may see; officials draft one."""
    who = viewer(request)
    parts: list[Part] = [table(("用地表", "Land tables"), LIST, [_listed(one) for one in tables_of(who)],
                               ("还没有用地表。", "There is no land table yet."))]  # fmt: skip
    if who.official:
        form = draft_form(who, request.POST or None)
        if request.method == "POST" and form.is_valid():
            given: dict[str, Any] = form.cleaned_data
            given["department"] = int(given["department"])
            made = attempt(form, lambda: open_table(viewer=who, **given))
            if made is not None:
                return redirect("land-table", made.key)
        about = (
            "按现有用地核查数据归集每家企业的用地；已有草稿的重新生成。",
            "Sums each firm's land from the land check as it is now; a draft that is there is made anew.",
        )
        parts.append(ask(("生成草稿", "Draft"), [("open", ("生成草稿", "Draft"))], form, about))
    elif request.method == "POST":
        raise forbidden("生成用地表草稿", "draft the land table")
    links = [link(("公示页", "Public page"), reverse("land-table-public"))]
    if who.firms:
        links.insert(0, link(("我的用地", "My land"), reverse("land-own-land"), main=True))
    lede = pick(
        "评价之前先公布用地：归集、公示、异议、冻结；冻结后评价按它计算。",
        "Before an evaluation, land is drafted, published, objected to and frozen; then evaluations count it.",
    )
    return show(request, TITLE, lede=lede, parts=parts, links=links)


def _listed(one: LandTable) -> Row:
    return {
        "key": one.key, "href": reverse("land-table", args=[one.key]), "place": one.place, "year": str(one.year),
        "state": one.state, "state_badge": TABLE_STATES[TableState(one.state)].badge,
        "until": one.public_until, "department": one.department.name,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def land_table(request: HttpRequest, landtable: str) -> HttpResponse:
    """One land table: what is in it, what is to be looked at, objections, the next step."""
    who = viewer(request)
    one = the_table(who, landtable)
    refusal = None
    if request.method == "POST":
        words = request.POST.get("words", "")
        refusal = press(request, {
            "publish": lambda: publish_table(viewer=who, table=one),
            "freeze": lambda: freeze_table(viewer=who, table=one),
            "withdraw": lambda: withdraw_table(viewer=who, table=one, words=words),
        })  # fmt: skip
        if refusal is None:
            return redirect("land-table", one.key)
    totals, open_ = totals_of(one), may_see_firm_rows(who)
    parts: list[Part] = []
    if answers_for(who, one.place):
        parts += [*asks_purpose(who), *(note((zh, en), "info") for zh, en in one.notes)]
        parts += [
            _flags(totals, open_=open_),
            *_objections(who, one),
            *_changed(one, open_=open_),
            *_steps(who, one),
        ]
    return show(
        request, TITLE, small=f"{one.place} {one.year}", refusal=refusal, parts=parts, facts=_facts(one),
        figures=_figures(totals, one), crumb=link(("用地表", "Land tables"), reverse("land-tables")),
        links=_links(who, one),
    )  # fmt: skip


def _links(who: Viewer, one: LandTable) -> list[dict[str, Any]]:
    found = [link(("公示页", "Public page"), reverse("land-table-public"))]
    if who.official:
        rows = f"{reverse('table', args=['land_area'])}?key={one.key}"
        found.insert(0, link(("逐家用地（可筛选、导出 Excel）", "Firm by firm (filters, Excel)"), rows, main=True,
                             purpose=PURPOSE))  # fmt: skip
    return found


def _figures(totals: Totals, one: LandTable) -> list[dict[str, str]]:
    about = TABLE_STATES[TableState(one.state)]
    enough = totals.known >= MINIMUM_FIRMS
    mu = f"{totals.area_m2 * 3 / 2000:,.0f}" if enough else "—"
    return [
        figure(("状态", "State"), pick(about.zh, about.en)),
        figure(("企业", "Firms"), f"{totals.firms:,}", pick("家", "firms")),
        figure(("用地已知", "Land known"), f"{totals.known:,}", pick("家", "firms")),
        figure(("用地合计", "Land in all"), mu, pick("亩", "mu")),
    ]  # fmt: skip


def _facts(one: LandTable) -> list[tuple[str, str]]:
    term = f"{one.public_from} – {one.public_until}" if one.public_from else ""
    return [
        (pick("编号", "Number"), one.key), (pick("主管部门", "Bureau in charge"), one.department.name),
        (pick("公示期限（工作日）", "Publicity (working days)"), str(one.days)), (pick("公示", "Public"), term),
        (pick("数据快照", "Snapshot"), (one.frozen_snapshot or one.snapshot)[:12]),
        (pick("摘要", "Digest"), one.digest[:16]), (pick("撤回原因", "Why withdrawn"), one.reason),
    ]  # fmt: skip


def _flags(totals: Totals, *, open_: bool) -> Part:
    rows = [
        {"flag": pick(*FLAGS[name]), "firms": f"{count:,}" if open_ or count >= MINIMUM_FIRMS else "1–4"}
        for name, count in totals.flags.items()
    ]  # fmt: skip
    return table(("需要核对的情况", "To be looked at"), FLAGGED, rows, ("没有", "Nothing"))


def objection_row(one: LandObjection, href: str = "") -> Row:
    """One objection as a table shows it."""
    return {
        "firm": one.firm_name or one.firm, "href": href, "parcel": one.parcel,
        "stated": square_metres_words(one.stated_dm2), "claimed": square_metres_words(one.claimed_dm2),
        "paper": one.paper, "state": one.state, "decision": one.decision or None,
        "decided": square_metres_words(one.decided_dm2) if one.decided_dm2 is not None else None,
    }  # fmt: skip


def _objections(who: Viewer, one: LandTable) -> list[Part]:
    if not may_see_firm_rows(who):
        return []
    rows = [
        objection_row(each, reverse("land-line-objection", args=[each.pk]))
        for each in objections_of(who, one)
    ]
    return [table(("异议", "Objections"), OBJECTIONS, rows, ("没有异议", "No objections"))]


def _changed(one: LandTable, *, open_: bool) -> list[Part]:
    """Firms whose land is another by the present facts; the table stays as it is."""
    if one.state == TableState.WITHDRAWN:
        return []
    found = differences(store(), one)
    if not found:
        return []
    few = "1–4" if len(found) < MINIMUM_FIRMS and not open_ else str(len(found))
    said = note((
        f"表成之后数据有变动：{few} 家企业的用地与现有数据不同；本表不随之改变。",
        f"Facts came later: the land of {few} firm(s) is another by the facts now; this table does not change by it.",
    ), "warning")  # fmt: skip
    if not open_:
        return [said]
    rows = [
        {"firm": firm, "href": reverse("land-table-firm", args=[one.key, firm]),
         "kept": square_metres_words(kept), "now": square_metres_words(now)}
        for firm, (kept, now) in list(found.items())[:50]
    ]  # fmt: skip
    return [
        said,
        table(("与现有数据的差异（前 50 家）", "Against the facts now (first 50)"), CHANGED, rows),
    ]


def _steps(who: Viewer, one: LandTable) -> list[Part]:
    if not may_publish_table(who, one):
        return []
    parts: list[Part] = []
    if one.state == TableState.DRAFT:
        about = (f"公示 {one.days} 个工作日；公示页列企业名称和面积。",
                 f"{one.days} working days; the public page lists names and areas.")  # fmt: skip
        parts.append(ask(("公示", "Publish"), [("publish", ("公示", "Publish"))], about=about))
    if one.state == TableState.PUBLISHED and may_freeze_table(who, one):
        about = (
            "期满且异议全部决定后，由公布人以外的官员冻结；冻结后不再变动。",
            "After the days, every objection decided, by another than who published; then it never changes.",
        )
        parts.append(ask(("冻结", "Freeze"), [("freeze", ("冻结", "Freeze"))], about=about))
    if one.state in {TableState.DRAFT, TableState.PUBLISHED}:
        form = forms.Form()
        form.fields["words"] = forms.CharField(label=pick("原因", "Reason"), max_length=500)
        parts.append(ask(("撤回", "Withdraw"), [("withdraw", ("撤回", "Withdraw"))], form))
    return parts


@public_page
def public(request: HttpRequest) -> HttpResponse:
    """用地公示 for everybody: name and area, while the publicity lasts."""
    rows = [
        {"firm_name": row["firm_name"], "town": row["town"], "until": row["table__public_until"],
         "area": square_metres_words(_dm2(row["area_m2"])), "mu": mu_words(_dm2(row["area_m2"])),
         "office": row["table__department__name"], "contact": row["table__contact"]}
        for row in public_rows(timezone.localdate())
    ]  # fmt: skip
    lede = pick(
        "公示期内有异议的，企业登录后在“我的用地”提出，或向主管部门反映；期满后不再显示。",
        "Firms object on their own page once logged in, or to the bureau; after the term nothing is shown.",
    )
    empty = ("现在没有正在公示的用地表。", "No land table is in publicity now.")
    return show(request, ("企业用地公示", "Land of firms, published"), lede=lede,
                parts=[table(("用地", "Land"), PUBLIC, rows, empty)])  # fmt: skip


def _dm2(area: float | None) -> int | None:
    return None if area is None else round(area * 100)
