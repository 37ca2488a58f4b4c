"""The store: batches once, rows that add up, later facts win, old versions stay."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from store_worker import CONTRACT, bad, cells, put

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Column, Contract, contracts
from jiqun.facts.store import compaction, writing
from jiqun.facts.store.delta import DurableTable
from jiqun.facts.store.ledger import Receipt
from jiqun.facts.store.snapshot import frame_digest
from jiqun.facts.store.store import Store
from jiqun.facts.store.view import relation


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def append(store: Store, frame: pl.DataFrame, batch: str, **more: Any) -> Receipt:
    options: dict[str, Any] = {"received": frame.height, "source": "test", **more}
    return store.append(CONTRACT, frame, batch=batch, **options)


def code(error: pytest.ExceptionInfo[JiqunError]) -> str:
    assert error.value.message_zh
    assert error.value.message_en
    return error.value.code


# ---- batches --------------------------------------------------------------------------------


def test_batch_is_stored_with_its_provenance(store: Store) -> None:
    receipt = append(store, cells(0, 3), "b0")
    stored = store.polars(CONTRACT)
    assert stored.columns == contracts()[CONTRACT].arrow_schema.names
    assert stored["value"].to_list() == [1, 1, 1]
    assert stored["batch"].unique().to_list() == ["b0"]
    assert stored["source"].unique().to_list() == ["test"]
    assert (receipt.accepted, receipt.version, receipt.repeated) == (3, 1, False)


def test_known_batch_returns_the_saved_receipt(store: Store) -> None:
    first = append(store, cells(0, 3), "b0")
    again = append(Store(store.root), cells(0, 3), "b0")
    assert again.repeated
    assert (again.version, again.recorded_at, again.digest) == (
        first.version,
        first.recorded_at,
        first.digest,
    )
    assert store.version(CONTRACT) == 1
    assert store.batches().height == 1


def test_same_key_for_other_rows_is_refused(store: Store) -> None:
    append(store, cells(0, 3), "b0")
    with pytest.raises(JiqunError) as error:
        append(store, cells(0, 3, value=2), "b0")
    assert code(error) == "E-STORE-BATCH"
    assert error.value.kind is Kind.CONFLICT


def test_one_key_may_name_batches_of_two_contracts(store: Store) -> None:
    append(store, cells(0, 3), "2026-q1")
    place = {name: [None] for name in contracts()["place"].names}
    frame = pl.DataFrame({**place, "place": ["990101"]})
    receipt = store.append("place", frame, batch="2026-q1", received=1, source="test")
    assert not receipt.repeated
    assert store.batches()["contract"].to_list() == [CONTRACT, "place"]


@pytest.mark.parametrize(
    ("received", "held", "duplicate"), [(3, 1, 0), (5, 1, 0), (4, 1, 1), (3, 0, -1), (2, 0, 0)]
)
def test_rows_that_do_not_add_up_are_refused(
    store: Store, received: int, held: int, duplicate: int
) -> None:
    with pytest.raises(JiqunError) as error:
        append(
            store,
            cells(0, 3),
            "b0",
            received=received,
            quarantined=bad(0, held) if held else None,
            duplicate=duplicate,
        )
    assert code(error) == "E-STORE-COUNT"
    assert store.names() == []  # nothing half-written


def test_every_ledger_row_adds_up(store: Store) -> None:
    append(store, cells(0, 3), "b0", received=6, quarantined=bad(0, 2), duplicate=1)
    append(store, pl.concat([cells(0, 3), cells(1, 2), cells(1, 1)]), "b1")
    ledger = store.batches()
    total = ledger["accepted"] + ledger["quarantined"] + ledger["duplicate"]
    assert ledger["received"].to_list() == total.to_list() == [6, 6]
    # b1: three rows known, two new, one of them twice.
    assert ledger["duplicate"].to_list() == [1, 4]
    refused = store.polars("_quarantine")
    assert refused["record"].to_list() == ['{"industry":"?","value":"abc0"}'] * 2


def test_identical_rows_are_duplicates_whatever_their_source(store: Store) -> None:
    append(store, cells(0, 4), "b0")
    later = cells(0, 5).with_columns(pl.lit(date(2027, 1, 1)).alias("as_of"))
    receipt = append(store, later, "b1", source="another table")
    assert (receipt.accepted, receipt.duplicate, receipt.corrections) == (1, 4, 0)
    assert store.table(CONTRACT).count().execute() == 5


def test_null_values_and_keys_compare_as_equal(store: Store) -> None:
    """A suppressed cell has no value; stated again it is the same fact, not another one."""
    hidden = cells(0, 2).with_columns(
        pl.lit(None, pl.Int64).alias("value"),
        pl.lit("suppressed").alias("status"),
        pl.lit(None, pl.String).alias("place"),
    )
    append(store, hidden, "b0")
    receipt = append(store, hidden, "b1")
    assert (receipt.accepted, receipt.duplicate) == (0, 2)
    known = hidden.with_columns(pl.lit(0, pl.Int64).alias("value"), pl.lit("zero").alias("status"))
    assert append(store, known, "b2").corrections == 2
    assert store.polars(CONTRACT)["status"].to_list() == ["zero", "zero"]


def test_batch_that_contradicts_itself_is_refused(store: Store) -> None:
    with pytest.raises(JiqunError) as error:
        append(store, pl.concat([cells(0, 3), cells(0, 2, value=9)]), "b0")
    assert code(error) == "E-STORE-KEY"
    assert len(error.value.fields) == 2
    assert "990101" in error.value.fields[0].value


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (cells(0, 1).drop("unit"), "E-STORE-COLUMNS"),
        (cells(0, 1).with_columns(extra=pl.lit(1)), "E-STORE-COLUMNS"),
        (cells(0, 1).with_columns(value=pl.lit("many")), "E-STORE-TYPE"),
    ],
)
def test_wrong_shape_is_refused(store: Store, frame: pl.DataFrame, expected: str) -> None:
    with pytest.raises(JiqunError) as error:
        append(store, frame, "b0")
    assert code(error) == expected


def test_bad_meta_leaves_nothing_behind(store: Store) -> None:
    for meta in ({"next_due": "soon"}, {"absent": "nothing"}):
        with pytest.raises(JiqunError) as error:
            append(store, cells(0, 1), "b0", meta=meta)
        assert code(error) == "E-STORE-META"
    assert store.names() == []


def test_unknown_table_is_refused(store: Store) -> None:
    for name in ("../etc", "nothing"):
        with pytest.raises(JiqunError) as error:
            store.append(name, cells(0, 1), batch="b", received=1, source="s")
        assert code(error) == "E-STORE-NAME"


# ---- corrections ----------------------------------------------------------------------------


def test_later_fact_wins_even_when_it_returns_to_the_first(store: Store) -> None:
    append(store, cells(0, 3, value=1), "b0")
    append(store, cells(0, 2, value=2), "b1")
    back = append(store, cells(0, 1, value=1), "b2")
    # The row of b0 is not the latest any more, so saying it again is news.
    assert (back.accepted, back.corrections, back.duplicate) == (1, 1, 0)
    now = store.polars(CONTRACT).sort("industry")
    assert now["value"].to_list() == [1, 2, 1]
    assert now["batch"].to_list() == ["b2", "b1", "b0"]
    assert store.table(CONTRACT).count().execute() == 6


def test_without_corrections_current_is_the_plain_table(store: Store) -> None:
    append(store, cells(0, 3), "b0")
    before = store.snapshot()
    append(store, cells(0, 1, value=5), "b1")
    # The join is only paid for once something was corrected.
    sql = [str(store.views.backend().compile(store.current(CONTRACT, at))) for at in (before, None)]
    assert ["ANTI JOIN" in one.upper() for one in sql] == [False, True]


def test_reading_with_columns_and_condition(store: Store) -> None:
    append(store, cells(0, 3), "b0")
    append(store, cells(1, 3, value=7), "b1")
    found = store.polars(CONTRACT, ["value"], lambda t: t["value"] > 1)
    assert found.to_dict(as_series=False) == {"value": [7, 7, 7]}


def test_table_without_facts_is_empty_but_typed(store: Store) -> None:
    firms = store.current("firm")
    assert firms.count().execute() == 0
    assert firms.columns == tuple(contracts()["firm"].arrow_schema.names)


# ---- versions -------------------------------------------------------------------------------


def test_snapshot_reads_what_was(store: Store) -> None:
    append(store, cells(0, 3), "b0")
    then = store.snapshot()
    append(store, cells(0, 3, value=2), "b1")
    assert store.polars(CONTRACT, at=then.id)["value"].unique().to_list() == [1]
    assert store.polars(CONTRACT)["value"].unique().to_list() == [2]
    assert Store(store.root).at(then.id) == then
    assert [one.id for one in store.snapshots()] == [then.id]
    assert store.current("firm", at=then).count().execute() == 0


def test_compaction_keeps_rows_digest_and_old_versions(store: Store) -> None:
    for batch in range(6):
        append(store, cells(batch % 4, 5, value=batch), f"b{batch}")
    then = store.snapshot()
    old_files = store.files(CONTRACT, then.versions[CONTRACT])
    before = frame_digest(store.polars(CONTRACT))
    version = store.compact(CONTRACT)
    assert version == then.versions[CONTRACT] + 1
    assert len(store.files(CONTRACT, version)) == 1
    assert len(old_files) == 6
    assert frame_digest(store.polars(CONTRACT)) == before
    assert frame_digest(store.polars(CONTRACT, at=then)) == before
    assert store.files(CONTRACT, then.versions[CONTRACT]) == old_files
    assert store.table(CONTRACT).count().execute() == 30
    # What the store knew before, it still knows.
    assert append(store, cells(0, 5, value=0), "b0").repeated
    assert append(store, cells(1, 5, value=5), "b9").duplicate == 5
    assert store.compact("_batch") is not None
    assert store.batches().height == 7


def test_compaction_of_many_rows_finds_them_equal(store: Store) -> None:
    for batch in range(3):
        append(store, cells(batch, 20_000), f"b{batch}")
    assert store.compact(CONTRACT) == 4


def test_compacted_file_is_sorted_by_the_key(store: Store) -> None:
    for batch in (2, 0, 1):
        append(store, cells(batch, 5), f"b{batch}")
    store.compact(CONTRACT)
    (file,) = store.files(CONTRACT, store.version(CONTRACT))
    codes = pl.read_parquet(file)["industry"]
    assert codes.is_sorted()
    assert len(codes) == 15


def test_compaction_gives_up_when_rows_differ(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch in range(2):
        append(store, cells(batch, 5), f"b{batch}")
    counts = iter([(10,), (9,)])
    monkeypatch.setattr(compaction, "_fingerprint", lambda *_: next(counts))
    with pytest.raises(JiqunError) as error:
        store.compact(CONTRACT)
    assert code(error) == "E-STORE-COMPACT"
    assert len(list((store.root / "facts" / CONTRACT).glob("*.parquet"))) == 2
    assert store.version(CONTRACT) == 2


def test_append_during_compaction_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for batch in range(4):
        append(store, cells(batch, 5), f"b{batch}")
    rewrite = compaction._rewrite

    def slow(*arguments: Any) -> object:
        adds = rewrite(*arguments)
        append(Store(store.root), cells(9, 5), "meanwhile")
        return adds

    monkeypatch.setattr(compaction, "_rewrite", slow)
    assert store.compact(CONTRACT) is not None
    assert store.table(CONTRACT).count().execute() == 25
    assert len(store.files(CONTRACT, store.version(CONTRACT))) == 2


def test_second_compaction_of_the_same_files_gives_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch in range(4):
        append(store, cells(batch, 5), f"b{batch}")
    rewrite = compaction._rewrite
    other = Store(store.root)

    def overtaken(*arguments: Any) -> object:
        adds = rewrite(*arguments)
        monkeypatch.setattr(compaction, "_rewrite", rewrite)
        assert other.compact(CONTRACT) is not None
        return adds

    monkeypatch.setattr(compaction, "_rewrite", overtaken)
    assert store.compact(CONTRACT) is None
    assert store.table(CONTRACT).count().execute() == 20
    assert len(list((store.root / "facts" / CONTRACT).glob("*.parquet"))) == 5


def test_compaction_beaten_without_the_lock_gives_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would store the rows twice; the shared transaction name prevents it."""
    for batch in range(4):
        append(store, cells(batch, 5), f"b{batch}")
    other = Store(store.root)
    commit = DurableTable.commit_actions

    def overtaken(self: DurableTable, *arguments: Any, **options: Any) -> int:
        monkeypatch.setattr(DurableTable, "commit_actions", commit)
        monkeypatch.setattr(DurableTable, "lock", lambda _: nullcontext())
        assert other.compact(CONTRACT) is not None
        return commit(self, *arguments, **options)

    monkeypatch.setattr(DurableTable, "commit_actions", overtaken)
    assert store.compact(CONTRACT) is None
    assert store.table(CONTRACT).count().execute() == 20


def test_sweep_removes_only_what_no_version_names(store: Store) -> None:
    for batch in range(3):
        append(store, cells(batch, 5), f"b{batch}")
    then = store.snapshot()
    store.compact(CONTRACT)
    folder = store.root / "facts" / CONTRACT
    orphan = folder / "part-00000000000000000000-0.parquet"
    leftover = folder / "_delta_log" / f"{9:020d}.json#1"
    orphan.write_bytes(b"PAR1")
    leftover.touch()
    assert store.sweep() == []  # too young: someone may be writing it
    assert sorted(store.sweep(older_than=-1)) == sorted([orphan, leftover])
    assert store.polars(CONTRACT, at=then).height == 15


def test_checkpoint_keeps_keys_and_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiqun.facts.store.delta.CHECKPOINT_EVERY", 3)
    append(store, cells(0, 2), "b0")
    append(store, cells(0, 2, value=2), "b1")
    for batch in range(2, 8):
        append(store, cells(batch, 2), f"b{batch}")
    fresh = Store(store.root)
    assert list((store.root / "facts" / CONTRACT / "_delta_log").glob("*.checkpoint.parquet"))
    assert append(fresh, cells(0, 2), "b0").repeated
    assert fresh.current(CONTRACT).count().execute() == 14
    assert fresh.table(CONTRACT).count().execute() == 16


def test_other_tools_read_the_table_without_us(store: Store) -> None:
    append(store, cells(0, 3), "b0")
    table = DeltaTable(store.root / "facts" / CONTRACT)
    assert table.to_pyarrow_table().num_rows == 3
    stats = pl.DataFrame(table.get_add_actions(flatten=True))
    assert stats["num_records"].to_list() == [3]
    assert stats["min.industry"].to_list() == ["0000000000000"]
    assert table.metadata().configuration["delta.appendOnly"] == "true"


# ---- changes of contract ----------------------------------------------------------------------


def notes(*columns: Column) -> dict[str, Contract]:
    base = (Column("id", "code", "号", "Id"), *columns)
    title = MappingProxyType({"zh": "记", "en": "Note"})
    return {"note": Contract("note", title, title, ("id",), base)}


def test_contract_may_gain_columns(tmp_path: Path) -> None:
    value = Column("value", "integer", "值", "Value")
    old = Store(tmp_path, known=notes())
    old.append("note", pl.DataFrame({"id": ["a"]}), batch="1", received=1, source="s")
    then = old.snapshot()
    new = Store(tmp_path, known=notes(value))
    frame = pl.DataFrame({"id": ["b", "a"], "value": [2, 3]})
    receipt = new.append("note", frame, batch="2", received=2, source="s")
    assert receipt.corrections == 1
    found = new.polars("note").sort("id")
    assert found["value"].to_list() == [3, 2]
    assert new.polars("note", at=then)["id"].to_list() == ["a"]
    assert new.compact("note") is not None
    assert new.polars("note").sort("id")["value"].to_list() == [3, 2]
    with pytest.raises(JiqunError) as error:
        old.append("note", pl.DataFrame({"id": ["c"]}), batch="3", received=1, source="s")
    assert code(error) == "E-STORE-SCHEMA"


# ---- crash between two steps --------------------------------------------------------------------


@pytest.mark.parametrize("step", ["quarantine", "facts", "ledger"])
def test_crash_between_steps_is_healed_by_the_retry(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Die just before each of the three commits; the retry does the rest, once."""
    append(store, cells(9, 1), "before", received=2, quarantined=bad(9))
    names = {"quarantine": "_quarantine", "facts": CONTRACT, "ledger": "_batch"}
    commit = DurableTable.commit

    def dying(self: DurableTable, *arguments: Any, **options: Any) -> int:
        if self.path.name == names[step]:
            raise KeyboardInterrupt
        return commit(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DurableTable, "commit", dying)
        with pytest.raises(KeyboardInterrupt):
            append(store, cells(0, 3), "b0", received=4, quarantined=bad(0))
    assert store.batches().height == 1  # not acknowledged
    healed = Store(store.root)
    receipt = append(healed, cells(0, 3), "b0", received=4, quarantined=bad(0))
    assert receipt.repeated == (step == "ledger")
    assert receipt.accepted == 3
    assert healed.current(CONTRACT).count().execute() == 4
    assert healed.polars("_quarantine").height == 2
    last = healed.batches().row(1, named=True)
    assert (last["received"], last["accepted"], last["quarantined"]) == (4, 3, 1)


def test_error_after_the_log_was_written_keeps_the_files(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library may fail after the version is public; its files must not be taken away."""
    append(store, cells(0, 3), "b0")
    real = DeltaTable.create_write_transaction

    def late(self: DeltaTable, *arguments: Any, **options: Any) -> None:
        real(self, *arguments, **options)
        raise OSError(errno.EIO, "late")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", late)
    assert not append(store, cells(1, 3), "b1").repeated
    monkeypatch.undo()
    assert store.current(CONTRACT).count().execute() == 6
    assert append(store, cells(1, 3), "b1").repeated


def test_writer_that_is_always_beaten_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(*_: Any, **__: Any) -> None:
        raise CommitFailedError("beaten")

    append(store, cells(0, 1), "b0")
    monkeypatch.setattr(DeltaTable, "create_write_transaction", beaten)
    with pytest.raises(JiqunError) as error:
        append(store, cells(1, 1), "b1")
    assert code(error) == "E-STORE-BUSY"
    files = list((store.root / "facts" / CONTRACT).glob("*.parquet"))
    assert len(files) == 1  # nothing of the beaten attempts stays


def test_batch_beaten_by_a_foreign_commit_is_compared_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer without our lock commits the same rows first: they become duplicates."""
    append(store, cells(0, 2), "b0")
    sift, table = writing.sift, store.tables.open(CONTRACT)

    def overtaken(*arguments: Any) -> object:
        result = sift(*arguments)
        monkeypatch.setattr(writing, "sift", sift)
        foreign = DurableTable(table.path, root=store.root, key=table.key)
        foreign.prepare(table.schema(1))
        rows = store.views.connection().sql(relation(store.files(CONTRACT, 1), table.schema(1)))
        data = pl.DataFrame(rows.to_arrow_table()).with_columns(value=5, _seq=2, _replaces=1)
        foreign.commit(
            data.to_arrow().cast(table.schema(1)),
            transactions={"_corrections": 2},
            metadata={},
        )
        return result

    monkeypatch.setattr(writing, "sift", overtaken)
    receipt = append(store, cells(0, 2, value=5), "b1")
    assert (receipt.accepted, receipt.duplicate) == (0, 2)


# ---- threads --------------------------------------------------------------------------------


def test_threads_share_one_store(store: Store) -> None:
    barrier = threading.Barrier(4)

    def work(writer: int) -> int:
        barrier.wait()
        for batch in range(4):
            put(store, batch, 10, key=f"w{writer}-{batch}", writer=writer)
        return int(store.current(CONTRACT).count().execute())

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(work, range(4)))
    assert max(seen) == 160
    assert store.batches().height == 16


# ---- freshness ------------------------------------------------------------------------------


def test_freshness_never_guesses(store: Store) -> None:
    meta = {"owner": "统计局", "next_due": "2026-03-31", "as_of": "2026-02-01"}
    append(store, cells(0, 3), "b0", source="年报", meta=meta)
    append(store, cells(1, 2), "b1", source="年报", meta={"absent": "zero"})
    append(store, cells(2, 1), "b2", source="other")
    rows = {row["source"]: row for row in store.freshness(date(2026, 4, 1)).to_dicts()}
    known, unknown = rows["年报"], rows["other"]
    assert (known["owner"], known["rows"], known["state"]) == ("统计局", 5, "overdue")
    assert known["last_as_of"] == date(2026, 2, 1)
    assert known["absent"] == "zero"
    assert (unknown["owner"], unknown["next_due"], unknown["state"]) == (None, None, "unknown")
    assert unknown["absent"] == "unknown"
    assert unknown["last_as_of"] == date(2026, 1, 1)  # from the rows themselves
    assert store.freshness(date(2026, 3, 31)).sort("source")["state"].to_list() == [
        "unknown",
        "current",
    ]
