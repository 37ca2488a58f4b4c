"""Measures and their counters, levels by industry and town, fairness of the scheme."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from jiqun.engine.indices.evaluate import evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.fairness import Moves, causes, robustness
from jiqun.engine.indices.levels import by_change, by_key, grades_by
from jiqun.engine.indices.measures import Waiver, applied, streaks, surcharge
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Quota
from jiqun.engine.indices.units import Note, Units
from jiqun.rules.permu_pack import permu_pack, versions
from tests.engine.indices.permu_county import by_points, county, figure, of_scores, ratio, scheme

FENGHUA = permu_pack("zhejiang-fenghua-2022").scheme


@pytest.mark.parametrize(
    ("years", "yuan"), [(1, 120_000), (2, 360_000), (3, 600_000), (7, 600_000)]
)
def test_the_electricity_surcharge(years: int, yuan: int) -> None:
    """1.2 GWh at D, one to three years and more (Ningbo's rules)."""
    found = [
        one
        for one in applied(FENGHUA, "D", years=years, on=date(2024, 7, 1))
        if one.measure.op == "add"
    ]
    assert len(found) == 1
    assert found[0].measure.value is not None
    fen = surcharge(np.array([1_200_000_000]), found[0].measure.value)
    assert fen.tolist() == [yuan * 100]


def test_measures_by_grade_and_a_waiver_spares_them_until_its_day() -> None:
    assert [one.measure.code for one in applied(FENGHUA, "A", years=4, on=date(2024, 1, 1))] == [
        "power_market_a"
    ]
    assert applied(FENGHUA, "B", years=9, on=date(2024, 1, 1)) == []
    waiver = Waiver("u", "领导小组〔2024〕5号", "两年内技改投资 800 万元", date(2024, 12, 31))
    spared = applied(FENGHUA, "D", years=1, on=date(2024, 12, 31), waiver=waiver)
    assert {one.waiver for one in spared} == {"领导小组〔2024〕5号"}
    after = applied(FENGHUA, "D", years=1, on=date(2025, 1, 1), waiver=waiver)
    assert {one.waiver for one in after} == {""}


def test_years_count_by_key_and_an_unknown_year_ends_them() -> None:
    history = {
        2023: {"a": "D", "b": "D", "c": "C"},
        2022: {"a": "D"},
        2021: {"a": "D", "b": "D", "c": "D"},
    }
    found = streaks(["a", "b", "c", "d"], ["D"] * 4, history=history, year=2024)
    assert found.tolist() == [4, 2, 1, 1]


def test_a_level_is_a_quotient_of_sums() -> None:
    one = ratio("x", "tax / land", "万元/亩", 100, 1.0)
    figures = {
        "tax": Figure(
            np.array([10, 30, 20, 99, 7]) * 1_000_000, np.array([1, 1, 1, 0, 1], dtype=bool)
        ),
        "land": figure([200_000, 200_000, 400_000, 200_000, 0]),
    }
    found = by_key(one, figures, np.array(["东", "东", "西", "西", ""]))
    assert found.keys.tolist() == ["东", "西"]
    assert found.value.tolist() == pytest.approx([40 / 6, 20 / 6])
    assert (found.units.tolist(), found.known.tolist()) == ([2, 2], [2, 1])
    assert found.p25.tolist() == pytest.approx([10 / 3, 20 / 6])
    assert found.p75.tolist() == pytest.approx([10, 20 / 6])


def test_towns_are_ranked_by_change() -> None:
    one = ratio("x", "tax / land", "万元/亩", 100, 1.0)
    land = figure([200_000] * 3)
    town = np.array(["甲", "乙", "丙"])
    before = by_key(one, {"tax": figure([9_000_000, 3_000_000, 0]), "land": land}, town)
    after = by_key(one, {"tax": figure([9_900_000, 3_900_000, 6_000_000]), "land": land}, town)
    found = by_change(before, after)
    rank = dict(zip(found.keys.tolist(), found.rank.tolist(), strict=True))
    # 乙 rises by 30 %, 甲 by 10 % though higher; a rise from nothing has no rate.
    assert rank == {"乙": 1, "甲": 2, "丙": 0}


def test_grades_by_industry() -> None:
    found = evaluate(by_points(), of_scores([9, 8, 7, 6, 5]))
    assert grades_by(found, np.array(["13", "13", "17", "17", ""])) == {
        "": {"C": 1}, "13": {"A": 1, "B": 1}, "17": {"B": 1, "C": 1},
    }  # fmt: skip


# ---- fairness -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", versions())
def test_without_any_move_nothing_changes(version: str) -> None:
    """The many-settings scorer at the scheme's own settings is the evaluation."""
    rules = permu_pack(version).scheme
    found = evaluate(rules, county(300, seed=4))
    for group in rules.groups:
        result = robustness(found, group.code, moves=Moves(0.0, 0.0, (), draws=3))
        assert result.changed.tolist() == [0, 0, 0]
        assert (result.low == found.steps["rank"][result.rows]).all()
        assert (result.high == result.low).all()


def test_a_thousand_draws_bracket_the_rank_and_come_again() -> None:
    found = evaluate(permu_pack("zhejiang-typical").scheme, county(300, seed=4))
    one = robustness(found, "above")
    again = robustness(found, "above")
    assert (one.low == again.low).all()
    assert len(one.changed) == 1_000
    assert (one.low <= one.middle).all()
    assert (one.middle <= one.high).all()
    assert one.grades.sum(axis=1) == pytest.approx(1.0)
    assert 0 < one.changed.mean() < len(one.rows) / 2
    inside = (one.low <= found.steps["rank"][one.rows]) & (
        found.steps["rank"][one.rows] <= one.high
    )
    assert inside.mean() > 0.8


def test_one_indicator_alone_cannot_be_reordered_by_weights_or_benchmarks() -> None:
    found = evaluate(by_points(), of_scores([9, 8, 7, 6, 5]))
    result = robustness(found, "all", moves=Moves(0.5, 0.5, (None,), draws=50))
    assert result.changed.max() == 0
    assert result.low.tolist() == result.high.tolist() == [1, 2, 3, 4, 5]


def test_whom_only_the_quota_put_into_d() -> None:
    tax = ratio("tax_per_mu", "tax / land", "万元/亩", 50, 10.0)
    other = ratio("p", "value_added / staff", "万元/人", 50, 10.0)
    units = Units(tuple("abcde"), {
        "tax": figure(np.array([10, 11, 12, 13, 12]) * 1_000_000),
        "value_added": figure(np.array([9, 8, 7, 6, 5]) * 1_000_000),
        "land": figure([66_667] * 5), "staff": figure([100] * 5),
    })  # fmt: skip
    rules = scheme(
        replace(tax, cap=1.0), other, quota=Quota(("A", "B", "C", "D"), (2_000, 4_000, 6_000, 10_000)),
    )  # fmt: skip
    found = evaluate(rules, units)
    last = causes(found)
    assert dict(last.rules) == {"rank and quota": 2}
    assert dict(last.weakest) == {"p": 2}
    # Tax per mu: the group's mean is 11.6; d and e have 13 and 12.
    assert last.despite.tolist() == [3, 4]
    assert causes(found, value=1.1).despite.tolist() == [3]
    assert causes(found, indicator="none", points=0.0).despite.tolist() == [3, 4]


def test_vetoes_are_told_from_quotas() -> None:
    rules = permu_pack("zhejiang-typical").scheme
    units = county(100, seed=1)
    hit = tuple(Note(one, "accident", "报告", date(2024, 2, 2)) for one in units.ids[:4])
    found = evaluate(rules, replace(units, events=hit))
    assert causes(found).vetoes == {"accident": 4}
    assert found.steps["total"].max() > 50 * POINT
