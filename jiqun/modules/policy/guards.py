"""Triggers of the ledger and of what is only ever added.

``install_chain`` checks each movement against the one before it on both accounts, and refuses a
debit that the account does not cover; ``install_guards`` refuses to change or delete rows. Both
stop mistakes and ordinary accounts, whoever owns the database can drop them: ``ledger.verify``
finds what was changed then, and the audit log who did what.
"""

from __future__ import annotations

from typing import Any

from jiqun.core.triggers import Trigger, install, only_added, remove
from jiqun.modules.policy.models import LedgerTransfer, OnceKey, PaymentFile, Receipt, Step

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
CHAIN = (
    Trigger(
        f"{_LEDGER}_chain", _LEDGER, "INSERT", BROKEN, f"{_side('debit')} OR {_side('credit')}"
    ),
    Trigger(f"{_LEDGER}_cover", _LEDGER, "INSERT", SHORT, _UNCOVERED),
)
GUARDS = (
    *(trigger for table in FIXED for trigger in only_added(table)),
    *only_added(_ONCE, unless=_ONCE_BROKEN),
)


def install_chain(connection: Any) -> None:
    """Make the triggers that check each movement; safe to run again."""
    install(connection, CHAIN)


def install_guards(connection: Any) -> None:
    """Make the triggers that refuse to change rows; safe to run again."""
    install(connection, GUARDS)


def remove_guards(connection: Any) -> None:
    """Drop the triggers that refuse to change rows, as emptying a test database needs."""
    remove(connection, GUARDS)


def remove_chain(connection: Any) -> None:
    """Drop the triggers that check each movement, as a migration of their tables must."""
    remove(connection, CHAIN)
