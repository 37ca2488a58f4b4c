"""政策体检: findings of every document, one document opened, and a dry run of a text that is not stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, figure, link, note, show, table
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, Provenance, pick, workbook
from jiqun.engine.rules.document.policies import VERDICTS
from jiqun.errors import JiqunError
from jiqun.modules.policy.matching.candidates import standard_of
from jiqun.modules.policy.matching.shown import MARKS
from jiqun.modules.policy.pages.forms import Plain, upload_of
from jiqun.modules.policy.review.checkup import (
    Checked,
    Checkup,
    checkup_of,
    clause_of,
    dry_run,
    remedy_of,
    verdict_words,
    words_of,
)

Row = dict[str, Any]
LEVELS = {"error": ("不得发布", "blocks"), "warning": ("提醒", "warning")}
LEVEL_BADGES = {"error": "missing", "warning": "warning"}
LIST = (
    Field("title", "政策", "Policy", link="href"), Field("key", "编号与版本", "Number and version"),
    Field("state", "能否发布", "Publication"), Field("errors", "不得发布", "Blocking", "integer"),
    Field("warnings", "提醒", "Warnings", "integer"),
    Field("examples", "例证通过", "Examples passed"), Field("thresholds", "边界测试通过", "Thresholds passed"),
    Field("pack", "政策包", "Pack"),
)  # fmt: skip
MODELS = tuple(one for one in LIST if one.name not in {"examples", "thresholds"})
FINDINGS = (
    Field("level", "程度", "Level"), Field("title", "政策", "Policy", link="href"), Field("told", "发现", "Finding"),
    Field("remedy", "怎么改", "What to do"), Field("clause", "条款", "Clause"),
    Field("where", "文件位置（行:列）", "Place (line:column)"), Field("code", "代码", "Code"),
)  # fmt: skip
OF_ONE = tuple(one for one in FINDINGS if one.name != "title")
CONDITIONS = (
    Field("number", "编号", "No."), Field("text", "条件（规范写法）", "Condition, canonical"),
    Field("clause", "依据条款", "Clause"), Field("mark", "核对", "Mark"), Field("line", "行", "Line", "integer"),
)  # fmt: skip
EXAMPLES = (
    Field("number", "例", "No.", "integer"), Field("facts", "企业情况", "Facts"),
    Field("wanted", "应为", "Expected"), Field("got", "算得", "Computed"), Field("state", "结果", "Result"),
    Field("wrong", "差别", "Difference"),
)  # fmt: skip
VERSIONS = (
    Field("version", "版本", "Version", link="href"), Field("start", "施行", "From", "date"),
    Field("end", "失效", "Until", "date"), Field("state", "今天", "Today"),
)  # fmt: skip
PROBLEMS = (
    Field("row", "行", "Line", "integer"), Field("column", "列", "Column"), Field("told", "问题", "Problem"),
    Field("remedy", "怎么改", "What to do"), Field("code", "代码", "Code"),
)  # fmt: skip
LONGEST = 200_000  # characters of a pasted document


def _finding(one: Checked, found: Any) -> Row:
    place = found.place
    return {
        "level": pick(*LEVELS[found.level]), "level_badge": LEVEL_BADGES[found.level],
        "title": one.policy.title, "href": reverse("policy-checkup-one", args=[one.policy.key]),
        "told": pick(*words_of(found)), "remedy": pick(*remedy_of(found)),
        "clause": clause_of(one.policy, found) or None, "code": found.code,
        "where": f"{place.file} {place.line}:{place.column}" if place.line else place.file,
    }  # fmt: skip


def _state(one: Checked) -> Row:
    if one.fit and one.own:
        return {"state": pick("可以发布", "fit"), "state_badge": "good"}
    if not one.own:  # a model is adopted first
        return {"state": pick("采用前须补齐", "to be filled in"), "state_badge": "undisclosed"}
    return {"state": pick("不得发布", "blocked"), "state_badge": "missing"}


def _row(one: Checked) -> Row:
    blocking = len(one.blocking)
    return {
        "title": one.policy.title, "href": reverse("policy-checkup-one", args=[one.policy.key]),
        "key": one.policy.key, "errors": blocking, "warnings": len(one.findings) - blocking,
        "examples": f"{len(one.examples) - one.wrong_examples}/{len(one.examples)}" if one.tried else None,
        "thresholds": f"{one.thresholds - one.mismatches}/{one.thresholds}" if one.tried else None,
        "pack": one.pack, **_state(one),
    }  # fmt: skip


def _of(documents: Iterable[Checked]) -> list[Row]:
    return [_finding(one, found) for one in documents for found in one.findings]


def _basis(view: Checkup) -> list[tuple[str, str]]:
    return [
        (pick("地方", "Place"), view.place), (pick("发布日", "Day of publication"), str(view.day)),
        (pick("规则文本版本", "Texts"), f"policy/{view.stamp}"),
    ]  # fmt: skip


@require_GET
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Every document of the place with what keeps it from being published."""
    view = checkup_of(store(), viewer(request), timezone.localdate(), request.GET.get("place", ""))
    own = [one for one in view.documents if one.own]
    models = [one for one in view.documents if not one.own]
    blocking, wrong = (
        sum(len(one.blocking) for one in own),
        sum(one.wrong_examples for one in own),
    )
    nothing = ("没有发现问题", "Nothing was found")
    return show(
        request, ("政策体检", "Check-up of policies"), facts=_basis(view),
        lede=pick("发布之前逐份检查：档位重叠、无上限、已失效、与缴税挂钩、限本地、缺条款；例证和每个阈值上下都算一遍。",
                  "Each document before it is published: tiers, caps, terms, competition; examples, thresholds."),
        links=[link(("试检一份文件", "Try a document"), reverse("policy-checkup-try"), main=True),
               link(("全部发现 Excel", "All findings (Excel)"), reverse("policy-checkup-xlsx"))],
        figures=[
            figure(("本县文件", "Documents here"), str(len(own)), pick("份", "in all")),
            figure(("可以发布", "Fit"), str(sum(one.fit for one in own)), pick("份", "documents")),
            figure(("不得发布的发现", "Blocking findings"), str(blocking), pick("项", "in all")),
            figure(("没有算对的例证", "Examples gone wrong"), str(wrong), pick("个", "in all")),
        ],
        parts=[
            table(("本县的文件", "Documents of this place"), LIST, [_row(one) for one in own],
                  ("本县还没有政策文件", "This place has no document yet")),
            table(("本县文件的发现", "Findings in them"), FINDINGS, _of(own), nothing),
            table(("样例、称号与划型的文件：采用时须补齐", "Models, titles and classes: to be filled in when adopted"),
                  MODELS, [_row(one) for one in models], ("没有", "None")),
        ],
    )  # fmt: skip


@require_GET
@page
def findings_file(request: HttpRequest) -> HttpResponse:
    """All findings as a workbook."""
    who = viewer(request)
    view = checkup_of(store(), who, timezone.localdate(), request.GET.get("place", ""))
    title = pick("政策体检", "Check-up of policies")
    about = Provenance(
        title=title, scope=dict(_basis(view)), filters={}, data_version=view.stamp,
        rules_version=f"policy/{view.stamp}", user=who.name, synthetic=is_synthetic(store()),
    )  # fmt: skip
    sheets = [
        (pick("文件", "Documents"), LIST, [_row(one) for one in view.documents]),
        (pick("发现", "Findings"), FINDINGS, _of(view.documents)),
    ]
    return download(workbook(about, sheets), f"{title}-{view.place}.xlsx", XLSX)


@require_GET
@page
def one(request: HttpRequest, key: str) -> HttpResponse:
    """One document: what blocks it, its conditions, its examples with their result, its versions."""
    view = checkup_of(store(), viewer(request), timezone.localdate(), request.GET.get("place", ""))
    found = view.of(key)
    policy = found.policy
    versions = [
        {"version": other.policy.key, "href": reverse("policy-checkup-one", args=[other.policy.key]),
         "start": other.policy.start, "end": other.policy.end,
         "state": pick("施行中", "in force") if other.policy.in_force(view.day) else pick("不在有效期", "not in force")}
        for other in view.versions(policy.number)
    ]  # fmt: skip
    return show(
        request, (policy.title, policy.title), small=key, facts=[*_about(found), *_basis(view)],
        crumb=link(("政策体检", "Check-up of policies"), reverse("policy-checkup")),
        parts=[*_parts(found), table(("版本", "Versions"), VERSIONS, versions, ("", ""))],
    )  # fmt: skip


def _about(found: Checked) -> list[tuple[str, str]]:
    policy = found.policy
    return [
        (pick("文件", "File"), policy.file), (pick("文号", "Document"), f"{policy.issuer} {policy.document}".strip()),
        (pick("主管部门", "Office"), policy.department), (pick("标准", "Amount"), standard_of(policy)),
        (pick("有效期", "In force"), f"{policy.start} – {policy.end or pick('未定', 'open')}"),
    ]  # fmt: skip


def _parts(found: Checked) -> list[Part]:
    blocking, examples, edges = len(found.blocking), found.wrong_examples, found.mismatches
    fit = ("可以发布：没有不得发布的问题，例证和边界测试全部算对。", "Fit for publication.")
    unfit = (
        f"不得发布：{blocking} 项须改正，{examples} 个例证、{edges} 个边界测试没有算对。",
        f"Not to be published: {blocking} finding(s), {examples} example(s), {edges} threshold(s).",
    )
    said = note(fit, "success") if found.fit else note(unfit, "error")
    by_hand = pick("（人工核验）", " (by hand)")
    conditions = [
        {"number": c.number, "text": c.text if c.tree is not None else f"{c.text}{by_hand}",
         "clause": c.clause or None, "line": c.place.line or None,
         "mark": f"{c.mark} {pick(*MARKS[c.mark])}" if c.mark else ""}
        for c in found.policy.conditions
    ]  # fmt: skip
    return [
        said,
        table(("发现", "Findings"), OF_ONE, _of([found]), ("没有发现问题", "Nothing was found")),
        table(("条件", "Conditions"), CONDITIONS, conditions, ("没有条件", "No conditions")),
        table(("例证", "Examples"), EXAMPLES, [example_row(found, one) for one in found.examples],
              ("没有例证", "No example")),
        note((f"另有 {found.thresholds} 个自动生成的边界测试：每个阈值、其下一个和其上一个最小单位；{edges} 个不符。",
              (f"Besides, {found.thresholds} generated cases at, just below and just above each threshold; "
              f"{edges} wrong.")), "info"),
    ]  # fmt: skip


def example_row(found: Checked, result: Any) -> Row:
    """Return a worked example and what came out."""
    given, by_hand = result.example, pick("人工核验 ", "by hand ")
    facts = [
        f"{name.replace(f'{found.policy.key}#', by_hand)} = {value}"
        for name, value in given.facts.items()
    ]
    return {
        "number": result.number, "facts": "；".join(facts),
        "wanted": pick(*verdict_words(found, VERDICTS[given.verdict])),
        "got": pick(*verdict_words(found, result.verdict)),
        "state": pick("算对", "as worked") if result.passed else pick("不符", "differs"),
        "state_badge": "good" if result.passed else "missing",
        "wrong": "；".join(pick(*words) for words in result.wrong) or None,
    }  # fmt: skip


class Text(Plain):
    """A document as text or as a file."""

    def __init__(self, data: Any = None, files: Any = None) -> None:
        area = forms.Textarea(attrs={"rows": 16, "spellcheck": "false"})
        super().__init__({
            "text": forms.CharField(label=pick("粘贴政策文件（YAML）", "Paste a document (YAML)"), required=False,
                                    max_length=LONGEST, widget=area),
            "file": forms.FileField(label=pick("或选择文件（.yaml）", "or choose a file (.yaml)"), required=False),
        }, data, files)  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def attempt(request: HttpRequest) -> HttpResponse:
    """Check a document that is pasted or uploaded; nothing is stored."""
    if not viewer(request).official:
        raise forbidden("试检政策文件", "try a policy document")
    form = Text(request.POST or None, request.FILES or None)
    parts: list[Part] = []
    refusal: JiqunError | None = None
    if request.method == "POST":
        try:
            name, text = _given(form)
            found = dry_run(text, name, timezone.localdate())
            parts = [note((f"{found.policy.title}（{found.policy.key}）：文件可以读取。",
                           f"{found.policy.title} ({found.policy.key}): the document can be read."), "info"),
                     *_parts(found)]  # fmt: skip
        except JiqunError as error:
            refusal = JiqunError(error.code, error.message_zh, error.message_en, hint_zh=error.hint_zh,
                                 hint_en=error.hint_en, kind=error.kind)  # fmt: skip
            parts = [table(("逐行问题", "Problems by line"), PROBLEMS, [_problem(one) for one in error.fields],
                           ("", ""))] if error.fields else []  # fmt: skip
    about = ("只检查，不保存，也不影响任何政策。字段名与写法见规则语言说明。",
             "It is only checked: nothing is stored, no policy is touched.")  # fmt: skip
    parts.append(ask(("试检", "Try"), [("check", ("检查", "Check"))], form, about, multipart=True))
    return show(request, ("试检一份文件", "Try a document"), parts=parts, refusal=refusal,
                crumb=link(("政策体检", "Check-up of policies"), reverse("policy-checkup")))  # fmt: skip


def _given(form: Plain) -> tuple[str, str]:
    if form.files.get("file") is None and form.text("text"):
        return "", str(form.data["text"])[:LONGEST].replace("\r\n", "\n")
    name, content = upload_of(form)
    return name, content.decode("utf-8-sig", errors="replace")


def _problem(problem: Any) -> Row:
    where = ":".join(
        part for part in (problem.file, str(problem.row or ""), problem.column) if part
    )
    return {
        "row": problem.row, "column": problem.column or None, "code": problem.code,
        "told": pick(problem.message_zh.removeprefix(f"{where}："), problem.message_en.removeprefix(f"{where}: ")),
        "remedy": pick(problem.remedy_zh, problem.remedy_en) or None,
    }  # fmt: skip
