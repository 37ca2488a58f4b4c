"""Triggers of the ledger and of what is only ever added, on SQLite and PostgreSQL.

``install_chain`` checks each movement against the one before it on both accounts, and refuses a
debit that the account does not cover; ``install_guards`` refuses to change or delete rows. Both
stop mistakes and ordinary accounts, whoever owns the database can drop them: ``ledger.verify``
finds what was changed then, and the audit log who did what.
"""

from __future__ import annotations

from typing import Any

from jiqun.modules.policy.models import LedgerTransfer, OnceKey, PaymentFile, Receipt, Step

MESSAGE = "rows are only ever added here / 只能追加"
BROKEN = "the movement does not follow the one before / 记账不连续"
SHORT = "the account does not cover this / 余额不足"
FIXED = tuple(model._meta.db_table for model in (LedgerTransfer, PaymentFile, Receipt, Step))
_ONCE = OnceKey._meta.db_table
_LEDGER = LedgerTransfer._meta.db_table
_ACCOUNT = "policy_ledgeraccount"
# A key keeps its sender and digest; its result is written once.
_ONCE_BROKEN = "OLD.result IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.key <> OLD.key"


def _side(side: str) -> str:
    """The condition under which a leg does not follow the one before it."""
    before = (
        f"(SELECT {side}_total FROM {_LEDGER} WHERE {side}_id = NEW.{side}_id "
        f"AND {side}_seq = NEW.{side}_seq - 1)"
    )
    first = f"(CASE WHEN NEW.{side}_seq = 1 THEN 0 END)"
    return f"NOT COALESCE(NEW.{side}_total = COALESCE({before}, {first}) + NEW.amount_fen, FALSE)"


_CREDITS = f"COALESCE((SELECT MAX(credit_total) FROM {_LEDGER} WHERE credit_id = NEW.debit_id), 0)"
_UNCOVERED = (
    f"NEW.debit_total > {_CREDITS} AND (SELECT bounded FROM {_ACCOUNT} WHERE id = NEW.debit_id)"
)
_CHAIN = f"{_side('debit')} OR {_side('credit')}"


def _sqlite_chain() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {_LEDGER}_{name} BEFORE INSERT ON {_LEDGER} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        for name, when, words in (("chain", _CHAIN, BROKEN), ("cover", _UNCOVERED, SHORT))
    ]


def _postgresql_chain() -> list[str]:
    return [
        (
            f"CREATE OR REPLACE FUNCTION policy_ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_CHAIN} THEN RAISE EXCEPTION '{BROKEN}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"IF {_UNCOVERED} THEN RAISE EXCEPTION '{SHORT}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            "RETURN NEW; END $$"
        ),
        (
            f"CREATE OR REPLACE TRIGGER {_LEDGER}_chain BEFORE INSERT ON {_LEDGER} FOR EACH ROW "
            "EXECUTE FUNCTION policy_ledger_chain()"
        ),
    ]


def _sqlite_guards() -> list[str]:
    body = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    once = f" WHEN {_ONCE_BROKEN}"
    found: list[str] = []
    for table in (*FIXED, _ONCE):
        when = once if table == _ONCE else ""
        found += [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}{when} {body}",
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {body}",
        ]
    return found


def _postgresql_guards() -> list[str]:
    refuse = "EXECUTE FUNCTION policy_append_only()"
    found = [
        (
            "CREATE OR REPLACE FUNCTION policy_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    ]
    for table in (*FIXED, _ONCE):
        when = f" WHEN ({_ONCE_BROKEN})" if table == _ONCE else ""
        found += [
            f"CREATE OR REPLACE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW{when} {refuse}",
            f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
            f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        ]
    return found


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install_chain(connection: Any) -> None:
    """Make the triggers that check each movement; safe to run again."""
    _execute(connection, _sqlite_chain() if connection.vendor == "sqlite" else _postgresql_chain())


def install_guards(connection: Any) -> None:
    """Make the triggers that refuse to change rows; safe to run again."""
    _execute(
        connection, _sqlite_guards() if connection.vendor == "sqlite" else _postgresql_guards()
    )


def remove_guards(connection: Any) -> None:
    """Drop the triggers that refuse to change rows, as emptying a test database needs."""
    kinds = (
        ("update", "delete") if connection.vendor == "sqlite" else ("update", "delete", "truncate")
    )
    on = " ON {}" if connection.vendor == "postgresql" else ""
    _execute(connection, [
        f"DROP TRIGGER IF EXISTS {table}_no_{kind}{on.format(table)}"
        for table in (*FIXED, _ONCE) for kind in kinds
    ])  # fmt: skip


def remove_chain(connection: Any) -> None:
    """Drop the triggers that check each movement, as a migration of their tables must."""
    on = f" ON {_LEDGER}" if connection.vendor == "postgresql" else ""
    _execute(
        connection, [f"DROP TRIGGER IF EXISTS {_LEDGER}_{name}{on}" for name in ("chain", "cover")]
    )
