"""Items: published examples of every family, caps, floors, missing rules, bad denominators."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest

from jiqun.engine.indices.evaluate import evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import Figure, factors
from jiqun.engine.indices.scheme import Benchmark
from jiqun.engine.indices.score import (
    BELOW_ZERO,
    KNOWN,
    NEGATIVE,
    NO_DENOMINATOR,
    NO_NUMERATOR,
    ZERO,
    ZERO_WITH_PRODUCTION,
    FrozenItem,
    Quotient,
    item,
)
from jiqun.engine.indices.units import Units
from jiqun.rules.permu_pack import permu_pack
from tests.engine.indices.permu_county import county, figure, ratio, scheme

HUANGYAN = permu_pack("zhejiang-huangyan-2022").scheme
X = {
    "tax_per_mu": 48.194, "value_added_per_mu": 68.08, "value_added_per_energy": 2.694,
    "value_added_per_emission": 4929.81, "productivity": -3.0, "rd_share": 0.0755,
}  # fmt: skip


def _points(cap: float | None) -> list[float]:
    found: list[float] = []
    for one in HUANGYAN.group("above").indicators:
        value = np.array([X[one.code]])
        none = np.zeros(1, dtype=np.int64)
        points = item(
            replace(one, cap=cap), FrozenItem(one.benchmark.value),
            Quotient(none, none, value, np.zeros(1, dtype=np.int8)), industry=np.array([""]),
        )  # fmt: skip
        found.append(int(points.score[0]) / POINT)
    return found


@pytest.mark.parametrize(
    ("cap", "items", "total"),
    [
        (None, [60, 10, 20, 10, 0, 25], 125),
        (1.5, [45, 10, 20, 10, 0, 15], 100),
        (2.0, [60, 10, 20, 10, 0, 20], 120),
    ],
)
def test_huangyan_2022_with_and_without_a_cap(
    cap: float | None, items: list[float], total: float
) -> None:
    assert _points(cap) == items
    assert sum(_points(cap)) == total


def test_scores_are_those_of_unlimited_decimals() -> None:
    """Against rational arithmetic, item by item: at most one micro-point from rounding."""
    units = county(400, missing=0.0)
    found = evaluate(HUANGYAN, units)
    rows = found.rows("above")
    checked = 0
    for one in HUANGYAN.group("above").indicators:
        p, q = factors(one.unit)
        for at in rows.tolist():
            if found.steps[f"{one.code}.reason"][at] != KNOWN:
                continue
            n = int(units.figure(one.numerator).value[at]) * p
            d = int(units.figure(one.denominator).value[at]) * q
            exact = Fraction(n, d) / Fraction(str(one.benchmark.value)) * one.weight
            wanted = max(floor(exact + Fraction(1, 2)), 0)
            assert abs(int(found.steps[f"{one.code}.score"][at]) - wanted) <= 1
            checked += 1
    assert checked > 1_500


def _one(**more: object) -> tuple[Units, object]:
    units = Units(("a", "b", "c"), {
        "tax": figure([24_097 * 1_500, 0, 24_097 * 3_000]), "land": figure([100_000] * 3),
    })  # fmt: skip
    found = evaluate(
        scheme(ratio("tax_per_mu", "tax / land", "万元/亩", 100, 24.097, **more)), units
    )
    return units, found.steps["tax_per_mu.score"].tolist()


def test_floor_and_cap() -> None:
    assert _one()[1] == [100 * POINT, 0, 200 * POINT]
    assert _one(cap=1.2, floor=0.1)[1] == [100 * POINT, 10 * POINT, 120 * POINT]


@pytest.mark.parametrize(("x", "points"), [(0, 8), (10, 16), (40, 40)])
def test_min_max_with_a_base_of_twenty(x: float, points: float) -> None:
    """Jingde 2022, weight 40 over 0 … 40."""
    one = permu_pack("anhui-jingde-2022").scheme.group("above").indicators[0]
    none = np.zeros(1, dtype=np.int64)
    found = item(
        one, FrozenItem(float("nan"), low=0.0, high=40.0),
        Quotient(none, none, np.array([float(x)]), np.zeros(1, dtype=np.int8)),
        industry=np.array([""]),
    )  # fmt: skip
    assert found.score[0] == points * POINT


def test_min_max_of_equals_is_full_and_outliers_are_cut() -> None:
    one = replace(
        ratio("tax_per_mu", "tax / land", "万元/亩", 100, 1.0), family="minmax", negative="keep"
    )
    land = figure([66_667] * 50)
    same = Units(tuple(map(str, range(50))), {"tax": figure([7_000_000] * 50), "land": land})
    assert set(evaluate(scheme(one), same).steps["sum"].tolist()) == {100 * POINT}
    taxes = [*range(1_000_000, 50_000_000, 1_000_000), 10**12]
    wild = Units(same.ids, {"tax": figure(taxes), "land": land})
    plain = evaluate(scheme(one), wild)
    cut = evaluate(scheme(replace(one, winsorise=(0.02, 0.98))), wild)
    assert plain.steps["sum"][48] < 21 * POINT
    assert cut.steps["sum"][48] == cut.steps["sum"][49] == 100 * POINT
    assert cut.steps["sum"].min() == 20 * POINT


def test_inverse_indicators_are_zero_from_twice_the_benchmark() -> None:
    one = replace(
        ratio("energy_per_value", "energy / value_added", "tce/万元", 100, 0.5), family="inverse"
    )
    units = Units(tuple("abcde"), {
        "energy": figure([0, 250_000, 500_000, 1_000_000, 9_000_000]),
        "value_added": figure([1_000_000] * 5),
    })  # fmt: skip
    assert evaluate(scheme(one), units).steps["sum"].tolist() == [
        200 * POINT, 150 * POINT, 100 * POINT, 0, 0,
    ]  # fmt: skip


def _missing(rule: str) -> list[int]:
    tax = ratio("tax_per_mu", "tax / land", "万元/亩", 60, 10.0, missing="zero")
    other = ratio("productivity", "value_added / staff", "万元/人", 40, 10.0, missing=rule)
    units = Units(tuple("abc"), {
        "tax": figure([10_000_000] * 3), "land": figure([66_666] * 3),
        "value_added": Figure(np.array([10_000_000, 5_000_000, 0]), np.array([True, True, False])),
        "staff": figure([100] * 3),
    })  # fmt: skip
    found = evaluate(scheme(tax, other), units)
    assert found.steps["productivity.reason"].tolist() == [KNOWN, KNOWN, NO_NUMERATOR]
    return found.steps["sum"].tolist()


def test_missing_rules() -> None:
    full = 60_000_600  # 10⁷ fen on 66,666 of 0.01 m²: 10.0001 万元/亩
    assert _missing("zero") == [full + 40 * POINT, full + 20 * POINT, full]
    assert _missing("group_mean") == [full + 40 * POINT, full + 20 * POINT, full + 30 * POINT]
    assert _missing("renormalise")[2] == 100_001_000


def test_denominators_that_cannot_divide() -> None:
    """Zero energy with production is missing and said so; nothing becomes infinite."""
    one = ratio("e", "value_added / energy", "万元/tce", 50, 2.0, missing="renormalise")
    two = ratio("t", "tax / land", "万元/亩", 50, 2.0)
    energy = Figure(np.array([0, 0, -5, 0, 10]), np.array([True, True, True, False, True]))
    units = Units(tuple("abcde"), {
        "value_added": Figure(np.array([10**8, 0, 10**8, 10**8, -1]), np.ones(5, dtype=bool)),
        "energy": energy, "tax": figure([0] * 5), "land": figure([10_000] * 5),
    })  # fmt: skip
    found = evaluate(scheme(one, two), units)
    assert found.steps["e.reason"].tolist() == [
        ZERO_WITH_PRODUCTION, ZERO, BELOW_ZERO, NO_DENOMINATOR, NEGATIVE,
    ]  # fmt: skip
    assert np.isnan(found.steps["e.value"][:4]).all()
    assert found.flagged()[ZERO_WITH_PRODUCTION].tolist() == [True, False, False, False, False]


def test_negative_value_added_gives_zero_items_not_negative_totals() -> None:
    """Even where the denominator is missing and the rule would give the group's mean."""
    units = county(60, missing=0.0)
    figures = dict(units.figures)
    added = figures["value_added"].value.copy()
    added[:] = np.abs(added) + 1
    added[0] = -500
    figures["value_added"] = Figure(added, figures["value_added"].known)
    hidden = figures["emission"].known.copy()
    hidden[:2] = False
    figures["emission"] = Figure(figures["emission"].value, hidden)
    one = {"scale": figure([1] * 60)}
    found = evaluate(HUANGYAN, replace(units, figures=figures, sorting=one))
    for code in (
        "value_added_per_mu",
        "value_added_per_energy",
        "value_added_per_emission",
        "productivity",
    ):
        assert found.steps[f"{code}.reason"][0] == NEGATIVE
        assert found.steps[f"{code}.score"][0] == 0
    mean = found.frozen.groups["above"]["value_added_per_emission"].missing_score
    assert found.steps["value_added_per_emission.score"][1] == mean
    assert found.steps["sum"][0] >= 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Benchmark("group_mean_weighted"), Fraction(70, 41)),
        (Benchmark("group_mean_weighted", multiple=2.0), Fraction(140, 41)),
        (Benchmark("group_mean_simple"), (Fraction(10) + 2 + Fraction(4, 3)) / 3),
        (Benchmark("fixed", 3.5), Fraction(7, 2)),
    ],
)
def test_benchmarks(rule: Benchmark, expected: Fraction) -> None:
    """Tax 10, 20, 40 万元 on 1, 10, 30 人: by Σ ÷ Σ over known, and by the mean of quotients."""
    one = replace(ratio("x", "tax / staff", "万元/人", 100, 1.0), benchmark=rule)
    units = Units(tuple("abcd"), {
        "tax": Figure(np.array([10, 20, 40, 999]) * 1_000_000, np.array([True, True, True, False])),
        "staff": figure([100, 1_000, 3_000, 100]),
    })  # fmt: skip
    found = evaluate(scheme(one), units).frozen.groups["all"]["x"]
    assert found.benchmark == pytest.approx(float(expected), abs=1e-6)


def test_benchmarks_by_industry_and_by_list() -> None:
    units = Units(tuple("abcd"), {
        "tax": figure([10_000_000, 30_000_000, 50_000_000, 70_000_000]), "staff": figure([100] * 4),
    }, industry=np.array(["13", "13", "17", ""]))  # fmt: skip
    one = ratio("x", "tax / staff", "万元/人", 100, 1.0)
    means = replace(one, benchmark=Benchmark("industry_mean"))
    assert evaluate(scheme(means), units).steps["x.benchmark"].tolist() == [20.0, 20.0, 50.0, 40.0]
    listed = replace(one, benchmark=Benchmark("provincial_list", 5.0, table={"17": 25.0}))
    assert evaluate(scheme(listed), units).steps["x.benchmark"].tolist() == [5.0, 5.0, 25.0, 5.0]


def test_part_years_are_annualised_where_the_scheme_says_so() -> None:
    tax = ratio("t", "tax / land", "万元/亩", 50, 10.0)
    share = ratio("r", "rd / revenue", "ratio", 50, 0.05)
    units = Units(("a",), {
        "tax": figure([5_000_000]), "land": figure([66_667]), "rd": figure([5]),
        "revenue": figure([100]),
    }, months=np.array([6]))  # fmt: skip
    plain = evaluate(scheme(tax, share), units).steps
    full = evaluate(scheme(tax, share, mid_year="annualise"), units).steps
    assert full["t.value"][0] == pytest.approx(2 * plain["t.value"][0], rel=1e-15)
    assert full["r.value"][0] == plain["r.value"][0] == 0.05
