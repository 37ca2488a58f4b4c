"""Text files: encodings, delimiters, titles, units, periods, quantities, marks."""

from __future__ import annotations

import gzip

from jiqun.facts.intake.hints import Hints
from tests.facts.corpus.spec import OTHER, TOWN, File, cell, csv

OUT = "output"
A = cell("1762", "2025", OUT, 12_500_000)
B = cell("1763", "2025", OUT, 3_000_000)
PLAIN = "行业代码,期间,产值（万元）\n1762,2025,12.5\n1763,2025,3\n"

ENCODINGS = [
    File("utf-8, unit in the heading", csv(PLAIN), [A, B]),
    File("gbk with crlf", csv(PLAIN.replace("\n", "\r\n"), "gbk"), [A, B]),
    File(
        "gb18030 with a four-byte character in a note",
        csv(PLAIN + "注：𠮷字表示特例。,,\n", "gb18030"), [A, B],
    ),
    File("utf-8 with a byte-order mark", csv(PLAIN, "utf-8-sig"), [A, B]),
    File("utf-16 with tabs", csv(PLAIN.replace(",", "\t"), "utf-16"), [A, B], file="t.txt"),
    File("utf-16 big endian", b"\xfe\xff" + PLAIN.encode("utf-16-be"), [A, B]),
    File("gzip with semicolons", gzip.compress(csv(PLAIN.replace(",", ";"), "gbk")), [A, B]),
    File("full-width semicolons", csv(PLAIN.replace(",", "；")), [A, B]),
    File("vertical bars", csv(PLAIN.replace(",", "|")), [A, B]),
    File("almost only ascii in gbk", csv("industry,period,产值(万元)\n1762,2025,12.5\n", "gbk"), [A]),
    File(
        "big5", csv("行業代碼,期間,產值（萬元）,備註\n1762,2025,12.5,測試資料說明\n", "big5"),
        blocks=frozenset({"E-ENCODING-BIG5"}),
    ),
    File("bytes of no encoding", b"\xff\x81\x00\x12" * 40, blocks=frozenset({"E-ENCODING"})),
    File("empty", b"  \n", blocks=frozenset({"E-FILE-EMPTY"})),
    File("headings only", csv("行业代码,期间,产值（万元）\n"), blocks=frozenset({"E-TABLE-EMPTY"})),
]  # fmt: skip

TITLED = [
    File(
        "title, unit line, total, note, signature",
        csv("""
2025年合成县工业产值,,,
单位：万元,,,
行业代码,行业名称,产值,备注
1762,针织品染整,12.5,
1763,针织品,3,快报
合　计,,15.5,
注：快报数。,,,
填表人：合成,,审核人：示例,填报日期：2026-1-5
"""),
        [A, B], held={"I-TOTAL-ROW": 1}, said=frozenset({"I-COLUMN-EXPLAINS"}),
    ),
    File(
        "several units in the unit line",
        csv("2025年主要指标,,\n单位：万元、人,,\n行业代码,产值,从业人员\n1762,12.5,\"1,200\"\n1763,3,300\n"),
        [A, B, cell("1762", "2025", "employment", 1200), cell("1763", "2025", "employment", 300)],
    ),
    File(
        "unit line that also has the month",
        csv("合成县工业产值,,\n2025年8月,,单位：万元\n行业代码,行业名称,产值\n1762,针织品染整,8\n"),
        [cell("1762", "2025-08", OUT, 8_000_000)],
        blocks=frozenset({"E-COLUMN-ABSENT"}),
        hints=Hints(constants={"period": "2025-08"}),
        helped=[cell("1762", "2025-08", OUT, 8_000_000)],
    ),
    File(
        "a labelled line states the period",
        csv("工业主要指标,,\n报告期：2025年1-8月,,单位：亿元\n行业代码,行业名称,产值\n1762,针织品染整,0.5\n"),
        [cell("1762", "2025-01/08", OUT, 5_000_000_000)],
    ),
    File(
        "the year of a yearbook is not that of its figures",
        csv("合成县统计年鉴2025年,,\n单位：万元,,\n行业代码,行业名称,产值\n1762,针织品染整,12.5\n"),
        blocks=frozenset({"E-COLUMN-ABSENT"}),
        hints=Hints(constants={"period": "2024"}), helped=[cell("1762", "2024", OUT, 12_500_000)],
    ),
    File(
        "no period anywhere",
        csv("行业代码,产值（万元）\n1762,12.5\n"), blocks=frozenset({"E-COLUMN-ABSENT"}),
        hints=Hints(constants={"period": "2025"}), helped=[A],
    ),
    File(
        "this month and so far this year side by side",
        csv("2025年8月工业产值,,\n单位：万元,,\n行业代码,产值,\n,本月,本年累计\n1762,1,8\n1763,2,9\n"),
        [cell("1762", "2025-08", OUT, 1_000_000), cell("1763", "2025-08", OUT, 2_000_000),
         cell("1762", "2025-01/08", OUT, 8_000_000), cell("1763", "2025-01/08", OUT, 9_000_000)],
    ),
    File(
        "last year of which of the two is not said",
        csv("2025年8月工业产值,,,\n单位：万元,,,\n行业代码,产值,,\n,本月,本年累计,上年同期\n1762,1,8,7\n"),
        blocks=frozenset({"E-COLUMN-UNKNOWN"}),
        hints=Hints(ignore=("产值/上年同期",)),
        helped=[cell("1762", "2025-08", OUT, 1_000_000), cell("1762", "2025-01/08", OUT, 8_000_000)],
    ),
    File(
        "this year and last year under one heading",
        csv(
            "2025年工业产值,,\n行业代码,产值（万元）,\n,本年,上年\n1762,6,5\n"
            "").replace("产值（万元）".encode(), "产值".encode())
        .replace("2025年工业产值,,".encode(), "2025年工业产值,,单位：万元".encode()),
        [cell("1762", "2025", OUT, 6_000_000), cell("1762", "2024", OUT, 5_000_000)],
    ),
    File(
        "years across two levels",
        csv("单位：万元,,,\n行业代码,产值,,税收\n,2024年,2025年,2025年\n1762,5,12.5,▲0.5\n1763,—,3,…\n"),
        [cell("1762", "2024", OUT, 5_000_000), A, B, cell("1762", "2025", "tax", -500_000)],
        held={"I-NOT-APPLICABLE": 1, "I-NOT-AVAILABLE": 1},
    ),
    File(
        "years inside the headings",
        csv("行业代码,2024年产值（万元）,2025年产值（万元）\n1762,5,12.5\n1763,,3\n"),
        [cell("1762", "2024", OUT, 5_000_000), A, B], blank=1,
    ),
    File(
        "growth and shares are no facts",
        csv("2025年工业,,,\n行业代码,产值（万元）,同比增长（%）,占比（%）\n1762,12.5,3.1,80\n"),
        [A], said=frozenset({"I-COLUMN-DERIVED"}),
    ),
    File(
        "figures at the top of the page are the total",
        csv("2025年工业,\n行业代码,产值（万元）\n全县合计,15.5\n1762,12.5\n1763,3\n"),
        [A, B], held={"I-TOTAL-ROW": 1},
    ),
    File(
        "subtotals, parts and the whole",
        csv(
            "2025年工业,,\n序号,行业代码,产值（万元）\n1,1762,12.5\n"
            ",其中：大型企业,9\n2,1763,3\n,轻工业小计,15.5\n,总　计,15.5\n"),
        [A, B], held={"I-TOTAL-ROW": 2, "I-PART-ROW": 1},
    ),
]  # fmt: skip

PERIODS = [
    File(
        "periods in all spellings",
        csv("""
行业代码,期间,产值（万元）
1762,2025年8月,1
1762,2025年1-8月,2
1762,二〇二五年第三季度,3
1762,２０２５年上半年,4
1762,2024年度,5
1763,202508,6
1763,2025Q3,7
1763,2025-09,8
1763,2025年前三季度,9
1763,2025年8月31日,10
0111,二〇二五年十月,11
0111,2025/7,12
"""),
        [cell("1762", "2025-08", OUT, 1_000_000), cell("1762", "2025-01/08", OUT, 2_000_000),
         cell("1762", "2025Q3", OUT, 3_000_000), cell("1762", "2025H1", OUT, 4_000_000),
         cell("1762", "2024", OUT, 5_000_000), cell("1763", "2025-08", OUT, 6_000_000),
         cell("1763", "2025Q3", OUT, 7_000_000), cell("1763", "2025-09", OUT, 8_000_000),
         cell("1763", "2025-01/09", OUT, 9_000_000), cell("1763", "2025-08-31", OUT, 10_000_000),
         cell("0111", "2025-10", OUT, 11_000_000), cell("0111", "2025-07", OUT, 12_000_000)],
        said=frozenset({"W-PERIOD-MIXED"}),
    ),
    File(
        "bare months under a title with the year",
        csv("2025年合成县快报,,\n行业代码,月份,产值（万元）\n1762,7月,1\n1762,八月,2\n"),
        [cell("1762", "2025-07", OUT, 1_000_000), cell("1762", "2025-08", OUT, 2_000_000)],
    ),
    File(
        "bare months without a year",
        csv("行业代码,月份,产值（万元）\n1762,7月,1\n1762,第三季度,2\n"),
        held={"E-PERIOD-YEAR": 2}, hints=Hints(year=2025),
        helped=[cell("1762", "2025-07", OUT, 1_000_000), cell("1762", "2025Q3", OUT, 2_000_000)],
    ),
    File(
        "serial numbers, lost zeros and words for a time",
        csv(
            "行业代码,期间,产值（万元）\n1762,45900,1\n1762,2025.1,2\n"
            "1762,去年,3\n1762,2025年2-5月,4\n1762,2025,12.5\n"),
        [A], held={"E-PERIOD": 3, "E-PERIOD-AMBIGUOUS": 1},
    ),
]  # fmt: skip

QUANTITIES = [
    File(
        "amounts in all spellings",
        csv("""
行业代码,期间,产值（元）
1762,2021,1.1亿元
1762,2022,1234.5万元
1762,2023,"12,345.60"
1762,2024,１２．５
1762,2025,一亿二千万元
1763,2024, 12 345
1763,2025,1.2E+3元
"""),
        [cell("1762", "2021", OUT, 11_000_000_000), cell("1762", "2022", OUT, 1_234_500_000),
         cell("1762", "2023", OUT, 1_234_560), cell("1762", "2024", OUT, 1250),
         cell("1762", "2025", OUT, 12_000_000_000), cell("1763", "2024", OUT, 1_234_500)],
        held={"E-QUANTITY": 1},
    ),
    File(
        "minus as a triangle, in brackets, full width",
        csv("2025年,,\n行业代码,增加值（万元）,税收（万元）\n1762,▲3,（1.5）\n1763,△2,−0.5\n"),
        [cell("1762", "2025", "value_added", -3_000_000), cell("1763", "2025", "value_added", -2_000_000),
         cell("1762", "2025", "tax", -1_500_000), cell("1763", "2025", "tax", -500_000)],
    ),
    File(
        "negative jobs and output",
        csv("2025年,,\n行业代码,从业人员（人）,产值（万元）\n1762,-5,12.5\n1763,300,▲3\n"),
        [cell("1763", "2025", "employment", 300), A], held={"E-RANGE": 2},
    ),
    File(
        "five ways of having no figure, and zero",
        csv(
            "行业代码,期间,产值（万元）\n1762,2019,\n1762,2020,—\n1762,2021,…\n"
            "1762,2022,*\n1762,2023,x\n1762,2024,0\n1762,2025,12.5\n"),
        [cell("1762", "2022", OUT, None, status="suppressed"),
         cell("1762", "2023", OUT, None, status="suppressed"), cell("1762", "2024", OUT, 0), A],
        held={"I-NOT-REPORTED": 1, "I-NOT-APPLICABLE": 1, "I-NOT-AVAILABLE": 1},
    ),
    File(
        "estimates, ranges and bounds are no quantities",
        csv(
            "行业代码,期间,从业人员（人）\n1762,2021,约3000\n1762,2022,3000-5000\n"
            "1762,2023,3000左右\n1762,2024,<5\n1762,2025,3000余\n1763,2025,20\n"),
        [cell("1763", "2025", "employment", 20)], held={"E-QUANTITY": 5},
    ),
    File(
        "a percentage and persons in a column of money",
        csv("行业代码,期间,产值（万元）\n1762,2024,5%\n1762,2025,12.5\n1763,2025,5人\n"),
        [A], held={"E-QUANTITY-UNIT": 2},
    ),
    File(
        "failed formulas",
        csv(
            "行业代码,期间,产值（万元）\n1762,2024,#REF!\n1763,2024,#DIV/0!\n"
            "#N/A,2025,1\n1762,2025,12.5\n1763,#VALUE!,2\n"),
        [A], held={"E-FORMULA": 4},
    ),
    File(
        "ditto marks",
        csv("行业代码,期间,产值（万元）\n1762,2025,12.5\n1763,同上,3\n〃,2024,1\n"),
        [A, B, cell("1763", "2024", OUT, 1_000_000)],
    ),
    File(
        "a ditto mark under a total, and one with nothing above",
        csv("期间,行业代码,产值（万元）\n同上,1762,1\n2025,1762,12.5\n合计,,12.5\n同上,1763,3\n"),
        [A], held={"I-TOTAL-ROW": 1, "E-DITTO": 2},
    ),
    File(
        "a unit in each row, one unknown, one of another kind",
        csv("行业代码,期间,产值,计量单位\n1762,2025,1250,万元\n1763,2025,0.03,亿元\n0111,2025,5,斛\n176,2025,7,人\n"),
        [cell("1762", "2025", OUT, 1_250_000_000), cell("1763", "2025", OUT, 300_000_000)],
        held={"E-UNIT": 1, "E-UNIT-MEASURE": 1},
    ),
    File("no unit anywhere", csv("行业代码,期间,产值\n1762,2025,12.5\n1763,2025,3\n"),
         held={"E-UNIT-MISSING": 2}, hints=Hints(unit="万元"), helped=[A, B]),
    File(
        "万 in a cell of a column in 万元",
        csv("行业代码,期间,产值（万元）\n1762,2025,1.2万\n1763,2025,300万元\n"),
        [cell("1763", "2025", OUT, 300_000_000)], held={"E-QUANTITY-AMBIGUOUS": 1},
    ),
    File(
        "jobs in tons",
        csv("2025年,\n行业代码,从业人员（万吨）\n1762,3\n"), held={"E-UNIT-MEASURE": 1},
    ),
    File(
        "thousands without quotes",
        csv("行业代码,期间,产值（元）\n1762,2025,1\n1763,2025,1,234\n"),
        [cell("1762", "2025", OUT, 100)], held={"E-ROW-WIDTH": 1},
    ),
    File(
        "thousands in quotes under a broken heading",
        csv('行 业 代 码,期　间,"产值\n（万元）"\n1762,2025,"1,234.5"\n'),
        [cell("1762", "2025", OUT, 1_234_500_000)],
    ),
]  # fmt: skip

ROWS = [
    File(
        "the same row twice, and two that contradict",
        csv("行业代码,期间,产值（万元）\n1762,2025,12.5\n1762,2025,12.50\n1763,2025,1\n1763,2025,2\n"),
        [A], held={"E-DUPLICATE-KEY": 2}, duplicate=1,
    ),
    File(
        "headings again after a page break",
        csv("行业代码,期间,产值（万元）\n1762,2025,12.5\n行业代码,期间,产值（万元）\n1763,2025,3\n"),
        [A, B], held={"I-HEADING-AGAIN": 1},
    ),
    File(
        "a second table with another measure below",
        csv("行业代码,期间,产值（万元）\n1762,2025,12.5\n,,\n表二 税收,,\n行业代码,期间,税收（万元）\n1762,2025,7\n"),
        [A], held={"E-SECOND-TABLE": 3},
    ),
    File(
        "two tables side by side",
        csv("行业代码,期间,产值（万元）,,行业代码,期间,产值（万元）\n1762,2025,12.5,,1763,2025,3\n"),
        blocks=frozenset({"E-COLUMN-TWICE"}),
    ),
    File(
        "names instead of codes, one of them unknown",
        csv("2025年,\n行业名称,产值（万元）\n针织品染整,12.5\n针织品,3\n造船,9\n"),
        [A, B], held={"E-CODE-UNKNOWN": 1},
    ),
    File(
        "towns by name, by code, and one of another county",
        csv("2025年,,\n乡镇,行业代码,产值（万元）\n合成镇,1762,1\n990101002,1762,2\n远方镇,1762,3\n"),
        [cell("1762", "2025", OUT, 1_000_000, place=TOWN), cell("1762", "2025", OUT, 2_000_000, place=OTHER)],
        held={"E-PLACE-UNKNOWN": 1},
    ),
    File(
        "codes of another classification and without their zero",
        csv("行业代码,期间,产值（万元）\n1762,2025,12.5\n9999,2025,1\n111,2025,1\n"),
        [A], held={"E-CODE-UNKNOWN": 2},
    ),
    File(
        "a column nobody knows",
        csv("行业代码,期间,产值（万元）,分机\n1762,2025,12.5,8801\n"), [A], blocks=frozenset({"E-COLUMN-UNKNOWN"}),
        hints=Hints(ignore=("分机",)), helped=[A],
    ),
    File(
        "a misspelt heading",
        csv("行业代玛,期间,产值（万元）\n1762,2025,12.5\n"), [A],
        blocks=frozenset({"E-COLUMN-UNKNOWN", "E-COLUMN-ABSENT"}),
        hints=Hints(columns={"行业代玛": "industry"}), helped=[A],
    ),
    File(
        "two columns that mean the same",
        csv("行业代码,行业,期间,产值（万元）\n1762,1763,2025,12.5\n"), blocks=frozenset({"E-COLUMN-TWICE"}),
        hints=Hints(ignore=("行业",)), helped=[A],
    ),
    File(
        "status in words, one contradiction",
        csv("行业代码,期间,产值（元）,状态\n1762,2024,,保密\n1763,2024,5,推算\n1763,2025,5,保密\n"),
        [cell("1762", "2024", OUT, None, status="suppressed"), cell("1763", "2024", OUT, 500, status="imputed")],
        held={"E-STATUS": 1},
    ),
    File(
        "measures in rows",
        csv(
            "行业代码,期间,指标,数值,单位\n1762,2025,总产值,12.5,万元\n"
            "1762,2025,从业人员,30,人\n1762,2025,增速,3,%\n"),
        [A, cell("1762", "2025", "employment", 30)], held={"E-ENUM": 1},
    ),
]  # fmt: skip

FILES = [*ENCODINGS, *TITLED, *PERIODS, *QUANTITIES, *ROWS]
