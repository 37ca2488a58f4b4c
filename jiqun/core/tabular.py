"""One column spec, many faces: list page, Excel workbook, API rows, reference page.

A column says its name, labels, type and unit once. ``html_rows`` feeds the table partial of the
pages, ``workbook`` writes Excel with a first sheet that says where the figures come from.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import xlsxwriter
from django.utils import timezone
from django.utils.translation import get_language

FEN_PER_WAN = 1_000_000
FieldType = Literal["text", "integer", "number", "share", "probability", "money_wan", "words"]
FORMATS: Mapping[str, str] = {
    "integer": "#,##0",
    "number": "#,##0.00",
    "share": "0.0%",
    "probability": "0.0%",
    "money_wan": "#,##0.00",
}
# A count's unit is left out in English, where the label already says what is counted.
UNITS_EN: Mapping[str, str] = {
    "万元": "CNY 10k", "万美元": "USD 10k", "万新台币": "TWD 10k", "人": "persons", "行": "", "家": "", "个": "",
    "倍": "×", "个百分点": "points",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One column. ``money_wan`` holds integer fen and is shown in 万元; ``share`` in percent.

    ``words`` translates the stored code of a status into (zh, en).
    """

    name: str
    zh: str
    en: str
    type: FieldType = "text"
    unit: str = ""
    about_zh: str = ""
    about_en: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    link: str = ""
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the first sheet of every workbook states."""

    title: str
    scope: Mapping[str, str]
    filters: Mapping[str, str]
    data_version: str
    rules_version: str = ""
    user: str = ""
    synthetic: bool = False
    notes: Sequence[str] = ()


def english() -> bool:
    """Whether the page is being written in English."""
    return (get_language() or "").startswith("en")


def pick(zh: str, en: str) -> str:
    """Return the text in the language of the page; Chinese stands in for a missing English."""
    return en if english() and en else zh


def label(spec: Field) -> str:
    """Heading of a column, without its unit."""
    return pick(spec.zh, spec.en)


def unit_of(spec: Field) -> str:
    """Unit of a column in the language of the page."""
    unit = spec.unit or ("万元" if spec.type == "money_wan" else "")
    return UNITS_EN.get(unit, unit) if english() else unit


def display(spec: Field, value: Any) -> str:
    """Write a value as a person reads it; an unknown one is a dash, never a zero."""
    if _unknown(value):
        return "—"
    writers: Mapping[str, Callable[[Any], str]] = {
        "words": lambda word: pick(*spec.words.get(str(word), (str(word), str(word)))),
        "integer": lambda number: f"{round(float(number)):,}",
        "probability": lambda number: chance(float(number)),
        "share": lambda number: f"{100 * float(number):.1f}%",
        "money_wan": lambda fen: f"{float(fen) / FEN_PER_WAN:,.{spec.decimals}f}",
        "number": lambda number: f"{float(number):,.{spec.decimals}f}",
    }
    return writers.get(spec.type, str)(value)


def chance(probability: float) -> str:
    """Write a probability no finer than it is known: back-tests are off by points above 10 %."""
    if probability >= 0.3:
        return "≥30%"
    return f"{probability:.0%}" if probability >= 0.1 else f"{probability:.1%}"


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def html_table(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    empty: Mapping[str, str],
    export_href: str = "",
) -> dict[str, Any]:
    """Return what ``core/table.html`` draws.

    ``empty`` has a ``message`` for a table without rows and may name the ``holder`` of the data.

    A field's ``link`` names the row's key that holds an address; ``<name>_badge`` and
    ``<name>_title`` in a row decorate that cell.
    """
    numeric = {*FORMATS}
    return {
        "caption": caption,
        "empty": empty,
        "export_url": export_href,
        "columns": [
            {
                "name": spec.name,
                "label": label(spec),
                "unit": unit_of(spec),
                "align": "end" if spec.type in numeric else "",
                "help": pick(spec.about_zh, spec.about_en),
            }
            for spec in fields
        ],
        "rows": [
            [
                {
                    "text": display(spec, row.get(spec.name)),
                    "href": row.get(spec.link, "") if spec.link else "",
                    "badge": row.get(f"{spec.name}_badge", ""),
                    "title": row.get(f"{spec.name}_title", ""),
                }
                for spec in fields
            ]
            for row in rows
        ],
    }


def _write_cover(
    book: Any, provenance: Provenance, fields: Sequence[tuple[str, Sequence[Field]]]
) -> None:
    sheet = book.add_worksheet(pick("说明", "About"))
    head = book.add_format({"bold": True, "font_size": 14})
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    sheet.write(0, 0, provenance.title, head)
    now = timezone.localtime(datetime.now(UTC)).strftime("%Y-%m-%d %H:%M %Z")
    lines: list[tuple[str, str]] = []
    if provenance.synthetic:
        lines.append((pick("数据性质", "Nature of the data"), "合成数据 (synthetic)"))
    lines += [(pick("范围", "Scope"), f"{key}：{value}") for key, value in provenance.scope.items()]
    shown = "；".join(f"{key}={value}" for key, value in provenance.filters.items())
    lines += [
        (pick("筛选条件", "Filters"), shown or pick("无", "none")),
        (pick("导出时间", "Exported at"), now),
        (pick("导出人", "Exported by"), provenance.user or "—"),
        (pick("数据版本", "Data version"), provenance.data_version),
        (pick("规则版本", "Rules version"), provenance.rules_version or "—"),
        *((pick("说明", "Note"), note) for note in provenance.notes),
    ]
    row = 2
    for key, value in lines:
        sheet.write(row, 0, key, bold)
        sheet.write_string(row, 1, value, wrap)
        row += 1
    row += 1
    sheet.write(row, 0, pick("指标定义", "Definitions"), head)
    for name, specs in fields:
        for spec in specs:
            row += 1
            unit = unit_of(spec)
            about = pick(spec.about_zh, spec.about_en)
            sheet.write(row, 0, f"{name} · {label(spec)}", bold)
            sheet.write_string(row, 1, f"{about}{f'（{unit}）' if unit else ''}" or "—", wrap)


def workbook(
    provenance: Provenance,
    sheets: Sequence[tuple[str, Sequence[Field], Sequence[Mapping[str, Any]]]],
) -> bytes:
    """Write tables to one Excel workbook whose first sheet says what they are.

    Args:
        provenance: Title, scope, filters, user, versions.
        sheets: (name, columns, rows) of each table; a name is cut to Excel's 31 characters.

    Numbers stay numbers; an unknown figure is an empty cell.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    _write_cover(book, provenance, [(name, specs) for name, specs, _ in sheets])
    head = book.add_format({"bold": True, "bg_color": "#E8EEF9", "border": 1, "text_wrap": True})
    styles = {kind: book.add_format({"num_format": style}) for kind, style in FORMATS.items()}
    for name, specs, rows in sheets:
        sheet = book.add_worksheet("".join(c for c in name if c not in "[]:*?/\\")[:31])
        sheet.freeze_panes(1, 1)
        for column, spec in enumerate(specs):
            unit = unit_of(spec)
            sheet.write(0, column, f"{label(spec)}{f'（{unit}）' if unit else ''}", head)
            sheet.set_column(column, column, 14 if spec.type in FORMATS else 24)
        for line, row in enumerate(rows, start=1):
            for column, spec in enumerate(specs):
                _write_cell(sheet, line, column, spec, row.get(spec.name), styles)
        sheet.autofilter(0, 0, max(1, len(rows)), max(0, len(specs) - 1))
    book.close()
    return buffer.getvalue()


def _write_cell(
    sheet: Any, line: int, column: int, spec: Field, value: Any, styles: Mapping[str, Any]
) -> None:
    if _unknown(value):
        return
    if spec.type in styles:
        number = float(value) / FEN_PER_WAN if spec.type == "money_wan" else float(value)
        sheet.write_number(line, column, number, styles[spec.type])
    else:
        sheet.write_string(line, column, display(spec, value))
