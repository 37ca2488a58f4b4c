"""Files as bureaux hand them over: GB18030 and UTF-8 CSV, headed and merged XLSX, Parquet.

Equal input gives equal bytes: no file holds the time of its making.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

LABEL = "合成数据"
CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet.

    ``head`` holds one or two rows of headings; with two, equal neighbours in the first row and a
    blank below a heading are merged, as people do. ``text`` names columns written as text.
    """

    name: str
    title: str
    head: tuple[tuple[str, ...], ...]
    rows: Sequence[Row]
    unit: str = ""
    total: Row | None = None
    notes: tuple[str, ...] = field(default=())


def rows_of(frame: pl.DataFrame) -> list[list[object]]:
    """Rows of a frame as lists; null stays None."""
    return [list(row) for row in frame.iter_rows()]


def write_csv(path: Path, head: Sequence[str], rows: Sequence[Row], *, encoding: str) -> Path:
    """Write a CSV with Windows line ends; None becomes an empty cell."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def write_parquet(path: Path, frame: pl.DataFrame) -> Path:
    """Write a plain Parquet file."""
    frame.write_parquet(path, compression="zstd", statistics=False)
    return path


def _headings(sheet: Worksheet, spec: Sheet, first: int, style: Format) -> None:
    """Write the heading rows; merge groups across and single headings down."""
    if len(spec.head) == 1:
        sheet.write_row(first, 0, spec.head[0], style)
        return
    upper, lower = spec.head
    start = 0
    while start < len(upper):
        end = start
        while end + 1 < len(upper) and upper[end + 1] == upper[start] and lower[end + 1]:
            end += 1
        if not lower[start]:
            sheet.merge_range(first, start, first + 1, start, upper[start], style)
        else:
            if end > start:
                sheet.merge_range(first, start, first, end, upper[start], style)
            else:
                sheet.write(first, start, upper[start], style)
            sheet.write_row(first + 1, start, lower[start : end + 1], style)
        start = end + 1


def _fill(book: xlsxwriter.Workbook, spec: Sheet) -> None:
    sheet = book.add_worksheet(spec.name)
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter"})
    width = len(spec.head[0])
    sheet.merge_range(0, 0, 0, width - 1, spec.title, bold)
    line = 1
    if spec.unit:
        sheet.write_string(line, width - 1, f"单位：{spec.unit}")
        line += 1
    _headings(sheet, spec, line, bold)
    line += len(spec.head)
    for row in [*spec.rows, *([spec.total] if spec.total else [])]:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)  # a code stays text
            elif cell is not None:
                sheet.write(line, column, cell)
        line += 1
    for note in spec.notes:
        sheet.write_string(line, 0, note)
        line += 1


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> Path:
    """Write an XLSX whose first line says that the data are synthetic."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"title": LABEL, "created": CREATED, "author": LABEL})
    for spec in sheets:
        _fill(book, spec)
    book.close()
    return path
