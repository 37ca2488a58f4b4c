"""Triggers of the database as data: what refuses a change of rows, the same on SQLite and PostgreSQL.

They stop mistakes and ordinary accounts. Whoever owns the database can drop them; digests, ledgers
and the audit log are there to tell then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Operation = Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
APPENDED = "rows are only ever added here / 只能追加"
# How each database says that two values differ where one of them may be NULL.
DIFFERS = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}


@dataclass(frozen=True, slots=True)
class Trigger:
    """Before ``operation`` on a row of ``table``: refuse it with ``message``.

    Attributes:
        name: of the trigger; on PostgreSQL its function has the same.
        table: name in the database.
        operation: SQLite knows no TRUNCATE and leaves it out.
        message: what the refusal says.
        when: SQL over OLD and NEW; empty for always. ``{differs}`` stands for the database's word.
    """

    name: str
    table: str
    operation: Operation
    message: str
    when: str = ""

    def made(self, vendor: str) -> list[str]:
        """Return the statements that make it; safe to run again."""
        when = self.when.format(differs=DIFFERS[vendor]) if self.when else ""
        on = f"BEFORE {self.operation} ON {self.table}"
        if vendor == "sqlite":
            if self.operation == "TRUNCATE":
                return []
            only = f" WHEN {when}" if when else ""
            body = f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            return [f"CREATE TRIGGER IF NOT EXISTS {self.name} {on}{only} {body}"]
        raised = (
            f"RAISE EXCEPTION '{self.message}' USING ERRCODE = 'integrity_constraint_violation';"
        )
        row = "OLD" if self.operation == "DELETE" else "NEW"
        body = f"IF {when} THEN {raised} END IF; RETURN {row};" if when else raised
        each = "STATEMENT" if self.operation == "TRUNCATE" else "ROW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE OR REPLACE TRIGGER {self.name} {on} FOR EACH {each} EXECUTE FUNCTION {self.name}()",
        ]  # fmt: skip

    def dropped(self, vendor: str) -> str:
        """Return the statement that drops it, there or not."""
        on = f" ON {self.table}" if vendor == "postgresql" else ""
        return f"DROP TRIGGER IF EXISTS {self.name}{on}"


def only_added(table: str, *, message: str = APPENDED, unless: str = "") -> tuple[Trigger, ...]:
    """Return the triggers of a table whose rows are only ever added.

    With ``unless``, SQL over OLD and NEW, an update is refused only where it holds.
    """
    return (
        Trigger(f"{table}_no_update", table, "UPDATE", message, unless),
        Trigger(f"{table}_no_delete", table, "DELETE", message),
        Trigger(f"{table}_no_truncate", table, "TRUNCATE", message),
    )


def install(connection: Any, triggers: Iterable[Trigger]) -> None:
    """Make the triggers on a Django connection; safe to run again."""
    with connection.cursor() as cursor:
        for one in triggers:
            for statement in one.made(connection.vendor):
                cursor.execute(statement)


def remove(connection: Any, triggers: Iterable[Trigger]) -> None:
    """Drop the triggers, as emptying a test database or a migration of their tables needs."""
    with connection.cursor() as cursor:
        for one in triggers:
            cursor.execute(one.dropped(connection.vendor))
