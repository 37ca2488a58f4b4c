"""Adds entries to the log. Safe with many writers at once on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from jiqun.core.access import Viewer
from jiqun.core.audit.canonical import (
    LEAF,
    clean,
    day_number,
    day_start,
    digest_of,
    entry_text,
    number_of,
)
from jiqun.core.models.audit import (
    SEQUENCE_BITS,
    AuditChain,
    AuditEntry,
    AuditRoot,
    InstantField,
    canonical_json,
)

_written: ContextVar[int] = ContextVar("audit_entries_written", default=0)
_COLUMNS = [str(field.column) for field in AuditEntry._meta.concrete_fields]
_NAMES = [field.attname for field in AuditEntry._meta.concrete_fields]
# One statement makes or lengthens the chain and locks its row until the transaction ends, so a
# second writer of the same chain waits; it also tells the last day that is closed.
_NEXT = (
    f"INSERT INTO {AuditChain._meta.db_table} (target, length, head) VALUES (%s, 1, '') "
    f"ON CONFLICT (target) DO UPDATE SET length = {AuditChain._meta.db_table}.length + 1 "
    f"RETURNING id, length, head, (SELECT max(day) FROM {AuditRoot._meta.db_table})"
)
_INSERT = (
    f"INSERT INTO {AuditEntry._meta.db_table} ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)
_HEAD = f"UPDATE {AuditChain._meta.db_table} SET head = %s WHERE id = %s"
# Held shared by every writer of a day and alone by the one who closes it.
DAY_LOCK = 0x4A51  # "JQ"


def entries_written() -> int:
    """Return how many entries this thread of work has written; a verb has to raise it."""
    return _written.get()


def now_micros() -> int:
    """Return the time in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def hold_day(day: int, *, alone: bool = False) -> None:
    """Keep a day from being closed, or with ``alone`` from being written to, until the commit.

    SQLite needs no lock: its transactions are IMMEDIATE, so there is one writer at a time.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        shared = "" if alone else "_shared"
        cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s, %s)", [DAY_LOCK, day])


def record(
    viewer: Viewer,
    action: str,
    *,
    target: str,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry; called by every verb in an ``actions.py`` inside its transaction.

    Args:
        viewer: Who did it, in which roles.
        action: Name of the verb.
        target: What it was done to, as ``kind:id``; entries of one target form a chain.
        reason: Why, as the person gave it.
        before: The state before, as far as it changed; JSON values.
        after: The state after.
    """
    at = now_micros()
    with transaction.atomic(savepoint=False):
        hold_day(day_number(at))
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [clean(target, 200)])
            chain, seq, prev, closed = cursor.fetchone()
            at = _after_closed(at, closed)
            columns: dict[str, Any] = {
                "algorithm": str(settings.AUDIT_HASH),
                "prev": prev,
                "target": clean(target, 200),
                "seq": seq,
                "at": at,
                "user_id": viewer.user_id,
                "user_name": clean(viewer.name, 150),
                "organisation": clean(viewer.organisation, 400),
                "roles": viewer.role_words,
                "action": clean(action, 80),
                "reason": clean(reason),
                "before": canonical_json(before),
                "after": canonical_json(after),
                "request_id": clean(viewer.request_id, 40),
            }
            text = entry_text(*columns.values())
            digest = digest_of(columns["algorithm"])(LEAF + text.encode()).hex()
            columns |= {"id": chain << SEQUENCE_BITS | seq, "digest": digest}
            cursor.execute(_INSERT, [columns[name] for name in _NAMES])
            cursor.execute(_HEAD, [digest, chain])
    _written.set(_written.get() + 1)
    columns |= {
        "at": InstantField().to_python(at),
        "before": dict(before or {}),
        "after": dict(after or {}),
    }
    return AuditEntry.from_db(None, _NAMES, [columns[name] for name in _NAMES])


def _after_closed(at: int, closed: Any) -> int:
    """Return ``at``, or the start of the first open day when the clock stands in a closed one.

    The day that the log then uses may be ahead of the clock; it stays open until it is over.
    """
    if closed is None:
        return at
    last = number_of(closed if isinstance(closed, date) else date.fromisoformat(closed))
    if day_number(at) > last:
        return at
    hold_day(last + 1)
    return day_start(last + 1)
