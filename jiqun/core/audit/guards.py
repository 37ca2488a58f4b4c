"""Triggers that refuse to change or delete the log.

They stop mistakes and ordinary accounts. Whoever owns the database can drop them; that is what
the chains, the roots and the copies of the roots kept elsewhere are for.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from jiqun.core.models.audit import AuditChain, AuditEntry, AuditRoot, FirmRead
from jiqun.core.triggers import install, only_added, remove

MESSAGE = "the audit log is append-only / 审计日志只能追加"
_FIXED = [model._meta.db_table for model in (AuditEntry, AuditRoot, FirmRead)]
_CHAIN = AuditChain._meta.db_table
# A chain grows by one at a time and keeps its name; its head follows.
_CHAIN_BROKEN = (
    "NEW.id <> OLD.id OR NEW.target <> OLD.target OR NEW.length < OLD.length "
    "OR NEW.length > OLD.length + 1"
)


GUARDS = (
    *(trigger for table in _FIXED for trigger in only_added(table, message=MESSAGE)),
    *only_added(_CHAIN, message=MESSAGE, unless=_CHAIN_BROKEN),
)


def install_guards(connection: Any) -> None:
    """Make the triggers on a Django connection; a migration calls this after the tables exist."""
    install(connection, GUARDS)


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as a migration that changes these tables must before it does."""
    remove(connection, GUARDS)


@contextmanager
def unguarded(connection: Any) -> Generator[None]:
    """Do without the triggers for a while, as emptying a test database needs."""
    remove_guards(connection)
    try:
        yield
    finally:
        install_guards(connection)
