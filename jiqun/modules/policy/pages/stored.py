"""Stored drafts: the list, one draft with its fields beside the source, and the confirmed document as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.actions import refuse
from jiqun.core.forms import wrong
from jiqun.core.frame import Part, Said, ask, link, note, press, show, table
from jiqun.core.pages import download, page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.drafting.document import facts_in
from jiqun.engine.rules.document.policies import VERDICTS
from jiqun.errors import JiqunError
from jiqun.modules.policy.drafts.actions import (
    confirm_draft,
    may_confirm_draft,
    may_settle_draft,
    return_draft,
    settle_draft,
    take_draft,
    withdraw_draft,
)
from jiqun.modules.policy.drafts.composing import composed, is_unread, open_fields
from jiqun.modules.policy.drafts.selectors import drafts_of, fields_in, the_draft
from jiqun.modules.policy.drafts.settling import LONGEST
from jiqun.modules.policy.drafts.states import DRAFT_STATES, DraftState
from jiqun.modules.policy.models import Draft, DraftField
from jiqun.modules.policy.pages.checkups import EXAMPLES, example_row
from jiqun.modules.policy.pages.forms import Plain, words_form
from jiqun.modules.policy.review.checkup import Checked, remedy_of, words_of
from jiqun.rules.policies import WORDINGS

LIST = (
    Field("title", "草稿", "Draft", link="href"), Field("clause", "依据条款", "Clause"),
    Field("document", "文号", "Document"), Field("number", "政策编号", "Policy"), Field("state", "状态", "State"),
    Field("department", "主管部门", "Bureau in charge"), Field("made", "保存时间", "Stored", "datetime"),
)  # fmt: skip
FIELDS = (
    Field("key", "项目", "Field"), Field("value", "内容", "Value"), Field("words", "依据的原文", "Source"),
    Field("state", "状态", "State"), Field("checked", "核对", "Checked"),
)  # fmt: skip
FOUND = (
    Field("level", "程度", "Level"), Field("told", "发现", "Finding"), Field("remedy", "怎么改", "What to do"),
)  # fmt: skip
FIELD_STATES = {
    "complete": ("读出", "read", "good"), "unsure": ("待定：须填写或留待人工", "open: fill in or leave", "warning"),
    "filled": ("人工填写", "filled in", "good"), "left": ("留待人工", "left to a person", "plain"),
    "dropped": ("删去", "dropped", "plain"),
}  # fmt: skip
SAID = (
    (
        "草稿只出一份文件：两人核定后下载规则文件（YAML），由管理员放入本县的政策包文件夹、列入 pack.yaml 后"
        "才成为政策；不放入就没有任何作用，兑付不读这里的任何一行。"
    ),
    (
        "A draft comes to nothing but a file: confirmed by two people it is downloaded (YAML), and becomes a policy "
        "when the installation puts it into its pack folder and lists it in pack.yaml. Nothing is paid from these rows."
    ),
)
NEW = 3  # rows for further fields


@require_GET
@page
def drafts(request: HttpRequest) -> HttpResponse:
    """Drafts of the official's places."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看规则草稿", "see drafts of rules")
    rows = [
        {"title": name_of(one), "href": reverse("policy-draft-one", args=[one.key]), "clause": one.clause or None,
         "document": one.text.document or None, "number": one.number or None, **_state(one),
         "department": one.department.name, "made": one.made_at}
        for one in drafts_of(who)
    ]  # fmt: skip
    empty = ("还没有保存的草稿。", "No draft is stored yet.")
    return show(
        request, ("规则草稿", "Drafts of rules"), crumb=link(("条款起草", "Drafting"), reverse("policy-draft")),
        parts=[note(SAID, "info"),
               table(("草稿", "Drafts"), LIST, rows, empty, "/data/policy_draft/export.xlsx")],
    )  # fmt: skip


def _state(one: Draft) -> dict[str, str]:
    zh, en, badge = DRAFT_STATES[DraftState(one.state)]
    return {"state": pick(zh, en), "state_badge": badge}


@require_http_methods(["GET", "POST"])
@page
def draft(request: HttpRequest, draft: str) -> HttpResponse:
    """One draft: what it says beside its source; settle, confirm, give back, withdraw."""
    who = viewer(request)
    one = the_draft(who, draft)
    fields = fields_in(who, one)
    refusal: JiqunError | None = None
    if request.method == "POST":
        refusal = press(request, _verbs(request, who, one, fields))
        if refusal is None:
            return redirect("policy-draft-one", one.key)
    links = []
    if one.state == DraftState.CONFIRMED:
        links = [
            link(
                ("下载规则文件", "Download the document"),
                reverse("policy-draft-file", args=[one.key]),
                main=True,
            )
        ]
    return show(
        request, (name_of(one), name_of(one)), small=one.key, refusal=refusal, facts=_about(one), links=links,
        crumb=link(("规则草稿", "Drafts of rules"), reverse("policy-drafts")),
        parts=[note(SAID, "info"), _fields(fields), _source(one, fields), *_checkup(one, fields),
               *_forms(request, who, one, fields)],
    )  # fmt: skip


@require_GET
@page
def draft_file(request: HttpRequest, draft: str) -> HttpResponse:
    """The document as two people have confirmed it."""
    who = viewer(request)
    found = take_draft(viewer=who, draft=the_draft(who, draft))
    return download(found["content"].encode(), found["name"], "application/yaml; charset=utf-8")


def name_of(one: Draft) -> str:
    """The draft's title; words where it has none yet, so that a list can lead to it."""
    return one.title or pick(
        f"未命名草稿（{one.clause or one.key}）", f"Draft without a title ({one.clause or one.key})"
    )


def _about(one: Draft) -> list[tuple[str, str]]:
    def by(person: Any, when: Any) -> str:
        return f"{person} {timezone.localtime(when):%Y-%m-%d %H:%M}" if person is not None else ""

    return [
        (pick("状态", "State"), _state(one)["state"]), (pick("文件", "Document"), str(one.text)),
        (pick("条款", "Clause"), one.clause), (pick("地方", "Place"), one.place),
        (pick("主管部门", "Bureau in charge"), one.department.name),
        (pick("保存", "Stored"), by(one.made_by, one.made_at)),
        (pick("第一次核定", "First confirmation"), by(one.first_by, one.first_at)),
        (pick("第二次核定", "Second confirmation"), by(one.second_by, one.second_at)),
        (pick("原因", "Reason"), one.reason), ("SHA-256", one.digest or one.text.digest),
    ]  # fmt: skip


def _fields(fields: Sequence[DraftField]) -> Part:
    rows = [
        {"key": one.key, "value": _shown(one) or None, "words": " ".join(one.words.split()) or None,
         "state": pick(*FIELD_STATES[one.state][:2]), "state_badge": FIELD_STATES[one.state][2],
         "checked": _ticks(one) or None}
        for one in fields
    ]  # fmt: skip
    return table(("各项内容与依据", "Fields and their source"), FIELDS, rows, ("没有", "None"))


def _shown(one: DraftField) -> str:
    if one.manual:
        return pick(f"人工核验：{one.value}", f"by hand: {one.value}")
    if one.state == DraftField.State.LEFT and not is_unread(one):
        return ""
    return one.value or (one.clause if is_unread(one) else "")


def _ticks(one: DraftField) -> str:
    given = (one.first_by_id, one.second_by_id)
    return pick("、", ", ").join(
        pick(*words) for by, words in zip(given, (("一人", "first"), ("另一人", "second")), strict=True) if by
    )  # fmt: skip


def _source(one: Draft, fields: Sequence[DraftField]) -> Part:
    """The whole text; words that a field rests on are marked, those not understood struck."""
    text = one.text.text
    kinds = [""] * len(text)
    for kind, unread in (("used", False), ("gap", True)):
        for field in fields:
            if is_unread(field) == unread and field.span_from is not None:
                for at in range(field.span_from, min(field.span_to or 0, len(text))):
                    kinds[at] = kind
    paragraphs: list[dict[str, Any]] = []
    start = 0
    for line in text.split("\n"):
        pieces: list[tuple[str, str]] = []
        for letter, kind in zip(line, kinds[start : start + len(line)], strict=True):
            if pieces and pieces[-1][1] == kind:
                pieces[-1] = (pieces[-1][0] + letter, kind)
            else:
                pieces.append((letter, kind))
        paragraphs += [{"label": "", "pieces": pieces}] if pieces else []
        start += len(line) + 1
    title = pick(
        "原文：标出的字是各项的依据，划出的没有读懂",
        "Source: marked words are used, struck ones not understood",
    )
    return {"source": paragraphs, "title": title}


def _checkup(one: Draft, fields: Sequence[DraftField]) -> list[Part]:
    """What would keep the document from being confirmed or published, while that can still be changed."""
    if one.state not in {DraftState.DRAFT, DraftState.ONCE}:
        return []
    if left := len(open_fields(fields)):
        return [note((f"还有 {left} 项待定：填写、留待人工或删去以后，显示政策体检的结果，才能核定。",
                      (f"{left} field(s) open: once they are filled in, left or dropped, the check-up follows, and "
                       "then the confirmation.")))]  # fmt: skip
    try:
        _, found = composed(fields, f"{one.key}.yaml", timezone.localdate())
    except JiqunError as error:
        rows = [{"level": pick("不能读取", "cannot be read"), "level_badge": "missing",
                 "told": pick(p.message_zh, p.message_en), "remedy": pick(p.remedy_zh, p.remedy_en) or None}
                for p in error.fields]  # fmt: skip
        return [table(("体检：文件还不能读取", "Check-up: it cannot be read"), FOUND, rows)]
    none = (
        "还没有例证：写几个真实情况，核定前自动验算。",
        "No example yet: write some real cases; they are worked out.",
    )
    return [
        table(
            ("政策体检", "Check-up"), FOUND, _findings(found), ("没有发现问题", "Nothing was found")
        ),
        table(("例证", "Examples"), EXAMPLES, [example_row(found, one) for one in found.examples], none),
    ]  # fmt: skip


def _findings(found: Checked) -> list[dict[str, Any]]:
    return [
        {"level": pick("不得核定", "blocks") if one in found.blocking else pick("提醒", "warning"),
         "level_badge": "missing" if one in found.blocking else "warning",
         "told": pick(*words_of(one)), "remedy": pick(*remedy_of(one))}
        for one in found.findings
    ]  # fmt: skip


# ---- forms --------------------------------------------------------------------------------------


def _settling(fields: Sequence[DraftField], data: Any = None) -> Plain:
    """One input per field; an unsure reading stands beside its input and is never filled in."""
    made: dict[str, forms.Field] = {}
    for one in fields:
        sure = one.state != DraftField.State.UNSURE
        hint = (
            pick(f"读出（不确定）：{one.value}", f"read, unsure: {one.value}")
            if one.value and not sure
            else ""
        )
        made[f"f{one.pk}"] = forms.CharField(
            label=one.key, max_length=LONGEST, required=False, initial=one.value if sure else "",
            help_text="；".join(filter(None, (hint, " ".join(one.words.split())[:120]))),
        )  # fmt: skip
    for number in range(1, NEW + 1):
        made[f"key{number}"] = forms.CharField(
            label=pick(f"另加项目 {number}", f"Another field {number}"),
            max_length=60,
            required=False,
            help_text="条件/c9、金额/上限、金额/分档/2/比例、申报窗口/起",
        )
        made[f"value{number}"] = forms.CharField(label=pick(f"另加内容 {number}", f"Its value {number}"),
                                                 max_length=LONGEST, required=False)  # fmt: skip
    choices = [(one.key, one.key) for one in fields]
    for name, state, words in (
        ("left", DraftField.State.LEFT, ("留待人工（条件改为人工核验，其他不写入文件）",
                                         "Left to a person (a condition is verified by hand, others stay out)")),
        ("dropped", DraftField.State.DROPPED, ("删去（不属于这一项）", "Dropped (no part of this item)")),
    ):  # fmt: skip
        made[name] = forms.MultipleChoiceField(
            label=pick(*words), choices=choices, required=False, widget=forms.CheckboxSelectMultiple,
            initial=[one.key for one in fields if one.state == state],
        )  # fmt: skip
    return Plain(made, data)


def _example_form(data: Any = None) -> Plain:
    """One worked example: a firm's facts in one line, what should come out."""
    said = WORDINGS["兑付"]
    names = {code: name for name, code in VERDICTS.items()}  # one name of each verdict
    known = [(name, pick(said[code].zh, said[code].en)) for code, name in names.items()]
    return Plain({
        "facts": forms.CharField(
            label=pick("企业情况", "Facts of a firm"), max_length=LONGEST,
            help_text=pick("字段=值，用分号隔开；不知道的写“缺”。如：首次入规[本年度]=是；规上企业=是",
                           "field=value, with semicolons; 缺 for unknown: 首次入规[本年度]=是；规上企业=是"),
        ),
        "verdict": forms.ChoiceField(label=pick("应为", "Expected"), choices=known),
        "amount": forms.CharField(label=pick("应得金额", "Amount due"), max_length=40, required=False,
                                  help_text="10万元"),
    }, data)  # fmt: skip


def _next_example(fields: Sequence[DraftField]) -> int:
    numbers = [int(one.key.split("/")[1]) for one in fields if one.key.startswith("例证/")]
    return max(numbers, default=0) + 1


def _checking(fields: Sequence[DraftField], data: Any = None) -> Plain:
    choices = [(one.key, f"{one.key}：{_shown(one) or '—'}") for one in fields]
    return Plain({"checked": forms.MultipleChoiceField(
        label=pick("逐项对照原文后勾选", "Tick each after comparing it with the text"), choices=choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )}, data)  # fmt: skip


def _verbs(
    request: HttpRequest, who: Viewer, one: Draft, fields: Sequence[DraftField]
) -> dict[str, Callable[[], object]]:
    given, words = request.POST, request.POST.get("words", "")

    def settle() -> Said:
        values = {one.key: given.get(f"f{one.pk}", "") for one in fields}
        values |= {
            given.get(f"key{n}", "").strip(): given.get(f"value{n}", "") for n in range(1, NEW + 1)
        }
        settle_draft(viewer=who, draft=one, values=values, left=given.getlist("left"),
                     dropped=given.getlist("dropped"))  # fmt: skip
        return Said(("已保存。", "Saved."))

    def confirm() -> Said:
        after = confirm_draft(viewer=who, draft=one, checked=given.getlist("checked"))
        zh, en, _ = DRAFT_STATES[DraftState(after.state)]
        return Said((f"已核定：{zh}。", f"Done: {en}."))

    def example() -> Said:
        facts = given.get("facts", "")
        refuse([] if facts_in(facts) else [wrong(
            "facts", "企业情况要写成“字段=值”，用分号隔开", "write the facts as field=value, with semicolons",
            value=facts[:40],
            remedy_zh="如：首次入规[本年度]=是；规上企业=是；不知道的写“缺”。",
            remedy_en="As in 首次入规[本年度]=是；规上企业=是; 缺 for unknown.",
        )])  # fmt: skip
        key = f"例证/{_next_example(fields)}"
        values = {f"{key}/企业": facts, f"{key}/结论": given.get("verdict", ""),
                  f"{key}/金额": given.get("amount", "")}  # fmt: skip
        settle_draft(viewer=who, draft=one, values=values)
        return Said(
            (
                "已加入例证；“政策体检”下面是验算结果。",
                "Added; what comes out stands below the check-up.",
            )
        )

    return {
        "settle": settle, "confirm": confirm, "example": example,
        "return": lambda: return_draft(viewer=who, draft=one, words=words),
        "withdraw": lambda: withdraw_draft(viewer=who, draft=one, words=words),
    }  # fmt: skip


def _forms(
    request: HttpRequest, who: Viewer, one: Draft, fields: Sequence[DraftField]
) -> list[Part]:
    if not may_settle_draft(who, one) or one.state in {DraftState.SUPERSEDED, DraftState.WITHDRAWN}:
        return []
    verb = request.POST.get("verb", "")
    parts: list[Part] = []
    if one.state == DraftState.DRAFT:
        about = (
            "不确定的读法只作提示，不代填。",
            "An unsure reading is a hint and is never filled in.",
        )
        parts.append(ask(("更正与补填", "Correct and complete"), [("settle", ("保存", "Save"))],
                         _settling(fields, request.POST if verb == "settle" else None), about))  # fmt: skip
        parts.append(
            ask(
                ("加一个例证", "Add an example"),
                [("example", ("加入", "Add"))],
                _example_form(request.POST if verb == "example" else None),
                (
                    "写一个真实或设想的情况和应得的结果；算得不同的不能核定。",
                    "A case and what should come out; a draft whose examples differ is not confirmed.",
                ),
            )
        )
    settled = not open_fields(fields)
    if one.state in {DraftState.DRAFT, DraftState.ONCE} and settled and may_confirm_draft(who, one):
        second = one.state == DraftState.ONCE
        title = (
            ("第二次核定（另一人）", "Second confirmation")
            if second
            else ("第一次核定", "First confirmation")
        )
        parts.append(ask(title, [("confirm", ("逐项核对无误，核定", "All compared, confirm"))],
                         _checking(fields, request.POST if verb == "confirm" else None)))  # fmt: skip
    ends = [("withdraw", ("撤回草稿", "Withdraw"))]
    if one.state == DraftState.ONCE:
        ends.insert(0, ("return", ("退回更正", "Give back")))
    parts.append(ask(("退回或撤回", "Give back or withdraw"), ends, words_form()))
    return parts
