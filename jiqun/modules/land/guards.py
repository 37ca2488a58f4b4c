"""Triggers of what is only ever added, calculations and steps of batches, on SQLite and PostgreSQL.

They stop mistakes and ordinary accounts; whoever owns the database can drop them, and the digests
of a calculation tell then, computed again over its snapshot.
"""

from __future__ import annotations

from typing import Any

from jiqun.modules.land.models import Calculation, Step

MESSAGE = "rows are only ever added here / 只能追加"
FIXED = tuple(model._meta.db_table for model in (Calculation, Step))
KINDS = {"sqlite": ("update", "delete"), "postgresql": ("update", "delete", "truncate")}
FUNCTION = (
    "CREATE OR REPLACE FUNCTION land_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
)


def _sqlite(table: str, kind: str) -> str:
    body = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return f"CREATE TRIGGER IF NOT EXISTS {table}_no_{kind} BEFORE {kind.upper()} ON {table} {body}"


def _postgresql(table: str, kind: str) -> str:
    each = "STATEMENT" if kind == "truncate" else "ROW"
    return (
        f"CREATE OR REPLACE TRIGGER {table}_no_{kind} BEFORE {kind.upper()} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION land_append_only()"
    )


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    postgresql = connection.vendor == "postgresql"
    make = _postgresql if postgresql else _sqlite
    made = [make(table, kind) for table in FIXED for kind in KINDS[connection.vendor]]
    _execute(connection, [*([FUNCTION] if postgresql else []), *made])


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    on = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(connection, [
        f"DROP TRIGGER IF EXISTS {table}_no_{kind}{on.format(table)}"
        for table in FIXED for kind in KINDS[connection.vendor]
    ])  # fmt: skip
