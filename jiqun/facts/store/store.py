"""The fact store: append-only, versioned, and kept when the power is cut.

A folder holds one Delta table per contract (``facts/``) and per engine (``findings/``), the
ledger of batches, the quarantine, the registry of runs and the snapshots. Only this module
writes it. A store may be used from many threads and processes at once: writers queue per table,
readers never wait. Ibis expressions belong to the thread that asked for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import ibis.expr.types as ir
import polars as pl
import pyarrow as pa

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Contract, contracts
from jiqun.facts.store import ledger, retract
from jiqun.facts.store.compaction import compact, sweep
from jiqun.facts.store.durable import canonical_json, full_disk_is_clear, make_folder
from jiqun.facts.store.intake import conform, content_digest
from jiqun.facts.store.kept import Kept
from jiqun.facts.store.ledger import Receipt, Run
from jiqun.facts.store.snapshot import (
    Snapshot,
    frame_digest,
    list_snapshots,
    load_snapshot,
    save_snapshot,
)
from jiqun.facts.store.tables import BATCHES, FINDING, QUARANTINE, RUNS, Tables, mark
from jiqun.facts.store.view import OWN, Views
from jiqun.facts.store.writing import (
    record,
    register,
    retried,
    store_batch,
    store_finding,
)

At = Snapshot | str | None
SMALL = 256 << 10  # bytes of a table's files; in memory they take up to some thirty times as many


class Store:
    """A fact store in a folder. Opening it repairs what a power cut left at the end of a log."""

    def __init__(self, root: Path, *, known: Mapping[str, Contract] | None = None) -> None:
        """Open, or begin, the store at ``root``.

        Args:
            root: folder of the store.
            known: contracts by name; the project's own unless given.

        Raises:
            JiqunError: ``E-STORE-CORRUPT`` when acknowledged data is damaged.
        """
        self.root = root.resolve()
        self.tables = Tables(self.root, contracts() if known is None else known)
        self.views = Views(self.root / "_scratch")
        self._kept = Kept()
        make_folder(self.root)
        for name in (BATCHES, *self.names()):  # the ledger first: it tells what was acknowledged
            self.tables.open(name).recover()

    # ---- facts ------------------------------------------------------------------------------

    def append(  # noqa: PLR0913 - one keyword per thing the sender states of a batch
        self,
        contract_name: str,
        accepted: pl.DataFrame,
        *,
        batch: str,
        received: int,
        source: str,
        quarantined: pl.DataFrame | None = None,
        duplicate: int = 0,
        meta: Mapping[str, Any] | None = None,
        guard: Callable[[], None] | None = None,
    ) -> Receipt:
        """Store one batch, once, and return its receipt when it is safe from a power cut.

        Rows equal to the latest stored fact of their key are counted as duplicate; rows with
        other values are corrections, and the later fact wins in :meth:`current`.

        Args:
            contract_name: the contract that the rows satisfy.
            accepted: rows with the contract's columns.
            batch: the sender's key of this batch; a retry must use the same.
            received: rows that came in, whatever became of them.
            source: the table as its owner calls it.
            quarantined: rows that were refused, one per row received, any columns.
            duplicate: rows that the reader has already dropped as repeated.
            meta: anything about the batch; ``owner``, ``as_of``, ``next_due`` and ``absent``
                (what a missing row means: unknown, zero or suppressed) feed the freshness view.
            guard: called before anything is written, while no other writer can change the
                table; what it raises stops the batch. Not called for a batch already known.

        Raises:
            JiqunError: ``E-STORE-COUNT``, ``E-STORE-COLUMNS``, ``E-STORE-TYPE``,
                ``E-STORE-KEY``, ``E-STORE-META`` for a batch that contradicts itself;
                ``E-STORE-BATCH`` when the key was used for other rows; ``E-STORE-FULL`` on a
                full disk; ``E-STORE-BUSY`` when foreign writers never let us through.
        """
        contract = self.tables.contract(contract_name)
        held = 0 if quarantined is None else quarantined.height
        ledger.check_counts(
            received=received, accepted=accepted.height, quarantined=held, duplicate=duplicate
        )
        rows = conform(accepted, contract, batch=batch, source=source)
        draft = Receipt(
            batch=batch,
            contract=contract_name,
            source=source,
            received=received,
            accepted=rows.height,
            quarantined=held,
            duplicate=duplicate,
            corrections=0,
            version=-1,
            digest=content_digest(rows, contract),
            recorded_at=datetime.now(UTC),
        )
        # Made before any write, so that meta that cannot be read leaves nothing behind.
        entry = ledger.batch_row(draft, meta or {}, cast(date | None, rows["as_of"].max()))
        table = self.tables.open(contract_name)
        with full_disk_is_clear(self.root), table.lock():
            if guard is not None and not self._has(contract_name, batch):
                guard()
            if quarantined is not None and held:
                refused = ledger.quarantine_rows(quarantined, draft)
                register(self.tables, QUARANTINE, refused, mark(contract_name, batch))
            receipt = retried(lambda: store_batch(table, contract, rows, draft, self.views))
            record(self.tables, receipt, meta or {}, entry)
        return receipt

    def table(self, name: str, at: At = None) -> ir.Table:
        """Return every fact ever stored under ``name``, corrected ones included.

        The columns are the contract's, where each row came from, ``_seq``, which grows with
        every commit, and ``_replaces``: of a correction, the ``_seq`` of what it replaces.
        """
        version = self.version(name, at)
        if version < 0:
            return self.views.empty(name, self.tables.schema(name))
        return self.views.table(name, self.tables.open(name), version)

    def current(self, name: str, at: At = None) -> ir.Table:
        """Return the latest fact of every key, with the contract's columns and provenance."""
        table = self.table(name, at)
        version = self.version(name, at)
        if version >= 0:
            stored = self.tables.open(name)
            gone = retract.retracted(lambda app_id: stored.token(app_id, version))
            if gone or stored.token(retract.CORRECTIONS, version):
                table = retract.visible(table, self.tables.contract(name), gone)
        return table.drop(*(name for name in OWN if name in table.columns))

    def polars(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        where: Callable[[ir.Table], ir.BooleanValue] | None = None,
        at: At = None,
    ) -> pl.DataFrame:
        """Return :meth:`current` as a frame; ``where`` takes the table and gives a condition."""
        version = self.version(name, at)
        if where is None:
            return self._kept.frame(
                (name, version, None if columns is None else tuple(columns)),
                lambda: self._read(name, columns, None, at),
            )
        return self._read(name, columns, where, at)

    def small(self, name: str, at: At = None) -> pl.DataFrame | None:
        """Return :meth:`current` whole where its files are small enough to keep it in memory."""
        version = self.version(name, at)
        if version >= 0 and self.tables.open(name).size(version) > SMALL:
            return None
        return self.polars(name, at=at)

    def _read(
        self,
        name: str,
        columns: Sequence[str] | None,
        where: Callable[[ir.Table], ir.BooleanValue] | None,
        at: At,
    ) -> pl.DataFrame:
        table = self.current(name, at)
        if where is not None:
            table = table.filter(where(table))
        if columns is not None:
            table = table.select(*columns)
        return pl.DataFrame(table.to_pyarrow())

    def freshness(self, today: date | None = None) -> pl.DataFrame:
        """Return how fresh each source is (:func:`jiqun.facts.store.ledger.freshness`)."""
        day = today or datetime.now(ZoneInfo("Asia/Shanghai")).date()
        return ledger.freshness(self.batches(), day)

    def batches(self) -> pl.DataFrame:
        """Return the ledger: one row per batch."""
        return self.polars(BATCHES).sort("recorded_at", "contract", "batch")

    def _has(self, contract: str, batch: str) -> bool:
        version = self.version(contract)
        return (
            version >= 0 and self.tables.open(contract).token(mark(contract, batch), version) == 1
        )

    # ---- versions ---------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the tables that exist; findings as ``finding.<engine>``."""
        return self.tables.names()

    def version(self, name: str, at: At = None) -> int:
        """Return the version of ``name`` at a snapshot, or the newest; -1 for none."""
        if at is None:
            return self.tables.open(name).version()
        taken = self.at(at) if isinstance(at, str) else at
        return taken.versions.get(name, -1)

    def files(self, name: str, version: int) -> list[str]:
        """Return the Parquet files that are ``name`` at ``version``; they are never rewritten."""
        return list(self.tables.open(name).files(version))

    def snapshot(self, names: Sequence[str] | None = None) -> Snapshot:
        """Name the present version of the tables durably, all facts unless ``names`` are given."""
        chosen = names
        if chosen is None:
            chosen = [n for n in self.names() if not n.startswith(("_", FINDING))]
        with full_disk_is_clear(self.root):
            tables = {name: self.tables.open(name) for name in chosen}
            for table in tables.values():
                table.settle()
            versions = {name: table.version() for name, table in tables.items() if table.exists}
            return save_snapshot(self.root / "snapshots", versions)

    def at(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot by its id; ``E-STORE-SNAPSHOT`` when there is none."""
        return load_snapshot(self.root / "snapshots", snapshot_id)

    def snapshots(self) -> list[Snapshot]:
        """Return every snapshot, oldest first."""
        return list_snapshots(self.root / "snapshots")

    # ---- findings ---------------------------------------------------------------------------

    def write_finding(  # noqa: PLR0913 - one keyword per column of the registry
        self,
        engine: str,
        frame: pl.DataFrame,
        *,
        run: str,
        snapshot_id: str,
        params: Mapping[str, Any],
        code_version: str,
        rules_version: str,
        scope: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Receipt:
        """Store what one run of ``engine`` found, with all that is needed to run it again.

        The registry keeps :func:`frame_digest` of ``frame``, so that a recomputation for an
        appeal can be compared byte for byte.

        Raises:
            JiqunError: ``E-STORE-SNAPSHOT`` for an unknown snapshot, ``E-STORE-BATCH`` when the
                run id was used for another result, ``E-STORE-SCHEMA`` for a retyped column,
                ``E-STORE-NAME`` for a bad engine name.
        """
        self.at(snapshot_id)
        draft = Run(
            run=run,
            engine=engine,
            scope=scope or {},
            snapshot=snapshot_id,
            params=params,
            rules_version=rules_version,
            code_version=code_version,
            recorded_at=datetime.now(UTC),
            rows=frame.height,
            seconds=seconds,
            digest=frame_digest(frame),
            version=-1,
        )
        table = self.tables.open(f"{FINDING}{engine}")
        with full_disk_is_clear(self.root), table.lock():
            stored = table.schema(table.version()) if table.exists else None
            receipt = retried(lambda: store_finding(table, frame, draft, stored))
            row = asdict(replace(draft, version=receipt.version))
            row |= {name: canonical_json(dict(row[name])) for name in ("scope", "params")}
            entry = pa.Table.from_pylist([row], ledger.RUNS)
            register(self.tables, RUNS, entry, mark(engine, run))
        return receipt

    def runs(self, engine: str | None = None, scope: Mapping[str, Any] | None = None) -> list[Run]:
        """Return the runs, newest first; of one engine and one scope if given."""
        rows = self.polars(RUNS).sort("recorded_at", "version", descending=True)
        if engine is not None:
            rows = rows.filter(pl.col("engine") == engine)
        found = [ledger.run_of(row) for row in rows.iter_rows(named=True)]
        return [
            one
            for one in found
            if engine in (None, one.engine) and (scope is None or dict(one.scope) == dict(scope))
        ]

    def finding(self, engine: str, run: str | None = None) -> ir.Table:
        """Return what a run found, the latest one unless told.

        Raises:
            JiqunError: ``E-STORE-RUN`` when the engine has no such run.
        """
        found = [one for one in self.runs(engine) if run in (None, one.run)]
        if not found:
            raise JiqunError(
                "E-STORE-RUN",
                f"没有 {engine} 的运行记录 {run or ''}",
                f"there is no run {run or ''} of {engine}",
                hint_zh=f"先执行 jiqun run {engine}",
                hint_en=f"run it first: jiqun run {engine}",
                kind=Kind.NOT_FOUND,
            )
        name = f"{FINDING}{engine}"
        # A registry brought in by an import counts versions of the store that it came from.
        version = min(found[0].version, self.version(name))
        table = self.views.table(name, self.tables.open(name), version)
        return table.filter(table["run"] == found[0].run)

    # ---- upkeep -----------------------------------------------------------------------------

    def compact(self, name: str) -> int | None:
        """Rewrite the files of ``name`` into few sorted ones; old snapshots keep the old files.

        Returns the new version, or None when there was nothing to gain.
        """
        with full_disk_is_clear(self.root):
            return compact(self.tables.open(name), self.views.connection())

    def sweep(self, *, older_than: float = 86_400.0) -> list[Path]:
        """Remove files that no version refers to, left by writers that died; return them."""
        removed: list[Path] = []
        for name in self.names():
            table = self.tables.open(name)
            with table.lock():
                removed += sweep(table, older_than=older_than)
        return removed
