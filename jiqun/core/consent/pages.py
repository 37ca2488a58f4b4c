"""The firm's page of its own data, its consents and their receipts; the counts for officials."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.consent.actions import grant_consent, withdraw_consent
from jiqun.core.consent.forms import GrantForm
from jiqun.core.consent.receipt import STATES, receipt_pdf, receipt_record
from jiqun.core.consent.selectors import consents_of, held, reach, registered, state, uses_of
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.forms import attempt
from jiqun.core.lawful.catalogue import purpose, purposes
from jiqun.core.lawful.fields import field_label, grantable
from jiqun.core.models.consent import Consent, ConsentUse
from jiqun.core.pages import download, page, viewer
from jiqun.core.registry import engines
from jiqun.core.tabular import Field, html_table, pick

HELD = [
    Field("table", "数据表", "Table"), Field("field", "字段", "Field"), Field("periods", "期间", "Periods"),
    Field("rows", "行数", "Rows", "integer", "行"), Field("source", "来源", "Source"),
    Field("basis", "合法依据", "Lawful basis"), Field("kind", "依据类别", "Kind"),
    Field("used_for", "现可用于", "May be used for"), Field("as_of", "数据日期", "As of"),
]  # fmt: skip
REGISTERED = [
    Field("item", "事项", "Item"), Field("value", "内容", "Content"),
    Field("source", "来源", "Source"), Field("as_of", "数据日期", "As of"),
]  # fmt: skip
CONSENTS = [
    Field("receipt", "授权编号", "Receipt", link="href"), Field("purpose", "用途", "Purpose"),
    Field("fields", "字段", "Fields"), Field("period", "期限", "Period"),
    Field("state", "状态", "State", "words", words=STATES), Field("used", "使用次数", "Uses", "integer"),
]  # fmt: skip
USES = [
    Field("at", "时间", "When"), Field("receipt", "授权编号", "Receipt", link="href"),
    Field("reference", "由谁使用", "Used by"), Field("fields", "字段", "Fields"),
    Field("rows", "行数", "Rows", "integer", "行"),
]  # fmt: skip
REACH = [
    Field("purpose", "用途", "Purpose"), Field("about", "说明", "About"), Field("level", "层级", "Level"),
    Field("firms", "授权企业数", "Firms"),
]  # fmt: skip
LEVELS = {
    "firm": ("单个企业", "single firms"),
    "aggregate": ("至少五家的汇总", "aggregates of five or more"),
}
PURPOSES = [
    Field("purpose", "用途", "Purpose", link="href", about_zh="点开授权", about_en="open to grant"),
    Field("about", "说明", "About"), Field("used_by", "使用方", "Used by"), Field("level", "展示到", "Shown as"),
    Field("engines", "现在使用它的计算", "Used today by"),
    Field("granted", "授权", "Consent", "words",
          words={"active": ("有效", "in force"), "none": ("未授权", "none")}),
]  # fmt: skip
BADGES = {"active": "good", "later": "plain", "ended": "undisclosed", "withdrawn": "missing"}


def _own(request: HttpRequest) -> Viewer:
    who = viewer(request)
    if not (who.has(Role.FIRM) and who.firms):
        raise forbidden("打开企业自己的数据页", "open a firm's page of its own data")
    return who


def _names(who: Viewer) -> dict[str, str]:
    facts = store().current("firm")
    known = (
        facts.filter(cast(Any, facts["firm"]).isin(sorted(who.firms)))
        .select("firm", "name")
        .to_polars()
    )
    found: dict[str, str | None] = dict(known.iter_rows())
    return {firm: found.get(firm) or firm for firm in sorted(who.firms)}


def _words(fields: list[str]) -> str:
    return "、".join(field_label(name) for name in fields)


def _consent_row(one: Consent, used: dict[int, int]) -> dict[str, Any]:
    known = purposes().get(one.purpose)
    return {
        "receipt": one.receipt,
        "href": reverse("consent-receipt", args=[one.receipt]),
        "purpose": pick(known.zh, known.en) if known else one.purpose,
        "fields": _words(one.fields),
        "period": f"{one.valid_from} – {one.valid_until}",
        "state": state(one),
        "state_badge": BADGES[state(one)],
        "used": used.get(one.pk, 0),
    }


def _purpose_rows(found: list[Consent]) -> list[dict[str, Any]]:
    active = {one.purpose for one in found if state(one) == "active"}
    known = engines()
    return [
        {
            "purpose": pick(one.zh, one.en),
            "href": reverse("consent-grant", args=[one.code]),
            "about": pick(one.about_zh, one.about_en),
            "used_by": pick(one.used_by_zh, one.used_by_en),
            "level": pick(*LEVELS[one.level]),
            "engines": "、".join(
                pick(known[e].label_zh, known[e].label_en) for e in one.engines if e in known
            )
            or pick("还没有", "none yet"),
            "granted": "active" if one.code in active else "none",
            "granted_badge": "good" if one.code in active else "plain",
        }
        for one in purposes().values()
        if one.offered
    ]


def _use_rows(found: list[ConsentUse]) -> list[dict[str, Any]]:
    return [
        {
            "at": f"{localtime(one.at):%Y-%m-%d %H:%M}",
            "receipt": one.consent.receipt,
            "href": reverse("consent-receipt", args=[one.consent.receipt]),
            "reference": one.reference,
            "fields": _words(one.fields),
            "rows": one.rows,
        }
        for one in found
    ]


def _uses_table(found: list[ConsentUse]) -> dict[str, Any]:
    return html_table(
        USES, _use_rows(found), caption=_("依据授权的使用"), empty={"message": _("还没有使用过。")}
    )


def _reads_url() -> str:
    try:
        return reverse("audit-reads")
    except NoReverseMatch:
        return ""


@require_GET
@page
def own_data(request: HttpRequest) -> HttpResponse:
    """What is held about the firm, what it allows, what was used, who looked."""
    who, facts = _own(request), store()
    found = consents_of(who)
    uses = uses_of(who)
    used: dict[int, int] = {}
    for one in uses:
        used[one.consent_id] = used.get(one.consent_id, 0) + 1
    return render(request, "consent/own.html", {
        "title": _("本企业的数据"),
        "names": _names(who),
        "held": html_table(
            HELD, held(facts, who), caption=_("平台持有的企业级数据"),
            empty={"message": _("没有关于本企业的企业级数据。")},
        ),
        "registered": html_table(
            REGISTERED, registered(facts, who), caption=_("公开登记信息"),
            empty={"message": _("登记信息里没有本企业。")},
        ),
        "purposes": html_table(
            PURPOSES, _purpose_rows(found), caption=_("可以授权的用途"), empty={"message": ""}
        ),
        "consents": html_table(
            CONSENTS, [_consent_row(one, used) for one in found], caption=_("授权与撤回"),
            empty={"message": _("还没有授权。")},
        ),
        "uses": _uses_table(uses),
        "reads_url": _reads_url(),
        "synthetic": is_synthetic(facts),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def grant(request: HttpRequest, use: str) -> HttpResponse:
    """Grant one purpose over chosen fields for a period."""
    who, known = _own(request), purpose(use)
    form = GrantForm(
        request.POST or None, purpose=known, fields=grantable(store()), firms=_names(who)
    )
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: grant_consent(viewer=who, purpose=use, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("已授权，回执见下。"))
            return redirect("consent-receipt", receipt=made.receipt)
    content = {
        "title": _("授权使用"), "form": form, "name": pick(known.zh, known.en),
        "about": pick(known.about_zh, known.about_en), "used_by": pick(known.used_by_zh, known.used_by_en),
        "months": known.months, "firm_level": known.level == "firm",
    }  # fmt: skip
    return render(request, "consent/grant.html", content, status=422 if form.errors else 200)


def _consent(who: Viewer, receipt: str) -> Consent:
    found = Consent.objects.visible_to(who).select_related("granted_by", "withdrawn_by")
    one = found.filter(receipt=receipt).first()
    if one is None:
        raise forbidden("查看这份授权", "see this consent")
    return one


@require_GET
@page
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """One consent: what it allows, its state, each use of it."""
    who = _own(request)
    one, uses = _consent(who, receipt), uses_of(who, receipt)
    known = purpose(one.purpose)
    return render(request, "consent/receipt.html", {
        "title": _("授权回执"), "consent": one, "firm": _names(who).get(one.firm, one.firm),
        "purpose": pick(known.zh, known.en), "about": pick(known.about_zh, known.about_en),
        "used_by": pick(known.used_by_zh, known.used_by_en), "fields": _words(one.fields),
        "state": state(one), "badge": BADGES[state(one)], "state_label": pick(*STATES[state(one)]),
        "uses": _uses_table(uses),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def withdraw(request: HttpRequest, receipt: str) -> HttpResponse:
    """Ask once more, then withdraw."""
    who = _own(request)
    one = _consent(who, receipt)
    if request.method == "POST":
        withdraw_consent(viewer=who, receipt=receipt)
        messages.success(request, _("已撤回。从现在起不再使用，过去的使用列在下面。"))
        return redirect("consent-receipt", receipt=receipt)
    known = purpose(one.purpose)
    return render(request, "consent/withdraw.html", {
        "title": _("撤回授权"), "consent": one, "purpose": pick(known.zh, known.en),
        "fields": _words(one.fields), "uses": _uses_table(uses_of(who, receipt)),
    })  # fmt: skip


@require_GET
@page
def receipt_file(request: HttpRequest, receipt: str, kind: str) -> HttpResponse:
    """The receipt to keep: PDF for people, JSON for machines."""
    who = _own(request)
    one = _consent(who, receipt)
    if kind == "json":
        return JsonResponse(
            receipt_record(one, uses_of(who, receipt)), json_dumps_params={"ensure_ascii": False}
        )
    if kind != "pdf":
        raise Http404
    name = _names(who)[one.firm]
    return download(receipt_pdf(one, name), f"{one.receipt}.pdf", "application/pdf")


@require_GET
@page
def allowed(request: HttpRequest) -> HttpResponse:
    """For officials: how many firms of their places allow which purpose; never which firms."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看授权情况", "see how many firms allow what")
    rows = [
        {
            "purpose": pick(one.purpose.zh, one.purpose.en),
            "about": pick(one.purpose.about_zh, one.purpose.about_en),
            "level": pick(*LEVELS[one.purpose.level]),
            "firms": pick("少于 5 家", "fewer than 5") if one.firms is None else str(one.firms),
        }
        for one in reach(who, store())
    ]
    table = html_table(REACH, rows, caption=_("各用途今天有多少企业授权"), empty={"message": ""})
    return render(request, "consent/allowed.html", {"title": _("企业授权情况"), "table": table})
