"""Triggers that keep a frozen land table, its rows and decided objections as they are.

On SQLite and PostgreSQL. They stop mistakes and ordinary accounts; whoever owns the database can
drop them, and then the digest of the table tells.
"""

from __future__ import annotations

from typing import Any

MESSAGE = "a frozen land table does not change / 用地表已冻结，不能修改"
TABLE, ROW, OBJECTION = "land_landtable", "land_landrow", "land_landobjection"
_OF_FROZEN = f"(SELECT state FROM {TABLE} WHERE id = {{side}}.table_id) = 'frozen'"
# Of each table and operation, when it is refused.
_WHEN = {
    (TABLE, "UPDATE"): "OLD.state = 'frozen'",
    (TABLE, "DELETE"): "OLD.state = 'frozen'",
    (ROW, "INSERT"): _OF_FROZEN.format(side="NEW"),
    (ROW, "UPDATE"): _OF_FROZEN.format(side="OLD"),
    (ROW, "DELETE"): _OF_FROZEN.format(side="OLD"),
    (OBJECTION, "INSERT"): _OF_FROZEN.format(side="NEW"),
    (OBJECTION, "UPDATE"): "OLD.state <> 'open'",
    (OBJECTION, "DELETE"): "OLD.state <> 'open'",
}


def _name(table: str, kind: str) -> str:
    return f"{table}_frozen_{kind.lower()}"


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {_name(table, kind)} BEFORE {kind} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for (table, kind), when in _WHEN.items()
    ]


def _postgresql() -> list[str]:
    found: list[str] = []
    for (table, kind), when in _WHEN.items():
        name, row = _name(table, kind), "OLD" if kind == "DELETE" else "NEW"
        found += [
            (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = "
                f"'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            ),
            (
                f"CREATE OR REPLACE TRIGGER {name} BEFORE {kind} ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION {name}()"
            ),
        ]
    return found


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    _execute(connection, _sqlite() if connection.vendor == "sqlite" else _postgresql())


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    on = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(connection, [
        f"DROP TRIGGER IF EXISTS {_name(table, kind)}{on.format(table)}" for table, kind in _WHEN
    ])  # fmt: skip
