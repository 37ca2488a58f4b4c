"""Documents of land as PDF: of the evaluation, the land table, standard land, low-efficiency land."""

from __future__ import annotations

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from jiqun.core.audit import read_firms
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import download, page, viewer
from jiqun.core.typeset import Document, pdf
from jiqun.modules.land.attribution.documents import confirmation
from jiqun.modules.land.attribution.selectors import the_row, the_table
from jiqun.modules.land.batch.documents import measures_notice
from jiqun.modules.land.batch.selectors import measures_for, missing, the_sheet
from jiqun.modules.land.documents import draft, sheet
from jiqun.modules.land.evaluation.selectors import firm_view, graded_view, own_view
from jiqun.modules.land.lowuse.cases import entries_of as file_entries
from jiqun.modules.land.lowuse.cases import the_file
from jiqun.modules.land.lowuse.documents import case_file, plan
from jiqun.modules.land.parcels.documents import make, no_paper, papers_for
from jiqun.modules.land.parcels.dossier import dossier_of
from jiqun.modules.land.parcels.selectors import the_parcel

PDF = "application/pdf"


def _answer(document: Document, name: str) -> HttpResponse:
    return download(pdf(document), name, PDF)


@require_GET
@page
def own_sheet(request: HttpRequest) -> HttpResponse:
    """一企一单 of the viewer's own firm."""
    facts = store()
    view, firm = own_view(facts, viewer(request))
    made = sheet(view, firm, timezone.localdate(), synthetic=is_synthetic(facts))
    return _answer(made, f"{firm}-{view.year}-一企一单.pdf")


@require_GET
@page
def firm_sheet(request: HttpRequest, firm: str) -> HttpResponse:
    """一企一单 of one firm, for an official with a purpose; the firm sees the look."""
    facts = store()
    view = firm_view(facts, viewer(request), firm, request.GET.get("place", ""))
    made = sheet(view, firm, timezone.localdate(), synthetic=is_synthetic(facts))
    return _answer(made, f"{firm}-{view.year}-一企一单.pdf")


@require_GET
@page
def draft_file(request: HttpRequest) -> HttpResponse:
    """Names and grades as a publicity would show them, marked as a draft; firms for a purpose only."""
    facts, who = store(), viewer(request)
    view = graded_view(facts, who, request.GET.get("place", ""))
    seen = read_firms(who, view.frame["firm"].to_list(), fields="permu: grade")
    shown = view.frame.filter(pl.col("firm").is_in(sorted(seen)))
    names = [
        (group or "", name, grade)
        for group, name, grade in shown.select("group", "name", "grade").iter_rows()
    ]
    made = draft(view, names, timezone.localdate(), synthetic=is_synthetic(facts))
    return _answer(made, f"{view.place}-{view.year}-亩均评价测算稿.pdf")


@require_GET
@page
def land_sheet(request: HttpRequest, landtable: str, firm: str) -> HttpResponse:
    """用地确认表 of one firm: its own, or for an official with a purpose; the firm sees the look."""
    who = viewer(request)
    row = the_row(who, the_table(who, landtable), firm)
    made = confirmation(row, synthetic=is_synthetic(store()))
    return _answer(made, f"{firm}-{row.table.year}-用地确认表.pdf")


@require_GET
@page
def measures_file(request: HttpRequest, sheet: str) -> HttpResponse:
    """差别化措施通知 of one firm of an announced batch."""
    who = viewer(request)
    one = the_sheet(who, sheet)
    rows = measures_for(who, [one.batch], one.firm)
    if not rows:
        raise missing("差别化措施通知", "notice of measures")
    made = measures_notice(one, rows, synthetic=is_synthetic(store()))
    return _answer(made, f"{one.key}-差别化措施通知.pdf")


@require_GET
@page
def parcel_paper(request: HttpRequest, parcel: str, paper: str) -> HttpResponse:
    """A paper of standard land that can be printed now; drafts for officials alone."""
    who = viewer(request)
    of = dossier_of(who, the_parcel(who, parcel))
    ready = papers_for(who, of.one)
    if paper not in ready:
        raise no_paper()
    made = make(paper, of, synthetic=is_synthetic(store()))
    return _answer(made, f"{of.one.parcel.code}-{ready[paper].zh}.pdf")


@require_GET
@page
def lowuse_paper(request: HttpRequest, land_file: str, paper: str) -> HttpResponse:
    """一地一档, or 盘活方案 once one is proposed."""
    who, synthetic = viewer(request), is_synthetic(store())
    one = the_file(who, land_file)
    if paper == "file":
        made = case_file(one, file_entries(who, one), official=who.official, synthetic=synthetic)
        return _answer(made, f"{one.key}-一地一档.pdf")
    if paper == "plan" and one.tool:
        return _answer(plan(one, synthetic=synthetic), f"{one.key}-盘活方案.pdf")
    raise no_paper()
