"""Spreadsheets: which sheet, which cells, which rows are hidden."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import polars as pl
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
    load_workbook,
)

from jiqun.facts import messages
from jiqun.facts.read import encoding as enc
from jiqun.facts.read.raw import ROW, WIDE, Options, RawTable, no_headings, pad, stated
from jiqun.facts.read.rows import finish
from jiqun.facts.read.sheet import LOOK, Merge, lay_out

# A spreadsheet number holds 15 digits; a longer code in a number cell has lost some.
LOSSY = 10**15
Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
# Sheets that explain the table beside them; those of our own templates are among them.
ASIDE = re.compile(r"说明|解释|目录|封面|字典|代码表|示例|readme|about|example|notes?$", re.I)


def cell_text(cell: Cell) -> str:
    """Text of a spreadsheet cell that keeps its kind recognisable.

    A day keeps “ 00:00:00” (so that a period column knows it was a date cell); a number whose
    digits a float cannot hold is written as a power (so that no code is silently rounded).
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.date):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, int | float):
        return _number_text(cell)
    return str(cell)


def _number_text(cell: float) -> str:
    if abs(cell) >= LOSSY:
        return f"{cell:.5E}"
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


def _numbers(cells: Sequence[Cell]) -> pl.Series:
    """:func:`cell_text` of a column of numbers, all at once."""
    numbers = pl.Series(cells, dtype=pl.Float64)
    whole = (numbers == numbers.floor()) & (numbers.abs() < LOSSY)
    frame = pl.DataFrame({"n": numbers, "whole": whole})
    text = pl.when("whole").then(pl.col("n").cast(pl.Int64, strict=False).cast(pl.String))
    plain = frame.select(text.otherwise(pl.col("n").cast(pl.String))).to_series()
    odd = frame.select((pl.col("n").abs() >= LOSSY).arg_true()).to_series()
    return plain.scatter(odd, [_number_text(float(numbers[i])) for i in odd]) if len(odd) else plain


def column_text(cells: Sequence[Cell]) -> pl.Series:
    """:func:`cell_text` of a whole column: columns of one kind take a path without Python."""
    kinds = set(map(type, cells))
    if kinds <= {str, type(None)}:
        return pl.Series(cast(Sequence[str], cells), dtype=pl.String).fill_null("")
    if kinds <= {float, int}:
        return _numbers(cells)
    if kinds <= {float, int, str}:
        text = pl.Series([cell if type(cell) is str else "" for cell in cells], dtype=pl.String)
        places = [i for i, cell in enumerate(cells) if type(cell) is not str]
        return text.scatter(places, _numbers([cells[i] for i in places]))
    known = {cell: cell_text(cell) for cell in set(cells) if not isinstance(cell, bool)}
    return pl.Series([cell_text(c) if isinstance(c, bool) else known[c] for c in cells])


def _fill_merged(
    columns: list[pl.Series], merges: Sequence[Merge], first: int, height: int
) -> None:
    """Write merged body cells (a county's name beside its towns) into each of their rows."""
    for (top, left), (low, right) in merges:
        if top < first or low == top or right != left or left >= len(columns):
            continue
        rows = list(range(top + 1 - first, min(low - first, height - 1) + 1))
        columns[left] = columns[left].scatter(rows, columns[left][top - first])


def _open(data: bytes, file: str) -> CalamineWorkbook:
    try:
        return load_workbook(io.BytesIO(data))
    except PasswordError as reason:
        raise messages.error(messages.problem("E-FILE-PASSWORD", file=file)) from reason
    except (CalamineError, OSError) as reason:
        raise messages.error(
            messages.problem("E-FILE-UNREADABLE", file=file, extra=str(reason))
        ) from reason


def _choose(
    book: CalamineWorkbook, file: str, wanted: str | None
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The sheet to read: the one named, else the first visible one that has content.

    Returns:
        (its name, other sheets with content, hidden sheets with content).
    """
    names = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise messages.error(
                messages.problem("E-SHEET-UNKNOWN", file=file, value=wanted, extra="、".join(names))
            )
        return wanted, (), ()
    if len(names) == 1:
        return names[0], (), ()
    shown = {one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible}
    full = [name for name in names if book.get_sheet_by_name(name).start is not None]
    data = [name for name in full if name in shown and not ASIDE.search(name)]
    data = data or [name for name in full if name in shown] or names[:1]
    hidden = tuple(n for n in full if n not in shown and not ASIDE.search(n))
    return data[0], tuple(data[1:]), hidden


def hidden_rows(data: bytes, sheet: str) -> list[int]:
    """Numbers of the rows that an XLSX sheet hides, as the spreadsheet counts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            content = book.read(_part_of(book, sheet))
    except (zipfile.BadZipFile, KeyError, RuntimeError):
        return []
    if b"hidden=" not in content:
        return []
    found = re.findall(rb"<row ([^>]*)>", content)
    return [
        int(number[1])
        for one in found
        if re.search(rb'\bhidden="(?:1|true)"', one) and (number := re.search(rb'\br="(\d+)"', one))
    ]


def _part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """Path of a sheet inside the package; KeyError when the package does not say."""
    workbook = book.read("xl/workbook.xml").decode("utf-8", "replace")
    links = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for tag in re.findall(r"<sheet [^>]*>", workbook):
        name = re.search(r'\bname="([^"]*)"', tag)
        link = re.search(r'\br:id="([^"]*)"', tag)
        if name and link and _unescaped(name[1]) == sheet:
            for relation in re.findall(r"<Relationship [^>]*>", links):
                target = re.search(r'\bTarget="([^"]*)"', relation)
                if f'Id="{link[1]}"' in relation and target:
                    return "xl/" + target[1].removeprefix("/xl/")
    raise KeyError(sheet)


def _unescaped(text: str) -> str:
    for mark, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(mark, char)
    return text


def read_workbook(data: bytes, *, file: str, options: Options | None = None) -> RawTable:
    """Read one sheet of XLSX, XLS or ODS bytes; JiqunError E-FILE-…, E-SHEET-UNKNOWN, E-HEADER."""
    options = options or Options()
    content = enc.unpack(data, file=file)
    book = _open(content, file)
    name, others, aside = _choose(book, file, options.sheet)
    sheet = book.get_sheet_by_name(name)
    cells = cast(list[list[Cell]], sheet.to_python(skip_empty_area=False))
    merges: list[Merge] = [((a[0], a[1]), (b[0], b[1])) for a, b in sheet.merged_cell_ranges or []]
    width = max((len(row) for row in cells), default=0)
    head = [[cell_text(cell) for cell in row] for row in cells[: options.skip + LOOK]]
    if not any(cell is not None and cell_text(cell).strip() for row in cells for cell in row):
        raise no_headings(file, name, empty=True)
    shifted: list[Merge] = [
        ((a - options.skip, b), (c - options.skip, d)) for (a, b), (c, d) in merges
    ]
    layout = lay_out(pad(head[options.skip :], width), shifted, heading_rows=stated(options))
    if layout is None:
        raise no_headings(file, name, empty=False)
    first = layout.body + options.skip
    rows = cells[first:]
    columns = [column_text(one) for one in zip(*rows, strict=True)] if rows else []
    columns += [pl.Series([""] * len(rows), dtype=pl.String)] * (width - len(columns))
    _fill_merged(columns, merges, first, len(rows))
    named = [s.alias(item.name) for s, item in zip(columns, layout.headings, strict=False)]
    body = pl.DataFrame(named).with_columns(
        pl.Series(ROW, range(first + 1, first + 1 + len(rows)), dtype=pl.Int64),
        pl.lit(value=False).alias(WIDE),
    )
    raw = finish(body, layout, options, file=file, sheet=name, hidden=hidden_rows(content, name))
    return replace(raw, others=others, aside=aside)
