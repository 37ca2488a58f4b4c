"""Fairness of the scheme itself: who changes grade if its settings, or the scheme, were others."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.indices.levels import grades_by
from jiqun.modules.land.evaluation.fairness import DRAWS, moved_rows, other_packs
from jiqun.modules.land.evaluation.selectors import GradedView, graded_view
from jiqun.modules.land.pages.frame import basis, other_year

Row = dict[str, Any]
MOVED = (
    Field("group", "分组", "Group"), Field("setting", "变动的设置", "What moves"),
    Field("ranked", "排名企业", "Ranked", unit="家"),
    Field("changed", "平均改级", "Change grade, mean", unit="家"),
    Field("most", "最多改级（95%）", "At most (95 %)", unit="家"),
    Field("fragile", "超过一成情形改级", "In over 10 % of draws", unit="家"),
)  # fmt: skip
OTHERS = (
    Field("pack", "规则包", "Rule pack"), Field("A", "A 级", "A"), Field("B", "B 级", "B"), Field("C", "C 级", "C"),
    Field("D", "D 级", "D"), Field("other", "不定等级", "No grade"), Field("moved", "等级不同", "Other grade"),
)  # fmt: skip


@require_GET
@page
def fairness(request: HttpRequest) -> HttpResponse:
    """How many firms change grade if benchmarks, weights, caps or the scheme were others."""
    who, facts = viewer(request), store()
    view = graded_view(facts, who, request.GET.get("place", ""))
    parts: list[Part] = [*asks_purpose(who), *other_year(view)]
    parts.append(table(
        (f"设置变动时有多少企业改级（{DRAWS:,} 次抽样）",
         f"Firms that change grade when settings move ({DRAWS:,} draws)"),
        MOVED, moved_rows(view, who),
        hint=("只按比例定级，不计否决；抽样种子固定，可重复。", "By quota alone, without vetoes; the seed is fixed."),
    ))  # fmt: skip
    parts.append(table(
        ("同样的企业，换一套规则", "The same firms under other rules"), OTHERS, other_packs(view, who),
        hint=("各地指标不同，本县没有的数据按缺失处理。", "Schemes differ; what is not held here counts as missing."),
    ))  # fmt: skip
    parts += _breakdown(view, who)
    return show(
        request, ("公平性检验", "Fairness of the scheme"), small=view.year, parts=parts, basis=basis(view),
        crumb=link(("亩均效益评价", "Per-mu evaluation"), reverse("land-permu")),
        lede=pick("等级有多少取决于企业，有多少取决于规则怎么定。",
                  "How much of a grade is the firm, and how much the way the rules are set."),
    )  # fmt: skip


def _breakdown(view: GradedView, who: Viewer) -> list[Part]:
    """Grades by size and by industry, for officials with a purpose: cells are small."""
    if not may_see_firm_rows(who):
        return [
            note(
                (
                    "按规模和行业的分布，说明用途后显示。",
                    "By size and industry: shown for a stated purpose.",
                ),
                "info",
            )
        ]
    sizes = {"large": ("大型", "large"), "medium": ("中型", "medium"), "small": ("小型", "small"),
             "micro": ("微型", "micro"), "": ("未知", "unknown")}  # fmt: skip
    firms, evaluation = view.graded.gathered.firms, view.graded.evaluation
    known = store().polars("industry", ["classification", "code", "name_zh", "name_en"])
    known = known.filter(pl.col("classification").str.starts_with("gbt4754"))
    names = dict(known.select("code", pick("name_zh", "name_en")).iter_rows())
    by_size = grades_by(
        evaluation, firms["scale"].fill_null("").to_numpy()[list(view.graded.members.main)]
    )
    by_industry = grades_by(evaluation, evaluation.units.industries())
    return [
        table(("按规模", "By size"), _fields("规模", "Size"),
              [_counts(pick(*sizes[key]), by_size[key]) for key in sizes if key in by_size]),
        table(("按行业大类", "By division of industry"), _fields("行业", "Industry"),
              [_counts(f"{key} {names.get(key) or ''}".strip() or pick("未知", "unknown"), counts)
               for key, counts in by_industry.items()]),
    ]  # fmt: skip


def _fields(zh: str, en: str) -> tuple[Field, ...]:
    return (
        Field("name", zh, en), Field("firms", "企业", "Firms", "integer", unit="家"),
        *(Field(one, f"{one} 级", one, "integer") for one in "ABCD"),
        Field("other", "不定等级", "No grade", "integer"), Field("last", "D 级占比", "Share of D", "share"),
    )  # fmt: skip


def _counts(name: str, counts: dict[str, int]) -> Row:
    total = sum(counts.values())
    graded = {one: counts.get(one, 0) for one in "ABCD"}
    return {"name": name, "firms": total, **graded, "other": total - sum(graded.values()),
            "last": graded["D"] / total if total else None}  # fmt: skip
