"""Records of land trading: the columns that notices carry, read without guessing.

The columns are data of a rule pack; a place that publishes others adds them there. A cell that
cannot be read is named with its row and column and stays unknown; the rest of the record counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from jiqun.engine.land.bounds import Bound, Sense, read_bound
from jiqun.engine.land.control import Standard
from jiqun.engine.land.identifiers import read_code
from jiqun.errors import Problem

ColumnType = Literal["text", "code", "date", "scalar", "bound"]
Value = str | date | Fraction | Bound | None
_DATE = re.compile(r"(\d{4})(?:年|-|/|\.)(\d{1,2})(?:月|-|/|\.)(\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a trading record.

    Attributes:
        name: in code.
        zh: usual heading.
        en: in English.
        type: ``scalar`` is one exact number, ``bound`` a range with its comparator.
        kind: of a number, see :data:`jiqun.engine.land.bounds.UNITS`.
        unit: of numbers that carry none.
        sense: what a bare number means in a column of bounds.
        required: whether a record without it is refused.
        low: smallest plausible value in the column's unit, None for no limit.
        high: largest.
        aliases: other headings.
        standard: code of the control indicator that it fixes, empty for none.
    """

    name: str
    zh: str
    en: str
    type: ColumnType
    kind: str = ""
    unit: str = ""
    sense: Sense = ""
    required: bool = False
    low: Fraction | None = None
    high: Fraction | None = None
    aliases: tuple[str, ...] = ()
    standard: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """What a table says: one mapping per row, by column name, and every problem.

    ``rows`` are all rows; a value that is missing or unreadable is None.
    """

    rows: tuple[Mapping[str, Value], ...]
    problems: tuple[Problem, ...]


def plain_heading(text: str) -> str:
    """Return a heading without its unit, width, spaces and brackets: “投资强度（万元/亩）” → “投资强度”."""
    half = unicodedata.normalize("NFKC", text)
    return re.sub(r"\(.*?\)|\[.*?\]|\s|[:：*]", "", half).lower()


def match_headings(
    headings: Sequence[str], columns: Sequence[Column]
) -> tuple[dict[int, Column], tuple[Problem, ...]]:
    """Return which column each heading is, and headings that are twice or not known.

    An unknown heading is no error: the column is left out and reported (``I-LAND-HEADING``). Two
    headings for one column and required columns without one are (``E-LAND-HEADING``).
    """
    by_name = {
        plain_heading(name): column
        for column in columns
        for name in (column.name, column.zh, *column.aliases)
    }
    found: dict[int, Column] = {}
    problems: list[Problem] = []
    for at, heading in enumerate(headings):
        column = by_name.get(plain_heading(heading))
        if column is None:
            problems.append(
                Problem("I-LAND-HEADING", f"不认识列“{heading}”，未导入",
                        f"the column “{heading}” is not known and was left out", column=heading)
            )  # fmt: skip
        elif column in found.values():
            problems.append(
                Problem("E-LAND-HEADING", f"“{column.zh}”出现了两列", f"“{column.en}” is there twice",
                        "请只保留一列", "keep one of them", column=heading)
            )  # fmt: skip
        else:
            found[at] = column
    missing = [one for one in columns if one.required and one not in found.values()]
    problems += [
        Problem("E-LAND-HEADING", f"缺少列“{one.zh}”", f"the column “{one.en}” is missing",
                "请补上该列", "add it", column=one.zh)
        for one in missing
    ]  # fmt: skip
    return found, tuple(problems)


def read_records(
    headings: Sequence[str], cells: Sequence[Sequence[str]], *, columns: Sequence[Column]
) -> Records:
    """Read a table of trading records. Rows count from 1 below the heading.

    A heading may carry the unit of its column in brackets, which wins over the usual one.
    """
    matched, problems = match_headings(headings, columns)
    said = list(problems)
    rows: list[Mapping[str, Value]] = []
    for number, row in enumerate(cells, start=1):
        values: dict[str, Value] = {column.name: None for column in columns}
        for at, column in matched.items():
            text = row[at] if at < len(row) else ""
            value, wrong = _cell(text, column, unit=_unit_in(headings[at]) or column.unit)
            values[column.name] = value
            said += [_at(wrong, number, headings[at], text)] if wrong else []
        rows.append(values)
    return Records(tuple(rows), tuple(said))


def _unit_in(heading: str) -> str:
    found = re.search(r"[(\[]([^()\[\]]*)[)\]]\s*$", unicodedata.normalize("NFKC", heading))
    return found[1].replace("≥", "").replace("≤", "").strip() if found else ""


def _at(wrong: tuple[str, str], number: int, heading: str, text: str) -> Problem:
    return Problem(
        "E-LAND-RECORD",
        f"第 {number} 行“{heading}”：{wrong[0]}",
        f"row {number}, “{heading}”: {wrong[1]}",
        "请按公告原文核对该单元格",
        "check the cell against the notice",
        row=number,
        column=heading,
        value=text,
    )


def _cell(text: str, column: Column, *, unit: str) -> tuple[Value, tuple[str, str] | None]:
    """Return a cell's value, and what is wrong with it."""
    written = text.strip()
    if column.type in {"scalar", "bound"}:
        return _number(written, column, unit)
    if not written:
        return None, ("不能为空", "it must not be empty") if column.required else None
    if column.type == "text":
        return written, None
    if column.type == "date":
        day = _day(written)
        return day, None if day else (f"不是日期：“{written}”", f"“{written}” is no date")
    code, wrong = read_code(written)
    if code is None:
        return None, (wrong[0].message_zh, wrong[0].message_en)
    return code.parcel + code.unit, None


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _number(text: str, column: Column, unit: str) -> tuple[Value, tuple[str, str] | None]:
    sense: Sense = column.sense if column.type == "bound" else ""
    read = read_bound(text, kind=column.kind, unit=unit, sense=sense)
    if read.missing:
        return None, ("不能为空", "it must not be empty") if column.required else None
    if read.bound is None:
        return None, (read.zh, read.en)
    ends = [one for one in (read.bound.low, read.bound.high) if one is not None]
    if any(_implausible(one, column) for one in ends):
        return None, (
            f"“{text}”不在合理范围内，请核对单位",
            f"“{text}” is not plausible; check its unit",
        )
    if column.type == "bound":
        return read.bound, None
    if len(ends) != 2 or ends[0] != ends[1]:
        return None, (f"应为一个数，得到“{text}”", f"one number is needed, got “{text}”")
    return ends[0], None


def _implausible(value: Fraction, column: Column) -> bool:
    below = column.low is not None and value < column.low
    return below or (column.high is not None and value > column.high)


def standards_of(
    record: Mapping[str, Value], *, columns: Sequence[Column], usual: Sequence[Standard]
) -> tuple[Standard, ...]:
    """Return the control indicators that a record fixes, named as the usual ones are.

    Indicators without a limit in the record are left out; they are not replaced by usual ones.
    """
    by_code = {one.code: one for one in usual}
    found: list[Standard] = []
    for column in columns:
        bound = record.get(column.name)
        if not column.standard or not isinstance(bound, Bound):
            continue
        if bound.low is None and bound.high is None:
            continue
        known = by_code.get(column.standard)
        found.append(
            Standard(
                column.standard, column.zh, column.en, column.kind, bound.low, bound.high,
                hard=known.hard if known else True, mark="✔", low_open=bound.low_open,
                high_open=bound.high_open,
            )
        )  # fmt: skip
    return tuple(found)
