"""Contracts → Excel templates that bureaux fill in, and the reference pages of contracts and codes.

A filled-in template loads without any ``columns`` in ``county.toml``: its headings are the
contract's own. An export is a filled-in template.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from jiqun.facts.contract import Column, Contract, contracts
from jiqun.facts.messages import messages
from jiqun.facts.values.units import TABLE

DATA_SHEET, EXAMPLE_SHEET, ABOUT_SHEET = "填报 Data", "示例 Example", "说明 About"
YES, NO = "是", "否"
NUMERIC = ("integer", "number", "quantity")
WHOLE = 1e15  # a spreadsheet's number keeps 15 digits
UNIT_NAMES: Mapping[str, str] = {"person": "人", "km2": "平方公里"}
ROWS = 10_000  # rows for which drop-downs are offered
LIST_LIMIT = 255  # longest list of choices that a spreadsheet accepts in a cell rule
GRADE_WORDS: Mapping[str, str] = {
    "public": "公开 public",
    "aggregate": "汇总 aggregate",
    "firm": "涉企 firm-level",
    "personal": "个人 personal",
}
TYPE_WORDS: Mapping[str, tuple[str, str]] = {
    "text": ("文字", "text"),
    "code": ("代码（按文本填写）", "code (as text)"),
    "enum": ("从列表选择", "one of a list"),
    "integer": ("整数", "whole number"),
    "number": ("数", "number"),
    "quantity": ("数量，按单位列", "quantity, in the row's unit"),
    "unit": ("单位", "unit"),
    "date": ("日期，如 2025-08-22", "day, e.g. 2025-08-22"),
    "period": ("期间，如 2025、2025Q3、2025-01/08", "period, e.g. 2025, 2025Q3, 2025-01/08"),
    "bool": ("是/否", "yes/no"),
    "firm_id": ("统一社会信用代码（按文本填写）", "credit code (as text)"),
}


def label(column: Column) -> str:
    """Heading of a column in templates and exports: its Chinese name, with its unit if any."""
    unit = UNIT_NAMES.get(column.unit, "")
    return f"{column.zh}（{unit}）" if unit else column.zh


def _example(column: Column) -> str:
    """The example as a person fills it in: quantities in their base unit with its plain name."""
    return column.values.get(column.example, column.example)


def _choices(column: Column) -> list[str]:
    if column.type == "enum":
        return list(column.values.values())
    if column.type == "bool":
        return [YES, NO]
    return []


def _heading(sheet: Worksheet, contract: Contract, formats: Mapping[str, Format]) -> None:
    for number, column in enumerate(contract.columns):
        style = "plain" if column.type in NUMERIC else "text"
        sheet.set_column(number, number, 22, formats[style])
        head = formats["required" if column.required else "head"]
        sheet.write_string(0, number, label(column), head)
        note = f"{column.en} ({column.name})\n{TYPE_WORDS[column.type][0]}\n{column.unit}".strip()
        sheet.write_comment(0, number, note)
    sheet.freeze_panes(1, 0)


def _drop_downs(sheet: Worksheet, contract: Contract) -> None:
    for number, column in enumerate(contract.columns):
        choices = _choices(column)
        if choices and len(",".join(choices)) <= LIST_LIMIT:
            rule = {"validate": "list", "source": choices}
            sheet.data_validation(1, number, ROWS, number, rule)


def _example_sheet(sheet: Worksheet, contract: Contract, formats: Mapping[str, Format]) -> None:
    _heading(sheet, contract, formats)
    for number, column in enumerate(contract.columns):
        sheet.write_string(1, number, _example(column), formats["example"])


def _fill(sheet: Worksheet, contract: Contract, rows: pl.DataFrame) -> None:
    """Write the rows below the headings; figures as numbers where a spreadsheet keeps them whole."""
    for number, column in enumerate(contract.columns):
        cells = rows[column.name]
        for place, cell in enumerate(shown(column, cells), start=1):
            if cell is None:
                continue
            if column.type in NUMERIC and _kept(float(cell)):
                sheet.write_number(place, number, float(cell))
            else:
                sheet.write_string(place, number, cell)


def _kept(number: float) -> bool:
    """Does a workbook, which is written with 16 digits, keep this number to the last one?"""
    return abs(number) < WHOLE and float(f"{number:.16G}") == number


def shown(column: Column, cells: pl.Series) -> pl.Series:
    """Return a column of facts as a person writes it, so that it reads back as the same facts."""
    if column.type == "bool":
        words = {True: YES, False: NO}
        return cells.replace_strict(words, default=None, return_dtype=pl.String)
    if column.type == "enum":
        return cells.replace(dict(column.values))
    return cells.cast(pl.String)


def cells(contract: Contract, rows: pl.DataFrame) -> pl.DataFrame:
    """Return facts as the text of an import table: one column per heading of the template."""
    return pl.DataFrame([shown(c, rows[c.name]).alias(label(c)) for c in contract.columns])


def export_csv(contract: Contract, rows: pl.DataFrame) -> bytes:
    """Return facts as CSV (UTF-8 with a byte-order mark) that imports as it is."""
    return b"\xef\xbb\xbf" + cells(contract, rows).write_csv().encode()


def _about_sheet(sheet: Worksheet, contract: Contract, formats: Mapping[str, Format]) -> None:
    head = [
        "列 Column",
        "名称 Name",
        "类型 Type",
        "必填 Required",
        "单位 Unit",
        "示例 Example",
        "说明 Notes",
    ]
    sheet.write_string(0, 0, f"{contract.title['zh']} {contract.title['en']}", formats["head"])
    sheet.write_string(1, 0, f"{contract.about['zh']} {contract.about['en']}")
    for number, word in enumerate(head):
        sheet.write_string(3, number, word, formats["head"])
    for row, column in enumerate(contract.columns, start=4):
        cells = [
            f"{column.zh} {column.en}",
            column.name,
            " / ".join(TYPE_WORDS[column.type]),
            "是 yes" if column.required else "",
            column.unit,
            _example(column),
            " ".join([*column.about.values(), *(f"{v}={k}" for k, v in column.values.items())]),
        ]
        for number, cell in enumerate(cells):
            sheet.write_string(row, number, cell)
    sheet.set_column(0, 6, 24)


def workbook(contract: Contract, rows: pl.DataFrame | None = None) -> bytes:
    """Return the Excel template of a contract, filled with ``rows`` if there are any.

    Sheet one has the Chinese headings (a comment gives the English name, type and unit) and
    drop-downs for lists, and is what is imported; sheet two has an example row and sheet three
    describes every column. An export is the same workbook, so it imports unchanged.

    Args:
        contract: what the table is.
        rows: facts with the contract's columns; None for an empty template.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#E7ECF3", "border": 1}),
        "required": book.add_format({"bold": True, "bg_color": "#FCE9C9", "border": 1}),
        "example": book.add_format({"italic": True, "font_color": "#777777", "num_format": "@"}),
        "text": book.add_format({"num_format": "@"}),
        "plain": book.add_format({}),
    }
    data = book.add_worksheet(DATA_SHEET)
    _heading(data, contract, formats)
    _drop_downs(data, contract)
    if rows is not None:
        _fill(data, contract, rows)
    _example_sheet(book.add_worksheet(EXAMPLE_SHEET), contract, formats)
    _about_sheet(book.add_worksheet(ABOUT_SHEET), contract, formats)
    book.close()
    return buffer.getvalue()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]


def _column_row(column: Column) -> list[str]:
    notes = [f"{column.about['zh']}；{column.about['en']}"] if column.about else []
    notes += (
        ["、".join(f"`{key}` {zh}" for key, zh in column.values.items())] if column.values else []
    )
    low = "" if column.min is None else f"{column.min:g}"
    high = "" if column.max is None else f"{column.max:g}"
    notes += [f"{low}…{high}"] if low or high else []
    notes += [GRADE_WORDS[column.grade]] if column.grade else []
    notes += [f"缺省 default `{column.default}`"] if column.default else []
    return [
        f"`{column.name}`", f"{column.zh} / {column.en}", " / ".join(TYPE_WORDS[column.type]),
        "✓" if column.required else "", column.unit, column.example, "；".join(notes),
    ]  # fmt: skip


def _contract_page(contract: Contract) -> list[str]:
    head = [
        "列 column",
        "名称 name",
        "类型 type",
        "必填",
        "单位 unit",
        "示例 example",
        "说明 notes",
    ]
    kind = "事实 fact" if contract.kind == "fact" else "发现 finding"
    grade = GRADE_WORDS[contract.grade]
    return [
        f"## {contract.name}",
        "",
        f"**{contract.title['zh']} / {contract.title['en']}** — {contract.about['zh']}。{contract.about['en']}.",
        "",
        f"主键 key: {', '.join(f'`{name}`' for name in contract.key)} · {kind} · {grade}",
        "",
        *_table(head, [_column_row(column) for column in contract.columns]),
        "",
    ]


def contracts_page() -> str:
    """Return ``docs/reference/contracts.md``, generated from the contract files."""
    lines = [
        "# 契约 Contracts",
        "",
        "由 `jiqun/facts/contracts/*.yaml` 生成，请勿手改。Generated; do not edit by hand.",
        "每条事实另有来源列 provenance: `source`, `source_row`, `as_of`, `basis`, `batch`.",
        "",
    ]
    for contract in contracts().values():
        lines += _contract_page(contract)
    return "\n".join(lines).rstrip() + "\n"


def units_table() -> str:
    """Return the table of units of ``docs/reference/quantities.md``."""
    rows = [[f"`{base}`", "、".join(names)] for base, names in TABLE.items()]
    return "\n".join(_table(["基本单位 base unit", "写法 written as"], rows)) + "\n"


def errors_section() -> str:
    """Return the section “Facts” of ``docs/reference/errors.md``, one heading per code."""
    lines = ["## 事实 Facts", "", "由 `jiqun/facts/messages.yaml` 生成 generated.", ""]
    for code, text in messages().items():
        holes = {"{column}": "…", "{value}": "…", "{extra}": "…"}
        parts = [text.message_zh, text.message_en, text.remedy_zh, text.remedy_en]
        for hole, mark in holes.items():
            parts = [part.replace(hole, mark) for part in parts]
        lines += [f"### {code}", "", f"{parts[0].strip()}。{parts[1].strip()}.", ""]
        lines += [f"处理：{parts[2]}。What to do: {parts[3]}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def between(page: str, name: str, content: str) -> str:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->`` of a page."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = page.partition(start)
    after = rest.partition(end)[2]
    return f"{before}{start}\n{content}{end}{after}"


def write_reference(folder: Path) -> None:
    """Write the generated parts of ``docs/reference`` (contracts, codes, units) into ``folder``."""
    (folder / "contracts.md").write_text(contracts_page(), encoding="utf-8")
    for name, part, content in (
        ("errors.md", "facts", errors_section()),
        ("quantities.md", "units", units_table()),
    ):
        path = folder / name
        page = path.read_text(encoding="utf-8")
        path.write_text(between(page, part, content), encoding="utf-8")
