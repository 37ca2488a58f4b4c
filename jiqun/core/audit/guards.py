"""Triggers that refuse to change or delete the log, on SQLite and PostgreSQL.

They stop mistakes and ordinary accounts. Whoever owns the database can drop them; that is what
the chains, the roots and the copies of the roots kept elsewhere are for.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from jiqun.core.models.audit import AuditChain, AuditEntry, AuditRoot, FirmRead

MESSAGE = "the audit log is append-only / 审计日志只能追加"
_FIXED = [model._meta.db_table for model in (AuditEntry, AuditRoot, FirmRead)]
_CHAIN = AuditChain._meta.db_table
# A chain grows by one at a time and keeps its name; its head follows.
_CHAIN_BROKEN = (
    "NEW.id <> OLD.id OR NEW.target <> OLD.target OR NEW.length < OLD.length "
    "OR NEW.length > OLD.length + 1"
)


def guards(vendor: str) -> list[str]:
    """Return the statements that make the triggers; safe to run again."""
    make = _sqlite if vendor == "sqlite" else _postgresql
    return [statement for table in (*_FIXED, _CHAIN) for statement in make(table)]


def _sqlite(table: str) -> list[str]:
    when = f" WHEN {_CHAIN_BROKEN}" if table == _CHAIN else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}{when} {body}",
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {body}",
    ]


def _postgresql(table: str) -> list[str]:
    when = f" WHEN ({_CHAIN_BROKEN})" if table == _CHAIN else ""
    refuse = "EXECUTE FUNCTION jiqun_append_only()"
    function = (
        "CREATE OR REPLACE FUNCTION jiqun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    return [
        function,
        f"CREATE OR REPLACE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW{when} {refuse}",
        f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def _removal(vendor: str) -> list[str]:
    kinds = ("update", "delete") if vendor == "sqlite" else ("update", "delete", "truncate")
    names = [(table, f"{table}_no_{kind}") for table in (*_FIXED, _CHAIN) for kind in kinds]
    on = " ON {}" if vendor == "postgresql" else ""
    return [f"DROP TRIGGER IF EXISTS {name}{on.format(table)}" for table, name in names]


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install_guards(connection: Any) -> None:
    """Make the triggers on a Django connection; a migration calls this after the tables exist."""
    _execute(connection, guards(connection.vendor))


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as a migration that changes these tables must before it does."""
    _execute(connection, _removal(connection.vendor))


@contextmanager
def unguarded(connection: Any) -> Generator[None]:
    """Do without the triggers for a while, as emptying a test database needs."""
    remove_guards(connection)
    try:
        yield
    finally:
        install_guards(connection)
