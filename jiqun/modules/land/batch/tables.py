"""The tables of batches: answers of firms, objections, announced grades, measures. Lists, files, the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet

from jiqun.core.access import Grade, Viewer
from jiqun.core.audit import note_read
from jiqun.core.tabular import Field, Query, Rows, TableSpec, model_read
from jiqun.modules.land.batch.figures import label_of
from jiqun.modules.land.batch.selectors import measure_table, result_rows
from jiqun.modules.land.models import Objection, Sheet
from jiqun.modules.land.register import HELD
from jiqun.modules.land.states.batch import STATES

ANSWERS = {
    "waiting": ("待核对", "to be confirmed"), "accepted": ("全部认可", "all accepted"),
    "objected": ("有异议", "objected"), "no_answer": ("未回复", "no answer"),
}  # fmt: skip
DECISIONS = {
    "open": ("处理中", "open"),
    "upheld": ("成立", "upheld"),
    "dismissed": ("不成立", "dismissed"),
}
STAGES = {"sheet": ("一企一单核对", "confirmation"), "publicity": ("公示", "publicity")}
STATE_WORDS = {state.value: (about.zh, about.en) for state, about in STATES.items()}
GRADES = {
    **{one: (one, one) for one in "ABCD"}, "T": ("T", "T"),
    "不定等级": ("不定等级", "no grade"), "不参评": ("不参评", "not evaluated"),
}  # fmt: skip
GROUPS = {
    "above": ("规上", "above threshold"), "below": ("规下", "below threshold"),
    "small": ("规下小地块", "small plots"), "tenant": ("租赁企业", "tenants"),
}  # fmt: skip
FIGURES = {name: label_of(name) for name in (*HELD, "")}
_FIRM = (Field("firm", "统一社会信用代码", "Credit code", "firm_id"),)
SHEET = (
    Field("key", "确认单", "Sheet", "code"), Field("batch", "批次", "Batch", "code", source="batch__key"),
    Field("year", "数据年度", "Year", "integer", source="batch__year"),
    Field("firm_name", "企业名称", "Firm"), *_FIRM,
    Field("answer", "答复", "Answer", "words", words=ANSWERS, about_zh="未回复不视为认可",
          about_en="no answer is not acceptance"),
    Field("answered_at", "答复时间", "Answered", "datetime"),
    Field("until", "核对截止", "Confirm until", "date", source="batch__answer_until"),
    Field("state", "批次状态", "State of the batch", "words", words=STATE_WORDS, source="batch__state"),
)  # fmt: skip
OBJECTION = (
    Field("key", "异议", "Objection", "code"), Field("batch", "批次", "Batch", "code", source="batch__key"),
    Field("firm_name", "企业名称", "Firm"), *_FIRM,
    Field("stage", "环节", "Stage", "words", words=STAGES),
    Field("field", "事项", "What", "words", words=FIGURES),
    Field("shown", "原数值", "Shown", "integer", about_zh="以数据表的单位计", about_en="in the unit of the facts"),
    Field("claimed", "主张的数值", "Claimed", "integer"), Field("reason", "理由", "Why"),
    Field("proof", "证明材料编号", "Document of proof"), Field("on_behalf", "代为登记", "For somebody", "bool"),
    Field("made_at", "登记时间", "Entered", "datetime"), Field("state", "结果", "State", "words", words=DECISIONS),
    Field("decided", "核实的数值", "Right value", "integer"), Field("document", "依据", "On what"),
    Field("words", "处理理由", "Reason"), Field("decided_at", "处理时间", "Decided", "datetime"),
    Field("included", "计入第几次测算", "In calculation", "integer"),
)  # fmt: skip
RESULT = (
    Field("batch", "批次", "Batch", "code"), Field("place", "地方", "Place", "code"),
    Field("year", "数据年度", "Year", "period"), Field("group", "分组", "Group", "words", words=GROUPS),
    Field("name", "企业名称", "Firm"), *_FIRM, Field("grade", "等级", "Grade", "words", words=GRADES),
)  # fmt: skip
MEASURE = (
    Field("batch", "批次", "Batch", "code"), Field("year", "数据年度", "Year", "period"),
    Field("place", "地方", "Place", "code"), Field("name", "企业名称", "Firm"), *_FIRM,
    Field("grade", "等级", "Grade", "words", words=GRADES),
    Field("managed_as", "按何等级管理", "Managed as", "words", words=GRADES),
    Field("years", "连续年数", "Years in a row", "integer"), Field("code", "措施代码", "Code", "code"),
    Field("measure", "措施", "Measure"), Field("measure_en", "措施（英文）", "Measure (English)"),
    Field("value", "标准", "Value", "number"), Field("unit", "单位", "Unit"),
    Field("estimate_fen", "全年估算", "Estimate of a year", "money_yuan", about_zh="单价×确认单上的全年用电量",
          about_en="price × the year's electricity on the sheet"),
    Field("basis", "依据", "Basis"), Field("first", "起始日", "From", "date"), Field("last", "截止日", "To", "date"),
    Field("in_force", "执行", "In force", "bool"), Field("waiver", "暂缓决定", "Suspended by"),
    Field("until", "暂缓到", "Suspended until", "date"),
)  # fmt: skip
READERS = (
    "企业看本企业的；官员说明用途后看本地方的，每次查看留痕",
    "a firm: its own; an official with a purpose: those of the place, each look logged",
)


def _logged(
    visible: Callable[[Viewer], QuerySet[Any]], fields: tuple[Field, ...], name: str
) -> Callable[[Viewer, Query], Rows]:
    """Read rows about firms and log whose were read."""
    read = model_read(visible, fields)

    def logged(viewer: Viewer, query: Query) -> Rows:
        found = read(viewer, query)
        note_read(viewer, {str(row["firm"]) for row in found.rows if row.get("firm")}, name)
        return found

    return logged


BATCH_TABLES = (
    TableSpec(
        "land_sheet", "亩均评价确认单", "Sheets of the per-mu evaluation", SHEET, ("key",),
        _logged(Sheet.objects.visible_to, SHEET, "land_sheet"),
        about_zh="每家企业的确认单和答复；未回复不视为认可",
        about_en="The sheet of each firm and what it answered; silence is not acceptance",
        grade=Grade.FIRM, sort=("key",), readers=READERS,
    ),
    TableSpec(
        "land_objection", "亩均评价异议", "Objections to the per-mu evaluation", OBJECTION, ("key",),
        _logged(Objection.objects.visible_to, OBJECTION, "land_objection"),
        about_zh="对数据和结果的异议、证明材料、处理结果",
        about_en="Objections to figures and results, proof, decision",
        grade=Grade.FIRM, sort=("key",), readers=READERS,
    ),
    TableSpec(
        "land_result", "亩均评价公告结果", "Announced per-mu grades", RESULT, ("batch", "firm"),
        partial(result_rows, RESULT),
        about_zh="已公告的等级；排名不分先后", about_en="Announced grades, in no order of rank",
        grade=Grade.PUBLIC, sort=("batch", "group", "grade", "name"),
        readers=("有单位的登录用户；公告页不需登录",
                 "members of an organisation; the page of announcements needs no login"),
    ),
    TableSpec(
        "land_measure", "亩均评价差别化措施", "Measures of the per-mu evaluation", MEASURE, ("batch", "firm", "code"),
        partial(measure_table, MEASURE),
        about_zh="已公告批次中每家企业适用的措施、连续年数和暂缓决定",
        about_en="Measures that meet each firm of an announced batch, years in a row, what suspends them",
        grade=Grade.FIRM, sort=("batch", "firm", "code"), readers=READERS,
    ),
)  # fmt: skip
