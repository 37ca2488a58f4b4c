"""The evaluation as officials see it: grades by group, what decides the last grade, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.indices.evaluate import DECISIVE
from jiqun.engine.indices.fairness import causes
from jiqun.modules.land.evaluation.rule_words import path_words, value_words
from jiqun.modules.land.evaluation.selectors import GradedView, grade_counts, graded_view
from jiqun.modules.land.evaluation.shown import counted, parameters
from jiqun.modules.land.evaluation.words import MARKS
from jiqun.modules.land.pages.frame import basis, other_year, unconfirmed

Row = dict[str, Any]
CAUSE = (
    Field("cause", "由什么决定", "Decided by"),
    Field("firms", "企业", "Firms", unit="家"), Field("share", "占末级", "Of the last grade"),
)  # fmt: skip
WEAK = (
    Field("item", "最弱的指标", "Weakest indicator"),
    Field("firms", "企业", "Firms", unit="家"),
)
RULES = (
    Field("path", "参数", "Parameter"), Field("value", "取值", "Value"), Field("mark", "出处", "Rests on"),
)  # fmt: skip
PURPOSE = ("查看亩均评价的企业", "firms of the per-mu evaluation")


def grade_fields(view: GradedView) -> tuple[Field, ...]:
    """Columns of a table of counts by grade."""
    grades = view.graded.scheme.grades
    return (
        Field("group", "分组", "Group"), Field("firms", "企业", "Firms", unit="家"),
        *(Field(one, f"{one} 级", one) for one in grades),
        Field("other", "不定等级", "No grade", about_zh="数据不足、公用企业、重大项目等",
              about_en="too little data, utilities, major projects"),
    )  # fmt: skip


@require_GET
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Firms by group and grade, what decides the last grade, how far the rules are confirmed."""
    who, facts = viewer(request), store()
    view = graded_view(facts, who, request.GET.get("place", ""))
    rows = [
        {name: counted(value) if name != "group" else pick(row["group"].zh, row["group"].en)
         for name, value in row.items()}
        for row in grade_counts(view, who)
    ]  # fmt: skip
    last = view.graded.scheme.grades[-1]
    parts: list[Part] = [*asks_purpose(who), *other_year(view)]
    parts += [
        table(("各组各级企业数", "Firms by group and grade"), grade_fields(view), rows,
              hint=("每组单独排名；公示只列等级，不列名次。", "Groups are ranked apart; publicity shows no rank.")),
        *_last(view, who, last),
        *unconfirmed(view),
        *(note(one, "info") for one in view.graded.gathered.notes),
    ]  # fmt: skip
    firms = reverse("table", args=["land_permu"])
    return show(
        request, ("亩均效益评价", "Per-mu evaluation"), small=view.year, parts=parts, basis=basis(view),
        figures=_figures(view, who),
        links=[link(("逐家结果（可筛选、导出 Excel）", "Firm by firm (filters, Excel)"), firms, main=True,
                    purpose=PURPOSE),
               link(("规则逐条", "The rules one by one"), reverse("land-rules")),
               link(("公平性检验", "Fairness"), reverse("land-fairness")),
               link(("打印测算稿（PDF）", "Print a draft (PDF)"), reverse("land-draft"), purpose=PURPOSE)],
        lede=pick("每家企业单位土地产出多少、评为哪一级、由什么决定；每个数都能展开到来源。",
                  "What each firm makes of its land, its grade and what decided it; every figure opens to its source."),
    )  # fmt: skip


def _figures(view: GradedView, who: Viewer) -> list[dict[str, str]]:
    frame, open_ = view.frame, may_see_firm_rows(who)
    households = pick("家", "firms")
    tax, land = (view.graded.evaluation.units.figure(name) for name in ("tax", "land"))
    both = tax.known & land.known & (land.value > 0)
    mu = float(land.value[both].sum()) / (200_000 / 3)
    level = float(tax.value[both].sum()) / 1_000_000 / mu if mu else None
    lack = frame.filter(frame["missing"] != "").height
    lacking = counted(None if 0 < lack < MINIMUM_FIRMS and not open_ else lack)
    shown = (
        "—" if level is None or (int(both.sum()) < MINIMUM_FIRMS and not open_) else f"{level:,.2f}"
    )
    return [
        figure(("参评企业", "Firms evaluated"), f"{frame.height:,}", households),
        figure(("用地", "Land"), f"{mu:,.0f}" if int(both.sum()) >= MINIMUM_FIRMS or open_ else "—", pick("亩", "mu")),
        figure(("亩均税收（合计÷合计）", "Tax per mu (sum ÷ sum)"), shown, pick("万元/亩", "CNY 10k/mu")),
        figure(("有缺失数据", "With data missing"), lacking, households),
    ]  # fmt: skip


def _last(view: GradedView, who: Viewer, last: str) -> list[Part]:
    """Which rule puts firms into the last grade, and who is there by the quota alone."""
    if not may_see_firm_rows(who):
        return []
    found = causes(view.graded.evaluation)
    zh = {words[1]: words[0] for words in DECISIVE.values()}
    total = sum(found.rules.values())
    rows = [
        {"cause": pick(zh[name], name), "firms": f"{count:,}", "share": f"{count / total:.0%}"}
        for name, count in found.rules.items()
    ]
    indicators = {
        one.code: pick(one.zh, one.en) for group in view.graded.scheme.groups for one in group.indicators
    }  # fmt: skip
    weak = [
        {"item": indicators[code], "firms": f"{count:,}"} for code, count in found.weakest.items()
    ]
    despite = len(found.despite)
    parts = [
        table((f"{last} 级由哪条规则造成", f"Which rule makes grade {last}"), CAUSE, rows),
        table((f"按比例进 {last} 级的企业，失分最多的指标", f"Grade {last} by quota: where most points are lost"),
              WEAK, weak),
    ]  # fmt: skip
    if despite:
        parts.append(note((
            f"其中 {despite} 家亩均税收不低于本组平均，只因比例名额进入 {last} 级；规则可设绝对值保护线。",
            (f"{despite} of them reach the group's mean tax per mu and are in grade {last} by the quota alone; "
            "a scheme may set an absolute line."),
        ), "warning"))  # fmt: skip
    return parts


@require_GET
@page
def rules(request: HttpRequest) -> HttpResponse:
    """Every parameter of the rule pack with its value and what it rests on."""
    view = graded_view(store(), viewer(request), request.GET.get("place", ""))
    pack = view.graded.pack
    found = parameters(pack.version)
    order = {mark: place for place, mark in enumerate(("✎", "◆", "◐", "✔"))}
    rows: list[Mapping[str, Any]] = [
        {"path": path_words(view.graded.scheme, path), "value": value_words(path, value),
         "mark": f"{mark} {pick(*MARKS[mark])}", "mark_badge": "good" if mark == "✔" else "warning"}
        for path, value, mark in sorted(found, key=lambda one: order[one[2]])
    ]  # fmt: skip
    return show(
        request, ("规则逐条", "The rules one by one"), small=pack.version, basis=basis(view),
        parts=[*other_year(view), *unconfirmed(view), table(("全部参数", "All parameters"), RULES, rows)],
        crumb=link(("亩均效益评价", "Per-mu evaluation"), reverse("land-permu")),
        lede=pick("未在公示文本里找到的参数排在前面：✎ 须向发文单位核实，◆ 由本县确定。",
                  "What the document does not state comes first: ✎ ask the issuer, ◆ for the county to set."),
    )  # fmt: skip
