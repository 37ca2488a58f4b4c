"""The nearest path against brute force: reached, least, and nothing cheaper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.nearest import NEVER, Lever, nearest
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Bound, Quota, Scheme, Veto
from jiqun.engine.indices.units import Note, Units
from jiqun.engine.indices.what_if import what_if
from jiqun.errors import JiqunError
from jiqun.rules.permu_pack import permu_pack, versions
from tests.engine.indices.permu_county import by_points, county, figure, of_scores, ratio, scheme

COARSE = (
    Lever("tax", 1, 50_000_000, 70, most=12),
    Lever("land", -1, 100_000, 50, most=9),
    Lever("energy", -1, 300_000_000, 40, most=9),
)


def _grade(
    evaluation: Evaluation, at: int, levers: tuple[Lever, ...], steps: tuple[int, ...]
) -> int:
    """The grade after these steps by a full evaluation of the changed batch."""
    unit, figures = evaluation.units.ids[at], dict[str, int | None]()
    for lever, count in zip(levers, steps, strict=True):
        old = evaluation.units.figure(lever.quantity)
        if old.known[at] and count:
            figures[lever.quantity] = int(old.value[at]) + lever.sign * lever.step * count
            if figures[lever.quantity] <= 0 < old.value[at]:  # type: ignore[operator]
                return 99
    return int(what_if(evaluation, {unit: figures}).after.final[at])


def _brute(evaluation: Evaluation, at: int, levers: tuple[Lever, ...]) -> int:
    """The least cost over every combination of steps, or NEVER."""
    target, best = int(evaluation.final[at]) - 1, NEVER
    for steps in product(*(range((lever.most or 0) + 1) for lever in levers)):
        cost = sum(lever.cost * count for lever, count in zip(levers, steps, strict=True))
        if best != NEVER and cost >= best:
            continue
        if _grade(evaluation, at, levers, steps) <= target:
            best = cost
    return best


def _three(cap: float | None = 1.5, **more: object) -> Scheme:
    return scheme(
        ratio("t", "tax / land", "万元/亩", 40, 20.0, cap=cap),
        ratio("v", "value_added / land", "万元/亩", 20, 120.0, cap=cap),
        ratio("e", "value_added / energy", "万元/tce", 20, 2.5, cap=cap),
        ratio("f", "tax / energy", "万元/tce", 20, 0.4, cap=cap),
        **more,
    )


@pytest.mark.parametrize("ties", ["all_up", "all_down", "by_tax"])
@pytest.mark.parametrize("cap", [1.5, None])
def test_no_combination_is_cheaper(ties: str, cap: float | None) -> None:
    quota = Quota(("A", "B", "C", "D"), (2_000, 6_000, 9_500, 10_000), ties=ties)
    found = evaluate(_three(cap, quota=quota), county(24, seed=3, missing=0.0))
    levers = (replace(COARSE[0], most=6), replace(COARSE[1], most=5), replace(COARSE[2], most=5))
    paths = nearest(found, levers=levers)
    assert paths.proved.all()
    reachable = 0
    for at, cost in zip(paths.rows.tolist()[:8], paths.cost.tolist()[:8], strict=True):
        assert _brute(found, at, levers) == cost
        reachable += cost != NEVER
    assert reachable >= 2


@pytest.mark.parametrize("version", versions())
def test_what_is_returned_is_reached_and_one_step_less_is_not(version: str) -> None:
    """For every pack, by full evaluations with frozen benchmarks."""
    found = evaluate(permu_pack(version).scheme, county(120, seed=5))
    usual = nearest(found)
    assert usual.proved.all()
    checked = 0
    for row, at in enumerate(usual.rows.tolist()[::9]):
        line = row * 9
        for k in range(len(usual.levers)):
            steps = [0] * len(usual.levers)
            steps[k] = int(usual.single[line, k])
            if steps[k] == NEVER:
                continue
            checked += 1
            assert _grade(found, at, usual.levers, tuple(steps)) <= usual.target[line]
            steps[k] -= 1
            assert _grade(found, at, usual.levers, tuple(steps)) > usual.target[line]
        if usual.cost[line] != NEVER:
            together = tuple(usual.together[line].tolist())
            assert _grade(found, at, usual.levers, together) <= usual.target[line]
            singles = [
                int(steps) * lever.cost
                for steps, lever in zip(usual.single[line], usual.levers, strict=True)
                if steps != NEVER
            ]
            assert usual.cost[line] <= min(singles, default=2**62)
    assert checked > 5


def test_a_capped_item_needs_another_lever() -> None:
    """Tax is at its cap; only less energy can lift the unit."""
    rules = scheme(
        ratio("t", "tax / land", "万元/亩", 50, 10.0, cap=1.0),
        ratio("e", "value_added / energy", "万元/tce", 50, 1.0, cap=2.0),
        quota=Quota(("A", "B"), (5_000, 10_000)),
    )
    units = Units(("a", "b"), {
        "tax": figure([10**8, 10**8]), "land": figure([66_667] * 2),
        "value_added": figure([10**7] * 2), "energy": figure([5_000_000, 10_000_000]),
    })  # fmt: skip
    paths = nearest(evaluate(rules, units), levers=(
        Lever("tax", 1, 1_000, 1), Lever("land", -1, 1, 1), Lever("energy", -1, 1, 1),
    ))  # fmt: skip
    # All up: to tie with the other is enough, and 5 tce is exactly where the scores meet.
    assert paths.single.tolist() == [[NEVER, NEVER, 5_000_000]]
    assert paths.together.tolist() == [[0, 0, 5_000_000]]


def test_whom_nothing_of_theirs_can_lift_is_left_out() -> None:
    veto = Veto("accident", "事故", "accident", "to", "D", 12, "报告")
    cap = Veto("land", "违法用地", "unlawful land", "cap", "C", 12, "决定书")
    units = of_scores([5, 4, 3, 2, 1, 0.5])
    events = (
        Note(units.ids[1], "accident", "1", date(2024, 1, 1)),
        Note(units.ids[4], "land", "2", date(2024, 1, 1)),
    )
    found = evaluate(by_points(vetoes=(veto, cap), count_veto=True), replace(units, events=events))
    levers = (Lever("value_added", 1, 1_000, 1),)
    paths = nearest(found, levers=levers)
    by_row = dict(zip(paths.rows.tolist(), paths.single[:, 0].tolist(), strict=True))
    # The vetoed one and the best are not there; who is capped at C has no way to B.
    assert set(by_row) == {2, 3, 4, 5}
    assert by_row[4] == NEVER
    assert by_row[2] == 20  # from 3 to 5 points by 0.1 a step
    none = nearest(found, levers=levers, rows=np.array([0, 1]))
    assert len(none.rows) == 0


def test_bounds_can_lift_without_a_rank_and_hold_back_with_one() -> None:
    bounds = (
        Bound("A", "t", "needs", "fixed", 30.0), Bound("D", "t", "only_below", "fixed", 9.0),
    )  # fmt: skip
    found = evaluate(_three(bounds=bounds), county(60, seed=8, missing=0.0))
    levers = (replace(COARSE[0], step=1_000_000, most=None),)
    paths = nearest(found, levers=levers)
    for row, at in enumerate(paths.rows.tolist()[:12]):
        steps = int(paths.single[row, 0])
        if steps != NEVER:
            assert _grade(found, at, levers, (steps,)) <= paths.target[row]
            assert _grade(found, at, levers, (steps - 1,)) > paths.target[row]


def test_land_stays_within_the_group_and_unknown_figures_do_not_move() -> None:
    rules = permu_pack("jiangsu-huaian-2024").scheme
    units = county(200, seed=2)
    hidden = dict(units.figures)
    hidden["energy"] = Figure(hidden["energy"].value, np.zeros(200, dtype=bool))
    found = evaluate(rules, replace(units, figures=hidden))
    paths = nearest(found)
    assert (paths.single[:, 2] <= 0).all()
    below = np.isin(paths.rows, found.rows("below")) & (paths.single[:, 1] != NEVER)
    left = units.figures["land"].value[paths.rows] - 100 * paths.single[:, 1]
    assert below.any()
    assert (left[below] >= 200_000).all()


def test_thresholds_of_small_groups() -> None:
    quota = Quota(("A", "B"), (5_000, 10_000), small_below=20, thresholds=(90 * POINT,))
    found = evaluate(by_points(quota=quota), of_scores([95, 89.5]))
    paths = nearest(found, levers=(Lever("value_added", 1, 100, 1),))
    assert paths.single.tolist() == [[50]]


@pytest.mark.parametrize(
    "levers",
    [
        (),
        (Lever("profit", 1, 1, 1),),
        (Lever("value_added", 0, 1, 1),),
        (Lever("value_added", 1, 0, 1),),
        (Lever("value_added", 1, 1, 0),),
        (Lever("value_added", -1, 1, 1),),  # less value added lowers a score
        (Lever("value_added", 1, 1, 1), Lever("value_added", 1, 2, 1)),
    ],
)
def test_levers_that_cannot_be_used(levers: tuple[Lever, ...]) -> None:
    with pytest.raises(JiqunError) as caught:
        nearest(evaluate(by_points(), of_scores([1, 2])), levers=levers)
    assert caught.value.code == "E-PERMU-LEVER"
