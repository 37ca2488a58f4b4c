"""Location quotients, their uncertainty, and indices of specialisation.

Unknown cells are NaN and stay NaN: a suppressed or missing cell is never read as zero.

Sources: Farhauer and Kröll, *Standorttheorien* (2013, 2014) for the textbook definitions and
worked examples; Litzenberger and Sternberg, Geographische Zeitschrift 94 (2006) for the cluster
index; Clayton and Kaldor, Biometrics 43 (1987) for the gamma–Poisson shrinkage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from jiqun.errors import JiqunError

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


def expected_cells(
    cells: ArrayLike,
    *,
    region_total: ArrayLike | None = None,
    industry_total: ArrayLike | None = None,
    grand_total: float | None = None,
) -> Array:
    """Return what each cell would hold at the national structure: region × industry / total.

    Args:
        cells: values, shape (R, I); NaN is unknown.
        region_total: shape (R,); by default the sum of the known cells of the region.
        industry_total: shape (I,); by default the sum of the known cells of the industry.
        grand_total: by default the sum of the industry totals.

    Returns:
        Expected values, shape (R, I), in the unit of the cells.
    """
    region, industry, grand = _totals(
        np.asarray(cells, dtype=np.float64), region_total, industry_total, grand_total
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return region[:, None] * (industry / grand)


def location_quotient(
    cells: ArrayLike,
    *,
    region_total: ArrayLike | None = None,
    industry_total: ArrayLike | None = None,
    grand_total: float | None = None,
) -> Array:
    """Return ``(cell / region total) / (industry total / grand total)``.

    Give the totals to evaluate one county against a reference area of which it is a part, or
    where published totals contain cells that are themselves suppressed. Without them the totals
    are the sums of the known cells, which are too low where cells are unknown.

    Args:
        cells: values, shape (R, I), one row per region; NaN is unknown.
        region_total: shape (R,).
        industry_total: shape (I,).
        grand_total: one number.

    Returns:
        Location quotients, shape (R, I). NaN where the cell is unknown or a total is zero.
    """
    values = np.asarray(cells, dtype=np.float64)
    region, industry, grand = _totals(values, region_total, industry_total, grand_total)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = values / region[:, None]
        quotient /= industry / grand
    if not region.all() or not industry.all():
        quotient[region == 0, :] = np.nan
        quotient[:, industry == 0] = np.nan
    return quotient


def _totals(
    values: Array,
    region_total: ArrayLike | None,
    industry_total: ArrayLike | None,
    grand_total: float | None,
) -> tuple[Array, Array, float]:
    if values.ndim != 2:
        raise JiqunError(
            "E-QUOTIENT-SHAPE",
            f"区位商需要“地区×行业”的二维表，收到 {values.ndim} 维。",
            f"A location quotient needs a region × industry table; got {values.ndim} dimensions.",
            hint_zh="单个地区请写成一行，并给出参照区的各项合计。",
            hint_en="Pass one region as one row, together with the totals of the reference area.",
        )
    industry = _known_sum(values, 0) if industry_total is None else _vector(industry_total)
    region = _known_sum(values, 1) if region_total is None else _vector(region_total)
    if grand_total is None:
        grand_total = float(industry.sum())
    return region, industry, grand_total


def _known_sum(values: Array, axis: int) -> Array:
    total = values.sum(axis=axis)
    return np.nansum(values, axis=axis) if np.isnan(total).any() else total


def _vector(total: ArrayLike) -> Array:
    return np.atleast_1d(np.asarray(total, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class GammaPrior:
    """Prior of the true location quotient: Gamma(shape, rate), mean ``shape / rate``.

    ``shape`` and ``rate`` are scalars (pooled) or one per industry, shape (I,).
    """

    shape: Array
    rate: Array


@dataclass(frozen=True, slots=True)
class QuotientPosterior:
    """What a count tells about a location quotient; every array has the shape of the counts."""

    mean: Array
    low: Array
    high: Array
    probability: Array
    threshold: float
    level: float


def fit_prior(
    counts: ArrayLike, expected: ArrayLike, *, per_industry: bool = True, pooled_weight: float = 5.0
) -> GammaPrior:
    """Fit the gamma prior of the location quotient by the method of moments.

    With ``e ~ Poisson(LQ × expected)`` and ``LQ ~ Gamma(a, b)``, the mean of LQ is estimated by
    ``Σe/Σexpected`` and its variance by a weighted mean of
    ``((e − m·expected)² − m·expected) / expected²``. The moments vectorise over a thousand
    industries and need no optimiser whose failures would have to be explained to the reader of a
    county report; with the weights of :func:`_moments` they lose little against likelihood.

    The prior is per industry, because industries differ greatly in how uneven they are, and its
    variance is drawn towards the pooled one with the weight of ``pooled_weight`` regions, so that
    an industry seen in three counties does not get a prior of its own. Industries without any
    over-dispersion get the pooled variance.

    Args:
        counts: establishments, firms or jobs, shape (R, I); NaN is unknown and left out. Counts
            must be counts: persons employed by one firm are not independent, so prefer firms.
        expected: expected counts at the national structure, shape (R, I).
        per_industry: False gives one prior for all industries.
        pooled_weight: weight of the pooled variance, in regions.

    Returns:
        The prior, with arrays of shape (I,), or of shape () when pooled.
    """
    count, expect = _known(counts, expected)
    pooled_mean, pooled_variance = _moments(count.ravel(), expect.ravel())
    if not per_industry:
        return GammaPrior(pooled_mean**2 / pooled_variance, pooled_mean / pooled_variance)
    mean, variance = _moments(count, expect)
    mean = np.where(mean > 0, mean, pooled_mean)
    seen = (count > 0).sum(axis=0)
    variance = (seen * variance + pooled_weight * pooled_variance) / (seen + pooled_weight)
    return GammaPrior(mean**2 / variance, mean / variance)


def _known(counts: ArrayLike, expected: ArrayLike) -> tuple[Array, Array]:
    count = np.asarray(counts, dtype=np.float64)
    expect = np.broadcast_to(np.asarray(expected, dtype=np.float64), count.shape)
    hidden = np.isnan(count) | np.isnan(expect)
    return np.where(hidden, 0.0, count), np.where(hidden, 0.0, expect)


def _moments(count: Array, expect: Array) -> tuple[Array, Array]:
    """Mean and variance of the true quotient, over the first axis; variance at least 1e-3 mean².

    Each region gives one unbiased guess of the variance; they are averaged with the inverse of
    their own sampling variance, which needs the answer, hence three rounds.
    """
    total = expect.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nan_to_num(count.sum(axis=0) / total)
        surplus = (count - mean * expect) ** 2 - mean * expect
        variance = mean**2
        for _ in range(3):
            weight = 1.0 / (mean + variance * expect) ** 2
            guess = (weight * surplus).sum(axis=0) / (weight * expect**2).sum(axis=0)
            variance = np.maximum(np.nan_to_num(guess), np.maximum(1e-3 * mean**2, 1e-12))
    return mean, variance


def quotient_posterior(
    counts: ArrayLike,
    expected: ArrayLike,
    prior: GammaPrior,
    *,
    threshold: float = 1.5,
    level: float = 0.90,
) -> QuotientPosterior:
    """Return mean, credible interval and ``P(LQ > threshold)`` of each location quotient.

    The posterior is ``Gamma(a + e, b + expected)``. A county of thirty firms cannot fluke: one
    firm where a tenth was expected gives a raw quotient of 10 but little probability.

    This is for *reporting* the quotient of a small place. As an input of relatedness it makes
    forecasts worse than the plain presence; do not use it there.

    Args:
        counts: shape (R, I), NaN unknown.
        expected: expected counts at the national structure, shape (R, I).
        prior: from :func:`fit_prior`.
        threshold: the quotient to exceed.
        level: mass of the central credible interval, in (0, 1).

    Returns:
        Arrays of shape (R, I); NaN where the count is unknown.
    """
    count = np.asarray(counts, dtype=np.float64)
    shape = prior.shape + count
    rate = prior.rate + np.asarray(expected, dtype=np.float64)
    tail = (1.0 - level) / 2.0
    return QuotientPosterior(
        mean=shape / rate,
        low=special.gammaincinv(shape, tail) / rate,
        high=special.gammaincinv(shape, 1.0 - tail) / rate,
        probability=special.gammaincc(shape, rate * threshold),
        threshold=threshold,
        level=level,
    )


def krugman_specialisation(region: ArrayLike, reference: ArrayLike) -> Array:
    """Return Krugman's index ``Σ|share − reference share|``, from 0 (same) to 2 (disjoint).

    Args:
        region: values by industry, shape (I,) or (R, I); a region with an unknown cell gives NaN.
        reference: values by industry, shape (I,), or several reference regions (L, I), whose
            *shares* are averaged without weights.

    Returns:
        Shape () or (R,).
    """
    shares = _shares(np.asarray(region, dtype=np.float64))
    others = np.atleast_2d(_shares(np.asarray(reference, dtype=np.float64))).mean(axis=0)
    return np.abs(shares - others).sum(axis=-1)


def herfindahl(values: ArrayLike, *, normalised: bool = False) -> Array:
    """Return the Herfindahl index ``Σ share²`` along the last axis.

    Args:
        values: shape (..., n); a NaN makes the result NaN.
        normalised: rescale from ``[1/n, 1]`` to ``[0, 1]``.
    """
    array = np.asarray(values, dtype=np.float64)
    index = (_shares(array) ** 2).sum(axis=-1)
    if not normalised:
        return index
    floor = 1.0 / array.shape[-1]
    return (index - floor) / (1.0 - floor)


def _shares(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / values.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Area (any unit) and population (any unit) of the regions, and of the whole country."""

    area: Array
    population: Array
    total_area: float
    total_population: float


def litzenberger_index(jobs: ArrayLike, firms: ArrayLike, place: Place) -> Array:
    """Return the cluster index of Litzenberger and Sternberg (2006).

    The product of industrial density (jobs per area), industrial stock (jobs per inhabitant) and
    relative plant size (jobs per firm), each divided by the national value of the industry; the
    plant size enters inversely, so that many small firms make a cluster and one large one not.

    Args:
        jobs: employment, shape (R, I), all regions of the country; NaN unknown.
        firms: number of firms, shape (R, I).
        place: area and population, shape (R,).

    Returns:
        Shape (R, I); NaN where unknown.
    """
    job = np.asarray(jobs, dtype=np.float64)
    firm = np.asarray(firms, dtype=np.float64)
    return litzenberger_from_totals(
        job, firm, place, job_total=np.nansum(job, axis=0), firm_total=np.nansum(firm, axis=0)
    )


def litzenberger_from_totals(
    jobs: ArrayLike,
    firms: ArrayLike,
    place: Place,
    *,
    job_total: ArrayLike,
    firm_total: ArrayLike,
) -> Array:
    """Return the cluster index of one or several regions, given the national totals (I,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        job_share = np.asarray(jobs, dtype=np.float64) / np.asarray(job_total, dtype=np.float64)
        firm_share = np.asarray(firms, dtype=np.float64) / np.asarray(firm_total, dtype=np.float64)
        area_share = (place.area / place.total_area)[:, None]
        people_share = (place.population / place.total_population)[:, None]
        # (jobs/area) × (jobs/people) ÷ (jobs/firm) = jobs × firms ÷ (area × people), in shares.
        return job_share * firm_share / (area_share * people_share)
