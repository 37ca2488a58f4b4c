"""What industry will appear here: the explainable entry model and its portable form.

The model is additive: log-odds = intercept + one piecewise-linear function per named feature.
It is fitted in :mod:`jiqun.engine.regional.entry.fit`; this module only evaluates it, with numpy
alone, so that coefficients can be shipped as JSON and every probability opens into terms that sum
exactly to its log-odds. Generalised additive models: Hastie and Tibshirani 1986,
Statistical Science 1(3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from jiqun.engine.regional.entry.features import Features
from jiqun.engine.regional.entry.specs import SPEC_BY_NAME
from jiqun.errors import JiqunError, Kind

Array = npt.NDArray[np.float64]

FORMAT = "jiqun-entry-1"
SHIPPED = ("entry-us-naics4", "entry-us-naics6")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rising map from the model's own log-odds to the log-odds over the horizon.

    Linear between ``raw`` and ``calibrated`` knots, with slope 1 outside (the odds then move as
    the model says). The knots are observed frequencies on regions held out of the fit.
    ``exposure`` is 1 when those were observed over the whole horizon; otherwise the horizon
    divided by the fitted period: p = 1 - (1 - p_fitted) ** exposure, a constant yearly hazard,
    which is too high where newcomers leave again.
    """

    raw: tuple[float, ...] = (0.0,)
    calibrated: tuple[float, ...] = (0.0,)
    exposure: float = 1.0
    horizon: int = 1
    basis: str = "none"

    def log_odds(self, raw: Array) -> Array:
        """Return the calibrated log-odds over the horizon."""
        inside = np.clip(raw, self.raw[0], self.raw[-1])
        inner = np.interp(inside, self.raw, self.calibrated) + (raw - inside)
        if self.exposure == 1.0:
            return inner
        # 1 - (1 - sigmoid(a))^k has log-odds ln((1 + e^a)^k - 1), written to be stable.
        grown = self.exposure * np.logaddexp(0.0, inner)
        return grown + np.log(-np.expm1(-grown))

    def probability(self, raw: Array) -> Array:
        """Return the calibrated probability over the horizon."""
        return sigmoid(self.log_odds(raw))


@dataclass(frozen=True, slots=True)
class Term:
    """One additive term: log-odds at knots, linear between them and constant outside.

    ``missing`` is the log-odds where the feature is unknown. Every term has mean 0 over the cells
    it was fitted on, so that a term reads as "against an average candidate".
    """

    feature: str
    knots: tuple[float, ...]
    log_odds: tuple[float, ...]
    missing: float = 0.0

    def __call__(self, values: npt.NDArray[np.floating]) -> Array:
        """Return the contribution of each value, shape of ``values``."""
        result = np.interp(values, self.knots, self.log_odds)
        return np.where(np.isnan(values), self.missing, result)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One line of an explanation; lines of one cell sum to its log-odds."""

    feature: str
    label_zh: str
    label_en: str
    value: float | None
    unit: str
    log_odds: float


class EntryModel(Protocol):
    """Anything that turns the features of candidate cells into probabilities."""

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features it needs."""
        ...

    def predict(self, features: Features) -> Array:
        """Return (n,) probabilities over the horizon."""
        ...


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """The explainable model: intercept, terms, calibration, and where they come from."""

    intercept: float
    terms: tuple[Term, ...]
    calibration: Calibration = field(default_factory=Calibration)
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features it needs, in the order of the terms."""
        return tuple(term.feature for term in self.terms)

    def raw(self, features: Features) -> Array:
        """Return (n,) log-odds before calibration."""
        _need(self.features, features.names)
        total = np.full(len(features.values), self.intercept)
        for term in self.terms:
            total += term(features.column(term.feature))
        return total

    def predict(self, features: Features) -> Array:
        """Return (n,) calibrated probabilities over the horizon.

        Raises:
            JiqunError: ``E-ENTRY-FEATURES`` when a feature of the model is not in the table.
        """
        return self.calibration.probability(self.raw(features))

    def contributions(self, features: Features) -> Array:
        """Return (n, k + 2) terms whose rows sum to the calibrated log-odds.

        Column 0 is the average candidate, column 1 the calibration to observed frequencies over
        the horizon, then one column per term.
        """
        raw = self.raw(features)
        base = np.full(len(raw), self.intercept)
        columns = [term(features.column(term.feature)) for term in self.terms]
        return np.column_stack([base, self.calibration.log_odds(raw) - raw, *columns])

    def explain(self, features: Features, row: int) -> tuple[Contribution, ...]:
        """Return the terms of one candidate: base, calibration, then the largest first."""
        one = features.rows(np.array([row], dtype=np.int64))
        base, calibration, *parts = (float(part) for part in self.contributions(one)[0])
        years = self.calibration.horizon
        head = (
            Contribution("base", "平均候选行业的起点", "average candidate", None, "ln odds", base),
            Contribution(
                "calibration",
                f"按 {years} 年内实际频率校准",
                f"calibration to observed frequencies over {years} years",
                float(years),
                "years",
                calibration,
            ),
        )
        lines: list[Contribution] = []
        for name, part in zip(self.features, parts, strict=True):
            spec, value = SPEC_BY_NAME[name], float(one.column(name)[0])
            known = None if np.isnan(value) else value
            lines.append(Contribution(name, spec.label_zh, spec.label_en, known, spec.unit, part))
        return (*head, *sorted(lines, key=lambda line: -abs(line.log_odds)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; floats keep all their digits."""
        return {
            "intercept": self.intercept,
            "terms": [
                {
                    "feature": term.feature,
                    "knots": list(term.knots),
                    "log_odds": list(term.log_odds),
                    "missing": term.missing,
                }
                for term in self.terms
            ],
            "calibration": asdict(self.calibration),
            "provenance": dict(self.provenance),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AdditiveModel:
        """Return the model that :meth:`to_dict` wrote."""
        terms = tuple(
            Term(
                str(term["feature"]),
                tuple(map(float, term["knots"])),
                tuple(map(float, term["log_odds"])),
                float(term["missing"]),
            )
            for term in data["terms"]
        )
        saved = dict(data["calibration"])
        saved |= {key: tuple(map(float, saved[key])) for key in ("raw", "calibrated")}
        calibration = Calibration(**saved)
        return cls(float(data["intercept"]), terms, calibration, dict(data["provenance"]))


@dataclass(frozen=True, slots=True)
class ModelSet:
    """One fitted model per set of features that may be available, the richest first.

    ``null`` uses expected size alone: it is what a person would say without any model, and its
    probability and rank stand beside every figure of the others.
    """

    name: str
    variants: tuple[AdditiveModel, ...]
    null: AdditiveModel
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def choose(self, available: Sequence[str]) -> AdditiveModel:
        """Return the first variant whose features are all available.

        Raises:
            JiqunError: ``E-ENTRY-FEATURES`` when no variant fits.
        """
        for model in self.variants:
            if set(model.features) <= set(available):
                return model
        raise _lacking(self.variants[-1].features, available)

    def to_json(self) -> str:
        """Return the portable text form."""
        data = {
            "format": FORMAT,
            "name": self.name,
            "provenance": dict(self.provenance),
            "null": self.null.to_dict(),
            "variants": [model.to_dict() for model in self.variants],
        }
        return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelSet:
        """Return the set that :meth:`to_json` wrote.

        Raises:
            JiqunError: ``E-ENTRY-FORMAT`` when the text is of another format.
        """
        data: dict[str, Any] = json.loads(text)
        if data.get("format") != FORMAT:
            raise JiqunError(
                "E-ENTRY-FORMAT",
                f"模型文件格式为 {data.get('format')!r}, 需要 {FORMAT!r}。",
                f"The model file has format {data.get('format')!r}; {FORMAT!r} is needed.",
                hint_zh="请使用与本版本配套的模型文件。",
                hint_en="Use the model file that belongs to this version.",
            )
        return cls(
            str(data["name"]),
            tuple(AdditiveModel.from_dict(model) for model in data["variants"]),
            AdditiveModel.from_dict(data["null"]),
            dict(data["provenance"]),
        )


def shipped_models(name: str) -> ModelSet:
    """Return one of the fitted sets that come with the package.

    Args:
        name: one of ``SHIPPED``.

    Raises:
        JiqunError: ``E-ENTRY-MODEL`` for another name.
    """
    if name not in SHIPPED:
        raise JiqunError(
            "E-ENTRY-MODEL",
            f"没有名为 {name!r} 的随附模型。",
            f"No model named {name!r} is shipped.",
            hint_zh="可用: " + ", ".join(SHIPPED),
            hint_en="Available: " + ", ".join(SHIPPED),
            kind=Kind.NOT_FOUND,
        )
    path = resources.files("jiqun.engine.regional.entry").joinpath("models", f"{name}.json")
    return ModelSet.from_json(path.read_text(encoding="utf-8"))


def sigmoid(log_odds: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * log_odds))


def rank_in_region(
    scores: npt.NDArray[np.floating], region_index: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Return (n,) ranks from 1 within each region, the highest score first; ties keep order."""
    order = np.lexsort((-scores, region_index))
    regions = region_index[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(regions)) + 1])
    lengths = np.diff(np.concatenate([starts, [len(regions)]]))
    ranks = np.empty(len(regions), np.int64)
    ranks[order] = np.arange(len(regions)) - np.repeat(starts, lengths) + 1
    return ranks


def null_score(features: Features) -> Array:
    """Return (n,) the size x size null: the log of the size expected from both totals."""
    return features.column("expected_size").astype(np.float64)


def _need(wanted: Sequence[str], available: Sequence[str]) -> None:
    if not set(wanted) <= set(available):
        raise _lacking(wanted, available)


def _lacking(wanted: Sequence[str], available: Sequence[str]) -> JiqunError:
    names = ", ".join(name for name in wanted if name not in available)
    return JiqunError(
        "E-ENTRY-FEATURES",
        f"缺少模型需要的特征: {names}",
        f"The model needs features that are not in the table: {names}",
        hint_zh="请改用不需要这些特征的模型变体 (ModelSet.choose)。",
        hint_en="Choose a variant that does without them (ModelSet.choose).",
    )
