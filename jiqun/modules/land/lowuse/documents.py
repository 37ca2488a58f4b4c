"""Documents of low-efficiency land, in Chinese as offices issue them: 一地一档 and 盘活方案."""

from __future__ import annotations

from collections.abc import Sequence

from jiqun.core.typeset import Block, Document, Facts, Table, chinese_day, issued, mark_of, printed
from jiqun.modules.land.lowuse.shown import ENTRIES, entry_row, number_words, tool_words, trace_rows
from jiqun.modules.land.lowuse.words import FEN_PER_WAN, M2_PER_MU
from jiqun.modules.land.models import LandFile, LandFileEntry
from jiqun.modules.land.states.lowuse import STATES, WITH_PLAN, State

DRAFT = "方案待审定"
REASONS = ("条件", "事实", "取值", "来源", "数据日期")


@issued
def case_file(
    one: LandFile, entries: Sequence[LandFileEntry], *, official: bool, synthetic: bool
) -> Document:
    """Return 一地一档: the parcel, why it is here, what was decided, everything that was done, the result.

    Args:
        one: the file.
        entries: what was done, in order.
        official: whether names of officials may stand where an office does not.
        synthetic: whether the data are made up.
    """
    rows = [entry_row(each, official=official) for each in entries]
    widths = {"at": 5, "event": 4, "after": 4, "document": 4, "words": 8, "by": 4}
    blocks: list[Block] = [
        Facts([*_parcel(one), ("现在", STATES[State(one.state)].zh)]),
        "# 一、认定理由", _reasons(one), "# 二、盘活方案", _plan(one),
        "# 三、办理记录", printed(ENTRIES, rows, widths), "# 四、结果", _result(one), _basis(one),
    ]  # fmt: skip
    return Document("低效工业用地一地一档", blocks, mark=mark_of(synthetic=synthetic))


@issued
def plan(one: LandFile, *, synthetic: bool) -> Document:
    """Return 盘活方案 for decision, or as it was decided."""
    decided = State(one.state) in WITH_PLAN
    blocks: list[Block] = [
        f"{one.firm_name or '该企业'}使用的{one.location or one.parcel}经核实属低效工业用地，现提出盘活方案。",
        Facts(_parcel(one)), "# 一、低效情形", _reasons(one), "# 二、盘活方式和责任", _plan(one),
        "# 三、审定意见", Facts([("审定", "同意" if decided else "　"), ("审定人（签字）及日期", "　")]),
        _basis(one),
    ]  # fmt: skip
    return Document(
        "低效工业用地盘活方案", blocks, signed=one.office.name if decided else "",
        mark=mark_of(*([] if decided else [DRAFT]), synthetic=synthetic),
    )  # fmt: skip


def _parcel(one: LandFile) -> list[tuple[str, str]]:
    return [
        ("档案编号", one.key), ("宗地编号", one.parcel), ("坐落", one.location),
        ("土地使用权人", f"{one.firm_name} {one.firm}".strip()),
        ("面积", f"{number_words(one.area_m2 / M2_PER_MU, 2)} 亩"), ("牵头部门", one.office.name),
    ]  # fmt: skip


def _reasons(one: LandFile) -> Block:
    reasons = trace_rows(one)
    if not reasons:
        return "建档时没有成立的条件。"
    names = ("reason", "fact", "value", "source", "as_of")
    return Table(
        REASONS, [[str(row[name] or "—") for name in names] for row in reasons], widths=(6, 5, 4, 6, 4)
    )  # fmt: skip


def _plan(one: LandFile) -> Facts:
    return Facts([
        ("盘活方式", tool_words(one.tool) if one.tool else ""), ("责任人", one.responsible),
        ("完成期限", chinese_day(one.due) if one.due else ""),
    ])  # fmt: skip


def _result(one: LandFile) -> Block:
    if one.released_m2 is None:
        return "尚未上报结果。"

    def tax(fen: int | None) -> str:
        return "未知" if fen is None else f"{fen / FEN_PER_WAN:,.2f} 万元/年"

    return Facts([
        ("腾出面积", f"{number_words(one.released_m2 / M2_PER_MU, 2)} 亩"),
        ("盘活前税收", tax(one.tax_before_fen)), ("盘活后税收", tax(one.tax_after_fen)),
    ])  # fmt: skip


def _basis(one: LandFile) -> Facts:
    return Facts([
        ("筛查运行", str(one.trace.get("run", ""))), ("数据快照", str(one.trace.get("snapshot", ""))[:12]),
        ("规则版本", str(one.trace.get("rules", ""))),
    ])  # fmt: skip
