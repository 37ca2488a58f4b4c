"""A million decisions on every edge, on Spark: ``python -m benchmarks.policy.spark [--firms 101000]``.

The staged expressions that DuckDB and PostgreSQL run, on a local Spark with two threads, row by row
against the engine: verdicts, amounts, and which amount of each group is kept. Needs
``ibis-framework[pyspark]`` and Java; it is not part of the test run, which has neither.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import ibis
import numpy as np
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from jiqun.engine.rules.evaluation.evaluate import evaluate
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.sql.staged import batches, staged
from tests.engine.rules.test_rules_engines import DAY, agree, arrow_of, names_of
from tests.engine.rules_edges import edge_columns, policies
from tests.engine.rules_runs import FIELDS


def main() -> None:
    """Compare and print; the first difference ends it with an error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, default=101_000)
    firms = parser.parse_args().firms
    program = compile_policies(policies(), FIELDS)
    columns = edge_columns(program, firms)
    found = evaluate(program, columns, event=DAY, kernel="numpy")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "facts.parquet")
        pq.write_table(arrow_of(program, columns), file)
        settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2",
                    "spark.sql.warehouse.dir": folder}  # fmt: skip
        builder = SparkSession.builder.master("local[2]").config(map=settings)
        table = ibis.pyspark.connect(builder.getOrCreate()).read_parquet(file)
        began = time.perf_counter()
        for batch in batches(program, size=5):
            stages = staged(
                program, table, names=names_of(program), keys=["id"], event=DAY, policies=batch
            )
            wanted = [*stages.verdicts.values(), *stages.amounts.values(), *stages.kept.values()]
            answer = stages.priced.order_by("id").select(*wanted).to_pyarrow()
            agree(found, stages, {one: np.array(answer[one].to_pylist(), object) for one in wanted})
        spent = time.perf_counter() - began
    decisions = firms * len(program.rules)
    print(
        f"{decisions:,} decisions with amounts and what is kept: none differs; Spark took {spent:.0f} s"
    )


if __name__ == "__main__":
    main()
