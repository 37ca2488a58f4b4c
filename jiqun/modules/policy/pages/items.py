"""The list of items, one item, writing one down; their handbook, guide and review as files; the public notice."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.forms import attempt
from jiqun.core.frame import Part, ask, link, note, press, show, table
from jiqun.core.pages import download, page, public_page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.policy.benefits.documents.forms import (
    competition_review,
    guide,
    handbook,
    item_list,
)
from jiqun.modules.policy.benefits.items.actions import declare_item, may_declare_item, save_item
from jiqun.modules.policy.benefits.selectors import (
    items_of,
    missing,
    offices_of,
    public_notice,
    the_item,
)
from jiqun.modules.policy.models import Item
from jiqun.modules.policy.pages import forms
from jiqun.modules.policy.tabular import MODES, SORTS

LIST = (
    Field("title", "事项", "Item", link="href"), Field("policy", "政策与版本", "Policy and version"),
    Field("sort", "类别", "Class", "words", words=SORTS),
    Field("mode", "兑付方式", "Way of payment", "words", words=MODES),
    Field("department", "主管部门", "Bureau in charge"), Field("until", "失效日期", "Until", "date"),
    Field("declared", "已审定", "Declared", "bool"),
)  # fmt: skip
NOTICE = (
    Field("firm_name", "企业名称", "Firm"), Field("item__title", "事项", "Item"),
    Field("amount_fen", "金额", "Amount", "money_yuan"), Field("public_until", "公示截止", "Until", "date"),
    Field("item__department__name", "主管部门", "Bureau in charge"), Field("item__contact", "联系电话", "Telephone"),
)  # fmt: skip
KINDS = {
    "guide": (("申兑指南", "Guide"), guide), "handbook": (("工作手册", "Handbook"), handbook),
    "review": (("公平竞争审查表", "Fair-competition review"), competition_review),
}  # fmt: skip


@require_GET
@page
def items(request: HttpRequest) -> HttpResponse:
    """Every item that the viewer may see."""
    who = viewer(request)
    rows = [
        {"title": one.title, "href": reverse("policy-item", args=[one.pk]), "policy": f"{one.policy} {one.version}",
         "sort": one.sort, "mode": one.mode, "department": one.department.name, "until": one.valid_until,
         "declared": one.declared_by_id is not None}
        for one in items_of(who)
    ]  # fmt: skip
    links = [link(("事项清单 PDF", "List (PDF)"), reverse("policy-items-file"))]
    if who.official:
        links.insert(0, link(("登记事项", "List an item"), reverse("policy-item-new"), main=True))
    empty = (
        "还没有事项。由主管部门登记，另一人审定。",
        "No item yet: the bureau in charge lists them.",
    )
    return show(request, ("惠企事项清单", "Items of policies"), links=links,
                parts=[table(("事项", "Items"), LIST, rows, empty, "/data/policy_item/export.xlsx")])  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def item_new(request: HttpRequest) -> HttpResponse:
    """Write an item or a new version down."""
    who = viewer(request)
    if not who.official:
        raise forbidden("登记事项", "list an item")
    form = forms.item_form(offices_of(who), request.POST or None)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        made = attempt(form, lambda: save_item(
            viewer=who, department=int(given["department"]), place=given["place"], values=given
        ))  # fmt: skip
        if made is not None:
            return redirect("policy-item", made.pk)
    parts = [ask(("事项", "Item"), [("save", ("登记", "List it"))], form)]
    return show(request, ("登记事项", "List an item"), parts=parts,
                crumb=link(("惠企事项清单", "Items of policies"), reverse("policy-items")))  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def item(request: HttpRequest, item: int) -> HttpResponse:
    """One item: what it gives, to whom, on which clause; another official declares it."""
    who = viewer(request)
    one = the_item(who, item)
    refusal = None
    if request.method == "POST":
        refusal = press(request, {"declare": lambda: declare_item(viewer=who, item=one)})
        if refusal is None:
            return redirect("policy-item", one.pk)
    return show(
        request, (one.title, one.title), small=f"{one.policy} {one.version}", refusal=refusal,
        crumb=link(("惠企事项清单", "Items of policies"), reverse("policy-items")), parts=_state(who, one),
        links=[link(words, reverse("policy-item-file", args=[one.pk, kind])) for kind, (words, _) in KINDS.items()],
        facts=[
            (pick("地方", "Place"), one.place), (pick("主管部门", "Bureau in charge"), one.department.name),
            (pick("类别", "Class"), pick(*SORTS[one.sort])), (pick("兑付方式", "Way of payment"),
            pick(*MODES[one.mode])),
            (pick("文号", "Document"), one.document), (pick("依据条款", "Clause"), one.clause),
            (pick("条件", "Conditions"), one.conditions), (pick("标准", "Amount"), one.amount),
            (pick("所需数据", "Data needed"), one.materials), (pick("有效期", "In force"),
            f"{one.valid_from} – {one.valid_until or ''}"),
            (pick("公平竞争审查", "Fair-competition review"), f"{one.review_number} {one.review_result}".strip()),
        ],
    )  # fmt: skip


def _state(who: Viewer, one: Item) -> list[Part]:
    if one.declared_by_id is not None:
        return [
            note(
                (
                    "已审定，不再修改；修改请登记新版本。",
                    "Declared: it is not changed any more; list a new version.",
                ),
                "success",
            )
        ]
    waits = note(
        ("草稿：由登记人以外的另一人审定后生效。", "A draft: another official declares it.")
    )
    if not may_declare_item(who, one):
        return [waits]
    return [waits, ask(("审定", "Declare"), [("declare", ("审定", "Declare"))])]


@require_GET
@page
def item_file(request: HttpRequest, item: int, kind: str) -> HttpResponse:
    """申兑指南, 工作手册 or 公平竞争审查表, printed."""
    one = the_item(viewer(request), item)
    if kind not in KINDS:
        raise missing("事项", "item")
    (zh, _), make = KINDS[kind]
    made = make(one, synthetic=is_synthetic(store()))
    return download(pdf(made), f"{one.title}-{zh}.pdf", "application/pdf")


@require_GET
@page
def items_file(request: HttpRequest) -> HttpResponse:
    """事项清单, printed."""
    who = viewer(request)
    found = [one for one in items_of(who) if one.declared_by_id is not None]
    office = found[0].department.name if len({one.department_id for one in found}) == 1 else ""
    made = item_list(found, office, timezone.localdate(), synthetic=is_synthetic(store()))
    return download(pdf(made), "事项清单.pdf", "application/pdf")


@public_page
def public(request: HttpRequest) -> HttpResponse:
    """拟兑现公示 for everybody: name, item, amount, while the publicity lasts."""
    rows = public_notice(timezone.localdate())
    empty = ("现在没有正在公示的事项。", "Nothing is in publicity now.")
    lede = pick("公示期内有异议的，请向主管部门反映；期满后不再显示。",
                "Objections go to the bureau in charge; after the term nothing is shown any more.")  # fmt: skip
    return show(request, ("惠企资金拟兑现公示", "Benefits that are going to be paid"), lede=lede,
                parts=[table(("公示", "Publicity"), NOTICE, rows, empty)])  # fmt: skip
