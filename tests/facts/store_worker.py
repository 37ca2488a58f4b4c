"""A writer in its own process, so that tests can trace it, kill it, starve it or race it.

Everything is imported before the first fork and nothing is used, so that a child starts at once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import time
from datetime import date
from pathlib import Path

import pandas  # noqa: F401, ICN001 - pyarrow loads it at the first use, a second that a child need not pay
import polars as pl
from deltalake import write_deltalake

from jiqun.errors import JiqunError
from jiqun.facts.store import delta
from jiqun.facts.store.store import Store

CONTRACT = "industry_cell"


def cells(batch: int, rows: int, *, value: int = 1, writer: int = 0) -> pl.DataFrame:
    """Return ``rows`` industry cells that no other batch or writer has."""
    codes = [f"{writer:02d}{batch:05d}{row:06d}" for row in range(rows)]
    return pl.DataFrame({"industry": codes}).with_columns(
        pl.lit("990101").alias("place"),
        pl.lit("gbt4754-2017").alias("classification"),
        pl.lit("2025").alias("period"),
        pl.lit("employment").alias("measure"),
        pl.lit(value, pl.Int64).alias("value"),
        pl.lit("person").alias("unit"),
        pl.lit("published").alias("status"),
        pl.lit(date(2026, 1, 1)).alias("as_of"),
    )


def bad(batch: int, rows: int = 1) -> pl.DataFrame:
    """Return ``rows`` rows that a reader would have quarantined."""
    return pl.DataFrame({"industry": ["?"] * rows, "value": [f"abc{batch}"] * rows})


def put(store: Store, batch: int, rows: int, *, key: str, writer: int = 0, held: int = 0) -> bool:
    """Append one batch; tell whether the store already knew it."""
    receipt = store.append(
        CONTRACT,
        cells(batch, rows, writer=writer),
        batch=key,
        received=rows + held,
        quarantined=bad(batch, held) if held else None,
        source="test",
    )
    return receipt.repeated


def append(options: argparse.Namespace) -> None:
    """Append batches; write each one's number to the file of acknowledgements afterwards."""
    if options.checkpoint_every:
        delta.CHECKPOINT_EVERY = options.checkpoint_every
    store = Store(options.root)
    acks = os.open(options.acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for batch in range(options.start, options.start + options.batches):
        held = 1 if batch % 3 == 2 else 0
        put(store, batch, options.rows, key=f"b{batch}", held=held)
        os.write(acks, f"{batch}\n".encode())


def plain(options: argparse.Namespace) -> None:
    """Do the same with the library as shipped, as the control of the power-cut test."""
    acks = os.open(options.acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for batch in range(options.batches):
        frame = cells(batch, options.rows).with_columns(pl.lit(f"b{batch}").alias("batch"))
        write_deltalake(str(options.root / "facts" / CONTRACT), frame, mode="append")
        os.write(acks, f"{batch}\n".encode())


def killed(options: argparse.Namespace) -> None:
    """Kill a writer again and again; the next one starts at the first batch not acknowledged."""
    chance = random.Random(options.seed)
    done = options.start
    options.acks.touch()
    for _ in range(options.rounds):
        child = os.fork()
        if child == 0:
            options.start, options.batches = done, 1_000
            append(options)
            os._exit(1)  # a thousand batches before the kill: the test would prove nothing
        before = done
        while _acknowledged(options.acks) == before:  # the first retry after a kill must finish
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.2))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("the writer ended before it was killed")
        done = _acknowledged(options.acks)


def _acknowledged(acks: Path) -> int:
    return acks.read_bytes().count(b"\n")


def raced(options: argparse.Namespace) -> None:
    """Let several writers append at once, each its own batches or all the same ones."""
    children = []
    for writer in range(options.writers):
        child = os.fork()
        if child == 0:
            _race(options, writer)
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        sys.exit("a writer failed")


def _race(options: argparse.Namespace, writer: int) -> None:
    store = Store(options.root)
    results = []
    for batch in range(options.batches):
        mine = 0 if options.same else writer
        repeated = put(store, batch, options.rows, key=f"w{mine}-{batch}", writer=mine)
        results.append(repeated)
    (options.acks.parent / f"writer{writer}.json").write_text(json.dumps(results))


def starved(options: argparse.Namespace) -> None:
    """Append with a limit on the size of files, then without, on the same handle."""
    store = Store(options.root)
    put(store, 0, 10, key="b0")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (options.limit, hard))
    try:
        put(store, 1, 50_000, key="b1")
    except JiqunError as error:
        seen = error.code
    else:
        seen = "stored"
    visible = store.current(CONTRACT).count().execute()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    put(store, 1, 50_000, key="b1")
    after = store.current(CONTRACT).count().execute()
    report = {"error": seen, "visible": int(visible), "after": int(after)}
    options.acks.write_text(json.dumps(report))


def main() -> None:
    """Run one of the modes above."""
    modes = {mode.__name__: mode for mode in (append, plain, killed, raced, starved)}
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=modes)
    parser.add_argument("root", type=Path)
    parser.add_argument("acks", type=Path)
    for name, default in (
        ("start", 0),
        ("batches", 10),
        ("rows", 20),
        ("rounds", 25),
        ("writers", 4),
        ("seed", 1),
        ("same", 0),
        ("limit", 20_000),
        ("checkpoint-every", 0),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    modes[options.mode](options)


if __name__ == "__main__":
    main()
