"""Reading: a version's file list as an Ibis table on an embedded DuckDB.

DuckDB needs no extension for it: the table is its file list. Each thread has its own cursor on
one in-memory database, so an expression belongs to the thread that made it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from jiqun.facts.store.delta import DurableTable

SQL_TYPES: Mapping[str, str] = {
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "REAL",
    "double": "DOUBLE",
    "date32[day]": "DATE",
    "binary": "BLOB",
}
KEPT = 512  # versions a thread can read at once; older expressions of it no longer run
SEQUENCE = "_seq"  # number of the commit that brought the row: later facts win
REPLACES = "_replaces"  # of a correction: the sequence of the fact that it replaces
OWN = (SEQUENCE, REPLACES)  # columns of the store, beside those of the contract


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
            self._local.made = {}
        return cast(Backend, self._local.backend)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's DuckDB cursor, for SQL that Ibis cannot express."""
        return self.backend().con

    def table(self, name: str, table: DurableTable, version: int) -> ir.Table:
        """Return ``version`` of ``table`` with every stored column, oldest rows included."""
        schema = table.schema(version)
        evolved = not table.schema(0).equals(schema)
        return self._view(
            f"{name}_v{version}", relation(table.files(version), schema, evolved=evolved)
        )

    def empty(self, name: str, schema: pa.Schema) -> ir.Table:
        """Return a table without rows, for facts that nobody has brought yet."""
        return self._view(f"{name}_none", relation((), schema))

    def _view(self, label: str, query: str) -> ir.Table:
        view = label.replace(".", "_")
        backend = self.backend()
        made: dict[str, ir.Table] = self._local.made
        if view not in made:
            self.connection().execute(f'CREATE OR REPLACE TEMP VIEW "{view}" AS {query}')
            made[view] = backend.table(view)
            if len(made) > KEPT:
                oldest = next(iter(made))
                self.connection().execute(f'DROP VIEW "{oldest}"')
                del made[oldest]
        return made[view]


def relation(files: Sequence[str], schema: pa.Schema, *, evolved: bool = True) -> str:
    """Return SQL for the rows of ``files`` with the columns of ``schema``.

    ``evolved`` says that some of the files may lack columns added since; those read as null.
    """
    columns = ", ".join(f'CAST(NULL AS {_sql_type(f.type)}) AS "{f.name}"' for f in schema)
    nothing = f"SELECT {columns} WHERE false"
    if not files:
        return nothing
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    if not evolved:
        return f"SELECT * FROM read_parquet([{quoted}])"
    return (
        f"{nothing} UNION ALL BY NAME SELECT * FROM read_parquet([{quoted}], union_by_name = true)"
    )


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMPTZ"
    return SQL_TYPES[str(kind)]


def latest(table: ir.Table, key: Sequence[str], *, chained: bool = False) -> ir.Table:
    """Return the latest fact of every key: all rows but those that a later one replaces.

    Corrections are few, so the list of what they replace is small beside the table.

    Args:
        table: rows of one version.
        key: columns of the contract's key.
        chained: rows were left out of ``table``, so that a correction may name a row that is not
            there; it then stands before every row of its key with a lower sequence.
    """
    later = table.view()
    later = later.filter(later[REPLACES].notnull())
    same = [table[name].identical_to(later[name]) for name in key]
    order = table[SEQUENCE] < later[SEQUENCE] if chained else table[SEQUENCE] == later[REPLACES]
    return table.anti_join(later, [*same, order])
