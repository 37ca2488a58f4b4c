"""Upkeep of a table: many small files into few sorted ones, and the removal of orphans."""

from __future__ import annotations

import re
import time
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.delta import DurableTable
from jiqun.facts.store.recovery import log_path, log_versions, read_log
from jiqun.facts.store.view import SEQUENCE, relation

FILE_ROWS = 2_000_000  # rows of a compacted file
# delta-rs 1.6.6 lets two commits remove the same file, which would store its rows twice; a shared
# transaction name makes the second fail.
COMPACTED = "_compacted"
ORPHAN = re.compile(r"^(part-.*\.parquet|\d{20}\.json#\d+)$")


def compact(table: DurableTable, connection: duckdb.DuckDBPyConnection) -> int | None:
    """Rewrite ``table`` into few files sorted by its key, as one version with the same rows.

    Batches may be appended meanwhile: the lock is held only for the commit, which removes just
    the files that were read. Files of old versions stay, so old snapshots stay readable.

    Returns:
        The new version; None when there is nothing to gain or another compaction was faster.

    Raises:
        JiqunError: ``E-STORE-COMPACT`` when the rewritten rows are not the rows read.
    """
    table.settle()
    version = table.version()
    if version < 0 or len(table.files(version)) < 2:
        return None
    base = DeltaTable(table.path, version=version)
    source = relation(table.files(version), table.schema(version))
    adds = _rewrite(table, source, connection, table.schema(version))
    rewritten = [str(table.path / add.path) for add in adds]
    if len(adds) >= len(table.files(version)):
        _discard(table, adds)
        return None
    before = _fingerprint(source, table.schema(version), connection)
    after = _fingerprint(
        relation(rewritten, table.schema(version)), table.schema(version), connection
    )
    if before != after:
        _discard(table, adds)
        raise _different(table.path)
    removes = [
        RemoveAction(
            path=row["path"],
            data_change=False,
            deletion_timestamp=time.time_ns() // 1_000_000,
            size=row["size_bytes"],
            partition_values={},
        )
        for row in pa.table(base.get_add_actions()).select(["path", "size_bytes"]).to_pylist()
    ]
    with table.lock():
        newest = table.prepare(table.schema(version))
        if not set(table.files(version)) <= set(table.files(newest)):
            _discard(table, adds)
            return None
        try:
            return table.commit_actions(
                [*adds, *removes],
                transactions={COMPACTED: version},
                metadata={"compacted": version},
                base=base,
            )
        except CommitFailedError:  # someone without our lock compacted in this moment
            return None


def _rewrite(
    table: DurableTable, source: str, connection: duckdb.DuckDBPyConnection, schema: pa.Schema
) -> list[AddAction]:
    names = [*table.key, *([SEQUENCE] if SEQUENCE in schema.names else [])]
    order = ", ".join(f'"{name}" NULLS LAST' for name in names)
    query = f"FROM ({source})" + (f" ORDER BY {order}" if order else "")
    adds: list[AddAction] = []
    pending: list[pa.RecordBatch] = []
    rows = 0
    with connection.cursor() as cursor:
        for batch in cursor.sql(query).to_arrow_reader(131_072):
            pending.append(batch)
            rows += batch.num_rows
            if rows >= FILE_ROWS:
                adds.append(_file(table, pending, schema))
                pending, rows = [], 0
    if rows:
        adds.append(_file(table, pending, schema))
    return adds


def _file(table: DurableTable, batches: list[pa.RecordBatch], schema: pa.Schema) -> AddAction:
    data = pa.Table.from_batches(batches).select(schema.names).cast(schema)
    add = table.write_file(data)
    add.data_change = False  # the same rows in another place
    return add


def _fingerprint(
    source: str, schema: pa.Schema, connection: duckdb.DuckDBPyConnection
) -> tuple[int, ...]:
    """Return the count of rows and two sums over their hashes, whatever their order."""
    row = ", ".join(f'"{name}"' for name in schema.names)
    # Whole numbers only: a sum of floats would depend on the order of the rows.
    query = (
        "SELECT count(*), sum(h::HUGEINT), sum((h % 1000003)::HUGEINT * (h % 1000003)) "
        f"FROM (SELECT hash({row}) AS h FROM ({source}))"
    )
    (found,) = connection.execute(query).fetchall()
    return tuple(int(value or 0) for value in found)


def _discard(table: DurableTable, adds: list[AddAction]) -> None:
    for add in adds:  # never named by the log
        (table.path / add.path).unlink()


def _different(path: Path) -> JiqunError:
    return JiqunError(
        "E-STORE-COMPACT",
        f"整理后的行与原有的行不一致，已放弃整理：{path}",
        f"the compacted rows differ from the stored ones; compaction was given up: {path}",
        hint_zh="原数据未变；请检查磁盘与内存",
        hint_en="the stored data is unchanged; check disk and memory",
        kind=Kind.INTERNAL,
    )


def sweep(table: DurableTable, *, older_than: float) -> list[Path]:
    """Remove files that no version refers to and that are ``older_than`` seconds old.

    The caller holds the lock. A file being written is younger than any sensible limit.
    """
    versions = log_versions(table.path)
    if not versions or versions[0] != 0:  # a shortened log no longer names every file
        return []
    used: set[str] = set()
    for version in versions:
        actions = read_log(log_path(table.path, version))
        used |= {action["add"]["path"] for action in actions if "add" in action}
    limit = time.time() - older_than
    candidates = [*table.path.iterdir(), *(table.path / "_delta_log").iterdir()]
    orphans = [
        path
        for path in candidates
        if ORPHAN.match(path.name) and path.name not in used and path.stat().st_mtime < limit
    ]
    for path in orphans:
        path.unlink()
    return orphans
