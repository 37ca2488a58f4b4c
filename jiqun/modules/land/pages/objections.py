"""One objection: what was shown, what is claimed, on what, and the decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, link, note, press, show
from jiqun.core.pages import download, page, viewer
from jiqun.core.papers import papers_part
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.land.batch.documents import reply
from jiqun.modules.land.batch.figures import label_of, shown_value, unit_of
from jiqun.modules.land.batch.objections.actions import decide_objection, may_decide_objection
from jiqun.modules.land.batch.selectors import missing, the_objection
from jiqun.modules.land.batch.tables import DECISIONS, STAGES
from jiqun.modules.land.matters import OBJECTION
from jiqun.modules.land.models import Objection
from jiqun.modules.land.pages import forms

BADGES = {"open": "warning", "upheld": "good", "dismissed": "plain"}
LIST = (
    Field("key", "异议", "Objection", link="href"), Field("name", "企业", "Firm"),
    Field("stage", "环节", "Stage", "words", words=STAGES), Field("what", "事项", "What"),
    Field("shown", "原数值", "Shown"), Field("claimed", "主张", "Claimed"),
    Field("state", "结果", "State", "words", words=DECISIONS), Field("decided", "核实", "Decided"),
    Field("included", "计入第几次测算", "In calculation"),
)  # fmt: skip


def objection_row(one: Objection) -> dict[str, Any]:
    """An objection as lists show it."""
    return {
        "key": one.key, "href": reverse("land-objection", args=[one.key]), "name": one.firm_name, "stage": one.stage,
        "what": pick(*label_of(one.field)), "shown": shown_value(one.field, one.shown),
        "claimed": shown_value(one.field, one.claimed), "state": one.state, "state_badge": BADGES[one.state],
        "decided": shown_value(one.field, one.decided) if one.decided is not None else "—",
        "included": str(one.included or "—"),
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def objection(request: HttpRequest, objection: str) -> HttpResponse:
    """One objection, for the firm and for the office; the office decides it."""
    who = viewer(request)
    one, sent = the_objection(who, objection), request.POST
    refusal = None
    if request.method == "POST":

        def decide(*, upheld: bool) -> Objection:
            return decide_objection(
                viewer=who, objection=one, upheld=upheld, words=forms.said(sent, "words"),
                value=forms.said(sent, "value"), document=forms.said(sent, "document"),
            )  # fmt: skip

        refusal = press(request, {
            "uphold": lambda: decide(upheld=True), "dismiss": lambda: decide(upheld=False),
        })  # fmt: skip
        if refusal is None:
            return redirect("land-objection", one.key)
    official = who.official
    back = (
        link(("批次", "Batch"), reverse("land-batch", args=[one.batch.key]))
        if official
        else link(("我的亩均评价确认", "My per-mu sheets"), reverse("land-mine"))
    )
    links = [] if one.state == Objection.State.OPEN else [
        link(("异议答复书（PDF）", "Reply (PDF)"), reverse("land-objection-reply", args=[one.key]), main=True)
    ]  # fmt: skip
    return show(
        request, (f"{one.firm_name} 的异议", f"Objection of {one.firm_name}"), small=one.key, refusal=refusal,
        crumb=back, links=links, facts=_facts(one),
        parts=[*papers_part(who, OBJECTION, [one.key]), *_parts(who, one)],
    )  # fmt: skip


def _facts(one: Objection) -> list[tuple[str, str]]:
    behalf = pick("（代为登记）", " (for somebody)") if one.on_behalf else ""
    return [
        (pick("环节", "Stage"), pick(*STAGES[one.stage])), (pick("事项", "What"), pick(*label_of(one.field))),
        (pick("原数值", "Shown"), shown_value(one.field, one.shown)),
        (pick("主张的数值", "Claimed"), shown_value(one.field, one.claimed) if one.field else "—"),
        (pick("理由", "Why"), one.reason), (pick("证明材料编号", "Document"), one.proof),
        (pick("登记", "Entered"), f"{one.made_at:%Y-%m-%d}{behalf}"),
        (pick("处理结果", "Decision"), pick(*DECISIONS[one.state])),
        (pick("核实的数值", "Right value"), shown_value(one.field, one.decided) if one.decided is not None else ""),
        (pick("依据", "On what"), one.document), (pick("处理理由", "Reason"), one.words),
        (pick("处理日期", "Decided on"), f"{one.decided_at:%Y-%m-%d}" if one.decided_at else ""),
        (pick("计入第几次测算", "In calculation"), str(one.included or "")),
    ]  # fmt: skip


def _parts(who: Viewer, one: Objection) -> list[Part]:
    if one.state != Objection.State.OPEN:
        waits = one.state == Objection.State.UPHELD and one.included is None
        return [note(("成立的更正已作为后到的数据记入，重新测算后计入等级。",
                      "The correction is stored as a later fact and counts with the next calculation."),
                     "info")] if waits else []  # fmt: skip
    if not may_decide_objection(who, one):
        return [
            note(("主管部门处理后会通知您。", "You are told when the office has decided."), "info")
        ]
    if who.user_id in {one.batch.calculated_by_id, one.made_by_id}:
        return [note(("等待处理：由测算人和登记人以外的人处理。",
                      "It waits for another person than who calculated or entered it."), "info")]  # fmt: skip
    about = (
        "成立：写核实的数值和依据，作为更正后的数据记入，原数据保留；不成立：写明理由。测算人和登记人不能处理。",
        (
            "Uphold: the right value and its document become a later fact, the old one stays. Dismiss: say why. Who "
            "calculated or entered it cannot decide."
        ),
    )
    if not one.field:
        about = (
            "其他事项成立时，须先由相应部门导入更正后的名单或事项，再在这里写明文号。",
            "If another matter is right, its office brings in the corrected list first; write the document here.",
        )
    return [ask(("处理", "Decide"), [("uphold", ("成立", "Uphold")), ("dismiss", ("不成立", "Dismiss"))],
                forms.decision_form(unit_of(one.field) if one.field else ""), about)]  # fmt: skip


@require_GET
@page
def reply_file(request: HttpRequest, objection: str) -> HttpResponse:
    """异议答复书, printed, once it is decided."""
    one = the_objection(viewer(request), objection)
    if one.state == Objection.State.OPEN:
        raise missing("答复", "reply")
    made = reply(one, synthetic=is_synthetic(store()))
    return download(pdf(made), f"{one.key}-异议答复书.pdf", "application/pdf")
