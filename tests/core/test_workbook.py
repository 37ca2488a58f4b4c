"""Workbooks and tables: what a spreadsheet program will see, read back with openpyxl."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from jiqun.core.tabular import Field, Provenance, display, html_table, workbook

FIELDS = [
    Field("code", "代码", "Code"),
    Field(
        "count",
        "单位数",
        "Count",
        "integer",
        "家",
        about_zh="登记的单位",
        about_en="registered units",
    ),
    Field("money", "产值", "Output", "money_wan"),
    Field("share", "占比", "Share", "share"),
    Field("state", "现状", "State", "words", words={"weak": ("弱", "weak")}),
]
ROWS: list[dict[str, Any]] = [
    {"code": "=1+1", "count": 12, "money": 123_450_000, "share": 0.25, "state": "weak"},
    {"code": "@SUM(A1)", "count": None, "money": float("nan"), "share": 0.0, "state": "odd"},
    {"code": "0176"},
]
PROVENANCE = Provenance(
    title="示例县 图谱", scope={"地方": "示例县 (990101)"}, filters={"leading.coverage": "0.6"},
    data_version="snap-1 · run-1", rules_version="chain/x", user="analyst", synthetic=True,
    notes=["一点说明"],
)  # fmt: skip


def _book(language: str = "zh-hans") -> Any:
    with override(language):
        content = workbook(PROVENANCE, [("一/二:表" + "长" * 40, FIELDS, ROWS)])
    return openpyxl.load_workbook(io.BytesIO(content))


def _cover(language: str = "zh-hans") -> dict[str, str]:
    return {row[0]: row[1] for row in _book(language).worksheets[0].values if row[0]}


def test_the_first_sheet_says_what_it_is() -> None:
    cover = _cover()
    assert next(iter(cover)) == "示例县 图谱"
    assert cover["范围"] == "地方：示例县 (990101)"
    assert cover["筛选条件"] == "leading.coverage=0.6"
    assert cover["导出人"] == "analyst"
    assert cover["数据版本"] == "snap-1 · run-1"
    assert cover["规则版本"] == "chain/x"
    assert cover["数据性质"] == "合成数据 (synthetic)"
    assert cover["说明"] == "一点说明"
    assert "CST" in cover["导出时间"]


def test_the_first_sheet_defines_every_column() -> None:
    cover = _cover()
    defined = {key.split(" · ")[1]: text for key, text in cover.items() if " · " in key}
    assert list(defined) == [spec.zh for spec in FIELDS]
    assert defined["单位数"] == "登记的单位（家）"
    assert "万元" in defined["产值"]


def test_the_first_sheet_in_english() -> None:
    cover = _cover("en")
    assert {"Scope", "Filters", "Exported at", "Exported by", "Data version", "Definitions"} <= {
        *cover
    }
    assert cover["Exported by"] == "analyst"


def test_numbers_stay_numbers_and_money_is_in_wan() -> None:
    sheet = _book().worksheets[1]
    assert [cell.value for cell in sheet[2]] == ["=1+1", 12, 123.45, 0.25, "弱"]
    assert [cell.data_type for cell in sheet[2]] == ["s", "n", "n", "n", "s"]
    assert sheet["D2"].number_format == "0.0%"


@pytest.mark.parametrize("cell", ["A2", "A3", "A4"])
def test_text_is_never_a_formula_nor_a_number(cell: str) -> None:
    assert _book().worksheets[1][cell].data_type == "s"


def test_unknown_is_an_empty_cell_and_zero_a_zero() -> None:
    second, third = list(_book().worksheets[1].values)[2:4]
    assert second == ("@SUM(A1)", None, None, 0, "odd")
    assert third == ("0176", None, None, None, None)


def test_a_sheet_name_fits_the_spreadsheet_program() -> None:
    name = _book().sheetnames[1]
    assert len(name) == 31
    assert name.startswith("一二表")


@pytest.mark.parametrize(
    ("position", "value", "zh", "en"),
    [
        (1, 1234567, "1,234,567", "1,234,567"),
        (1, None, "—", "—"),
        (2, 123_456_000_000, "123,456.00", "123,456.00"),
        (3, 0.1234, "12.3%", "12.3%"),
        (3, float("nan"), "—", "—"),
        (4, "weak", "弱", "weak"),
        (4, "other", "other", "other"),
    ],
)
def test_display(position: int, value: Any, zh: str, en: str) -> None:
    for language, expected in (("zh-hans", zh), ("en", en)):
        with override(language):
            assert display(FIELDS[position], value) == expected


def test_a_table_for_the_page() -> None:
    linked = [Field("name", "名称", "Name", link="href"), FIELDS[1]]
    rows = [{"name": "袜", "href": "/x/", "count": 3, "count_badge": "weak"}]
    with override("en"):
        table = html_table(linked, rows, caption="t", empty={"message": "none"}, export_href="/e")
    assert [column["label"] for column in table["columns"]] == ["Name", "Count"]
    assert table["columns"][1]["align"] == "end"
    assert table["rows"] == [[
        {"text": "袜", "look": "", "href": "/x/", "badge": "", "title": ""},
        {"text": "3", "look": "", "href": "", "badge": "weak", "title": ""},
    ]]  # fmt: skip
