"""Files of any common kind → one table of text with the row numbers that a spreadsheet shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, load_workbook

from jiqun.facts import messages
from jiqun.facts.read import encoding as enc
from jiqun.facts.read.sheet import LOOK, TOTALS, Heading, Layout, Merge, lay_out
from jiqun.facts.read.sheet import NOTE as NOTE_LINE

ROW, TOTAL, WIDE = "_row", "_total", "_wide"
DELIMITERS = (",", "\t", ";", "；", "|", "，")
# A spreadsheet number holds 15 digits; a longer code in a number cell has lost some.
LOSSY = 10**15
Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None


@dataclass(frozen=True, slots=True)
class Options:
    """What ``county.toml`` states about a file; everything else is found out."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: tuple[int, ...] = ()
    skip: int = 0
    totals: bool = True
    fill_down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as its file has it.

    ``frame`` holds one column per heading (text; whole numbers from typed files stay typed), the
    row number ``_row``, ``_total`` (a totals row) and ``_wide`` (more cells than headings).
    """

    file: str
    frame: pl.DataFrame
    headings: tuple[Heading, ...]
    sheet: str = ""
    unit: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    encoding: str = ""
    preview: tuple[str, ...] = field(default=())


def _sniff(text: str) -> str:
    """The delimiter that splits the most lines into the same number of parts."""
    lines = [line for line in text[:20_000].splitlines()[:LOOK] if line.strip()]

    def rank(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines if mark in line]
        common = max(set(counts), key=counts.count, default=0)
        return counts.count(common) if common else 0, common

    return max(DELIMITERS, key=rank) if lines else ","


def _pad(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    return [[*row[:width], *[""] * (width - len(row))] for row in rows]


def _stated(options: Options) -> tuple[int, int] | None:
    rows = options.header_rows
    return (rows[0] - 1 - options.skip, rows[-1] - 1 - options.skip) if rows else None


def _no_headings(file: str, sheet: str, *, empty: bool) -> Exception:
    code = "E-FILE-EMPTY" if empty else "E-HEADER"
    return messages.error(messages.problem(code, file=file, sheet=sheet))


def _flags(frame: pl.DataFrame, names: Sequence[str], options: Options) -> pl.DataFrame:
    """Drop empty rows and notes, mark totals, fill down where the mapping says so."""
    texts = [pl.col(name).str.strip_chars() for name in names]
    filled = pl.sum_horizontal((text.fill_null("") != "").cast(pl.Int32) for text in texts)
    first = pl.coalesce(pl.when(text != "").then(text) for text in texts)
    note = first.str.contains(f"(?i){NOTE_LINE.pattern}") & (filled == 1)
    frame = frame.with_columns(filled.alias("_filled"), note.fill_null(value=False).alias("_note"))
    frame = frame.filter((pl.col("_filled") > 0) & ~pl.col("_note")).drop("_filled", "_note")
    if options.fill_down:
        frame = frame.with_columns(
            pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).forward_fill()
            for name in options.fill_down
            if name in names
        )
    if not options.totals:
        return frame.with_columns(pl.lit(value=False).alias(TOTAL))
    squeezed = [
        pl.col(name).str.replace_all(r"[\s\u3000:：]", "").str.to_lowercase().is_in(TOTALS)
        for name in names[:2]
    ]
    total = pl.any_horizontal(squeezed).fill_null(value=False)
    return frame.with_columns(total.alias(TOTAL))


def _notes(frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    first = pl.col(names[0]).fill_null("").str.strip_chars()
    found = frame.filter(first.str.contains(f"(?i){NOTE_LINE.pattern}")).select(first)
    return tuple(found.to_series().head(20))


def _without_overflow(body: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, Layout]:
    """Cells right of the last heading: a column if most rows have them, else overlong rows."""
    headings = list(layout.headings)
    while headings and not headings[-1].clean:
        cells = pl.col(headings[-1].name).str.strip_chars().fill_null("") != ""
        if body.select(cells.sum()).item() * 2 > body.height:
            break
        body = body.with_columns(pl.col(WIDE) | cells).drop(headings.pop().name)
    return body, replace(layout, headings=tuple(headings))


def _finish(
    body: pl.DataFrame,
    layout: Layout,
    options: Options,
    *,
    file: str,
    sheet: str,
    decoded: enc.Decoded | None,
) -> RawTable:
    body, layout = _without_overflow(body, layout)
    names = [item.name for item in layout.headings]
    frame = _flags(body, names, options)
    return RawTable(
        file=file, frame=frame, headings=layout.headings, sheet=sheet, unit=layout.unit,
        title=layout.title, notes=layout.notes + _notes(body, names),
        encoding=decoded.encoding if decoded else "", preview=decoded.preview if decoded else (),
    )  # fmt: skip


def _ragged(text: str, delimiter: str, width: int) -> pl.DataFrame:
    """Slow path: some row has more cells than there are columns; keep it, marked."""
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    padded = _pad(rows, width)
    data = {f"c{i}": [row[i] for row in padded] for i in range(width)}
    extra = [len(row) > width and any(cell.strip() for cell in row[width:]) for row in rows]
    schema = {f"c{i}": pl.String for i in range(width)}
    return pl.DataFrame(data, schema=schema).with_columns(pl.Series(WIDE, extra, dtype=pl.Boolean))


def _delimited(text: str, delimiter: str, width: int) -> pl.DataFrame:
    schema = {f"c{i}": pl.String for i in range(width)}
    if len(delimiter.encode()) > 1:
        return _ragged(text, delimiter, width)
    try:
        frame = pl.read_csv(
            text.encode(),
            has_header=False,
            schema=schema,
            separator=delimiter,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return _ragged(text, delimiter, width)
    return frame.with_columns(pl.lit(value=False).alias(WIDE))


def read_delimited(data: bytes, *, file: str, options: Options | None = None) -> RawTable:
    """Read CSV or TSV bytes; JiqunError E-ENCODING…, E-FILE-EMPTY or E-HEADER."""
    options = options or Options()
    decoded = enc.decode(data, file=file, encoding=options.encoding)
    if not decoded.text.strip():
        raise _no_headings(file, "", empty=True)
    delimiter = options.delimiter or _sniff(decoded.text)
    reader = csv.reader(io.StringIO(decoded.text), delimiter=delimiter)
    head = [row for row, _ in zip(reader, range(LOOK + options.skip), strict=False)]
    width = max((len(row) for row in head), default=0)
    layout = lay_out(_pad(head, width)[options.skip :], heading_rows=_stated(options))
    if layout is None:
        raise _no_headings(file, "", empty=False)
    frame = _delimited(decoded.text, delimiter, width).with_row_index(ROW, offset=1)
    names = {f"c{i}": item.name for i, item in enumerate(layout.headings)}
    body = frame.slice(layout.body + options.skip).with_columns(pl.col(ROW).cast(pl.Int64))
    return _finish(body.rename(names), layout, options, file=file, sheet="", decoded=decoded)


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


def _fill_merged(rows: list[list[str]], merges: Sequence[Merge], first: int) -> None:
    """Write merged body cells (a county's name beside its towns) into each of their rows."""
    for (top, left), (low, right) in merges:
        if top < first or low == top or right != left:
            continue
        for r in range(top + 1, min(low, len(rows) - 1) + 1):
            rows[r][left] = rows[top][left]


def _open(data: bytes, file: str) -> CalamineWorkbook:
    try:
        return load_workbook(io.BytesIO(data))
    except PasswordError as reason:
        raise messages.error(messages.problem("E-FILE-PASSWORD", file=file)) from reason
    except (CalamineError, OSError) as reason:
        raise messages.error(
            messages.problem("E-FILE-UNREADABLE", file=file, extra=str(reason))
        ) from reason


def _choose_sheet(book: CalamineWorkbook, file: str, wanted: str | None) -> str:
    names = book.sheet_names
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise messages.error(
            messages.problem("E-SHEET-UNKNOWN", file=file, value=wanted, extra="、".join(names))
        )
    return wanted


def read_workbook(data: bytes, *, file: str, options: Options | None = None) -> RawTable:
    """Read one sheet of XLSX, XLS or ODS bytes; JiqunError E-FILE-…, E-SHEET-UNKNOWN, E-HEADER."""
    options = options or Options()
    book = _open(enc.unpack(data, file=file), file)
    name = _choose_sheet(book, file, options.sheet)
    sheet = book.get_sheet_by_name(name)
    cells = sheet.to_python(skip_empty_area=False)
    rows = [[cell_text(cell) for cell in row] for row in cells]
    merges: list[Merge] = [((a[0], a[1]), (b[0], b[1])) for a, b in sheet.merged_cell_ranges or []]
    width = max((len(row) for row in rows), default=0)
    if not any(cell.strip() for row in rows for cell in row):
        raise _no_headings(file, name, empty=True)
    shifted: list[Merge] = [
        ((a - options.skip, b), (c - options.skip, d)) for (a, b), (c, d) in merges
    ]
    layout = lay_out(
        _pad(rows[options.skip : options.skip + LOOK], width),
        shifted,
        heading_rows=_stated(options),
    )
    if layout is None:
        raise _no_headings(file, name, empty=False)
    first = layout.body + options.skip
    _fill_merged(rows, merges, first)
    data_rows = _pad(rows[first:], width)
    columns = {item.name: [row[i] for row in data_rows] for i, item in enumerate(layout.headings)}
    body = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.Series(ROW, range(first + 1, first + 1 + len(data_rows)), dtype=pl.Int64),
        pl.lit(value=False).alias(WIDE),
    )
    return _finish(body, layout, options, file=file, sheet=name, decoded=None)


def read_parquet(data: bytes, *, file: str) -> RawTable:
    """Read Parquet bytes; whole numbers stay typed, everything else becomes text."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as reason:
        raise messages.error(
            messages.problem("E-FILE-UNREADABLE", file=file, extra=str(reason)[:200])
        ) from reason
    if not frame.height:
        raise _no_headings(file, "", empty=True)
    other = [name for name, kind in frame.schema.items() if not kind.is_integer()]
    frame = frame.with_columns(pl.col(other).cast(pl.String)).with_row_index(ROW, offset=1)
    frame = frame.with_columns(
        pl.col(ROW).cast(pl.Int64),
        pl.lit(value=False).alias(TOTAL),
        pl.lit(value=False).alias(WIDE),
    )
    names = [name for name in frame.columns if name not in (ROW, TOTAL, WIDE)]
    return RawTable(file, frame, tuple(Heading(name, name) for name in names))


def kind_of(data: bytes) -> str:
    """Tell a file's kind by its first bytes; extensions lie (an .xls that is really a web page)."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    if data.startswith(b"PAR1"):
        return "parquet"
    if re.match(
        rb"\s*(<!doctype|<html|<\?xml|<table|<meta)", data[:200].removeprefix(b"\xef\xbb\xbf"), re.I
    ):
        return "markup"
    return "text"


def read(path: Path, *, options: Options | None = None) -> RawTable:
    """Read a file of any supported kind.

    Raises:
        JiqunError: E-FILE-MISSING, E-FILE-EMPTY, E-FILE-KIND, E-FILE-UNREADABLE, E-FILE-PASSWORD,
            E-SHEET-UNKNOWN, E-ENCODING…, E-HEADER; each names the file and the remedy.
    """
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise messages.error(
            messages.problem("E-FILE-MISSING", file=path.name, value=str(path.name))
        ) from reason
    return read_bytes(data, file=path.name, options=options)


def read_bytes(data: bytes, *, file: str, options: Options | None = None) -> RawTable:
    """Read a file's content; see :func:`read`."""
    content = enc.unpack(data, file=file)
    if not content.strip():
        raise _no_headings(file, "", empty=True)
    kind = kind_of(content)
    if kind == "markup":
        raise messages.error(messages.problem("E-FILE-KIND", file=file))
    if kind == "workbook":
        return read_workbook(content, file=file, options=options)
    if kind == "parquet":
        return read_parquet(content, file=file)
    return read_delimited(content, file=file, options=options)
