"""Shapes of parcels come in: a GeoJSON file with its datum, what is wrong with it, then the usual dry run."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import store
from jiqun.core.frame import Part, ask, link, note, press, show, table
from jiqun.core.imports.actions import Said, may_plan_import, plan_import
from jiqun.core.models import Import
from jiqun.core.pages import page, viewer
from jiqun.core.security.uploads import check_upload
from jiqun.core.tabular import Field, pick
from jiqun.engine.land.geometry.datum import Datum
from jiqun.errors import JiqunError, Problem
from jiqun.modules.land.pages.parcel_forms import Plain, day_field, day_of, text_field
from jiqun.modules.land.parcels.shapes import Shapes, read_shapes
from jiqun.rules.land.read import in_force

TABLE = "parcel"
PROBLEMS = (
    Field("row", "要素", "Feature", "integer"), Field("what", "问题", "Problem"), Field("remedy", "怎么办", "Remedy"),
)  # fmt: skip
DATUMS = {
    Datum.CGCS2000: ("CGCS2000", "CGCS2000"), Datum.WGS84: ("WGS-84", "WGS-84"),
    Datum.GCJ02: ("GCJ-02（换算，不是测绘成果）", "GCJ-02 (converted, no survey)"),
    Datum.BD09: ("BD-09（换算，不是测绘成果）", "BD-09 (converted, no survey)"),
}  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def shapes(request: HttpRequest) -> HttpResponse:
    """Hand a file in; with problems they are shown first, without the dry run follows at once."""
    who = viewer(request)
    if not who.official or not may_plan_import(who, TABLE):
        raise forbidden("导入宗地图形", "import shapes of parcels")
    found: list[tuple[Shapes, Import | None]] = []
    refusal = None
    if request.method == "POST":
        refusal = press(request, {"read": lambda: found.append(_read(who, request))})
    read, planned = found[0] if found else (None, None)
    if read is not None and planned is not None and not read.problems:
        return redirect("import", key=planned.key)
    parts: list[Part] = [] if read is None else _result(read)
    parts.append(_form(request.POST or None, request.FILES or None))
    links = [] if planned is None else [
        link(("核对并写入可用的图形", "Check and write what can be used"), reverse("import", args=[planned.key]),
             main=True)
    ]  # fmt: skip
    return show(
        request, ("导入宗地图形", "Import shapes"), parts=parts, refusal=refusal, links=links,
        crumb=link(("标准地", "Standard land"), reverse("land-parcels")),
        lede=pick("先核对自相交、重叠、面积与登记不符，再预览、写入；写入后可撤销。",
                  "Self-intersections, overlaps and differing areas first; then dry run, writing, and undo."),
    )  # fmt: skip


def _read(who: Viewer, request: HttpRequest) -> tuple[Shapes, Import | None]:
    sent = request.FILES.get("file")
    if sent is None:
        raise JiqunError("E-UPLOAD-KIND", "没有选择文件", "no file was chosen",
                         hint_zh="请选择 GeoJSON 文件后再提交。", hint_en="Choose a GeoJSON file first.")  # fmt: skip
    # GeoJSON is checked as the text that it is.
    kept = check_upload(f"{sent.name}.txt", cast("BinaryIO", sent), kinds=frozenset({"csv"}))
    control = in_force("control", timezone.localdate())
    read = read_shapes(
        store(), kept.content, datum=str(request.POST.get("datum", "")), control=control
    )
    if not read.taken:
        return read, None
    said = request.POST
    label = f"（由 {read.datum} 换算，不是测绘成果）" if read.converted else ""
    planned = plan_import(
        viewer=who, table=TABLE, name=f"{sent.name}.csv", content=read.content,
        said=Said(source=f"{said.get('source', '')[:90].strip()}{label}" if said.get("source", "").strip() else "",
                  owner=said.get("owner", "").strip(), as_of=day_of(said, "as_of")),
    )  # fmt: skip
    return read, planned


def _result(read: Shapes) -> list[Part]:
    good, bad = len(read.taken), len(read.problems)
    zh = f"可用 {good} 宗，问题 {bad} 处。坐标系：{read.datum}" + (
        "，已换算为 WGS-84，不是测绘成果。" if read.converted else "。"
    )
    en = f"{good} can be used, {bad} problem(s). Datum: {read.datum}" + (
        ", converted to WGS-84: no survey." if read.converted else "."
    )
    return [
        note((zh, en), "info" if good else "warning"),
        table(("问题", "Problems"), PROBLEMS, [_row(one) for one in read.problems], ("没有", "None")),
    ]  # fmt: skip


def _row(one: Problem) -> dict[str, Any]:
    return {
        "row": one.row, "what": pick(one.message_zh, one.message_en), "remedy": pick(one.remedy_zh, one.remedy_en),
    }  # fmt: skip


def _form(data: Any = None, files: Any = None) -> Part:
    datums = [("", "—"), *((str(one), pick(*words)) for one, words in DATUMS.items())]
    form = Plain({
        "file": forms.FileField(
            label=pick("GeoJSON 文件（属性 parcel 为宗地编号）", "GeoJSON (property parcel: its code)")
        ),
        "datum": forms.ChoiceField(label=pick("坐标系", "Datum"), choices=datums),
        "source": text_field("这份图形叫什么", "Name of the data"),
        "owner": text_field("责任单位", "Responsible office"),
        "as_of": day_field("数据日期", "Date of the data"),
    }, data, files)  # fmt: skip
    form.fields["as_of"].initial = timezone.localdate()
    about = (
        "坐标系不同会相差数百米，必须写明，不猜测。",
        "Systems differ by hundreds of metres: declare it, none is guessed.",
    )
    return ask(("文件", "File"), [("read", ("核对", "Check"))], form, about, multipart=True)
