"""What was acknowledged survives a power cut; what was not is whole or absent, never half."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable
from store_powercut import Call, Disk, acknowledgement, require_strace, trace
from store_worker import CONTRACT, put

from jiqun.facts.store.store import Store

ROWS, BATCHES, CUTS = 20, 12, 24
# Per Delta commit: content of the data file, its folder, the log entry, the log's folder.
COMMIT = 4


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    require_strace()
    folder = tmp_path_factory.mktemp("traced")
    options = ("--batches", str(BATCHES), "--rows", str(ROWS), "--checkpoint-every", "5")
    return folder, trace(folder, "append", *options)


def cut(folder: Path, calls: list[Call], moment: int) -> tuple[Disk, list[int]]:
    """Return the disk after ``moment`` calls, and the batches acknowledged by then."""
    disk, acked = Disk(folder / "root"), []
    for call in calls[:moment]:
        disk.play(call)
        number = acknowledgement(call, folder)
        if number is not None:
            acked.append(number)
    return disk, acked


def moments(calls: list[Call], folder: Path) -> list[int]:
    """Return the moments to cut at: after acknowledgements, in mid-batch, in the making of tables."""
    acks = [n for n, call in enumerate(calls) if acknowledgement(call, folder) is not None]
    inside = random.Random(7).sample(range(acks[-1]), CUTS - 6)
    return sorted([n + 1 for n in acks[::2]] + inside)


@pytest.mark.slow
@pytest.mark.parametrize("entries_survive", [False, True], ids=["entries-lost", "entries-kept"])
def test_power_cut_loses_nothing_acknowledged(
    traced: tuple[Path, list[Call]], tmp_path: Path, *, entries_survive: bool
) -> None:
    folder, calls = traced
    checked = 0
    for moment in moments(calls, folder):
        disk, acked = cut(folder, calls, moment)
        root = tmp_path / str(moment)
        disk.rebuild(root, entries_survive=entries_survive)
        store = Store(root)
        rows = Counter(store.polars(CONTRACT, ["batch"])["batch"].to_list())
        assert set(rows.values()) <= {ROWS}, f"half a batch after call {moment}"
        assert {f"b{number}" for number in acked} <= set(rows)
        ledger = set(store.batches()["batch"])
        assert {f"b{number}" for number in acked} <= ledger <= set(rows)
        # The client retries what was not acknowledged; it is stored once, whatever was left.
        put(store, len(acked), ROWS, key=f"b{len(acked)}", held=1 if len(acked) % 3 == 2 else 0)
        assert store.current(CONTRACT).count().execute() == ROWS * (len(acked) + 1)
        held = Counter(store.polars("_quarantine", ["batch"])["batch"].to_list())
        assert held == {f"b{n}": 1 for n in range(len(acked) + 1) if n % 3 == 2}
        checked += len(acked)
        shutil.rmtree(root)
    assert checked > 80


def test_the_simulator_sees_what_the_library_alone_would_lose(tmp_path: Path) -> None:
    """The control: the same cut after the same acknowledgements, without our order of fsync."""
    require_strace()
    calls = trace(tmp_path, "plain", "--batches", "4", "--rows", str(ROWS))
    disk, acked = cut(tmp_path, calls, len(calls))
    assert acked == [0, 1, 2, 3]
    disk.rebuild(tmp_path / "lost", entries_survive=False)
    assert not list((tmp_path / "lost").rglob("*.parquet"))
    disk.rebuild(tmp_path / "empty", entries_survive=True)
    # Every file is there and every one is empty.
    sizes = {path.stat().st_size for path in (tmp_path / "empty").rglob("*.*")}
    assert sizes == {0}


def census(calls: list[Call], folder: Path) -> list[int]:
    """Return the fsyncs before each acknowledgement since the one before."""
    counts, running = [], 0
    for call in calls:
        running += call.name in ("fsync", "fdatasync") and str(folder / "root") in call.path
        if acknowledgement(call, folder) is not None:
            counts.append(running)
            running = 0
    return counts


def test_census_of_fsync_per_batch(tmp_path: Path) -> None:
    """Exactly: facts and ledger for a batch, the quarantine too where rows were refused."""
    require_strace()
    calls = trace(tmp_path, "append", "--batches", "6", "--rows", str(ROWS))
    counts = census(calls, tmp_path)
    clean, refused = 2 * COMMIT, 3 * COMMIT
    # The first batch, and the first refused rows, also make their tables.
    assert counts[1] == counts[3] == counts[4] == clean
    assert counts[5] == refused
    assert counts[0] > clean
    assert counts[2] > refused


def test_order_of_fsync_within_a_commit(traced: tuple[Path, list[Call]]) -> None:
    """Data is durable before the log names it, and the log before the batch is acknowledged."""
    folder, calls = traced
    table = folder / "root" / "facts" / CONTRACT
    pending: set[str] = set()
    for call in calls:
        texts = [text.decode() for text in call.texts if text.startswith(str(table).encode())]
        if call.name == "openat" and "O_CREAT" in call.arguments and texts[:1]:
            if texts[0].endswith(".parquet") and "_delta_log" not in texts[0]:
                pending |= {texts[0], str(table)}
        elif call.name == "linkat" and len(texts) == 2:
            assert not pending, "the log names data that is not durable yet"
            pending = {texts[1], str(table / "_delta_log")}
        elif call.name in ("fsync", "fdatasync"):
            pending.discard(call.path)
        elif acknowledgement(call, folder) is not None:
            assert not pending, "acknowledged before it was durable"


def test_empty_last_log_entry_is_set_aside(tmp_path: Path) -> None:
    """The library opens it as a valid version without rows; the store must not."""
    store = Store(tmp_path)
    put(store, 0, ROWS, key="b0")
    log = tmp_path / "facts" / CONTRACT / "_delta_log"
    (log / f"{2:020d}.json").touch()
    assert DeltaTable(log.parent).version() == 2  # the trap
    again = Store(tmp_path)
    assert again.version(CONTRACT) == 1
    assert again.current(CONTRACT).count().execute() == ROWS
    note = next((log.parent / "_recovered").glob("*.note.json"))
    assert json.loads(note.read_text())["version"] == 2
    put(again, 1, ROWS, key="b1")
    assert again.version(CONTRACT) == 2


@pytest.mark.parametrize("keep", ["half", "lines", "zeros"])
def test_cut_last_log_entry_is_set_aside(tmp_path: Path, keep: str) -> None:
    """Cut in a line, cut between lines (still valid JSON), or full of zeros."""
    store = Store(tmp_path)
    put(store, 0, ROWS, key="b0")
    table = tmp_path / "facts" / CONTRACT
    whole = (table / "_delta_log" / f"{1:020d}.json").read_text()
    cuts = {
        "half": whole[: len(whole) // 2],
        "lines": "\n".join(whole.splitlines()[:2]),
        "zeros": "\0" * len(whole),
    }
    (table / "_delta_log" / f"{2:020d}.json").write_text(cuts[keep])
    assert Store(tmp_path).version(CONTRACT) == 1


def test_damage_to_acknowledged_data_is_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for batch in range(3):
        put(store, batch, ROWS, key=f"b{batch}")
    log = tmp_path / "facts" / CONTRACT / "_delta_log"
    last = log / f"{3:020d}.json"
    content = last.read_bytes()
    for broken in (last, log / f"{2:020d}.json"):  # acknowledged, though last; inside
        kept = broken.read_bytes()
        broken.write_bytes(b"")
        with pytest.raises(Exception, match="E-STORE-CORRUPT"):
            Store(tmp_path)
        broken.write_bytes(kept)
    assert last.read_bytes() == content
    file = Path(Store(tmp_path).files(CONTRACT, 3)[0])
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(Exception, match="E-STORE-CORRUPT"):
        Store(tmp_path).files(CONTRACT, 3)


def test_broken_checkpoint_is_replaced_by_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jiqun.facts.store.delta.CHECKPOINT_EVERY", 2)
    store = Store(tmp_path)
    for batch in range(5):
        put(store, batch, ROWS, key=f"b{batch}")
    log = tmp_path / "facts" / CONTRACT / "_delta_log"
    checkpoint = log / f"{4:020d}.checkpoint.parquet"
    assert checkpoint.stat().st_size > 0
    checkpoint.write_bytes(b"")
    (log / "_last_checkpoint").write_bytes(b"")
    again = Store(tmp_path)
    assert not checkpoint.exists()
    assert again.current(CONTRACT).count().execute() == 5 * ROWS
    assert put(again, 0, ROWS, key="b0")  # still known
