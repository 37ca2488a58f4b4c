"""Per sector: what the place makes, what it needs, and how certain both are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jiqun.core.access import MINIMUM_FIRMS
from jiqun.engine.regional import tiers
from jiqun.modules.chain.analysis.inputs import Activity, Flags, Floats, Links
from jiqun.modules.chain.analysis.params import ChainParams


@dataclass(frozen=True, slots=True)
class SectorState:
    """Per sector of the input–output table: local supply and demand, and how certain they are."""

    output_low: Floats
    output_high: Floats
    demand: Floats
    coverage_low: Floats
    coverage_high: Floats
    status: np.ndarray[Any, np.dtype[np.str_]]
    hidden: Flags
    in_scope: Flags
    count: Floats
    published_size: Floats
    high_size: Floats
    neighbour_gap: Floats
    plant_output: Floats
    private: Floats


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part ÷ whole, unknown where the whole is not positive."""
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _upper(activity: Activity, weights: Floats) -> Floats:
    """Upper ends by sector; unknown where any member that exists in the nation is unknown.

    A member without any published activity in the whole reference area cannot be sized and is
    left out of both the place's and the nation's side.
    """
    unknown = np.isnan(activity.high)
    open_ended = (unknown & (activity.national_size > 0)).astype(float) @ weights > 0
    return np.where(open_ended, np.nan, np.where(unknown, 0.0, activity.high) @ weights)


def output_per_unit(activity: Activity, links: Links) -> Floats:
    """Output of each sector per unit of activity, shape (s,).

    Where activity is output itself and in the table's money, a unit is a unit. Else a worker or an
    establishment stands for the nation's output per worker or establishment of the sector.
    """
    if activity.measure == "output" and links.home:
        return np.ones(len(links.sectors))
    return np.nan_to_num(ratio(links.output, activity.national_size @ links.weights))


def private_members(activity: Activity) -> Flags:
    """Industries whose figures are for officials only: withheld, or of one to four makers.

    With them a sum over a sector, its coverage and its bounds are for officials too, because
    what is published of the other members would give the rest away.
    """
    few = (activity.count > 0) & (activity.count < MINIMUM_FIRMS)
    return activity.evident | few


def sector_state(activity: Activity, links: Links, params: ChainParams) -> SectorState:
    """Spread the place's activity over the sectors and compare supply with intermediate demand.

    A sector's local output is the activity of the industries that make it times the output that a
    unit of activity stands for (``output_per_unit``). What is withheld widens the interval; a sector of
    which less is published than may be withheld is undisclosed, whatever its interval says,
    because a class read off one or two withheld plants would undo the withholding. A sector with
    makers is weak at the worst. Missing means that nobody is known to make it: where small cells
    are left out of a table, that the few who may be left out could not cover the least share.
    """
    weights = links.weights
    published = np.nan_to_num(activity.size) @ weights
    low, high = activity.low @ weights, _upper(activity, weights)
    per_unit = output_per_unit(activity, links)
    output_low, output_high = low * per_unit, high * per_unit
    demand = links.A @ output_low
    usable = links.intermediate_share
    own = np.diag(links.A)
    coverage_low = ratio(usable * output_low, demand)
    coverage_high = ratio(usable * output_high, demand + own * (output_high - output_low))
    hidden = (high - low > published) & (high > low)
    status = tiers.coverage_class(
        coverage_low, coverage_high, hidden=hidden, params=params.supporting
    )
    count = np.nan_to_num(activity.count) @ weights
    status = np.where(
        ~hidden & (status == "missing") & (count > 0), tiers.Coverage.WEAK.value, status
    )
    evident = activity.evident.astype(float) @ weights > 0
    there = (hidden & ((status != "missing") | (count > 0))) | (
        evident & np.isin(status, ["missing", "unknown"])
    )
    status = np.where(there, tiers.Coverage.UNDISCLOSED.value, status)
    scope_weight = np.where(activity.in_scope[:, None], weights, 0).sum(axis=0)
    neighbour_output = (activity.neighbour_size @ weights) * per_unit
    neighbour_gap = np.maximum(links.A @ neighbour_output - usable * neighbour_output, 0)
    return SectorState(
        output_low=output_low,
        output_high=output_high,
        demand=demand,
        coverage_low=coverage_low,
        coverage_high=coverage_high,
        status=status,
        hidden=hidden,
        in_scope=scope_weight > 0.5 * weights.sum(axis=0),
        count=count,
        published_size=published,
        high_size=high,
        neighbour_gap=neighbour_gap,
        private=private_members(activity).astype(float) @ (weights > 0),
        plant_output=ratio(
            (activity.national_size @ weights) * per_unit, activity.national_count @ weights
        ),
    )
