"""Records of text → typed columns of a contract, with every problem of every cell.

Each distinct text is parsed once, so the cost is that of the distinct values, not of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from jiqun.facts.contract import ARROW_TYPES, Column, Contract
from jiqun.facts.load.cells import (
    FORMULA,
    PLAIN,
    Reader,
    reader_of,
    scale_of,
    without_marks,
)
from jiqun.facts.load.headings import HIDDEN, UNIT
from jiqun.facts.load.mapping import Table
from jiqun.facts.load.records import Records
from jiqun.facts.read.raw import ROW, RawTable
from jiqun.facts.values import quantity, units

RECORD = "_record"
FOUND = {
    RECORD: pl.UInt32,
    "column": pl.String,
    "value": pl.String,
    "code": pl.String,
    "extra": pl.String,
}
# A missing cell is never a zero; each kind says so in its own words.
MISSING_CODES = {
    quantity.EMPTY: "I-NOT-REPORTED",
    quantity.DASH: "I-NOT-APPLICABLE",
    quantity.ELLIPSIS: "I-NOT-AVAILABLE",
    quantity.SUPPRESSED: "I-SUPPRESSED",
}
DTYPES: Mapping[str, pl.DataType] = {
    "string": pl.String(), "int64": pl.Int64(), "double": pl.Float64(), "date32[day]": pl.Date(),
    "bool": pl.Boolean(),
}  # fmt: skip


def dtype_of(column: Column) -> pl.DataType:
    """Polars type in which a contract column is stored."""
    return DTYPES[str(ARROW_TYPES[column.type])]


@dataclass(frozen=True, slots=True)
class Converted:
    """``frame`` keeps the working columns; ``found`` has one row per problem of one cell."""

    frame: pl.DataFrame
    found: pl.DataFrame


def _translate(texts: pl.Series, words: Mapping[str, str]) -> pl.Series:
    return texts.replace(dict(words)) if words else texts


def _apply(
    cells: pl.Series, reader: Reader, column: str, *, enum: bool = False
) -> tuple[pl.Series, pl.DataFrame]:
    """Read a column through its distinct texts: (typed column in order, problems)."""
    texts = cells.cast(pl.String).fill_null("").alias("text").to_frame()
    table = without_marks(reader(texts.to_series().unique()), enum=enum)
    known = table.select("text", "typed")
    typed = texts.join(known, on="text", how="left", maintain_order="left")["typed"]
    wrong = table.filter(pl.col("code") != "").select("text", "code", "extra")
    if not wrong.height:
        return typed, pl.DataFrame(schema=FOUND)
    found = texts.with_row_index(RECORD).join(wrong, on="text", how="inner")
    said = found.with_columns(pl.col("text").alias("value"), pl.lit(column).alias("column"))
    return typed, said.select(*FOUND)


def _plain_numbers(cells: pl.Series) -> pl.Series | None:
    """Fast path of number columns: every cell is a plain decimal or empty."""
    typed = cells.cast(pl.Float64, strict=False)
    empty = cells.is_null() | (cells.cast(pl.String).str.strip_chars() == "")
    if (typed.is_null() & ~empty).any() or typed.is_infinite().any() or typed.is_nan().any():
        return None
    return typed


_QUANTITY = {
    RECORD: pl.UInt32, "typed": pl.Int64, "base": pl.String, "state": pl.String,
    "code": pl.String, "extra": pl.String,
}  # fmt: skip


def _quantities(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the value column unit by unit.

    Returns:
        (value, base unit, state per record; problems).
    """
    marks = frozenset(table.suppression_marks) or quantity.SUPPRESSION_MARKS
    options = quantity.Options(dash=table.dash, suppressed=marks, rounds=table.round)
    indexed = frame.select("value", UNIT).with_row_index(RECORD)
    parts = [
        _one_unit(group, str(text or ""), options)
        for (text,), group in indexed.group_by(UNIT, maintain_order=True)
    ]
    whole = pl.concat([pl.DataFrame(schema=_QUANTITY), *parts]).sort(RECORD)
    failed = (whole["code"] != "") & frame["value"].cast(pl.String).str.contains(FORMULA)
    formula = pl.when(failed.fill_null(value=False)).then(pl.lit("E-FORMULA"))
    whole = whole.with_columns(formula.otherwise(pl.col("code")).alias("code"))
    bad = whole.filter(pl.col("code") != "")
    raw = frame["value"].gather(bad[RECORD]).cast(pl.String)
    said = bad.with_columns(pl.lit("value").alias("column"), raw.fill_null("").alias("value"))
    return whole.select("typed", "base", "state"), said.select(*FOUND)


def _one_unit(group: pl.DataFrame, text: str, options: quantity.Options) -> pl.DataFrame:
    unit = units.find(text)
    found = quantity.parse_series(group["value"], unit=unit or PLAIN, options=options)
    if unit is None:
        # A missing value needs no unit; any other, a withheld one too, says nothing without one.
        said = pl.col("state").is_in([quantity.VALUE, quantity.BAD, quantity.SUPPRESSED])
        code = pl.when(said).then(pl.lit("E-UNIT" if text else "E-UNIT-MISSING"))
        bad = pl.when(said).then(pl.lit(quantity.BAD)).otherwise(pl.col("state"))
        nothing = pl.lit(None, pl.Int64).alias("value")
        found = found.with_columns(
            nothing, code.otherwise(pl.lit("")).alias("code"), bad.alias("state")
        )
    return group.select(RECORD).with_columns(
        found["value"].alias("typed"),
        pl.lit(unit.base if unit else None, pl.String).alias("base"),
        found["state"],
        found["code"],
        pl.lit(text).alias("extra"),
    )


def _with_status(
    frame: pl.DataFrame, raw: pl.Series, contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Derive status from the value, keep a stated one, and explain every missing value."""
    has_status = "status" in contract.names
    stated = pl.col("status") if "status" in frame.columns else pl.lit(None, dtype=pl.String)
    hidden = pl.col(HIDDEN) | (pl.col("_state") == quantity.SUPPRESSED) | (stated == "suppressed")
    hidden = hidden.fill_null(value=False) if has_status else pl.lit(value=False)
    needed = has_status or contract.column("value").required
    shown = pl.col("_state") == quantity.VALUE
    missing = ~shown & ~hidden & (pl.col("_state") != quantity.BAD)
    contradiction = shown & (pl.col("value") != 0) & (stated == "suppressed").fill_null(value=False)
    code = (
        pl.when(contradiction).then(pl.lit("E-STATUS"))
        .when(missing & pl.lit(value=needed))
        .then(pl.col("_state").replace_strict(MISSING_CODES, default="", return_dtype=pl.String))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    found = frame.select(code.alias("code")).with_row_index(RECORD).filter(pl.col("code") != "")
    found = found.with_columns(
        raw.gather(found[RECORD]).cast(pl.String).fill_null("").alias("value"),
        pl.lit("value").alias("column"),
        pl.lit("").alias("extra"),
    ).select(*FOUND)
    if has_status:
        derived = pl.when(pl.col("value") == 0).then(pl.lit("zero")).otherwise(pl.lit("published"))
        frame = frame.with_columns(
            pl.when(hidden)
            .then(pl.lit("suppressed"))
            .otherwise(stated.fill_null(derived))
            .alias("status"),
            pl.when(~hidden).then(pl.col("value")).alias("value"),
        )
    return frame, found


def _column(
    cells: pl.Series, column: Column, table: Table, raw: RawTable, heading: str
) -> tuple[pl.Series, pl.DataFrame]:
    words = table.values.get(column.name, {}) if column.type != "enum" else {}
    as_is = column.type == "number" and scale_of(column, table, raw, heading) == 1
    typed = _plain_numbers(cells) if as_is and not words else None
    bad = pl.DataFrame(schema=FOUND)
    if typed is None:
        translated = _translate(cells.cast(pl.String), words)
        reader = reader_of(column, table, raw, heading)
        typed, bad = _apply(translated, reader, column.name, enum=column.type == "enum")
    return typed.cast(dtype_of(column)).alias(column.name), bad


def _typed(
    frame: pl.DataFrame, column: Column, table: Table, raw: RawTable, heading: str | None
) -> tuple[pl.Series, pl.DataFrame]:
    """Type one column; a constant (which has no heading) is read once."""
    cells = frame[column.name]
    if heading is not None or not frame.height:
        return _column(cells, column, table, raw, heading or "")
    typed, bad = _column(cells.head(1), column, table, raw, "")
    everywhere = pl.DataFrame({RECORD: pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    if bad.height:
        bad = everywhere.join(bad.drop(RECORD), how="cross")
    return typed.new_from_index(0, frame.height), bad.select(*FOUND)


def _constants(
    frame: pl.DataFrame, records: Records, contract: Contract, given: set[str]
) -> pl.DataFrame:
    """Columns with one value for the whole table: the mapping's constants, then defaults."""
    fixed = dict(records.constants)
    for column in contract.columns:
        status = column.name == "status" and "value" in contract.names
        if column.default is not None and column.name not in {*given, *fixed} and not status:
            fixed[column.name] = column.default
    names = [name for name in contract.names if name in fixed and name not in given]
    return frame.with_columns(pl.lit(fixed[name]).alias(name) for name in names)


def convert(records: Records, table: Table, raw: RawTable, contract: Contract) -> Converted:
    """Type every column of the contract.

    Returns:
        Converted, whose frame has all contract columns (null where unreadable or absent) in the
        order of the records, and one row in ``found`` for each cell that could not be read.
    """
    given = {*records.frame.columns}
    frame = _constants(records.frame, records, contract, given)
    found: list[pl.DataFrame] = []
    typed: list[pl.Series] = []
    for column in contract.columns:
        if column.name in frame.columns and column.type not in ("quantity", "unit"):
            heading = records.headings.get(column.name, "") if column.name in given else None
            series, bad = _typed(frame, column, table, raw, heading)
            typed.append(series)
            found.append(bad)
    if "value" in contract.names:
        answer, bad = _quantities(frame, table) if "value" in frame.columns else _no_value(frame)
        raw_values = frame["value"] if "value" in frame.columns else answer["base"]
        frame = frame.with_columns(
            *typed,
            answer["typed"].alias("value"),
            answer["base"].alias("unit"),
            answer["state"].alias("_state"),
        )
        frame, missing = _with_status(frame, raw_values, contract)
        found += [bad, missing]
    else:
        frame = frame.with_columns(typed)
    absent = [c for c in contract.columns if c.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=dtype_of(c)).alias(c.name) for c in absent)
    empty = pl.DataFrame(schema=FOUND)
    return Converted(frame, pl.concat([empty, *(part.select(*FOUND) for part in found)]))


def _no_value(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A table of a contract with values that has none (a register of projects without amounts)."""
    answer = frame.select(ROW).with_columns(
        pl.lit(None, pl.Int64).alias("typed"),
        pl.lit(None, pl.String).alias("base"),
        pl.lit(quantity.EMPTY).alias("state"),
    )
    return answer, pl.DataFrame(schema=FOUND)
