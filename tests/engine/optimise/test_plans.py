"""Plans and bounds against every plan of small cases, and the solver's own optimum."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.award.generator import synthetic
from jiqun.engine.optimise.case import UNLIMITED, Case, case, feasible
from jiqun.engine.optimise.curves import (
    budget_prices,
    lowest_threshold,
    pot_curve,
    threshold_curve,
)
from jiqun.engine.optimise.dual import dual
from jiqun.engine.optimise.kernels import firm_choices
from jiqun.engine.optimise.plan import best_plan, by_worth, compared, first_come
from jiqun.engine.optimise.quota import quota_plan
from jiqun.errors import JiqunError

SEEDS = st.integers(0, 2**32 - 1)
SOME = settings(max_examples=40, deadline=None)


def small_case(seed: int, *, pairs: int = 11) -> Case:
    rng = np.random.default_rng(seed)
    cells = rng.choice(4 * 5, pairs, replace=False)
    firm, policy = cells // 5, cells % 5
    fen = rng.integers(1, 40, pairs) * 100
    return case(
        firm,
        policy,
        fen=fen,
        value=rng.integers(1, 9, pairs) * fen,
        group=policy // 2,
        firm_cap=rng.integers(20, 80, 4) * 100,
        budget=rng.integers(10, 90, 5) * 100,
        pot=int(fen.sum() * rng.uniform(0.3, 1.0)),
    )


def best_by_trying(one: Case) -> float:
    worth = 0.0
    for bits in product([False, True], repeat=len(one)):
        chosen = np.asarray(bits)
        value = float(one.value[chosen].sum())
        if value > worth and feasible(one, chosen):
            worth = value
    return worth


@given(SEEDS)
@settings(max_examples=12, deadline=None)
def test_the_best_plan_of_a_small_case_is_the_best_of_all(seed: int) -> None:
    one = small_case(seed)
    found = best_plan(one, seconds=20)
    assert feasible(one, found.chosen[one.row])
    assert found.value == pytest.approx(best_by_trying(one), rel=1e-9)
    assert found.value <= found.bound <= found.value * (1 + 1e-5) + 1e-6


@given(seed=SEEDS, exact=st.booleans())
@settings(max_examples=12, deadline=None)
def test_no_plan_exceeds_the_bound_of_the_prices(*, seed: int, exact: bool) -> None:
    one = small_case(seed)
    found = dual(one, iterations=80, exact=exact)
    assert feasible(one, found.chosen)
    assert found.bound >= best_by_trying(one) * (1 - 1e-12)


@given(SEEDS)
@SOME
def test_the_choice_of_one_firm_is_the_best_of_its_choices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 10))
    slot = np.sort(rng.integers(0, 5, count))
    fen = rng.integers(1, 30, count)
    rate = rng.normal(0.5, 1.0, count)
    cap = int(rng.integers(1, 80))
    chosen = np.zeros(count, dtype=np.bool_)
    bound = firm_choices(np.asarray([0, count]), slot, fen, rate, np.asarray([cap]), chosen, 10**6)
    best = 0.0
    for bits in product([False, True], repeat=count):
        taken = np.asarray(bits)
        if fen[taken].sum() <= cap and len(set(slot[taken])) == taken.sum():
            best = max(best, float((rate * fen)[taken].sum()))
    assert bound == pytest.approx(best, abs=1e-9)
    assert float((rate * fen)[chosen].sum()) == pytest.approx(best, abs=1e-9)
    assert fen[chosen].sum() <= cap
    hurried = firm_choices(np.asarray([0, count]), slot, fen, rate, np.asarray([cap]), chosen, 1)
    assert hurried >= best - 1e-9


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_quota_plan_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 12
    slot, policy = rng.integers(0, 6, count), rng.integers(0, 4, count)
    value, quota = rng.integers(0, 50, count).astype(float), rng.integers(0, 3, 4)
    best = 0.0
    for bits in product([False, True], repeat=count):
        taken = np.asarray(bits)
        once = len(set(slot[taken])) == taken.sum()
        if once and (np.bincount(policy[taken], minlength=4) <= quota).all():
            best = max(best, float(value[taken].sum()))
    found = quota_plan(slot, policy, value=value, quota=quota)
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best, abs=1e-6)
    assert (np.bincount(policy[found.chosen], minlength=4) <= quota).all()


def test_a_middling_case_is_proven_within_half_a_percent_and_rules_lose_more() -> None:
    made = synthetic(600, 60, seed=3, rate=0.05)
    found = compared(made.case, made.moment, made.score, seconds=20)
    best = found["best"]
    assert feasible(made.case, best.chosen[made.case.row])
    assert best.gap < 0.005
    assert found["first come"].value < found["by worth per fen"].value <= best.value
    assert all(plan.bound == pytest.approx(best.bound) for plan in found.values())
    assert len(best.price) == 60
    assert (best.price >= best.pot_price - 1e-12).all()


def test_first_come_goes_by_the_moment() -> None:
    one = case(
        [0, 1, 2], [0, 0, 0], fen=[60, 60, 40], value=[1.0, 9.0, 5.0], firm_cap=[99] * 3,
        budget=[100],
    )  # fmt: skip
    assert one.pot == UNLIMITED
    found = first_come(one, np.asarray([3, 1, 2]))
    assert found.chosen.tolist() == [False, True, True]
    assert by_worth(one).chosen.tolist() == [False, True, True]
    assert best_plan(one).value == 14.0


def test_without_anything_to_choose_there_is_an_empty_plan() -> None:
    none = case([], [], fen=[], value=[], firm_cap=[5], budget=[5])
    found = best_plan(none)
    assert (found.value, found.bound, found.gap, len(found.chosen)) == (0.0, 0.0, 0.0, 0)
    assert quota_plan([], [], value=[], quota=[1]).value == 0


def test_more_money_is_worth_at_most_its_price() -> None:
    one = small_case(8)
    pots = [1000, 2000, 4000, 8000]
    plans = pot_curve(one, pots, seconds=5, gap=0)
    for (less, pot), (more, greater) in zip(
        zip(plans, pots, strict=True), zip(plans[1:], pots[1:], strict=True), strict=False
    ):
        assert more.value >= less.value
        priced = dual(replace(one, pot=pot))
        assert more.value <= priced.bound + (greater - pot) * priced.pot_price + 1e-3
    prices, pot_price = budget_prices(replace(one, pot=UNLIMITED))
    assert pot_price == pytest.approx(0.0, abs=1e-9)
    assert len(prices) == 5


def test_thresholds_by_hand() -> None:
    score = np.asarray([90.0, 80.0, 80.0, 70.0, np.nan])
    fen = np.asarray([10, 20, 30, 40, 50])
    found = threshold_curve(score, fen, np.asarray([95.0, 80.0, 70.5, 0.0]))
    assert found.firms.tolist() == [0, 3, 3, 4]
    assert found.fen.tolist() == [0, 60, 60, 100]
    assert lowest_threshold(score, fen, 60) == 80.0
    assert lowest_threshold(score, fen, 59) == 90.0
    assert lowest_threshold(score, fen, 9) == float("inf")


@pytest.mark.parametrize(
    "wrong",
    [
        {"fen": [0, 1]},
        {"value": [1.0, float("nan")]},
        {"budget": [-1]},
        {"firm_cap": [5]},
        {"pot": -1},
        {"fen": [1]},
    ],
)
def test_a_case_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {
        "fen": [1, 1], "value": [1.0, 1.0], "firm_cap": [5, 5], "budget": [5],
    }  # fmt: skip
    with pytest.raises(JiqunError, match="E-PLAN-CASE"):
        case([0, 1], [0, 0], **(right | wrong))  # type: ignore[arg-type]
    with pytest.raises(JiqunError, match="E-PLAN-CASE"):
        quota_plan([0], [3], value=[1.0], quota=[1])
