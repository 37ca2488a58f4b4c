"""Tables as one Excel workbook whose first sheet says what they are."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from django.utils import timezone

from jiqun.core.tabular.fields import FORMATS, Field, cell_value, label, pick, unit_of
from jiqun.core.tabular.spec import Source

Sheet = tuple[str, Sequence[Field], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the first sheet of every workbook states.

    ``definitions`` are thresholds and terms in words; ``sources`` the tables that the figures
    come from; ``export`` the id under which the log keeps this export.
    """

    title: str
    scope: Mapping[str, str]
    filters: Mapping[str, str]
    data_version: str
    rules_version: str = ""
    user: str = ""
    synthetic: bool = False
    notes: Sequence[str] = ()
    definitions: Sequence[tuple[str, str]] = ()
    sources: Sequence[Source] = ()
    export: str = ""


def _lines(provenance: Provenance) -> list[tuple[str, str]]:
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
    ]
    if provenance.export:
        lines.append((pick("导出编号", "Export id"), provenance.export))
    return lines + [(pick("说明", "Note"), note) for note in provenance.notes]


def _source_line(source: Source) -> tuple[str, str]:
    owner = source.owner or pick("未注明责任单位", "owner not stated")
    as_of = source.as_of.isoformat() if source.as_of else pick("日期未注明", "date not stated")
    return source.name, " · ".join(part for part in (source.file, owner, as_of) if part)


def _write_cover(
    book: Any, provenance: Provenance, fields: Sequence[tuple[str, Sequence[Field]]]
) -> None:
    sheet = book.add_worksheet(pick("说明", "About"))
    head = book.add_format({"bold": True, "font_size": 14})
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, provenance.title, head)
    defined = [
        (f"{name} · {label(spec)}", f"{about}{f'（{unit}）' if unit else ''}" or "—")
        for name, specs in fields
        for spec in specs
        for about, unit in [(pick(spec.about_zh, spec.about_en), unit_of(spec))]
    ]
    parts = [
        ("", _lines(provenance)),
        (pick("数据来源", "Sources"), [_source_line(one) for one in provenance.sources]),
        (pick("口径", "Thresholds and terms"), list(provenance.definitions)),
        (pick("指标定义", "Definitions"), defined),
    ]
    row = 1
    for title, lines in parts:
        if not lines:
            continue
        row += 1
        if title:
            sheet.write_string(row, 0, title, head)
            row += 1
        for key, value in lines:
            sheet.write_string(row, 0, key, bold)
            sheet.write_string(row, 1, value, wrap)
            row += 1


def heading(spec: Field) -> str:
    """Heading of a column in a file, with its unit."""
    unit = unit_of(spec)
    return f"{label(spec)}{f'（{unit}）' if unit else ''}"


def import_heading(spec: Field) -> str:
    """Heading of a column in the import template, which the import knows in both languages."""
    return pick(spec.heading or spec.zh, spec.en)


def sheet_name(name: str, taken: set[str]) -> str:
    r"""A name that Excel takes: at most 31 characters, none of ``[]:*?/\\``, used once."""
    plain = "".join(c for c in name if c not in "[]:*?/\\'").strip()[:31] or "Sheet"
    candidate, number = plain, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{plain[: 30 - len(str(number))]} {number}"
    taken.add(candidate.lower())
    return candidate


def workbook(
    provenance: Provenance, sheets: Sequence[Sheet], *, import_headings: bool = False
) -> bytes:
    """Write tables to one Excel workbook whose first sheet says what they are.

    Args:
        provenance: Title, scope, filters, user, versions.
        sheets: (name, columns, rows) of each table; a name is cut to Excel's 31 characters.
        import_headings: Write the headings of the import template.

    Numbers stay numbers; an unknown figure is an empty cell.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    _write_cover(book, provenance, [(name, specs) for name, specs, _ in sheets])
    head = book.add_format({"bold": True, "bg_color": "#E8EEF9", "border": 1, "text_wrap": True})
    styles = {kind: book.add_format({"num_format": style}) for kind, style in FORMATS.items()}
    taken = {pick("说明", "About").lower()}
    for name, specs, rows in sheets:
        sheet = book.add_worksheet(sheet_name(name, taken))
        sheet.freeze_panes(1, 1)
        for column, spec in enumerate(specs):
            sheet.write_string(
                0, column, import_heading(spec) if import_headings else heading(spec), head
            )
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
    shown = cell_value(spec, value)
    if shown is None:
        return
    if isinstance(shown, str):
        sheet.write_string(line, column, shown)
    else:
        sheet.write_number(line, column, shown, styles[spec.type])
