"""Which heading is which column: finds headings for one table and says what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.load.mapping import Suppressed, Table, Take, nearest
from jiqun.facts.read.raw import REFUSED, ROW, TOTAL, WIDE, RawTable
from jiqun.facts.read.sheet import Heading, squeeze
from jiqun.facts.values.units import find

# Working columns beside the contract's own.
SRC, UNIT, HEADING, HIDDEN = "_src", "_unit", "_heading", "_hidden"
FLAGS = (ROW, TOTAL, WIDE, REFUSED, SRC)


def ignores(patterns: Sequence[str], heading: str) -> bool:
    """Is this heading one that the mapping ignores (a name, or “re:” and a pattern)?"""
    return any(
        bool(re.fullmatch(item[3:], heading))
        if item.startswith("re:")
        else squeeze(item) == squeeze(heading)
        for item in patterns
    )


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


class Builder:
    """Finds headings for one table and collects what does not fit."""

    def __init__(self, raw: RawTable, table: Table, contract: Contract) -> None:
        self.raw, self.table, self.contract = raw, table, contract
        self.problems: list[Problem] = []
        self.headings: dict[str, str] = {}
        self.used: set[str] = set()
        self.known = {item.name: item for item in raw.headings}

    def problem(self, code: str, column: str, *, value: str = "", extra: str = "") -> None:
        """Note a problem of the table as a whole."""
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
        """Apply the recipe of a column: characters, length, translation, parent."""
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
        """Replace each code by its longest shorter prefix among the codes of the column."""
        codes = self.raw.frame.select(expr.cast(pl.String)).to_series().drop_nulls().unique()
        known = {*codes}
        table = {code: _parent(code, known, aliases) for code in codes}
        return expr.cast(pl.String).replace_strict(table, default=None, return_dtype=pl.String)

    def unit_of(self, column: str, heading: str, stated: str = "") -> str:
        """Unit of a value column: what the mapping states; else its heading; else the sheet.

        A mapping that contradicts the sheet is an error: one of them is wrong by orders. A 单位
        line speaks of the columns of its own kind only (万元 above a column of persons).
        """
        units = self.table.units
        general = self.table.unit or self.table.constants.get("unit", "")
        mapped = stated or units.get(heading) or units.get(column) or general
        item = self.known.get(heading)
        own = item.unit if item else ""
        written = own or self.raw.unit
        ours, theirs = find(mapped), find(written)
        if ours and theirs:
            same_kind = ours.base == theirs.base
            wrong = ours.factor != theirs.factor if same_kind else bool(own)
            if wrong:
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
