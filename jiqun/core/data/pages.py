"""The catalogue of tables, the list page of each, its exports and saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiqun.core.access import Grade, Viewer, forbidden
from jiqun.core.data.actions import delete_view, note_export, save_view
from jiqun.core.data.books import tables_page
from jiqun.core.data.listing import (
    asked,
    columns_of,
    export_rows,
    filters_in_words,
    frame,
    page_of,
    pager,
    with_place_names,
    write_file,
)
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.models import SavedView
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, TableSpec, html_table, pick, specs, table_spec
from jiqun.errors import JiqunError
from jiqun.facts.contract import contracts

GRADES = {
    Grade.PUBLIC: ("公开", "public"), Grade.AGGREGATE: ("汇总", "aggregate"),
    Grade.FIRM: ("涉企", "firm-level"), Grade.PERSONAL: ("个人", "personal"),
}  # fmt: skip
STATES = {
    "current": ("按期", "current"), "due": ("临近更新", "due soon"), "overdue": ("已过期", "overdue"),
    "unknown": ("未约定", "not agreed"),
}  # fmt: skip
STATE_BADGES = {"current": "good", "due": "weak", "overdue": "missing", "unknown": "undisclosed"}
FRESHNESS = [
    Field("table", "数据表", "Table", link="href"),
    Field("source", "来源", "Source"),
    Field("owner", "责任单位", "Owner"),
    Field("last_as_of", "数据日期", "As of"),
    Field("next_due", "下次应更新", "Next due"),
    Field("rows", "行数", "Rows", "integer", "行"),
    Field("state", "状态", "State", "words", words=STATES),
]
CATALOGUE = [
    Field("table", "数据表", "Table", link="href"), Field("about", "内容", "Content"),
    Field("grade", "等级", "Grade", "words", words={str(key): words for key, words in GRADES.items()}),
    Field("received", "收到", "Received", "integer", "行"),
    Field("accepted", "接收", "Accepted", "integer", "行"),
    Field("quarantined", "隔离", "Quarantined", "integer", "行"),
    Field("duplicate", "重复", "Duplicate", "integer", "行"),
]  # fmt: skip
COUNTS = ("received", "accepted", "quarantined", "duplicate")


def freshness_table(who: Viewer, caption: str) -> dict[str, Any]:
    """Return how fresh each source of each table is, as a table of a page."""
    opened = {spec.name for spec in specs().values() if spec.may_open(who)}
    titles = {name: pick(one.title["zh"], one.title["en"]) for name, one in contracts().items()}
    rows = [
        row
        | {
            "table": titles.get(row["contract"], row["contract"]),
            "href": reverse("table", args=[row["contract"]]) if row["contract"] in opened else "",
            "state_badge": STATE_BADGES.get(row["state"], "plain"),
        }
        for row in store().freshness().iter_rows(named=True)
    ]
    return html_table(FRESHNESS, rows, caption=caption, empty={"message": _("还没有装载数据。")})


def _catalogue_rows(who: Viewer) -> list[dict[str, Any]]:
    counted = store().batches().group_by("contract").agg(pl.col(*COUNTS).sum())
    by_name = {row["contract"]: row for row in counted.iter_rows(named=True)}
    return [
        {
            "table": pick(spec.zh, spec.en),
            "href": reverse("table", args=[spec.name]),
            "about": pick(spec.about_zh, spec.about_en),
            "grade": str(spec.grade),
        }
        | {name: by_name.get(spec.name, {}).get(name) for name in COUNTS}
        for spec in specs().values()
        if spec.may_open(who)
    ]


@page
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every table that the viewer may open, and how fresh each source is."""
    who = viewer(request)
    content = {
        "title": _("数据表"),
        "counts": html_table(
            CATALOGUE, _catalogue_rows(who), caption=_("有哪些表 · 收到 = 接收 + 隔离 + 重复"),
            empty={"message": ""},
        ),
        "freshness": freshness_table(who, _("各来源有多新")),
        "official": who.official,
        "synthetic": is_synthetic(store()),
    }  # fmt: skip
    return tables_page(request, "tabular/catalogue.html", content)


def _views(spec: TableSpec, who: Viewer) -> list[dict[str, Any]]:
    found = SavedView.objects.visible_to(who).filter(table=spec.name)
    return [
        {
            "id": one.pk, "name": one.name, "own": one.user_id == who.user_id,  # pyright: ignore[reportAttributeAccessIssue]
            "default": one.is_default and one.user_id == who.user_id,  # pyright: ignore[reportAttributeAccessIssue]
            "shared": bool(one.shared_with),
            "query": one.query, "href": f"{reverse('table', args=[spec.name])}?{one.query or 'view=0'}",
        }
        for one in found
    ]  # fmt: skip


def _empty(spec: TableSpec, who: Viewer, *, narrowed: bool) -> dict[str, str]:
    why = spec.why_empty(who)
    if why is not None:
        return {"message": pick(why[0], why[1])}
    if narrowed:
        return {"message": _("没有符合筛选条件的行。可去掉一个条件再看。")}
    return {"message": _("这张表还没有您能看的行。")}


@page
def listing(request: HttpRequest, table: str) -> HttpResponse:
    """One table: filters, order, columns, saved views, exports."""
    who = viewer(request)
    spec = table_spec(table, who)
    views = _views(spec, who)
    if not request.GET:
        first = next((one for one in views if one["default"] and one["query"]), None)
        if first is not None:
            return redirect(first["href"])
    one = asked(spec, who, request.GET)
    found = page_of(one)
    shown = one.shown
    why = spec.why_empty(who)
    table_of = html_table(
        shown, with_place_names(found.rows, shown), caption=pick(spec.zh, spec.en),
        empty=_empty(spec, who, narrowed=bool(one.query.where)),
    )  # fmt: skip
    heads = [
        column | order
        for column, order in zip(table_of["columns"], columns_of(one, shown), strict=True)
    ]
    content = frame(one) | {
        "title": pick(spec.zh, spec.en), "spec": spec, "about": pick(spec.about_zh, spec.about_en),
        "table": table_of, "heads": heads, "pager": pager(one, found.total), "views": views,
        "here": reverse("table", args=[spec.name]), "full_path": request.get_full_path(),
        "hidden_columns": len(one.fields) - len(shown),
        "why": {"text": pick(why[0], why[1]), "url": why[2]} if why else None,
        "may_import": spec.importer is not None and spec.importer.may(who),
        "synthetic": is_synthetic(store()),
    }  # fmt: skip
    return render(request, "tabular/list.html", content)


@page
def export(request: HttpRequest, table: str, kind: str) -> HttpResponse:
    """The rows that the list shows, all pages of them, as a workbook or as CSV."""
    who = viewer(request)
    spec = table_spec(table, who)
    one = asked(spec, who, request.GET)
    rows = export_rows(one, kind)
    number = note_export(
        viewer=who, tables=(spec.name,), rows=len(rows), filters=filters_in_words(one), kind=kind
    )
    content = write_file(one, rows, kind, number)
    name = f"{pick(spec.zh, spec.en)}-{localdate():%Y%m%d}-{number}.{kind}"
    return download(content, name, XLSX if kind == "xlsx" else "text/csv; charset=utf-8")


@page
@require_POST
def keep_view(request: HttpRequest, table: str) -> HttpResponse:
    """Save the filters of the page under a name."""
    who = viewer(request)
    spec = table_spec(table, who)
    query = request.POST.get("query", "")
    try:
        view = save_view(
            viewer=who, table=spec.name, name=request.POST.get("name", ""), query=query,
            shared="shared" in request.POST, default="default" in request.POST,
        )  # fmt: skip
    except JiqunError as error:
        if error.code != "E-INPUT":
            raise
        messages.error(request, pick(error.message_zh, error.message_en))
    else:
        messages.success(request, _("视图“%(name)s”已保存。") % {"name": view.name})
    return redirect(f"{reverse('table', args=[spec.name])}?{query or 'view=0'}")


@page
@require_POST
def drop_view(request: HttpRequest, view: int) -> HttpResponse:
    """Delete one of the own saved views."""
    who = viewer(request)
    found = get_object_or_404(SavedView.objects.visible_to(who), pk=view)
    table = found.table
    delete_view(viewer=who, view=found)
    messages.success(request, _("视图已删除。"))
    return redirect(f"{reverse('table', args=[table])}?{urlencode({'view': 0})}")


@page
def quarantine(request: HttpRequest) -> HttpResponse:
    """The refused rows of every table, under the address by which they are known."""
    if not viewer(request).official:
        raise forbidden("查看隔离的数据行", "see quarantined rows")
    return listing(request, "refused")
