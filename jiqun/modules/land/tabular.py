"""The table of grades: list with filters, Excel, the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.urls import reverse

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.tabular import Field, TableSpec, pick
from jiqun.engine.indices.evaluate import DECISIVE
from jiqun.modules.land.attribution.selectors import area_rows
from jiqun.modules.land.attribution.shown import BASIS, flag_words
from jiqun.modules.land.batch.tables import BATCH_TABLES
from jiqun.modules.land.evaluation.selectors import firm_rows, newest_runs
from jiqun.modules.land.evaluation.shown import badge_of
from jiqun.modules.land.lowuse.tabular import TABLES as LOWUSE
from jiqun.modules.land.parcels.listing import PARCELS
from jiqun.modules.land.states.landtable import TABLE_STATES
from jiqun.rules.permu_pack import permu_pack

GRADES: Mapping[str, tuple[str, str]] = {
    **{one: (one, one) for one in "ABCD"}, "T": ("T", "T"),
    "不定等级": ("不定等级", "no grade"), "不参评": ("不参评", "not evaluated"),
}  # fmt: skip
GROUPS: Mapping[str, tuple[str, str]] = {
    "above": ("规上", "above threshold"), "below": ("规下", "below threshold"),
    "small": ("规下小地块", "small plots"), "tenant": ("租赁企业", "tenants"),
}  # fmt: skip
CAUSES: Mapping[str, tuple[str, str]] = {str(code): words for code, words in DECISIVE.items()}
SCALES: Mapping[str, tuple[str, str]] = {
    "large": ("大型", "large"), "medium": ("中型", "medium"), "small": ("小型", "small"), "micro": ("微型", "micro"),
}  # fmt: skip
FIELDS = (
    Field("name", "企业名称", "Firm", link="href"),
    Field("firm", "统一社会信用代码", "Credit code", "firm_id"),
    Field("place", "所在地", "Place", "code"),
    Field("industry", "行业", "Industry", "code"),
    Field("scale", "规模", "Size", "words", words=SCALES),
    Field("group", "分组", "Group", "words", words=GROUPS,
          about_zh="分组单独排名", about_en="groups are ranked separately"),
    Field("grade", "等级", "Grade", "words", words=GRADES),
    Field("total", "总分", "Total", "number", unit="分"),
    Field("tax_per_mu", "亩均税收", "Tax per mu", "number", unit="万元/亩"),
    Field("land_mu", "用地", "Land", "number", unit="亩"),
    Field("rank", "组内名次", "Rank in the group", "integer", about_zh="内部使用，公示只列等级",
          about_en="for internal use; publicity shows the grade alone"),
    Field("counted", "本组计入", "Ranked in the group", "integer", unit="家"),
    Field("known", "已有数据", "Data known", "share", about_zh="按权重", about_en="by weight"),
    Field("decisive", "由什么决定", "Decided by", "words", words=CAUSES),
    Field("missing", "缺数据的指标", "Indicators without data", filter="none"),
    Field("land_basis", "用地依据", "Land counted", "words", words=BASIS),
    Field("unit", "评价单位", "Unit of evaluation", "code",
          about_zh="企业、经营主体或宗地；同一单位的企业共用等级",
          about_en="firm, operator or parcel; its firms share the grade"),
    Field("members", "同一单位的企业", "Firms of the unit", "code", filter="none", sortable=False),
    Field("apart_grade", "混合型单独评价", "Mixed firm by itself", "words", words=GRADES),
    Field("year", "数据年度", "Year of the data", "period"),
)  # fmt: skip
LAND_STATES = {state.value: (about.zh, about.en) for state, about in TABLE_STATES.items()}
AREA_FIELDS = (
    Field("firm_name", "企业名称", "Firm", link="href"),
    Field("firm", "统一社会信用代码", "Credit code", "firm_id"),
    Field("town", "所在乡镇", "Town", "code"),
    Field("year", "年度", "Year", "integer", source="table__year"),
    Field("area_m2", "用地面积", "Land", "number", unit="m²"),
    Field("own_m2", "已登记用地", "Own, registered", "number", unit="m²"),
    Field("occupied_m2", "实际占用未登记", "Occupied, not registered", "number", unit="m²"),
    Field("rented_in_m2", "租入分摊", "Share rented in", "number", unit="m²"),
    Field("rented_out_m2", "租出分摊", "Share let", "number", unit="m²"),
    Field("excluded_m2", "扣除", "Excluded", "number", unit="m²"),
    Field("reported_m2", "企业填报", "Reported by the firm", "number", unit="m²"),
    Field("flags", "需要核对", "To be looked at", filter="none", sortable=False),
    Field("state", "状态", "State", "words", words=LAND_STATES, source="table__state"),
    Field("key", "用地表", "Land table", "code", source="table__key"),
)  # fmt: skip


def _dressed_areas(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with a link to each firm's lines, flags in words."""
    return [
        dict(row) | {
            "href": reverse("land-table-firm", args=[row["key"], row["firm"]]),
            "flags": flag_words(tuple(str(row["flags"] or "").split())) or None,
        }
        for row in found
    ]  # fmt: skip


def _why_no_areas(viewer: Viewer) -> tuple[str, str, str] | None:
    if viewer.official and not may_see_firm_rows(viewer):
        return (
            "逐家的用地是企业级数据，说明用途后才能查看；每次查看留痕，企业看得到。",
            "The land of single firms: state a purpose to see it; each look is logged and the firm sees it.",
            "purpose",
        )
    return None


def _dressed(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with what a page shows beside them: a link to the firm, a look, indicators in words."""
    words = _indicator_words()
    return [
        dict(row) | {
            "href": reverse("land-firm", args=[row["firm"]]),
            "grade_badge": badge_of(str(row["grade"])),
            "missing": pick("、", ", ").join(words.get(code, code) for code in str(row["missing"]).split(";") if code)
            or None,
        }
        for row in found
    ]  # fmt: skip


def _indicator_words() -> dict[str, str]:
    found: dict[str, str] = {}
    for run in newest_runs(store()):
        for group in permu_pack(str(run.params["pack"])).scheme.groups:
            found |= {one.code: pick(one.zh, one.en) for one in group.indicators}
    return found


def _why_empty(viewer: Viewer) -> tuple[str, str, str] | None:
    if viewer.official and not may_see_firm_rows(viewer):
        return (
            "逐家的评价结果是企业级数据，说明用途后才能查看；每次查看留痕，企业看得到。",
            "Grades of single firms: state a purpose to see them; each look is logged and the firm sees it.",
            "purpose",
        )
    if not newest_runs(store()):
        return ("还没有做过亩均效益评价。", "No per-mu evaluation has been made yet.", "")
    return None


def _version() -> str:
    return " ".join(
        f"{run.run}@{run.snapshot[:12]} {run.rules_version}" for run in newest_runs(store())
    )


TABLES = (
    TableSpec(
        "land_permu", "亩均评价结果", "Per-mu grades", FIELDS, ("firm",), partial(firm_rows, FIELDS),
        about_zh="每家企业的分组、等级、总分、决定因素和缺少的数据；未知不等于零",
        about_en="Group, grade, total, what decided and what is missing of each firm; unknown is not zero",
        grade=Grade.FIRM, sort=("group", "rank"),
        readers=("企业看本企业的；官员说明用途后看本地方的，每次查看留痕",
                 "a firm: its own; an official with a purpose: those of the place, each look logged"),
        version=_version, why_empty=_why_empty, present=_dressed,
    ),
    *BATCH_TABLES,
    TableSpec(
        "land_area", "用地表", "Land table", AREA_FIELDS, ("key", "firm"), partial(area_rows, AREA_FIELDS),
        about_zh="每家企业应承担的用地及其构成；未知不等于零",
        about_en="The land that each firm answers for, with its terms; unknown is not zero",
        grade=Grade.FIRM, sort=("-key", "firm"),
        readers=("企业看本企业已公示的；官员说明用途后看本地方的，每次查看留痕",
                 "a firm: its own once published; an official with a purpose: those of the place, each look logged"),
        why_empty=_why_no_areas, present=_dressed_areas,
    ),
    PARCELS,
    *LOWUSE,
)  # fmt: skip
