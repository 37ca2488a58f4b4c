"""Features of the cells (region x industry) that are absent in a base period.

The set follows the measured comparison on county data: expected size, relatedness densities
(Hidalgo et al. 2007, Science 317:482; nearest-industry variant with its weights really used),
low-rank fits, nearest counties and parent groups. Nothing here sees a later period, so a model
built on these features can be tested out of time.

"Absent" means *not published*: where a statistical office withholds small cells, a candidate may
hold up to threshold - 1 units. The feature family ``hidden`` uses what is known of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jiqun.engine.regional.complexity import proximity, relatedness_density
from jiqun.engine.regional.entry.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    group_membership,
    low_rank,
    nearest_regions,
)
from jiqun.engine.regional.entry.specs import SPEC_BY_NAME, Family
from jiqun.engine.regional.quotient import expected_cells, location_quotient
from jiqun.errors import JiqunError

MIN_REGIONS = 20
"""Relatedness is a comparison between regions; below this many there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class BaseYear:
    """One period of a panel, ready for the entry model.

    Attributes:
        sizes: (R, I) units per cell, 0 where nothing is published.
        parents: group index (I,) of each industry per parent level, nearest parent first.
        coordinates: (R, 2) longitude and latitude in degrees, NaN where unknown; None: unknown.
        published_parent: (R, G) published size of the nearest parent groups, 0 where withheld;
            None when there is no such table.
        undisclosed: (R, I) True where a unit is known to exist though its size is withheld; such
            a cell is never a candidate.
        threshold: smallest count that is published (3 for US counties since 2017, 1 for a
            complete registry).
    """

    sizes: npt.NDArray[np.floating]
    parents: Sequence[npt.NDArray[np.integer]] = ()
    coordinates: npt.NDArray[np.floating] | None = None
    published_parent: npt.NDArray[np.floating] | None = None
    undisclosed: BoolArray | None = None
    threshold: float = 1.0


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """Sizes of the neighbourhoods and of the low-rank fits."""

    neighbours: int = 10
    related_industries: int = 20
    rank: int = 30


@dataclass(frozen=True, slots=True)
class Features:
    """Feature table of the candidate cells.

    Attributes:
        names: k feature names, each one in ``SPEC_BY_NAME``.
        values: (n, k) float32, NaN where a feature is unknown.
        region_index: (n,) row of the panel of each candidate.
        industry_index: (n,) column of the panel of each candidate.
        region_total: (R,) size of every region in the base period.
    """

    names: tuple[str, ...]
    values: FloatArray
    region_index: IntArray
    industry_index: IntArray
    region_total: FloatArray

    def column(self, name: str) -> FloatArray:
        """Return the (n,) values of one feature."""
        return self.values[:, self.names.index(name)]

    def without(self, *families: Family) -> Features:
        """Return the same candidates without the features of some families."""
        keep = [k for k, name in enumerate(self.names) if SPEC_BY_NAME[name].family not in families]
        return self.only(*(self.names[k] for k in keep))

    def only(self, *names: str) -> Features:
        """Return the same candidates with the named features, in that order."""
        columns = [self.names.index(name) for name in names]
        return replace(self, names=names, values=self.values[:, columns])

    def rows(self, where: npt.NDArray[np.bool_] | IntArray) -> Features:
        """Return some of the candidates."""
        return replace(
            self,
            values=self.values[where],
            region_index=self.region_index[where],
            industry_index=self.industry_index[where],
        )


def check_panel(base: BaseYear) -> None:
    """Refuse a panel on which the features have no meaning.

    Raises:
        JiqunError: ``E-ENTRY-PANEL`` when shapes disagree, a size is negative or not a number,
            or fewer than ``MIN_REGIONS`` regions have anything.
    """
    sizes = base.sizes
    problems: list[tuple[str, str]] = []
    if sizes.ndim != 2 or not np.all(np.isfinite(sizes)) or bool((sizes < 0).any()):
        problems.append(("规模表须为二维、有限且非负", "sizes must be 2-D, finite and >= 0"))
    elif int((sizes.sum(1) > 0).sum()) < MIN_REGIONS:
        problems.append(
            (f"有数据的地区不足 {MIN_REGIONS} 个", f"fewer than {MIN_REGIONS} regions have data")
        )
    if any(len(groups) != sizes.shape[-1] for groups in base.parents):
        problems.append(
            ("上级行业编号与行业数不符", "a parent index does not match the industries")
        )
    if base.coordinates is not None and base.coordinates.shape != (len(sizes), 2):
        problems.append(("坐标表形状不符", "coordinates must be (regions, 2)"))
    if problems:
        raise JiqunError(
            "E-ENTRY-PANEL",
            "无法计算产业进入特征: " + "; ".join(zh for zh, _ in problems),
            "Entry features cannot be computed: " + "; ".join(en for _, en in problems),
            hint_zh="请检查地区×行业表后重试。",
            hint_en="Check the region x industry table and run again.",
        )


def candidate_cells(base: BaseYear) -> BoolArray:
    """Return (R, I): nothing published, in a region and an industry that exist in the panel."""
    sizes = base.sizes
    absent = (sizes == 0) & (sizes.sum(1) > 0)[:, None] & (sizes.sum(0) > 0)[None, :]
    return absent if base.undisclosed is None else absent & ~base.undisclosed


def entry_features(base: BaseYear, *, options: FeatureOptions | None = None) -> Features:
    """Compute every feature that the base period allows, for its candidate cells.

    Args:
        base: one period of the panel.
        options: neighbourhood sizes and rank; the published back-test uses the defaults.

    Returns:
        The feature table; families without input (no coordinates, no parent table) are left out.

    Raises:
        JiqunError: ``E-ENTRY-PANEL`` as in :func:`check_panel`.
    """
    check_panel(base)
    options = options or FeatureOptions()
    sizes = base.sizes.astype(np.float32)
    expected = np.nan_to_num(expected_cells(base.sizes)).astype(np.float32)
    quotient = np.nan_to_num(location_quotient(base.sizes))
    cells = candidate_cells(base)
    region_index, industry_index = np.nonzero(cells)
    columns: dict[str, FloatArray] = {}
    for part in (
        _size_features(sizes, expected, base.threshold),
        _relatedness_features(quotient, options),
        _latent_features(sizes, quotient, base.threshold, options),
        _neighbour_features(sizes, expected, base, options),
        _parent_features(sizes, expected, base),
        _hidden_features(sizes, expected, base),
    ):
        # Each family is cut to the candidates at once, so that only one holds full matrices.
        columns |= {name: matrix[cells] for name, matrix in part.items()}
    return Features(
        tuple(columns),
        np.stack(list(columns.values()), axis=1),
        region_index.astype(np.int64),
        industry_index.astype(np.int64),
        sizes.sum(1),
    )


def entered(features: Features, end_sizes: npt.NDArray[np.floating]) -> BoolArray:
    """Tell which candidates are present with a location quotient >= 1 in a later period.

    Args:
        features: candidates of the base period.
        end_sizes: (R, I) sizes of the later period, same regions and industries.

    Returns:
        (n,) one flag per candidate.
    """
    quotient = np.nan_to_num(location_quotient(end_sizes))
    return quotient[features.region_index, features.industry_index] >= 1.0


def _log_ratio(observed: FloatArray, expected: FloatArray, threshold: float) -> FloatArray:
    """Return ln of observed over expected, steadied by half the threshold on both sides."""
    half = np.float32(threshold / 2)
    return np.log((observed + half) / (expected + half))


def _safe_log(values: FloatArray) -> FloatArray:
    """Return ln where positive; empty rows and columns hold no candidate and get 0."""
    return np.log(values, out=np.zeros_like(values), where=values > 0)


def _size_features(
    sizes: FloatArray, expected: FloatArray, threshold: float
) -> dict[str, FloatArray]:
    """Sizes relative to the panel, so that they carry over to another country."""
    shape = sizes.shape
    region, industry = sizes.sum(1), sizes.sum(0)
    presence = sizes > 0
    by_region = {
        "region_size": _safe_log(region / np.float32(np.median(region[region > 0]))),
        "diversity": presence.mean(1, dtype=np.float32),
    }
    by_industry = {
        "industry_size": _safe_log(industry / np.float32(industry[industry > 0].mean())),
        "ubiquity": presence.mean(0, dtype=np.float32),
    }
    wide = {name: np.broadcast_to(v[:, None], shape) for name, v in by_region.items()}
    wide |= {name: np.broadcast_to(v[None, :], shape) for name, v in by_industry.items()}
    return {"expected_size": _safe_log(expected / np.float32(threshold)), **wide}


def _nearest(near: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Keep, in each column, the ``count`` largest proximities to others; the rest become 0."""
    others = np.nan_to_num(near)
    np.fill_diagonal(others, 0.0)
    # A stable full sort: ties are broken by industry order, the same on every machine.
    top = np.argsort(-others, axis=0, kind="stable")[: min(count, len(others) - 1)]
    kept = np.zeros_like(others)
    np.put_along_axis(kept, top, np.take_along_axis(others, top, axis=0), axis=0)
    return kept


def _relatedness_features(
    quotient: npt.NDArray[np.float64], options: FeatureOptions
) -> dict[str, FloatArray]:
    """Three relatedness densities."""
    special, presence = quotient >= 1.0, quotient > 0.0
    near = proximity(special)
    nearest = _nearest(near, options.related_industries)
    densities = {
        "density_rca": relatedness_density(special, near),
        "density_presence": relatedness_density(presence, proximity(presence)),
        "density_knn": relatedness_density(special, nearest, include_self=False),
    }
    # An industry without any related one has no density; that is a 0, not an unknown.
    return {name: np.nan_to_num(value).astype(np.float32) for name, value in densities.items()}


def _latent_features(
    sizes: FloatArray,
    quotient: npt.NDArray[np.float64],
    threshold: float,
    options: FeatureOptions,
) -> dict[str, FloatArray]:
    """What regions of like structure hold, by low-rank approximation."""
    rank = min(options.rank, min(sizes.shape) // 4 or 1)
    return {
        "lowrank_quotient": low_rank(np.log1p(quotient).astype(np.float32), rank),
        "lowrank_size": low_rank(np.log1p(sizes / np.float32(threshold)), rank),
    }


def _neighbour_features(
    sizes: FloatArray, expected: FloatArray, base: BaseYear, options: FeatureOptions
) -> dict[str, FloatArray]:
    """Presence and excess in the nearest regions; NaN for a region without coordinates."""
    if base.coordinates is None or int(np.isfinite(base.coordinates).all(1).sum()) < MIN_REGIONS:
        return {}
    near, known = nearest_regions(base.coordinates, options.neighbours)
    count = np.float32(max(1, int(near.sum(axis=1).max())))
    presence: FloatArray = near @ ((sizes > 0) / count).astype(np.float32)
    excess: FloatArray = _log_ratio(near @ sizes, near @ expected, base.threshold)
    presence[~known] = np.nan
    excess[~known] = np.nan
    return {"neighbour_presence": presence, "neighbour_excess": excess}


def _parent_features(
    sizes: FloatArray, expected: FloatArray, base: BaseYear
) -> dict[str, FloatArray]:
    """Size and excess of the parent groups, the nearest parent as level 1."""
    columns: dict[str, FloatArray] = {}
    for level, groups in enumerate(base.parents[:3], start=1):
        members = group_membership(groups)
        held: FloatArray = sizes @ members
        usual: FloatArray = expected @ members
        columns[f"parent{level}_size"] = np.log1p(held / np.float32(base.threshold))[:, groups]
        columns[f"parent{level}_excess"] = _log_ratio(held, usual, base.threshold)[:, groups]
    return columns


def _hidden_features(
    sizes: FloatArray, expected: FloatArray, base: BaseYear
) -> dict[str, FloatArray]:
    """What the published parent says of its unpublished children; NaN where it is withheld too."""
    if base.published_parent is None or not base.parents:
        return {}
    groups = base.parents[0]
    members = group_membership(groups)
    published = base.published_parent.astype(np.float32)
    visible: FloatArray = sizes @ members
    rest = np.maximum(published - visible, 0) / np.float32(base.threshold)
    rest[published == 0] = np.nan
    usual: FloatArray = (expected * (sizes == 0)) @ members
    share: FloatArray = np.divide(rest, usual, out=np.zeros_like(rest), where=usual > 0)
    wide: FloatArray = share[:, groups] * expected
    remainder: FloatArray = np.log1p(rest)[:, groups]
    return {"hidden_in_parent": remainder, "hidden_share": wide}
