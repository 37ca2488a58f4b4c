"""Rows of a plan against the facts that count now: new, changed, or known already."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import polars as pl

from jiqun.facts.contract import Contract
from jiqun.facts.store.snapshot import ordered_digest
from jiqun.facts.store.store import Store

CREATE, UPDATE, UNCHANGED = "create", "update", "unchanged"
CHANGE = "_change"
_ROW = "_n"


@dataclass(frozen=True, slots=True)
class Compared:
    """``change`` per row; ``before`` has the present fact of each update, in order of the rows.

    ``digest`` covers every present fact that the rows were compared with, so that a later look
    tells whether any of them has changed since.
    """

    change: pl.Series
    before: pl.DataFrame
    digest: str


def compare(facts: Store, contract: Contract, rows: pl.DataFrame) -> Compared:
    """Compare planned rows, one per key, with the latest fact of their key."""
    names = list(contract.names)
    known = _present(facts, contract, rows.select(names)).sort(_ROW)
    numbered = rows.select(names).with_row_index(_ROW)
    joined = numbered.join(
        known.rename({name: f"{name}_before" for name in names}), on=_ROW, how="left"
    ).sort(_ROW)
    present = pl.col("_present").fill_null(value=False)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in names)
    change = (
        pl.when(~present).then(pl.lit(CREATE))
        .when(same).then(pl.lit(UNCHANGED))
        .otherwise(pl.lit(UPDATE)).alias(CHANGE)
    )  # fmt: skip
    told = joined.select(change).to_series()
    updated = joined.filter(told == UPDATE)
    before = updated.select(pl.col(f"{name}_before").alias(name) for name in names)
    return Compared(told, before, ordered_digest(known.select(_ROW, *names)))


def _present(facts: Store, contract: Contract, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the present fact of each row's key with the row's number, if there is one."""
    current = facts.current(contract.name).select(*contract.names)
    query = ibis.to_sql(current, dialect="duckdb")
    same = " AND ".join(f'n."{name}" IS NOT DISTINCT FROM s."{name}"' for name in contract.key)
    names = ", ".join(f's."{name}"' for name in contract.names)
    connection = facts.views.connection()
    keys = rows.select(contract.key).with_row_index(_ROW).to_arrow()
    connection.register("jiqun_planned", keys)
    try:
        found = connection.sql(
            f"SELECT n.{_ROW}, {names}, true AS _present "
            f"FROM jiqun_planned n JOIN ({query}) s ON {same}"
        )
        return pl.DataFrame(found.to_arrow_table()).with_columns(pl.col(_ROW).cast(pl.UInt32))
    finally:
        connection.unregister("jiqun_planned")


def changes(contract: Contract, updates: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return each changed cell: ``source_row``, the key, ``column``, ``before`` and ``after``."""
    values = [name for name in contract.names if name not in contract.key]
    key = [pl.col(name).cast(pl.String) for name in contract.key]
    parts = [
        updates.select(
            "source_row",
            *key,
            pl.lit(name).alias("column"),
            before[name].cast(pl.String).alias("before"),
            pl.col(name).cast(pl.String).alias("after"),
        ).filter(~updates[name].eq_missing(before[name]))
        for name in values
    ]
    if not parts:
        return updates.select("source_row", *key).clear()
    return pl.concat(parts).sort("source_row", maintain_order=True)
