"""Refit the entry model on the user's own history, and prove it before any list is shown.

With three or more periods the proof is out of time: fitted on the first step, judged on the last
period. With two periods only, half of the regions are fitted and the other half judged, which is
weaker and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from jiqun.engine.regional.entry.arrays import BoolArray
from jiqun.engine.regional.entry.backtest import BacktestResult, Window, backtest
from jiqun.engine.regional.entry.features import BaseYear, Features, entered, entry_features
from jiqun.engine.regional.entry.fit import FitSettings, Horizon, check_events, fit_additive
from jiqun.engine.regional.entry.model import AdditiveModel, ModelSet
from jiqun.engine.regional.entry.specs import Family
from jiqun.errors import JiqunError


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a history: its year and its table, all periods with the same axes."""

    year: int
    base: BaseYear


@dataclass(frozen=True, slots=True)
class Refit:
    """Models for the next horizon and the back-test that speaks for them.

    ``design`` is ``out_of_time`` or ``held_out_regions``.
    """

    models: ModelSet
    backtest: BacktestResult
    design: str


def refit(
    history: Sequence[Period],
    *,
    name: str = "own-history",
    settings: FitSettings | None = None,
    boosted: bool = False,
) -> Refit:
    """Fit the entry model on a history and back-test it.

    The back-test fits first → second period and scores second → last. Where a period lies as many
    years after the first as the last after the second, it serves to calibrate the longer horizon;
    otherwise constant yearly hazard is assumed. The delivered models are then fitted on the
    latest window of the same length.

    Args:
        history: periods with equal axes, any order.
        name: of the delivered set.
        settings: how to fit.
        boosted: put gradient boosting into the back-test too.

    Raises:
        JiqunError: ``E-ENTRY-HISTORY`` with fewer than two periods or unequal axes;
            ``E-ENTRY-FEW-EVENTS`` when too few entries happened.
    """
    periods = sorted(history, key=lambda period: period.year)
    _check_history(periods)
    if len(periods) == 2:
        return _refit_two(periods, name, settings, boosted=boosted)
    first, second, last = periods[0], periods[1], periods[-1]
    years = last.year - second.year
    fit_table, score_table = entry_features(first.base), entry_features(second.base)
    target = entered(fit_table, second.base.sizes)
    ends = entered(score_table, last.base.sizes)
    later = [period for period in periods if period.year == first.year + years]
    outcome = entered(fit_table, later[0].base.sizes) if later and years > 1 else None
    result = backtest(
        Window(fit_table, target),
        Window(score_table, ends),
        horizon=Horizon(years, second.year - first.year, outcome),
        settings=settings,
        boosted=boosted,
    )
    window = {"window": f"{second.year}-{last.year}", "years": years, "design": "out_of_time"}
    models = _model_set(score_table, ends, name, settings, window)
    return Refit(models, result, "out_of_time")


def _refit_two(
    periods: Sequence[Period], name: str, settings: FitSettings | None, *, boosted: bool
) -> Refit:
    first, last = periods
    table = entry_features(first.base)
    target = entered(table, last.base.sizes)
    check_events(target)
    seed = (settings or FitSettings()).seed
    half = np.random.default_rng(seed).permutation(len(table.region_total)) % 2 == 0
    train = half[table.region_index]
    years = last.year - first.year
    result = backtest(
        Window(table.rows(train), target[train]),
        Window(table.rows(~train), target[~train]),
        horizon=Horizon(years, years),
        settings=settings,
        boosted=boosted,
    )
    window = {"window": f"{first.year}-{last.year}", "years": years, "design": "held_out_regions"}
    return Refit(_model_set(table, target, name, settings, window), result, "held_out_regions")


def fit_model_set(
    features: Features,
    target: BoolArray,
    *,
    name: str,
    years: int,
    settings: FitSettings | None = None,
    provenance: dict[str, Any] | None = None,
) -> ModelSet:
    """Fit every variant (all features; without the hidden remainder; without neighbours) and null.

    Raises:
        JiqunError: ``E-ENTRY-FEW-EVENTS`` below the smallest number of entries.
    """
    settings = settings or FitSettings()
    horizon = Horizon(years, years)
    tables = [features, features.without(Family.HIDDEN)]
    tables.append(tables[-1].without(Family.NEIGHBOUR))
    variants: dict[tuple[str, ...], AdditiveModel] = {}
    for table in tables:
        if table.names not in variants:
            variants[table.names] = fit_additive(table, target, horizon=horizon, settings=settings)
    straight = replace(settings, knots=2, penalties=(1.0,))
    null = fit_additive(features.only("expected_size"), target, horizon=horizon, settings=straight)
    return ModelSet(name, tuple(variants.values()), null, provenance or {})


def _model_set(
    table: Features,
    target: BoolArray,
    name: str,
    settings: FitSettings | None,
    window: dict[str, Any],
) -> ModelSet:
    years = int(window["years"])
    return fit_model_set(
        table, target, name=name, years=years, settings=settings, provenance=window
    )


def _check_history(periods: Sequence[Period]) -> None:
    years = [period.year for period in periods]
    shapes = {period.base.sizes.shape for period in periods}
    if len(periods) >= 2 and len(set(years)) == len(years) and len(shapes) == 1:
        return
    raise JiqunError(
        "E-ENTRY-HISTORY",
        f"自有历史需要至少两个不同年份且地区、行业一致; 现有年份 {years}, 表形状 {sorted(shapes)}。",
        "An own history needs at least two different years with equal regions and industries; "
        f"got years {years}, shapes {sorted(shapes)}.",
        hint_zh="请补充另一年份的地区×行业表, 或改用随附模型并注明其在别处验证。",
        hint_en="Add the table of another year, or use a shipped model and say that it was proven "
        "elsewhere.",
    )
