"""Documents of a batch, in Chinese as offices issue them: sheet, reply, notice of the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.timezone import localdate

from jiqun.core.tabular import yuan
from jiqun.core.typeset import Block, Document, Facts, Table, chinese_day, mark_of
from jiqun.engine.indices.quantities import QUANTITIES
from jiqun.modules.land.batch.figures import label_of, shown_number
from jiqun.modules.land.documents import DRAFT
from jiqun.modules.land.evaluation.words import HOLDERS
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet
from jiqun.rules.permu_pack import permu_pack


def _mark(batch: Batch, *, synthetic: bool) -> str:
    return mark_of(*([] if batch.official else [DRAFT]), synthetic=synthetic)


def notice(
    batch: Batch, made: Calculation, rows: Sequence[dict[str, Any]], *, synthetic: bool
) -> Document:
    """The result by group: name and grade in the order of names, no rank.

    Until the approval it is marked as a calculation; after it, the announcement names the leading
    group's document; signed and dated once it is announced.

    Args:
        batch: the batch.
        made: its newest calculation.
        rows: ``{group_zh, name, grade}`` in the order to print.
        synthetic: whether the data are made up.
    """
    title = "亩均效益综合评价结果"
    blocks: list[Block] = [_opening(batch), Facts([
        ("评价规则", f"{permu_pack(batch.rules).title['zh']}（{made.rules_version}）"),
        ("数据年度", f"{batch.year} 年"),
        ("审定文号", batch.approval_document), ("测算次数", f"第 {made.number} 次"), ("数据快照", made.snapshot[:12]),
        ("结果摘要", made.result_digest[:16]),
    ])]  # fmt: skip
    groups = list(dict.fromkeys(str(row["group_zh"]) for row in rows))
    for group in groups:
        mine = [row for row in rows if row["group_zh"] == group]
        lines = [
            [str(n), str(row["name"]), str(row["grade"])] for n, row in enumerate(mine, start=1)
        ]
        blocks += [
            f"# {group}（{len(mine)} 家）",
            Table(("序号", "企业名称", "等级"), lines, widths=(2, 12, 3)),
        ]
    announced = batch.announced_on is not None
    return Document(
        f"关于公布{batch.year}年度{title}的公告" if announced else f"{batch.year}年度{title}（{_stage(batch)}）",
        blocks, number=batch.notice_document, signed=batch.department.name if announced else "",
        day=batch.announced_on, mark=_mark(batch, synthetic=synthetic),
    )  # fmt: skip


def _stage(batch: Batch) -> str:
    if batch.official:
        return "审定稿"
    return "公示稿" if batch.public_from else "测算稿"


def _opening(batch: Batch) -> str:
    if batch.official:
        return (f"{batch.year}年度评价结果经公示，并由领导小组审定（{batch.approval_document}），"
                "现予公布，排名不分先后。对结果有异议的，可依法申请复核。")  # fmt: skip
    if batch.public_from and batch.public_until:
        return (f"现将{batch.year}年度测算等级予以公示，公示期{chinese_day(batch.public_from)}至"
                f"{chinese_day(batch.public_until)}，排名不分先后。"
                "有异议的请在公示期内向主管部门提出，并附证明材料。")  # fmt: skip
    return "以下为测算等级，未经公示和审定，排名不分先后。"


def reply(one: Objection, *, synthetic: bool) -> Document:
    """异议答复书: what was said, what was decided and why."""
    upheld = one.state == Objection.State.UPHELD
    label = label_of(one.field)[0]
    unit = QUANTITIES[one.field].shown if one.field else ""

    def value(number: int | None) -> str:
        return (
            f"{shown_number(one.field, number)} {unit}" if one.field and number is not None else "—"
        )

    lines = [
        ("异议编号", one.key), ("事项", label), ("原数值", value(one.shown)), ("主张的数值", value(one.claimed)),
        ("理由", one.reason), ("证明材料编号", one.proof), ("处理结果", "成立" if upheld else "不成立"),
        ("核实的数值", value(one.decided)), ("依据", one.document), ("处理理由", one.words),
    ]  # fmt: skip
    after = "更正后的数据将在重新测算中计入。" if upheld else "评价所用数据不作变更。"
    return Document(
        "亩均效益评价异议答复书",
        [f"你单位对{one.batch.year}年度亩均效益评价提出的异议已经核实，现答复如下。", Facts(lines), after],
        addressee=one.firm_name, signed=one.batch.department.name,
        day=localdate(one.decided_at) if one.decided_at else None, mark=mark_of(synthetic=synthetic),
    )  # fmt: skip


def sheet_file(one: Sheet, *, synthetic: bool) -> Document:
    """一企一单 of a batch: the figures that are to be confirmed, with source, to be signed."""
    batch = one.batch
    rows: list[list[str]] = []
    for each in one.figures:
        name = str(each["name"])
        origin = (
            f"{each['source']}（{each['as_of']}）"
            if each["source"]
            else f"由{HOLDERS[name].zh}掌握"
        )
        value = shown_number(name, each["value"])
        rows.append([label_of(name)[0], value, QUANTITIES[name].shown, origin, "", ""])
    figures = Table(
        ("数据项", "数值", "单位", "来源及日期", "确认", "应为数值"),
        rows,
        frozenset({1}),
        (5, 5, 3, 9, 2, 5),
    )
    until = chinese_day(batch.answer_until) if batch.answer_until else "通知的日期"
    return Document(
        "亩均效益评价数据确认单（一企一单）",
        [(f"请在{until}前逐项核对。认可的在“确认”栏画√；有异议的写明应为数值，并附证明材料。标“缺”的数据不按零计算。"
          "逾期未答复的记为未回复，不视为认可。"),
         Facts([("企业名称", one.firm_name), ("统一社会信用代码", one.firm), ("批次", batch.key),
                ("数据年度", f"{batch.year} 年"), ("评价规则", permu_pack(batch.rules).title["zh"])]),
         figures,
         Facts([("意见", "□ 全部认可　　□ 有异议（见上表）"), ("经办人及电话", "　"), ("法定代表人签字", "　"),
                ("企业盖章及日期", "　")])],
        day=batch.answer_until, mark=_mark(batch, synthetic=synthetic),
    )  # fmt: skip


def measures_notice(one: Sheet, rows: Sequence[Mapping[str, Any]], *, synthetic: bool) -> Document:
    """差别化措施通知: which measures meet a firm, from when to when, on which basis.

    Args:
        one: the firm's sheet in the batch.
        rows: of ``measure_rows`` for this firm, at least one.
        synthetic: whether the data are made up.
    """
    batch, first = one.batch, rows[0]
    lines = [
        [str(row["measure"]), f"{row['value']:g} {row['unit']}" if row["value"] else "—",
         f"{yuan(row['estimate_fen'])} 元" if row["estimate_fen"] is not None else "—", str(row["basis"] or "—"),
         f"暂缓到{chinese_day(row['until'])}（{row['waiver']}）" if row["waiver"] and row["until"] else "执行"]
        for row in rows
    ]  # fmt: skip
    term = (
        f"{chinese_day(batch.measures_from)}至{chinese_day(batch.measures_until)}"
        if batch.measures_from and batch.measures_until else ""
    )  # fmt: skip
    years = f"，连续{first['years']}年" if first["years"] and first["years"] > 1 else ""
    return Document(
        "差别化措施通知",
        [(f"你单位{batch.year}年度亩均效益综合评价等级为{first['grade']}{years}（{batch.notice_document}公告）。"
          "按评价规则适用下列措施："),
         Table(("措施", "标准", "全年估算", "依据", "执行情况"), lines, frozenset({2}), (6, 4, 5, 7, 6)),
         "加价估算按确认单上的全年用电量，实际以抄见电量为准；确认单上没有用电量的不估算。",
         Facts([("执行期", term), ("审定文号", batch.approval_document), ("批次", batch.key)]),
         "对等级或措施有异议的，可依法申请复核。"],
        addressee=one.firm_name, signed=batch.department.name, day=batch.measures_from or batch.announced_on,
        mark=_mark(batch, synthetic=synthetic),
    )  # fmt: skip
