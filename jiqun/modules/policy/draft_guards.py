"""Triggers of stored drafts: the text never changes, nor what two people have confirmed, nor its fields."""

from __future__ import annotations

from typing import Any

from jiqun.core.triggers import Operation, Trigger, install, remove
from jiqun.modules.policy.models import Draft, DraftField, DraftText

FIXED = "a text or a confirmed draft is not changed / 原文和已核定的草稿不得修改"
_TEXT, _DRAFT, _FIELD = (one._meta.db_table for one in (DraftText, Draft, DraftField))
_ENDED = "('confirmed', 'superseded', 'withdrawn')"
# What a row keeps whatever happens to it; of a draft that was confirmed, what was confirmed too.
_SOURCE = ("draft_id", "key", "clause", "words", "span_from", "span_to", "read")
_ORIGIN = ("key", "text_id", "place", "clause", "made_by_id")
_CONFIRMED = ("content", "digest", "number", "first_by_id", "second_by_id")
_OF_ENDED = f"(SELECT state FROM {_DRAFT} WHERE id = NEW.draft_id) IN {_ENDED}"


def _changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{one} {{differs}} OLD.{one}" for one in columns)


_DRAFT_CHANGED = (
    f"{_changed(_ORIGIN)} OR (OLD.state IN {_ENDED} AND ({_changed(_CONFIRMED)})) OR "
    "(OLD.state IN ('superseded', 'withdrawn') AND NEW.state <> OLD.state)"
)
_RULES: tuple[tuple[str, Operation, str], ...] = (
    (_TEXT, "UPDATE", ""),
    (_DRAFT, "UPDATE", _DRAFT_CHANGED),
    (_FIELD, "UPDATE", f"{_changed(_SOURCE)} OR {_OF_ENDED}"),
    (_FIELD, "INSERT", _OF_ENDED),
    (_TEXT, "DELETE", ""),
    (_DRAFT, "DELETE", ""),
    (_FIELD, "DELETE", ""),
)
GUARDS = tuple(
    Trigger(f"{table}_kept_{operation.lower()}", table, operation, FIXED, when)
    for table, operation, when in _RULES
)


def install_draft_guards(connection: Any) -> None:
    """Make the triggers; safe to run again."""
    install(connection, GUARDS)


def remove_draft_guards(connection: Any) -> None:
    """Drop the triggers, as emptying a test database needs."""
    remove(connection, GUARDS)
