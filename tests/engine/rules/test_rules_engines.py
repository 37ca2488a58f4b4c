"""NumPy, Numba, DuckDB and PostgreSQL give one answer, and it is the exact one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from django.db import connection

from jiqun.engine.rules.evaluation import kernel
from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.highest import keep_highest
from jiqun.engine.rules.evaluation.single import answer, calculator, facts_of
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review import exact
from jiqun.engine.rules.sql.staged import Staged, batches, staged
from tests.engine.rules_edges import edge_columns, exact_verdicts, policies
from tests.engine.rules_runs import FIELDS

DAY = date(2025, 6, 1)
FIRMS = 101_000  # × 10 policies: more than a million decisions
needs_numba = pytest.mark.skipif(not kernel.AVAILABLE, reason="Numba is not installed")


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_policies(policies(), FIELDS)


@pytest.fixture(scope="module")
def columns(program: Program) -> dict[str, Column]:
    return edge_columns(program, FIRMS)


@pytest.fixture(scope="module")
def found(program: Program, columns: dict[str, Column]) -> Evaluation:
    return evaluate(program, columns, event=DAY, kernel="numpy")


def names_of(program: Program) -> dict[str, str]:
    return {key: f"c{i}" for i, key in enumerate(program.columns)}


def arrow_of(program: Program, columns: Mapping[str, Column]) -> pa.Table:
    names = names_of(program)
    held = {names[key]: pa.array(c.values, mask=None if c.known is None else ~c.known)
            for key, c in columns.items()}  # fmt: skip
    n = len(next(iter(columns.values())).values)
    return pa.table({"id": np.arange(n)} | held)


def test_a_million_decisions_are_the_exact_ones(
    program: Program, columns: dict[str, Column], found: Evaluation
) -> None:
    decided = np.zeros(5, np.int64)
    for policy, rule in enumerate(program.rules):
        wanted = exact_verdicts(rule.policy, columns)
        assert np.array_equal(found.verdict(policy), wanted), rule.policy.number
        decided += np.bincount(wanted, minlength=5)
    assert decided.sum() > 1_000_000
    assert (decided[:3] > 50_000).all()  # no, yes and unknown are all well represented


def test_amounts_on_the_edges_are_the_exact_ones(
    program: Program, columns: dict[str, Column], found: Evaluation
) -> None:
    for policy, rule in enumerate(program.rules):
        subjects, fen, state = found.awards.of(policy)
        assert len(subjects) > 1000
        assert rule.policy.amount is not None
        for i in range(0, len(subjects), max(1, len(subjects) // 150)):
            values = {key: int(c.values[subjects[i]]) if c.known is None or c.known[subjects[i]] else None
                      for key, c in columns.items()}  # fmt: skip
            wanted = exact.fen(rule.policy.amount, values, FIELDS)
            assert (int(fen[i]) if state[i] == 0 else None) == wanted


@needs_numba
@pytest.mark.parametrize("n", [1, 63, 64, 1000, 70_001])
def test_compiled_loops_give_the_same_bits(program: Program, n: int) -> None:
    columns = edge_columns(program, n, seed=n)
    one = evaluate(program, columns, event=DAY, kernel="numpy")
    two = evaluate(program, columns, event=DAY, kernel="numba")
    same(one, two)


@needs_numba
def test_compiled_loops_on_missing_columns_and_huge_values(program: Program) -> None:
    columns = edge_columns(program, 500)
    del columns["设备投资额[上年度]"]
    revenue = columns["营业收入[上年度]"]
    huge = revenue.values.astype(np.int64).copy()
    huge[::3] = 2**62
    columns["营业收入[上年度]"] = Column(huge, revenue.known)
    one = evaluate(program, columns, event=DAY, kernel="numpy")
    same(one, evaluate(program, columns, event=DAY, kernel="numba"))
    for policy, rule in enumerate(program.rules):
        if "设备投资额[上年度]" not in program.data_of(policy):
            assert np.array_equal(one.verdict(policy), exact_verdicts(rule.policy, columns))


def same(one: Evaluation, two: Evaluation) -> None:
    assert np.array_equal(one.planes.true, two.planes.true)
    assert np.array_equal(one.planes.false, two.planes.false)
    for name in ("yes", "no", "manual", "out"):
        assert np.array_equal(getattr(one.outcome, name), getattr(two.outcome, name)), name
    for name in ("starts", "subjects", "fen", "state"):
        assert np.array_equal(getattr(one.awards, name), getattr(two.awards, name)), name


# ---- highest only ---------------------------------------------------------------------------


def test_the_highest_of_each_group_is_kept_and_the_first_of_equals(found: Evaluation) -> None:
    kept = keep_highest(found)
    n = found.table.n
    for members in ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9]):
        dense = [found.awards.dense(policy, n) for policy in members]
        worth = np.stack([np.where(known, fen, -1) for fen, known in dense])
        best = np.where(worth.max(axis=0) >= 0, worth.argmax(axis=0), -1)
        undecided = np.isin(np.stack([found.verdict(policy) for policy in members]), (2, 3)).any(
            axis=0
        )
        for position, policy in enumerate(members):
            part = slice(*found.awards.starts[policy : policy + 2])
            subjects = found.awards.subjects[part]
            assert np.array_equal(kept.kept[part], best[subjects] == position)
            open_ = kept.provisional[part]
            assert open_[undecided[subjects]].all()


# ---- databases ------------------------------------------------------------------------------


def agree(found: Evaluation, stages: Staged, answer: Mapping[str, npt.NDArray[np.object_]]) -> None:
    """Check codes, amounts and what is kept, given columns of Python values."""
    kept = keep_highest(found)
    for policy, name in stages.verdicts.items():
        assert np.array_equal(answer[name].astype(np.int8), found.verdict(policy)), name
        fen, known = found.amounts(policy)
        wanted = np.where(known, fen.astype(object), None)
        assert np.array_equal(answer[stages.amounts[policy]], wanted), name
        part = slice(*found.awards.starts[policy : policy + 2])
        holds = np.zeros(found.table.n, np.bool_)
        holds[found.awards.subjects[part]] = kept.kept[part]
        assert np.array_equal(answer[stages.kept[policy]].astype(np.bool_), holds), name


def test_duckdb_gives_the_same_answer(
    program: Program, columns: dict[str, Column], found: Evaluation
) -> None:
    link = ibis.duckdb.connect(threads=1)
    table = link.create_table("facts", arrow_of(program, columns))
    for batch in batches(program, size=5):
        stages = staged(
            program, table, names=names_of(program), keys=["id"], event=DAY, policies=batch
        )
        wanted = [*stages.verdicts.values(), *stages.amounts.values(), *stages.kept.values()]
        answer = stages.priced.order_by("id").select(*wanted).to_pyarrow()
        agree(found, stages, {name: np.array(answer[name].to_pylist(), object) for name in wanted})


def test_batches_hold_every_policy_once_and_no_group_apart(program: Program) -> None:
    split = batches(program, size=3)
    assert sorted(policy for batch in split for policy in batch) == list(range(10))
    assert [set(batch) for batch in split] == [{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}]


def test_a_day_out_of_force_and_absent_columns_in_sql(program: Program) -> None:
    few = {"规上企业": Column(np.array([True, False]), np.array([True, True]))}
    link = ibis.duckdb.connect(threads=1)
    table = link.create_table("facts", arrow_of(program, few))
    names = {"规上企业": names_of(program)["规上企业"]}
    for event in (DAY, date(2024, 1, 1)):
        stages = staged(program, table, names=names, keys=["id"], event=event)
        codes = stages.priced.order_by("id").select(*stages.verdicts.values()).to_pyarrow()
        wanted = evaluate(program, few, event=event)
        for policy, name in stages.verdicts.items():
            assert codes[name].to_pylist() == wanted.verdict(policy).tolist()


@pytest.mark.django_db
def test_postgresql_gives_the_same_answer(program: Program) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("this run is not on PostgreSQL")
    columns = edge_columns(program, 20_000, seed=8)
    wanted = evaluate(program, columns, event=DAY, kernel="numpy")
    facts = arrow_of(program, columns)
    kinds = {name: "bool" if pa.types.is_boolean(t) else "int8" for name, t in
             zip(facts.schema.names, facts.schema.types, strict=True)}  # fmt: skip
    rows = "\n".join(
        "\t".join("\\N" if value is None else str(value) for value in row.values())
        for row in facts.to_pylist()
    )
    unbound = ibis.table(
        {name: "boolean" if kind == "bool" else "int64" for name, kind in kinds.items()},
        name="facts",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE facts ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})"
        )
        with cursor.copy("COPY facts FROM STDIN") as copy:
            copy.write(io.StringIO(rows + "\n").read())
        stages = staged(program, unbound, names=names_of(program), keys=["id"], event=DAY)
        names = [*stages.verdicts.values(), *stages.amounts.values(), *stages.kept.values()]
        cursor.execute(ibis.to_sql(stages.priced.order_by("id").select(*names), dialect="postgres"))
        answer = list(zip(*cursor.fetchall(), strict=True))
        cursor.execute("DROP TABLE facts")
    agree(wanted, stages, {n: np.array(v, object) for n, v in zip(names, answer, strict=True)})


# ---- one subject ----------------------------------------------------------------------------


def test_one_subject_at_a_time_gives_the_same_answer(
    program: Program, columns: dict[str, Column], found: Evaluation
) -> None:
    held = calculator(program)
    for row in range(0, FIRMS, 400):
        values, known = facts_of(held, columns, row)
        one = answer(held, values, known, event=DAY)
        for policy in range(len(program.rules)):
            assert one.verdicts[policy] == found.verdict_of(policy, row)
            fen, is_known = found.amount_of(policy, row)
            entitled = one.verdicts[policy] == 1
            assert (int(one.fen[policy]), bool(entitled and one.state[policy] == 0)) == (
                fen,
                is_known,
            )


def test_one_subject_with_a_huge_value_takes_the_exact_path(program: Program) -> None:
    held = calculator(program)
    values = np.full(len(held.columns), 2**62, np.int64)
    known = np.array([key in {"营业收入[上年度]", "研发费用[上年度]"} for key in held.columns])
    one = answer(held, values, known, event=DAY)
    huge = {
        key: Column(np.array([2**62]))
        for key, held_ in zip(held.columns, known, strict=True)
        if held_
    }
    assert one.verdicts.tolist() == evaluate(program, huge, event=DAY).verdicts()[:, 0].tolist()
