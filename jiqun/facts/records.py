"""A raw table and its mapping → records: one per fact to be, with the contract's column names.

Still text (or whole numbers from typed files); nothing is judged here but which column is which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.mapping import Measure, Suppressed, Table, Take, nearest
from jiqun.facts.read.sheet import Heading, squeeze
from jiqun.facts.read.tables import ROW, TOTAL, WIDE, RawTable
from jiqun.facts.units import find

# Working columns beside the contract's own.
SRC, UNIT, HEADING, HIDDEN = "_src", "_unit", "_heading", "_hidden"
FLAGS = (ROW, TOTAL, WIDE, SRC)


@dataclass(frozen=True, slots=True)
class Records:
    """``frame`` has a row per fact to be; ``headings`` tells which heading filled which column.

    ``constants`` hold for every record and are not in the frame. ``blank`` counts empty cells of
    wide tables (no record is made of them), ``filtered`` rows that keep/drop left out.
    """

    frame: pl.DataFrame
    headings: Mapping[str, str]
    constants: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    blank: int = 0
    filtered: int = 0


def ignores(patterns: Sequence[str], heading: str) -> bool:
    """Is this heading one that the mapping ignores (a name, or “re:” and a pattern)?"""
    return any(
        bool(re.fullmatch(item[3:], heading))
        if item.startswith("re:")
        else squeeze(item) == squeeze(heading)
        for item in patterns
    )


class Failed(Exception):  # noqa: N818  # carries problems, is never shown itself
    """The table cannot be used at all; ``problems`` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message_en)
        self.problems = tuple(problems)


def match(wanted: Sequence[str], headings: Sequence[Heading]) -> Heading | None:
    """Find the heading that one of ``wanted`` names.

    Compared without spaces, width and case: whole, then without its unit, then its last part
    (“产值” for “工业/产值”) when only one heading ends so.
    """
    for name in wanted:
        key = squeeze(name)
        for item in headings:
            if key in (squeeze(item.name), squeeze(item.clean)):
                return item
        ends = [item for item in headings if squeeze(item.clean).split("/")[-1] == key]
        if len(ends) == 1:
            return ends[0]
    return None


class _Builder:
    def __init__(self, raw: RawTable, table: Table, contract: Contract) -> None:
        self.raw, self.table, self.contract = raw, table, contract
        self.problems: list[Problem] = []
        self.headings: dict[str, str] = {}
        self.used: set[str] = set()
        self.known = {item.name: item for item in raw.headings}

    def problem(self, code: str, column: str, *, value: str = "", extra: str = "") -> None:
        raw = self.raw
        self.problems.append(
            messages.problem(
                code, file=raw.file, sheet=raw.sheet, column=column, value=value, extra=extra
            )
        )

    def find(self, wanted: Sequence[str], column: str) -> str | None:
        """Heading named by the mapping; reports E-COLUMN-MISSING with the nearest heading."""
        found = match(wanted, self.raw.headings)
        if found:
            self.used.add(found.name)
            return found.name
        names = [item.name for item in self.raw.headings]
        extra = nearest(wanted[0], names) or "、".join(names[:12])
        self.problem("E-COLUMN-MISSING", wanted[0], value=column, extra=extra)
        return None

    def take(self, column: str, take: Take) -> pl.Expr | None:
        """Expression of one contract column from the raw frame."""
        found = [self.find([name], column) for name in take.join]
        single = self.find(take.headings, column) if take.headings else None
        if None in found or not (found or single):
            return None
        self.headings[column] = single or take.separator.join(name for name in found if name)
        if found:
            parts = [pl.col(name).cast(pl.String) for name in found if name]
            expr = pl.concat_str(parts, separator=take.separator)
        else:
            expr = pl.col(str(single))
        return self.transform(expr, take)

    def transform(self, expr: pl.Expr, take: Take) -> pl.Expr:
        if take.slice:
            expr = expr.cast(pl.String).str.slice(take.slice[0], take.slice[1] - take.slice[0])
        if take.length:
            expr = expr.cast(pl.String).str.len_chars().cast(pl.String)
        if take.map:
            expr = expr.cast(pl.String).replace(dict(take.map))
        if take.prefix:
            expr = self.parents(expr, take.aliases)
        return expr

    def parents(self, expr: pl.Expr, aliases: Mapping[str, str]) -> pl.Expr:
        codes = self.raw.frame.select(expr.cast(pl.String)).to_series().drop_nulls().unique()
        known = {*codes}
        table = {code: _parent(code, known, aliases) for code in codes}
        return expr.cast(pl.String).replace_strict(table, default=None, return_dtype=pl.String)

    def unit_of(self, column: str, heading: str, stated: str = "") -> str:
        """Unit of a value column: what the mapping states; else its heading; else the sheet.

        A mapping that contradicts the sheet is an error: one of them is wrong by orders.
        """
        units = self.table.units
        general = self.table.unit or self.table.constants.get("unit", "")
        mapped = stated or units.get(heading) or units.get(column) or general
        item = self.known.get(heading)
        written = item.unit if item and item.unit else self.raw.unit
        if mapped and written and find(written):
            ours, theirs = find(mapped), find(written)
            same = ours and theirs and (ours.base, ours.factor) == (theirs.base, theirs.factor)
            if not same:
                self.problem("E-UNIT-CONFLICT", heading, value=written, extra=mapped)
        return mapped or written

    def hidden(self, heading: str) -> pl.Expr:
        """Is a zero under ``heading`` one that hides (rules ``suppressed`` of the mapping)?"""
        rules = [rule for rule in self.table.suppressed if rule.column == heading]
        tests = [self._hidden(rule) for rule in rules]
        return pl.any_horizontal(tests) if tests else pl.lit(value=False)

    def _hidden(self, rule: Suppressed) -> pl.Expr:
        names = [rule.column, rule.positive, *rule.where]
        missing = [name for name in names if name not in self.known]
        if missing:
            self.find(missing[:1], "suppressed")
            return pl.lit(value=False)
        zero = pl.col(rule.column).cast(pl.Float64, strict=False) == 0
        positive = pl.col(rule.positive).cast(pl.Float64, strict=False) > 0
        where = [pl.col(k).cast(pl.String) == v for k, v in rule.where.items()]
        return pl.all_horizontal(zero, positive, *where).fill_null(value=False)

    def shared(self) -> dict[str, pl.Expr]:
        """Expressions of every contract column that is not melted, measured or constant."""
        made: dict[str, pl.Expr] = {}
        free = [item for item in self.raw.headings if not ignores(self.table.ignore, item.name)]
        for column, take in self.table.columns.items():
            expr = self.take(column, take)
            if expr is not None:
                made[column] = expr
        for column in self.contract.columns:
            if column.name in self.table.columns or column.name in self.table.constants:
                continue
            found = match([column.name, column.zh, column.en], free)
            if found and found.name not in self.used and not self._wide(column.name):
                self.used.add(found.name)
                self.headings[column.name] = found.name
                made[column.name] = pl.col(found.name)
        return made

    def _wide(self, name: str) -> bool:
        filled = {"value", "unit"} if self.table.measures or self.table.melt else set[str]()
        if self.table.matrix:
            filled = {"value", "unit", "row", "row_kind", "column", "column_kind"}
        return name in filled or any(name in item.set for item in self.table.measures)


def _parent(code: str, known: set[str], aliases: Mapping[str, str]) -> str | None:
    for length in range(len(code) - 1, 0, -1):
        prefix = code[:length]
        if prefix in aliases:
            return aliases[prefix]
        if prefix in known:
            return prefix
    return None


def _filters(table: Table, builder: _Builder) -> pl.Expr:
    tests: list[pl.Expr] = [pl.lit(value=True)]
    for group, wanted in ((table.keep, True), (table.drop, False)):
        for heading, values in group.items():
            found = builder.find([heading], "keep" if wanted else "drop")
            if not found:
                continue
            text = pl.col(found).cast(pl.String).fill_null("")
            plain = [value for value in values if not value.startswith("re:")]
            hits = [text.is_in(plain)]
            hits += [text.str.contains(f"^(?:{v[3:]})$") for v in values if v.startswith("re:")]
            hit = pl.any_horizontal(hits)
            tests.append(hit if wanted else ~hit)
    # A totals row stays: it is received, counted and reported, whatever the filters say.
    return pl.all_horizontal(tests)


def _common(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Stack frames whose value columns may be whole numbers in one and text in another."""
    kinds = [frame.schema["value"] for frame in frames]
    target = pl.Int64 if all(kind.is_integer() for kind in kinds) else pl.String
    return pl.concat([frame.with_columns(pl.col("value").cast(target)) for frame in frames])


def _measured(
    builder: _Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """Wide measures: one stack per value column."""
    stacks: list[pl.DataFrame] = []
    for item in builder.table.measures:
        heading = builder.find([item.column], "measures")
        if heading:
            stacks.append(_stack(builder, frame, shared, Measure(heading, item.set, item.unit)))
    return _common(stacks) if stacks else frame.clear()


def _stack(
    builder: _Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr], item: Measure
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


def _melted(builder: _Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
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


def _crossed(builder: _Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
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


def _plain(builder: _Builder, frame: pl.DataFrame, shared: Mapping[str, pl.Expr]) -> pl.DataFrame:
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


def _without_blanks(builder: _Builder, long: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Empty cells of a wide table, and empty items of a list, are no records; they are counted."""
    table = builder.table
    names = ["value"] if table.measures or table.melt or table.matrix else list(table.split)
    names = [name for name in names if name in long.columns]
    if not names:
        return long, 0
    filled = [pl.col(name).cast(pl.String).str.strip_chars().fill_null("") != "" for name in names]
    typed = all(long.schema[name].is_integer() for name in names)
    test = [pl.col(name).is_not_null() for name in names] if typed else filled
    kept = long.filter(pl.all_horizontal(test) | pl.col(TOTAL))
    return kept, long.height - kept.height


def _unused(builder: _Builder) -> None:
    """Warn of every heading that neither the mapping nor the contract knows."""
    matrix = builder.table.matrix
    ignored = (*builder.table.ignore, *(matrix.ignore if matrix else ()))
    names = [c.zh for c in builder.contract.columns] + [*builder.contract.names]
    for name in builder.known:
        filters = {*builder.table.keep, *builder.table.drop}
        if name not in builder.used | filters and not ignores(ignored, name):
            builder.problem("W-COLUMN-UNUSED", name, value=name, extra=nearest(name, names))


def _required(builder: _Builder, given: set[str]) -> None:
    """Report contract columns that must be there and come from nowhere."""
    made = {"unit", "status"} if "value" in builder.contract.names else set[str]()
    reported = {problem.value for problem in builder.problems}
    for column in builder.contract.columns:
        if column.name in given | made | reported or not column.required or column.default:
            continue
        names = [item.name for item in builder.raw.headings if item.name not in builder.used]
        extra = nearest(column.zh, names) or nearest(column.name, names) or "、".join(names[:12])
        label = f"{column.name}（{column.zh}）"
        builder.problem("E-COLUMN-MISSING", label, value=column.name, extra=extra)


def build(raw: RawTable, table: Table, contract: Contract) -> Records:
    """Apply the mapping.

    Raises:
        Failed: a mapped or required column is absent (nearest heading offered), or the unit of
            the mapping contradicts the sheet's; every such problem of the table at once.
    """
    builder = _Builder(raw, table, contract)
    frame = raw.frame.with_row_index(SRC)
    kept = frame.filter(_filters(table, builder))
    shared = builder.shared()
    shape = _plain
    for wanted, candidate in (
        (table.matrix, _crossed),
        (table.melt, _melted),
        (table.measures, _measured),
    ):
        shape = candidate if wanted else shape
    long = shape(builder, kept, shared)
    _required(builder, {*long.columns, *table.constants})
    fatal = [found for found in builder.problems if found.code.startswith("E-")]
    if fatal:
        raise Failed(builder.problems)
    _unused(builder)
    long, blank = _without_blanks(builder, long)
    return Records(
        frame=long,
        headings=builder.headings,
        constants=dict(table.constants),
        problems=tuple(builder.problems),
        blank=blank,
        filtered=frame.height - kept.height,
    )
