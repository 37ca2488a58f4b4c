"""Triggers of stored drafts: the text never changes, nor what two people have confirmed, nor its fields.

On SQLite and PostgreSQL; like those of the ledger they stop mistakes and ordinary accounts.
"""

from __future__ import annotations

from typing import Any

from jiqun.modules.policy.models import Draft, DraftField, DraftText

FIXED = "a text or a confirmed draft is not changed / 原文和已核定的草稿不得修改"
_TEXT, _DRAFT, _FIELD = (one._meta.db_table for one in (DraftText, Draft, DraftField))
_ENDED = "('confirmed', 'superseded', 'withdrawn')"
# What a row keeps whatever happens to it; of a draft that was confirmed, what was confirmed too.
_SOURCE = ("draft_id", "key", "clause", "words", "span_from", "span_to", "read")
_ORIGIN = ("key", "text_id", "place", "clause", "made_by_id")
_CONFIRMED = ("content", "digest", "number", "first_by_id", "second_by_id")
_OF_ENDED = f"(SELECT state FROM {_DRAFT} WHERE id = NEW.draft_id) IN {_ENDED}"


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"NEW.{one} {differs} OLD.{one}" for one in columns)


def _rules(differs: str) -> tuple[tuple[str, str, str, str], ...]:
    """(name, operation, table, condition) of each trigger; ``differs`` is the dialect's word for it."""
    draft = (
        f"{_changed(_ORIGIN, differs)} OR "
        f"(OLD.state IN {_ENDED} AND ({_changed(_CONFIRMED, differs)})) OR "
        "(OLD.state IN ('superseded', 'withdrawn') AND NEW.state <> OLD.state)"
    )
    true = "1 = 1"
    return (
        ("kept_update", "UPDATE", _TEXT, true),
        ("kept_update", "UPDATE", _DRAFT, draft),
        ("kept_update", "UPDATE", _FIELD, f"{_changed(_SOURCE, differs)} OR {_OF_ENDED}"),
        ("kept_insert", "INSERT", _FIELD, _OF_ENDED),
        *(("kept_delete", "DELETE", table, true) for table in (_TEXT, _DRAFT, _FIELD)),
    )


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {operation} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"
        for name, operation, table, when in _rules("IS NOT")
    ]


def _postgresql() -> list[str]:
    found: list[str] = []
    for name, operation, table, when in _rules("IS DISTINCT FROM"):
        back = "OLD" if operation == "DELETE" else "NEW"
        found += [
            (
                f"CREATE OR REPLACE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'integrity_constraint_violation'; "
                f"END IF; RETURN {back}; END $$"
            ),
            (
                f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {operation} ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION {table}_{name}()"
            ),
        ]
    return found


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install_draft_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    _execute(connection, _sqlite() if connection.vendor == "sqlite" else _postgresql())


def remove_draft_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    on = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(connection, [
        f"DROP TRIGGER IF EXISTS {table}_{name}{on.format(table)}"
        for name, _, table, _ in _rules("IS NOT")
    ])  # fmt: skip
