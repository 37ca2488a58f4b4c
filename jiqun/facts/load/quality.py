"""A typed table against its contract: every problem of every row, at once, vectorised.

What passes is a fact; what does not is quarantined whole, with the original text and a remedy.
Rows whose values repeat another row's are duplicates; rows that contradict each other on one key
are all quarantined, because none of them can be preferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from jiqun.facts.contract import BASIS, OPEN_GRADES, Column, Contract
from jiqun.facts.load.convert import FOUND, RECORD
from jiqun.facts.load.headings import UNIT
from jiqun.facts.load.references import (
    ONLY_SECTORS,
    Known,
    firm_codes,
    flag,
    foreign,
    parents,
    references,
)
from jiqun.facts.read.raw import REFUSED, ROW, TOTAL, WIDE
from jiqun.facts.values import period, units


@dataclass(frozen=True, slots=True)
class Checked:
    """Result: rows to store, problems per record (all of them), rows that repeat another."""

    accepted: pl.DataFrame
    found: pl.DataFrame
    duplicate: int
    unchecked: tuple[str, ...] = ()
    mixed: str = ""


def _whole_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows refused as a whole: second tables, hidden rows, totals, overlong rows."""
    code = (
        pl.when(pl.col(REFUSED) != "").then(pl.col(REFUSED))
        .when(TOTAL).then(pl.lit("I-TOTAL-ROW"))
        .when(WIDE).then(pl.lit("E-ROW-WIDTH"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    said = frame.select(RECORD, code.alias("code")).filter(pl.col("code") != "")
    empty = [pl.lit("").alias(name) for name in ("column", "value", "extra")]
    return said.with_columns(empty).select(*FOUND)


def _required(frame: pl.DataFrame, contract: Contract, bad: pl.DataFrame) -> list[pl.DataFrame]:
    """Empty required columns, unless the cell already has a problem that says why."""
    parts: list[pl.DataFrame] = []
    for column in contract.columns:
        # An empty value is explained by its kind of missing, a basis by its own rule.
        if not column.required or column.type == "quantity" or column.name == BASIS:
            continue
        if not frame[column.name].null_count():
            continue
        about_it = ["unit", "value"] if column.type == "unit" else [column.name]
        known = bad.filter(pl.col("column").is_in(about_it)).select(RECORD)
        empty = frame.filter(pl.col(column.name).is_null()).join(known, on=RECORD, how="anti")
        kind = column.name in ONLY_SECTORS.values()
        about = column.name.removesuffix("_kind") if kind else column.name
        code = "E-IO-KIND" if kind else "E-REQUIRED"
        parts.append(flag(empty, pl.lit(value=True), about, code, column.zh))
    return parts


def _range(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    for column in contract.columns:
        low, high = column.min, column.max
        test = pl.lit(value=False)
        if low is not None:
            test = test | ((pl.col(column.name) < low) & ~_may_be_negative(contract, column))
        if high is not None:
            test = test | (pl.col(column.name) > high)
        if low is not None or high is not None:
            extra = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
            parts.append(flag(frame, test, column.name, "E-RANGE", extra.strip()))
    return parts


def _may_be_negative(contract: Contract, column: Column) -> pl.Expr:
    if column.type == "quantity" and contract.negative_allowed and "measure" in contract.names:
        names = [name for name, allowed in contract.negative_allowed.items() if allowed]
        return pl.col("measure").is_in(names)
    return pl.lit(value=False)


def _basis(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    """Rows that say something about a firm or person without a lawful basis."""
    if BASIS not in contract.names:
        return []
    graded = [n for n, grade in contract.column_grades.items() if grade not in OPEN_GRADES]
    said = [name for name in graded if name != BASIS and name not in contract.key]
    told = pl.any_horizontal(pl.col(name).is_not_null() for name in said or contract.key)
    every = contract.grade not in OPEN_GRADES
    return [flag(frame, pl.col(BASIS).is_null() & (pl.lit(every) | told), BASIS, "E-BASIS")]


def _measure_units(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    """A measure in a unit of another kind (employment in yuan)."""
    if "measure" not in contract.names or "unit" not in contract.names:
        return []
    parts: list[pl.DataFrame] = []
    for measure, bases in units.MEASURE_UNITS.items():
        wrong = (
            (pl.col("measure") == measure) & (pl.col("unit") != "") & ~pl.col("unit").is_in(bases)
        )
        found = flag(frame, wrong, "unit", "E-UNIT-MEASURE", f"{measure}: {'、'.join(bases)}")
        # Quoted as it was written (万吨), not as the base unit that it was read as (kg).
        written = found.select(RECORD).join(frame.select(RECORD, UNIT), on=RECORD, how="left")
        parts.append(found.with_columns(written[UNIT].fill_null("").alias("value")))
    return parts


def _varying(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that differ at all (a constant cannot distinguish keys)."""
    ends = frame.head(1).vstack(frame.tail(1)) if frame.height else frame
    differ = [n for n in names if ends[n].n_unique() > 1]
    rest = [n for n in names if n not in differ and frame[n].n_unique() > 1]
    return [n for n in names if n in differ or n in rest]


def _duplicates(frame: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off repeated rows.

    Returns:
        (rows kept, problems of rows that contradict each other). Rows dropped are duplicates.
    """
    none = pl.DataFrame(schema=FOUND)
    key = _varying(frame, contract.key) or list(contract.key[:1])
    doubled = frame.select(key).is_duplicated() if frame.height else None
    if doubled is None or not doubled.any():
        return frame, none
    single, several = frame.filter(~doubled), frame.filter(doubled)
    several = several.unique([*contract.names], keep="first", maintain_order=True)
    clash = several.select(key).is_duplicated()
    kept = pl.concat([single, several.filter(~clash)])
    clashing = several.filter(clash)
    if not clashing.height:
        return kept.sort(RECORD), none
    rows = pl.col(ROW).unique(maintain_order=True).head(6).cast(pl.String)
    others = clashing.group_by(key, maintain_order=True).agg(rows.str.join("、").alias("_rows"))
    joined = clashing.join(others, on=key, how="left", maintain_order="left", nulls_equal=True)
    named = joined.with_columns(
        pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" · ").alias("key")
    )
    found = flag(named, pl.lit(value=True), "key", "E-DUPLICATE-KEY", pl.col("_rows"))
    return kept.sort(RECORD), found


def _mixed(frame: pl.DataFrame, contract: Contract) -> str:
    """Kinds of period in one table, when there are several: legal, but worth a look."""
    if "period" not in contract.names:
        return ""
    unique = frame["period"].drop_nulls().unique()
    found = sorted({*period.kinds(unique)}) if len(unique) else []
    return "、".join(found) if len(found) > 1 else ""


def check(frame: pl.DataFrame, found: pl.DataFrame, contract: Contract, known: Known) -> Checked:
    """Check typed rows.

    Args:
        frame: from :func:`jiqun.facts.load.convert.convert`, with its working columns.
        found: problems of cells that could not be read.
        contract: what the rows must satisfy.
        known: codes of places, firms and industries loaded before.

    Returns:
        Checked. ``accepted`` has the contract's columns and ``_row``; a record with any problem
        is not in it.
    """
    indexed = frame.with_row_index(RECORD)
    unchecked: list[str] = []
    # A row that is no data of this table has that one problem; its cells mean nothing.
    whole = _whole_rows(indexed)
    body = indexed.join(whole.select(RECORD), on=RECORD, how="anti", maintain_order="left")
    cells = found.join(whole.select(RECORD), on=RECORD, how="anti")
    parts = [whole, cells, *_required(body, contract, cells), *_range(body, contract)]
    parts += _measure_units(body, contract)
    parts += firm_codes(body, contract)
    parts += _basis(body, contract)
    others = foreign(body, contract, known)
    own = body.join(others.select(RECORD), on=RECORD, how="anti", maintain_order="left")
    parts += [others, *references(own, contract, known, unchecked)]
    parts += parents(body, contract, known)
    problems = pl.concat([part.select(*FOUND) for part in parts])
    clean = body.join(
        problems.select(RECORD).unique(), on=RECORD, how="anti", maintain_order="left"
    )
    kept, clashes = _duplicates(clean, contract)
    problems = pl.concat([problems, clashes.select(*FOUND)])
    duplicate = clean.height - kept.height - clashes[RECORD].n_unique()
    return Checked(
        accepted=kept.select(*contract.names, ROW),
        found=problems,
        duplicate=duplicate,
        unchecked=tuple(dict.fromkeys(unchecked)),
        mixed=_mixed(kept, contract),
    )
