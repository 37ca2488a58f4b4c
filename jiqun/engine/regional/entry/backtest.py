"""Back-test of entry rankings: metrics, calibration, and the table with its plain rivals.

A ranking is worth showing only beside what needs no model: random order, size x size, relatedness
densities. AUC alone flatters (most cells are hopeless and every ranking says so), so average
precision, precision at 5 and hit at 10 per region stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from jiqun.engine.regional.entry.arrays import BoolArray
from jiqun.engine.regional.entry.features import Features
from jiqun.engine.regional.entry.fit import (
    BoostedModel,
    FitSettings,
    Horizon,
    fit_additive,
    fit_boosted,
)
from jiqun.engine.regional.entry.model import AdditiveModel, Array, null_score, rank_in_region
from jiqun.engine.regional.entry.specs import Family

SCOPES = ("all", "small")


@dataclass(frozen=True, slots=True)
class RankingSpec:
    """Name and labels of one ranking in the table."""

    name: str
    label_zh: str
    label_en: str


RANKINGS: tuple[RankingSpec, ...] = (
    RankingSpec("random", "随机", "random"),
    RankingSpec("null", "规模×规模 (零模型)", "null: county size x industry size"),
    RankingSpec("density_rca", "关联密度 (Hidalgo 2007)", "density (Hidalgo 2007, RCA >= 1)"),
    RankingSpec("density_presence", "关联密度 (有无)", "density on presence"),
    RankingSpec("density_knn", "最近 20 个行业密度", "kNN-20 density"),
    RankingSpec("logit", "逻辑回归", "logit on the named features"),
    RankingSpec("additive", "可加样条 (可解释)", "additive splines (explainable)"),
    RankingSpec("boosted", "梯度提升", "gradient boosting"),
    RankingSpec(
        "additive_hidden", "可加样条 + 未公布部分", "additive splines + undisclosed remainder"
    ),
    RankingSpec(
        "boosted_hidden", "梯度提升 + 未公布部分", "gradient boosting + undisclosed remainder"
    ),
)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """Quality of one ranking in one scope.

    ``p_at_5`` and ``hit_at_10`` are means over regions with at least one entry.
    """

    ranking: str
    scope: str
    auc: float
    average_precision: float
    p_at_5: float
    hit_at_10: float
    ap_ratio_to_null: float


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Predicted against observed share of entries in one bin; shares in percent.

    ``kind`` is ``decile`` (tenths of the candidates by predicted probability) or ``band`` (ten
    equal bands of probability: few cells in the high ones, hence the standard error).
    """

    ranking: str
    scope: str
    kind: str
    bin: int
    cells: int
    predicted: float
    observed: float
    error_points: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Window:
    """Candidates of a base period with what became of them."""

    features: Features
    entered: BoolArray


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """The table, its calibration, and the models that were fitted for it."""

    metrics: tuple[MetricRow, ...]
    calibration: tuple[CalibrationRow, ...]
    facts: Mapping[str, Any]
    models: Mapping[str, AdditiveModel | BoostedModel] = field(
        default_factory=dict[str, "AdditiveModel | BoostedModel"]
    )

    def row(self, ranking: str, scope: str = "all") -> MetricRow:
        """Return the metrics of one ranking."""
        return next(r for r in self.metrics if (r.ranking, r.scope) == (ranking, scope))

    def worst_error(self, ranking: str, *, scope: str = "all", kind: str = "decile") -> float:
        """Return the largest absolute calibration error over populated bins, in points."""
        rows = [
            r for r in self.calibration if (r.ranking, r.scope, r.kind) == (ranking, scope, kind)
        ]
        return max(abs(r.error_points) for r in rows)


def backtest(
    fit: Window,
    score: Window,
    *,
    horizon: Horizon | None = None,
    settings: FitSettings | None = None,
    boosted: bool = True,
) -> BacktestResult:
    """Fit on one window, score another, and set every ranking beside its rivals.

    Args:
        fit: window the models are fitted on.
        score: window they are judged on; its outcomes are used for nothing else.
        horizon: how the fitted period relates to the scored one, see :class:`Horizon`.
        settings: how to fit.
        boosted: also fit gradient boosting (more time, no exact terms).

    Returns:
        Metrics for all regions and for the smaller half of them, and calibration of every model.

    Raises:
        JiqunError: ``E-ENTRY-FEW-EVENTS`` when the fit window holds too few entries.
    """
    settings = settings or FitSettings()
    models = _fit_models(fit, horizon, settings, boosted=boosted)
    scores = baseline_scores(score.features, seed=settings.seed)
    chances = {name: model.predict(score.features) for name, model in models.items()}
    scores |= chances
    small = small_regions(score.features.region_total)[score.features.region_index]
    metrics: list[MetricRow] = []
    tables: list[CalibrationRow] = []
    for scope, where in zip(SCOPES, (np.ones_like(small), small), strict=True):
        metrics += _metric_rows(scores, score, where, scope)
        for name, chance in chances.items():
            tables += calibration_table(chance[where], score.entered[where], name, scope)
    facts = {
        "fit_candidates": len(fit.entered),
        "fit_entries": int(fit.entered.sum()),
        "score_candidates": len(score.entered),
        "score_entries": int(score.entered.sum()),
        "regions_with_entries": len(np.unique(score.features.region_index[score.entered])),
    }
    return BacktestResult(tuple(metrics), tuple(tables), facts, models)


def baseline_scores(features: Features, *, seed: int = 0) -> dict[str, Array]:
    """Return the scores that need no fit: random, size x size, and the densities."""
    scores = {
        "random": np.random.default_rng(seed).random(len(features.values)),
        "null": null_score(features),
    }
    for name in ("density_rca", "density_presence", "density_knn"):
        scores[name] = features.column(name).astype(np.float64)
    return scores


def small_regions(region_total: npt.NDArray[np.floating]) -> BoolArray:
    """Return (R,) whether a region is below the median of those that have anything."""
    return region_total < np.median(region_total[region_total > 0])


def ranking_metrics(
    scores: npt.NDArray[np.floating],
    entered: BoolArray,
    region_index: npt.NDArray[np.integer],
) -> tuple[float, float, float, float]:
    """Return AUC, average precision, P@5 and hit@10 from one ranking.

    AUC and AP treat equal scores as one step (as scikit-learn does); P@5 and hit@10 keep the order
    of the panel among equals.
    """
    auc, precision = _curve_metrics(scores, entered)
    ranks = rank_in_region(scores, region_index)
    entries = np.bincount(region_index, entered)
    some = entries > 0
    first5 = np.bincount(region_index, entered & (ranks <= 5), minlength=len(entries))
    first10 = np.bincount(region_index, entered & (ranks <= 10), minlength=len(entries))
    return auc, precision, float((first5[some] / 5).mean()), float((first10[some] > 0).mean())


def calibration_table(
    chance: Array, entered: BoolArray, ranking: str, scope: str
) -> list[CalibrationRow]:
    """Return predicted and observed shares by tenths of the cells and by bands of probability."""
    place = np.argsort(np.argsort(chance, kind="stable"), kind="stable")
    bins = {
        "decile": place * 10 // max(len(chance), 1),
        "band": np.minimum((chance * 10).astype(np.int64), 9),
    }
    rows: list[CalibrationRow] = []
    for kind, index in bins.items():
        cells = np.bincount(index, minlength=10)
        said = np.bincount(index, chance, minlength=10)
        seen = np.bincount(index, entered, minlength=10)
        spread = np.bincount(index, chance * (1 - chance), minlength=10)
        for b in np.flatnonzero(cells):
            n = int(cells[b])
            rows.append(
                CalibrationRow(
                    ranking=ranking,
                    scope=scope,
                    kind=kind,
                    bin=int(b) + 1,
                    cells=n,
                    predicted=100 * float(said[b]) / n,
                    observed=100 * float(seen[b]) / n,
                    error_points=100 * float(said[b] - seen[b]) / n,
                    standard_error=100 * float(np.sqrt(spread[b])) / n,
                )
            )
    return rows


def _fit_models(
    fit: Window, horizon: Horizon | None, settings: FitSettings, *, boosted: bool
) -> dict[str, AdditiveModel | BoostedModel]:
    """Fit every model of the table; those with the hidden remainder only where it is known."""
    plain = fit.features.without(Family.HIDDEN)
    straight = replace(settings, knots=2, penalties=(1.0,))
    models: dict[str, AdditiveModel | BoostedModel] = {
        "logit": fit_additive(plain, fit.entered, horizon=horizon, settings=straight)
    }
    tables = {"": plain}
    if plain.names != fit.features.names:
        tables["_hidden"] = fit.features
    for suffix, table in tables.items():
        models[f"additive{suffix}"] = fit_additive(
            table, fit.entered, horizon=horizon, settings=settings
        )
        if boosted:
            models[f"boosted{suffix}"] = fit_boosted(
                table, fit.entered, horizon=horizon, settings=settings
            )
    return models


def _metric_rows(
    scores: Mapping[str, Array], window: Window, where: BoolArray, scope: str
) -> list[MetricRow]:
    """Return one row per ranking, in the order of ``RANKINGS``."""
    truth, regions = window.entered[where], window.features.region_index[where]
    if not truth.any():
        return []
    found = {name: ranking_metrics(s[where], truth, regions) for name, s in scores.items()}
    null = found["null"][1]
    return [
        MetricRow(spec.name, scope, *found[spec.name], found[spec.name][1] / null)
        for spec in RANKINGS
        if spec.name in found
    ]


def _curve_metrics(scores: npt.NDArray[np.floating], entered: BoolArray) -> tuple[float, float]:
    """Return AUC and average precision from one sort, equal scores being one step."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.concatenate([np.flatnonzero(np.diff(ordered)), [len(ordered) - 1]])
    hits = np.cumsum(entered[order])[last].astype(np.float64)
    taken = last + 1.0
    new_hits = np.diff(hits, prepend=0.0)
    precision = float((hits / taken * new_hits).sum() / hits[-1])
    misses = taken - hits
    # Trapezoids under (false positives, true positives): ties count half.
    area = float((np.diff(misses, prepend=0.0) * (hits - new_hits / 2)).sum())
    return area / float(hits[-1] * misses[-1]), precision
