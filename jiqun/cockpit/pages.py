"""The start page: the county at a glance, and how fresh its tables are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from jiqun.core.access import Role
from jiqun.core.auditor.selectors import READS_OF_FIRM, read_rows, reads_of
from jiqun.core.data.books import tables_page
from jiqun.core.data.pages import freshness_table
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import html_table, pick
from jiqun.modules.chain.public import ChainView, Scope, shown_view, visible_scopes

SUPPLY = {"strong": ("强", "strong"), "weak": ("弱", "weak"), "missing": ("缺", "missing"),
          "undisclosed": ("未披露", "undisclosed")}  # fmt: skip


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
        view = shown_view(facts, Scope(**scope), who)
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
    freshness = freshness_table(who, _("各数据表有多新"))
    return tables_page(
        request, "cockpit/start.html",
        {"title": _("县情总览"), "counties": counties, "freshness": freshness, "reads": _own_reads(request),
         "administrator": who.has(Role.SYSTEM, Role.SECURITY, Role.AUDIT), "synthetic": is_synthetic(facts)},
    )  # fmt: skip


def _own_reads(request: HttpRequest) -> dict[str, Any] | None:
    """Who looked at the viewer's own firm, for a firm's start page."""
    own = viewer(request).firms
    if not own:
        return None
    return html_table(
        READS_OF_FIRM, read_rows(reads_of(viewer(request)).filter(firm__in=own)[:10]),
        caption=_("谁看过本企业的数据"), empty={"message": _("还没有人看过。")},
    )  # fmt: skip
