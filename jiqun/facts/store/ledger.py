"""The two registers of the store: batches that came in, and runs of engines that went out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
import pyarrow as pa

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import canonical_json

_MOMENT = pa.timestamp("us", "UTC")
BATCHES = pa.schema(
    [
        ("batch", pa.string()),
        ("contract", pa.string()),
        ("source", pa.string()),
        ("owner", pa.string()),
        ("as_of", pa.date32()),
        ("next_due", pa.date32()),
        ("absent", pa.string()),
        ("received", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("duplicate", pa.int64()),
        ("corrections", pa.int64()),
        ("version", pa.int64()),
        ("digest", pa.string()),
        ("recorded_at", _MOMENT),
        ("meta", pa.string()),
    ]
)
QUARANTINE = pa.schema(
    [
        ("contract", pa.string()),
        ("batch", pa.string()),
        ("source", pa.string()),
        ("position", pa.int64()),
        ("record", pa.string()),
        ("recorded_at", _MOMENT),
    ]
)
RUNS = pa.schema(
    [
        ("run", pa.string()),
        ("engine", pa.string()),
        ("scope", pa.string()),
        ("snapshot", pa.string()),
        ("params", pa.string()),
        ("rules_version", pa.string()),
        ("code_version", pa.string()),
        ("recorded_at", _MOMENT),
        ("rows", pa.int64()),
        ("seconds", pa.float64()),
        ("digest", pa.string()),
        ("version", pa.int64()),
    ]
)
# What a row that is not in a source's table means; unless its owner says so, it means nothing.
ABSENT = ("unknown", "zero", "suppressed")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: ``received == accepted + quarantined + duplicate``, always.

    ``corrections`` of the accepted rows gave another value for a key already known; ``version``
    is the table's version that holds them; ``repeated`` says that nothing was written this time
    because the batch was already known. ``digest`` is that of the rows as handed in (a batch) or
    as stored (a finding).
    """

    batch: str
    contract: str
    source: str
    received: int
    accepted: int
    quarantined: int
    duplicate: int
    corrections: int
    version: int
    digest: str
    recorded_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an engine: everything needed to compute the same finding again."""

    run: str
    engine: str
    scope: Mapping[str, Any]
    snapshot: str
    params: Mapping[str, Any]
    rules_version: str
    code_version: str
    recorded_at: datetime
    rows: int
    seconds: float | None
    digest: str
    version: int


def check_counts(*, received: int, accepted: int, quarantined: int, duplicate: int) -> None:
    """Refuse a batch in which a row has vanished or appeared.

    Raises:
        JiqunError: ``E-STORE-COUNT`` unless received = accepted + quarantined + duplicate.
    """
    if received == accepted + quarantined + duplicate and min(received, duplicate) >= 0:
        return
    raise JiqunError(
        "E-STORE-COUNT",
        f"行数不平：收到 {received} ≠ 接收 {accepted} + 隔离 {quarantined} + 重复 {duplicate}",
        f"rows do not add up: received {received} ≠ accepted {accepted} + quarantined "
        f"{quarantined} + duplicate {duplicate}",
        hint_zh="检查读取步骤：每一行都必须有去处",
        hint_en="check the reading step: every row must end somewhere",
        kind=Kind.INTERNAL,
    )


def batch_row(receipt: Receipt, meta: Mapping[str, Any], as_of: date | None) -> pa.Table:
    """Return the ledger's row of a batch; ``meta`` may name owner, next_due, as_of and absent.

    Raises:
        JiqunError: ``E-STORE-META`` for a date or a meaning of absence that cannot be read.
    """
    absent = str(meta.get("absent") or "unknown")
    if absent not in ABSENT:
        raise _bad_meta("absent", absent, " | ".join(ABSENT))
    row = {
        **{name: getattr(receipt, name) for name in BATCHES.names if hasattr(receipt, name)},
        "owner": meta.get("owner"),
        "as_of": _day(meta, "as_of") or as_of,
        "next_due": _day(meta, "next_due"),
        "absent": absent,
        "meta": canonical_json(dict(meta)),
    }
    return pa.Table.from_pylist([row], schema=BATCHES)


def _day(meta: Mapping[str, Any], name: str) -> date | None:
    value = meta.get(name)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _bad_meta(name, str(value), "2026-03-31") from None


def _bad_meta(name: str, value: str, example: str) -> JiqunError:
    return JiqunError(
        "E-STORE-META",
        f"批次说明中的 {name} 无法识别：{value}",
        f"the batch's {name} cannot be read: {value}",
        hint_zh=f"应写作：{example}",
        hint_en=f"write it as: {example}",
    )


def receipt_of(row: Mapping[str, Any], *, repeated: bool) -> Receipt:
    """Return the receipt kept in a ledger row or in a commit's metadata."""
    moment = row["recorded_at"]
    return Receipt(
        batch=str(row["batch"]),
        contract=str(row["contract"]),
        source=str(row["source"]),
        received=int(row["received"]),
        accepted=int(row["accepted"]),
        quarantined=int(row["quarantined"]),
        duplicate=int(row["duplicate"]),
        corrections=int(row["corrections"]),
        version=int(row["version"]),
        digest=str(row["digest"]),
        recorded_at=moment if isinstance(moment, datetime) else datetime.fromisoformat(moment),
        repeated=repeated,
    )


def quarantine_rows(frame: pl.DataFrame, draft: Receipt) -> pa.Table:
    """Return quarantined rows as stored: each whole row as JSON, in its order of arrival."""
    record = pl.struct(pl.all()).struct.json_encode().alias("record")
    stored = (
        frame.select(record)
        .with_row_index("position")
        .with_columns(
            pl.lit(draft.contract).alias("contract"),
            pl.lit(draft.batch).alias("batch"),
            pl.lit(draft.source).alias("source"),
            pl.lit(draft.recorded_at).alias("recorded_at"),
        )
    )
    return stored.select(QUARANTINE.names).to_arrow().cast(QUARANTINE)


def run_of(row: Mapping[str, Any]) -> Run:
    """Return the run kept in a registry row."""
    return Run(**{**row, "scope": json.loads(row["scope"]), "params": json.loads(row["params"])})


def freshness(batches: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return how fresh each source is, one row per contract and source.

    Args:
        batches: the ledger.
        today: the day to compare the next due date with.

    Returns:
        ``contract, source, owner, last_as_of, next_due, absent, rows, batches,
        last_recorded_at, state``. Owner and due date are those of the latest batch that states
        them and null where none does; ``state`` is then ``unknown``, never ``current``.
    """
    due = pl.col("next_due")
    state = (
        pl.when(due.is_null())
        .then(pl.lit("unknown"))
        .when(due < today)
        .then(pl.lit("overdue"))
        .otherwise(pl.lit("current"))
    )
    stated = {name: pl.col(name).drop_nulls().last() for name in ("owner", "next_due")}
    # A batch that was undone says nothing any more; nor does the undoing itself.
    undoes = pl.col("meta").str.json_path_match("$.undoes")
    undone = batches.select(undoes).to_series().drop_nulls()
    counted = batches.filter(undoes.is_null() & ~pl.col("batch").is_in(undone.implode()))
    return (
        counted.sort("recorded_at", "version")
        .group_by("contract", "source")
        .agg(
            stated["owner"],
            pl.col("as_of").max().alias("last_as_of"),
            stated["next_due"],
            pl.col("absent").last(),
            pl.col("accepted").sum().alias("rows"),
            pl.len().cast(pl.Int64).alias("batches"),
            pl.col("recorded_at").max().alias("last_recorded_at"),
        )
        .with_columns(state.alias("state"))
        .sort("contract", "source")
    )
