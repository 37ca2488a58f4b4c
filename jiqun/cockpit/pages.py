"""The start page, the tables and their freshness, what was quarantined, and the purpose."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiqun.core.access import forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.models import FirmRead
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, html_table, pick
from jiqun.facts.contract import contracts
from jiqun.modules.chain.public import ChainView, Scope, chain_view, visible_scopes

STATES = {
    "current": ("按期", "current"), "due": ("临近更新", "due soon"), "overdue": ("已过期", "overdue"),
    "unknown": ("未约定", "not agreed"),
}  # fmt: skip
SUPPLY = {"strong": ("强", "strong"), "weak": ("弱", "weak"), "missing": ("缺", "missing"),
          "undisclosed": ("未披露", "undisclosed")}  # fmt: skip
STATE_BADGES = {"current": "good", "due": "weak", "overdue": "missing", "unknown": "undisclosed"}
FRESHNESS = [
    Field("table", "数据表", "Table"),
    Field("source", "来源", "Source"),
    Field("owner", "责任单位", "Owner"),
    Field("last_as_of", "数据日期", "As of"),
    Field("next_due", "下次应更新", "Next due"),
    Field("rows", "行数", "Rows", "integer", "行"),
    Field("state", "状态", "State", "words", words=STATES),
]
QUARANTINED = [
    Field("file", "文件", "File"), Field("row", "行", "Row"), Field("column", "列", "Column"),
    Field("value", "原文", "Original"), Field("message", "问题", "Problem"), Field("remedy", "怎么办", "Remedy"),
]  # fmt: skip
FIELD_WORDS = {"output": gettext_lazy("产值")}
READS = [Field("at", "时间", "When"), Field("who", "查看人", "Who"), Field("purpose", "用途", "Purpose"),
         Field("fields", "字段", "Fields")]  # fmt: skip


def _freshness_rows() -> list[dict[str, Any]]:
    titles = {
        name: pick(found.title["zh"], found.title["en"]) for name, found in contracts().items()
    }
    return [
        row
        | {
            "table": titles.get(row["contract"], row["contract"]),
            "state_badge": STATE_BADGES.get(row["state"], "plain"),
        }
        for row in store().freshness().iter_rows(named=True)
    ]


def _freshness(caption: str) -> dict[str, Any]:
    return html_table(
        FRESHNESS, _freshness_rows(), caption=caption, empty={"message": _("还没有装载数据。")}
    )


def _glance(view: ChainView) -> list[dict[str, str]]:
    supporting = view.of("supporting")
    count = lambda status: sum(row["status"] == status for row in supporting)  # noqa: E731
    lead = view.of("leading")
    names = "、".join(pick(row["name_zh"], row["name_en"]) for row in lead[:3]) or "—"
    return [
        {"label": pick("主导行业", "Leading industries"), "value": str(len(lead)), "note": names},
        {"label": pick("配套环节", "Supporting segments"), "value": str(len(supporting)),
         "note": " · ".join(f"{pick(*words)} {count(state)}" for state, words in SUPPLY.items())},
        {"label": pick("补链条目", "Fill list"), "value": str(len(view.on("fill"))),
         "note": pick("缺或弱、规模够、进得来", "missing or weak, large enough, feasible")},
        {"label": pick("固链条目", "Secure list"), "value": str(len(view.on("secure"))),
         "note": pick("来源单一的关键投入", "single-sourced key inputs")},
        {"label": pick("潜力行业", "Potential industries"), "value": str(len(view.of("potential"))),
         "note": pick("按进入概率 × 价值排序", "ranked by probability × value")},
    ]  # fmt: skip


@page
def start(request: HttpRequest) -> HttpResponse:
    """The county at a glance, and how fresh each table is."""
    facts, who = store(), viewer(request)
    scopes = visible_scopes(facts, who)
    counties = []
    names = dict(facts.polars("place", ["place", "name_zh"]).iter_rows())
    for scope in scopes[:6]:
        view = chain_view(facts, Scope(**scope), who)
        query = "&".join(f"{key}={value}" for key, value in scope.items())
        place = names.get(scope["place"], scope["place"])
        counties.append(
            {
                "name": place,
                "scope": scope,
                "cards": _glance(view),
                "href": f"{reverse('chain-map')}?{query}",
            }
        )
    freshness = _freshness(_("各数据表有多新"))
    return render(
        request, "cockpit/start.html",
        {"title": _("县情总览"), "counties": counties, "freshness": freshness, "reads": _own_reads(request),
         "synthetic": is_synthetic(facts)},
    )  # fmt: skip


def _own_reads(request: HttpRequest) -> dict[str, Any] | None:
    """Who looked at the viewer's own firm, for a firm's start page."""
    own = viewer(request).firms
    if not own:
        return None
    found = FirmRead.objects.filter(firm__in=own).select_related("user")[:50]
    rows = [
        {
            "at": f"{localtime(one.at):%Y-%m-%d %H:%M}",
            "who": one.user.get_username(),
            "purpose": one.purpose,
            "fields": FIELD_WORDS.get(one.fields, one.fields),
        }
        for one in found
    ]
    return html_table(
        READS, rows, caption=_("谁看过本企业的数据"), empty={"message": _("还没有人看过。")}
    )


@page
def tables(request: HttpRequest) -> HttpResponse:
    """Every table: owner, how fresh, how many rows came in and what became of them."""
    counts = store().batches().group_by("contract").agg(
        pl.col("received", "accepted", "quarantined", "duplicate").sum()
    )  # fmt: skip
    fields = [Field("table", "数据表", "Table"), Field("about", "内容", "Content"),
              Field("received", "收到", "Received", "integer", "行"),
              Field("accepted", "接收", "Accepted", "integer", "行"),
              Field("quarantined", "隔离", "Quarantined", "integer", "行"),
              Field("duplicate", "重复", "Duplicate", "integer", "行")]  # fmt: skip
    by_name = {row["contract"]: row for row in counts.iter_rows(named=True)}
    rows = [
        {
            "table": pick(one.title["zh"], one.title["en"]),
            "about": pick(one.about["zh"], one.about["en"]),
        }
        | by_name.get(name, dict.fromkeys(("received", "accepted", "quarantined", "duplicate"), 0))
        for name, one in contracts().items()
    ]
    content = {
        "title": _("数据表"),
        "counts": html_table(
            fields, rows, caption=_("收到 = 接收 + 隔离 + 重复"), empty={"message": ""}
        ),
        "freshness": html_table(
            FRESHNESS,
            _freshness_rows(),
            caption=_("各来源有多新"),
            empty={"message": _("还没有装载数据。")},
        ),
    }
    return render(request, "cockpit/tables.html", content)


@page
def quarantine(request: HttpRequest) -> HttpResponse:
    """Rows that were refused, each with the reason and what to do; for those who may see the data."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看隔离的数据行", "see quarantined rows")
    frame = store().polars("_quarantine").sort("recorded_at", "position", descending=[True, False])
    listed = Paginator(frame["record"].to_list(), 100).get_page(request.GET.get("page"))
    records = [json.loads(text) for text in listed.object_list]
    rows = [
        row | {"message": pick(row.get("message_zh", ""), row.get("message_en", "")),
               "remedy": pick(row.get("remedy_zh", ""), row.get("remedy_en", ""))}
        for row in records
    ]  # fmt: skip
    table = html_table(
        QUARANTINED, rows, caption=_("被隔离的行"), empty={"message": _("没有被隔离的行。")}
    )
    return render(
        request, "cockpit/quarantine.html", {"title": _("隔离区"), "table": table, "page": listed}
    )
