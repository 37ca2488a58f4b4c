"""Taking back a batch: a later fact about it, never an erasure.

Each batch is one commit and its rows share one ``_seq``. Undoing it commits, without data, that
this ``_seq`` no longer counts: from then on :func:`latest` passes over those rows, and what they
had corrected counts again. Versions and snapshots from before keep seeing them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import duckdb
import ibis.expr.types as ir

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Contract
from jiqun.facts.store.delta import DurableTable
from jiqun.facts.store.intake import stored_schema
from jiqun.facts.store.ledger import Receipt
from jiqun.facts.store.tables import mark
from jiqun.facts.store.view import REPLACES, SEQUENCE, latest, relation

RETRACTIONS = "_retractions"  # how many batches of the table were undone
RETRACTED = "_retraction/"  # …1, …2: the sequence of each of them
CORRECTIONS = "_corrections"  # running count; every commit carries it, so two at once collide
LAST = "_sequence"  # the newest sequence, where it runs ahead of the version (after an import)
UNDO = "undo-"
COUNTS = ("rows", "removed", "restored", "kept")


@dataclass(frozen=True, slots=True)
class Taken:
    """What undoing a batch changed.

    Of its ``rows``, ``removed`` had nothing before them and are unknown again, ``restored`` give
    way to the fact that they had corrected, and ``kept`` had already been corrected by a later
    batch, whose facts stay. ``later`` names later batches that repeated some fact of this table:
    what only they still vouch for has to be imported again, because a repeated fact is stored once.
    """

    receipt: Receipt
    rows: int
    removed: int
    restored: int
    kept: int
    later: tuple[str, ...] = ()


def retracted(token: Callable[[str], int | None]) -> tuple[int, ...]:
    """Return the sequences that were taken back, as ``token`` of one version knows them."""
    count = token(RETRACTIONS) or 0
    found = (token(f"{RETRACTED}{number}") for number in range(1, count + 1))
    return tuple(number for number in found if number is not None)


def visible(table: ir.Table, contract: Contract, gone: tuple[int, ...]) -> ir.Table:
    """Return the latest fact of every key among the rows that were not taken back.

    A correction whose own target is gone still stands before every earlier fact of its key.
    """
    left = table.filter(~cast(Any, table[SEQUENCE]).isin(list(gone))) if gone else table
    return latest(left, contract.key, chained=bool(gone))


def visible_sql(stored: str, contract: Contract, gone: tuple[int, ...], *, corrected: bool) -> str:
    """Return SQL of :func:`visible` over the rows of ``stored``, with their sequence."""
    names = ", ".join(f't."{name}"' for name in (*contract.names, SEQUENCE))
    left = stored
    if gone:
        left = f"SELECT * FROM ({stored}) WHERE {SEQUENCE} NOT IN ({', '.join(map(str, gone))})"
    if not corrected:
        return f"SELECT {names} FROM ({left}) t"
    same = " AND ".join(f't."{name}" IS NOT DISTINCT FROM l."{name}"' for name in contract.key)
    order = f"t.{SEQUENCE} < l.{SEQUENCE}" if gone else f"t.{SEQUENCE} = l.{REPLACES}"
    return (
        f"SELECT {names} FROM ({left}) t ANTI JOIN "
        f"(SELECT * FROM ({left}) WHERE {REPLACES} IS NOT NULL) l ON {same} AND {order}"
    )


def next_sequence(table: DurableTable, base: int) -> int:
    """Return the sequence of the next commit: above every one there is, imported ones too."""
    return max(base, table.marked(LAST) or 0) + 1


def undo_key(batch: str) -> str:
    """Return the key under which the undoing of ``batch`` is known."""
    return f"{UNDO}{batch}"


def take_back(
    table: DurableTable,
    contract: Contract,
    batch: str,
    connection: duckdb.DuckDBPyConnection,
    moment: datetime,
) -> Taken:
    """Commit that the rows of ``batch`` no longer count, once; the caller holds the lock.

    Raises:
        JiqunError: ``E-UNDO-NOTHING`` when the table has no row of that batch.
    """
    schema = stored_schema(contract)
    base = table.prepare(schema)
    name = mark(contract.name, undo_key(batch))
    stored = relation(table.files(base), schema)
    found = connection.execute(
        f"SELECT {SEQUENCE}, count(*), any_value(source) FROM ({stored}) WHERE batch = ? GROUP BY 1",
        [batch],
    ).fetchall()
    if not found:
        raise _nothing(batch)
    ((sequence, rows, source),) = found
    gone = retracted(table.marked)
    done = table.marked(name) is not None
    others = tuple(one for one in gone if one != sequence)
    corrected = bool(table.marked(CORRECTIONS))
    before = visible_sql(stored, contract, others, corrected=corrected)
    after = visible_sql(stored, contract, (*others, sequence), corrected=corrected)
    count = f"SELECT count(*), count(*) FILTER ({SEQUENCE} = {sequence}) FROM"
    ((all_before, shown),) = connection.execute(f"{count} ({before})").fetchall()
    ((all_after, _),) = connection.execute(f"{count} ({after})").fetchall()
    restored = all_after - (all_before - shown)
    receipt = Receipt(
        batch=undo_key(batch), contract=contract.name, source=source, received=0, accepted=0,
        quarantined=0, duplicate=0, corrections=0, version=base + 1, digest="", recorded_at=moment,
        repeated=done,
    )  # fmt: skip
    taken = Taken(receipt, rows, shown - restored, restored, rows - shown)
    if done:
        return replace(taken, receipt=replace(receipt, version=base))
    version = table.commit(
        None,
        transactions={
            name: 1,
            RETRACTIONS: len(gone) + 1,
            f"{RETRACTED}{len(gone) + 1}": sequence,
            CORRECTIONS: table.marked(CORRECTIONS) or 0,
        },
        metadata={"undoes": batch},
    )
    return replace(taken, receipt=replace(receipt, version=version))


def _nothing(batch: str) -> JiqunError:
    return JiqunError(
        "E-UNDO-NOTHING",
        f"批次 {batch} 没有写入任何事实，无可撤销",
        f"the batch {batch} stored no fact, so there is nothing to undo",
        hint_zh="核对批次号；重复提交的内容在更早的批次中",
        hint_en="check the batch key; facts that were only repeated belong to an earlier batch",
        kind=Kind.NOT_FOUND,
    )
