"""How a file of the corpus is written down, and the county that it belongs to."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import xlsxwriter

from jiqun.facts.intake.hints import Hints

PLACE, TOWN, OTHER = "990101", "990101001", "990101002"
FIRM_A, FIRM_B = "91350100M000100Y43", "914403001922038216"
CONTEXT = {"place": PLACE, "classification": "gbt4754-2017"}
# What is compared of each fact; every one of them is a cell that came from the file.
COMPARED: Mapping[str, tuple[str, ...]] = {
    "industry_cell": ("place", "industry", "period", "measure", "value", "unit", "status"),
    "firm": ("firm", "name", "place", "status", "scale", "founded", "products"),
    "firm_indicator": ("firm", "indicator", "period", "value", "unit", "lawful_basis"),
    "place": ("place", "name_zh", "parent", "level", "population", "area_km2"),
    "trade_link": ("seller", "buyer", "period", "product", "value", "unit"),
}
UNITS = {"employment": "person", "establishments": "establishment"}
Row = Sequence[object]
Merge = tuple[int, int, int, int]


@dataclass(frozen=True)
class File:
    """One file. ``truth`` are the facts that are certainly in it, ``held`` counts what is not.

    ``held`` counts quarantined records by code, ``blocks`` are the questions that stop the file,
    ``said`` are notices that must be given. ``hints`` answer the questions; then ``helped`` are
    the facts (``truth`` where nothing else is stated).
    """

    name: str
    content: bytes
    truth: Sequence[tuple[object, ...]] = ()
    file: str = "t.csv"
    contract: str = "industry_cell"
    held: Mapping[str, int] = field(default_factory=dict)
    duplicate: int = 0
    blank: int = 0
    blocks: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    hints: Hints | None = None
    helped: Sequence[tuple[object, ...]] | None = None
    basis: str = ""
    firms: frozenset[str] | None = None
    kind: str = ""


def cell(
    industry: str,
    period: str,
    measure: str,
    value: int | None,
    *,
    place: str = PLACE,
    status: str = "",
) -> tuple[object, ...]:
    """One industry cell; the status follows from the value unless it is stated."""
    usual = "zero" if value == 0 else "published"
    return place, industry, period, measure, value, UNITS.get(measure, "CNY_fen"), status or usual


def csv(text: str, encoding: str = "utf-8") -> bytes:
    return text.lstrip("\n").encode(encoding)


def _fill(
    book: xlsxwriter.Workbook, title: str, lines: Sequence[Row]
) -> xlsxwriter.worksheet.Worksheet:
    page = book.add_worksheet(title)
    month = book.add_format({"num_format": 'yyyy"年"m"月"'})
    for r, line in enumerate(lines):
        for c, one in enumerate(line):
            if hasattr(one, "isoformat"):
                page.write_datetime(r, c, one, month)
            elif isinstance(one, str):
                page.write_string(r, c, one)
            elif one is not None:
                page.write(r, c, one)
    return page


def sheet(
    rows: Sequence[Row],
    merges: Sequence[Merge] = (),
    *,
    hidden: Sequence[int] = (),
    name: str = "表1",
    others: Mapping[str, Sequence[Row]] | None = None,
    before: Mapping[str, Sequence[Row]] | None = None,
    unseen: Mapping[str, Sequence[Row]] | None = None,
) -> bytes:
    """A workbook; merges are (first row, first column, last row, last column) from 0."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)

    for title, lines in (before or {}).items():
        _fill(book, title, lines)
    page = _fill(book, name, rows)
    for top, left, low, right in merges:
        page.merge_range(top, left, low, right, rows[top][left])
    for number in hidden:
        page.set_row(number - 1, None, None, {"hidden": True})
    for title, lines in (others or {}).items():
        _fill(book, title, lines)
    for title, lines in (unseen or {}).items():
        _fill(book, title, lines).hide()
    page.activate()
    book.close()
    return buffer.getvalue()
