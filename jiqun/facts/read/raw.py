"""What reading a file gives: a table of text with the row numbers that a spreadsheet shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from jiqun.facts import messages
from jiqun.facts.read.sheet import Heading

# Working columns: row number; a totals row; more cells than headings; why the row is no data.
ROW, TOTAL, WIDE, REFUSED = "_row", "_total", "_wide", "_refused"


@dataclass(frozen=True, slots=True)
class Options:
    """What ``county.toml`` or the person states about a file; everything else is found out."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: tuple[int, ...] = ()
    skip: int = 0
    totals: bool = True
    fill_down: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as its file has it.

    ``frame`` holds one column per heading (text; whole numbers from typed files stay typed), the
    row number ``_row``, ``_total`` (a totals row), ``_wide`` (more cells than headings) and
    ``_refused`` (code of the reason why the row is no data, or ''). ``lines`` stand above the
    headings; ``others`` are visible sheets with content that were not read, ``aside`` hidden ones;
    sheets that only explain (说明, 目录 …) are neither.
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
    lines: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def unflagged(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the working columns of a table whose rows are all data."""
    return frame.with_columns(
        pl.lit(value=False).alias(TOTAL),
        pl.lit(value=False).alias(WIDE),
        pl.lit("").alias(REFUSED),
    )


def no_headings(file: str, sheet: str, *, empty: bool) -> Exception:
    """Return the error of a file or sheet without content, or without headings."""
    code = "E-FILE-EMPTY" if empty else "E-HEADER"
    return messages.error(messages.problem(code, file=file, sheet=sheet))


def pad(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Return the rows, each with exactly ``width`` cells."""
    return [[*row[:width], *[""] * (width - len(row))] for row in rows]


def stated(options: Options) -> tuple[int, int] | None:
    """First and last heading row from 0, where they are stated."""
    rows = options.header_rows
    return (rows[0] - 1 - options.skip, rows[-1] - 1 - options.skip) if rows else None
