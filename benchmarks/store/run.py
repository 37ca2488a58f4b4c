"""Time the fact store beside the library as shipped, in the same run on the same disk.

python benchmarks/store/run.py [--commits 200] [--rows 2000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import polars as pl
from deltalake import DeltaTable, write_deltalake

from jiqun.facts.store.store import Store

CONTRACT = "industry_cell"
SMALL = 1_000  # rows of a small commit
INDUSTRIES = 1_000


def cells(start: int, rows: int, *, value: int = 0) -> pl.DataFrame:
    """Return industry cells ``start`` to ``start + rows``, all different, values random."""
    number = np.arange(start, start + rows)
    noise = np.random.default_rng(start).integers(0, 100_000, rows) + value
    places = pl.Series("place", number // INDUSTRIES).cast(pl.String).str.zfill(6)
    codes = pl.Series("industry", number % INDUSTRIES).cast(pl.String).str.zfill(4)
    return pl.DataFrame([places, codes, pl.Series("value", noise)]).with_columns(
        pl.lit("gbt4754-2017").alias("classification"),
        pl.lit("2025").alias("period"),
        pl.lit("employment").alias("measure"),
        pl.lit("person").alias("unit"),
        pl.lit("published").alias("status"),
        pl.lit(date(2026, 1, 1)).alias("as_of"),
    )


@contextmanager
def timed(label: str) -> Iterator[None]:
    """Print the seconds of the block, and those of all cores that it used."""
    start, used = time.perf_counter(), time.process_time()
    yield
    elapsed, used = time.perf_counter() - start, time.process_time() - used
    print(f"{label:62s} {elapsed:8.2f} s {used:8.2f} s CPU", flush=True)


def put(store: Store, frame: pl.DataFrame, batch: str) -> None:
    """Append ``frame`` as one batch."""
    store.append(CONTRACT, frame, batch=batch, received=frame.height, source="benchmark")


def total(table: ir.Table) -> Callable[[], int]:
    """Return the query that every reader is timed with: a sum by industry, then over all."""
    grouped = table.group_by("industry").aggregate(value=table["value"].sum())
    return lambda: int(grouped["value"].sum().execute())


def small(root: Path, commits: int) -> None:
    """Many small commits, safe and as shipped."""
    frames = [cells(number * SMALL, SMALL) for number in range(commits)]
    store = Store(root / "small")
    put(store, cells(commits * SMALL, 1), "first")  # imports and tables are not what we time
    with timed(f"{commits} commits of {SMALL} rows: store (safe, deduplicated)"):
        for number, frame in enumerate(frames):
            put(store, frame, f"b{number}")
    plain = str(root / "small-plain")
    write_deltalake(plain, frames[0][:1])
    with timed(f"{commits} commits of {SMALL} rows: write_deltalake (no fsync)"):
        for frame in frames:
            write_deltalake(plain, frame, mode="append")
    with timed(f"open the store and read {commits * SMALL} rows, not compacted"):
        total(Store(store.root).current(CONTRACT))()
    with timed("compact"):
        store.compact(CONTRACT)
    with timed(f"open the store and read {commits * SMALL} rows, compacted"):
        total(Store(store.root).current(CONTRACT))()


def large(root: Path, rows: int) -> None:
    """One large batch, the same batch again under another key, and a read of the past."""
    frame = cells(0, rows)
    store = Store(root / "large")
    with timed(f"{rows} rows in one batch: store"):
        put(store, frame, "b0")
    with timed(f"{rows} rows in one batch: write_deltalake"):
        write_deltalake(str(root / "large-plain"), frame)
    then = store.snapshot()
    with timed(f"{rows} rows again under another key (all duplicates)"):
        put(store, frame, "b1")
    with timed("1,000 rows beside them, half of them corrections"):
        put(store, cells(rows - SMALL // 2, SMALL, value=1), "b2")
    now, past = total(store.current(CONTRACT)), total(store.current(CONTRACT, then))
    with timed("group by industry, now (500 facts corrected)"):
        now()
    with timed("group by industry, as of the snapshot"):
        past()
    plain = DeltaTable(root / "large-plain").to_pyarrow_table()
    if past() != int(pl.DataFrame(plain)["value"].sum()):
        sys.exit("the store and the plain table do not hold the same values")
    size = sum(Path(file).stat().st_size for file in store.files(CONTRACT, 1))
    print(f"{'size of the large table':62s} {size / 1e6:8.1f} MB")


def main() -> None:
    """Run both parts in a temporary folder on the disk of ``--folder``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.commits:
            small(Path(folder), options.commits)
        if options.rows:
            large(Path(folder), options.rows)


if __name__ == "__main__":
    main()
