"""How concentrated an industry is in space, beyond what a few large plants explain.

Sources: Ellison and Glaeser, Journal of Political Economy 105 (1997); Farhauer and Kröll,
*Standorttheorien* (2013, 2014) for the Gini coefficient of location and the worked examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class EllisonGlaeser:
    """The index and its ingredients, each of shape (I,); NaN where the industry is not known."""

    gamma: Array
    raw: Array  # G = Σ_r (s_r − x_r)²
    plant_herfindahl: Array  # H = Σ_k z_k²
    evenness: Array  # 1 − Σ_r x_r²


def plant_herfindahl(sizes: ArrayLike, industry: npt.NDArray[np.intp], *, industries: int) -> Array:
    """Return ``Σ share²`` of plants within each industry, shape (I,).

    Args:
        sizes: employment of each plant, shape (K,); a NaN makes its industry NaN.
        industry: number of the industry of each plant, shape (K,), from 0.
        industries: I. An industry without plants gives NaN.
    """
    size = np.asarray(sizes, dtype=np.float64)
    total = np.bincount(industry, weights=size, minlength=industries)
    square = np.bincount(industry, weights=size**2, minlength=industries)
    with np.errstate(divide="ignore", invalid="ignore"):
        return square / total**2


def ellison_glaeser(
    cells: ArrayLike, region_share: ArrayLike, herfindahl: ArrayLike
) -> EllisonGlaeser:
    """Return the agglomeration index γ of every industry.

    ``γ = (G/E − H) / (1 − H)`` with ``G = Σ(s − x)²`` and ``E = 1 − Σx²``. γ = 0 is a dartboard,
    above 0.05 is usually called concentrated, below 0.02 not.

    Args:
        cells: employment, shape (R, I); an industry with an unknown cell gives NaN.
        region_share: employment of each region over all industries, shape (R,); need not sum
            to 1.
        herfindahl: plant Herfindahl index, shape (I,), from :func:`plant_herfindahl`.

    Returns:
        γ and its ingredients; NaN where one plant is the whole industry (H = 1).
    """
    values = np.asarray(cells, dtype=np.float64)
    region = np.asarray(region_share, dtype=np.float64)
    share = region / region.sum()
    plants = np.asarray(herfindahl, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        industry_share = values / values.sum(axis=0)
        raw = ((industry_share - share[:, None]) ** 2).sum(axis=0)
        even = 1.0 - (share**2).sum()
        gamma = np.where(plants < 1.0, (raw / even - plants) / (1.0 - plants), np.nan)
    return EllisonGlaeser(gamma, raw, plants, np.full_like(raw, even))


def locational_gini(cells: ArrayLike, region_total: ArrayLike, *, weighted: bool = True) -> Array:
    """Return the Gini coefficient of location of every industry, shape (I,).

    Regions are ordered by location quotient; the coefficient is twice the area between the
    diagonal and the Lorenz curve of the industry's shares over the regions' shares. 0 is a
    distribution like that of all jobs; the maximum is 1 minus the share of the smallest region.
    Transposed inputs give the Gini coefficient of specialisation of a region.

    Args:
        cells: shape (R, I); an industry with an unknown cell gives NaN.
        region_total: all jobs of each region, shape (R,), positive.
        weighted: True weighs a region by its share, so that cutting a region into two equal ones
            changes nothing. False is the textbook form of Farhauer and Kröll, the plain Gini
            coefficient of the location quotients, in which every region counts the same.
    """
    values = np.asarray(cells, dtype=np.float64)
    base = np.asarray(region_total, dtype=np.float64)
    reference = base / base.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = values / values.sum(axis=0)
    quotient = share / reference[:, None]
    if not weighted:
        return _plain_gini(quotient)
    order = np.argsort(quotient, axis=0, kind="stable")
    height = np.cumsum(np.take_along_axis(share, order, axis=0), axis=0)
    below = np.vstack((np.zeros((1, values.shape[1])), height[:-1]))
    return 1.0 - (reference[order] * (below + height)).sum(axis=0)


def _plain_gini(values: Array) -> Array:
    count = values.shape[0]
    ordered = np.sort(values, axis=0)
    rank = np.arange(1, count + 1)[:, None]
    mean = ordered.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2.0 * (rank * (ordered - mean)).sum(axis=0) / (count**2 * mean)
