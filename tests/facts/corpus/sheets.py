"""Workbooks: merged heads, hidden rows and sheets, dates, codes as numbers, firm-level tables."""

from __future__ import annotations

import datetime as dt

from jiqun.facts.intake.hints import Hints
from tests.facts.corpus.spec import FIRM_A, FIRM_B, PLACE, File, cell, csv, sheet

OUT = "output"
A = cell("1762", "2025", OUT, 12_500_000)
B = cell("1763", "2025", OUT, 3_000_000)
ROWS = [["行业代码", "期间", "产值（万元）"], ["1762", "2025", 12.5], ["1763", "2025", 3]]
BUREAU = [
    ["合成县2025年工业主要指标", None, None, None, None],
    ["单位：万元、人", None, None, None, None],
    ["行业代码", "行业名称", "产值", None, "从业人员"],
    [None, None, "本年", "上年", None],
    ["甲", "乙", 1, 2, 3],
    ["1762", "针织品染整", "１２．５", 11, "1,200"],
    ["1763", "针织品", "1.2亿元", 10, 300],
    ["合　计", None, "1.3亿", 21, 1500],
    ["注：规模以上工业企业口径。", None, None, None, None],
]
MERGES = [(0, 0, 0, 4), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 3, 4), (8, 0, 8, 4)]
MONTH = dt.datetime(2025, 8, 1)  # noqa: DTZ001 - a spreadsheet's days have no zone
BASIS = "企业授权书 2025-001"

LAYOUT = [
    File(
        "merged heads, numbering, total, note",
        sheet(BUREAU, MERGES),
        [A, cell("1763", "2025", OUT, 12_000_000_000), cell("1762", "2024", OUT, 11_000_000),
         cell("1763", "2024", OUT, 10_000_000), cell("1762", "2025", "employment", 1200),
         cell("1763", "2025", "employment", 300)],
        held={"I-TOTAL-ROW": 3},
    ),
    File(
        "three heading rows",
        sheet(
            [["2025年主要指标", None, None, None], ["行业代码", "规模以上工业", None, None],
             [None, "产值", None, "从业人员"], [None, "2024年", "2025年", "2025年"],
             [None, "万元", "万元", "人"], ["1762", 5, 12.5, 20]],
            [(1, 0, 3, 0), (1, 1, 1, 3), (2, 1, 2, 2)],
        ),
        [cell("1762", "2024", OUT, 5_000_000), A, cell("1762", "2025", "employment", 20)],
        blocks=frozenset({"E-COLUMN-UNKNOWN", "E-COLUMN-ABSENT"}),
        hints=Hints(
            figures={
                "规模以上工业/产值/2024年": {"measure": "output", "period": "2024"},
                "规模以上工业/产值/2025年": {"measure": "output", "period": "2025"},
                "规模以上工业/从业人员/2025年": {"measure": "employment", "period": "2025"},
            }
        ),
        helped=[cell("1762", "2024", OUT, 5_000_000), A, cell("1762", "2025", "employment", 20)],
    ),
    File(
        "units in a row of their own",
        sheet([["行业代码", "期间", "产值", "从业人员"], [None, None, "亿元", "人"], ["1762", 2025, 1.5, 20]]),
        [cell("1762", "2025", OUT, 15_000_000_000), cell("1762", "2025", "employment", 20)],
    ),
    File(
        "the table begins at B3",
        sheet([[], [], *[[None, *row] for row in ROWS]]), [A, B],
    ),
    File(
        "group labels merged downwards",
        sheet([["期间", "行业代码", "产值（万元）"], ["2025", "1762", 12.5], [None, "1763", 3]], [(1, 0, 2, 0)]),
        [A, B],
    ),
    File(
        "numbers as text, text as numbers, spaces everywhere",
        sheet([["行业代码", "期间", "产值（万元）"], [1762, 2025, " 12.5 "], ["１７６３\u00a0", "2025 年", "3"]]),
        [A, B],
    ),
    File(
        "hidden rows", sheet(ROWS, hidden=[3]), [A], held={"E-ROW-HIDDEN": 1},
        hints=Hints(hidden="data"), helped=[A, B],
    ),
    File("a hidden sheet beside it", sheet(ROWS, unseen={"旧表": [["行业代码"], ["1"]]}), [A, B],
         said=frozenset({"W-SHEET-UNREAD"})),
    File("explanations on the first sheet", sheet(ROWS, before={"填表说明": [["请如实填写"]]}), [A, B]),
    File(
        "two sheets with tables", sheet(ROWS, others={"表2": ROWS}),
        blocks=frozenset({"E-SHEET-CHOICE"}), hints=Hints(sheet="表1"), helped=[A, B],
    ),
    File(
        "a month that became its first day",
        sheet([ROWS[0], ["1762", MONTH, 12.5]]), held={"E-PERIOD-AMBIGUOUS": 1},
        hints=Hints(period_kind="month"), helped=[cell("1762", "2025-08", OUT, 12_500_000)],
    ),
    File(
        "a whole day stays a day",
        sheet([ROWS[0], ["1762", MONTH.replace(day=31), 12.5]]), [cell("1762", "2025-08-31", OUT, 12_500_000)],
    ),
    File(
        "a signature under the table",
        sheet([["2025年", None, None], *ROWS, ["单位负责人：", "合成", None],
               ["填表人：合成", "联系电话：000", "报出日期：2026年1月5日"]]),
        [A, B],
    ),
    File(
        "a leading number column and remarks",
        sheet([["序号", *ROWS[0], "备 注"], [1, *ROWS[1], "新"], [2, *ROWS[2], None]]), [A, B],
        said=frozenset({"I-COLUMN-EXPLAINS"}),
    ),
    File("a web page called .xls", csv("<html><table><tr><td>行业</td></tr></table></html>"),
         file="t.xls", blocks=frozenset({"E-FILE-KIND"})),
    File("a workbook cut short", sheet(ROWS)[:900], file="t.xlsx", blocks=frozenset({"E-FILE-UNREADABLE"})),
]  # fmt: skip

FIRM_HEAD = [
    "统一社会信用代码",
    "企业名称",
    "所在地",
    "经营状态",
    "企业规模",
    "成立日期",
    "主要产品",
]
FIRMS = [
    File(
        "a register with dates in four spellings",
        sheet([
            FIRM_HEAD,
            [FIRM_A, "合成示例织造有限公司", PLACE, "在产", "小型", "2008年5月12日", "棉袜;运动袜"],
            [FIRM_B, "合成示例电子有限公司", 990101, "停产", "—", "2010/3/1", None],
            ["91350100M000100Y44", "合成示例错码有限公司", PLACE, "在产", "微型", "20110101", None],
            ["91350100M000100Y43X", "合成示例长码有限公司", PLACE, "在产", "微型", "2012-01-01", None],
            ["91350100M0001OOY43", "合成示例字母有限公司", PLACE, "在产", "微型", "2012-01-01", None],
        ]),
        [(FIRM_A, "合成示例织造有限公司", PLACE, "active", "small", dt.date(2008, 5, 12), "棉袜;运动袜"),
         (FIRM_B, "合成示例电子有限公司", PLACE, "suspended", None, dt.date(2010, 3, 1), None)],
        contract="firm",
        held={"E-USCC-CHECK": 1, "E-USCC-LENGTH": 1, "E-USCC-CHARACTER": 1},
    ),
    File(
        "codes that were numbers",
        sheet([FIRM_HEAD, [914403001922038216, "合成示例电子有限公司", PLACE, "在产", "小型", 39448, "同上"],
               [FIRM_A, "合成示例织造有限公司", PLACE, "在产", "小型", 39448, "#REF!"]]),
        contract="firm", held={"E-CODE-AS-NUMBER": 1, "E-FORMULA": 1},
    ),
    File(
        "places with people in 万人 and land in 公顷",
        sheet([["区划代码", "名称", "上级代码", "层级", "常住人口（万人）", "面积（公顷）"],
               ["990101003", "第三镇", PLACE, "乡镇", 3.52, 1250], ["990101004", "第四镇", PLACE, "乡镇", "约2", 300]]),
        [("990101003", "第三镇", PLACE, "town", 35_200, 12.5)],
        contract="place", held={"E-INTEGER": 1},
    ),
    File(
        "an area in tons",
        sheet([["区划代码", "名称", "上级代码", "层级", "面积（吨）"], ["990101003", "第三镇", PLACE, "乡镇", 3.5]]),
        contract="place", held={"E-UNIT-COLUMN": 1},
    ),
    File(
        "a firm's figures across the page",
        csv(
            f"2025年规上企业,,,,\n统一社会信用代码,企业名称,工业总产值（万元）,从业人员（人）,合法依据\n"
            f"{FIRM_A},甲,12.5,30,{BASIS}\n{FIRM_B},乙,3,,{BASIS}\n"),
        [(FIRM_A, OUT, "2025", 12_500_000, "CNY_fen", BASIS), (FIRM_B, OUT, "2025", 3_000_000, "CNY_fen", BASIS),
         (FIRM_A, "employment", "2025", 30, "person", BASIS)],
        contract="firm_indicator", blank=1, said=frozenset({"I-COLUMN-EXPLAINS"}),
    ),
    File(
        "firm-level rows without a basis",
        csv(
            f"统一社会信用代码,指标,期间,数值,单位,合法依据\n{FIRM_A},output,2025,5,万元,\n"
            f"{FIRM_B},output,2025,6,万元,{BASIS}\n"),
        [(FIRM_B, OUT, "2025", 6_000_000, "CNY_fen", BASIS)],
        contract="firm_indicator", held={"E-BASIS": 1},
    ),
    File(
        "the basis of the whole table",
        csv(f"统一社会信用代码,指标,期间,数值,单位\n{FIRM_A},output,2025,5,万元\n"),
        [(FIRM_A, OUT, "2025", 5_000_000, "CNY_fen", "consent:credit")],
        contract="firm_indicator", basis="consent:credit",
    ),
    File(
        "rows of firms that are not the sender's, known or not",
        csv(
            f"统一社会信用代码,指标,期间,数值,单位\n{FIRM_A},output,2025,5,万元\n"
            f"{FIRM_B},output,2025,6,万元\n91350100M000100Y44,output,2025,7,万元\n"),
        [(FIRM_A, OUT, "2025", 5_000_000, "CNY_fen", BASIS)],
        contract="firm_indicator", basis=BASIS, firms=frozenset({FIRM_A}), held={"E-NOT-YOURS": 2},
    ),
    File(
        "invoices with several products",
        csv(
            f"销方信用代码,销方名称,购方信用代码,购方名称,所属期,货物名称,金额（元）,授权依据\n{FIRM_A},甲,{FIRM_B},乙,2025年8月,棉纱,\"1,200.50\",{BASIS}\n"
            f"{FIRM_A},甲,{FIRM_B},乙,2025年8月,布,-300,{BASIS}\n"),
        [(FIRM_A, FIRM_B, "2025-08", "棉纱", 120_050, "CNY_fen")],
        contract="trade_link", held={"E-RANGE": 1},
    ),
]  # fmt: skip

FILES = [*LAYOUT, *FIRMS]
