"""A file for a table of commitments → typed rows and every problem of every cell.

The readers are those of the facts, so that encodings, headings, dates and codes are understood
alike and every problem is said in the same words.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from jiqun.core.imports.files import REASON
from jiqun.core.security.cells import unguarded
from jiqun.core.tabular import Faulty, Field, UnknownColumn, Upload, pick
from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Column, ColumnType, Contract
from jiqun.facts.intake.plan import letter
from jiqun.facts.load import records
from jiqun.facts.load.convert import RECORD, convert
from jiqun.facts.load.headings import SRC, match
from jiqun.facts.load.mapping import Table, Take
from jiqun.facts.load.quality import Known, check
from jiqun.facts.read.raw import ROW, Options, RawTable
from jiqun.facts.read.tables import read_bytes

TYPES: Mapping[str, ColumnType] = {
    "text": "text", "code": "code", "firm_id": "firm_id", "words": "enum", "bool": "bool",
    "integer": "integer", "number": "number", "date": "date", "period": "period",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """``rows`` are (row of the file, values); ``faulty`` those with a problem, whole.

    ``stated`` are the columns of which the file speaks at all.
    """

    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    received: int
    duplicate: int
    problems: tuple[Problem, ...]
    faulty: tuple[Faulty, ...]
    unknown: tuple[UnknownColumn, ...]
    stated: frozenset[str]
    letters: Mapping[str, str]
    sheet: str = ""
    encoding: str = ""
    preview: tuple[str, ...] = ()


def contract_of(name: str, fields: Sequence[Field], key: Sequence[str]) -> Contract:
    """Return the contract that a table's importable columns amount to."""
    columns = tuple(
        Column(
            one.name, TYPES[one.type], one.zh, one.en, required=one.required, example=one.example,
            default=one.default, unit=one.unit, min=one.min, max=one.max,
            values={code: zh for code, (zh, _) in one.words.items()},
        )
        for one in fields
    )  # fmt: skip
    return Contract(name, {"zh": name, "en": name}, {"zh": "", "en": ""}, tuple(key), columns)


def raw_table(upload: Upload) -> RawTable:
    """Read a file; an apostrophe that our own CSV put before a formula is taken off again."""
    raw = read_bytes(
        upload.content,
        file=upload.name,
        options=Options(encoding=upload.encoding or None, sheet=upload.sheet or None),
    )
    if not raw.encoding:
        return raw
    texts = [name for name, kind in raw.frame.schema.items() if kind == pl.String]
    guarded = [name for name in texts if raw.frame[name].str.starts_with("'").any()]
    frame = raw.frame.with_columns(
        pl.col(name).map_elements(unguarded, return_dtype=pl.String) for name in guarded
    )
    return replace(raw, frame=frame)


def nearest(heading: str, fields: Sequence[Field]) -> str:
    """Return the column that a heading looks most like, or ''."""
    spelled = {text.lower(): one.name for one in fields for text in (one.zh, one.en, one.name)}
    close = difflib.get_close_matches(heading.lower(), list(spelled), n=1, cutoff=0.5)
    return spelled[close[0]] if close else ""


def unknown_columns(
    raw: RawTable, fields: Sequence[Field], upload: Upload
) -> tuple[UnknownColumn, ...]:
    """Headings that no column has, and about which the person has not decided."""
    decided = {*upload.ignored, *upload.renames, *REASON}
    taken = [match([one.name, one.zh, one.en], raw.headings) for one in fields]
    used = {one.name for one in taken if one is not None}
    return tuple(
        UnknownColumn(one.name, nearest(one.clean, fields))
        for one in raw.headings
        if one.name not in used | decided
    )


def said_unknown(found: UnknownColumn, fields: Sequence[Field], file: str) -> Problem:
    """Return the problem of a heading that no column has."""
    near = next((one.zh for one in fields if one.name == found.nearest), "")
    return messages.problem(
        "E-COLUMN-UNKNOWN", file=file, column=found.heading, value=found.heading,
        extra=near or "、".join(one.zh for one in fields),
    )  # fmt: skip


def _problems(
    found: pl.DataFrame, frame: pl.DataFrame, raw: RawTable, labels: Mapping[str, str]
) -> list[tuple[int, Problem]]:
    """Return (record, problem) of every cell, in the order of the file."""
    position = frame.select(ROW, SRC).with_row_index(RECORD)
    joined = found.join(position, on=RECORD, how="left", maintain_order="left").sort(ROW)
    return [
        (
            int(row[RECORD]),
            messages.problem(
                row["code"], file=raw.file, sheet=raw.sheet, row=row[ROW],
                column=labels.get(row["column"], row["column"]), value=row["value"] or "",
                extra=row["extra"] or "",
            ),
        )
        for row in joined.iter_rows(named=True)
    ]  # fmt: skip


def _own_checks(
    accepted: pl.DataFrame, fields: Sequence[Field], raw: RawTable, labels: Mapping[str, str]
) -> list[Problem]:
    """Problems that the columns' own validators find."""
    found: list[Problem] = []
    for one in fields:
        if one.check is None:
            continue
        for number, value in accepted.select(ROW, one.name).iter_rows():
            wrong = one.check(str(value)) if value is not None else None
            if wrong is not None:
                found.append(
                    Problem("E-VALUE", *wrong, f"请写成 {one.example} 这样。", f"Write it like {one.example}.",
                            file=raw.file, sheet=raw.sheet, row=number, column=labels[one.name], value=str(value))
                )  # fmt: skip
    return found


def template_headings(headings: Mapping[str, str], fields: Sequence[Field]) -> dict[str, str]:
    """Return heading of the file → heading of the template, for what the file calls otherwise."""
    zh = {one.name: one.zh for one in fields}
    return {heading: zh[column] for column, heading in headings.items() if column in zh}


def letters(raw: RawTable) -> dict[str, str]:
    """Return the spreadsheet letter of each heading."""
    return {one.name: letter(number) for number, one in enumerate(raw.headings)}


def cell(letters: Mapping[str, str], problem: Problem) -> str:
    """Return the address of the cell that a problem is about, or ''."""
    found = letters.get(problem.column, "")
    return f"{found}{problem.row}" if found and problem.row else ""


def faulty_rows(
    raw: RawTable, problems: Sequence[Problem], headings: Mapping[str, str]
) -> tuple[Faulty, ...]:
    """Return every row that has a problem: its cells under the template's columns, and why.

    Args:
        raw: The file.
        problems: Problems with row numbers.
        headings: Heading of the file → heading under which the template has it.
    """
    reasons: dict[int, list[str]] = {}
    for one in problems:
        if one.row is not None:
            said = pick(one.message_zh, one.message_en)
            remedy = pick(one.remedy_zh, one.remedy_en)
            reasons.setdefault(one.row, []).append(f"{said}。{remedy}" if remedy else said)
    names = [one.name for one in raw.headings]
    wanted = raw.frame.filter(pl.col(ROW).is_in(list(reasons))).select(
        ROW, *(pl.col(name).cast(pl.String) for name in names)
    )
    return tuple(
        Faulty(
            int(row[ROW]),
            {headings.get(name, name): row[name] or "" for name in names},
            " ".join(dict.fromkeys(reasons[int(row[ROW])])),
        )
        for row in wanted.iter_rows(named=True)
    )


def read(upload: Upload, name: str, fields: Sequence[Field], key: Sequence[str]) -> Read:
    """Read, type and check a file against a table's columns.

    Raises:
        JiqunError: The file cannot be read, or a required column is missing; every such problem
            is in ``fields``.
    """
    spec = contract_of(name, fields, key)
    raw = raw_table(upload)
    if raw.frame.is_empty():
        raise messages.error(messages.problem("E-TABLE-EMPTY", file=upload.name, sheet=raw.sheet))
    unknown = unknown_columns(raw, fields, upload)
    left_out = (*upload.ignored, *REASON, *(one.heading for one in unknown))
    words = {one.name: {en: code for code, (_, en) in one.words.items()} for one in fields}
    table = Table(
        contract=name, source=upload.source, file=upload.name, ignore=left_out,
        constants=upload.constants,
        columns={column: Take((heading,)) for heading, column in upload.renames.items()},
        values={column: spelled for column, spelled in words.items() if spelled},
    )  # fmt: skip
    made = records.build(raw, table, spec)
    converted = convert(made, table, raw, spec)
    checked = check(converted.frame, converted.found, spec, Known())
    labels = {one.name: made.headings.get(one.name) or one.zh for one in fields}
    problems = [problem for _, problem in _problems(checked.found, converted.frame, raw, labels)]
    own = _own_checks(checked.accepted, fields, raw, labels)
    refused = {one.row for one in own}
    problems = sorted([*problems, *own], key=lambda one: one.row or 0)
    rows = tuple(
        (int(row.pop(ROW)), row)
        for row in checked.accepted.iter_rows(named=True)
        if row[ROW] not in refused
    )
    return Read(
        rows, converted.frame.height, checked.duplicate, tuple(problems),
        faulty_rows(raw, problems, template_headings(made.headings, fields)), unknown,
        frozenset({*made.headings, *upload.constants}), letters(raw), raw.sheet, raw.encoding, raw.preview,
    )  # fmt: skip
