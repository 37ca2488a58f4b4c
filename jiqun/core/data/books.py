"""A whole page of tables as one workbook, for any page that shows several.

A page hands its context to :func:`tables_page` instead of ``render``. The page then has the button
“all tables of this page” (``tabular/book.html``), and ``?book=xlsx`` answers with the workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from jiqun.core.data.actions import note_export
from jiqun.core.data.listing import scope_words
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import XLSX, download, viewer
from jiqun.core.tabular import Provenance, pick, workbook
from jiqun.core.tabular.workbook import Sheet

BOOK = "book"


def sheets_in(context: Any) -> Iterator[Sheet]:
    """Yield every table in a page's context, in the order in which it was put there."""
    if isinstance(context, Mapping):
        if "sheet" in context and "columns" in context:
            yield context["sheet"]
            return
        context = list(context.values())
    if isinstance(context, list | tuple):
        for one in context:
            yield from sheets_in(one)


def tables_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    provenance: Provenance | None = None,
) -> HttpResponse:
    """Answer with the page, or with its tables as one workbook when the address asks for it.

    Args:
        request: The request.
        template: The page.
        context: Its context; every ``html_table`` in it, however deep, becomes a sheet.
        provenance: First sheet of the workbook; made from the title and the viewer if absent.
    """
    if request.GET.get(BOOK) != "xlsx":
        query = request.GET.copy()
        query[BOOK] = "xlsx"
        return render(request, template, {**context, "book_url": f"?{query.urlencode()}"})
    who = viewer(request)
    sheets = list(sheets_in(context))
    title = str(context.get("title", ""))
    number = note_export(
        viewer=who, tables=tuple(name for name, _, _ in sheets),
        rows=sum(len(rows) for _, _, rows in sheets), filters={}, kind="book",
    )  # fmt: skip
    cover = provenance or Provenance(
        title=title, scope=scope_words(who), filters={}, user=who.name,
        data_version=str(context.get("data_version") or pick("当前", "present")),
        synthetic=is_synthetic(store()), export=number,
    )  # fmt: skip
    return download(workbook(cover, sheets), f"{title}-{localdate():%Y%m%d}.xlsx", XLSX)
