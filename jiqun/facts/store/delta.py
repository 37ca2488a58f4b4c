"""One Delta table whose commits survive a power cut.

The format is Delta Lake's (github.com/delta-io/delta, PROTOCOL.md); the order of writing is ours:
data file, its folder, log entry, log folder, each fsynced before the next is relied upon. A
table is written under one lock per table; whoever commits version ``v + 1`` makes sure that
version ``v`` is durable first, so a writer killed between commit and fsync leaves no hole.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.transaction import AddAction, PostCommitHookProperties, RemoveAction

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import (
    file_stats,
    locked,
    make_folder,
    sync_file,
    sync_folder,
    write_parquet,
)
from jiqun.facts.store.recovery import (
    check_whole,
    is_whole,
    log_path,
    log_versions,
    read_log,
    recover,
)

# Old versions are what an appeal re-reads, so neither log nor data may be cleaned by other tools.
CONFIGURATION: Mapping[str, str | None] = {
    "delta.appendOnly": "true",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
KEPT = 16  # versions remembered per table
CHECKPOINT_EVERY = 100  # versions; bounds the log entries that opening a table must read
Metadata = Mapping[str, Any]


class DurableTable:
    """A Delta table in a folder. Reading is safe from any thread; writing needs :meth:`lock`."""

    def __init__(
        self,
        path: Path,
        *,
        root: Path,
        key: Sequence[str] = (),
        acknowledged: Callable[[int], bool] | None = None,
    ) -> None:
        """Describe the table at ``path`` below the store's ``root``; nothing is read yet.

        Args:
            path: folder of the table.
            root: folder of the store; the entries from ``path`` up to it are made durable.
            key: columns by which every data file is sorted.
            acknowledged: tells whether a version is known to have been acknowledged.
        """
        self.path = path
        self.root = root
        self.key = tuple(key)
        self._acknowledged = acknowledged
        self._mutex = threading.Lock()
        self._reader: DeltaTable | None = None  # guarded by _mutex
        self._writer: DeltaTable | None = None  # guarded by lock()
        self._synced = -1  # newest version whose log entry this process knows to be durable
        self._files: dict[int, tuple[str, ...]] = {}
        self._past: dict[int, DeltaTable] = {}

    # ---- reading ----------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """Whether the table has a first version."""
        return log_path(self.path, 0).exists()

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the table for writing, across threads and processes."""
        folder = self.root / "_locks"
        make_folder(folder)
        name = "-".join(self.path.relative_to(self.root).parts)
        with locked(folder / f"{name}.lock"):
            yield

    def recover(self) -> None:
        """Set aside what a power cut left unreadable at the end of the log.

        Raises:
            JiqunError: ``E-STORE-CORRUPT`` when the damage is not at the unacknowledged end.
        """
        if not is_whole(self.path):
            with self.lock():
                recover(self.path, self._acknowledged)

    def version(self) -> int:
        """Return the newest version; -1 while the table does not exist."""
        with self._mutex:
            state = self._refresh_reader()
            return -1 if state is None else state.version()

    def token(self, app_id: str, version: int) -> int | None:
        """Return the number stored under ``app_id`` at ``version``, or None."""
        return self._at(version).transaction_version(app_id)

    def schema(self, version: int) -> pa.Schema:
        """Return the Arrow schema of ``version``."""
        return _arrow(self._at(version).schema())

    def files(self, version: int) -> tuple[str, ...]:
        """Return the data files that make up ``version``, oldest commit first.

        Raises:
            JiqunError: ``E-STORE-CORRUPT`` when one of them is missing or short.
        """
        if version not in self._files:
            if len(self._files) >= KEPT:
                self._files.clear()
            self._files[version] = self._listed(self._at(version), {})
        return self._files[version]

    def size(self, version: int) -> int:
        """Return how many bytes the data files of ``version`` take."""
        return sum(Path(one).stat().st_size for one in self.files(version))

    def find(self, app_id: str) -> tuple[int, Metadata] | None:
        """Return version and metadata of the commit that carries ``app_id``, newest first."""
        for version in reversed(log_versions(self.path)):
            actions = read_log(log_path(self.path, version))
            if any(action.get("txn", {}).get("appId") == app_id for action in actions):
                return version, _metadata(actions)
        return None

    # ---- writing (the caller holds the lock) ------------------------------------------------

    def prepare(self, schema: pa.Schema) -> int:
        """Make the table, or add new columns to it; return the version to write upon.

        Raises:
            JiqunError: ``E-STORE-SCHEMA`` when ``schema`` drops or changes a stored column.
        """
        if not self.exists:
            make_folder(self.path)
            DeltaTable.create(self.path, schema, configuration=dict(CONFIGURATION))
            sync_folder(self.path)
        if self._writer is None:
            self._writer = DeltaTable(self.path)
        else:
            self._writer.update_incremental()
        self._settle(self._writer.version())
        self._evolve(_arrow(self._writer.schema()), schema)
        return self._writer.version()

    def marked(self, app_id: str) -> int | None:
        """Return the number under ``app_id`` in the version that :meth:`prepare` found."""
        return cast(DeltaTable, self._writer).transaction_version(app_id)

    def overlapping(self, data: pa.Table) -> tuple[str, ...]:
        """Return the files whose range of keys, by Delta's statistics, meets that of ``data``."""
        stats = file_stats(data, self.key)
        whole = {name for name in self.key if not stats["nullCount"][name]}
        low, high = stats["minValues"], stats["maxValues"]
        ranges = {name: (low[name], high[name]) for name in whole if name in low}
        return self._listed(cast(DeltaTable, self._writer), ranges)

    def commit(
        self,
        data: pa.Table | None,
        *,
        transactions: Mapping[str, int],
        metadata: Metadata,
    ) -> int:
        """Append ``data`` as one durable version and return its number.

        Call :meth:`prepare` first: a commit by anyone else since then that carries one of the
        same transaction names makes this one fail.

        Raises:
            CommitFailedError: another writer was faster; nothing of this commit remains.
            JiqunError: ``E-STORE-FULL`` by the caller's guard when the disk is full.
        """
        adds = [] if data is None or data.num_rows == 0 else [self.write_file(data)]
        return self.commit_actions(adds, transactions=transactions, metadata=metadata)

    def write_file(self, data: pa.Table) -> AddAction:
        """Write ``data``, already sorted by the key, as one durable file not yet in the table."""
        # Names sort in the order of commits, so a plain listing shows the history.
        name = f"part-{time.time_ns():020d}-{uuid4().hex}.parquet"
        size = write_parquet(data, self.path / name, sorted_by=self.key)
        return AddAction(
            path=name,
            size=size,
            partition_values={},
            modification_time=time.time_ns() // 1_000_000,
            data_change=True,
            stats=json.dumps(file_stats(data, self.key), ensure_ascii=False, default=str),
        )

    def commit_actions(
        self,
        actions: Sequence[AddAction | RemoveAction],
        *,
        transactions: Mapping[str, int],
        metadata: Metadata,
        base: DeltaTable | None = None,
    ) -> int:
        """Commit files written before; on failure the files are removed again."""
        state = cast(DeltaTable, base or self._writer)
        before, identity = state.version(), uuid4().hex
        note = {
            "id": identity,
            "actions": len(actions),
            "transactions": len(transactions),
            **metadata,
        }
        properties = CommitProperties(
            app_transactions=[Transaction(name, number) for name, number in transactions.items()],
            custom_metadata={"jiqun": note},
            max_commit_retries=15,
        )
        try:
            state.create_write_transaction(
                list(actions),
                mode="append",
                schema=Schema.from_arrow(_arrow(state.schema())),
                commit_properties=properties,
                post_commithook_properties=NO_HOOKS,
            )
        except BaseException as error:
            # An error may come after the log entry was linked; then the files are in the table.
            public = self._committed(identity, before) is not None
            if not public:
                for action in actions:
                    if isinstance(action, AddAction):
                        (self.path / action.path).unlink(missing_ok=True)
            if not public or not isinstance(error, Exception):
                raise
        version = cast(int, self._committed(identity, before))
        self._settle(version)
        if version % CHECKPOINT_EVERY == 0:
            self._checkpoint(version)
        return version

    # ---- inside -----------------------------------------------------------------------------

    def _at(self, version: int) -> DeltaTable:
        """Return the table as it was at ``version``, which never changes."""
        state = self._past.get(version)
        if state is None:
            if len(self._past) >= KEPT:
                self._past.clear()
            state = self._past[version] = DeltaTable(self.path, version=version)
        return state

    def _refresh_reader(self) -> DeltaTable | None:
        if self._reader is not None:
            # One look for the next entry costs a thousandth of listing the log; pages ask often.
            if log_path(self.path, self._reader.version() + 1).exists():
                self._reader.update_incremental()
        elif self.exists:
            self._reader = DeltaTable(self.path)
        return self._reader

    def _settle(self, version: int) -> None:
        """Fsync the log entries up to ``version`` that this process has not seen durable."""
        if version <= self._synced:
            return
        if self._synced < 0:  # first write of this process: the folders too, up to the root
            for folder in (self.path, *self.path.parents):
                sync_folder(folder)
                if folder == self.root:
                    break
        # Earlier entries were settled by whoever committed after them.
        first = self._synced + 1 if self._synced >= 0 else version
        for number in range(first, version + 1):
            sync_file(log_path(self.path, number))
        sync_folder(self.path / "_delta_log")
        self._synced = version

    def settle(self) -> None:
        """Make the newest version durable, whoever wrote it; needed before relying on it."""
        if self.exists:
            self._settle(self.version())

    def _committed(self, identity: str, before: int) -> int | None:
        version = before + 1
        while log_path(self.path, version).exists():
            if _metadata(read_log(log_path(self.path, version))).get("id") == identity:
                return version
            version += 1
        return None

    def _checkpoint(self, version: int) -> None:
        state = DeltaTable(self.path, version=version)
        state.create_checkpoint()
        log = self.path / "_delta_log"
        sync_file(log / f"{version:020d}.checkpoint.parquet")
        sync_file(log / "_last_checkpoint")
        sync_folder(log)

    def _evolve(self, stored: pa.Schema, wanted: pa.Schema) -> None:
        writer = cast(DeltaTable, self._writer)
        lost = [name for name in stored.names if name not in wanted.names]
        changed = [
            name
            for name in stored.names
            if name in wanted.names and stored.field(name).type != wanted.field(name).type
        ]
        if lost or changed:
            raise JiqunError(
                "E-STORE-SCHEMA",
                f"表 {self.path.name} 的结构只能增加列：缺少 {lost}，类型改变 {changed}",
                f"table {self.path.name} may only gain columns: dropped {lost}, retyped {changed}",
                hint_zh="保留原有列，另加新列",
                hint_en="keep the stored columns and add new ones beside them",
                kind=Kind.CONFLICT,
            )
        new = [wanted.field(name) for name in wanted.names if name not in stored.names]
        if new:
            writer.alter.add_columns(Schema.from_arrow(pa.schema(new)).fields)
            writer.update_incremental()
            self._settle(writer.version())

    def _listed(self, state: DeltaTable, ranges: Mapping[str, tuple[Any, Any]]) -> tuple[str, ...]:
        actions = pl.DataFrame(pa.table(state.get_add_actions(flatten=True)))
        for name, (low, high) in ranges.items():
            if f"min.{name}" in actions.columns:
                apart = (pl.col(f"max.{name}") < low) | (pl.col(f"min.{name}") > high)
                actions = actions.filter(~apart.fill_null(value=False))
        for name, size in actions.select("path", "size_bytes").iter_rows():
            check_whole(self.path / name, int(size))
        return tuple(sorted(str(self.path / name) for name in actions["path"]))


def _arrow(schema: Schema) -> pa.Schema:
    """Return a Delta schema as Arrow, without the view types that libraries differ on."""
    plain = {pa.string_view(): pa.string(), pa.large_string(): pa.string()}
    stored = pa.schema(cast(Any, schema))
    return pa.schema([pa.field(f.name, plain.get(f.type) or f.type) for f in stored])


def _metadata(actions: Sequence[Mapping[str, Any]]) -> Metadata:
    for action in actions:
        if "commitInfo" in action:
            return cast(Metadata, action["commitInfo"].get("jiqun") or {})
    return {}
