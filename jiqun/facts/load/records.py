"""A raw table and its mapping → records: one per fact to be, with the contract's column names.

Still text (or whole numbers from typed files); nothing is judged here but which column is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.load import reshape
from jiqun.facts.load.headings import SRC, Builder, ignores
from jiqun.facts.load.mapping import Table, nearest
from jiqun.facts.read.raw import RawTable


@dataclass(frozen=True, slots=True)
class Records:
    """``frame`` has a row per fact to be; ``headings`` tells which heading filled which column.

    ``constants`` hold for every record and are not in the frame. ``blank`` counts empty cells of
    wide tables (no record is made of them), ``filtered`` rows that keep/drop left out.
    """

    frame: pl.DataFrame
    headings: Mapping[str, str]
    constants: Mapping[str, str]
    split: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    blank: int = 0
    filtered: int = 0


def _unused(builder: Builder) -> None:
    """Warn of every heading that neither the mapping nor the contract knows."""
    matrix = builder.table.matrix
    ignored = (*builder.table.ignore, *(matrix.ignore if matrix else ()))
    names = [c.zh for c in builder.contract.columns] + [*builder.contract.names]
    for name in builder.known:
        filters = {*builder.table.keep, *builder.table.drop}
        if name not in builder.used | filters and not ignores(ignored, name):
            builder.problem("W-COLUMN-UNUSED", name, value=name, extra=nearest(name, names))


def _required(builder: Builder, given: set[str]) -> None:
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
        JiqunError: E-COLUMN-MISSING (nearest heading offered) or E-UNIT-CONFLICT; every such
            problem of the table is in ``fields``.
    """
    builder = Builder(raw, table, contract)
    frame = raw.frame.with_row_index(SRC)
    kept = frame.filter(reshape.filters(table, builder))
    shared = builder.shared()
    shape = reshape.plain
    for wanted, candidate in (
        (table.matrix, reshape.crossed),
        (table.melt, reshape.melted),
        (table.measures, reshape.measured),
    ):
        shape = candidate if wanted else shape
    long = shape(builder, kept, shared)
    _required(builder, {*long.columns, *table.constants})
    fatal = [found for found in builder.problems if found.code.startswith("E-")]
    if fatal:
        rest = [found for found in builder.problems if found is not fatal[0]]
        raise messages.error(fatal[0], also=rest)
    _unused(builder)
    long, blank = reshape.without_blanks(builder, long)
    return Records(
        frame=long,
        headings=builder.headings,
        constants=dict(table.constants),
        split=tuple(table.split),
        problems=tuple(builder.problems),
        blank=blank,
        filtered=frame.height - kept.height,
    )
