"""Per-mu evaluation: a county with explanations, a nation through DuckDB, and Spark's answer.

``python benchmarks/permu/run.py county [--firms 10000]`` · ``nation [--firms 50000000]`` ·
``spark [--firms 200000]`` (in an environment that has pyspark). Files go to a folder that is
thrown away.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.permu import generate  # noqa: E402
from jiqun.engine.indices.evaluate import Evaluation, evaluate  # noqa: E402
from jiqun.engine.indices.explain import explanations  # noqa: E402
from jiqun.engine.indices.fairness import robustness  # noqa: E402
from jiqun.engine.indices.nearest import nearest  # noqa: E402
from jiqun.engine.indices.quantities import Figure  # noqa: E402
from jiqun.engine.indices.units import Units  # noqa: E402
from jiqun.facts.indices.permu import GradedTable, grade_table  # noqa: E402
from jiqun.rules.permu_pack import permu_pack  # noqa: E402

SCHEME = permu_pack("zhejiang-huangyan-2022").scheme
BYTES_PER_FIRM = 90


def timed(what: str, work: Callable[[], Any], *, times: int = 1) -> Any:
    """Run, print the best wall and processor seconds, return the result."""
    best, found = (float("inf"), float("inf")), None
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(f"{what}: {best[0]:.2f} s wall, {best[1]:.2f} s processor", flush=True)
    return found


def peak() -> float:
    """Return the process's largest resident size in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def units_of(frame: Any) -> Units:
    """Return the engine's arrays of a pandas frame."""
    count = len(frame)
    figures = {
        name: Figure(frame[name].fillna(0).to_numpy(np.int64), frame[name].notna().to_numpy())
        for name in frame.columns
        if name != "unit"
    }
    scale = Figure(np.ones(count, dtype=np.int64), np.ones(count, dtype=np.bool_))
    return Units(tuple(f"{number:018d}" for number in range(count)), figures, {"scale": scale})


def county(firms: int) -> None:
    """Ours and the analyst's way, with an explanation of every firm, on the same rows."""
    from benchmarks.permu import analyst  # noqa: PLC0415 - pandas only where it is compared

    frame = duckdb.sql(generate.query(0, firms)).df().astype("float64")
    units = units_of(frame)

    def ours() -> tuple[Evaluation, int]:
        found = evaluate(SCHEME, units)
        return found, sum(len(tree["terms"]) > 0 for tree in explanations(found))

    timed(f"ours, graded, {firms} firms", lambda: evaluate(SCHEME, units), times=5)
    found, _ = timed("ours, graded and explained", ours, times=5)
    theirs = timed("pandas, graded", lambda: analyst.graded(frame.copy()), times=5)
    timed(
        "pandas, graded and explained row by row",
        lambda: analyst.explained(analyst.graded(frame.copy())),
        times=2,
    )
    other = int((np.asarray(found.grades()) != theirs["等级"].to_numpy()).sum())
    print(f"grades that differ between the two: {other}")
    timed("nearest path, three levers alone", lambda: nearest(found, combine=False))
    paths = timed("nearest path, cheapest combination as well", lambda: nearest(found))
    print(f"units with a path sought {len(paths.rows)}, proved cheapest {paths.proved.mean():.1%}")
    timed("rank intervals, 1,000 draws", lambda: robustness(found, "above"))


def _checked_folder(firms: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="permu-"))
    free, wanted = shutil.disk_usage(folder).free, firms * BYTES_PER_FIRM * 3
    if free < wanted:
        folder.rmdir()
        sys.exit(f"needs {wanted / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free")
    return folder


def _generate_apart(folder: Path, firms: int) -> None:
    """In a process of its own, so that its memory is not counted with the grading's."""
    code = (
        "from pathlib import Path; from benchmarks.permu.generate import generate; "
        f"print(generate(Path({str(folder)!r}), {firms}) / 1e9, 'GB of Parquet')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def nation(firms: int, threads: int, generated: str) -> None:
    """Grade files of firms through DuckDB; the generator runs in another process."""
    folder = Path(generated) if generated else _checked_folder(firms)
    try:
        if not generated:
            timed("generated", lambda: _generate_apart(folder / "in", firms))
        _graded_files(folder, threads=threads)
    finally:
        if not generated:
            shutil.rmtree(folder)


def _graded_files(folder: Path, *, threads: int) -> None:
    backend = ibis.duckdb.connect(
        threads=threads, memory_limit="3GB", temp_directory=str(folder / "scratch")
    )
    backend.raw_sql("SET preserve_insertion_order = false")
    firms = backend.read_parquet(str(folder / "in" / "*.parquet"))

    def keep(expression: Any) -> Any:
        backend.to_parquet(expression, str(folder / "scores.parquet"))
        return backend.read_parquet(str(folder / "scores.parquet"))

    def work() -> GradedTable:
        found = grade_table(firms, SCHEME, "above", keep=keep)
        backend.to_parquet(found.table, str(folder / "grades.parquet"))
        return found

    found = timed(f"DuckDB, graded and written, {threads} threads", work)
    grades = backend.read_parquet(str(folder / "grades.parquet"))
    print(
        grades.group_by("final")
        .aggregate(firms=grades.count())
        .order_by("final")
        .to_pandas()
        .to_dict("list")
    )
    print(f"n {found.n}, cuts {found.cuts}, peak {peak():.2f} GB")


def spark(firms: int) -> None:
    """The same expressions on Spark and DuckDB: rows that differ."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - not a dependency

    folder = _checked_folder(firms)
    generate.generate(folder / "in", firms)
    session = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g").config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )  # fmt: skip
    try:
        results = []
        for name, backend in (
            ("DuckDB", ibis.duckdb.connect()),
            ("Spark", ibis.pyspark.connect(session)),
        ):
            table = backend.read_parquet(
                str(folder / "in" / ("*.parquet" if name == "DuckDB" else ""))
            )

            def work(table: Any = table) -> Any:
                found = grade_table(table, SCHEME, "above")
                return found, found.table.order_by("unit").to_pyarrow()

            results.append(timed(f"{name}, {firms} firms", work))
        (one, left), (two, right) = results
        differ = {
            name: int((np.asarray(left[name]) != np.asarray(right[name])).sum())
            for name in left.column_names
        }
        print("rows that differ by column:", differ)
        print(
            "benchmarks equal:",
            repr(one.frozen) == repr(two.frozen),
            "cuts equal:",
            one.cuts == two.cuts,
        )
    finally:
        session.stop()
        shutil.rmtree(folder)


def main() -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("county", "nation", "spark"))
    parser.add_argument("--firms", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", default="", help="files that were generated before, kept")
    given = parser.parse_args()
    if given.what == "county":
        county(given.firms or 10_000)
    elif given.what == "nation":
        nation(given.firms or 50_000_000, given.threads, given.folder)
    else:
        spark(given.firms or 200_000)


if __name__ == "__main__":
    main()
