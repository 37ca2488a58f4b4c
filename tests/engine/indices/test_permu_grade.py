"""Ranks, quotas with all their choices, bounds, vetoes, T and 不定等级."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.indices.evaluate import (
    BY_BOUND,
    BY_CLASS,
    BY_MISSING,
    BY_NO_LAND,
    BY_SCOPE,
    BY_THRESHOLD,
    BY_UNKNOWN_GROUP,
    BY_VETO,
    evaluate,
)
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.grade import NONE, counts, pair_ranks, ranks
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Admits, Bonus, Bound, Group, Quota, Special, Veto
from jiqun.engine.indices.units import Note, Units
from tests.engine.indices.permu_county import by_points, figure, of_scores, ratio, scheme

SCORES = [118, 110, 103, 103, 97, 92, 92, 85, 80, 77, 71, 70, 66, 61, 58, 55, 41, 33, 20, 8]
GRADES, SHARES = ("A", "B", "C", "D"), (2_000, 6_000, 9_500, 10_000)
D = Veto("accident", "事故", "accident", "to", "D", 12, "报告")
CAPPED = Veto("land", "违法用地", "unlawful land", "cap", "C", 12, "决定书")
DIRECT = Veto("direct", "直接A类", "direct", "to", "A", 24, "文件")


def _quota(**more: object) -> Quota:
    return replace(Quota(GRADES, SHARES), **more)


def _grades(scores: list[float], *, tax: list[int] | None = None, **more: object) -> str:
    quota = more.pop("quota", _quota())
    found = evaluate(by_points(quota=quota, **more), of_scores(scores, tax=tax))
    return "".join(found.grades())


def test_twenty_firms() -> None:
    assert Counter(_grades(list(SCORES))) == {"A": 4, "B": 8, "C": 7, "D": 1}
    found = evaluate(by_points(), of_scores(list(SCORES)))
    assert found.steps["rank"].tolist()[:7] == [1, 2, 3, 3, 5, 6, 6]
    assert found.counts["all"] == (4, 12, 19, 20)


@pytest.mark.parametrize(
    ("rounding", "n", "expected"),
    [
        ("floor", 22, (4, 13, 20, 22)), ("round", 22, (4, 13, 21, 22)), ("ceil", 22, (5, 14, 21, 22)),
        ("round", 30, (6, 18, 29, 30)), ("floor", 30, (6, 18, 28, 30)),  # 28.5 is half, up
        ("ceil", 20, (4, 12, 19, 20)), ("ceil", 0, (0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_rounding_of_quota_counts(rounding: str, n: int, expected: tuple[int, ...]) -> None:
    assert counts(_quota(rounding=rounding), n) == expected


def test_ties_at_a_border() -> None:
    """Three units at rank 1 where one may be A."""
    scores, quota = [9, 9, 9, 5, 1], _quota(cumulative=(2_000, 6_000, 8_000, 10_000))
    assert _grades(scores, quota=quota) == "AAACD"
    assert _grades(scores, quota=replace(quota, ties="all_down")) == "BBBCD"
    tax = [10, 30, 20, 0, 0]
    by_tax = replace(quota, ties="by_tax")
    assert _grades(scores, quota=by_tax, tax=tax) == "BABCD"
    assert _grades(scores, quota=by_tax, tax=[30, 30, 20, 0, 0]) == "AABCD"


@given(st.lists(st.integers(-3, 6), min_size=1, max_size=30))
def test_ranks_count_who_is_better(scores: list[int]) -> None:
    array = np.array(scores, dtype=np.int64)
    assert ranks(array).tolist() == [1 + sum(o > s for o in scores) for s in scores]
    assert ranks(array, worst=True).tolist() == [sum(o >= s for o in scores) for s in scores]
    tie = np.arange(len(scores)) % 3
    pairs = list(zip(scores, tie.tolist(), strict=True))
    assert pair_ranks(array, tie).tolist() == [1 + sum(o > p for o in pairs) for p in pairs]


def test_small_groups_use_thresholds() -> None:
    quota = _quota(small_below=20, thresholds=(90 * POINT, 60 * POINT, 30 * POINT))
    assert _grades([95, 90, 89.99, 60, 30, 29.99], quota=quota) == "AABBCD"
    found = evaluate(by_points(quota=quota), of_scores([95, 1]))
    assert found.decisive.tolist() == [BY_THRESHOLD] * 2
    assert found.counts["all"] == ()


def _events(*pairs: tuple[str, str]) -> tuple[Note, ...]:
    return tuple(Note(unit, code, "文号 1", date(2024, 5, 1)) for unit, code in pairs)


@pytest.mark.parametrize(
    ("count", "fills", "expected"),
    [
        # The best unit is vetoed. Ranked with the others it leaves its place in A empty;
        (True, False, "DAABBBCCCD"),
        # at the end of the ranking it takes the one place in D, and three others are A;
        (True, True, "DAAABBBCCC"),
        # not counted, nine units have 2 A, 3 B, 3 C, 1 D of their own.
        (False, False, "DAABBBCCCD"),
    ],
)
def test_vetoed_units_in_n_and_in_the_quota(*, count: bool, fills: bool, expected: str) -> None:
    quota = _quota(cumulative=(2_500, 6_000, 9_000, 10_000), rounding="round")
    units = replace(of_scores([*range(100, 0, -10)]), events=_events(("u000", "accident")))
    rules = by_points(quota=quota, vetoes=(D,), count_veto=count, veto_fills_quota=fills)
    found = evaluate(rules, units)
    assert "".join(found.grades()) == expected
    assert found.decisive[0] == BY_VETO
    assert found.steps["n"][0] == (10 if count else 9)


def test_vetoes_have_a_period_and_caps_only_lower() -> None:
    units = replace(of_scores([9, 8, 7, 6, 5]), events=(
        Note("u000", "accident", "旧案", date(2023, 12, 31)),
        Note("u001", "land", "处罚", date(2024, 1, 1)),
        Note("u004", "land", "处罚", date(2024, 1, 1)),
        Note("u003", "direct", "文件", date(2023, 2, 1)),
    ))  # fmt: skip
    found = evaluate(by_points(vetoes=(D, CAPPED, DIRECT), count_veto=True), units)
    assert "".join(found.grades()) == "ACBAC"  # 95 % of five, rounded, are all five


def test_the_worst_of_two_direct_grades_holds() -> None:
    units = replace(
        of_scores([9, 8, 7, 6, 5]), events=_events(("u001", "direct"), ("u001", "accident"))
    )
    found = evaluate(by_points(vetoes=(D, DIRECT), count_veto=True), units)
    assert found.grades()[1] == "D"


def test_classes_come_last_and_count_only_if_the_pack_says_so() -> None:
    classes = (
        Special("utility", "公用", "utility", "不定等级", "B"),
        Special("new", "新办", "new", "T", ""),
    )
    units = replace(
        of_scores([*range(100, 0, -10)]), events=_events(("u000", "accident")),
        classes=(Note("u000", "utility", "认定 1"), Note("u001", "new", "认定 2")),
    )  # fmt: skip
    out = evaluate(by_points(specials=classes, vetoes=(D,)), units)
    assert out.grades()[:3] == ["不定等级", "T", "A"]
    assert out.managed_as.tolist()[:2] == [1, NONE]
    assert out.decisive.tolist()[:2] == [BY_CLASS] * 2
    assert out.steps["n"][2] == 8
    counted = evaluate(by_points(specials=classes, count_special=True), units_without_events(units))
    assert counted.steps["n"][2] == 10
    assert counted.steps["rank"][2] == 3
    assert counted.grades()[2] == "B"


def units_without_events(units: Units) -> Units:
    return replace(units, events=())


def test_absolute_bounds_move_only_by_what_is_known() -> None:
    tax = ratio("tax_per_mu", "tax / land", "万元/亩", 50, 10.0, floor=None, negative="keep")
    points = ratio("p", "value_added / staff", "万元/人", 50, 1.0)
    bounds = (
        Bound("A", "tax_per_mu", "needs", "fixed", 5.0),
        Bound("D", "tax_per_mu", "only_below", "fixed", 5.0),
    )
    quota = _quota(cumulative=(2_500, 5_000, 7_500, 10_000))
    units = Units(tuple("abcd"), {
        "tax": Figure(np.array([1, 1, 1, 6]) * 1_000_000, np.ones(4, dtype=bool)),
        "land": figure([66_667] * 4), "value_added": figure([10**8, 10**7, 10**6, 0]),
        "staff": figure([100] * 4),
    })  # fmt: skip
    rules = scheme(tax, points, quota=quota, bounds=bounds)
    found = evaluate(rules, units)
    assert found.grades() == ["B", "B", "C", "C"]
    assert found.decisive.tolist()[0] == found.decisive.tolist()[3] == BY_BOUND
    hidden = replace(units, figures=dict(units.figures) | {
        "tax": Figure(units.figures["tax"].value, np.array([False, True, True, False])),
    })  # fmt: skip
    assert evaluate(rules, hidden).grades() == ["A", "B", "C", "D"]


def test_bonuses_by_family_under_two_caps() -> None:
    bonuses = (
        Bonus("giant", "小巨人", "giant", "title", 5 * POINT),
        Bonus("high", "高企", "high", "title", 2 * POINT),
        Bonus("green", "绿色工厂", "green", "green", 3 * POINT),
        Bonus("zero", "瞒报", "false zero", "honesty", -3 * POINT),
    )
    notes = tuple(
        Note(unit, code, "证书")
        for unit, code in (
            ("u000", "giant"), ("u000", "high"), ("u000", "green"), ("u000", "zero"),
            ("u001", "high"), ("u002", "zero"),
        )
    )  # fmt: skip
    units = replace(of_scores([50, 50, 50, 50]), bonuses=notes)
    found = evaluate(by_points(bonuses=bonuses, bonus_cap=7 * POINT, penalty_cap=2 * POINT), units)
    assert found.steps["bonus.title"].tolist() == [5 * POINT, 2 * POINT, 0, 0]
    assert found.steps["bonus"].tolist() == [5 * POINT, 2 * POINT, -2 * POINT, 0]
    assert found.steps["total"].tolist() == [55 * POINT, 52 * POINT, 48 * POINT, 50 * POINT]


def test_units_without_data_have_no_grade() -> None:
    units = of_scores([9, 8, 7])
    hidden = Figure(units.figures["staff"].value, np.array([True, False, True]))
    partly = replace(units, figures=dict(units.figures) | {"staff": hidden})
    found = evaluate(by_points(), partly)
    assert found.grades()[1] == "不定等级"
    assert found.decisive[1] == BY_MISSING
    assert found.steps["rank"].tolist() == [1, 0, 2]
    rules = by_points(least_known=5_000)
    assert evaluate(rules, units).grades() == ["A", "B", "C"]
    half = scheme(
        ratio("p", "value_added / staff", "万元/人", 40, 1.0, missing="renormalise"),
        ratio("t", "tax / land", "万元/亩", 60, 1.0, missing="renormalise"), least_known=5_000,
    )  # fmt: skip
    no_tax = replace(units, figures={n: f for n, f in units.figures.items() if n != "tax"})
    found = evaluate(half, no_tax)
    assert found.steps["known"].tolist() == [4_000] * 3
    assert found.grades() == ["不定等级"] * 3
    assert evaluate(replace(half, least_known=4_000), no_tax).grades() == ["A", "B", "C"]


def _groups() -> tuple[Group, ...]:
    item = ratio("t", "tax / land", "万元/亩", 100, 10.0)
    kw = ratio("e", "tax / electricity", "元/kWh", 100, 0.2)
    quota = _quota()
    return (
        Group("above", "规上", "above", (Admits(scale="above"),), (item,), quota),
        Group(
            "below", "规下", "below", (Admits(scale="below", land_from=200_000),), (item,), quota
        ),
        Group("tenants", "租赁", "tenants", (Admits(scale="below", tenant=True),), (kw,), quota),
    )


def test_groups_take_the_first_that_fits_and_nobody_by_guess() -> None:
    units = Units(tuple("abcdefg"), {
        "tax": figure([10**8] * 7), "electricity": figure([10**9] * 7),
        "land": Figure(np.array([5, 200_000, 199_999, 199_999, 0, 9, 9]),
                       np.array([True, True, True, True, True, False, True])),
    }, {
        "scale": Figure(np.array([1, 0, 0, 0, 1, 0, 0]), np.array([True] * 6 + [False])),
        "tenant": Figure(np.array([0, 1, 1, 0, 0, 1, 0]), np.ones(7, dtype=bool)),
    })  # fmt: skip
    found = evaluate(replace(by_points(), groups=_groups()), units)
    # e has no land; f might have 3 mu; of g nobody knows whether it is above the threshold.
    assert found.group.tolist() == [0, 1, 2, -1, -3, -2, -2]
    assert found.decisive.tolist()[3:] == [BY_SCOPE, BY_NO_LAND, BY_UNKNOWN_GROUP, BY_UNKNOWN_GROUP]
    assert found.grades()[3:] == ["不参评", "不定等级", "不定等级", "不定等级"]
    moved = evaluate(replace(by_points(), groups=_groups(), landless="tenants"), units)
    assert moved.group[4] == 2
    assert moved.steps["e.score"][4] > 0
