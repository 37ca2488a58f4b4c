"""Contracts → Excel templates that bureaux fill in, and the reference pages of contracts and codes.

A filled-in template loads without any ``columns`` in ``county.toml``: its headings are the
contract's own.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from jiqun.facts.contract import Column, Contract, contracts
from jiqun.facts.messages import messages
from jiqun.facts.values.units import TABLE

DATA_SHEET, ABOUT_SHEET = "填报 Data", "说明 About"
ROWS = 10_000  # rows for which drop-downs are offered
LIST_LIMIT = 255  # longest list of choices that a spreadsheet accepts in a cell rule
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


def _example(column: Column, contract: Contract) -> str:
    """The example as a person fills it in: quantities in their base unit with its plain name."""
    if column.type == "enum":
        return column.values.get(column.example, column.example)
    return contract.column(column.name).example


def _choices(column: Column) -> list[str]:
    if column.type == "enum":
        return list(column.values.values())
    if column.type == "bool":
        return ["是", "否"]
    return []


def _data_sheet(sheet: Worksheet, contract: Contract, formats: Mapping[str, Format]) -> None:
    for number, column in enumerate(contract.columns):
        style = "text" if column.type in ("code", "firm_id", "period", "text") else "plain"
        sheet.set_column(number, number, 22, formats[style])
        head = formats["required" if column.required else "head"]
        sheet.write_string(0, number, column.zh, head)
        note = f"{column.en} ({column.name})\n{TYPE_WORDS[column.type][0]}\n{column.unit}".strip()
        sheet.write_comment(0, number, note)
        sheet.write_string(1, number, _example(column, contract), formats["example"])
        choices = _choices(column)
        if choices and len(",".join(choices)) <= LIST_LIMIT:
            rule = {"validate": "list", "source": choices}
            sheet.data_validation(1, number, ROWS, number, rule)
    sheet.freeze_panes(1, 0)


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
            _example(column, contract),
            " ".join([*column.about.values(), *(f"{v}={k}" for k, v in column.values.items())]),
        ]
        for number, cell in enumerate(cells):
            sheet.write_string(row, number, cell)
    sheet.set_column(0, 6, 24)


def workbook(contract: Contract) -> bytes:
    """Return the Excel template of a contract.

    Sheet one has the Chinese headings (a comment gives the English name, type and unit), one
    example row to overwrite, and drop-downs for lists; sheet two describes every column.
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
    _data_sheet(book.add_worksheet(DATA_SHEET), contract, formats)
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
    grade = "公开 public" if contract.grade == "public" else "涉企 firm-level"
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
