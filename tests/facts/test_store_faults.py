"""The store under kill -9, four writers at once, and a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from store_worker import CONTRACT, put

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store

WORKER = Path(__file__).with_name("store_worker.py")
PAGE = 4096


def work(mode: str, folder: Path, *options: str) -> Path:
    """Run the worker to its end and return the store's folder."""
    environment = {**os.environ, "PYTHONPATH": str(WORKER.parents[2])}
    command = [sys.executable, WORKER, mode, folder / "root", folder / "acks", *options]
    subprocess.run(command, check=True, env=environment, timeout=300)
    return folder / "root"


@pytest.mark.slow
def test_kill_in_mid_batch_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A writer is killed 25 times at random moments; the next one retries what was not acked."""
    rows = 2_000
    store = Store(work("killed", tmp_path, "--rounds", "25", "--rows", str(rows)))
    acked = {f"b{number}" for number in (tmp_path / "acks").read_text().split()}
    assert len(acked) >= 25
    stored = Counter(store.polars(CONTRACT, ["batch"])["batch"].to_list())
    assert set(stored.values()) == {rows}  # no part of a batch, none twice
    assert acked <= set(stored)
    assert len(set(stored) - acked) <= 1  # at most the one in flight at the last kill
    assert store.table(CONTRACT).count().execute() == rows * len(stored)
    ledger = store.batches()
    assert ledger["batch"].is_unique().all()
    assert acked <= set(ledger["batch"]) <= set(stored)
    held = Counter(store.polars("_quarantine", ["batch"])["batch"].to_list())
    assert set(held.values()) == {1}
    # What died in flight is swept, what is stored is not.
    store.sweep(older_than=-1)
    assert Store(store.root).current(CONTRACT).count().execute() == rows * len(stored)


@pytest.mark.slow
def test_four_writers_at_once(tmp_path: Path) -> None:
    store = Store(work("raced", tmp_path, "--batches", "15"))
    assert store.current(CONTRACT).count().execute() == 4 * 15 * 20
    assert store.table(CONTRACT).count().execute() == 4 * 15 * 20
    assert store.batches().height == 60
    assert sorted(store.batches()["version"]) == list(range(1, 61))


@pytest.mark.slow
def test_four_writers_of_the_same_batches(tmp_path: Path) -> None:
    """Exactly one of them stores each batch; the others are told that it was known."""
    store = Store(work("raced", tmp_path, "--batches", "6", "--same", "1"))
    results = [json.loads(path.read_text()) for path in tmp_path.glob("writer*.json")]
    assert len(results) == 4
    assert [sum(not repeated for repeated in batch) for batch in zip(*results, strict=True)] == (
        [1] * 6
    )
    assert store.table(CONTRACT).count().execute() == 6 * 20
    assert store.batches().height == 6


def test_limit_on_file_size_is_a_clear_error(tmp_path: Path) -> None:
    """Works on every machine: the kernel refuses the write as it would on a full disk."""
    work("starved", tmp_path)
    report = json.loads((tmp_path / "acks").read_text())
    assert report == {"error": "E-STORE-FULL", "visible": 10, "after": 50_010}


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 2 MiB; skips without the right to mount, the test above always runs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount; test_limit_on_file_size covers the same error")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path, *, leave: int) -> None:
    """Fill the file system of ``path``, then free ``leave`` bytes of it."""
    with path.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(b"\0" * PAGE)
        except OSError:
            size = sink.tell()
        sink.truncate(max(0, size - leave))


def refused(store: Store, batch: int, rows: int) -> JiqunError | None:
    """Append a batch; return the error that it ended in, if it did."""
    try:
        put(store, batch, rows, key=f"b{batch}", held=1)
    except JiqunError as error:
        return error
    return None


def test_full_disk_at_every_step(small_disk: Path) -> None:
    """With less and less room each step fails in turn; the same handle goes on when freed."""
    store, filler = Store(small_disk / "store"), small_disk / "filler"
    rows, full = 500, 0
    put(store, 0, rows, key="b0", held=1)
    for batch in range(1, 15):
        fill(filler, leave=(14 - batch) * PAGE)
        error = refused(store, batch, rows)
        if error is not None:
            assert (error.code, error.kind) == ("E-STORE-FULL", Kind.INTERNAL)
            full += 1
            # Whole or absent, never half; and absent from the ledger.
            assert store.table(CONTRACT).count().execute() in (rows * batch, rows * (batch + 1))
            assert store.batches().height == batch
        filler.unlink()
        put(store, batch, rows, key=f"b{batch}", held=1)
        assert store.table(CONTRACT).count().execute() == rows * (batch + 1)
        assert store.batches().height == batch + 1
    assert full >= 5
    assert Store(store.root).polars("_quarantine").height == 15
