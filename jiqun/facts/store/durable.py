"""Writing so that a power cut cannot take back what was acknowledged.

A file survives a power cut once its content *and* the entry in its folder have been fsynced
(POSIX ``fsync``; the order matters: content, then entry, then whatever points at it). The
Parquet and Delta libraries leave both to the operating system, so this module does it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jiqun.errors import JiqunError, Kind

# ENOSPC: the disk is full; EDQUOT: the user's quota is; EFBIG: the largest file allowed is.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL_TEXT = ("No space left on device", "Disk quota exceeded", "File too large")
ROW_GROUP = 131_072  # rows; small enough that one key's rows are found without a full scan


class StoreFullError(JiqunError):
    """``E-STORE-FULL``: the disk under the store has no room; nothing was written."""

    def __init__(self, where: Path) -> None:
        super().__init__(
            "E-STORE-FULL",
            f"磁盘空间已满，未写入任何数据：{where}",
            f"the disk is full; nothing was written: {where}",
            hint_zh="腾出空间后用同一批次号重试；已确认的批次不受影响",
            hint_en="free some space and retry with the same batch key; acknowledged batches "
            "are not affected",
            kind=Kind.INTERNAL,
        )

    @property
    def status(self) -> int:
        """HTTP status: Insufficient Storage (RFC 4918, 11.5)."""
        return 507


def _is_full(error: BaseException) -> bool:
    """Tell whether ``error`` means "no room": delta-rs passes the reason on as text only."""
    return getattr(error, "errno", None) in FULL or any(text in str(error) for text in FULL_TEXT)


@contextmanager
def full_disk_is_clear(where: Path) -> Generator[None]:
    """Turn "no space left" from any library into one clear error.

    Raises:
        JiqunError: ``E-STORE-FULL`` when the disk under ``where`` has no room.
    """
    try:
        yield
    except JiqunError:
        raise
    except Exception as error:
        if not _is_full(error):
            raise
        raise StoreFullError(where) from error


def sync_file(path: Path) -> None:
    """Fsync the content of ``path``."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Fsync the entries of the folder ``path``."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make ``path`` and its missing parents, each entry durable in the folder above it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def write_parquet(table: pa.Table, path: Path, *, sorted_by: Sequence[str] = ()) -> int:
    """Write ``table`` durably to the new file ``path`` and return its size in bytes.

    The data is on the disk when this returns; a failure leaves no file behind.
    """
    names = table.schema.names
    order = [pq.SortingColumn(names.index(name), nulls_first=False) for name in sorted_by]
    try:
        with path.open("xb") as sink:
            pq.write_table(
                table,
                sink,
                compression="zstd",
                use_dictionary=True,
                write_statistics=True,
                row_group_size=ROW_GROUP,
                sorting_columns=order or None,
            )
            sink.flush()
            os.fsync(sink.fileno())
        sync_folder(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def file_stats(data: pa.Table, key: Sequence[str]) -> dict[str, Any]:
    """Return Delta's per-file statistics: row count, and range and nulls of the key columns."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for name in key:
        column = data.column(name)
        nulls[name] = column.null_count
        bounds = cast(dict[str, Any], pc.min_max(column).as_py())
        if bounds["min"] is not None:
            low[name], high[name] = bounds["min"], bounds["max"]
    return {
        "numRecords": data.num_rows,
        "minValues": low,
        "maxValues": high,
        "nullCount": nulls,
    }


def write_once(path: Path, content: bytes) -> None:
    """Write ``content`` durably under a name that is never rewritten.

    A second write of the same name keeps the first content; it still syncs, because the first
    writer may have died before it could.
    """
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            with temporary.open("xb") as sink:
                sink.write(content)
                sink.flush()
                os.fsync(sink.fileno())
            # A hard link, unlike a rename, never replaces what another writer put there first.
            with suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_file(path)
    sync_folder(path.parent)


def write_json_once(path: Path, value: object) -> None:
    """Write ``value`` as canonical JSON by :func:`write_once`."""
    write_once(path, canonical_json(value).encode())


def canonical_json(value: object) -> str:
    """Return the one JSON text of ``value``: sorted keys, no spaces, no escapes of Chinese."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def move_aside(path: Path, folder: Path, note: dict[str, Any]) -> Path:
    """Move ``path`` into ``folder`` with a note beside it, durably; return where it is now."""
    make_folder(folder)
    target = folder / f"{uuid4().hex[:8]}-{path.name}"
    write_json_once(target.with_name(f"{target.name}.note.json"), note)
    path.rename(target)
    sync_folder(folder)
    sync_folder(path.parent)
    return target


@contextmanager
def locked(path: Path) -> Generator[IO[bytes]]:
    """Hold the exclusive lock ``path`` across processes and threads.

    The kernel drops it when the holder dies, so a killed writer never blocks the next one.
    """
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
