"""条款起草: paste a document's text and see draft rules beside their source; nothing is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from jiqun.core.access import forbidden
from jiqun.core.frame import Part, ask, figure, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.drafting.policy import OPEN, PolicyDraft
from jiqun.errors import JiqunError
from jiqun.modules.policy.drafts.reading import Read, marked, read
from jiqun.modules.policy.pages.forms import Plain

LONGEST = 60_000  # characters of a document
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
    "草稿由语法读出，不确定的一律留待确认；只在本页显示，不保存，也不参与兑付。采用前须由两人对照原文核定，再做政策体检。",
    (
        "Drafts are read by grammar and abstain where unsure. They are shown here only: not stored, never paid from. "
        "Two people compare them with the text before they are used."
    ),
)


@require_http_methods(["GET", "POST"])
@page
def drafts(request: HttpRequest) -> HttpResponse:
    """The form; after a text was sent, its drafts with the words that each line rests on."""
    if not viewer(request).official:
        raise forbidden("起草条款", "draft rules")
    area = forms.Textarea(attrs={"rows": 14, "spellcheck": "false"})
    form = Plain({
        "text": forms.CharField(label=pick("粘贴政策原文", "Paste the text of a document"), max_length=LONGEST,
                                widget=area),
    }, request.POST or None)  # fmt: skip
    parts: list[Part] = [note(SAID, "info")]
    figures: list[dict[str, str]] = []
    text = str(form.data.get("text", ""))[:LONGEST].replace("\r\n", "\n")
    refusal: JiqunError | None = None
    if request.method == "POST" and text.strip():
        try:
            found = read(text)
            figures = _figures(found)
            parts += _parts(found)
        except JiqunError as error:
            refusal = error
    parts.append(ask(("原文", "Text"), [("draft", ("读出草稿", "Read"))], form))
    return show(request, ("条款起草", "Drafting"), parts=parts, figures=figures, refusal=refusal)


def _figures(found: Read) -> list[dict[str, str]]:
    status = [one.status for one in found.document.clauses]
    open_ = sum(OPEN in line.text for one in found.drafts for line in one.lines)
    return [
        figure(("条款", "Clauses"), str(len(status)), pick("条", "in all")),
        figure(("全部读出", "Read in full"), str(status.count("complete")), pick("条", "clauses")),
        figure(("草稿", "Drafts"), str(len(found.drafts)), pick("项", "policies")),
        figure(("待确认", "Open"), str(open_), pick("处", "places")),
    ]  # fmt: skip


def _parts(found: Read) -> list[Part]:
    gaps = [
        {"clause": "".join(clause.path) or clause.heading or "—", "gap": gap.text or None,
         "reason": gap.reason or None, "state": pick(*STATUSES[clause.status][:2]),
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
