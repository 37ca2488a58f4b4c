"""Triggers as data: what each refuses, on both databases; and that the migrations make them all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from jiqun.core.triggers import Trigger, install, only_added, remove
from tests.guards import GUARDS, KEPT, MIGRATED, present

pytestmark = pytest.mark.django_db
TABLE = "test_trigger_rows"
MADE = (
    *only_added(TABLE, unless="NEW.note {differs} OLD.note"),
    Trigger(f"{TABLE}_few", TABLE, "INSERT", "too many / 太多", "NEW.n > 9"),
)


@pytest.fixture
def rows() -> Iterator[None]:
    _do(f"CREATE TABLE {TABLE} (n integer, note text)")
    install(connection, MADE)
    install(connection, MADE)  # safe to run again
    _do(f"INSERT INTO {TABLE} VALUES (1, NULL)")
    yield
    remove(connection, MADE)
    _do(f"DROP TABLE {TABLE}")


def _do(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _refused(statement: str, words: str) -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        _do(statement)


def test_what_is_only_added_is_not_changed_and_the_condition_knows_null(rows: None) -> None:
    _refused(f"DELETE FROM {TABLE}", "only ever added")
    _refused(f"UPDATE {TABLE} SET note = 'x'", "only ever added")  # NULL and a text differ
    _do(f"UPDATE {TABLE} SET n = 2")  # what the condition does not name may change
    _refused(f"INSERT INTO {TABLE} VALUES (10, NULL)", "too many")
    if connection.vendor == "postgresql":
        _refused(f"TRUNCATE {TABLE}", "only ever added")


def test_removed_triggers_refuse_nothing(rows: None) -> None:
    remove(connection, MADE)
    remove(connection, MADE)
    _do(f"DELETE FROM {TABLE}")
    assert not {one.name for one in MADE} & present(connection)


def test_a_migrated_database_has_every_trigger() -> None:
    made = {one.name for one in (*GUARDS, *KEPT) if one.made(connection.vendor)}
    assert made - MIGRATED == set()
    assert {one.name for one in KEPT} <= present(connection)
