"""The chain's pages: the map, the gap table, an industry, the maps and lists, one finding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.scope import PageScope, classification_words, scope_of
from jiqun.core.tabular import Field, Provenance, html_table, pick, workbook
from jiqun.errors import JiqunError, Kind
from jiqun.modules.chain import tables, what_if
from jiqun.modules.chain.analysis.entry import read_proof
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.analysis.linkages import ENGINE as ENGINE_LINKAGES
from jiqun.modules.chain.analysis.linkages import FIELDS as LINKAGE_FIELDS
from jiqun.modules.chain.catalogue import CATALOGUE, SCHEMES
from jiqun.modules.chain.drawing.files import CONTENT_TYPES, FileKind, map_file, map_svg
from jiqun.modules.chain.drawing.layout import MapData
from jiqun.modules.chain.drawing.mapdata import map_data, value_words
from jiqun.modules.chain.findings import current_pack
from jiqun.modules.chain.industry import industry_page
from jiqun.modules.chain.proof import proof_tables
from jiqun.modules.chain.selectors import (
    ChainView,
    finding_row,
    firm_names,
    firms_in,
    place_names,
    visible_scopes,
)
from jiqun.modules.chain.tabular import KINDS, LISTS
from jiqun.modules.chain.trees import shown_tree


@dataclass(frozen=True, slots=True)
class Shown:
    """What every page of the chain starts from."""

    request: HttpRequest
    page_scope: PageScope
    scope: Scope
    view: ChainView
    place: str
    synthetic: bool
    options: list[dict[str, str]]


def show(request: HttpRequest) -> Shown:
    """Read scope and what-if from the address and load the findings that the viewer may see."""
    facts, who = store(), viewer(request)
    options = visible_scopes(facts, who)
    page_scope = scope_of(request, options)
    if not page_scope.complete:
        raise JiqunError(
            "E-SCOPE-NONE",
            "还没有可以显示的图谱",
            "there is no map to show yet",
            hint_zh="请先装载数据（jiqun load）并计算（jiqun run chain），或向系统管理员申请查看范围。",
            hint_en="Load data (jiqun load) and compute (jiqun run chain), or ask for access.",
            kind=Kind.NOT_FOUND,
        )
    scope = Scope(page_scope.place, page_scope.classification, page_scope.period)
    view = tables.shown_view(facts, scope, who, what_if.overrides(request))
    names = place_names(facts, [option["place"] for option in options] + [scope.place])
    return Shown(
        request=request,
        page_scope=page_scope,
        scope=scope,
        view=view,
        place=names[scope.place],
        synthetic=is_synthetic(facts),
        options=[option | {"name": names[option["place"]]} for option in options],
    )


def frame(shown: Shown, title: str, **more: Any) -> dict[str, Any]:
    """Context of a page of the chain."""
    run = shown.view.run
    return {
        "title": title,
        "scope": shown.page_scope,
        "scope_options": shown.options,
        "scope_label": f"{shown.place} · {classification_words(shown.scope.classification)} · {shown.scope.period}",
        "place_name": shown.place,
        "synthetic": shown.synthetic,
        "data_version": run.snapshot[:12],
        "run": run,
        "view": shown.view,
        "query": shown.page_scope.query(),
        "full_query": shown.request.GET.urlencode() or shown.page_scope.query(),
        "notes": [pick(zh, en) for zh, en in shown.view.notes],
        **more,
    }


def html(table: tables.Table, caption: str, empty: str, export: str = "") -> dict[str, Any]:
    """A table as the partial wants it."""
    return html_table(
        table[0], table[1], caption=caption, empty={"message": empty}, export_href=export
    )


def drawing(shown: Shown) -> MapData:
    """The map's data for this viewer."""
    view = shown.view
    codes = sorted({code for row in view.rows for code in row["members"].split(";")})
    facts, snapshot = store(), view.run.snapshot
    known = codes and firms_in(facts, shown.scope, codes, snapshot).height
    firms = partial(firm_names, facts, shown.scope, snapshot) if known else None
    hrefs = {row["finding"]: tables.industry_href(shown.view, row) for row in view.rows}
    return map_data(view, firms, hrefs, synthetic=shown.synthetic)


@page
def chart(request: HttpRequest) -> HttpResponse:
    """The three-tier map with its table twin and the what-if."""
    shown = show(request)
    view = shown.view
    data = drawing(shown)
    captions = {
        "leading": (
            _("主导：撑起本地、确有专长、销往县外的行业"),
            _("没有行业同时满足三个条件，可放宽下方的门槛再看。"),
        ),
        "supporting": (
            _("配套：主导行业需要的环节，本地够不够"),
            _("没有配套环节：缺少主导行业或投入产出表。"),
        ),
        "extension": (_("延链：主导行业下游、增加值率更高的环节"), _("没有符合条件的下游环节。")),
        "potential": (_("潜力：最可能出现在本地、又值得引进的行业"), _("没有进入概率，无法排序。")),
    }
    tiers = [
        {
            "kind": kind,
            "label": pick(*KINDS[kind]),
            "table": html(tables.tier_table(view, kind), caption, empty),
        }
        for kind, (caption, empty) in captions.items()
    ]
    context = frame(
        shown, _("产业链图谱"),
        map=data, tiers=tiers, svg=map_svg(view, data, shown.place), pack=current_pack(),
        knobs=what_if.knobs(view) if viewer(request).official else [],
    )  # fmt: skip
    return render(request, "chain/map.html", context)


@page
def chart_json(request: HttpRequest) -> HttpResponse:
    """What the map's element draws."""
    return JsonResponse(
        drawing(show(request)), json_dumps_params={"ensure_ascii": False, "separators": (",", ":")}
    )


@page
def chart_file(request: HttpRequest, kind: FileKind) -> HttpResponse:
    """The map as SVG, PNG or PDF for a report."""
    shown = show(request)
    svg = map_svg(shown.view, drawing(shown), shown.place)
    name = f"{shown.place}-{_('产业链图谱')}-{shown.scope.period}.{kind}"
    return download(map_file(svg, kind), name, CONTENT_TYPES[kind])


@page
def gaps(request: HttpRequest) -> HttpResponse:
    """The gap table: every supporting segment with its state, and the four lists."""
    shown = show(request)
    view = shown.view
    wanted = request.GET.get("list", "")
    rows = view.on(wanted) if wanted in LISTS else [*view.of("supporting"), *view.of("extension")]
    export = f"{reverse('chain-export')}?{shown.page_scope.query()}"
    table = html(
        tables.mixed_table(view, rows),
        pick(*LISTS[wanted]) if wanted in LISTS else _("全部配套环节与延链候选"),
        _("此清单目前没有条目。"),
        export,
    )
    choices = [
        {"slug": slug, "label": pick(*words), "count": len(view.on(slug)), "active": slug == wanted}
        for slug, words in LISTS.items()
    ]
    every = len(view.of("supporting")) + len(view.of("extension"))
    return render(
        request, "chain/gaps.html",
        frame(shown, _("补强延固清单"), table=table, choices=choices, wanted=wanted, every=every),
    )  # fmt: skip


@page
def industry(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """One industry or segment: history, neighbours up- and downstream, who makes what."""
    shown = show(request)
    content = industry_page(store(), shown.scope, shown.view, viewer(request), kind, code)
    for row in content["neighbour_rows"]:
        row["href"] = tables.industry_href(shown.view, row)
    content["neighbours"] = html(
        (content["neighbour_fields"], content["neighbour_rows"]),
        _("上下游"),
        _("没有投入产出联系。"),
    )
    content["firms"] = html(
        (content["firm_fields"], content["firm_rows"]), _("谁在做"),
        _("登记在册的企业中，没有以此为主业的。") if content["register"] else
        _("没有企业登记数据。数据通常在市场监管局，可请其导出后装载。"))  # fmt: skip
    content["value_words"] = value_words(content["row"], shown.view) if content["row"] else ""
    return render(request, "chain/industry.html", frame(shown, content["name"], **content))


@page
def finding(request: HttpRequest, finding: str) -> HttpResponse:
    """One finding opened down to its facts and rules."""
    facts, who = store(), viewer(request)
    run, row = finding_row(facts, finding, who)
    tree = shown_tree(facts, run, row, who)
    name = pick(row["name_zh"], row["name_en"])
    scope = PageScope(row["place"], row["classification"], row["period"])
    return render(
        request, "chain/finding.html",
        {
            "title": name, "tree": tree, "row": row, "run": run, "query": scope.query(),
            "synthetic": is_synthetic(facts), "data_version": run.snapshot[:12],
            "scope_label": f"{row['place']} · {row['classification']} · {row['period']}",
            "kind_label": pick(*KINDS[row["kind"]]),
        },
    )  # fmt: skip


@page
def catalogue(request: HttpRequest) -> HttpResponse:
    """The provinces' maps and lists, as saved queries over the one graph."""
    shown = show(request)
    schemes = [
        {
            "label": pick(*SCHEMES[scheme]),
            "entries": [
                {"slug": one.slug, "label": pick(one.zh, one.en), "is_map": one.is_map}
                for one in entries
            ],
        }
        for scheme, entries in CATALOGUE.items()
    ]
    return render(request, "chain/catalogue.html", frame(shown, _("图与清单"), schemes=schemes))


@page
def saved(request: HttpRequest, slug: str) -> HttpResponse:
    """One map or list."""
    shown = show(request)
    one = tables.known_entry(slug)
    table = tables.catalogue_table(store(), shown.scope, shown.view, one)
    export = f"{reverse('chain-list-export', args=[slug])}?{shown.page_scope.query()}"
    empty: dict[str, str] = {"message": _("还没有装载这类数据。")}
    if one.holder_zh:
        empty["holder"] = pick(one.holder_zh, one.holder_en)
    label = pick(one.zh, one.en)
    drawn = html_table(table[0], table[1], caption=label, empty=empty, export_href=export)
    svg = (
        map_svg(shown.view, drawing(shown), shown.place)
        if one.is_map and one.source == "rows"
        else ""
    )
    return render(request, "chain/saved.html", frame(shown, label, table=drawn, svg=svg, entry=one))


def provenance(shown: Shown, title: str) -> Provenance:
    """What the first sheet of the chain's workbooks states."""
    run, view = shown.view.run, shown.view
    used = current_pack().values() | dict(view.changed)
    return Provenance(
        title=f"{shown.place} {title}",
        scope={
            pick("地方", "Place"): f"{shown.place} ({shown.scope.place})",
            pick("分类", "Classification"): shown.scope.classification,
            pick("期间", "Period"): shown.scope.period,
        },
        filters=what_if.in_words(view.changed),
        definitions=list(what_if.in_words(used).items()),
        data_version=f"{run.snapshot} · {run.run}",
        rules_version=f"{run.rules_version} · {run.code_version}",
        user=viewer(shown.request).name,
        synthetic=shown.synthetic,
        notes=[pick(zh, en) for zh, en in view.notes],
    )


def _book(
    shown: Shown, title: str, sheets: list[tuple[str, list[Field], list[dict[str, Any]]]]
) -> HttpResponse:
    content = workbook(provenance(shown, title), sheets)
    return download(content, f"{shown.place}-{title}-{shown.scope.period}.xlsx", XLSX)


@page
def export(request: HttpRequest) -> HttpResponse:
    """The whole map as one workbook: a sheet per tier, one for the four lists."""
    shown = show(request)
    sheets = [(pick(*KINDS[kind]), *tables.tier_table(shown.view, kind)) for kind in KINDS]
    listed = [row for row in shown.view.rows if row["lists"]]
    sheets.append((pick("补强延固", "Four lists"), *tables.mixed_table(shown.view, listed)))
    return _book(shown, _("产业链图谱"), sheets)


@page
def export_list(request: HttpRequest, slug: str) -> HttpResponse:
    """One saved query as a workbook; ``miluo`` and ``henan`` give the whole set."""
    shown = show(request)
    entries = next((list(CATALOGUE[name]) for name in SCHEMES if name == slug), None)
    chosen = entries or [tables.known_entry(slug)]
    sheets = [
        (pick(one.zh, one.en), *tables.catalogue_table(store(), shown.scope, shown.view, one))
        for one in chosen
    ]
    title = pick(*SCHEMES[slug]) if slug in SCHEMES else pick(chosen[0].zh, chosen[0].en)  # type: ignore[index]
    return _book(shown, title, sheets)


@page
def model(request: HttpRequest) -> HttpResponse:
    """What speaks for the probabilities of entry: the back-test beside its plain rivals."""
    shown = show(request)
    proof = read_proof(store(), shown.scope.classification, shown.scope.period)
    metrics, calibration = proof_tables(proof)
    context = frame(
        shown, _("进入模型的检验"), proof=proof,
        proven_on=pick(*proof.proven_on) if proof else "",
        reason=pick(*proof.reason) if proof and proof.reason else "",
        metrics=html(metrics, _("与不用模型的办法相比"), _("没有回测。")),
        calibration=html(calibration, _("说一成，是不是真有一成"), _("随附模型的校准表见其说明文档。")),
    )  # fmt: skip
    return render(request, "chain/model.html", context)


@page
def linkages(request: HttpRequest) -> HttpResponse:
    """Linkages of an input–output table: statistics of a nation, so everybody may see them."""
    runs = {run.scope["table"]: run for run in store().runs(ENGINE_LINKAGES)}
    wanted = request.GET.get("table", "")
    run = runs.get(wanted) or next(iter(runs.values()), None)
    rows: list[dict[str, Any]] = []
    if run is not None:
        found = store().finding(ENGINE_LINKAGES, run.run).to_polars().iter_rows(named=True)
        rows = [row | {"name": pick(row["name_zh"], row["name_en"])} for row in found]
    table = html(
        (LINKAGE_FIELDS, rows),
        _("部门关联与整体抽除"),
        _("还没有计算：先装载投入产出表，再执行 jiqun run linkages。"),
    )
    context = {
        "title": _("部门关联"), "table": table, "run": run, "tables": sorted(runs), "wanted": wanted,
        "synthetic": is_synthetic(store()), "data_version": run.snapshot[:12] if run else "",
    }  # fmt: skip
    return render(request, "chain/linkages.html", context)
