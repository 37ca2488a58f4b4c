"""Leaving, and coming back: everything as CSV, Parquet and schema, and into an empty store again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store import ledger
from jiqun.facts.store.durable import full_disk_is_clear, make_folder, write_json_once, write_once
from jiqun.facts.store.durable import write_parquet as write_durably
from jiqun.facts.store.retract import CORRECTIONS, LAST, RETRACTED, RETRACTIONS, retracted
from jiqun.facts.store.snapshot import frame_digest
from jiqun.facts.store.store import Store
from jiqun.facts.store.tables import BATCHES, FINDING, QUARANTINE, RUNS, mark
from jiqun.facts.store.view import SEQUENCE
from jiqun.facts.store.writing import kept, run_receipt

FORMAT = 1  # of the export folder


def export_all(store: Store, target: Path) -> dict[str, Any]:
    """Write every table of ``store`` to ``target`` and return the manifest.

    For each table ``<name>.parquet``, ``<name>.csv`` (UTF-8 with a byte-order mark, which
    spreadsheet programs need for Chinese) and ``<name>.schema.json``; ``manifest.json``, written
    last, has counts and digests. Rows that were corrected or undone
    later are included; the manifest names the sequences that were undone.

    Raises:
        JiqunError: ``E-STORE-NOT-EMPTY`` when ``target`` holds something; ``E-STORE-FULL``.
    """
    _require_empty(target)
    tables: dict[str, Any] = {}
    with full_disk_is_clear(target):
        make_folder(target)
        for name in store.names():
            version = store.version(name)
            if version < 0:
                continue
            frame = pl.DataFrame(store.table(name).to_pyarrow())
            schema = store.tables.open(name).schema(version)
            write_durably(frame.to_arrow().cast(schema), target / f"{name}.parquet")
            write_once(target / f"{name}.csv", b"\xef\xbb\xbf" + frame.write_csv().encode())
            columns = [{"name": field.name, "type": str(field.type)} for field in schema]
            write_json_once(target / f"{name}.schema.json", {"name": name, "columns": columns})
            tables[name] = {
                "rows": frame.height,
                "digest": frame_digest(frame),
                "corrections": store.tables.open(name).token(CORRECTIONS, version) or 0,
                "retracted": _gone(store, name, version),
                "version": version,
            }
        manifest = {"format": FORMAT, "made": datetime.now(UTC).isoformat(), "tables": tables}
        write_json_once(target / "manifest.json", manifest)
    return manifest


def import_all(folder: Path, store: Store) -> dict[str, int]:
    """Load an export into the empty ``store``; return the rows of each table.

    Counts and digests are compared before anything is committed. Keys of batches and runs come
    along, so a retry of an old batch is still recognised; versions begin anew.

    Raises:
        JiqunError: ``E-STORE-NOT-EMPTY`` for a store with tables, ``E-STORE-IMPORT`` when a
            table is not what the manifest says.
    """
    if store.names():
        raise _not_empty(store.root)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    frames: dict[str, pa.Table] = {}
    for name, expected in manifest["tables"].items():
        data = pq.read_table(folder / f"{name}.parquet")
        frame = pl.DataFrame(data)
        if (frame.height, frame_digest(frame)) != (expected["rows"], expected["digest"]):
            raise _differs(folder / f"{name}.parquet")
        frames[name] = data
    with full_disk_is_clear(store.root):
        for name, data in frames.items():
            _commit(store, name, data, frames, manifest["tables"][name])
    return {name: data.num_rows for name, data in frames.items()}


def _gone(store: Store, name: str, version: int) -> list[int]:
    """Return the sequences of the batches that were undone."""
    table = store.tables.open(name)
    return list(retracted(lambda app_id: table.token(app_id, version)))


def _commit(
    store: Store, name: str, data: pa.Table, frames: dict[str, pa.Table], told: dict[str, Any]
) -> None:
    receipts = _receipts(name, frames)
    marks = dict.fromkeys(receipts, 1)
    if SEQUENCE in data.schema.names:
        gone: list[int] = told.get("retracted", [])
        newest = pc.max(data.column(SEQUENCE)).as_py() if data.num_rows else 0
        marks |= {CORRECTIONS: told["corrections"], LAST: newest, RETRACTIONS: len(gone)}
        marks |= {f"{RETRACTED}{number}": one for number, one in enumerate(gone, 1)}
        data = data.sort_by([(key, "ascending") for key in (*_key(store, name), SEQUENCE)])
    table = store.tables.open(name)
    with table.lock():
        table.prepare(data.schema)
        table.commit(data, transactions=marks, metadata={"imported": True, "receipts": receipts})


def _key(store: Store, name: str) -> tuple[str, ...]:
    return store.tables.contract(name).key


def _receipts(name: str, frames: dict[str, pa.Table]) -> dict[str, dict[str, Any] | None]:
    """Return every key written to ``name``, with the receipt that a retry of it is to get."""
    if name.startswith(FINDING):
        runs = pl.DataFrame(frames[RUNS]).iter_rows(named=True) if RUNS in frames else ()
        if name == RUNS:
            return {mark(run["engine"], run["run"]): None for run in runs}
        mine = (ledger.run_of(run) for run in runs if name == f"{FINDING}{run['engine']}")
        return {mark(name, run.run): kept(run_receipt(run)) for run in mine}
    source = QUARANTINE if name == QUARANTINE else BATCHES
    batches = list(pl.DataFrame(frames[source]).iter_rows(named=True))
    if name in (BATCHES, QUARANTINE):
        return {mark(row["contract"], row["batch"]): None for row in batches}
    mine = [ledger.receipt_of(row, repeated=False) for row in batches if row["contract"] == name]
    return {mark(name, one.batch): kept(one) for one in mine}


def _require_empty(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        raise _not_empty(target)


def _not_empty(path: Path) -> JiqunError:
    return JiqunError(
        "E-STORE-NOT-EMPTY",
        f"目标不是空的：{path}",
        f"the target is not empty: {path}",
        hint_zh="换一个空文件夹",
        hint_en="choose an empty folder",
        kind=Kind.CONFLICT,
    )


def _differs(path: Path) -> JiqunError:
    return JiqunError(
        "E-STORE-IMPORT",
        f"导入文件与清单不符（行数或摘要）：{path}",
        f"the file is not what the manifest says (rows or digest): {path}",
        hint_zh="重新导出，或检查传输是否完整",
        hint_en="export again, or check that the copy is complete",
    )
