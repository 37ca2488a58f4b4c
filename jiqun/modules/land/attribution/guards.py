"""Triggers that keep a frozen land table, its rows and decided objections as they are."""

from __future__ import annotations

from typing import Any

from jiqun.core.triggers import Operation, Trigger, install, remove

MESSAGE = "a frozen land table does not change / 用地表已冻结，不能修改"
TABLE, ROW, OBJECTION = "land_landtable", "land_landrow", "land_landobjection"
_OF_FROZEN = f"(SELECT state FROM {TABLE} WHERE id = %s.table_id) = 'frozen'"
_WHEN: dict[tuple[str, Operation], str] = {
    (TABLE, "UPDATE"): "OLD.state = 'frozen'",
    (TABLE, "DELETE"): "OLD.state = 'frozen'",
    (ROW, "INSERT"): _OF_FROZEN % "NEW",
    (ROW, "UPDATE"): _OF_FROZEN % "OLD",
    (ROW, "DELETE"): _OF_FROZEN % "OLD",
    (OBJECTION, "INSERT"): _OF_FROZEN % "NEW",
    (OBJECTION, "UPDATE"): "OLD.state <> 'open'",
    (OBJECTION, "DELETE"): "OLD.state <> 'open'",
}
GUARDS = tuple(
    Trigger(f"{table}_frozen_{operation.lower()}", table, operation, MESSAGE, when)
    for (table, operation), when in _WHEN.items()
)


def install_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    install(connection, GUARDS)


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    remove(connection, GUARDS)
