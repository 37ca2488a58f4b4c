"""The steps of a write, each of which may be repeated: quarantine, facts, ledger.

A writer may die between any two steps. Every step carries the batch's key as a Delta
application transaction, so the retry skips what is done and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa
from deltalake.exceptions import CommitFailedError

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Contract
from jiqun.facts.store.delta import DurableTable
from jiqun.facts.store.intake import finding_table, sift, stored_schema
from jiqun.facts.store.ledger import BATCHES, Receipt, Run, batch_row, receipt_of
from jiqun.facts.store.retract import (
    CORRECTIONS,
    LAST,
    next_sequence,
    retracted,
    visible_sql,
)
from jiqun.facts.store.tables import FINDING, Tables, mark
from jiqun.facts.store.view import SEQUENCE, Views, relation

Result = TypeVar("Result")
ATTEMPTS = 8  # commits lost to a faster writer before giving up; our own writers queue instead


def retried(write: Callable[[], Result]) -> Result:
    """Run ``write`` again when another writer was faster.

    Raises:
        JiqunError: ``E-STORE-BUSY`` after ``ATTEMPTS`` lost races.
    """
    beaten: CommitFailedError | None = None
    for _ in range(ATTEMPTS):
        try:
            return write()
        except CommitFailedError as error:
            beaten = error
    raise JiqunError(
        "E-STORE-BUSY",
        f"其他程序不断写入同一张表，{ATTEMPTS} 次未能提交",
        f"other programs keep writing the same table; {ATTEMPTS} commits were beaten",
        hint_zh="稍后用同一批次号重试",
        hint_en="retry later with the same batch key",
        kind=Kind.CONFLICT,
    ) from beaten


def store_batch(
    table: DurableTable,
    contract: Contract,
    rows: pl.DataFrame,
    draft: Receipt,
    views: Views,
) -> Receipt:
    """Commit the new rows of a batch, or return the receipt of the commit that already did."""
    schema = stored_schema(contract)
    base = table.prepare(schema)
    name = mark(draft.contract, draft.batch)
    if table.marked(name) is not None:
        return known_batch(table, name, draft)
    corrected = table.marked(CORRECTIONS) or 0
    files = table.overlapping(rows.to_arrow())
    stored = None
    if files:
        rows_of = relation(files, schema)
        gone = retracted(table.marked)
        stored = visible_sql(rows_of, contract, gone, corrected=bool(corrected))
    sifted = sift(rows, contract, stored, views.connection())
    receipt = replace(
        draft,
        accepted=sifted.rows.height,
        duplicate=draft.duplicate + sifted.duplicate,
        corrections=sifted.corrections,
        version=base + 1,
    )
    sequence = next_sequence(table, base)
    data = sifted.rows.with_columns(pl.lit(sequence, pl.Int64).alias(SEQUENCE))
    version = table.commit(
        data.select(schema.names).to_arrow().cast(schema),
        transactions={
            name: 1,
            CORRECTIONS: corrected + sifted.corrections,
            **({LAST: sequence} if sequence != base + 1 else {}),
        },
        metadata={"receipt": kept(receipt)},
    )
    return replace(receipt, version=version)


def known_batch(table: DurableTable, name: str, draft: Receipt) -> Receipt:
    """Return the receipt that the commit of this batch carries.

    Raises:
        JiqunError: ``E-STORE-BATCH`` when the same key now comes with other rows.
    """
    found = table.find(name)
    receipt = draft
    if found is not None:
        version, metadata = found
        saved = metadata.get("receipt") or metadata["receipts"][name]
        receipt = replace(receipt_of(saved, repeated=True), version=version)
    if receipt.digest == draft.digest and receipt.received == draft.received:
        return replace(receipt, repeated=True)
    raise JiqunError(
        "E-STORE-BATCH",
        f"批次号 {draft.batch} 已用于另一批数据（{draft.contract}）",
        f"the key {draft.batch} was already used for other rows of {draft.contract}",
        hint_zh="新的数据请用新的批次号；重试必须原样提交",
        hint_en="use a new key for new data; a retry must send the same rows",
        kind=Kind.CONFLICT,
    )


def store_finding(
    table: DurableTable, frame: pl.DataFrame, draft: Run, stored: pa.Schema | None
) -> Receipt:
    """Commit what a run found, or return the receipt of the commit that already did."""
    data = finding_table(frame, draft.run, stored)
    base = table.prepare(data.schema)
    receipt = replace(run_receipt(draft), version=base + 1)
    name = mark(receipt.contract, draft.run)
    if table.marked(name) is not None:
        return known_batch(table, name, receipt)
    version = table.commit(data, transactions={name: 1}, metadata={"receipt": kept(receipt)})
    return replace(receipt, version=version)


def run_receipt(run: Run) -> Receipt:
    """Return the receipt of a run: every row it found is stored."""
    return Receipt(
        batch=run.run,
        contract=f"{FINDING}{run.engine}",
        source=run.engine,
        received=run.rows,
        accepted=run.rows,
        quarantined=0,
        duplicate=0,
        corrections=0,
        version=run.version,
        digest=run.digest,
        recorded_at=run.recorded_at,
    )


def kept(receipt: Receipt) -> dict[str, Any]:
    """Return ``receipt`` as a commit's metadata keeps it."""
    return {**asdict(receipt), "recorded_at": receipt.recorded_at.isoformat()}


def register(
    tables: Tables, name: str, rows: pa.Table, key: str, extra: Mapping[str, int] | None = None
) -> None:
    """Commit ``rows`` to a register once under ``key``; a repetition changes nothing."""
    table = tables.open(name)

    def write() -> None:
        table.prepare(rows.schema)
        if table.marked(key) is None:
            table.commit(rows, transactions={key: 1, **(extra or {})}, metadata={})

    with table.lock():
        retried(write)


def record(tables: Tables, receipt: Receipt, meta: Mapping[str, Any], entry: pa.Table) -> None:
    """Write the ledger's row of a batch; after this the batch counts as acknowledged."""
    as_of = entry.column("as_of")[0].as_py()
    row = batch_row(receipt, meta, as_of)
    version = {f"version/{receipt.contract}": receipt.version}
    register(tables, "_batch", row.cast(BATCHES), mark(receipt.contract, receipt.batch), version)
