"""Measures the rule engine beside its peers, on the same synthetic rules and firms, in one run.

``python benchmarks/policy/run.py [--firms 1000000] [--policies 60] [--repeat 5] [--spark]``
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import ibis
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.policy.generate import columns as make_columns
from benchmarks.policy.generate import dictionary, policies
from benchmarks.policy.peers import PEERS
from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.explain import explain, layout_of, trace
from jiqun.engine.rules.evaluation.highest import keep_highest
from jiqun.engine.rules.evaluation.insight import blockers, near_misses
from jiqun.engine.rules.evaluation.single import answer, calculator, facts_of
from jiqun.engine.rules.evaluation.whatif import thresholds, touched, what_if
from jiqun.engine.rules.program.atoms import Form
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Plan, Program
from jiqun.engine.rules.sql.staged import batches, staged

DAY = date(2025, 6, 1)
Timed = tuple[float, float]


def best(action: Callable[[], object], repeat: int) -> Timed:
    """Return the least wall-clock and the least processor seconds of some runs, one before."""
    action()
    walls, processors = [], []
    for _ in range(repeat):
        began = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - began[0])
        processors.append(time.process_time() - began[1])
    return min(walls), min(processors)


def line(what: str, timed: Timed, pairs: int) -> None:
    """Print one row: pairs per second by the clock and by the processor."""
    wall, processor = timed
    print(
        f"| {what} | {wall:.4f} | {processor:.4f} | {pairs / wall:.3g} | {pairs / processor:.3g} |"
    )


def whole(program: Program, columns: Mapping[str, Column], kernel: str) -> Evaluation:
    """Evaluate with amounts and keep the highest of each group; planes stay for explanations."""
    found = evaluate(program, columns, event=DAY, kernel=kernel)
    keep_highest(found)
    return found


def throughput(program: Program, columns: Mapping[str, Column], repeat: int) -> Evaluation:
    """Print pairs per second of ours and of the peers; stop when an answer differs."""
    n = len(next(iter(columns.values())).values)
    pairs = n * len(program.rules)
    began = time.perf_counter()
    for column in columns.values():
        column.known_bits, column.bound  # noqa: B018 - worked out once per load, shared by all runs
    print(f"loading: masks packed and bounds taken in {time.perf_counter() - began:.2f} s\n")
    print(
        "| engine, everything included | wall s | processor s | pairs/s | pairs per processor s |"
    )
    print("|---|---|---|---|---|")
    for kernel in ("numpy", "numba"):
        line(f"ours, {kernel}", best(partial(whole, program, columns, kernel), repeat), pairs)
    found = whole(program, columns, "numpy")
    counts, fen = tuple(found.counts().sum(axis=0).tolist()), int(found.awards.fen.sum())
    for name, peer in PEERS.items():
        answers = [peer(program, columns) for _ in range(max(1, repeat // 2))]
        least = min(a.wall for a in answers), min(a.processor for a in answers)
        line(f"{name} (no explanations, no groups)", least, pairs)
        if answers[0].counts != counts or answers[0].fen != fen:
            raise SystemExit(
                f"{name} differs: {answers[0].counts} {answers[0].fen}, ours {counts} {fen}"
            )
    shares = ", ".join(f"{c / pairs:.2%}" for c in counts[:3])
    print(f"\nno, yes, undecided: {shares}; {len(found.awards.fen):,} awards")
    return found


def latency(found: Evaluation, repeat: int) -> None:
    """Print what a page waits for."""
    program, n = found.program, found.table.n
    layouts = [layout_of(program, policy) for policy in range(len(program.rules))]
    rng = np.random.default_rng(1)
    pairs = [(int(rng.integers(len(layouts))), int(rng.integers(n))) for _ in range(2000)]
    traced = [once(partial(trace, found, layouts[p], i)) for p, i in pairs]
    print(
        f"trace of a pair: median {np.median(traced) * 1e6:.1f} µs, least {min(traced) * 1e6:.1f}"
    )
    told = [once(partial(explain, found, p, i)) for p, i in pairs]
    print(f"explanation with texts: median {np.median(told) * 1e6:.0f} µs")
    atom = thresholds(program, 0)[0]
    moved = replace(program.atoms[atom], bound=program.atoms[atom].bound + 1000)
    wall, processor = best(lambda: what_if(found, atom, changed=moved), repeat)
    many = len(touched(program, atom))
    print(
        f"what-if: one threshold, {many} policies, {n:,} firms: {wall * 1e3:.2f} ms ({processor * 1e3:.2f} processor)"
    )
    wall, processor = best(lambda: blockers(found), 1)
    print(f"missing facts ranked: {wall * 1e3:.0f} ms ({processor * 1e3:.0f} processor)")
    wall, processor = best(lambda: [near_misses(found, p) for p in range(len(layouts))], 1)
    print(f"near misses of all policies: {wall * 1e3:.0f} ms ({processor * 1e3:.0f} processor)")


def once(action: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def one_firm(count: int) -> None:
    """Print how long one firm waits for all policies."""
    program = compile_policies(policies(count), dictionary())
    columns = make_columns(program, 500)
    held = calculator(program)
    rows = [facts_of(held, columns, row) for row in range(500)]
    spent = [once(partial(answer, held, *row, event=DAY)) for row in rows]
    print(f"one firm × {count} policies with amounts: median {np.median(spent) * 1e6:.0f} µs, "
          f"least {min(spent) * 1e6:.0f}")  # fmt: skip


def database(program: Program, columns: Mapping[str, Column], *, spark: bool) -> None:
    """Print DuckDB, and Spark when asked, on the staged expressions, checked against ours."""
    n = len(next(iter(columns.values())).values)
    names = {key: f"c{i}" for i, key in enumerate(columns)}
    facts = pa.table(
        {"id": np.arange(n)}
        | {names[k]: pa.array(c.values, mask=None if c.known is None else ~c.known)
           for k, c in columns.items()}
    )  # fmt: skip
    links = {"DuckDB": ibis.duckdb.connect(threads=2)}
    if spark:
        links["Spark"] = ibis.pyspark.connect()
    wanted = evaluate(program, columns, event=DAY).counts()
    held = Path(tempfile.mkdtemp())
    # A file, as data come: Ibis 12 hands a table in memory to Spark through pandas, which loses integers.
    pq.write_table(facts, held / "facts.parquet")
    for name, link in links.items():
        table = link.read_parquet(str(held / "facts.parquet"))
        began, build = time.perf_counter(), 0.0
        for batch in batches(program):
            start = time.perf_counter()
            stages = staged(program, table, names=names, keys=["id"], event=DAY, policies=batch)
            query = stages.priced.aggregate(
                **{f"{v}_{code}": (stages.priced[v] == code).sum()
                   for v in stages.verdicts.values() for code in (0, 1, 2)},
                **{f: stages.priced[f].sum() for f in stages.amounts.values()},
            )  # fmt: skip
            build += time.perf_counter() - start
            got = query.to_pyarrow().to_pylist()[0]
            for policy, v in stages.verdicts.items():
                counts = [got[f"{v}_{code}"] for code in (0, 1, 2)]
                if counts != wanted[policy, :3].tolist():
                    raise SystemExit(f"{name} differs at policy {policy}: {counts}")
        spent = time.perf_counter() - began
        print(f"{name}: {spent:.2f} s ({build:.2f} s of it building), "
              f"{n * len(program.rules) / spent:.3g} pairs/s")  # fmt: skip
    shutil.rmtree(held)


def outside(program: Program, columns: Mapping[str, Column], python: str, repeat: int) -> None:
    """Print OpenFisca-Core and zen-engine beside ours, on firms without a missing cell.

    Neither knows what is missing, so no cell is: a comparison on what both can say.
    """
    full = {key: Column(column.values, None) for key, column in columns.items()}
    wanted = evaluate(program, full, event=DAY, kernel="numpy")
    yes = wanted.counts()[:, 1]
    print(
        "\n| engine, no cell missing | firms | processor s | pairs per processor s | policies that differ |"
    )
    print("|---|---|---|---|---|")
    n = len(next(iter(full.values())).values)
    for kernel in ("numpy", "numba"):
        _, spent = best(partial(whole, program, full, kernel), repeat)
        print(f"| ours, {kernel}, with groups and explanations | {n:,} | {spent:.3f} "
              f"| {n * len(program.rules) / spent:.3g} | 0 |")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        write_program(program, Path(folder))
        np.savez(Path(folder) / "columns.npz",
                 **{f"c{i}": full[key].values for i, key in enumerate(program.columns)})  # fmt: skip
        for name in ("openfisca", "zen"):
            done = subprocess.run(
                [python, str(Path(__file__).parent / "outside" / f"{name}_rules.py"), folder],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            told = json.loads(done.stdout)
            first = told["firms"]
            part = {k: Column(c.values[:first], None) for k, c in full.items()}
            right = (
                evaluate(program, part, event=DAY, kernel="numpy").counts()[:, 1]
                if first < n
                else yes
            )
            differ = int((np.array(told["yes"]) != right).sum())
            print(f"| {name} | {first:,} | {told['processor']:.3f} "
                  f"| {first * len(program.rules) / told['processor']:.3g} | {differ} |")  # fmt: skip
            if told["fen"] is not None:
                print(
                    f"  {name}: sum of amounts differs by {told['fen'] - int(wanted.awards.fen.sum()):,.0f} fen"
                )


def write_program(program: Program, folder: Path) -> None:
    """Write a compiled program as JSON, for engines that do not import ours."""

    def form(one: Form | None) -> dict[str, object] | None:
        return one and {"columns": one.columns, "factors": one.factors}

    def plan(one: Plan | None) -> dict[str, object] | None:
        return one and {
            "base": form(one.base), "cap": one.cap, "unit": one.rounding.unit,
            "slices": [{"low": s.low, "high": s.high, "rate": s.numerator / one.denominator} for s in one.slices],
            "steps": [{"reference": s.reference, "fen": s.fen, "rate": s.numerator / s.denominator}
                      for s in one.steps],
        }  # fmt: skip

    told = {
        "columns": list(program.columns),
        "atoms": [{"kind": a.kind, "form": form(a.form), "bound": a.bound, "guard": form(a.guard), "codes": a.codes}
                  for a in program.atoms],
        "gates": program.gates,
        "rules": [{"conditions": r.conditions, "plan": plan(r.plan)} for r in program.rules],
    }  # fmt: skip
    (folder / "program.json").write_text(json.dumps(told), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--policies", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--database", type=int, default=0, help="firms for DuckDB; 0 leaves it out")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument(
        "--outside",
        default="",
        help="the python of an environment with openfisca-core and zen-engine",
    )
    given = parser.parse_args()
    began = time.perf_counter()
    program = compile_policies(policies(given.policies), dictionary())
    columns = make_columns(program, given.firms)
    missing = np.mean([1 - c.known.mean() for c in columns.values() if c.known is not None])
    conditions = sum(len(rule.conditions) for rule in program.rules)
    print(
        f"{given.policies} policies, {conditions} conditions, {len(program.atoms)} distinct atoms, "
        f"{len(program.columns)} columns, {given.firms:,} firms, {missing:.1%} of cells missing "
        f"(made in {time.perf_counter() - began:.1f} s); load {os.getloadavg()[0]:.1f}, "
        f"Polars {pl.__version__} on {pl.thread_pool_size()} threads"
    )
    found = throughput(program, columns, given.repeat)
    latency(found, given.repeat)
    one_firm(1000)
    if given.outside:
        outside(program, columns, given.outside, given.repeat)
    if given.database:
        part = {k: replace(c, values=c.values[: given.database],
                           known=None if c.known is None else c.known[: given.database])
                for k, c in columns.items()}  # fmt: skip
        database(program, part, spark=given.spark)


if __name__ == "__main__":
    main()
