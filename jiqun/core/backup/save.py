"""``jiqun backup``: database and files together, while the server runs."""

from __future__ import annotations

import gzip
import hmac
import platform
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import django
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from jiqun import __version__
from jiqun.core.backup.archive import Writer, written
from jiqun.core.backup.files import pieces
from jiqun.core.backup.rows import LEFT_OUT, Model, Tally, columns, counters, lines, tables
from jiqun.core.version import code_version

FORMAT = 1  # of the archive
Progress = Callable[[int, int, str], None]  # done, total, what


def nothing(_done: int, _total: int, _what: str) -> None:
    """Show no progress."""


@contextmanager
def frozen() -> Generator[None]:
    """See the database as it is at this moment, while others go on writing.

    SQLite: a reading transaction (WAL: it blocks no writer; Django's own would take the write
    lock). PostgreSQL: REPEATABLE READ, which is one snapshot there. Inside a transaction that is
    already open, nothing changes.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute(
                "SELECT count(*) FROM sqlite_master"
            )  # the snapshot begins at the first read
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def migrations() -> list[str]:
    """Return the migrations that this database has had, as ``app.name``."""
    return sorted(
        f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
    )


def key_fingerprint() -> str:
    """Return what tells whether another installation signs with the same key, but not the key."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"jiqun backup", "sha256").hex()[:16]


def back_up(target: Path, *, progress: Progress = nothing) -> dict[str, Any]:
    """Write everything to the new file ``target`` and return its manifest.

    The database is read in one transaction and the files after it, so whatever the database
    speaks of is there. Sessions and the signing key are left out; see the guide.

    Raises:
        JiqunError: ``E-BACKUP-EXISTS``, ``E-STORE-FULL``, ``E-STORE-CORRUPT``.
    """
    with written(target) as file, tempfile.TemporaryFile(dir=target.parent) as scratch:
        writer = Writer(file)
        with frozen():
            manifest = _about()
            found = tables()
            for number, (label, model) in enumerate(found.items()):
                progress(number, len(found), f"数据库 database {label}")
                manifest["tables"][label] = _table(writer, label, model, scratch)
        kept = pieces()
        for number, piece in enumerate(kept):
            progress(number, len(kept), f"文件 files {piece.path.parent.name}")
            try:
                source = piece.open()
            except FileNotFoundError:
                if piece.passing:
                    continue
                raise
            with source:
                writer.add(piece.name, piece.size, source)
        progress(len(kept), len(kept), "")
        writer.close(manifest)
        return manifest | {"members": writer.members}


def _about() -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(),
        "version": __version__,
        "code": code_version("core", "masters", "modules", "cockpit"),
        "django": django.get_version(),
        "python": platform.python_version(),
        "database": connection.vendor,
        "migrations": migrations(),
        "counters": counters(),
        "left_out": sorted(LEFT_OUT),
        "key": key_fingerprint(),
        "tables": {},
    }


def _table(writer: Writer, label: str, model: Model, scratch: IO[bytes]) -> dict[str, Any]:
    """Add one table; ``scratch`` holds it once more because a member's size comes first."""
    tally = Tally()
    scratch.seek(0)
    scratch.truncate()
    with gzip.GzipFile(fileobj=scratch, mode="wb", compresslevel=5, mtime=0) as packed:
        for line in lines(model, tally):
            packed.write(f"{line}\n".encode())
    size = scratch.tell()
    scratch.seek(0)
    writer.add(f"database/{label}.jsonl.gz", size, scratch)
    return {**tally.told(), "columns": [one.attname for one in columns(model)]}
