"""Where the verifier reads from: plain SQL over one snapshot of the database."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from django.db import transaction

BATCH = 1000  # rows fetched at once


class Source(Protocol):
    """A database that holds a log. ``rows`` streams; every read in ``snapshot`` sees one state."""

    @property
    def vendor(self) -> str:
        """``sqlite`` or ``postgresql``."""
        ...

    def rows(self, sql: str) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a query in batches."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Hold one state of the database."""
        ...


class DjangoSource:
    """The log of this installation, through a Django connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @property
    def vendor(self) -> str:
        """Name of the database, as Django has it."""
        return str(self.connection.vendor)

    def rows(self, sql: str) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a query in batches; a cursor on the server where there is one."""
        cursor = self.connection.chunked_cursor()
        try:
            cursor.execute(sql)
            while batch := cursor.fetchmany(BATCH):
                yield batch
        finally:
            cursor.close()

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Hold one state: a read transaction, which keeps no writer from writing."""
        if self.connection.in_atomic_block:
            yield
        elif self.vendor == "sqlite":
            # Not atomic(): transactions of this installation are IMMEDIATE and would lock writers.
            with self.connection.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")
                try:
                    yield
                finally:
                    cursor.execute("COMMIT")
        else:
            with transaction.atomic(using=self.connection.alias):
                with self.connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield
