"""用地确认表: one firm's land of a table, line by line, to be confirmed or objected to on paper."""

from __future__ import annotations

from jiqun.core.typeset import Block, Document, Facts, Table, chinese_day, issued, mark_of
from jiqun.engine.indices.land import WORDS
from jiqun.modules.land.attribution.shown import (
    days_words,
    flag_words,
    kind_words,
    mu_words,
    share_words,
    square_metres_words,
)
from jiqun.modules.land.models import LandRow
from jiqun.modules.land.states.landtable import TableState

NOT_YET = "核对稿，未冻结"


@issued
def confirmation(row: LandRow, *, synthetic: bool) -> Document:
    """Return the paper of one firm; areas in m² and 亩."""
    table, land = row.table, row.land()
    frozen = table.state == TableState.FROZEN
    terms = [
        [kind_words(kind), square_metres_words(land.terms.get(kind, 0)), mu_words(land.terms.get(kind, 0))]
        for kind in WORDS if any(line["kind"] == kind for line in land.lines)
    ]  # fmt: skip
    lines = [
        [str(number), line["parcel"], kind_words(line["kind"]), share_words(line), days_words(line),
         square_metres_words(line["counted"]), line["document"] or "—", ""]
        for number, line in enumerate(land.lines, start=1)
    ]  # fmt: skip
    until = f"请在{chinese_day(table.public_until)}前" if table.public_until else "请"
    opening = (
        "用地表已经冻结，以下面积用于本年度评价。" if frozen
        else f"{until}逐行核对。认可的在“确认”栏画√；有异议的写明应为面积，并附依据文件。"
    )  # fmt: skip
    blocks: list[Block] = [
        opening,
        Facts([
            ("企业名称", row.firm_name or row.firm), ("统一社会信用代码", row.firm), ("用地表", table.key),
            ("年度", f"{table.year} 年"),
            ("用地面积", f"{square_metres_words(land.area)} m²，折合 {mu_words(land.area)} 亩"),
            ("企业填报", f"{square_metres_words(land.reported)} m²"), ("提示", flag_words(land.flags)),
        ]),
        "# 一、用地构成",
        Table(("项目", "面积（m²）", "亩"),
              [*terms, ["合计", square_metres_words(land.area), mu_words(land.area)]], frozenset({1, 2})),
        "# 二、逐行",
        Table(("行", "宗地", "类别", "份额", "起止", "计入（m²）", "依据文号", "确认"), lines, frozenset({5}),
              (2, 6, 4, 4, 5, 4, 5, 2)) if lines else "用地表中没有本企业的行，用地未知。",
        "# 三、企业意见",
        Facts([("意见", "□ 全部认可　　□ 有异议（见上表）"), ("经办人及电话", "　"), ("法定代表人签字", "　"),
               ("企业盖章及日期", "　")]),
        Facts([("数据快照", table.snapshot[:12]), ("用地表摘要", table.digest[:16])]),
    ]  # fmt: skip
    return Document(
        "用地确认表", blocks, signed=table.department.name, day=table.public_from,
        mark=mark_of(*([] if frozen else [NOT_YET]), synthetic=synthetic),
    )  # fmt: skip
