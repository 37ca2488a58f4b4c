"""One firm: its grade opened to the field, what is missing, the nearest path, a trial. And its own sheet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.factstore import store
from jiqun.core.frame import Part, figure, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.modules.land.evaluation.paths import Path, Trial, inputs_of, path_of, trial_of
from jiqun.modules.land.evaluation.selectors import GradedView, firm_view, own_view, veiled
from jiqun.modules.land.evaluation.shown import (
    badge_of,
    grade_words,
    holder_words,
    missing_of,
    number_words,
    own_words,
    sources_of,
    tree_of,
)
from jiqun.modules.land.pages.frame import basis, other_year, unconfirmed
from jiqun.modules.land.register import HELD

Row = dict[str, Any]
MISSING = (
    Field("input", "缺少的数据", "Missing"), Field("for", "用于", "Needed for"),
    Field("holder", "一般由谁掌握", "Usually held by"),
)  # fmt: skip
STEPS = (
    Field("figure", "数据项", "Figure"), Field("now", "现在", "Now"), Field("then", "须达到", "Must become"),
    Field("change", "变化", "Change"),
)  # fmt: skip
TRIAL = (
    Field("what", "项目", "What"), Field("before", "现在", "Now"), Field("after", "试算", "Trial"),
)  # fmt: skip
SHEET = (
    Field("input", "数据项", "Figure"), Field("value", "取值", "Value"), Field("source", "来源", "Source"),
    Field("as_of", "数据日期", "As of", "date"), Field("holder", "一般由谁掌握", "Usually held by"),
)  # fmt: skip

SHARED = (
    "本企业与同一评价单位的少数企业合并评价、共用等级；各项得分会透露其他企业的数字，不列出。",
    "Evaluated together with few other firms under one grade; the items would tell their figures and are left out.",
)


@require_GET
@page
def firm(request: HttpRequest, firm: str) -> HttpResponse:
    """A firm as officials see it, for a stated purpose; the firm sees the look."""
    view = firm_view(store(), viewer(request), firm, request.GET.get("place", ""))
    crumb = link(("亩均效益评价", "Per-mu evaluation"), reverse("land-permu"))
    return _shown(request, view, firm, crumb=crumb, links=[_print("land-firm-sheet", firm)])


@require_GET
@page
def own(request: HttpRequest) -> HttpResponse:
    """一企一单: the viewer's own firm."""
    view, mine = own_view(store(), viewer(request))
    return _shown(request, view, mine, veil=veiled(view, mine), links=[_print("land-own-sheet")])


def _print(name: str, *of: str) -> dict[str, Any]:
    return link(("打印一企一单（PDF）", "Print the sheet (PDF)"), reverse(name, args=of), main=True)


def _shown(
    request: HttpRequest, view: GradedView, code: str, *, veil: bool = False, **more: Any
) -> HttpResponse:
    graded, at = view.graded, view.at(code)
    row = graded.gathered.firms.row(graded.row(code), named=True)
    finding = view.frame.filter(view.frame["firm"] == code).row(0, named=True)
    parts: list[Part] = [*other_year(view)]
    lacking = missing_of(graded, at)
    if lacking:
        parts.append(table(("缺少的数据", "Missing data"), MISSING, lacking, hint=(
            "缺数据不按 0 算；按规则取平均分、不计或得零，见下方逐步说明。",
            "Missing is not 0: by the rules it takes the mean, is left out or scores zero; see the steps below.",
        )))  # fmt: skip
    title = pick(f"{row['name']} 的等级", f"Grade of {row['name']}")
    parts += [note(SHARED, "info")] if veil else []
    parts.append({"tree": tree_of(graded, code, title=title, veil=veil),
                  "title": pick("怎么得出来的", "How it came about")})  # fmt: skip
    parts += [table(("一企一单：评价所用数据", "The figures used"), SHEET, _sheet(view, code))]
    parts += [] if veil else [*_path(path_of(graded, code)), *_trial(request, view, code)]
    parts += unconfirmed(view)
    return show(
        request, (row["name"], row["name"]), small=code, parts=parts, basis=basis(view),
        figures=_figures(finding, view), lede=pick("亩均效益评价", "Per-mu evaluation") + f" {view.year}", **more,
    )  # fmt: skip


def _figures(row: Row, view: GradedView) -> list[dict[str, str]]:
    group = next((one for one in view.graded.scheme.groups if one.code == row["group"]), None)
    counted = row["counted"]
    return [
        figure(("等级", "Grade"), grade_words(row["grade"]), pick(group.zh, group.en) if group else ""),
        figure(("总分", "Total"), number_words(row["total"], 2), pick("分", "points")),
        figure(("组内名次", "Rank in the group"), number_words(row["rank"], 0),
               pick(f"共 {counted} 家，仅供核对", f"of {counted}, for checking only") if counted else ""),
        figure(("亩均税收", "Tax per mu"), number_words(row["tax_per_mu"], 2), pick("万元/亩", "CNY 10k/mu")),
    ]  # fmt: skip


def _sheet(view: GradedView, code: str) -> list[Row]:
    sources = sources_of(view.graded, code)
    rows: list[Row] = []
    for one in inputs_of(view.graded, code):
        source, as_of = sources.get(HELD[one["name"]][0], ("", ""))
        rows.append({
            "input": one["label"], "value": own_words(view.graded, code, one["name"]),
            "source": source or None, "as_of": as_of or None, "holder": holder_words(one["name"]),
        })  # fmt: skip
    return rows


def _path(found: Path) -> list[Part]:
    if not found.target:
        return [note((
            "没有更好的等级可走，或等级由否决、类别、缺数据决定：改变数字不影响等级。",
            "There is no better grade, or a veto, a class or missing data decides: figures do not change it.",
        ), "info")]  # fmt: skip
    words = (f"只改一项就能到 {found.target} 级", f"One change that reaches grade {found.target}")
    parts = [table(words, STEPS, found.single, hint=(
        "其他企业不变，按全组名次精确计算；多一步达到，少一步达不到。",
        "All others as they are, exact under the group's ranking; one step less does not reach it.",
    ))]  # fmt: skip
    if found.cost is not None and len(found.together) > 1:
        cost = f"{found.cost / 1_000_000:,.2f}"
        proved = ("", "") if found.proved else ("（未证明最省）", " (not proved cheapest)")
        parts.append(table(
            (f"最省的组合{proved[0]}", f"The cheapest combination{proved[1]}"), STEPS, found.together,
            hint=(f"按本项目的示例单价合计 {cost} 万元 ◆，单价由本县确定。",
                  f"In all CNY {cost} ×10k at this project's placeholder prices ◆; the county sets its own."),
        ))  # fmt: skip
    return parts


def _trial(request: HttpRequest, view: GradedView, code: str) -> list[Part]:
    fields = inputs_of(view.graded, code)
    asked = {
        one["name"]: text for one in fields if (text := request.GET.get(one["name"], "").strip()[:30])
    }  # fmt: skip
    found = trial_of(view.graded, code, asked) if asked else None
    form: Part = {
        "fields": [one | {"value": asked.get(one["name"], "")} for one in fields],
        "title": pick("试算：如果换一个数", "Trial: another figure"),
        "words": pick("只在本页试算，不改动任何数据；基准值不变，其他企业不变。",
                      "On this page only, nothing is changed; benchmarks and other firms stay."),
        "button": pick("试算", "Try"), "clear": bool(asked), "problems": found.problems if found else (),
    }  # fmt: skip
    return [form, *([_outcome(found)] if found else [])]


def _outcome(found: Trial) -> Part:
    names = (
        ("grade", ("等级", "Grade")), ("total", ("总分", "Total")), ("rank", ("组内名次", "Rank in the group")),
    )  # fmt: skip
    rows: list[Row] = []
    for key, words in names:
        before, after = found.before[key], found.after[key]
        row: Row = {"what": pick(*words)}
        for name, value in (("before", before), ("after", after)):
            row[name] = grade_words(value) if key == "grade" else number_words(value, 2)
            row |= {f"{name}_badge": badge_of(value)} if key == "grade" else {}
        rows.append(row)
    hint = (
        f"另有 {found.moved} 家企业的等级会随之变动。" if found.moved else "其他企业的等级不变。",
        f"{found.moved} other firm(s) would change grade."
        if found.moved
        else "No other firm changes grade.",
    )
    return table(("试算结果", "Outcome of the trial"), TRIAL, rows, hint=hint)
