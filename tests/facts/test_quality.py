"""Checks against contracts: what is refused, what the message names, and how fast."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from jiqun.facts.load.folder import TableReport
from tests.facts.messy import load, load_one

BASE = 'constants = { classification = "gbt4754-2017", measure = "output", place = "990101" }\n'
COLUMNS = 'columns = { industry = "行业代码", period = "期间", value = "产值" }\nunit = "万元"\n'
FIRM = '[[table]]\nfile = "f.csv"\ncontract = "firm"\nsource = "firms"\n'


def _only(report: TableReport, code: str) -> dict[str, object]:
    (found,) = [problem for problem in report.problems if problem.code == code]
    return {
        "row": found.row, "column": found.column, "value": found.value,
        "zh": found.message_zh, "en": found.message_en, "file": found.file,
    }  # fmt: skip


def test_a_problem_names_file_row_heading_and_original_text(tmp_path: Path) -> None:
    content = "行业代码,期间,产值\n1762,2025,1\n１７６３,2025年13月,▲２\n".encode()
    report, store = load_one(tmp_path, BASE + COLUMNS, "a.csv", content)
    period = _only(report, "E-PERIOD")
    assert (period["file"], period["row"], period["column"]) == ("a.csv", 3, "期间")
    assert period["value"] == "2025年13月"
    # The record has two problems; both are told, and the original row is kept whole.
    held = store.held[-1]
    assert held.height == 1
    assert "2025年13月" in held["message_zh"][0]
    assert "▲２" in held["record"][0]
    assert "▲２ 超出范围" in held["message_zh"][0]


def test_nearest_code_and_lost_zero_are_offered(tmp_path: Path) -> None:
    content = "行业代码,期间,产值\n111,2025,1\n17622,2024,1\n".encode()
    report, _ = load_one(tmp_path, BASE + COLUMNS, "a.csv", content)
    texts = {p.value: p.message_en for p in report.problems if p.code == "E-CODE-UNKNOWN"}
    assert "0111" in texts["111"]
    assert "1762" in texts["17622"]


def test_contradicting_rows_name_each_other(tmp_path: Path) -> None:
    content = "行业代码,期间,产值\n1762,2025,1\n1763,2025,1\n1762,2025,2\n".encode()
    report, _ = load_one(tmp_path, BASE + COLUMNS, "a.csv", content)
    texts = [p.message_zh for p in report.problems if p.code == "E-DUPLICATE-KEY"]
    assert len(texts) == 2
    assert all("2、4" in text for text in texts)


def test_enum_offers_the_nearest_word(tmp_path: Path) -> None:
    content = "地方,行业代码,期间,指标,产值\n990101,1762,2025,employmnt,1\n".encode()
    options = (
        'constants = { classification = "gbt4754-2017" }\nunit = "人"\n'
        'columns = { place = "地方", industry = "行业代码", period = "期间", measure = "指标", value = "产值" }\n'
    )
    report, _ = load_one(tmp_path, options, "a.csv", content)
    assert "employment" in str(_only(report, "E-ENUM")["en"])


def test_parents_must_exist_above(tmp_path: Path) -> None:
    table = """
[[table]]
file = "i.csv"
contract = "industry"
source = "i"
constants = { classification = "x" }
"""
    content = "code,name_zh,parent,level\nA,甲,,1\nA1,乙,A,2\nB1,丙,B,2\nA2,丁,A1,2\n".encode()
    report, _ = load(tmp_path, table, {"i.csv": content})
    table_report = next(one for one in report.tables if one.file == "i.csv")
    assert table_report.codes == {"E-PARENT-UNKNOWN": 1, "E-PARENT-LEVEL": 1}
    assert table_report.accepted == 2


def test_credit_codes_are_checked_and_other_schemes_are_not(tmp_path: Path) -> None:
    content = (
        "firm,name,place,id_scheme\n91350100M000100Y43,甲,990101,uscc\n"
        "91350100M000100Y44,乙,990101,uscc\n12345,丙,990101,uscc\n12345,丁,990101,other\n"
        "9.13501E+17,戊,990101,uscc\n"
    ).encode()
    report, store = load(tmp_path, FIRM, {"f.csv": content})
    firms = next(one for one in report.tables if one.contract == "firm")
    assert firms.codes == {"E-USCC-CHECK": 1, "E-USCC-LENGTH": 1, "E-CODE-AS-NUMBER": 1}
    assert store.frame("firm")["name"].to_list() == ["甲", "丁"]


def test_a_code_typed_as_a_number_is_never_rounded(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number, row in enumerate([["firm", "name", "place"], [914403001922038216, "甲", "990101"]]):
        sheet.write_row(number, 0, row)
    book.close()
    report, store = load(tmp_path, FIRM.replace("f.csv", "f.xlsx"), {})
    firms = next(one for one in report.tables if one.contract == "firm")
    assert (firms.accepted, firms.codes) == (0, {"E-CODE-AS-NUMBER": 1})
    assert "firm" not in store.facts or not store.frame("firm").height


def test_a_firm_that_is_not_known(tmp_path: Path) -> None:
    tables = (
        FIRM
        + """
[[table]]
file = "v.csv"
contract = "firm_indicator"
source = "v"
unit = "万元"
constants = { indicator = "output", period = "2025", lawful_basis = "授权书" }
"""
    )
    files = {
        "f.csv": "firm,name,place\n91350100M000100Y43,甲,990101\n".encode(),
        "v.csv": b"firm,value\n91350100M000100Y43,1\n914403001922038216,2\n",
    }
    report, _ = load(tmp_path, tables, files)
    values = next(one for one in report.tables if one.contract == "firm_indicator")
    assert (values.accepted, values.codes) == (1, {"E-FIRM-UNKNOWN": 1})


def test_unchecked_codes_are_said_to_be_unchecked(tmp_path: Path) -> None:
    content = "行业代码,期间,产值\n1762,2025,1\n".encode()
    options = BASE.replace("gbt4754-2017", "isic4") + COLUMNS
    report, _ = load_one(tmp_path, options, "a.csv", content)
    assert report.accepted == 1
    assert [problem.code for problem in report.problems] == ["W-CODE-UNCHECKED"]


@pytest.mark.slow
def test_a_million_rows_with_many_problems(tmp_path: Path) -> None:
    rows = 1_000_000
    frame = pl.select(
        pl.int_range(rows).alias("n"),
        pl.when(pl.int_range(rows) % 100 == 0)
        .then(pl.lit("-5"))
        .otherwise(pl.lit("1,200.5"))
        .alias("v"),
    )
    lines = frame.select(
        pl.format('{},1762,"{}"', pl.col("n") + 10_000_000, pl.col("v")).alias("line")
    )["line"]
    content = ("place,industry,value\n" + "\n".join(lines) + "\n990101,1762,7\n").encode("gb18030")
    options = 'unit = "万元"\nconstants = { classification = "gbt4754-2017", measure = "output", period = "2025" }\n'
    started = time.perf_counter()
    report, _ = load_one(tmp_path, options, "big.csv", content)
    seconds = time.perf_counter() - started
    assert (report.received, report.accepted) == (rows + 1, 1)
    assert report.quarantined == rows
    # Alone it takes a few seconds; the bound leaves room for a busy machine.
    assert seconds < 90
