"""What the tests of the audit log share: a clock moved by hand, a copy of a log to tamper with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from jiqun.core.audit import append, roots
from jiqun.core.models.audit import AuditChain, AuditEntry, AuditRoot, FirmRead

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MODELS = (AuditEntry, AuditChain, AuditRoot, FirmRead)
ENTRY, CHAIN, ROOT, READ = TABLES = tuple(model._meta.db_table for model in MODELS)
COLUMNS = {
    model._meta.db_table: [field.column for field in model._meta.concrete_fields]
    for model in MODELS
}


class Clock:
    """The log's clock; each look at it moves it on by a microsecond."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        self.now = (at - EPOCH) // timedelta(microseconds=1)
        monkeypatch.setattr(append, "now_micros", self)
        monkeypatch.setattr(roots, "now_micros", self)

    def __call__(self) -> int:
        """Return the time in microseconds since 1970."""
        self.now += 1
        return self.now

    def forward(self, **span: int) -> None:
        """Move on by a span (backwards when it is negative)."""
        self.now += timedelta(**span) // timedelta(microseconds=1)


class Copy:
    """A log in a SQLite database of its own, without constraints or triggers, to do harm to."""

    vendor = "sqlite"

    def __init__(self, link: sqlite3.Connection) -> None:
        self.link = link

    @classmethod
    def of_installation(cls) -> Copy:
        """Copy the log out of the database of the test, whichever it is."""
        link = sqlite3.connect(":memory:")
        with connection.cursor() as cursor:
            for model in MODELS:
                table = model._meta.db_table
                kinds = {"CharField": "TEXT", "TextField": "TEXT", "CanonicalJSONField": "TEXT",
                         "DateField": "TEXT"}  # fmt: skip
                columns = [
                    f"{field.column} {kinds.get(type(field).__name__, 'INTEGER')}"
                    + (" PRIMARY KEY" if field.primary_key else "")
                    for field in model._meta.concrete_fields
                ]
                link.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
                cursor.execute(f"SELECT {', '.join(COLUMNS[table])} FROM {table}")
                rows = [[str(v) if hasattr(v, "isoformat") else v for v in r] for r in cursor]
                marks = ", ".join("?" * len(columns))
                link.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        link.commit()
        return cls(link)

    def again(self) -> Copy:
        """Return another copy of this one."""
        link = sqlite3.connect(":memory:")
        self.link.backup(link)
        return Copy(link)

    def rows(self, sql: str) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a query in batches."""
        cursor = self.link.execute(sql)
        while batch := cursor.fetchmany(500):
            yield batch

    def snapshot(self) -> AbstractContextManager[None]:
        """Nobody else writes here."""
        return nullcontext()

    def do(self, sql: str, *values: object) -> int:
        """Run a statement and return how many rows it changed."""
        return self.link.execute(sql, values).rowcount

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.link.execute(sql, values).fetchall()
