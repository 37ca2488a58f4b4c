"""Documents of the evaluation as PDF."""

from __future__ import annotations

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from jiqun.core.audit import read_firms
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import download, page, viewer
from jiqun.core.typeset import Document, pdf
from jiqun.modules.land.documents import draft, sheet
from jiqun.modules.land.evaluation.selectors import firm_view, graded_view, own_view

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
