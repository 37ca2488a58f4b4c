"""Triggers of the parcels on SQLite and PostgreSQL: nothing is changed, the bond is paid out once.

They stop mistakes and ordinary accounts; whoever owns the database can drop them, and the audit
log keeps who entered what.
"""

from __future__ import annotations

from typing import Any

from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import BOND

MESSAGE = "rows are only ever added here / 只能追加"
SHORT = "the bond does not cover this / 保证金余额不足"
_PARCEL, _EVENT = Parcel._meta.db_table, ParcelEvent._meta.db_table
FIXED = (_PARCEL, _EVENT)
_KINDS = ", ".join(f"'{one.value}'" for one in sorted(BOND))
_GIVEN = f"COALESCE((SELECT SUM(fen) FROM {_EVENT} WHERE parcel_id = NEW.parcel_id AND kind IN ({_KINDS})), 0)"
_HELD = f"COALESCE((SELECT bond_fen FROM {_PARCEL} WHERE id = NEW.parcel_id), 0)"
_UNCOVERED = f"NEW.kind IN ({_KINDS}) AND {_GIVEN} + NEW.fen > {_HELD}"


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite_guards() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{kind} BEFORE {kind.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for table in FIXED for kind in ("update", "delete")
    ]  # fmt: skip


def _raises(name: str, when: str, words: str) -> str:
    body = f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation';"
    body = f"IF {when} THEN {body} END IF; RETURN NEW;" if when else body
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _postgresql_guards() -> list[str]:
    return [_raises("land_parcel_append_only", "", MESSAGE), *(
        f"CREATE OR REPLACE TRIGGER {table}_no_{kind} BEFORE {kind.upper()} ON {table} "
        f"FOR EACH {'STATEMENT' if kind == 'truncate' else 'ROW'} EXECUTE FUNCTION land_parcel_append_only()"
        for table in FIXED for kind in ("update", "delete", "truncate")
    )]  # fmt: skip


def install_bond(connection: Any) -> None:
    """Make the trigger that keeps what is given out within the bond; safe to run again."""
    if connection.vendor == "sqlite":
        _execute(connection, [
            (f"CREATE TRIGGER IF NOT EXISTS {_EVENT}_bond BEFORE INSERT ON {_EVENT} WHEN {_UNCOVERED} "
             f"BEGIN SELECT RAISE(ABORT, '{SHORT}'); END")
        ])  # fmt: skip
        return
    _execute(connection, [
        _raises("land_parcel_bond", _UNCOVERED, SHORT),
        (f"CREATE OR REPLACE TRIGGER {_EVENT}_bond BEFORE INSERT ON {_EVENT} FOR EACH ROW "
         "EXECUTE FUNCTION land_parcel_bond()"),
    ])  # fmt: skip


def install_guards(connection: Any) -> None:
    """Make the triggers that refuse to change rows; safe to run again."""
    _execute(
        connection, _sqlite_guards() if connection.vendor == "sqlite" else _postgresql_guards()
    )


def remove_guards(connection: Any) -> None:
    """Drop the triggers that refuse to change rows, as emptying a test database needs."""
    sqlite = connection.vendor == "sqlite"
    kinds = ("update", "delete") if sqlite else ("update", "delete", "truncate")
    _execute(connection, [
        f"DROP TRIGGER IF EXISTS {table}_no_{kind}{'' if sqlite else f' ON {table}'}"
        for table in FIXED for kind in kinds
    ])  # fmt: skip


def remove_bond(connection: Any) -> None:
    """Drop the trigger of the bond, as a migration of its table must."""
    on = "" if connection.vendor == "sqlite" else f" ON {_EVENT}"
    _execute(connection, [f"DROP TRIGGER IF EXISTS {_EVENT}_bond{on}"])
