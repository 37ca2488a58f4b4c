"""The map of parcels: page, its data, a parcel's card, the selection as a workbook."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, show, table
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, Provenance, label, pick, unit_of, workbook
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.shown import number_words
from jiqun.modules.land.mapping.drawing import collection, svg
from jiqun.modules.land.mapping.looks import BADGE, LOOKS, look_words
from jiqun.modules.land.mapping.selectors import (
    MU,
    Parcels,
    graded,
    holder_name,
    looks_for,
    one_parcel,
    parcels_for,
    town_sums,
)
from jiqun.modules.land.mapping.tiles import tiles
from jiqun.modules.land.parcels.selectors import clock_of
from jiqun.modules.land.parcels.shown import clock_facts

Row = dict[str, Any]
TITLE = ("宗地地图", "Map of parcels")
PURPOSE = ("按等级看宗地", "parcels by their holder's grade")
MOST_LISTED = 500
PROBLEMS = 100
PARCEL = "PARCEL"
LIST = (
    Field("parcel", "宗地编号", "Parcel", "code", link="href"), Field("location", "坐落", "Location"),
    Field("town", "所在地", "Place"), Field("mu", "面积", "Area", "number", unit="亩"),
    Field("look", "等级", "Grade", about_zh="土地使用权人的等级", about_en="of the holder of the right"),
)  # fmt: skip
EXPORT = (
    Field("parcel", "宗地编号", "Parcel", "code"), Field("location", "坐落", "Location"),
    Field("town", "所在地", "Place"), Field("use", "土地用途", "Use"),
    Field("holder", "土地使用权人", "Holder of the right", "firm_id"),
    Field("area_m2", "登记面积", "Registered area", "number", unit="m²"),
    Field("mu", "面积", "Area", "number", unit="亩"), LIST[-1],
    Field("drawn", "图形", "Shape", about_zh="能否画出；换算的坐标不是测量成果",
          about_en="whether it can be drawn; converted coordinates are no survey"),
)  # fmt: skip
SUMS = (Field("look", "等级", "Grade"), Field("parcels", "宗地", "Parcels", "integer"),
        Field("mu", "面积", "Area", "number", unit="亩"))  # fmt: skip
HISTORY = (
    Field("year", "数据年度", "Year"), Field("look", "等级", "Grade"), Field("rules", "规则", "Rules"),
    Field("run", "运行", "Run", "code"),
)  # fmt: skip
REASONS = (Field("parcel", "宗地编号", "Parcel", "code", link="href"),
           Field("why", "为什么没有画出", "Why it is not drawn"),
           Field("remedy", "怎么办", "What to do"))  # fmt: skip


OVERLAPS = (
    Field("parcel", "宗地编号", "Parcel", "code", link="href"), Field("other", "与之重叠的宗地", "Overlaps", "code"),
    Field("m2", "重叠面积", "Shared land", "number", unit="m²"),
)  # fmt: skip


@require_GET
@page
def parcel_map(request: HttpRequest) -> HttpResponse:
    """The map with its legend and selection, sums by town, what is not drawn and why."""
    who, facts = viewer(request), store()
    found, (base, wrong) = parcels_for(facts, who), tiles()
    town = request.GET.get("town", "")
    parts: list[Part] = [*(asks_purpose(who) if who.official else [])]
    if who.official:
        parts += [note((one.message_zh, one.message_en)) for one in wrong]
    parts += _drawn(found, base.credit + " " + base.approval if base else "")
    parts += [_towns(town_sums(facts, who, found), found), *_listed(facts, who, found, town)]
    parts += [*_overlaps(found), *_not_drawn(found)]
    answer = show(
        request, TITLE, parts=parts, figures=_figures(found), element="parcel-map",
        links=_links(who),
        lede=pick("宗地按土地使用权人的亩均等级填充，颜色之外另有纹理；套索选中的宗地列成表。",
                  "Parcels filled by the per-mu grade of their holder, hatched beside coloured; a lasso lists them."),
    )  # fmt: skip
    if base is None:
        return answer
    allowed = csp_update({"img-src": [base.host]})
    return cast(HttpResponse, allowed(lambda _request: answer)(request))


def _links(who: Viewer) -> list[dict[str, Any]]:
    register = link(("宗地登记表", "Register of parcels"), reverse("table", args=["parcel"]))
    if not who.official or may_see_firm_rows(who):
        return [register]
    return [link(("说明用途后看等级", "State a purpose to see grades"), reverse("land-map"), main=True,
                 purpose=PURPOSE), register]  # fmt: skip


def _figures(found: Parcels) -> list[dict[str, str]]:
    drawn = sum(code in found.shapes.drawn for code in found.rows["parcel"])
    parcels = pick("宗", "parcels")
    area = float(found.rows["area_m2"].sum() or 0) / MU
    return [
        figure(("宗地", "Parcels"), f"{found.rows.height:,}", parcels),
        figure(("登记面积", "Registered area"), f"{area:,.0f}", pick("亩", "mu")),
        figure(("画在图上", "On the map"), f"{drawn:,}", parcels),
        figure(("无图形", "Without a shape"), f"{len(found.shapeless):,}", parcels),
    ]  # fmt: skip


def _drawn(found: Parcels, credit: str) -> list[Part]:
    if found.rows.is_empty():
        return [
            note(
                ("您负责的地方还没有宗地数据。", "There are no parcels within your places yet."),
                "info",
            )
        ]
    return [{
        "include": "land/map.html", "title": pick(*TITLE), "src": reverse("land-map-data"),
        "svg": reverse("land-map-svg"), "card": reverse("land-map-card", args=[PARCEL]),
        "export": reverse("land-map-export"), "towns": found.towns, "datum": _datum_words(found),
        "credit": credit, "words": _page_words(),
        "head": [{"label": f"{label(one)} ({unit_of(one)})" if one.unit else label(one), "end": bool(one.unit)}
                 for one in LIST],
    }]  # fmt: skip


def _page_words() -> dict[str, str]:
    words = {
        "lasso": ("套索", "Lasso"), "view": ("选视野内", "Select in view"), "clear": ("清除选择", "Clear"),
        "town": ("按所在地选", "Select by place"), "no_town": ("（不限）", "(any)"),
        "tools": ("选择宗地", "Select parcels"),
        "export": ("导出 Excel", "Export Excel"), "zoom": ("缩放", "Zoom"), "in": ("放大", "Zoom in"),
        "out": ("缩小", "Zoom out"), "fit": ("全图", "Whole map"), "legend": ("图例", "Legend"),
        "selected": ("选中的宗地", "Selected parcels"), "none": ("没有选中宗地", "no parcel selected"),
        "card": ("点一宗地，这里显示它的登记事项。", "Choose a parcel: what the register says appears here."),
        "failed": ("地图数据没有取到，请刷新页面；下面的表格不受影响。",
                   "The map's data did not come; reload the page. The tables below are complete."),
        "detail": ("宗地详情", "The parcel"),
        "keys": (
            "方向键换宗地，Shift 加方向键移动，加减号缩放，0 全图，回车看详情，空格选中，Esc 取消；触屏两指移动。",
            ("Arrow keys: next parcel; with Shift: move; plus, minus: zoom; 0: whole map; Enter: details; "
             "Space: select; Esc: leave. On a touch screen two fingers move the map.")),
    }  # fmt: skip
    return {name: pick(*one) for name, one in words.items()}


def _datum_words(found: Parcels) -> str:
    """Which systems the register declares, and what was converted."""
    names = contracts()["parcel"].column("datum").values
    held = found.rows.filter(found.rows["shaped"])["datum"].drop_nulls().unique().sort().to_list()
    listed = pick("、", ", ").join(names.get(one, one) for one in held)
    codes = set(found.rows["parcel"])
    moved = len(found.shapes.converted & codes)
    said = pick(f"坐标系：{listed or '未声明'}，按 CGCS2000 / WGS-84 绘制。",
                f"Datum: {listed or 'none declared'}; drawn in CGCS2000 / WGS-84.")  # fmt: skip
    if not moved:
        return said
    return said + pick(f"其中 {moved} 宗由加偏坐标系换算，不是测量成果。",
                       f" {moved} were converted from a shifted datum and are no survey.")  # fmt: skip


def _towns(rows: list[Row], found: Parcels) -> Part:
    looks = [look for look in LOOKS if any(row.get(look, 0) != 0 for row in rows)]
    fields = (
        Field("town", "所在地", "Place", link="href"), Field("parcels", "宗地", "Parcels", "integer"),
        Field("mu", "面积", "Area", "number", unit="亩", decimals=0),
        *(Field(look, *LOOKS[look], "integer") for look in looks),
    )  # fmt: skip
    shown = [
        row | {"town": found.towns[row["town"]], "href": f"?town={row['town']}#jq-town"} for row in rows
    ]  # fmt: skip
    hint = ("宗地按使用权人的等级计；“—”不显示：不足 5 家企业，或可由其他数推出。",
            "Parcels by the grade of their holder; — is withheld: below five firms, or derivable.")  # fmt: skip
    return table(("各地宗地", "Parcels by place"), fields, shown, hint=hint if looks else ("", ""))


def _rows(found: Parcels, looks: list[str]) -> list[Row]:
    return [
        row | {
            "town": found.towns.get(row["place"], row["place"]), "mu": row["area_m2"] / MU,
            "look": look_words(look), "look_badge": BADGE.get(look, "undisclosed"),
            "href": reverse("land-map-card", args=[row["parcel"]]), "drawn": _shape_words(found, row),
        }
        for row, look in zip(found.rows.iter_rows(named=True), looks, strict=True)
    ]  # fmt: skip


def _shape_words(found: Parcels, row: Row) -> str:
    if row["parcel"] in found.shapes.converted:
        return pick("有，坐标经换算", "yes, converted")
    if row["parcel"] in found.shapes.drawn:
        return pick("有", "yes")
    return pick("图形有错", "faulty") if row["shaped"] else pick("无图形", "none")


def _listed(facts: Store, who: Viewer, found: Parcels, town: str) -> list[Part]:
    """The parcels of one place in words, when it is asked for."""
    if town not in found.towns:
        return []
    mine = found.of(town)
    shown = replace(mine, rows=mine.rows.head(MOST_LISTED))
    more = mine.rows.height - shown.rows.height
    hint = (
        f"只列前 {MOST_LISTED} 宗，另有 {more} 宗见导出。",
        f"The first {MOST_LISTED}; {more} more are in the export.",
    )
    return [
        {"anchor": "jq-town"},
        table((f"{found.towns[town]}的宗地", f"Parcels of {found.towns[town]}"), LIST,
              _rows(shown, looks_for(facts, who, shown)), hint=hint if more else ("", "")),
    ]  # fmt: skip


def _overlaps(found: Parcels) -> list[Part]:
    """Pairs of parcels that lie upon one another."""
    pairs = found.overlaps
    if not pairs:
        return []
    rows = [
        {"parcel": one.first, "href": reverse("land-map-card", args=[one.first]), "other": one.second, "m2": one.m2}
        for one in pairs[:PROBLEMS]
    ]  # fmt: skip
    return [table((f"互相重叠：{len(pairs)} 处", f"Overlaps: {len(pairs)}"), OVERLAPS, rows, hint=(
        "请按登记界址核对后修改其中一宗；换算的坐标可能有几厘米的误差。",
        "Check both against the registered boundary and correct one; converted coordinates may err by centimetres.",
    ))]  # fmt: skip


def _not_drawn(found: Parcels) -> list[Part]:
    parts: list[Part] = []
    codes = set(found.rows["parcel"])
    bare = found.shapeless
    if bare:
        rows = [
            {"parcel": code, "href": reverse("land-map-card", args=[code])}
            for code in bare[:PROBLEMS]
        ]
        parts.append(table((f"无图形：{len(bare)} 宗", f"Without a shape: {len(bare)}"), REASONS[:1], rows, hint=(
            "登记表没有图形，只在表格里；请向自然资源部门索取界址。",
            "The register has no shape of these; ask the natural resources bureau for the boundary.",
        )))  # fmt: skip
    faulty = {code: one for code, one in sorted(found.shapes.problems.items()) if code in codes}
    if faulty:
        rows = [
            {"parcel": code, "why": pick(one.message_zh, one.message_en),
             "remedy": pick(one.remedy_zh, one.remedy_en), "href": reverse("land-map-card", args=[code])}
            for code, one in list(faulty.items())[:PROBLEMS]
        ]  # fmt: skip
        parts.append(
            table((f"图形有错：{len(faulty)} 宗", f"Faulty shapes: {len(faulty)}"), REASONS, rows)
        )
    return parts


@require_GET
@page
@gzip_page
def map_data(request: HttpRequest) -> HttpResponse:
    """The parcels as GeoJSON; with a purpose the grades, and every firm's is logged."""
    who, facts = viewer(request), store()
    found, (base, _) = parcels_for(facts, who), tiles()
    body = collection(found, looks_for(facts, who, found), base)
    return HttpResponse(body, content_type="application/geo+json; charset=utf-8",
                        headers={"Cache-Control": "private, no-store"})  # fmt: skip


@require_GET
@page
@gzip_page
def map_svg(request: HttpRequest) -> HttpResponse:
    """The same as a drawing, for browsers without script."""
    who, facts = viewer(request), store()
    found = parcels_for(facts, who)
    body = svg(found, looks_for(facts, who, found), pick(*TITLE))
    return HttpResponse(
        body, content_type="image/svg+xml", headers={"Cache-Control": "private, no-store"}
    )


@require_GET
@page
def card(request: HttpRequest, parcel: str) -> HttpResponse:
    """What the register says of a parcel, its holder; for who may see them the holder's grades and the clock."""
    who, facts = viewer(request), store()
    found = one_parcel(facts, who, parcel)
    row = found.rows.row(0, named=True)
    holder = row["holder"] or ""
    look, past = graded(facts, who, found)
    history = [one | {"look": look_words(one["look"]), "look_badge": BADGE.get(one["look"], "undisclosed")}
               for one in past]  # fmt: skip
    facts_shown = _card_facts(found, row, holder_name(facts, who, holder) if holder else "")
    facts_shown.append((pick("等级", "Grade"), look_words(look)))
    standing = clock_of(who, parcel)
    facts_shown += clock_facts(standing) if standing else []
    links = _card_links(who, parcel, holder if past else "")
    parts = [table(("历次评价的等级", "Grade by evaluation"), HISTORY, history)] if history else []
    if request.GET.get("part"):
        more = {"title": parcel, "facts": facts_shown, "links": links, "parts": parts}
        return render(request, "land/card.html", more)
    return show(
        request, (f"宗地 {parcel}", f"Parcel {parcel}"), facts=facts_shown, links=links, parts=parts,
        crumb=link(TITLE, reverse("land-map")),
    )  # fmt: skip


def _card_facts(found: Parcels, row: Row, name: str) -> list[tuple[str, str]]:
    metres, problem = pick("平方米", "m²"), found.shapes.problems.get(row["parcel"])
    words = [
        (pick("坐落", "Location"), row["location"]),
        (pick("所在地", "Place"), found.towns.get(row["place"], row["place"])),
        (pick("土地用途", "Use"), row["use"]),
        (pick("登记面积", "Registered area"),
         f"{number_words(row['area_m2'], 2)} {metres}（{number_words(row['area_m2'] / MU, 2)} {pick('亩', 'mu')}）"),
        (pick("总建筑面积", "Total floor"), _metres(row["floor_m2"], metres)),
        (pick("建筑占地面积", "Footprint"), _metres(row["footprint_m2"], metres)),
        (pick("规划容积率", "Planned plot ratio"), number_words(row["planned_ratio"], 2)),
        (pick("土地使用权人", "Holder of the right"), f"{name}（{row['holder']}）" if name else row["holder"] or ""),
        (pick("坐标系", "Datum"), contracts()["parcel"].column("datum").values.get(row["datum"] or "", "")),
        (pick("图形", "Shape"),
         pick(problem.message_zh, problem.message_en) if problem else _shape_words(found, row)),
        (pick("重叠", "Overlaps"), _upon_words(found, row["parcel"], metres)),
        (pick("来源", "Source"), f"{row['source'] or ''} {row['as_of'] or ''}".strip()),
    ]  # fmt: skip
    return [(name, value or "") for name, value in words]


def _upon_words(found: Parcels, parcel: str, unit: str) -> str:
    words = [
        f"{other}（{number_words(area, 1)} {unit}）" for other, area in found.upon.get(parcel, ())
    ]
    return pick("、", ", ").join(words)


def _metres(value: float | None, unit: str) -> str:
    return f"{number_words(value, 2)} {unit}" if value is not None else number_words(None)


def _card_links(who: Viewer, parcel: str, rated: str) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    if own := _page_of(parcel):
        links.append(link(("宗地页", "The parcel's page"), own))
    if rated in who.firms:
        links.append(link(("本企业的评价", "The own evaluation"), reverse("land-own")))
    elif rated:
        links.append(
            link(("使用权人的评价", "The holder's evaluation"), reverse("land-firm", args=[rated]))
        )
    return links


def _page_of(parcel: str) -> str:
    """Address of the parcel's own page, where this installation has one."""
    try:
        return reverse("land-parcel", args=[parcel])
    except NoReverseMatch:
        return ""


@page
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The chosen parcels as a workbook: by codes, by place, or both; grades for who may see them."""
    who, facts = viewer(request), store()
    codes = [one for one in request.POST.get("parcels", "").split(",") if one]
    town = request.POST.get("town", "")
    everything = parcels_for(facts, who)
    found = everything.of("" if codes else town, codes) if codes or town else everything
    looks = looks_for(facts, who, found)
    rows = _rows(found, looks)
    sums = [
        {"look": look_words(look), "parcels": looks.count(look),
         "mu": sum(row["mu"] for row, own in zip(rows, looks, strict=True) if own == look)}
        for look in LOOKS if look in looks
    ]  # fmt: skip
    chosen = (
        pick(f"选中 {len(codes)} 宗", f"{len(codes)} selected")
        if codes
        else found.towns.get(town, "")
    )
    about = Provenance(
        title=pick(*TITLE), scope={pick("宗地", "Parcels"): str(found.rows.height)},
        filters={pick("选择", "Selection"): chosen} if chosen else {}, user=who.name,
        data_version=facts.snapshot().id[:12], synthetic=is_synthetic(facts), notes=[_datum_words(found)],
    )  # fmt: skip
    sheets = [(pick("宗地", "Parcels"), EXPORT, rows), (pick("按等级合计", "By grade"), SUMS, sums)]
    return download(workbook(about, sheets), f"{pick(*TITLE)}.xlsx", XLSX)
