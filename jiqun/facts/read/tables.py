"""Files of any common kind → one table of text with the row numbers that a spreadsheet shows."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl

from jiqun.facts import messages
from jiqun.facts.read import encoding as enc
from jiqun.facts.read.raw import (
    REFUSED,
    ROW,
    TOTAL,
    WIDE,
    Options,
    RawTable,
    no_headings,
    pad,
    stated,
    unflagged,
)
from jiqun.facts.read.rows import finish
from jiqun.facts.read.sheet import LOOK, Heading, lay_out
from jiqun.facts.read.workbook import read_workbook

DELIMITERS = (",", "\t", ";", "；", "|", "，")


def _sniff(text: str) -> str:
    """The delimiter that splits the most lines into the same number of parts."""
    lines = [line for line in text[:20_000].splitlines()[:LOOK] if line.strip()]

    def rank(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines if mark in line]
        common = max(set(counts), key=counts.count, default=0)
        return counts.count(common) if common else 0, common

    return max(DELIMITERS, key=rank) if lines else ","


def _ragged(text: str, delimiter: str, width: int) -> pl.DataFrame:
    """Slow path: some row has more cells than there are columns; keep it, marked."""
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    padded = pad(rows, width)
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
        raise no_headings(file, "", empty=True)
    delimiter = options.delimiter or _sniff(decoded.text)
    reader = csv.reader(io.StringIO(decoded.text), delimiter=delimiter)
    head = [row for row, _ in zip(reader, range(LOOK + options.skip), strict=False)]
    width = max((len(row) for row in head), default=0)
    layout = lay_out(pad(head, width)[options.skip :], heading_rows=stated(options))
    if layout is None:
        raise no_headings(file, "", empty=False)
    frame = _delimited(decoded.text, delimiter, width).with_row_index(ROW, offset=1)
    names = {f"c{i}": item.name for i, item in enumerate(layout.headings)}
    body = frame.slice(layout.body + options.skip).with_columns(pl.col(ROW).cast(pl.Int64))
    return finish(body.rename(names), layout, options, file=file, decoded=decoded)


def read_parquet(data: bytes, *, file: str) -> RawTable:
    """Read Parquet bytes; whole numbers stay typed, everything else becomes text."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as reason:
        raise messages.error(
            messages.problem("E-FILE-UNREADABLE", file=file, extra=str(reason)[:200])
        ) from reason
    if not frame.height:
        raise no_headings(file, "", empty=True)
    other = [name for name, kind in frame.schema.items() if not kind.is_integer()]
    frame = frame.with_columns(pl.col(other).cast(pl.String)).with_row_index(ROW, offset=1)
    frame = unflagged(frame.with_columns(pl.col(ROW).cast(pl.Int64)))
    names = [name for name in frame.columns if name not in (ROW, TOTAL, WIDE, REFUSED)]
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
        raise no_headings(file, "", empty=True)
    kind = kind_of(content)
    if kind == "markup":
        raise messages.error(messages.problem("E-FILE-KIND", file=file))
    if kind == "workbook":
        return read_workbook(content, file=file, options=options)
    if kind == "parquet":
        return read_parquet(content, file=file)
    return read_delimited(content, file=file, options=options)
