"""Shapes of tables → one record per fact: long, wide measures, headings as values, matrices."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from jiqun.facts.load.headings import FLAGS, HEADING, HIDDEN, UNIT, Builder, ignores
from jiqun.facts.load.mapping import Measure, Table
from jiqun.facts.read.raw import TOTAL
from jiqun.facts.read.sheet import Heading


def filters(table: Table, builder: Builder) -> pl.Expr:
    """Rows that ``keep`` and ``drop`` leave in."""
    tests: list[pl.Expr] = [pl.lit(value=True)]
    for group, wanted in ((table.keep, True), (table.drop, False)):
        for heading, values in group.items():
            found = builder.find([heading], "keep" if wanted else "drop")
            if not found:
                continue
            text = pl.col(found).cast(pl.String).fill_null("")
            exact = [value for value in values if not value.startswith("re:")]
            hits = [text.is_in(exact)]
            hits += [text.str.contains(f"^(?:{v[3:]})$") for v in values if v.startswith("re:")]
            hit = pl.any_horizontal(hits)
            tests.append(hit if wanted else ~hit)
    return pl.all_horizontal(tests)


def _common(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Stack frames whose value columns may be whole numbers in one and text in another."""
    kinds = [frame.schema["value"] for frame in frames]
    target = pl.Int64 if all(kind.is_integer() for kind in kinds) else pl.String
    return pl.concat([frame.with_columns(pl.col("value").cast(target)) for frame in frames])


def measured(builder: Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Wide measures: one stack per value column."""
    stacks: list[pl.DataFrame] = []
    for item in builder.table.measures:
        heading = builder.find([item.column], "measures")
        if heading:
            stacks.append(_stack(builder, frame, shared, Measure(heading, item.set, item.unit)))
    return _common(stacks) if stacks else frame.clear()


def _stack(
    builder: Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr], item: Measure
) -> pl.DataFrame:
    own = [pl.lit(value).alias(name) for name, value in item.set.items()]
    rest = [expr.alias(name) for name, expr in shared.items() if name not in item.set]
    return frame.select(
        *FLAGS,
        *rest,
        *own,
        pl.col(item.column).alias("value"),
        pl.lit(builder.unit_of("value", item.column, item.unit)).alias(UNIT),
        pl.lit(item.column).alias(HEADING),
        builder.hidden(item.column).alias(HIDDEN),
    )


def _heading_value(pattern: str, item: Heading) -> str:
    """What a heading says: the part in the pattern's brackets, else the whole without its unit."""
    found = re.fullmatch(pattern, item.name)
    return found.group(1) if found and found.groups() else item.clean


def melted(builder: Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Headings become a column (years across the page)."""
    melt = builder.table.melt
    assert melt is not None  # noqa: S101  # only called for a table with melt
    names = [n for n in builder.known if re.fullmatch(melt.columns, n) and n not in builder.used]
    if not names:
        builder.find([melt.columns], "melt")
        return frame.clear()
    builder.used.update(names)
    items = [
        Measure(name, {melt.to: _heading_value(melt.columns, builder.known[name])})
        for name in names
    ]
    return _common([_stack(builder, frame, shared, item) for item in items])


def _kind(text: pl.Expr, kinds: Mapping[str, str]) -> pl.Expr:
    found = pl.lit(None, dtype=pl.String)
    for kind, pattern in reversed(list(kinds.items())):
        found = pl.when(text.str.contains(f"^(?:{pattern})$")).then(pl.lit(kind)).otherwise(found)
    return found


def crossed(builder: Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Every cell of a matrix is a record; kinds of rows and columns by pattern."""
    matrix = builder.table.matrix
    assert matrix is not None  # noqa: S101  # only called for a table with matrix
    row = builder.find([matrix.row], "row")
    if row is None:
        return frame.clear()
    ignored = (*matrix.ignore, *builder.table.ignore)
    names = [n for n in builder.known if n not in builder.used and not ignores(ignored, n)]
    kinds = {n: k for n in names for k, p in matrix.column_kinds.items() if re.fullmatch(p, n)}
    first = {
        n: next(k for k, p in matrix.column_kinds.items() if re.fullmatch(p, n)) for n in kinds
    }
    builder.used.update(first)
    code = pl.col(row).cast(pl.String).str.strip_chars()
    wide = frame.select(
        *FLAGS,
        *(expr.alias(name) for name, expr in shared.items()),
        code.alias("row"),
        _kind(code, matrix.row_kinds).alias("row_kind"),
        *first,
    )
    index = [name for name in wide.columns if name not in first]
    long = wide.unpivot(on=list(first), index=index, variable_name="column", value_name="value")
    kind = pl.col("column").replace_strict(first, return_dtype=pl.String)
    unit = builder.unit_of("value", "", builder.table.unit)
    return long.with_columns(
        kind.alias("column_kind"),
        pl.lit(unit).alias(UNIT),
        pl.col("column").alias(HEADING),
        pl.lit(value=False).alias(HIDDEN),
    )


def plain(builder: Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """A long table: a row is a record."""
    heading = builder.headings.get("value", "")
    has_value = "value" in builder.contract.names
    stated = pl.lit(builder.unit_of("value", heading) if has_value else "", dtype=pl.String)
    if "unit" in shared:
        own = shared["unit"].cast(pl.String).str.strip_chars()
        stated = pl.when(own.fill_null("") != "").then(own).otherwise(stated)
    long = frame.select(
        *FLAGS,
        *(expr.alias(name) for name, expr in shared.items()),
        stated.alias(UNIT),
        pl.lit(heading).alias(HEADING),
        builder.hidden(heading).alias(HIDDEN),
    )
    for name, separator in builder.table.split.items():
        if name in long.columns:
            parts = pl.col(name).cast(pl.String).str.split(separator)
            long = long.with_columns(parts).explode(name)
    return long


def without_blanks(builder: Builder, long: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Empty cells of a wide table, and empty items of a list, are no records; they are counted."""
    table = builder.table
    names = ["value"] if table.measures or table.melt or table.matrix else list(table.split)
    names = [name for name in names if name in long.columns]
    if not names or "status" in long.columns:  # a stated status says what an empty cell means
        return long, 0
    filled = [pl.col(name).cast(pl.String).str.strip_chars().fill_null("") != "" for name in names]
    typed = all(long.schema[name].is_integer() for name in names)
    test = [pl.col(name).is_not_null() for name in names] if typed else filled
    kept = long.filter(pl.all_horizontal(test) | pl.col(TOTAL))
    return kept, long.height - kept.height
