"""Which share of an input a county can buy at home: location-quotient methods and their spread.

Sources: Miller and Blair, *Input–Output Analysis* (2nd ed. 2009) ch. 8 for SLQ and CILQ; Flegg
and Webber, Regional Studies 31 (1997) and 34 (2000) for FLQ. No δ is right everywhere: it says how
open the region is. It is therefore a parameter, fitted on the county's own invoices where there
are any, and the spread of the methods is reported as uncertainty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


class Method(StrEnum):
    """Location-quotient methods of regionalisation."""

    SLQ = "slq"
    CILQ = "cilq"
    FLQ = "flq"


@dataclass(frozen=True, slots=True)
class LocalSize:
    """Size of each sector in the region, as bounds, and in the nation; jobs or output.

    A disclosed sector has ``low == high``. An undisclosed one has its disclosure bounds, or NaN
    where nothing is known; its purchase shares are then an interval, never zero.
    """

    low: Array  # (n,)
    high: Array  # (n,)
    national: Array  # (n,)
    region_total: float | None = None  # the published total, if any


@dataclass(frozen=True, slots=True)
class Shares:
    """Regional purchase shares in [0, 1]; rows are sellers, columns are buyers.

    NaN in the column of a sector that the region does not have: nobody buys there.
    """

    low: Array  # (n, n)
    high: Array  # (n, n)


@dataclass(frozen=True, slots=True)
class Spread:
    """The shares under several methods: smallest, median of the middles, largest, (n, n) each."""

    low: Array
    median: Array
    high: Array
    methods: tuple[str, ...]


def local_size(
    low: ArrayLike, high: ArrayLike, national: ArrayLike, *, region_total: float | None = None
) -> LocalSize:
    """Check and return the sizes; NaN bounds become [0, ∞).

    Raises:
        JiqunError: E-REGIONAL-SIZE when a lower bound exceeds its upper bound, a bound is
            negative, the shapes differ, or a national value is not positive where the region
            has the sector.
    """
    lower = np.nan_to_num(np.asarray(low, dtype=np.float64), nan=0.0)
    upper = np.nan_to_num(np.asarray(high, dtype=np.float64), nan=np.inf, posinf=np.inf)
    nation = np.asarray(national, dtype=np.float64)
    same = lower.shape == upper.shape == nation.shape
    if (
        not same
        or (lower < 0).any()
        or (lower > upper).any()
        or ((lower > 0) & ~(nation > 0)).any()
    ):
        raise JiqunError(
            "E-REGIONAL-SIZE",
            "地区各部门规模的上下界有误：长度不一、为负、下界大于上界，或全国没有该部门。",
            "The bounds of the region's sectors are wrong: different lengths, negative, lower "
            "above upper, or a sector that the nation does not have.",
            hint_zh="请核对行业对应与披露上下界。",
            hint_en="Check the concordance and the disclosure bounds.",
        )
    return LocalSize(lower, upper, nation, region_total)


def purchase_shares(size: LocalSize, method: Method, *, delta: float = 0.25) -> Shares:
    """Return the regional purchase shares of one method.

    ``SLQ_i`` is the location quotient of the seller. ``CILQ_ij = SLQ_i / SLQ_j`` compares seller
    and buyer; on the diagonal it is replaced by SLQ. ``FLQ = CILQ × λ`` with
    ``λ = log2(1 + region / nation) ** δ``. Every quotient is cut at 1.

    Args:
        size: from :func:`local_size`.
        method: one of :class:`Method`.
        delta: δ of FLQ; unused otherwise.
    """
    slq_low, slq_high, ratio_low, ratio_high = _quotients(size)
    rows = size.low.size
    if method is Method.SLQ:
        low = np.repeat(slq_low[:, None], rows, axis=1)
        high = np.repeat(slq_high[:, None], rows, axis=1)
    else:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            low = np.nan_to_num(ratio_low[:, None] / ratio_high, nan=0.0, posinf=np.inf)
            high = ratio_high[:, None] / ratio_low
        # 0/0: the buyer may be tiny and the seller absent, or both hidden.
        high = np.where(np.isnan(high), np.where(ratio_high[:, None] > 0, np.inf, 0.0), high)
        np.fill_diagonal(low, slq_low)
        np.fill_diagonal(high, slq_high)
    if method is Method.FLQ:
        small, large = _relative_size(size)
        low = low * np.log2(1.0 + small) ** delta
        high = high * np.log2(1.0 + large) ** delta
    absent = (size.high == 0)[None, :]
    return Shares(
        np.where(absent, np.nan, np.clip(low, 0.0, 1.0)),
        np.where(absent, np.nan, np.clip(high, 0.0, 1.0)),
    )


def _quotients(size: LocalSize) -> tuple[Array, Array, Array, Array]:
    """Return bounds of SLQ and of local / national size, each (n,)."""
    nation = size.national.sum()
    exists = size.national > 0
    ratio_low = np.divide(size.low, size.national, out=np.zeros_like(size.low), where=exists)
    ratio_high = np.divide(size.high, size.national, out=np.zeros_like(size.low), where=exists)
    if size.region_total is not None:
        scale = nation / size.region_total
        return ratio_low * scale, ratio_high * scale, ratio_low, ratio_high
    others_low = size.low.sum() - size.low
    hidden = np.isinf(size.high)
    finite = np.where(hidden, 0.0, size.high)
    others_high = np.where(hidden.sum() - hidden > 0, np.inf, finite.sum() - finite)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_low = np.nan_to_num(size.low / (size.low + others_high), nan=0.0)
        share_high = np.where(hidden, 1.0, np.nan_to_num(finite / (finite + others_low)))
    share = np.divide(size.national, nation)
    slq_low = np.divide(share_low, share, out=np.zeros_like(share), where=exists)
    slq_high = np.divide(share_high, share, out=np.zeros_like(share), where=exists)
    return slq_low, slq_high, ratio_low, ratio_high


def _relative_size(size: LocalSize) -> tuple[float, float]:
    nation = float(size.national.sum())
    if size.region_total is not None:
        known = size.region_total / nation
        return known, known
    return min(1.0, float(size.low.sum()) / nation), min(1.0, float(size.high.sum()) / nation)


def spread(
    size: LocalSize, *, deltas: Sequence[float] = (0.1, 0.25), weights: Array | None = None
) -> Spread:
    """Return smallest, median and largest share over SLQ, CILQ and FLQ with each δ.

    Args:
        size: from :func:`local_size`.
        deltas: values of δ for FLQ.
        weights: optional national coefficients, shape (n, n), to return regional coefficients
            instead of shares.
    """
    named = [("slq", purchase_shares(size, Method.SLQ))]
    named.append(("cilq", purchase_shares(size, Method.CILQ)))
    named += [(f"flq({d:g})", purchase_shares(size, Method.FLQ, delta=d)) for d in deltas]
    low = np.stack([shares.low for _, shares in named])
    high = np.stack([shares.high for _, shares in named])
    factor = 1.0 if weights is None else weights
    return Spread(
        low=low.min(axis=0) * factor,
        median=np.median((low + high) / 2.0, axis=0) * factor,
        high=high.max(axis=0) * factor,
        methods=tuple(name for name, _ in named),
    )


def fit_delta(
    size: LocalSize, observed: Array, purchases: Array, *, steps: int = 101
) -> tuple[float, float]:
    """Fit δ of FLQ to observed local purchase shares by weighted least squares.

    Args:
        size: from :func:`local_size`; the middle of the bounds is used.
        observed: observed local share of each flow, shape (n, n), NaN where not observed.
        purchases: observed total purchases of each flow, the weights, shape (n, n).
        steps: number of values tried between 0 and 1.

    Returns:
        δ and the weighted root mean square error of the shares.

    Raises:
        JiqunError: E-REGIONAL-NO-OBSERVATION when no flow has an observed share.
    """
    known = np.isfinite(observed) & (purchases > 0) & (size.high > 0)[None, :]
    if not known.any():
        raise JiqunError(
            "E-REGIONAL-NO-OBSERVATION",
            "没有可用的采购观测，无法估计 δ。",
            "There is no observed purchase to fit δ on.",
            hint_zh="请载入发票或采购表，或直接指定 δ 并查看各方法的离散范围。",
            hint_en="Load invoices or purchases, or set δ and look at the spread of the methods.",
        )
    weight = purchases[known] / purchases[known].sum()
    best = (0.0, np.inf)
    for delta in np.linspace(0.0, 1.0, steps).tolist():
        shares = purchase_shares(size, Method.FLQ, delta=delta)
        middle = (shares.low[known] + shares.high[known]) / 2.0
        error = float(np.sqrt((weight * (middle - observed[known]) ** 2).sum()))
        if error < best[1]:
            best = (delta, error)
    return best


def shrink_shares(prior: Array, local: Array, total: Array, *, prior_weight: float) -> Array:
    """Blend observed purchases with a method's shares, more where observations are thin.

    ``(local + w × prior) / (total + w)``: the mean of a Beta posterior.

    Args:
        prior: shares of a method, (n, n).
        local: observed local purchases, (n, n), 0 where none were seen.
        total: observed purchases from anywhere, (n, n).
        prior_weight: purchases (in the same unit) that count as much as the prior.
    """
    return (local + prior_weight * prior) / (total + prior_weight)
