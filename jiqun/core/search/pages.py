"""The search page, its suggestions while typing, and a page for entries without one of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from jiqun.core.factstore import is_synthetic, store
from jiqun.core.models.search import SearchEntry
from jiqun.core.pages import page, viewer
from jiqun.core.search.find import Group, Hit, find
from jiqun.core.search.source import sources
from jiqun.core.search.text import normal, runs
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind

A_KIND = 5  # hits shown of a kind while all kinds are
ALONE = 60
SUGGESTED = 3


def marked(text: str, typed: str) -> SafeString:
    """Return text, escaped, with what was typed marked.

    What differs from the text in width or case is found too where it has the same length.
    """
    words = sorted({*runs(normal(typed)), normal(typed)}, key=len, reverse=True)
    plain = "".join(normal(c) if len(normal(c)) == 1 else c for c in text)  # same positions as text
    pattern = "|".join(re.escape(word) for word in words if word)
    if not pattern:
        return escape(text)
    parts: list[str] = []
    at = 0
    for match in re.finditer(pattern, plain):
        parts += [
            escape(text[at : match.start()]),
            "<mark>",
            escape(text[match.start() : match.end()]),
            "</mark>",
        ]
        at = match.end()
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 - each part is escaped


def address(hit: Hit) -> str:
    """Where a hit leads: its own page, else the page of the entry."""
    return hit.url or reverse("search-entry", args=[hit.kind, hit.key])


def _shown(groups: Iterable[Group], typed: str) -> list[dict[str, Any]]:
    known = sources()
    return [
        {
            "kind": group.kind,
            "label": pick(known[group.kind].zh, known[group.kind].en) if group.kind in known else group.kind,
            "count": group.count,
            "more": group.more,
            "hidden": group.more or group.count > len(group.hits),
            "hits": [
                {
                    "title": marked(pick(hit.title_zh, hit.title_en), typed),
                    "other": marked(pick(hit.title_en, hit.title_zh), typed) if hit.title_en != hit.title_zh else "",
                    "subtitle": marked(hit.subtitle, typed),
                    "url": address(hit),
                }
                for hit in group.hits
            ],
        }
        for group in groups
    ]  # fmt: skip


@page
def search(request: HttpRequest) -> HttpResponse:
    """Everything that the viewer may see and that has the words."""
    typed = request.GET.get("q", "")[:100].strip()
    kind = request.GET.get("kind", "")
    kind = kind if kind in sources() else ""
    who = viewer(request)
    groups = find(who, typed, kinds=[kind] if kind else [], limit=ALONE if kind else A_KIND)
    suggesting = request.headers.get("HX-Request") == "true"
    context = {
        "title": _("搜索"),
        "search_query": typed,
        "kind": kind,
        "groups": _shown(groups, typed),
        "total": sum(group.count for group in groups),
        "more": any(group.more for group in groups),
        "synthetic": is_synthetic(store()),
    }
    return render(request, "search/results.html" if suggesting else "search/search.html", context)


@page
def entry(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """What the index knows of an entry that has no page elsewhere, such as a firm's registration."""
    entries = SearchEntry.objects.visible_to(viewer(request))
    found = entries.filter(segment__source=kind, key=key).first()
    if found is None:
        raise JiqunError(
            "E-NOT-FOUND",
            "没有这一条，或您不能查看它",
            "there is no such entry, or you may not see it",
            hint_zh="请从搜索结果点入。",
            hint_en="Open it from the results of a search.",
            kind=Kind.NOT_FOUND,
        )
    source = sources().get(kind)
    context = {
        "title": pick(found.title_zh, found.title_en),
        "label": pick(source.zh, source.en) if source else kind,
        "entry": found,
        "synthetic": is_synthetic(store()),
    }
    return render(request, "search/entry.html", context)
