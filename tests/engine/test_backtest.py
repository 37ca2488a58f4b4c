"""The back-test: metrics against scikit-learn and by hand, calibration tables, the real panel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from panel_of_regions import planted_panel
from sklearn.metrics import average_precision_score, roc_auc_score

from jiqun.engine.regional.entry.backtest import (
    Window,
    backtest,
    calibration_table,
    ranking_metrics,
    small_regions,
)
from jiqun.engine.regional.entry.features import entered, entry_features
from jiqun.engine.regional.entry.fit import FitSettings, Horizon

PANEL = Path(__file__).resolve().parents[2] / "benchmarks" / "emergence" / "panel.py"


@pytest.mark.parametrize("distinct", [5, 100_000])
def test_auc_and_ap_equal_scikit_learn_with_and_without_ties(distinct: int) -> None:
    rng = np.random.default_rng(distinct)
    scores = rng.integers(0, distinct, 4000) / distinct
    hit = rng.random(4000) < 0.05 + 0.1 * scores
    auc, precision, _, _ = ranking_metrics(scores, hit, np.zeros(4000, int))
    assert auc == pytest.approx(roc_auc_score(hit, scores), abs=1e-12)
    assert precision == pytest.approx(average_precision_score(hit, scores), abs=1e-12)


def test_precision_and_hits_are_means_over_regions_with_entries() -> None:
    scores = np.tile(np.arange(12, 0, -1.0), 3)
    regions = np.repeat([0, 1, 2], 12)
    hit = np.zeros(36, bool)
    hit[[0, 4, 12 + 10]] = True  # region 0 at ranks 1 and 5, region 1 at rank 11, region 2 none
    _, _, at5, at10 = ranking_metrics(scores, hit, regions)
    assert at5 == pytest.approx((2 / 5 + 0) / 2)
    assert at10 == pytest.approx(1 / 2)


def test_calibration_rows_by_hand() -> None:
    chance = np.array([0.05] * 9 + [0.95])
    hit = np.array([True] + [False] * 8 + [True])
    bands = [r for r in calibration_table(chance, hit, "m", "all") if r.kind == "band"]
    assert [(r.bin, r.cells) for r in bands] == [(1, 9), (10, 1)]
    assert bands[0].predicted == pytest.approx(5.0)
    assert bands[0].observed == pytest.approx(100 / 9)
    assert bands[0].error_points == pytest.approx(5 - 100 / 9)
    assert bands[1].standard_error == pytest.approx(100 * np.sqrt(0.95 * 0.05))
    deciles = [r for r in calibration_table(chance, hit, "m", "all") if r.kind == "decile"]
    assert [r.cells for r in deciles] == [1] * 10


def test_small_regions_are_below_the_median_of_living_ones() -> None:
    assert small_regions(np.array([0.0, 1, 2, 3, 4])).tolist() == [True, True, True, False, False]


def test_planted_relatedness_beats_the_null_and_random() -> None:
    panel = planted_panel(seed=21)
    first, second = entry_features(panel[0]), entry_features(panel[1])
    result = backtest(
        Window(first, entered(first, panel[1].sizes)),
        Window(second, entered(second, panel[2].sizes)),
        settings=FitSettings(knots=6, penalties=(1.0,), rounds=15),
    )
    ratio = {r.ranking: r.ap_ratio_to_null for r in result.metrics if r.scope == "all"}
    assert ratio["null"] == 1.0
    assert ratio["additive"] > 1.5
    assert ratio["boosted"] > 1.5
    assert ratio["additive"] > 1.1 * ratio["density_knn"]
    assert result.row("random").auc == pytest.approx(0.5, abs=0.03)
    assert {r.scope for r in result.metrics} == {"all", "small"}


@pytest.mark.shared
@pytest.mark.slow
def test_real_counties_four_digits(shared_data: Path) -> None:
    panel = {p.year: p.base for p in _panel_module().load_panel(shared_data, 4)}
    first, second = entry_features(panel[2017]), entry_features(panel[2018])
    result = backtest(
        Window(first, entered(first, panel[2018].sizes)),
        Window(second, entered(second, panel[2020].sizes)),
        horizon=Horizon(2, 1, entered(first, panel[2019].sizes)),
        settings=FitSettings(negatives=60_000, knots=8, penalties=(1.0,), rounds=60),
    )
    assert result.row("additive").ap_ratio_to_null > 2.2
    assert result.row("boosted").ap_ratio_to_null > 2.2
    assert result.row("density_knn").average_precision > result.row("null").average_precision
    assert result.row("additive", "small").ap_ratio_to_null > 2.0
    assert result.worst_error("additive") <= 0.5


def _panel_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("emergence_panel", PANEL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
