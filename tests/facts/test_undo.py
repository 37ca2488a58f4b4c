"""Undoing a batch is a later fact: what counts changes, what was seen before does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from store_worker import CONTRACT, cells

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store import retract
from jiqun.facts.store.ledger import Receipt
from jiqun.facts.store.retract import Taken
from jiqun.facts.store.store import Store
from jiqun.facts.store.transfer import export_all, import_all
from jiqun.facts.store.undo import undo, undone


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, batch: str, frame: pl.DataFrame, **more: Any) -> Receipt:
    return store.append(CONTRACT, frame, batch=batch, received=frame.height, source="t", **more)


def values(store: Store, at: object = None) -> list[int]:
    return store.polars(CONTRACT, at=at).sort("industry")["value"].to_list()  # type: ignore[arg-type]


def counts(taken: Taken) -> tuple[int, int, int, int]:
    return taken.rows, taken.removed, taken.restored, taken.kept


def refused(store: Store, batch: str, **more: Any) -> JiqunError:
    with pytest.raises(JiqunError) as error:
        undo(store, batch, **more)
    assert error.value.message_zh
    assert error.value.hint_en
    return error.value


def corrected(store: Store) -> None:
    """Three facts; all corrected; the first corrected again; two more."""
    put(store, "b1", cells(0, 3))
    put(store, "b2", cells(0, 3, value=2))
    put(store, "b3", cells(0, 1, value=3))
    put(store, "b4", cells(1, 2))


def test_what_a_batch_brought_is_unknown_again(store: Store) -> None:
    put(store, "b1", cells(0, 3))
    assert counts(undo(store, "b1")) == (3, 3, 0, 0)
    assert values(store) == []
    assert store.table(CONTRACT).count().execute() == 3  # who said what stays answerable


def test_what_a_batch_corrected_counts_again_and_later_facts_stay(store: Store) -> None:
    corrected(store)
    assert values(store) == [3, 2, 2, 1, 1]
    assert counts(undo(store, "b2")) == (3, 0, 2, 1)
    assert values(store) == [3, 1, 1, 1, 1]


def test_corrections_can_be_undone_in_any_order(store: Store) -> None:
    corrected(store)
    undo(store, "b2")
    assert counts(undo(store, "b3")) == (1, 0, 1, 0)
    assert values(store) == [1, 1, 1, 1, 1]
    assert counts(undo(store, "b1")) == (3, 3, 0, 0)
    assert values(store) == [1, 1]


def test_undoing_the_first_batch_leaves_its_corrections(store: Store) -> None:
    corrected(store)
    assert counts(undo(store, "b1")) == (3, 0, 0, 3)
    assert values(store) == [3, 2, 2, 1, 1]


def test_snapshots_from_before_still_see_it_and_later_ones_do_not(store: Store) -> None:
    corrected(store)
    before = store.snapshot()
    undo(store, "b2")
    after = store.snapshot()
    assert before.id != after.id
    assert values(store, before) == [3, 2, 2, 1, 1]
    assert values(store, after) == [3, 1, 1, 1, 1]


def test_the_same_facts_can_be_brought_again(store: Store) -> None:
    put(store, "b1", cells(0, 3))
    undo(store, "b1")
    again = put(store, "b2", cells(0, 3))
    assert (again.accepted, again.duplicate, again.corrections) == (3, 0, 0)
    assert values(store) == [1, 1, 1]
    third = put(store, "b3", cells(0, 3))
    assert (third.accepted, third.duplicate) == (0, 3)


def test_a_correction_after_an_undo_corrects_what_counts(store: Store) -> None:
    corrected(store)
    undo(store, "b3")
    receipt = put(store, "b5", cells(0, 3, value=7))
    assert receipt.corrections == 3
    assert values(store) == [7, 7, 7, 1, 1]
    assert counts(undo(store, "b5")) == (3, 0, 3, 0)
    assert values(store) == [2, 2, 2, 1, 1]


def test_undo_survives_compaction_and_reopening(store: Store) -> None:
    corrected(store)
    before = store.snapshot()
    undo(store, "b2")
    assert store.compact(CONTRACT) is not None
    again = Store(store.root)
    assert values(again) == values(store) == [3, 1, 1, 1, 1]
    assert values(again, before) == [3, 2, 2, 1, 1]
    undo(again, "b3")
    assert values(again) == [1, 1, 1, 1, 1]


def test_undo_survives_export_and_import(store: Store, tmp_path: Path) -> None:
    corrected(store)
    undo(store, "b2")
    export_all(store, tmp_path / "export")
    other = Store(tmp_path / "other")
    import_all(tmp_path / "export", other)
    assert values(other) == [3, 1, 1, 1, 1]
    assert refused(other, "b2").code == "E-UNDO-AGAIN"
    undo(other, "b3")
    assert values(other) == [1, 1, 1, 1, 1]


def test_facts_after_an_import_come_after_the_imported_ones(store: Store, tmp_path: Path) -> None:
    """The import is one commit, so a count of commits would number new facts below old ones."""
    for value in range(1, 6):
        put(store, f"b{value}", cells(0, 2, value=value))
    export_all(store, tmp_path / "export")
    other = Store(tmp_path / "other")
    import_all(tmp_path / "export", other)
    for value in range(6, 9):
        put(other, f"b{value}", cells(0, 2, value=value))
        assert values(other) == [value, value]
    rows = pl.DataFrame(other.table(CONTRACT).to_pyarrow())
    assert rows["_seq"].n_unique() == 8
    undo(other, "b8")
    assert values(other) == [7, 7]


def test_undone_twice_unknown_and_empty_are_refused(store: Store) -> None:
    put(store, "b1", cells(0, 3))
    put(store, "same", cells(0, 3))
    assert refused(store, "same").code == "E-UNDO-NOTHING"
    assert refused(store, "none").code == "E-UNDO-UNKNOWN"
    undo(store, "b1")
    error = refused(store, "b1")
    assert (error.code, error.kind) == ("E-UNDO-AGAIN", Kind.CONFLICT)
    assert refused(store, "undo-b1").code == "E-UNDO-UNKNOWN"


def test_only_within_its_term(store: Store) -> None:
    put(store, "b1", cells(0, 1))
    late = datetime.now(UTC) + timedelta(days=31)
    assert refused(store, "b1", now=late).code == "E-UNDO-LATE"
    assert undo(store, "b1", now=late, within=None).removed == 1


def test_the_ledger_tells_who_undid_what(store: Store) -> None:
    put(store, "b1", cells(0, 3))
    put(store, "b2", cells(0, 3))
    taken = undo(store, "b1", meta={"by": "合成用户"})
    assert taken.later == ("b2",)  # repeated the facts, which are stored once
    row = store.batches().filter(pl.col("batch") == "undo-b1")
    assert '"by":"合成用户"' in row["meta"][0]
    assert '"removed":3' in row["meta"][0]
    assert set(undone(store.batches())) == {"b1"}
    assert store.freshness()["batches"].to_list() == [1]  # b2; neither b1 nor its undoing


def test_an_undo_that_died_before_the_ledger_is_finished_by_repeating_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "b1", cells(0, 3))
    put(store, "b2", cells(0, 3, value=2))

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("jiqun.facts.store.undo.record", dies)
        with pytest.raises(KeyboardInterrupt):
            undo(store, "b2")
    again = Store(store.root)
    assert values(again) == [1, 1, 1]
    taken = undo(again, "b2")
    assert (taken.receipt.repeated, counts(taken)) == (True, (3, 0, 3, 0))
    assert values(again) == [1, 1, 1]
    assert store.tables.open(CONTRACT).token(retract.RETRACTIONS, store.version(CONTRACT)) == 1
    assert refused(again, "b2").code == "E-UNDO-AGAIN"


def test_an_acknowledged_undo_is_on_the_disk(store: Store) -> None:
    """Both commits were synced, log entry and folder, before the call returned."""
    put(store, "b1", cells(0, 3))
    undo(store, "b1")
    for name in (CONTRACT, "_batch"):
        assert store.tables.open(name)._synced == store.version(name)
