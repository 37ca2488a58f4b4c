"""Fit the entry model: piecewise-linear additive logit, and gradient boosting beside it.

Entries are rare (0.4 % of cells a year), so all of them are used with a sample of the other cells;
each sampled cell carries the inverse of its chance to be drawn as weight, which keeps intercept
and calibration exact in expectation (Horvitz and Thompson 1952). Strength of the penalty and
calibration are decided on regions held out of the fit, never on a later period.
scikit-learn is loaded where something is fitted: it takes seconds, and no page fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from jiqun.engine.regional.entry.arrays import BoolArray, IntArray
from jiqun.engine.regional.entry.calibrate import frequency_knots
from jiqun.engine.regional.entry.features import Features
from jiqun.engine.regional.entry.model import AdditiveModel, Array, Calibration, Term
from jiqun.errors import JiqunError

MIN_EVENTS = 200
"""Fewer entries than this cannot carry a model with this many terms."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to fit; the defaults are those of the published back-test.

    Attributes:
        negatives: number of cells without entry that are drawn.
        knots: knots per feature, at quantiles of the entered cells (that is where the function
            has to be fine; quantiles of all cells would spend most knots where nothing happens).
        penalties: candidate values of C, the inverse ridge penalty; the one with the least log
            loss on the first group of held-out regions is taken.
        folds: number of groups of held-out regions.
        rounds: trees of the boosted model.
        seed: of the sample and of the folds.
    """

    negatives: int = 120_000
    knots: int = 12
    penalties: tuple[float, ...] = (1.0, 0.1)
    folds: int = 3
    rounds: int = 150
    learning_rate: float = 0.1
    leaves: int = 15
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is known of the horizon beyond the fitted period.

    Attributes:
        years: horizon of the probability.
        fitted_years: length of the period whose entries are fitted.
        outcome: (n,) state of the same candidates after ``years`` in an *earlier* window, when
            the history holds one; it only sets the calibration. None: constant yearly hazard is
            assumed.
    """

    years: int = 1
    fitted_years: int = 1
    outcome: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """Gradient boosting with the same calibration; for comparison, it has no exact terms."""

    features: tuple[str, ...]
    estimator: Any
    calibration: Calibration
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def predict(self, features: Features) -> Array:
        """Return (n,) calibrated probabilities over the horizon."""
        return self.calibration.probability(_boosted_raw(self.estimator, self._table(features)))

    def _table(self, features: Features) -> npt.NDArray[np.float32]:
        return features.only(*self.features).values


def draw_sample(
    features: Features, entered: BoolArray, *, negatives: int, seed: int
) -> tuple[IntArray, Array]:
    """Draw all entries and a sample of the rest; larger expected size, larger chance.

    Returns:
        Row numbers in rising order, and their weights (1 over the chance of being drawn).
    """
    expected = np.exp(features.column("expected_size").astype(np.float64))
    chance = np.sqrt(expected)
    for _ in range(20):
        chance = np.minimum(chance * (negatives / max(chance[~entered].sum(), 1e-12)), 1.0)
    chance = np.where(entered, 1.0, np.maximum(chance, min(0.02, negatives / len(chance))))
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(chance)) < chance)
    return rows.astype(np.int64), 1.0 / chance[rows]


def fit_additive(
    features: Features,
    entered: BoolArray,
    *,
    horizon: Horizon | None = None,
    settings: FitSettings | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> AdditiveModel:
    """Fit the additive model.

    Args:
        features: candidates of the base period.
        entered: (n,) whether each candidate was present with LQ >= 1 in the next period.
        horizon: how far the probability reaches; by default the fitted period.
        settings: see :class:`FitSettings`; ``knots=2`` gives the plain logit.
        provenance: kept with the model.

    Raises:
        JiqunError: ``E-ENTRY-FEW-EVENTS`` below ``MIN_EVENTS`` entries.
    """
    settings, horizon = settings or FitSettings(), horizon or Horizon()
    check_events(entered)
    sample = _Sample.draw(features, entered, horizon, settings)
    basis = [
        _Basis.of(features.column(name)[entered], settings, events=int(entered.sum()))
        for name in features.names
    ]
    design = np.concatenate(
        [part.design(sample.values[:, k]) for k, part in enumerate(basis)], axis=1
    )
    penalty = _best_penalty(design, sample, settings)
    raw = _held_out(_logit_trial(design, sample, penalty), sample)
    coefficients, intercept = _fit_logit(design, sample.entered, sample.weight, penalty)
    model = AdditiveModel(intercept, (), _calibrate(raw, sample, horizon), dict(provenance or {}))
    start = 0
    for k, (name, part) in enumerate(zip(features.names, basis, strict=True)):
        own = coefficients[start : start + part.width]
        start += part.width
        term, mean = part.term(name, own, sample.values[:, k], sample.weight)
        model = replace(model, intercept=model.intercept + mean, terms=(*model.terms, term))
    return replace(model, provenance={**model.provenance, "penalty_c": penalty})


def fit_boosted(
    features: Features,
    entered: BoolArray,
    *,
    horizon: Horizon | None = None,
    settings: FitSettings | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> BoostedModel:
    """Fit histogram gradient boosting (Friedman 2001) on the same sample, calibrated alike.

    Raises:
        JiqunError: ``E-ENTRY-FEW-EVENTS`` below ``MIN_EVENTS`` entries.
    """
    settings, horizon = settings or FitSettings(), horizon or Horizon()
    check_events(entered)
    sample = _Sample.draw(features, entered, horizon, settings)

    def fit_predict(train: IntArray, test: IntArray) -> Array:
        fitted = _fit_trees(sample, train, settings)
        return _boosted_raw(fitted, sample.values[test])

    raw = _held_out(fit_predict, sample)
    whole = np.arange(len(sample.weight))
    return BoostedModel(
        features.names,
        _fit_trees(sample, whole, settings),
        _calibrate(raw, sample, horizon),
        dict(provenance or {}),
    )


def check_events(entered: BoolArray) -> None:
    """Refuse to fit on too few entries.

    Raises:
        JiqunError: ``E-ENTRY-FEW-EVENTS`` below ``MIN_EVENTS`` entries.
    """
    events = int(entered.sum())
    if events < MIN_EVENTS:
        raise JiqunError(
            "E-ENTRY-FEW-EVENTS",
            f"自有历史中只有 {events} 次产业进入, 少于 {MIN_EVENTS} 次, 不足以拟合模型。",
            f"The history holds {events} entries; {MIN_EVENTS} are needed to fit a model.",
            hint_zh="请加入更多年份或更多地区, 或改用随附模型并注明其在别处验证。",
            hint_en="Add periods or regions, or use a shipped model and say that it was proven "
            "elsewhere.",
        )


@dataclass(frozen=True, slots=True)
class _Sample:
    """The drawn rows with everything that fitting needs."""

    values: npt.NDArray[np.float32]
    entered: BoolArray
    outcome: BoolArray
    weight: Array
    fold: IntArray

    @classmethod
    def draw(
        cls, features: Features, entered: BoolArray, horizon: Horizon, settings: FitSettings
    ) -> _Sample:
        rows, weight = draw_sample(
            features, entered, negatives=settings.negatives, seed=settings.seed
        )
        outcome = entered if horizon.outcome is None else horizon.outcome
        shuffled = np.random.default_rng(settings.seed).permutation(len(features.region_total))
        fold = (shuffled % settings.folds)[features.region_index[rows]]
        return cls(features.values[rows], entered[rows], outcome[rows], weight, fold)


@dataclass(frozen=True, slots=True)
class _Basis:
    """Hat functions of one feature: the linear B-spline basis with constant ends."""

    knots: Array
    typical: float

    @classmethod
    def of(
        cls, entered_values: npt.NDArray[np.float32], settings: FitSettings, *, events: int
    ) -> _Basis:
        known = entered_values[~np.isnan(entered_values)].astype(np.float64)
        count = min(settings.knots, max(2, events // 40))
        if not len(known):
            return cls(np.zeros(1), 0.0)
        knots = np.unique(np.quantile(known, np.linspace(0.005, 0.995, count)))
        return cls(knots, float(np.median(known)))

    @property
    def width(self) -> int:
        """Number of design columns: one per knot and one for "unknown"."""
        return len(self.knots) + 1

    def design(self, values: npt.NDArray[np.float32]) -> Array:
        """Return (n, width); an unknown value stands at the median with its own column set."""
        unknown = np.isnan(values)
        filled = np.clip(np.where(unknown, self.typical, values), self.knots[0], self.knots[-1])
        table = np.zeros((len(values), self.width))
        table[:, -1] = unknown
        rows = np.arange(len(values))
        if len(self.knots) == 1:
            return table
        left = np.clip(np.searchsorted(self.knots, filled) - 1, 0, len(self.knots) - 2)
        share = (filled - self.knots[left]) / (self.knots[left + 1] - self.knots[left])
        table[rows, left] = 1.0 - share
        table[rows, left + 1] = share
        return table

    def term(
        self, name: str, coefficients: Array, values: npt.NDArray[np.float32], weight: Array
    ) -> tuple[Term, float]:
        """Return the centred term and the mean that moves to the intercept."""
        at_knots = coefficients[:-1]
        missing = float(np.interp(self.typical, self.knots, at_knots) + coefficients[-1])
        term = Term(name, tuple(self.knots.tolist()), tuple(at_knots.tolist()), missing)
        mean = float(np.average(term(values), weights=weight))
        # Where the fit saw no unknown value, an unknown one tells nothing: exactly the mean.
        missing = missing - mean if bool(np.isnan(values).any()) else 0.0
        centred = tuple((at_knots - mean).tolist())
        return replace(term, log_odds=centred, missing=missing), mean


def _held_out(fit_predict: Callable[[IntArray, IntArray], Array], sample: _Sample) -> Array:
    """Return log-odds of every sampled row from a fit that did not see its region."""
    raw = np.empty(len(sample.weight))
    for fold in np.unique(sample.fold):
        test = np.flatnonzero(sample.fold == fold)
        raw[test] = fit_predict(np.flatnonzero(sample.fold != fold), test)
    return raw


def _log_loss(raw: Array, truth: BoolArray, weight: Array) -> float:
    return float(np.average(np.logaddexp(0.0, np.where(truth, -raw, raw)), weights=weight))


def _best_penalty(design: Array, sample: _Sample, settings: FitSettings) -> float:
    """Return the penalty with the least log loss on the first group of held-out regions."""
    if len(settings.penalties) == 1:
        return settings.penalties[0]
    train, test = np.flatnonzero(sample.fold != 0), np.flatnonzero(sample.fold == 0)
    losses = [
        _log_loss(
            _logit_trial(design, sample, penalty)(train, test),
            sample.entered[test],
            sample.weight[test],
        )
        for penalty in settings.penalties
    ]
    return settings.penalties[int(np.argmin(losses))]


def _calibrate(raw: Array, sample: _Sample, horizon: Horizon) -> Calibration:
    """Return the rising map through observed frequencies of held-out rows.

    With an outcome of an earlier window the map reaches the horizon by itself; without one it
    reaches the fitted period and constant hazard does the rest.
    """
    observed = horizon.outcome is not None or horizon.years == horizon.fitted_years
    knots, log_odds = frequency_knots(raw, sample.outcome, sample.weight)
    return Calibration(
        raw=knots,
        calibrated=log_odds,
        exposure=1.0 if observed else horizon.years / horizon.fitted_years,
        horizon=horizon.years,
        basis="held-out regions, observed over the horizon"
        if observed
        else "held-out regions, constant yearly hazard",
    )


def _fit_logit(
    design: Array, truth: BoolArray, weight: Array, penalty: float
) -> tuple[Array, float]:
    """Return coefficients and intercept of the ridge logit."""
    model: Any = import_module("sklearn.linear_model").LogisticRegression(
        C=penalty, solver="newton-cholesky", max_iter=50, tol=1e-6
    )
    model.fit(design, truth, sample_weight=weight)
    return cast("Array", model.coef_[0]), float(model.intercept_[0])


def _logit_trial(
    design: Array, sample: _Sample, penalty: float
) -> Callable[[IntArray, IntArray], Array]:
    """Return the fit-and-predict function of one penalty."""

    def fit_predict(train: IntArray, test: IntArray) -> Array:
        coefficients, intercept = _fit_logit(
            design[train], sample.entered[train], sample.weight[train], penalty
        )
        return design[test] @ coefficients + intercept

    return fit_predict


def _fit_trees(sample: _Sample, rows: IntArray, settings: FitSettings) -> Any:
    """Return fitted boosted trees; no early stopping, so that the fit is a function of its data."""
    trees: Any = import_module("sklearn.ensemble").HistGradientBoostingClassifier(
        max_iter=settings.rounds,
        learning_rate=settings.learning_rate,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=100 if len(rows) > 20_000 else 20,
        l2_regularization=5.0,
        early_stopping=False,  # pyright: ignore[reportArgumentType]
        random_state=settings.seed,
    )
    trees.fit(sample.values[rows], sample.entered[rows], sample_weight=sample.weight[rows])
    return trees


def _boosted_raw(trees: Any, values: npt.NDArray[np.float32]) -> Array:
    return np.asarray(trees.decision_function(values), dtype=np.float64)
