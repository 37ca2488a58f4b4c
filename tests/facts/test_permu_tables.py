"""Per-mu grades by Ibis expressions on DuckDB, equal to the engine's arrays, figure by figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Benchmark, Bound, Quota, Scheme
from jiqun.engine.indices.units import Note, Units
from jiqun.facts.indices.benchmarks import freeze_table
from jiqun.facts.indices.permu import GradedTable, grade_table
from jiqun.rules.permu_pack import permu_pack, versions
from tests.engine.indices.permu_county import by_points, county, of_scores

COLUMNS = ("sum", "known", "bonus", "total", "quota_grade", "bounded_grade", "veto_grade")


@pytest.fixture(scope="module")
def backend() -> Any:
    return ibis.duckdb.connect()


def _table(backend: Any, found: Evaluation, code: str) -> Any:
    """The units of a group as a table: unknown is null."""
    rows, units = found.rows(code), found.units
    columns: dict[str, Any] = {"unit": pa.array([units.ids[at] for at in rows], pa.string())}
    for name, one in units.figures.items():
        columns[name] = pa.array(one.value[rows], pa.int64(), mask=~one.known[rows])
    columns["industry"] = pa.array(units.industries()[rows].astype(str), pa.string())
    if units.months is not None:
        columns["months"] = units.months[rows]
    for bonus in found.scheme.bonuses:
        columns[f"bonus.{bonus.code}"] = units.flags(units.bonuses, bonus.code)[rows]
    for veto in found.scheme.vetoes:
        columns[f"veto.{veto.code}"] = found.steps[f"veto.{veto.code}"][rows]
    codes = [*(one.code for one in found.scheme.specials), None]
    columns["special"] = pa.array([codes[at] for at in found.steps["special"][rows]], pa.string())
    return backend.create_table(ibis.util.gen_name("permu"), pa.table(columns), temp=True)


def _same(backend: Any, found: Evaluation, code: str) -> GradedTable:
    result = grade_table(_table(backend, found, code), found.scheme, code)
    got = result.table.order_by("unit").to_pyarrow()
    rows = found.rows(code)
    rows = rows[np.argsort(np.asarray(found.units.ids, dtype=object)[rows])]
    for name in COLUMNS:
        assert np.asarray(got[name]).tolist() == found.steps[name][rows].tolist(), name
    assert np.asarray(got["final"]).tolist() == found.final[rows].tolist()
    assert result.counts == found.counts[code]
    whole = freeze_table(_table(backend, found, code), found.scheme, found.scheme.group(code))
    for name, item in found.frozen.groups[code].items():
        assert repr(item) == repr(whole[name])
    return result


def _busy(rules: Scheme, count: int, seed: int) -> Units:
    """A county with documents of every kind the pack knows, at random."""
    units, rng = county(count, seed=seed, missing=0.06), np.random.default_rng(seed)

    def notes(codes: list[str], share: float) -> tuple[Note, ...]:
        day = date(rules.year, 5, 1)
        return tuple(
            Note(one, code, "文号", day)
            for one in units.ids
            for code in codes
            if rng.random() < share
        )

    return replace(
        units,
        bonuses=notes([one.code for one in rules.bonuses], 0.2),
        events=notes([one.code for one in rules.vetoes], 0.01),
        classes=notes([one.code for one in rules.specials], 0.02),
        months=rng.integers(1, 13, count),
    )


@pytest.mark.parametrize("version", versions())
def test_every_pack_gives_the_same_micro_points_and_grades(backend: Any, version: str) -> None:
    rules = permu_pack(version).scheme
    found = evaluate(rules, _busy(rules, 700, seed=11))
    for group in rules.groups:
        if len(found.rows(group.code)):
            _same(backend, found, group.code)


@pytest.mark.parametrize("ties", ["all_up", "all_down", "by_tax"])
@pytest.mark.parametrize(
    ("count", "fills", "special"), [(True, True, False), (True, False, True), (False, False, False)]
)
def test_ties_and_what_counts_in_n(
    backend: Any, ties: str, *, count: bool, fills: bool, special: bool
) -> None:
    """Many equal scores, so that every border falls into a tie."""
    base = permu_pack("zhejiang-typical").scheme
    quota = Quota(("A", "B", "C", "D"), (2_000, 6_000, 9_500, 10_000), ties=ties, rounding="ceil")
    rules = by_points(
        quota=quota, vetoes=base.vetoes, specials=base.specials, count_veto=count,
        veto_fills_quota=fills, count_special=special, year=2024,
    )  # fmt: skip
    rng = np.random.default_rng(5)
    units = of_scores(rng.integers(0, 6, 90).tolist(), tax=rng.integers(0, 5, 90).tolist())
    tax = Figure(units.figures["tax"].value, rng.random(90) > 0.2)
    units = replace(units, figures=dict(units.figures) | {"tax": tax}, events=tuple(
        Note(units.ids[at], "accident", "1", date(2024, 1, 1)) for at in (0, 3, 7, 50)
    ), classes=(Note(units.ids[9], "utility", "1"), Note(units.ids[3], "utility", "1")))  # fmt: skip
    _same(backend, evaluate(rules, units), "all")


@pytest.mark.parametrize(
    "change",
    [
        {"benchmark": Benchmark("group_mean_simple")},
        {"benchmark": Benchmark("industry_mean", multiple=2.0)},
        {"benchmark": Benchmark("provincial_list", 3.0, table={"13": 2.0, "17": 9.0})},
        {"family": "minmax", "winsorise": (0.02, 0.98), "negative": "keep"},
        {"family": "minmax", "winsorise": None, "base": 0.4},
        {"family": "inverse", "cap": None, "floor": None, "missing": "renormalise"},
        {"missing": "group_mean", "floor": 0.2, "cap": 1.2, "negative": "keep"},
        {"missing": "zero", "floor": None, "cap": None, "negative": "keep"},
    ],
)
def test_every_family_benchmark_and_missing_rule(backend: Any, change: dict[str, Any]) -> None:
    base = permu_pack("zhejiang-typical").scheme
    group = base.group("above")
    items = tuple(replace(one, **change) for one in group.indicators)
    bounds = (
        Bound("A", "tax_per_mu", "needs", "fixed", 20.0),
        Bound("D", "productivity", "only_below", "group_mean", 0.5),
    )
    rules = replace(
        base,
        groups=(replace(group, indicators=items),),
        bounds=bounds,
        mid_year="annualise",
        least_known=0,
    )
    _same(backend, evaluate(rules, _busy(rules, 500, seed=3)), "above")


def test_very_large_scores_and_borders_far_apart(backend: Any) -> None:
    """The search for a border narrows its range more than once."""
    scores = [10.0**power + at / 100 for power in range(6) for at in range(30)]
    found = evaluate(by_points(), of_scores(scores))
    result = _same(backend, found, "all")
    totals = np.sort(found.steps["total"])[::-1]
    assert list(result.cuts) == [int(totals[count - 1]) for count in result.counts[:-1]]
    assert totals[0] - totals[-1] > 65_536 * POINT


def test_a_group_of_nobody(backend: Any) -> None:
    found = evaluate(permu_pack("zhejiang-huangyan-2022").scheme, county(0))
    assert (
        grade_table(_table(backend, found, "above"), found.scheme, "above").table.count().execute()
        == 0
    )


def test_frozen_benchmarks_are_used_as_they_are(backend: Any) -> None:
    rules = permu_pack("jiangsu-huaian-2024").scheme
    found = evaluate(rules, county(200, seed=1))
    frozen = {
        code: replace(item, benchmark=item.benchmark * 1.5)
        for code, item in found.frozen.groups["above"].items()
    }
    result = grade_table(_table(backend, found, "above"), rules, "above", frozen=frozen)
    assert result.frozen is frozen
    assert result.table["sum"].max().execute() < found.steps["sum"][found.rows("above")].max()
