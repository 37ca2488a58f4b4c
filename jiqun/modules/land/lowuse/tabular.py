"""The tables of low-efficiency land: parcels with their verdict, and files. Lists, Excel, the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.urls import reverse

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.audit import note_read
from jiqun.core.factstore import store
from jiqun.core.tabular import Field, Query, Rows, TableSpec, model_read, pick
from jiqun.engine.land.screening import Criteria
from jiqun.modules.land.lowuse.selectors import lawful_still, newest_runs, parcel_rows
from jiqun.modules.land.lowuse.tools import rules_now, tools
from jiqun.modules.land.lowuse.words import BADGES, VERDICTS
from jiqun.modules.land.models import LandFile
from jiqun.modules.land.states.lowuse import STATES
from jiqun.rules.land.screens import criteria

READERS = (
    "企业看本企业的；官员说明用途后看本地方的，每次查看留痕",
    "a firm: its own; an official with a purpose: those of the place, each look logged",
)
FIELDS = (
    Field("parcel", "宗地编号", "Parcel", "code", link="href"),
    Field("location", "坐落", "Location"),
    Field("place", "所在地", "Place", "code"),
    Field("name", "使用权人", "Holder"),
    Field("holder", "统一社会信用代码", "Credit code", "firm_id"),
    Field("verdict", "筛查结论", "Verdict", "words", words=VERDICTS,
          about_zh="事实不全而定不了的为待定", about_en="undetermined where a fact is missing"),
    Field("kinds", "类型", "Type"),
    Field("reasons", "理由", "Reasons"),
    Field("signals", "早期信号", "Early signals", about_zh="不作认定", about_en="they decide nothing"),
    Field("area_mu", "面积", "Area", "number", unit="亩"),
    Field("tax_per_mu", "亩均税收", "Tax per mu", "number", unit="万元/亩"),
    Field("plot_ratio", "容积率", "Plot ratio", "number"),
    Field("missing", "缺少的事实", "Missing facts", filter="none",
          about_zh="待定的还缺什么", about_en="what an open verdict lacks"),
    Field("year", "数据年度", "Year of the data", "period"),
)  # fmt: skip
STATE_WORDS = {state.value: (about.zh, about.en) for state, about in STATES.items()}
FILE_FIELDS = (
    Field("key", "档案编号", "File", "code"), Field("parcel", "宗地编号", "Parcel", "code"),
    Field("location", "坐落", "Location"), Field("place", "所在地", "Place", "code"),
    Field("firm", "统一社会信用代码", "Credit code", "firm_id"), Field("firm_name", "使用权人", "Holder"),
    Field("area_m2", "面积", "Area", "integer", unit="m²"),
    Field("state", "状态", "State", "words", words=STATE_WORDS),
    Field("tool", "盘活方式", "Way", "words", words=dict(tools())),
    Field("responsible", "责任人", "Who answers for it"),
    Field("due", "完成期限", "Deadline", "date"), Field("released_m2", "腾出面积", "Released", "integer", unit="m²"),
    Field("tax_before_fen", "盘活前税收", "Tax before", "money_yuan"),
    Field("tax_after_fen", "盘活后税收", "Tax after", "money_yuan"), Field("since", "更新时间", "Changed", "datetime"),
)  # fmt: skip


def _codes(text: object, words: Mapping[str, str]) -> str | None:
    found = [words.get(code, code) for code in str(text or "").split(";") if code]
    return pick("、", ", ").join(found) or None


def _dressed(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with what a page shows beside them: a link, a look, codes in words."""
    rules: Criteria = criteria(rules_now())
    reasons = {one.code: f"{one.code} {pick(one.zh, one.en)}" for one in rules.criteria}
    kinds = {code: pick(*words) for code, words in rules.kinds.items()}
    facts = {
        code: f"{pick(one.zh, one.en)}（{pick(one.holder_zh, one.holder_en)}）"
        for code, one in rules.facts.items()
    }
    return [
        dict(row) | {
            "href": reverse("land-lowuse-parcel", args=[row["parcel"]]),
            "verdict_badge": BADGES[str(row["verdict"])], "kinds_note": _codes(row["kinds"], kinds),
            "reasons_note": _codes(row["reasons"], reasons), "signals_note": _codes(row["signals"], reasons),
            "missing": _codes(row["missing"], facts),
        }
        for row in found
    ]  # fmt: skip


def _why_empty(viewer: Viewer) -> tuple[str, str, str] | None:
    if viewer.official and not may_see_firm_rows(viewer):
        return (
            "逐宗结果涉及企业数据，说明用途后才能查看；每次查看留痕，企业看得到。",
            "Parcels tell of firms: state a purpose to see them; each look is logged and the firm sees it.",
            "purpose",
        )
    if not newest_runs(store()):
        return ("还没有做过低效用地筛查。", "The land has not been screened yet.", "")
    if not all(lawful_still(run) for run in newest_runs(store())):
        return ("企业授权有变动，请重新筛查。", "Consents have changed; screen again.", "")
    return None


def _version() -> str:
    return " ".join(
        f"{run.run}@{run.snapshot[:12]} {run.rules_version}" for run in newest_runs(store())
    )


def _files(viewer: Viewer, query: Query) -> Rows:
    """Files that the viewer may see; reads are logged."""
    found = model_read(LandFile.objects.visible_to, FILE_FIELDS)(viewer, query)
    note_read(viewer, {str(row["firm"]) for row in found.rows if row.get("firm")}, "land_file")
    return found


TABLES = (
    TableSpec(
        "land_lowuse", "低效用地筛查结果", "Low-efficiency land", FIELDS, ("parcel",), partial(parcel_rows, FIELDS),
        about_zh="每宗工业用地的结论、理由、早期信号、亩均税收和缺少的事实；未知不等于否",
        about_en="Verdict, reasons, signals, tax per mu and missing facts of each parcel; unknown is not no",
        grade=Grade.FIRM, sort=("parcel",), readers=READERS, version=_version, why_empty=_why_empty,
        present=_dressed,
    ),
    TableSpec(
        "land_file", "低效用地档案", "Files of low-efficiency land", FILE_FIELDS, ("key",), _files,
        about_zh="一地一档：办到哪一步、用什么方式、腾出多少、税收前后",
        about_en="How far each parcel has got, in what way, area released, tax before and after",
        grade=Grade.FIRM, sort=("-key",), readers=READERS,
    ),
)  # fmt: skip
