"""Reading: a version's file list as an Ibis table on an embedded DuckDB.

DuckDB needs no extension for it: the table is its file list. Each thread has its own cursor on
one in-memory database, so an expression belongs to the thread that made it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from jiqun.facts.delta import DurableTable

SEQUENCE = "_seq"  # number of the commit that brought the row: later facts win


class Views:
    """Ibis tables over versions, made once per thread and version."""

    def __init__(self, scratch: Path) -> None:
        """Keep large intermediate results of queries under ``scratch``."""
        self._scratch = scratch
        self._local = threading.local()
        self._start = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    def backend(self) -> Backend:
        """Return this thread's Ibis backend."""
        if not hasattr(self._local, "backend"):
            with self._start:
                if self._database is None:
                    self._database = duckdb.connect(
                        config={
                            "temp_directory": str(self._scratch),
                            "autoinstall_known_extensions": "false",
                        }
                    )
            self._local.backend = ibis.duckdb.from_connection(self._database.cursor())
            self._local.made = set()
        return cast(Backend, self._local.backend)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's DuckDB cursor, for SQL that Ibis cannot express."""
        return cast(duckdb.DuckDBPyConnection, self.backend().con)

    def table(self, name: str, table: DurableTable, version: int) -> ir.Table:
        """Return ``version`` of ``table`` with every stored column, oldest rows included."""
        view = f"{name.replace('.', '_')}_v{version}"
        backend = self.backend()
        if view not in self._local.made:
            self._make(view, table, version)
            self._local.made.add(view)
        return backend.table(view)

    def empty(self, name: str, schema: pa.Schema) -> ir.Table:
        """Return a table without rows, for facts that nobody has brought yet."""
        view = f"{name.replace('.', '_')}_none"
        self._empty(view, schema)
        return self.backend().table(view)

    def _make(self, view: str, table: DurableTable, version: int) -> None:
        files, schema = table.files(version), table.schema(version)
        if not files:
            self._empty(view, schema)
            return
        listed = file_list(files)
        source = f"SELECT * FROM read_parquet({listed})"
        if not table.schema(0).equals(schema):  # older files lack the columns added since
            self._empty(f"{view}_empty", schema)
            source = (
                f'SELECT * FROM "{view}_empty" UNION ALL BY NAME '
                f"SELECT * FROM read_parquet({listed}, union_by_name = true)"
            )
        self.connection().execute(f'CREATE OR REPLACE TEMP VIEW "{view}" AS {source}')

    def _empty(self, view: str, schema: pa.Schema) -> None:
        connection = self.connection()
        connection.register("jiqun_empty", schema.empty_table())
        connection.execute(f'CREATE OR REPLACE TEMP TABLE "{view}" AS FROM jiqun_empty')
        connection.unregister("jiqun_empty")


def file_list(files: Sequence[str]) -> str:
    """Return ``files`` as a SQL list of quoted paths."""
    quoted = (path.replace("'", "''") for path in files)
    return "[" + ", ".join(f"'{path}'" for path in quoted) + "]"


def latest(table: ir.Table, key: Sequence[str]) -> ir.Table:
    """Return the latest fact of every key; within one commit a key occurs once."""
    order = ibis.window(group_by=list(key), order_by=ibis.desc(SEQUENCE))
    ranked = table.mutate(_rank=ibis.row_number().over(order))
    return ranked.filter(ranked["_rank"] == 0).drop("_rank")
