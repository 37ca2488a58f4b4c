"""Triggers of what is only ever added: calculations and steps of batches."""

from __future__ import annotations

from typing import Any

from jiqun.core.triggers import install, only_added, remove
from jiqun.modules.land.models import Calculation, Step

GUARDS = tuple(
    trigger for model in (Calculation, Step) for trigger in only_added(model._meta.db_table)
)


def install_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    install(connection, GUARDS)


def remove_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    remove(connection, GUARDS)
