"""One firm's land with every line opened, its objections, and the decision about one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer
from jiqun.core.frame import Part, ask, figure, link, note, press, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.papers import offer, papers_part
from jiqun.core.tabular import Field, pick
from jiqun.engine.indices.land import WORDS
from jiqun.modules.land.attribution.objections.actions import (
    decide_line,
    may_decide_line,
    object_line,
)
from jiqun.modules.land.attribution.selectors import (
    objections_of,
    own_row,
    the_objection,
    the_row,
    the_table,
)
from jiqun.modules.land.attribution.shown import (
    days_words,
    flag_words,
    kind_words,
    land_tree,
    mu_words,
    share_words,
    square_metres_words,
)
from jiqun.modules.land.matters import LINE
from jiqun.modules.land.models import LandRow
from jiqun.modules.land.pages.land_table import OBJECTIONS, objection_row
from jiqun.modules.land.shapes import FirmLand, Line
from jiqun.modules.land.states.landtable import OBJECTION_WORDS, OPEN, TABLE_STATES, TableState

Row = dict[str, Any]
TERMS = (
    Field("term", "项目", "Term"), Field("area", "面积（m²）", "Area (m²)"), Field("mu", "亩", "mu"),
)  # fmt: skip
LINES = (
    Field("number", "行", "Line"), Field("parcel", "宗地", "Parcel", "code"), Field("kind", "类别", "Kind"),
    Field("share", "份额", "Share"), Field("days", "起止", "Days"), Field("counted", "计入（m²）", "Counted (m²)"),
    Field("document", "依据文号", "Document"), Field("source", "来源", "Source"),
    Field("problem", "问题", "Problem"),
)  # fmt: skip
TOWNS = (Field("town", "乡镇", "Town", "code"), Field("area", "面积（m²）", "Area (m²)"))


@require_GET
@page
def firm_row(request: HttpRequest, landtable: str, firm: str) -> HttpResponse:
    """A firm's land as officials see it, for a stated purpose; the firm sees the look."""
    who = viewer(request)
    one = the_table(who, landtable)
    row = the_row(who, one, firm)
    crumb = link(("用地表", "Land table"), reverse("land-table", args=[one.key]))
    return _shown(request, who, row, crumb=crumb)


@require_http_methods(["GET", "POST"])
@page
def own_land(request: HttpRequest) -> HttpResponse:
    """我的用地: the own row of the newest published table; objections while it is in publicity."""
    who = viewer(request)
    row = own_row(who)
    if row is None:
        return show(request, ("我的用地", "My land"), parts=[note((
            "还没有公示包含本企业的用地表。公示后，这里逐行列出用地，公示期内可以提出异议。",
            ("No land table with your firm has been published yet. Once it is, its lines stand here, and you may "
             "object to them while it is in publicity."),
        ), "info")])  # fmt: skip
    refusal = None
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("claimed_m2", "reason", "paper")}
        line = request.POST.get("line", "")
        verb = partial(
            object_line, viewer=who, table=row.table, firm=row.firm, line=int(line) if line.isdecimal() else -1,
            **given,
        )  # fmt: skip
        refusal = press(request, {"object": verb})
        if refusal is None:
            return redirect("land-own-land")
    return _shown(
        request, who, row, refusal=refusal, asks=_objecting(who, row, request.POST or None)
    )


def _shown(
    request: HttpRequest, who: Viewer, row: LandRow, *, asks: list[Part] | None = None, **more: Any
) -> HttpResponse:
    land, about = row.land(), TABLE_STATES[TableState(row.table.state)]
    name = row.firm_name or row.firm
    parts: list[Part] = [
        *([note((flag_words(land.flags), flag_words(land.flags)))] if land.flags else [])
    ]
    parts += [
        table(("用地构成", "Terms"), TERMS, _terms(land)),
        *([table(("按乡镇", "By town"), TOWNS, _towns(land))] if len(land.towns) > 1 else []),
        table(("逐行", "Line by line"), LINES, [_line(n, one) for n, one in enumerate(land.lines, start=1)],
              ("用地表中没有这家企业的行，用地未知。", "The table has no line of this firm: its land is unknown.")),
        {"tree": land_tree(land, pick(f"{name} 的用地", f"Land of {name}")),
         "title": pick("怎么得出来的", "How it came about")},
    ]  # fmt: skip
    objections = [objection_row(one) for one in objections_of(who, row.table, row.firm)]
    if objections:
        parts.append(table(("异议", "Objections"), OBJECTIONS, objections))
    return show(
        request, (name, name), small=row.firm, parts=[*parts, *(asks or [])],
        lede=pick(f"{row.table.year} 年用地表（{about.zh}）", f"Land table of {row.table.year} ({about.en})"),
        figures=[
            figure(("用地面积", "Land"), square_metres_words(land.area), "m²"),
            figure(("折合", "That is"), mu_words(land.area), pick("亩", "mu")),
            figure(("企业填报", "Reported"), square_metres_words(land.reported), "m²"),
        ],
        facts=[(pick("用地表", "Land table"), row.table.key),
               (pick("公示截止", "Public until"), str(row.table.public_until or ""))],
        links=[link(("用地确认表（PDF）", "Land sheet (PDF)"),
                    reverse("land-table-sheet", args=[row.table.key, row.firm]))],
        **more,
    )  # fmt: skip


def _terms(land: FirmLand) -> list[Row]:
    rows = [
        {"term": kind_words(kind), "area": square_metres_words(land.terms.get(kind, 0)),
         "mu": mu_words(land.terms.get(kind, 0))}
        for kind in WORDS if any(one["kind"] == kind for one in land.lines)
    ]  # fmt: skip
    total = {
        "term": pick("合计", "In all"),
        "area": square_metres_words(land.area),
        "mu": mu_words(land.area),
    }
    return [*rows, total]


def _towns(land: FirmLand) -> list[Row]:
    return [
        {"town": town or pick("宗地未登记", "parcel not in the register"), "area": square_metres_words(area)}
        for town, area in sorted(land.towns.items())
    ]  # fmt: skip


def _line(number: int, one: Line) -> Row:
    return {
        "number": str(number), "parcel": one["parcel"], "kind": kind_words(one["kind"]), "share": share_words(one),
        "days": days_words(one), "counted": square_metres_words(one["counted"]), "document": one["document"],
        "source": one["source"] or None, "problem": pick(*one["problem"]) if one["problem"] else None,
    }  # fmt: skip


def _objecting(who: Viewer, row: LandRow, data: Any) -> list[Part]:
    """The form for an objection while the publicity lasts."""
    until = row.table.public_until
    if row.table.state != TableState.PUBLISHED or not until or not row.lines:
        return []
    if timezone.localdate() > until:
        return [
            note(
                (
                    f"公示已于 {until} 截止，不再受理异议。",
                    f"The publicity ended on {until}: no more objections.",
                ),
                "info",
            )
        ]
    form = forms.Form(data)
    choices = [
        (str(n), f"{n + 1} · {one['parcel']} · {kind_words(one['kind'])} · {one['document']}")
        for n, one in enumerate(row.lines)
    ]
    form.fields |= {
        "line": forms.ChoiceField(label=pick("哪一行", "Which line"), choices=choices),
        "claimed_m2": forms.CharField(label=pick("应为多少（m²）", "What it should be (m²)"), max_length=30),
        "reason": forms.CharField(label=pick("理由", "Reason"), max_length=500),
        "paper": forms.CharField(label=pick("依据文号", "Number of the document"), max_length=120),
    }  # fmt: skip
    about = (f"截止 {until}。写这一行的面积；按建筑面积分摊的行写租用建筑面积。",
             f"Until {until}. Write the line's area; of a line shared by floor, the rented floor.")  # fmt: skip
    return [
        ask(("提出异议", "Object"), [("object", ("提出异议", "Object"))], offer(form, who), about)
    ]


@require_http_methods(["GET", "POST"])
@page
def objection(request: HttpRequest, lineobjection: int) -> HttpResponse:
    """One objection; an official who did not publish the table decides it."""
    who = viewer(request)
    one = the_objection(who, lineobjection)
    refusal = None
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("words", "paper", "area_m2")}
        verbs = {
            name: partial(decide_line, viewer=who, objection=one, upheld=name == "uphold", **given)
            for name in ("uphold", "dismiss")
        }
        refusal = press(request, verbs)
        if refusal is None:
            return redirect("land-line-objection", one.pk)
    parts: list[Part] = [
        table(("异议", "Objection"), OBJECTIONS, [objection_row(one)]),
        *papers_part(who, LINE, [str(one.pk)]),
    ]
    if one.state == OPEN and may_decide_line(who, one):
        parts.append(_deciding(request.POST or None))
    return show(
        request, ("用地表异议", "Objection to the land table"), small=one.firm_name or one.firm, refusal=refusal,
        parts=parts, crumb=link(("用地表", "Land table"), reverse("land-table", args=[one.table.key])),
        facts=[
            (pick("状态", "State"), pick(*OBJECTION_WORDS[one.state])), (pick("宗地", "Parcel"), one.parcel),
            (pick("类别", "Kind"), kind_words(one.kind)), (pick("该行依据", "The line's document"), one.document),
            (pick("理由", "Reason"), one.reason), (pick("企业所附文号", "The firm's document"), one.paper),
            (pick("决定文号", "The decision's document"), one.decision_paper),
        ],
    )  # fmt: skip


def _deciding(data: Any) -> Part:
    form = forms.Form(data)
    form.fields |= {
        "area_m2": forms.CharField(
            label=pick("应为多少（m²），不填为企业所提", "What it should be (m²); empty: as claimed"),
            max_length=30, required=False,
        ),
        "words": forms.CharField(label=pick("决定理由", "Why"), max_length=500),
        "paper": forms.CharField(label=pick("决定文号", "Number of the decision"), max_length=120),
    }  # fmt: skip
    about = (
        "由公布人以外的官员决定；采纳后成为后来的事实，来源为决定文号。",
        "By an official who did not publish; upheld, it becomes a later fact whose source is the decision.",
    )
    buttons = [("uphold", ("采纳", "Uphold")), ("dismiss", ("不采纳", "Dismiss"))]
    return ask(("决定", "Decide"), buttons, form, about)
