"""Files as bureaux really send them: each with the counts and cells that must come of it.

Every case is hand-written; “cells” are (place, industry, period, measure, value, unit, status).
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from tests.facts.messy import load_one, workbook

CELL = ("place", "industry", "period", "measure", "value", "unit", "status")
BASE = 'constants = { classification = "gbt4754-2017", measure = "output", place = "990101" }\n'
COLUMNS = 'columns = { industry = "行业代码", period = "期间", value = "产值" }\n'
WIDE = """
constants = { classification = "gbt4754-2017", place = "990101", period = "2025" }
columns = { industry = "行业代码" }
measures = [
  { column = "产值", measure = "output" },
  { column = "从业人员", measure = "employment" },
]
"""
A = ("990101", "1762", "2025", "output")
B = ("990101", "1763", "2025", "output")


@dataclass(frozen=True)
class Case:
    """``codes`` counts quarantined records by code; ``notes`` are codes of table-level problems."""

    name: str
    options: str
    content: Callable[[Path], bytes]
    cells: list[tuple[object, ...]]
    file: str = "t.csv"
    codes: dict[str, int] = field(default_factory=dict)
    duplicate: int = 0
    blank: int = 0
    notes: tuple[str, ...] = ()


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], bytes]:
    return lambda _: content.encode(encoding)


def sheet(
    rows: list[list[object]], merges: list[tuple[int, int, int, int]] | None = None
) -> Callable[[Path], bytes]:
    return lambda folder: workbook(folder / "made.xlsx", rows, merges or [])


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
BUREAU_MERGES = [(0, 0, 0, 4), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 3, 4), (8, 0, 8, 4)]
BUREAU_MAP = """
constants = { classification = "gbt4754-2017", place = "990101", period = "2025" }
columns = { industry = "行业代码" }
measures = [
  { column = "产值/本年", measure = "output", unit = "万元" },
  { column = "从业人员", measure = "employment", unit = "人" },
]
ignore = ["行业名称", "产值/上年"]
"""

CASES = [
    Case(
        "plain utf-8 with the unit in the heading",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\n1762,2025,12.5\n1763,2025,3\n"),
        [(*A, 12_500_000, "CNY_fen", "published"), (*B, 3_000_000, "CNY_fen", "published")],
    ),
    Case(
        "gb18030 with crlf",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\r\n1762,2025年,12.5\r\n", "gb18030"),
        [(*A, 12_500_000, "CNY_fen", "published")],
    ),
    Case(
        "utf-16 tab separated, as a spreadsheet's 'Unicode text'",
        BASE + COLUMNS,
        text("行业代码\t期间\t产值(亿元)\n1762\t2025\t0.125\n", "utf-16"),
        [(*A, 1_250_000_000, "CNY_fen", "published")],
        file="t.txt",
    ),
    Case(
        "gzip, semicolons",
        BASE + COLUMNS,
        lambda _: gzip.compress("行业代码;期间;产值(元)\n1762;2025;1,250.5\n".encode("gbk")),
        [(*A, 125_050, "CNY_fen", "published")],
        file="t.csv.gz",
    ),
    Case(
        "full-width semicolons",
        BASE + COLUMNS,
        text("行业代码；期间；产值（元）\n１７６２；2025；１２\n"),
        [(*A, 1200, "CNY_fen", "published")],
    ),
    Case(
        "title, unit line, note and total in csv",
        BASE + COLUMNS,
        text(
            "2025年合成县工业产值,,\n单位：万元,,\n行业代码,期间,产值\n1762,2025,1\n1763,2025,2\n"
            "总计,2025,3\n注：快报数,,\n资料来源：统计局,,\n"
        ),
        [(*A, 1_000_000, "CNY_fen", "published"), (*B, 2_000_000, "CNY_fen", "published")],
        codes={"I-TOTAL-ROW": 1},
    ),
    Case(
        "two-level headings in csv, empty rows between",
        """
constants = { classification = "gbt4754-2017", place = "990101", measure = "output" }
columns = { industry = "行业代码" }
melt = { columns = '产值/(\\d{4})', to = "period" }
unit = "万元"
ignore = ["从业人员/2024", "从业人员/2025"]
""",
        text(
            "行业代码,产值,,从业人员,\n,2024,2025,2024,2025\n1762,5,6,70,80\n,,,,\n1763,7,,9,10\n"
        ),
        [
            ("990101", "1762", "2024", "output", 5_000_000, "CNY_fen", "published"),
            ("990101", "1763", "2024", "output", 7_000_000, "CNY_fen", "published"),
            ("990101", "1762", "2025", "output", 6_000_000, "CNY_fen", "published"),
        ],
        blank=1,
    ),
    Case(
        "years across the page",
        'constants = { classification = "gbt4754-2017", place = "990101", measure = "employment" }\n'
        'columns = { industry = "行业代码" }\nmelt = { columns = \'\\d{4}年?\', to = "period" }\n'
        'unit = "万人"\n',
        text("行业代码,2023年,2024年,2025年\n1762,0.12,0.13,\n1763,…,—,0.5\n"),
        [
            ("990101", "1762", "2023", "employment", 1200, "person", "published"),
            ("990101", "1762", "2024", "employment", 1300, "person", "published"),
            ("990101", "1763", "2025", "employment", 5000, "person", "published"),
        ],
        codes={"I-NOT-AVAILABLE": 1, "I-NOT-APPLICABLE": 1},
        blank=1,
    ),
    Case(
        "bureau sheet: merged head, unit line, numbering, total, note",
        BUREAU_MAP,
        sheet(BUREAU, BUREAU_MERGES),
        [
            (*A, 12_500_000, "CNY_fen", "published"),
            (*B, 12_000_000_000, "CNY_fen", "published"),
            ("990101", "1762", "2025", "employment", 1200, "person", "published"),
            ("990101", "1763", "2025", "employment", 300, "person", "published"),
        ],
        file="t.xlsx",
        codes={"I-TOTAL-ROW": 2},
    ),
    Case(
        "unit row under the headings",
        WIDE,
        sheet([["行业代码", "产值", "从业人员"], ["", "亿元", "人"], ["1762", 1.5, 20]]),
        [
            (*A, 15_000_000_000, "CNY_fen", "published"),
            ("990101", "1762", "2025", "employment", 20, "person", "published"),
        ],
        file="t.xlsx",
    ),
    Case(
        "cumulative months with the year in the title",
        BASE + COLUMNS,
        text("2025年合成县快报,,\n行业代码,期间,产值（万元）\n1762,1—8月,8\n1762,8月,1\n"),
        [
            ("990101", "1762", "2025-01/08", "output", 8_000_000, "CNY_fen", "published"),
            ("990101", "1762", "2025-08", "output", 1_000_000, "CNY_fen", "published"),
        ],
        notes=("W-PERIOD-MIXED",),
    ),
    Case(
        "a cumulative in a column of months",
        BASE + COLUMNS + 'period_kind = "month"\n',
        text("行业代码,期间,产值（万元）\n1762,2025年7月,1\n1762,2025年1-8月,8\n"),
        [("990101", "1762", "2025-07", "output", 1_000_000, "CNY_fen", "published")],
        codes={"E-PERIOD-MIXED": 1},
    ),
    Case(
        "periods without any year",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\n1762,8月,1\n1763,第三季度,1\n1763,2025,1\n"),
        [(*B, 1_000_000, "CNY_fen", "published")],
        codes={"E-PERIOD-YEAR": 2},
    ),
    Case(
        "a month typed into a sheet became its first day",
        BASE + COLUMNS,
        sheet([["行业代码", "期间", "产值（万元）"], ["1762", dt.datetime(2025, 8, 1), 1]]),  # noqa: DTZ001
        [],
        file="t.xlsx",
        codes={"E-PERIOD-AMBIGUOUS": 1},
    ),
    Case(
        "the same, with the kind stated",
        BASE + COLUMNS + 'period_kind = "month"\n',
        sheet([["行业代码", "期间", "产值（万元）"], ["1762", dt.datetime(2025, 8, 1), 1]]),  # noqa: DTZ001
        [("990101", "1762", "2025-08", "output", 1_000_000, "CNY_fen", "published")],
        file="t.xlsx",
    ),
    Case(
        "negative signs; output may not be negative, value added may",
        """
constants = { classification = "gbt4754-2017", place = "990101", period = "2025" }
columns = { industry = "行业代码" }
measures = [
  { column = "产值", measure = "output", unit = "万元" },
  { column = "增加值", measure = "value_added", unit = "万元" },
]
""",
        text("行业代码,产值,增加值\n1762,▲3,▲2\n1763,5,（1.5）\n"),
        [
            (*B, 5_000_000, "CNY_fen", "published"),
            ("990101", "1762", "2025", "value_added", -2_000_000, "CNY_fen", "published"),
            ("990101", "1763", "2025", "value_added", -1_500_000, "CNY_fen", "published"),
        ],
        codes={"E-RANGE": 1},
    ),
    Case(
        "negative employment",
        WIDE + 'units = { "产值" = "万元", "从业人员" = "人" }\n',
        text("行业代码,产值,从业人员\n1762,1,-5\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
        codes={"E-RANGE": 1},
    ),
    Case(
        "three kinds of missing, suppression and zero",
        BASE + COLUMNS + 'unit = "万元"\n',
        text(
            "行业代码,期间,产值\n1762,2021,\n1762,2022,—\n1762,2023,…\n1762,2024,*\n1762,2025,0\n"
        ),
        [
            ("990101", "1762", "2024", "output", None, "CNY_fen", "suppressed"),
            (*A, 0, "CNY_fen", "zero"),
        ],
        codes={"I-NOT-REPORTED": 1, "I-NOT-APPLICABLE": 1, "I-NOT-AVAILABLE": 1},
    ),
    Case(
        "dash is zero where the mapping says so",
        BASE + COLUMNS + 'unit = "万元"\ndash = "zero"\n',
        text("行业代码,期间,产值\n1762,2025,—\n"),
        [(*A, 0, "CNY_fen", "zero")],
    ),
    Case(
        "a zero that hides",
        """
constants = { classification = "gbt4754-2017", place = "990101", period = "2025" }
columns = { industry = "行业代码" }
measures = [
  { column = "人数", measure = "employment", unit = "人" },
  { column = "家数", measure = "establishments", unit = "家" },
]
suppressed = { column = "人数", positive = "家数" }
absent = "suppressed"
""",
        text("行业代码,人数,家数\n1762,0,2\n1763,0,0\n"),
        [
            ("990101", "1762", "2025", "employment", None, "person", "suppressed"),
            ("990101", "1763", "2025", "employment", 0, "person", "zero"),
            ("990101", "1762", "2025", "establishments", 2, "establishment", "published"),
            ("990101", "1763", "2025", "establishments", 0, "establishment", "zero"),
        ],
    ),
    Case(
        "codes outside the classification, one with its leading zero lost",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\n1762,2025,1\n9999,2025,1\n111,2025,1\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
        codes={"E-CODE-UNKNOWN": 2},
    ),
    Case(
        "a place that nobody knows",
        COLUMNS.replace("industry =", 'place = "地方", industry =')
        + 'constants = { classification = "gbt4754-2017", measure = "output" }\n',
        text("地方,行业代码,期间,产值（万元）\n990101,1762,2025,1\n990199,1762,2025,1\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
        codes={"E-PLACE-UNKNOWN": 1},
    ),
    Case(
        "identical rows are duplicates, contradicting rows are all refused",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\n1762,2025,1\n1762,2025,1\n1763,2025,1\n1763,2025,2\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
        codes={"E-DUPLICATE-KEY": 2},
        duplicate=1,
    ),
    Case(
        "no unit anywhere",
        BASE + COLUMNS,
        text("行业代码,期间,产值\n1762,2025,1\n"),
        [],
        codes={"E-UNIT-MISSING": 1},
    ),
    Case(
        "a unit column of its own, one unknown, one of another kind",
        BASE + COLUMNS.replace("}", ', unit = "单位" }'),
        text("行业代码,期间,产值,单位\n1762,2025,1,万元\n1763,2025,1,斛\n176,2025,1,人\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
        codes={"E-UNIT": 1, "E-UNIT-MEASURE": 1},
    ),
    Case(
        "万 in a cell of a column in 万元 is ambiguous, 亿元 is not",
        BASE + COLUMNS,
        text("行业代码,期间,产值（万元）\n1762,2025,1.2万\n1763,2025,1.2亿元\n"),
        [(*B, 12_000_000_000, "CNY_fen", "published")],
        codes={"E-QUANTITY-AMBIGUOUS": 1},
    ),
    Case(
        "scientific notation from a spreadsheet",
        BASE + COLUMNS,
        text("行业代码,期间,产值（元）\n1762,2025,1.23E+08\n"),
        [],
        codes={"E-QUANTITY-SCIENTIFIC": 1},
    ),
    Case(
        "an unquoted delimiter",
        BASE + COLUMNS,
        text("行业代码,期间,产值（元）\n1762,2025,1\n1763,2025,1,234\n"),
        [(*A, 100, "CNY_fen", "published")],
        codes={"E-ROW-WIDTH": 1},
    ),
    Case(
        "quoted thousands and a line break in a heading",
        BASE + COLUMNS,
        text('行业代码,期间,"产值\n（万元）"\n1762,2025,"1,234.5"\n'),
        [(*A, 1_234_500_000, "CNY_fen", "published")],
    ),
    Case(
        "group labels only in the first row of each group",
        'fill_down = ["期间"]\n' + BASE + COLUMNS,
        text("期间,行业代码,产值（元）\n2024,1762,1\n,1763,2\n2025,1762,3\n"),
        [
            ("990101", "1762", "2024", "output", 100, "CNY_fen", "published"),
            ("990101", "1763", "2024", "output", 200, "CNY_fen", "published"),
            (*A, 300, "CNY_fen", "published"),
        ],
    ),
    Case(
        "merged group labels in a sheet",
        BASE + COLUMNS,
        sheet(
            [["期间", "行业代码", "产值（元）"], ["2025", "1762", 1], [None, "1763", 2]],
            [(1, 0, 2, 0)],
        ),
        [(*A, 100, "CNY_fen", "published"), (*B, 200, "CNY_fen", "published")],
        file="t.xlsx",
    ),
    Case(
        "an unused column is named, with the nearest",
        BASE + COLUMNS,
        text("行业代码,期间,产值（元）,状态码\n1762,2025,1,ok\n"),
        [(*A, 100, "CNY_fen", "published")],
        notes=("W-COLUMN-UNUSED",),
    ),
    Case(
        "headings are found with other width, spaces and brackets",
        BASE + COLUMNS,
        text("行 业 代 码,期　间,产 值 （万元）\n1762,2025,1\n"),
        [(*A, 1_000_000, "CNY_fen", "published")],
    ),
    Case(
        "status stated in words",
        BASE
        + COLUMNS.replace("}", ', status = "情况" }')
        + 'values = { status = { "不公布" = "suppressed" } }\n',
        text("行业代码,期间,产值（元）,情况\n1762,2025,,不公布\n1763,2025,5,推算\n176,2025,5,好\n"),
        [
            (*A, None, "CNY_fen", "suppressed"),
            (*B, 500, "CNY_fen", "imputed"),
        ],
        codes={"E-ENUM": 1},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_corpus(case: Case, tmp_path: Path) -> None:
    report, store = load_one(tmp_path, case.options, case.file, case.content(tmp_path))
    facts = store.facts.get("industry_cell", [pl.DataFrame(schema=dict.fromkeys(CELL, pl.String))])
    assert facts[-1].select(CELL).rows() == case.cells
    assert report.codes == case.codes
    assert report.duplicate == case.duplicate
    assert report.blank == case.blank
    assert report.received == report.accepted + report.quarantined + report.duplicate
    listed = {problem.code for problem in report.problems}
    assert {*case.codes, *case.notes} == listed
    for problem in report.problems:
        assert problem.message_zh
        assert problem.message_en
        assert problem.remedy_zh
        assert problem.file == case.file


def test_the_corpus_is_large_enough() -> None:
    assert len({case.name for case in CASES}) >= 25
