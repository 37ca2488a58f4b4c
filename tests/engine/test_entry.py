"""The entry model: exact terms, portable form, calibration, refit on an own history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from panel_of_regions import planted_panel
from sklearn.preprocessing import SplineTransformer

from jiqun.engine.regional.entry.calibrate import frequency_knots
from jiqun.engine.regional.entry.features import Features, entered, entry_features
from jiqun.engine.regional.entry.fit import (
    FitSettings,
    Horizon,
    draw_sample,
    fit_additive,
    fit_boosted,
)
from jiqun.engine.regional.entry.history import Period, refit
from jiqun.engine.regional.entry.model import (
    SHIPPED,
    AdditiveModel,
    Calibration,
    ModelSet,
    Term,
    rank_in_region,
    shipped_models,
    sigmoid,
)
from jiqun.engine.regional.entry.specs import Family
from jiqun.errors import JiqunError

QUICK = FitSettings(knots=6, penalties=(1.0,), rounds=10)


@pytest.fixture(scope="module")
def table() -> Features:
    return entry_features(planted_panel(seed=11)[0])


@pytest.fixture(scope="module")
def target(table: Features) -> np.ndarray:
    return entered(table, planted_panel(seed=11)[1].sizes)


@pytest.fixture(scope="module")
def model(table: Features, target: np.ndarray) -> AdditiveModel:
    return fit_additive(table, target, settings=QUICK)


def test_contributions_sum_exactly_to_the_log_odds(model: AdditiveModel, table: Features) -> None:
    chance = model.predict(table)
    total = model.contributions(table).sum(axis=1)
    assert np.abs(total - np.log(chance / (1 - chance))).max() < 1e-9


def test_terms_read_as_against_an_average_candidate(
    model: AdditiveModel, table: Features, target: np.ndarray
) -> None:
    rows, weight = draw_sample(table, target, negatives=QUICK.negatives, seed=QUICK.seed)
    parts = model.contributions(table)[rows][:, 2:]
    assert np.abs(np.average(parts, axis=0, weights=weight)).max() < 1e-9


def test_explanation_names_each_term_with_its_value(model: AdditiveModel, table: Features) -> None:
    lines = model.explain(table, 5)
    chance = float(model.predict(table)[5])
    assert sum(line.log_odds for line in lines) == pytest.approx(np.log(chance / (1 - chance)))
    assert [line.feature for line in lines[:2]] == ["base", "calibration"]
    assert {line.feature for line in lines[2:]} == set(table.names)
    assert all(line.label_zh and line.label_en for line in lines)
    by_name = {line.feature: line.value for line in lines}
    assert by_name["expected_size"] == pytest.approx(float(table.column("expected_size")[5]))


def test_json_round_trip_predicts_identically(model: AdditiveModel, table: Features) -> None:
    whole = ModelSet("x", (model,), model, {"data": "synthetic"})
    again = ModelSet.from_json(whole.to_json())
    assert again == whole
    assert np.array_equal(again.variants[0].predict(table), model.predict(table))


def test_fit_is_deterministic(model: AdditiveModel, table: Features, target: np.ndarray) -> None:
    assert fit_additive(table, target, settings=QUICK) == model
    first, second = (fit_boosted(table, target, settings=QUICK).predict(table) for _ in range(2))
    assert np.array_equal(first, second)


def test_term_equals_the_linear_spline_of_scikit_learn() -> None:
    knots, heights = np.array([-1.0, 0.5, 2.0, 4.0]), np.array([0.3, -0.2, 1.0, 0.4])
    values = np.linspace(-3, 6, 50)
    spline = SplineTransformer(degree=1, knots=knots[:, None], extrapolation="constant")
    wanted = spline.fit(knots[:, None]).transform(values[:, None]) @ heights
    assert Term("x", tuple(knots), tuple(heights))(values) == pytest.approx(wanted, abs=1e-12)
    assert Term("x", tuple(knots), tuple(heights), missing=0.7)(np.array([np.nan]))[0] == 0.7


def test_sampled_fit_keeps_the_base_rate(table: Features, target: np.ndarray) -> None:
    sparse = fit_additive(table, target, settings=replace(QUICK, negatives=3000))
    assert len(draw_sample(table, target, negatives=3000, seed=0)[0]) < len(target) / 2
    assert sparse.predict(table).mean() == pytest.approx(target.mean(), rel=0.08)


def test_calibration_recovers_a_known_distortion() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(-2.0, 1.5, 200_000)
    outcome = rng.random(len(truth)) < sigmoid(truth)
    raw = 0.5 * truth - 1.0  # the model is timid and shifted
    knots, log_odds = frequency_knots(raw, outcome, np.ones(len(raw)))
    assert (np.diff(knots) > 0).all()
    assert (np.diff(log_odds) > 0).all()
    said = Calibration(knots, log_odds).probability(raw)
    assert said.mean() == pytest.approx(outcome.mean(), rel=0.05)
    middle = np.abs(truth + 1) < 2
    assert np.abs(said - sigmoid(truth))[middle].max() < 0.03


def test_constant_hazard_is_the_power_rule() -> None:
    raw = np.array([-30.0, -3.0, 0.0, 3.0, 30.0])
    yearly = sigmoid(raw)
    two = Calibration(exposure=2.0, horizon=2).probability(raw)
    assert two == pytest.approx(1 - (1 - yearly) ** 2, rel=1e-9)


def test_observed_horizon_needs_no_hazard(table: Features, target: np.ndarray) -> None:
    later = entered(table, planted_panel(seed=11)[2].sizes)
    fitted = fit_additive(table, target, horizon=Horizon(2, 1, later), settings=QUICK)
    assert fitted.calibration.exposure == 1.0
    assert fitted.predict(table).mean() == pytest.approx(later.mean(), rel=0.1)
    assumed = fit_additive(table, target, horizon=Horizon(2, 1), settings=QUICK)
    assert assumed.calibration.exposure == 2.0


def test_model_without_neighbours_serves_a_panel_without_places(
    table: Features, target: np.ndarray
) -> None:
    bare = table.without(Family.NEIGHBOUR, Family.HIDDEN)
    rich = fit_additive(table, target, settings=QUICK)
    poor = fit_additive(bare, target, settings=QUICK)
    whole = ModelSet("x", (rich, poor), poor)
    assert whole.choose(table.names) is rich
    assert whole.choose(bare.names) is poor
    with pytest.raises(JiqunError) as caught:
        whole.choose(["expected_size"])
    assert caught.value.code == "E-ENTRY-FEATURES"


def test_unknown_value_of_a_complete_feature_counts_as_average(
    model: AdditiveModel, table: Features
) -> None:
    blind = table.values.copy()
    blind[:, table.names.index("neighbour_presence")] = np.nan
    parts = model.contributions(replace(table, values=blind))
    assert not parts[:, 2 + model.features.index("neighbour_presence")].any()


def test_ranks_start_at_one_in_each_region() -> None:
    ranks = rank_in_region(np.array([0.1, 0.9, 0.5, 0.5]), np.array([0, 0, 1, 1]))
    assert ranks.tolist() == [2, 1, 1, 2]


def test_own_history_is_refitted_and_proven_out_of_time() -> None:
    panel = planted_panel(seed=12)
    done = refit([Period(2020 + k, base) for k, base in enumerate(panel)], settings=QUICK)
    assert done.design == "out_of_time"
    assert done.backtest.row("additive").ap_ratio_to_null > 1.5
    assert done.models.provenance["window"] == "2021-2022"
    assert len(done.models.variants) == 3


def test_two_periods_are_proven_on_held_out_regions() -> None:
    panel = planted_panel(seed=13, regions=400)
    done = refit([Period(2020, panel[0]), Period(2022, panel[1])], settings=QUICK)
    assert done.design == "held_out_regions"
    assert done.backtest.row("additive").ap_ratio_to_null > 1.5
    assert done.models.null.calibration.horizon == 2


def test_history_too_short_or_too_quiet_is_refused() -> None:
    panel = planted_panel(seed=14, regions=40, industries=12)
    with pytest.raises(JiqunError) as short:
        refit([Period(2020, panel[0])])
    with pytest.raises(JiqunError) as quiet:
        refit([Period(2020 + k, base) for k, base in enumerate(panel)])
    assert (short.value.code, quiet.value.code) == ("E-ENTRY-HISTORY", "E-ENTRY-FEW-EVENTS")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_load_rank_and_say_where_they_were_proven(name: str) -> None:
    models = shipped_models(name)
    proof = models.provenance["backtest"]
    assert proof["average_precision"] >= 2.0 * proof["null_average_precision"]
    assert proof["worst_decile_error_points"] <= 0.5
    parents = 3 if name.endswith("6") else 2
    features = models.variants[0].features
    assert {f"parent{k}_size" for k in range(1, parents + 1)} <= set(features)
    bare = tuple(f for f in features if not f.startswith("neighbour"))
    assert models.choose(bare).features == bare
    with pytest.raises(JiqunError):
        shipped_models("entry-nowhere")


def test_shipped_model_ranks_another_panel_above_the_null() -> None:
    base, end = planted_panel(seed=15, regions=300)[:2]
    table = entry_features(base)
    chance = shipped_models("entry-us-naics4").choose(table.names).predict(table)
    hit = entered(table, end.sizes)
    assert chance[hit].mean() > 1.5 * chance[~hit].mean()
