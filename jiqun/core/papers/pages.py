"""证明材料: a firm's shelf, one paper, its file; for officials what firms of the place have handed in."""

from __future__ import annotations

from datetime import date
from typing import Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.audit import note_read
from jiqun.core.frame import Part, Said, ask, asks_purpose, link, note, press, show, table
from jiqun.core.models.papers import Paper, PaperUse
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.papers.actions import KINDS, add_paper, may_remove_paper, remove_paper
from jiqun.core.papers.files import content_of
from jiqun.core.papers.shown import FIELDS, READ, matters, paper_row
from jiqun.core.security.uploads import check_upload
from jiqun.core.tabular import Field, pick
from jiqun.errors import JiqunError, Kind

SHOWN = 200
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "xlsx": XLSX,
         "xls": "application/vnd.ms-excel"}  # fmt: skip
USED = Field("used", "提交次数", "Times handed in", "integer")
FIRM = Field("firm", "企业代码", "Firm")
USES = (
    Field("what", "用于", "For", link="href"), Field("key", "事项编号", "Number"),
    Field("made_at", "提交", "Handed in", "datetime"),
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def papers(request: HttpRequest) -> HttpResponse:
    """The firm's shelf with the form for another document; an official's list."""
    who = viewer(request)
    if not (who.official or who.has(Role.FIRM)):
        raise forbidden("查看证明材料", "see papers")
    refusal = None
    if request.method == "POST":
        refusal = press(request, {"add": lambda: _add(who, request)})
        if refusal is None:
            return redirect("papers")
    if who.has(Role.FIRM):
        return _shelf(request, who, refusal)
    found = list(Paper.objects.visible_to(who)[:SHOWN])
    note_read(who, {one.firm for one in found}, READ)
    return show(
        request, ("企业提交的材料", "Papers handed in"), refusal=refusal,
        lede=pick("企业在异议、答复、佐证中提交的材料；没有提交的看不到。每次查看留痕，企业看得到。",
                  "What firms handed in with objections, answers and evidence; nothing else of their shelves."),
        parts=[*asks_purpose(who), table(("材料", "Papers"), (FIRM, *FIELDS),
                                         [paper_row(one) | {"firm": one.firm} for one in found],
                                         ("还没有企业提交材料", "No firm has handed anything in"))],
    )  # fmt: skip


def _shelf(request: HttpRequest, who: Viewer, refusal: JiqunError | None) -> HttpResponse:
    own = Paper.objects.visible_to(who).prefetch_related("uses")[:SHOWN]
    rows = [paper_row(one) | {"used": len(one.uses.all())} for one in own]
    form = ask(
        ("上传材料", "Upload a document"), [("add", ("上传", "Upload"))],
        _form(who, request.POST or None, request.FILES or None),
        ("支持 pdf、png、jpg、xlsx；不收带宏或加密的文件。",
         "pdf, png, jpg, xlsx; no macros, no passwords."), multipart=True,
    )  # fmt: skip
    return show(
        request, ("证明材料", "Papers"), refusal=refusal,
        lede=pick("每份材料只传一次：在异议、答复、佐证里填它的编号（CL-…）即为提交。没有提交的，别人看不到。",
                  "Upload once: citing its number (CL-…) in an objection, answer or evidence hands it in. "
                  "Nobody else sees what was not handed in."),
        parts=[table(("本企业的材料", "Our papers"), (*FIELDS, USED), rows, ("还没有材料", "None yet")), form],
    )  # fmt: skip


def _form(who: Viewer, data: Any = None, files: Any = None) -> forms.Form:
    made = forms.Form(data, files)
    if len(who.firms) > 1:
        made.fields["firm"] = forms.ChoiceField(
            label=pick("企业", "Firm"), choices=[(one, one) for one in sorted(who.firms)]
        )
    made.fields["title"] = forms.CharField(label=pick("材料名称", "What it is"), max_length=120)
    made.fields["valid_until"] = forms.DateField(
        label=pick("有效期至", "Holds until"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    made.fields["file"] = forms.FileField(
        label=pick("文件", "File"),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{one}" for one in sorted(KINDS))}),
    )
    return made


def _until(text: str) -> date | None:
    try:
        return cast("date | None", forms.DateField(required=False).clean(text))
    except ValidationError as error:
        raise JiqunError(
            "E-INPUT", f"“{text[:20]}”不是日期", f"“{text[:20]}” is no date",
            hint_zh="写成 2027-03-31。", hint_en="Write it as 2027-03-31.",
        ) from error  # fmt: skip


def _add(who: Viewer, request: HttpRequest) -> Said:
    sent = request.FILES.get("file")
    if sent is None:
        raise JiqunError("E-UPLOAD-KIND", "没有选择文件", "no file was chosen",
                         hint_zh="请选择文件后再提交。", hint_en="Choose a file first.")  # fmt: skip
    firm = request.POST.get("firm", "") or min(who.firms, default="")
    kept = check_upload(str(sent.name or ""), cast("BinaryIO", sent), kinds=KINDS)
    made = add_paper(
        viewer=who, firm=firm, title=request.POST.get("title", ""), upload=kept,
        valid_until=_until(request.POST.get("valid_until", "").strip()),
    )  # fmt: skip
    return Said((f"已保存，编号 {made.key}。", f"Kept as {made.key}."))


def _the_paper(who: Viewer, key: str) -> Paper:
    found = Paper.objects.visible_to(who).filter(key=key).first()
    if found is None:
        raise JiqunError(
            "E-PAPER-UNKNOWN",
            "没有这份材料，或您不能查看它",
            "there is no such paper, or you may not see it",
            hint_zh="官员查看须先说明用途；没有提交的材料只有企业自己能看。",
            hint_en="An official states a purpose first; what was not handed in is the firm's own.",
            kind=Kind.NOT_FOUND,
        )
    note_read(who, [found.firm], READ)
    return found


@require_http_methods(["GET", "POST"])
@page
def paper(request: HttpRequest, paper: str) -> HttpResponse:
    """One paper: what it is and what it was handed in for."""
    who = viewer(request)
    one = _the_paper(who, paper)
    refusal = None
    if request.method == "POST":
        refusal = press(request, {"remove": lambda: remove_paper(viewer=who, paper=one)})
        if refusal is None:
            return redirect("papers")
    uses = list(PaperUse.objects.visible_to(who).filter(paper=one))
    row = paper_row(one)
    parts: list[Part] = [
        table(("提交记录", "Handed in for"), USES, [_use(use) for use in uses],
              ("还没有提交，只有本企业能看", "Not handed in; nobody else sees it"))
    ]  # fmt: skip
    if may_remove_paper(who, one):
        parts.append(
            note(("已提交的材料留档，不能删除。", "What was handed in is kept."), "info") if uses
            else ask(("删除", "Remove"), [("remove", ("删除这份材料", "Remove this paper"))])
        )  # fmt: skip
    return show(
        request, (one.title, one.title), small=one.key, refusal=refusal, parts=parts,
        crumb=link(("证明材料", "Papers"), reverse("papers")),
        links=[link(("下载文件", "Download"), row["file_href"], main=True)],
        facts=[
            (pick("企业代码", "Firm"), one.firm), (pick("文件", "File"), one.file_name),
            (pick("大小", "Size"), f"{row['size']:,} KB"),
            (pick("有效期至", "Holds until"), str(one.valid_until or "")),
            (pick("上传", "Uploaded"), f"{one.made_at:%Y-%m-%d}"), ("SHA-256", one.sha256),
        ],
    )  # fmt: skip


def _use(one: PaperUse) -> dict[str, Any]:
    matter = matters().get(one.sort)
    return {
        "what": pick(matter.zh, matter.en) if matter else one.sort, "key": one.target, "made_at": one.made_at,
        "href": reverse(matter.address, args=[one.target]) if matter and matter.address else "",
    }  # fmt: skip


@require_GET
@page
def paper_file(request: HttpRequest, paper: str) -> HttpResponse:
    """The file itself, always as a download."""
    one = _the_paper(viewer(request), paper)
    return download(content_of(one), one.file_name, TYPES[one.kind])
