"""Small tables for the tests of disclosure control, and a brute-force attacker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import polars as pl

from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.tables import Columns, Dimension, System, Table, assemble

TOWN, TRADE = Dimension("town", ("town",)), Dimension("trade", ("trade",))
COUNT_ONLY = Rule(minimum=3, largest=1.0, percent=0.0)


def cross(
    cells: Mapping[tuple[str, str], Sequence[int]],
    *,
    key: str = "t",
    withheld: frozenset[str] | None = None,
    holders: Mapping[str, str] | None = None,
) -> Table:
    """A town × trade table from the contributions of each cell; firms are named town, trade, number."""
    rows = [
        (f"{town}{trade}-{n}", value, town, trade)
        for (town, trade), values in cells.items()
        for n, value in enumerate(values)
    ]
    firms, values, towns, trades = (list(column) for column in zip(*rows, strict=True))
    columns = {"firm": firms, "value": values, "town": towns, "trade": trades}
    if holders:
        columns["holder"] = [holders.get(firm, firm) for firm in firms]
    return Table(key, "output", columns, (TOWN, TRADE), withheld)


def random_cross(seed: int, towns: int = 3, trades: int = 3) -> Table:
    """Cells of one to four small whole numbers."""
    rng = np.random.default_rng(seed)
    return cross(
        {
            (f"a{i}", f"b{j}"): rng.integers(1, 3, rng.integers(1, 5)).tolist()
            for i, j in product(range(towns), range(trades))
        }
    )


def cell_of(system: System, coordinate: str, table: str = "t") -> int:
    """Number of the cell at a coordinate of a table."""
    places = system.places
    return int(places["cell"][(places["table"] == table) & (places["coordinate"] == coordinate)][0])


def frame(columns: Columns) -> pl.DataFrame:
    """Arrays of the engine as a frame, which is easier to ask."""
    return pl.DataFrame(dict(columns))


def brute_force(system: System, hidden: np.ndarray, cell: int) -> tuple[int, int]:
    """Smallest and largest value of a cell over all whole-number tables with the same figures."""
    published = system.matrix[np.flatnonzero(~hidden)].toarray()
    truth = system.values.astype(int)
    limit = [
        int(min([int(row @ truth) for row in published if row[k]], default=truth.sum()))
        for k in range(len(truth))
    ]
    fixed = {int(np.flatnonzero(row)[0]): int(row @ truth) for row in published if row.sum() == 1}
    free = [k for k in range(len(truth)) if k not in fixed]
    tables = np.array(list(product(*[range(limit[k] + 1) for k in free])), dtype=np.int64).reshape(
        -1, len(free)
    )
    full = np.tile(truth, (len(tables), 1))
    full[:, free] = tables
    fits = (full @ published.T == published @ truth).all(axis=1)
    values = full[fits] @ system.matrix[[cell]].toarray()[0]
    return int(values.min()), int(values.max())


def system_of(*tables: Table, rule: Rule = COUNT_ONLY) -> System:
    """The linear system of tables under the count rule alone."""
    return assemble(tables, rule=rule)
