"""Undoing a batch within its term: the ledger is asked, the table told, the ledger told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store import ledger
from jiqun.facts.store.durable import full_disk_is_clear
from jiqun.facts.store.retract import COUNTS, UNDO, Taken, take_back, undo_key
from jiqun.facts.store.store import Store
from jiqun.facts.store.writing import record, retried

DAYS = 30  # after which a batch can only be corrected, no longer undone


def undo(
    store: Store,
    batch: str,
    *,
    within: int | None = DAYS,
    meta: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Taken:
    """Take a batch back: its rows no longer count, what they corrected counts again.

    Snapshots from before keep seeing them (:mod:`jiqun.facts.store.retract`). The same file may
    be imported again later, as a new batch. Repeating the call after a crash finishes it.

    Args:
        store: the fact store.
        batch: the key, as the receipt has it.
        within: days after which a batch can no longer be undone; None for ever.
        meta: anything about the undoing (who, why); kept in the ledger.
        now: the present moment, where a test sets it.

    Raises:
        JiqunError: ``E-UNDO-UNKNOWN``, ``E-UNDO-AGAIN``, ``E-UNDO-LATE``, ``E-UNDO-NOTHING``;
            ``E-STORE-FULL`` on a full disk, ``E-STORE-BUSY`` when others never let us through.
    """
    moment = now or datetime.now(UTC)
    batches = store.batches()
    row = _undoable(batches, batch, within, moment)
    contract = store.tables.contract(row["contract"])
    table = store.tables.open(contract.name)
    later = _repeating(batches, row)
    with full_disk_is_clear(store.root), table.lock():
        taken = retried(lambda: take_back(table, contract, batch, store.views.connection(), moment))
        note = {**(meta or {}), "undoes": batch, **{n: getattr(taken, n) for n in COUNTS}}
        record(store.tables, taken.receipt, note, ledger.batch_row(taken.receipt, note, None))
    return replace(taken, later=later)


def undone(batches: pl.DataFrame) -> dict[str, datetime]:
    """Return when each batch of the ledger was undone; those that still count are absent."""
    undoes = batches.with_columns(pl.col("meta").str.json_path_match("$.undoes").alias("target"))
    found = undoes.filter(pl.col("target").is_not_null()).select("target", "recorded_at")
    return dict(found.iter_rows())


def _undoable(
    batches: pl.DataFrame, batch: str, within: int | None, moment: datetime
) -> dict[str, Any]:
    """Return the ledger's row of a batch that may be undone."""
    found = batches.filter(pl.col("batch") == batch).to_dicts()
    if not found or batch.startswith(UNDO):
        raise _unknown_batch(batch)
    again = batches.filter(pl.col("batch") == undo_key(batch))
    if again.height:
        raise _undone_already(batch, again["recorded_at"][0])
    (row, *_) = found
    if within is not None and moment - row["recorded_at"] > timedelta(days=within):
        raise _too_late(batch, row["recorded_at"], within)
    return row


def _repeating(batches: pl.DataFrame, row: Mapping[str, Any]) -> tuple[str, ...]:
    gone = [*undone(batches)]
    found = batches.filter(
        (pl.col("contract") == row["contract"])
        & (pl.col("recorded_at") > row["recorded_at"])
        & (pl.col("duplicate") > 0)
        & ~pl.col("batch").is_in(gone)
    )
    return tuple(found["batch"])


def _undone_already(batch: str, moment: datetime) -> JiqunError:
    """Return the error of undoing a batch twice."""
    when = moment.isoformat(timespec="minutes")
    return JiqunError(
        "E-UNDO-AGAIN",
        f"批次 {batch} 已于 {when} 撤销",
        f"the batch {batch} was already undone at {when}",
        hint_zh="如需恢复，请重新导入原文件",
        hint_en="to bring it back, import the file again",
        kind=Kind.CONFLICT,
    )


def _too_late(batch: str, moment: datetime, days: int) -> JiqunError:
    """Return the error of undoing a batch after its term."""
    when = moment.isoformat(timespec="minutes")
    return JiqunError(
        "E-UNDO-LATE",
        f"批次 {batch} 于 {when} 写入，已超过 {days} 天的撤销期",
        f"the batch {batch} was stored at {when}, more than {days} days ago",
        hint_zh="请导入更正后的数据：更正保留前后两个值",
        hint_en="import corrected data instead: a correction keeps both values",
        kind=Kind.CONFLICT,
    )


def _unknown_batch(batch: str) -> JiqunError:
    """Return the error of a batch that the ledger does not have."""
    return JiqunError(
        "E-UNDO-UNKNOWN",
        f"台账中没有批次 {batch}",
        f"the ledger has no batch {batch}",
        hint_zh="批次号见导入回执或导入记录",
        hint_en="the key is on the receipt and in the list of imports",
        kind=Kind.NOT_FOUND,
    )
