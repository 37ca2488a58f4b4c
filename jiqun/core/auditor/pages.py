"""Pages of the log: entries, who read a firm, verification, and the public daily roots."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiqun.core.access import Role, forbidden
from jiqun.core.audit.proof import entry_proof, read_proof, root_row
from jiqun.core.audit.roots import open_days
from jiqun.core.auditor import actions
from jiqun.core.auditor.selectors import (
    DETAILS,
    ENTRIES,
    READS,
    READS_OF_FIRM,
    ROOTS,
    action_choices,
    action_words,
    asked_of,
    entries_of,
    entry_rows,
    read_rows,
    reads_of,
    root_rows,
)
from jiqun.core.models.audit import AuditEntry, AuditRoot, FirmRead
from jiqun.core.pages import XLSX, download, page, public_page, viewer
from jiqun.core.tabular import Field, Provenance, html_table, pick, workbook

PER_PAGE = 50
MOST_EXPORTED = 20_000
BREAKS = [
    Field("where", "位置", "Where"),
    Field("day", "日期", "Day"),
    Field("what", "发现", "Finding"),
]
CHECKS = [
    Field("at", "时间", "When"),
    Field("who", "核验人", "By"),
    Field("entries", "记录", "Entries", "integer", "条"),
    Field("broken", "不符", "Breaks", "integer", "处"),
]


@page
def log(request: HttpRequest) -> HttpResponse:
    """The entries: all for the audit administrator, the own for everybody else."""
    who, asked = viewer(request), asked_of(request.GET)
    listed = Paginator(entries_of(who, asked), PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode(asked.shown)
    table = html_table(
        ENTRIES, entry_rows(listed.object_list), caption=_("记录"),
        empty={"message": _("没有符合条件的记录。")}, export_href=f"{reverse('audit-export')}?{query}",
    )  # fmt: skip
    all_of_it = who.has(Role.AUDIT)
    content = {
        "title": _("审计日志") if all_of_it else _("我的操作记录"), "table": table, "page": listed, "asked": asked,
        "query": query, "actions": action_choices(), "auditor": all_of_it,
    }  # fmt: skip
    return render(request, "audit/log.html", content)


@page
def export(request: HttpRequest) -> HttpResponse:
    """The entries asked for, as a workbook; that they were taken away is an entry itself."""
    who, asked = viewer(request), asked_of(request.GET)
    found = entries_of(who, asked)
    rows = entry_rows(found[:MOST_EXPORTED], details=True)
    number = actions.export(viewer=who, filters=asked.shown, rows=len(rows))
    total = found.count()
    notes = [_("只含最新的 %(n)d 条。") % {"n": MOST_EXPORTED}] if total > MOST_EXPORTED else []
    # nosemgrep: jiqun-unscoped-read - roots are public
    last = AuditRoot.objects.order_by("-day").first()
    provenance = Provenance(
        title=_("审计日志"), scope={_("可见范围"): _("全部") if who.has(Role.AUDIT) else _("本人")},
        filters=asked.shown, data_version=last.seal if last else "—", user=who.name, notes=notes, export=number,
    )  # fmt: skip
    book = workbook(provenance, [(_("记录"), DETAILS, rows)])
    return download(book, f"{_('审计日志')}.xlsx", XLSX)


@page
def entry(request: HttpRequest, number: int) -> HttpResponse:
    """One entry with what was before and after, its place in the chain and its digest."""
    found = get_object_or_404(AuditEntry.objects.visible_to(viewer(request)), pk=number)
    (row,) = entry_rows([found], details=True)
    facts = [
        (pick(spec.zh, spec.en), row[spec.name])
        for spec in DETAILS
        if spec.name not in {"before", "after"}
    ]
    states = [
        (label, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) if value else "")
        for label, value in ((_("之前"), found.before), (_("之后"), found.after))
    ]
    title = f"{action_words(found.action)} · {found.target}"
    return render(
        request,
        "audit/entry.html",
        {"title": title, "entry": found, "facts": facts, "states": states},
    )


@page
def entry_json(request: HttpRequest, number: int) -> HttpResponse:
    """The proof of one entry."""
    found = get_object_or_404(AuditEntry.objects.visible_to(viewer(request)), pk=number)
    return _proof(entry_proof(found), f"audit-{number}.json")


@page
def reads(request: HttpRequest) -> HttpResponse:
    """Who read a firm's own figures: as the firm, as the reader, as the audit administrator."""
    who = viewer(request)
    listed = Paginator(reads_of(who), PER_PAGE).get_page(request.GET.get("page"))
    empty = {"message": _("还没有人看过。") if who.firms else _("没有查看企业数据的记录。")}
    columns = READS_OF_FIRM if len(who.firms) == 1 else READS
    table = html_table(columns, read_rows(listed.object_list), caption=_("查看记录"), empty=empty)
    content = {"title": _("谁看过本企业的数据") if who.firms else _("查看企业数据的记录"), "table": table,
               "page": listed, "firm": bool(who.firms)}  # fmt: skip
    return render(request, "audit/reads.html", content)


@page
def read_json(request: HttpRequest, number: int) -> HttpResponse:
    """The proof that a firm was read, as a file that anybody can check."""
    found = FirmRead.objects.visible_to(viewer(request)).select_related("entry")
    return _proof(read_proof(get_object_or_404(found, pk=number)), f"read-{number}.json")


def _proof(proof: dict[str, Any], name: str) -> HttpResponse:
    text = json.dumps(proof, ensure_ascii=False, indent=1)
    return download(text.encode(), name, "application/json")


@page
def check(request: HttpRequest) -> HttpResponse:
    """Verify the whole log on request; before, what earlier verifications found."""
    who = viewer(request)
    if not actions.may_verify(who):
        raise forbidden("核验审计日志", "verify the audit log")
    report = actions.verify(viewer=who) if request.method == "POST" else None
    breaks = [
        {"where": one.where, "day": str(one.day or "—"), "what": pick(one.zh, one.en)}
        for one in (report.breaks[:200] if report else ())
    ]
    earlier = AuditEntry.objects.visible_to(who).filter(action="audit.verify")[:10]
    rows = [
        {"at": row["at"], "who": row["who"]}
        | {key: one.after.get(key) for key in ("entries", "broken")}
        for one, row in zip(earlier, entry_rows(earlier), strict=True)
    ]
    content = {
        "title": _("核验日志"), "report": report, "open_days": open_days(),
        "breaks": html_table(BREAKS, breaks, caption=_("不符之处"), empty={"message": _("没有不符之处。")}),
        "earlier": html_table(CHECKS, rows, caption=_("最近的核验"), empty={"message": _("还没有核验过。")}),
    }  # fmt: skip
    return render(request, "audit/verify.html", content)


@public_page
def roots(request: HttpRequest) -> HttpResponse:
    """The daily roots, for everybody: they say nothing about anybody."""
    found = AuditRoot.objects.visible_to(viewer(request))
    listed = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    table = html_table(
        ROOTS, root_rows(listed.object_list), caption=_("每日的根"), empty={"message": _("还没有封存的日子。")},
    )  # fmt: skip
    content = {"title": _("审计日志的每日根"), "table": table, "page": listed, "open_days": open_days(),
               "last": found.first()}  # fmt: skip
    return render(request, "audit/roots.html", content)


@public_page
def roots_json(request: HttpRequest) -> HttpResponse:
    """The daily roots for programs, oldest first."""
    found = AuditRoot.objects.visible_to(viewer(request)).order_by("day")
    content = {
        "format": "jiqun-audit-roots/1",
        "open": [str(day) for day in open_days()],
        "roots": [root_row(one) for one in found],
    }
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})
