"""腾地组合: parcel → gap → area under a budget, with the proof of the choice; and its workbook."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.audit import record
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, show, table
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, Provenance, pick, workbook
from jiqun.modules.land.evaluation.words import MARKS
from jiqun.modules.land.lowuse.portfolio import BUDGET, Portfolio, portfolio
from jiqun.modules.land.lowuse.selectors import ScreenView, screen_view
from jiqun.modules.land.lowuse.shown import UNITS, number_words, tool_words, value_words
from jiqun.modules.land.lowuse.words import FEN_PER_WAN, M2_PER_MU
from jiqun.modules.land.pages.lowuse import basis, old

Row = dict[str, Any]
CHOICE = (
    Field("parcel", "宗地", "Parcel", link="href"), Field("name", "使用权人", "Holder"),
    Field("location", "坐落", "Location"),
    Field("tool", "盘活方式", "Way"), Field("gap", "用于缺口", "For the gap"),
    Field("area", "面积", "Area", "number", unit="亩"), Field("cost", "成本", "Cost", "number", unit="万元"),
    Field("file", "档案", "File"),
)  # fmt: skip
REST = (
    Field("gap", "链条缺口", "Gap of the chain"), Field("need", "需要用地", "Land wanted", "number", unit="亩"),
    Field("served", "本组合提供", "Served", "number", unit="亩"), Field("left", "还缺", "Left", "number", unit="亩"),
)  # fmt: skip
ASSUMED = (
    Field("name", "假设", "Assumption"), Field("value", "取值", "Value"), Field("mark", "出处", "Rests on"),
)  # fmt: skip


@require_GET
@page
def page_of(request: HttpRequest) -> HttpResponse:
    """The choice under the budget and assumptions that the address asks for."""
    who = viewer(request)
    view = screen_view(store(), who, request.GET.get("place", ""))
    title = ("腾地组合", "Portfolio of land to release")
    crumb = link(("低效用地", "Low-efficiency land"), reverse("land-lowuse"))
    if not may_see_firm_rows(who):
        return show(request, title, crumb=crumb, parts=asks_purpose(who))
    found = portfolio(store(), who, view, _given(request))
    query = request.GET.urlencode()
    return show(
        request, title, small=view.year, crumb=crumb, figures=_figures(found),
        parts=[*old(view), _form(view, found), *_parts(found), table(("所用假设", "Assumptions"), ASSUMED,
                                                                   _assumed(view, found))],
        links=[link(("导出 Excel", "Excel"), reverse("land-lowuse-portfolio-xlsx") + (f"?{query}" if query else ""))],
        basis=[*basis(view), (pick("产业链图谱", "Chain map"), found.chain_run)],
        lede=pick("哪些低效宗地腾给链条的哪些缺口、腾多少：在预算内精确求解，并给出证明的上界。仅供决策参考。",
                  "Which parcels to release for which gaps, within a budget: solved exactly, with a proven bound."),
    )  # fmt: skip


def _given(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items()}


def _mu(area: float) -> float:
    return round(area / M2_PER_MU, 2)


def _figures(found: Portfolio) -> list[dict[str, str]]:
    mu = pick("亩", "mu")
    need = sum(one.need for one in found.gaps)
    chosen = [one for one, yes in zip(found.parcels, found.found.released, strict=True) if yes]
    known = [one.tax_fen for one in chosen if one.tax_fen is not None]
    unknown = len(chosen) - len(known)
    also = (
        pick(f"万元/年，另 {unknown} 宗未知", f"CNY 10k a year, {unknown} unknown")
        if unknown
        else pick("万元/年", "CNY 10k a year")
    )
    return [
        figure(("腾出用地", "Released"), number_words(_mu(found.area), 2), mu),
        figure(("缺口用地", "Wanted by gaps"), number_words(_mu(need), 2), mu),
        figure(("成本", "Cost"), number_words(found.found.cost / FEN_PER_WAN, 2), pick("万元", "CNY 10k")),
        figure(("这些宗地现有税收", "Their tax now"), number_words(sum(known) / FEN_PER_WAN, 2), also),
    ]  # fmt: skip


def _form(view: ScreenView, found: Portfolio) -> Part:
    fields: list[Row] = [{"name": BUDGET, "label": pick("预算", "Budget"), "unit": pick("万元", "CNY 10k"),
                          "value": f"{found.budget_fen / FEN_PER_WAN:g}"}]  # fmt: skip
    for name, value in found.values.items():
        one = view.pack.parameters[name]
        fields.append({"name": name, "label": f"{one.mark} {pick(one.zh, one.en)}", "unit": _unit(one.unit),
                       "value": f"{value:g}"})  # fmt: skip
    return {
        "fields": fields, "problems": found.problems, "clear": False,
        "title": pick("预算与假设", "Budget and assumptions"),
        "button": pick("求解", "Solve"),
        "words": pick("成本、可腾出的比例和单厂用地都是本项目的假设 ◆，由本县确定；网址可发给同事。",
                      "Costs, shares and the land of a plant are assumptions ◆ for the county to set."),
    }  # fmt: skip


def _unit(unit: str) -> str:
    return pick("小数", "decimal") if unit == "share" else pick(*UNITS[unit])


def _parts(found: Portfolio) -> list[Part]:
    if not found.chain_run:
        return [note(("还没有产业链图谱，没有缺口可配；请先执行 jiqun run chain。",
                      "There is no chain map yet and so no gap: run jiqun run chain first."))]  # fmt: skip
    if not found.gaps:
        return [
            note(
                ("产业链图谱里没有需要用地的缺口。", "The chain map has no gap that needs land."),
                "info",
            )
        ]
    return [
        table(("组合", "The choice"), CHOICE, _choice(found),
              ("预算内没有可选的宗地", "No parcel can be chosen within the budget")),
        note(found.found.said(), "good" if found.found.proved else "warning"),
        table(("缺口还剩多少", "What remains of the gaps"), REST, _rest(found), hint=(
            "分值 = 面积 × 缺口优先度（最高为 100）。", "Points = area × priority of the gap (100 at most).")),
    ]  # fmt: skip


def _choice(found: Portfolio) -> list[Row]:
    rows = [
        {"parcel": one.parcel, "href": reverse("land-lowuse-parcel", args=[one.parcel]), "name": one.name or None,
         "location": one.location, "tool": tool_words(one.tool), "gap": f"{gap.code} {gap.name}", "area": _mu(area),
         "cost": round(area * one.price / FEN_PER_WAN, 2), "file": one.file or None}
        for one, gap, area in found.released()
    ]  # fmt: skip
    if rows:
        total = {
            "parcel": pick("合计", "Total"),
            "area": _mu(found.area),
            "cost": round(found.found.cost / FEN_PER_WAN, 2),
        }
        rows.append(dict.fromkeys(rows[0]) | total)
    return rows


def _rest(found: Portfolio) -> list[Row]:
    return [
        {"gap": f"{one.code} {one.name}", "need": _mu(one.need), "served": _mu(found.served(at)),
         "left": _mu(one.need - found.served(at))}
        for at, one in enumerate(found.gaps)
    ]  # fmt: skip


def _assumed(view: ScreenView, found: Portfolio) -> list[Row]:
    rows: list[Row] = []
    for name, value in found.values.items():
        one = view.pack.parameters[name]
        rows.append({"name": pick(one.zh, one.en), "value": value_words(value, one.unit),
                     "mark": f"{one.mark} {pick(*MARKS[one.mark])}", "mark_badge": "warning"})  # fmt: skip
    return rows


@require_GET
@page
def workbook_of(request: HttpRequest) -> HttpResponse:
    """The choice as a workbook; the log keeps that it was taken."""
    who: Viewer = viewer(request)
    view = screen_view(store(), who, request.GET.get("place", ""))
    found = portfolio(store(), who, view, _given(request))
    title = pick("腾地组合", "Portfolio of land to release")
    record(
        who,
        "lowuse.export",
        target=f"place:{view.place}",
        reason=who.purpose,
        after={"run": view.run.run},
    )
    about = Provenance(
        title=title, scope=dict(basis(view)), filters=_given(request), data_version=view.run.snapshot[:12],
        rules_version=view.run.rules_version, user=who.name, synthetic=is_synthetic(store()),
        notes=[pick(*found.found.said())],
    )  # fmt: skip
    sheets = [
        (pick("组合", "Choice"), CHOICE, _choice(found)), (pick("缺口", "Gaps"), REST, _rest(found)),
        (pick("假设", "Assumptions"), ASSUMED, _assumed(view, found)),
    ]  # fmt: skip
    return download(workbook(about, sheets), f"{title}-{view.place}.xlsx", XLSX)
