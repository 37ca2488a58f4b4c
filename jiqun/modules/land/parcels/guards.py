"""Triggers of the parcels: nothing is changed, and the bond is paid out once."""

from __future__ import annotations

from typing import Any

from jiqun.core.triggers import Trigger, install, only_added, remove
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import BOND

SHORT = "the bond does not cover this / 保证金余额不足"
_PARCEL, _EVENT = Parcel._meta.db_table, ParcelEvent._meta.db_table
_KINDS = ", ".join(f"'{one.value}'" for one in sorted(BOND))
_GIVEN = f"COALESCE((SELECT SUM(fen) FROM {_EVENT} WHERE parcel_id = NEW.parcel_id AND kind IN ({_KINDS})), 0)"
_HELD = f"COALESCE((SELECT bond_fen FROM {_PARCEL} WHERE id = NEW.parcel_id), 0)"
GUARDS = (*only_added(_PARCEL), *only_added(_EVENT))
COVER = (
    Trigger(f"{_EVENT}_bond", _EVENT, "INSERT", SHORT, f"NEW.kind IN ({_KINDS}) AND {_GIVEN} + NEW.fen > {_HELD}"),
)  # fmt: skip


def install_bond(connection: Any) -> None:
    """Make the trigger that keeps what is given out within the bond; safe to run again."""
    install(connection, COVER)


def install_guards(connection: Any) -> None:
    """Make the triggers that refuse to change rows; safe to run again."""
    install(connection, GUARDS)


def remove_guards(connection: Any) -> None:
    """Drop the triggers that refuse to change rows, as emptying a test database needs."""
    remove(connection, GUARDS)


def remove_bond(connection: Any) -> None:
    """Drop the trigger of the bond, as a migration of its table must."""
    remove(connection, COVER)


def make(_apps: Any, schema_editor: Any) -> None:
    """Make all triggers of the parcels: a step of a migration."""
    install_bond(schema_editor.connection)
    install_guards(schema_editor.connection)


def drop(_apps: Any, schema_editor: Any) -> None:
    """Drop all triggers of the parcels: a step of a migration, before their tables change."""
    remove_guards(schema_editor.connection)
    remove_bond(schema_editor.connection)
