"""Finding the parts of a sheet: headings, units, notes, totals, and the rows' own numbers."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import polars as pl
import pytest

from jiqun.errors import JiqunError
from jiqun.facts.read.raw import Options
from jiqun.facts.read.sheet import is_note, is_total, lay_out, unit_of_line
from jiqun.facts.read.tables import read, read_bytes
from jiqun.facts.read.workbook import cell_text
from tests.facts.messy import workbook


def test_merged_two_level_headings_are_flattened() -> None:
    grid = [
        ["工业产值表", "", "", ""],
        ["单位：万元", "", "", ""],
        ["地区", "产值", "", "备注"],
        ["", "本年", "上年（亿元）", ""],
        ["甲", "1", "2", ""],  # data: a numbering row would fill every column
    ]
    merges = [((0, 0), (0, 3)), ((2, 0), (3, 0)), ((2, 1), (2, 2)), ((2, 3), (3, 3))]
    found = lay_out(grid, merges)
    assert found is not None
    assert [item.name for item in found.headings] == [
        "地区",
        "产值/本年",
        "产值/上年（亿元）",
        "备注",
    ]
    assert [item.unit for item in found.headings] == ["", "", "亿元", ""]
    assert (found.unit, found.title, found.body) == ("万元", "工业产值表", 4)


def test_a_bracket_that_is_no_unit_stays_in_the_heading() -> None:
    found = lay_out([["产值（现价）", "人数（人）"], ["1", "2"]])
    assert found is not None
    assert [item.clean for item in found.headings] == ["产值（现价）", "人数"]


def test_equal_headings_are_told_apart() -> None:
    found = lay_out([["代码", "产值", "产值"], ["1", "2", "3"]])
    assert found is not None
    assert [item.name for item in found.headings] == ["代码", "产值", "产值 (2)"]


def test_headings_where_the_mapping_says_they_are() -> None:
    grid = [["a", "b"], ["2024", "2025"], ["1", "2"]]
    found = lay_out(grid, heading_rows=(1, 1))
    assert found is not None
    assert [item.name for item in found.headings] == ["2024", "2025"]


@pytest.mark.parametrize("text", ["合计", "合　计", "总 计", "小计：", "Total", "ＴＯＴＡＬ"])
def test_totals(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize("text", ["合计处理业", "总计划", "计"])
def test_names_that_only_contain_a_total(text: str) -> None:
    assert not is_total(text)


def test_notes_and_unit_lines() -> None:
    assert is_note(["注：不含个体户", "", ""])
    assert is_note(["资料来源：统计局"])
    assert not is_note(["注塑机", ""])
    assert not is_note(["注：", "12"])
    assert unit_of_line(["", "单位：万元"]) == "万元"
    assert unit_of_line(["填报单位：统计局"]) == ""


def test_cells_keep_their_kind() -> None:
    assert cell_text(1762.0) == "1762"
    assert cell_text(0.1) == "0.1"
    assert cell_text(9.135010000001e17) == "9.13501E+17"
    assert cell_text(dt.date(2025, 8, 1)) == "2025-08-01 00:00:00"
    assert cell_text(True) == "true"


def test_rows_are_numbered_as_the_spreadsheet_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook(path, [["标题"], ["代码", "数"], ["1", 1], [None, None], ["2", 2], ["合计", 3]], [])
    raw = read(path)
    assert raw.frame["_row"].to_list() == [3, 5, 6]
    assert raw.frame["_total"].to_list() == [False, False, True]
    assert raw.sheet == "表1"
    csv = read_bytes("标题,\n代码,数\n1,1\n,\n2,2\n合计,3\n".encode(), file="a.csv")
    assert csv.frame["_row"].to_list() == [3, 5, 6]


def test_notes_are_kept_as_notes() -> None:
    raw = read_bytes("代码,数\n1,1\n注：估计数,\n".encode(), file="a.csv")
    assert raw.notes == ("注：估计数",)
    assert raw.frame.height == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E-FILE-EMPTY"),
        (b"\n \n", "E-FILE-EMPTY"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "E-FILE-KIND"),
        (b"PK\x03\x04not a workbook", "E-FILE-UNREADABLE"),
        (b"PAR1 not parquet", "E-FILE-UNREADABLE"),
    ],
)
def test_files_that_cannot_be_read_say_why(content: bytes, code: str) -> None:
    with pytest.raises(JiqunError) as failure:
        read_bytes(content, file="x.xls")
    assert failure.value.code == code
    assert failure.value.fields[0].file == "x.xls"
    assert failure.value.hint_zh


def test_missing_file_and_unknown_sheet(tmp_path: Path) -> None:
    with pytest.raises(JiqunError) as missing:
        read(tmp_path / "none.csv")
    assert missing.value.code == "E-FILE-MISSING"
    path = tmp_path / "a.xlsx"
    workbook(path, [["a", "b"], [1, 2]], [])
    with pytest.raises(JiqunError) as unknown:
        read(path, options=Options(sheet="表2"))
    assert unknown.value.code == "E-SHEET-UNKNOWN"
    assert "表1" in unknown.value.message_zh


SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
CELL_XML = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
NUMBER = (
    '<table:table-cell office:value-type="float" office:value="12.5"><text:p>12.5</text:p>'
    "</table:table-cell>"
)
ROWS = (CELL_XML.format("代码") + CELL_XML.format("产值（万元）"), CELL_XML.format("1762") + NUMBER)
ODS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<office:document-content xmlns:office="{SPACE}office:1.0" xmlns:table="{SPACE}table:1.0" '
    f'xmlns:text="{SPACE}text:1.0"><office:body><office:spreadsheet><table:table table:name="表1">'
    + "".join(f"<table:table-row>{row}</table:table-row>" for row in ROWS)
    + "</table:table></office:spreadsheet></office:body></office:document-content>"
)
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""


def test_open_document_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS)
    raw = read(path)
    assert [item.unit for item in raw.headings] == ["", "万元"]
    assert raw.frame.select("代码", "产值（万元）").row(0) == ("1762", "12.5")


def test_parquet_keeps_whole_numbers_typed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"code": ["1762"], "n": [3], "x": [1.5]}).write_parquet(path)
    raw = read(path)
    assert raw.frame.schema["n"] == pl.Int64
    assert raw.frame.select("code", "n", "x", "_row").row(0) == ("1762", 3, "1.5", 1)
