"""The pages of an import: upload, dry run, result, history."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiqun.core.access import Viewer, forbidden
from jiqun.core.imports.actions import (
    apply_import,
    discard_import,
    may_plan_import,
    plan_import,
    revise_import,
    said_of,
    undo_import,
)
from jiqun.core.imports.files import faulty_book, plan_of
from jiqun.core.imports.forms import ENCODING_WORDS, IGNORE, UploadForm, answers, defaults
from jiqun.core.imports.shown import changes_table, headline, history_table, problems_table
from jiqun.core.imports.tasks import start_apply, too_large_to_wait
from jiqun.core.models import Import
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.security.uploads import TABLES, check_upload
from jiqun.core.tabular import TableSpec, pick, specs, table_spec
from jiqun.errors import JiqunError


def _open(request: HttpRequest, key: str) -> tuple[Viewer, Import, TableSpec]:
    who = viewer(request)
    one = get_object_or_404(Import.objects.visible_to(who), key=key)
    return who, one, table_spec(one.table, who)


def _said(error: JiqunError) -> str:
    """An error in one paragraph, its problems included."""
    first = pick(error.message_zh, error.message_en)
    hint = pick(error.hint_zh, error.hint_en)
    return f"{first}。{hint}" if hint else first


@page
def new(request: HttpRequest, table: str) -> HttpResponse:
    """Hand in a file for a table; what comes next is a dry run."""
    who = viewer(request)
    spec = table_spec(table, who)
    if spec.importer is None or not may_plan_import(who, table):
        raise forbidden("导入这张表", "import into this table")
    asks = spec.importer.asks
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*given, asks=asks, initial=defaults(spec, localdate()))
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            checked = check_upload(sent.name, sent.file, kinds=TABLES)
            one = plan_import(
                viewer=who,
                table=table,
                name=checked.name,
                content=checked.content,
                said=form.said(),
            )
        except JiqunError as error:
            if error.status != 422:
                raise
            form.add_error("file", _said(error))
        else:
            return redirect("import", key=one.key)
    content = {
        "title": _("导入：%(table)s") % {"table": pick(spec.zh, spec.en)},
        "form": form,
        "spec": spec,
    }
    return render(request, "imports/new.html", content, status=422 if form.errors else 200)


@page
def template(request: HttpRequest, table: str) -> HttpResponse:
    """The empty workbook to fill in."""
    who = viewer(request)
    spec = table_spec(table, who)
    if spec.importer is None:
        raise forbidden("导入这张表", "import into this table")
    return download(spec.importer.template(), f"{pick(spec.zh, spec.en)}-{_('模板')}.xlsx", XLSX)


@page
def one(request: HttpRequest, key: str) -> HttpResponse:
    """An import: its dry run while it waits for a decision, else what became of it."""
    _who, found, spec = _open(request, key)
    if found.state == Import.State.PLANNED:
        return _dry_run(request, found, spec)
    late = found.undo_until is None or found.undo_until < timezone.now()
    content = {
        "title": _("导入结果"), "one": found, "spec": spec, "counts": found.counts,
        "may_undo": found.state == Import.State.APPLIED and not late, "days": settings.IMPORT_UNDO_DAYS,
        "table_url": reverse("table", args=[spec.name]),
    }  # fmt: skip
    return render(request, "imports/result.html", content)


def _dry_run(
    request: HttpRequest, found: Import, spec: TableSpec, status: int = 200
) -> HttpResponse:
    plan = plan_of(found)
    columns = [(one.name, pick(one.zh, one.en)) for one in spec.template_fields]
    labels = dict(columns)
    questions: list[dict[str, Any]] = [
        {
            "number": number,
            "heading": one.heading,
            "nearest": labels.get(one.nearest, ""),
            "value": one.nearest,
        }
        for number, one in enumerate(plan.unknown)
    ]
    content = {
        "title": _("核对导入"), "one": found, "spec": spec, "plan": plan, "counts": plan.counts,
        "headline": headline(plan), "problems": problems_table(plan), "updates": changes_table(plan, spec, "update"),
        "creates": changes_table(plan, spec, "create"), "questions": questions, "columns": columns,
        "missing": [
            (one.name, pick(one.zh, one.en), one.example)
            for one in spec.fields
            if one.name in plan.missing
        ],
        "ignore": IGNORE, "encodings": ENCODING_WORDS, "encoding": found.said.get("encoding", ""),
        "sheets": plan.sheets if len(plan.sheets) > 1 else (),
        "writable": not plan.blocked and bool(plan.counts.accepted), "said": found.said,
        "days": settings.IMPORT_UNDO_DAYS,
    }  # fmt: skip
    return render(request, "imports/plan.html", content, status=status)


@page
@require_POST
def revise(request: HttpRequest, key: str) -> HttpResponse:
    """Take the answers of the dry-run page and do the dry run again."""
    who, found, _spec = _open(request, key)
    said = answers(said_of(found), plan_of(found), request.POST)
    try:
        revise_import(viewer=who, one=found, said=said)
    except JiqunError as error:
        if error.status != 422:
            raise
        messages.error(request, _said(error))
    return redirect("import", key=key)


@page
@require_POST
def apply(request: HttpRequest, key: str) -> HttpResponse:
    """Write what the dry run showed; a large file in the background."""
    who, found, _spec = _open(request, key)
    if too_large_to_wait(found):
        return redirect("job", number=start_apply(who, found).pk)
    try:
        apply_import(viewer=who, one=found)
    except JiqunError as error:
        if error.code not in ("E-IMPORT-CHANGED", "E-IMPORT-BLOCKED"):
            raise
        messages.error(request, _said(error))
        found.refresh_from_db()
        revise_import(viewer=who, one=found, said=said_of(found))
    return redirect("import", key=key)


@page
@require_POST
def undo(request: HttpRequest, key: str) -> HttpResponse:
    """Put the rows back as they were."""
    who, found, _spec = _open(request, key)
    back, left = undo_import(viewer=who, one=found, reason=request.POST.get("reason", ""))
    messages.success(request, _("已撤销：%(back)s 行恢复原样。") % {"back": back})
    if left:
        messages.warning(
            request, _("有 %(left)s 行在导入之后又被改过，保持现在的样子。") % {"left": left}
        )
    return redirect("import", key=key)


@page
@require_POST
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Give the import up; the file is deleted."""
    who, found, spec = _open(request, key)
    discard_import(viewer=who, one=found)
    messages.success(request, _("已放弃，上传的文件已删除，表中没有任何改动。"))
    return redirect("table", table=spec.name)


@page
def faulty(request: HttpRequest, key: str) -> HttpResponse:
    """The refused rows to be corrected: as they came, with a column that says why."""
    _who, found, _spec = _open(request, key)
    name = f"{_('待改正')}-{found.file_name.rpartition('.')[0] or found.file_name}.xlsx"
    return download(faulty_book(plan_of(found).faulty), name, XLSX)


@page
def history(request: HttpRequest) -> HttpResponse:
    """The imports that the viewer may see: who, when, what, undone or not."""
    who = viewer(request)
    found = Import.objects.visible_to(who).select_related("user")[:200]
    tables = [
        (one.name, pick(one.zh, one.en))
        for one in specs().values()
        if one.importer is not None and may_plan_import(who, one.name)
    ]
    content = {"title": _("导入记录"), "table": history_table(found), "tables": tables}
    return render(request, "imports/history.html", content)
