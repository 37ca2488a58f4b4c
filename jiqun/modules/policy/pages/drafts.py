"""条款起草: paste a document's text, see draft rules beside their source, store them for two people to confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.frame import Part, ask, figure, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.drafting.policy import OPEN, PolicyDraft
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.selectors import offices_of
from jiqun.modules.policy.drafts.actions import store_drafts
from jiqun.modules.policy.drafts.reading import Read, marked, read
from jiqun.modules.policy.drafts.reasons import reason
from jiqun.modules.policy.pages.forms import Plain

LONGEST, SHOWN = 60_000, 80  # characters of a document; of the words in a cell
STATUSES = {
    "complete": ("全部读出", "read in full", "good"), "partial": ("部分读出，须人工补全", "in part", "warning"),
    "unparsed": ("没有读出，须人工起草", "not read", "missing"), "text": ("无须计算", "nothing to compute", "plain"),
}  # fmt: skip
LINES = (
    Field("text", "草稿", "Draft"), Field("words", "依据的原文", "Source"), Field("state", "状态", "State"),
)  # fmt: skip
GAPS = (
    Field("clause", "条款", "Clause"), Field("state", "读出情况", "How far"), Field("gap", "没有读懂的原文",
                                                            "Not understood"),
    Field("reason", "原因", "Reason"),
)  # fmt: skip
SAID = (
    "草稿由语法读出，不确定的一律留待确认；“读出草稿”只显示、不保存。“保存草稿”后由两人对照原文逐项核定；任何草稿都不参与兑付。",
    (
        "Drafts are read by grammar and abstain where unsure. “Read” shows them and stores nothing; “Store” keeps them "
        "for two people to confirm field by field. No draft is ever paid from."
    ),
)


@require_http_methods(["GET", "POST"])
@page
def drafts(request: HttpRequest) -> HttpResponse:
    """The form; after a text was sent, its drafts with the words that each line rests on."""
    who = viewer(request)
    if not who.official:
        raise forbidden("起草条款", "draft rules")
    area = forms.Textarea(attrs={"rows": 14, "spellcheck": "false"})
    form = Plain({
        "text": forms.CharField(label=pick("粘贴政策原文", "Paste the text of a document"), max_length=LONGEST,
                                widget=area),
        **_where(who),
    }, request.POST or None)  # fmt: skip
    parts: list[Part] = [note(SAID, "info")]
    figures: list[dict[str, str]] = []
    text = str(form.data.get("text", "")).replace("\r\n", "\n")
    refusal: JiqunError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("verb") == "store":
                return _stored(who, form, text)
            found = read(text)
            figures = _figures(found)
            parts += _parts(found)
        except JiqunError as error:
            refusal = error
    buttons = [("draft", ("读出草稿", "Read")), ("store", ("保存草稿", "Store"))]
    parts.append(ask(("原文", "Text"), buttons, form))
    links = [link(("已保存的草稿", "Stored drafts"), reverse("policy-drafts"))]
    return show(
        request, ("条款起草", "Drafting"), parts=parts, figures=figures, refusal=refusal, links=links
    )  # fmt: skip


def _where(who: Viewer) -> dict[str, forms.Field]:
    """Whose draft it is to be; asked for storing only."""
    offices = [(str(one.pk), one.name) for one in offices_of(who)]
    here = min(who.duty_places - {"*"}, default="")
    return {
        "department": forms.ChoiceField(label=pick("主管部门（保存时用）", "Bureau, for storing"), choices=offices,
                                        required=False),
        "place": forms.CharField(label=pick("地方代码（保存时用）", "Place, for storing"), max_length=20,
                                 required=False, initial=here),
    }  # fmt: skip


def _stored(who: Viewer, form: Plain, text: str) -> HttpResponse:
    """Store and go to the drafts; without a bureau nobody may."""
    office = form.text("department")
    made = store_drafts(
        viewer=who, department=int(office) if office.isdecimal() else 0, place=form.text("place"), text=text
    )  # fmt: skip
    return (
        redirect("policy-draft-one", made[0].key) if len(made) == 1 else redirect("policy-drafts")
    )


def _figures(found: Read) -> list[dict[str, str]]:
    status = [one.status for one in found.document.clauses]
    open_ = sum(OPEN in line.text for one in found.drafts for line in one.lines)
    return [
        figure(("条款", "Clauses"), str(len(status)), pick("条", "in all")),
        figure(("全部读出", "Read in full"), str(status.count("complete")), pick("条", "clauses")),
        figure(("草稿", "Drafts"), str(len(found.drafts)), pick("项", "policies")),
        figure(("待确认", "Open"), str(open_), pick("处", "places")),
    ]  # fmt: skip


def _cut(words: str) -> str:
    """Words of the text as they stand there, as many as one cell shows."""
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def _parts(found: Read) -> list[Part]:
    gaps = [
        {"clause": "".join(clause.path) or clause.heading or "—", "gap": _cut(found.text[slice(*gap.span)]) or None,
         "reason": reason(gap.reason), "state": pick(*STATUSES[clause.status][:2]),
         "state_badge": STATUSES[clause.status][2]}
        for clause in found.document.clauses for gap in clause.gaps
    ]  # fmt: skip
    source = {
        "source": [
            {"label": "".join(clause.path) or clause.heading, "pieces": marked(clause, found.drafts, found.text)}
            for clause in found.document.clauses
        ],
        "title": pick("原文：标出的字是草稿的依据，划出的没有读懂",
                      "Source: marked words are used, struck ones not understood"),
    }  # fmt: skip
    nothing = ("没有读出可计算的奖补条款", "No clause that gives anything was read")
    drawn = [_draft(one) for one in found.drafts]
    empty = [] if drawn else [note(nothing)]
    return [
        source, *empty, *drawn,
        table(("没有读懂的地方", "What was not understood"), GAPS, gaps, ("全部读懂", "Everything was understood")),
    ]  # fmt: skip


def _draft(one: PolicyDraft) -> Part:
    rows: list[dict[str, Any]] = []
    for line in one.lines:
        if OPEN in line.text:
            state, badge = pick("待确认", "open"), "warning"
        elif line.span is None:
            state, badge = pick("格式", "form"), "plain"
        else:
            state, badge = pick("有原文依据", "from the text"), "good"
        rows.append({"text": line.text.replace("  ", "　"), "words": " ".join(line.words.split()) or None,
                     "state": state, "state_badge": badge})  # fmt: skip
    words = pick(*STATUSES[one.status][:2])
    caption = f"{one.clause} {one.name}（{words}）"
    return table((caption, caption), LINES, rows, ("", ""))
