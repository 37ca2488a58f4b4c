"""Shift-share analysis: how much of a region's growth is national, industrial, its own.

Sources: Dunn, Papers of the Regional Science Association 6 (1960); Barff and Knight, Growth and
Change 19 (1988) for the dynamic form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError

ABSENT_SHARE = 1e-12  # below it an industry counts as absent: its rate would not be a number
Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class ShiftShare:
    """Components of change, each in the unit of the data and of the shape of the region's table.

    ``national + mix + competitive == change`` in every cell, to rounding. ``appeared`` is the
    change in cells of industries that were absent from the whole nation at the start: no
    national rate exists there, so it is kept apart and belongs to no other component.
    """

    change: Array
    national: Array
    mix: Array
    competitive: Array
    appeared: Array

    def totals(self) -> dict[str, Array]:
        """Return each component summed over industries; NaN where a cell is unknown."""
        names = ("change", "national", "mix", "competitive", "appeared")
        return {name: np.asarray(getattr(self, name).sum(axis=-1)) for name in names}


def shift_share(
    region_start: ArrayLike,
    region_end: ArrayLike,
    nation_start: ArrayLike,
    nation_end: ArrayLike,
) -> ShiftShare:
    """Split the change of every cell into national, mix and competitive components.

    With start value ``e``, national growth ``G``, national growth of the industry ``g`` and
    growth of the region's industry ``r``: national ``e G``, mix ``e (g − G)``, competitive
    ``e (r − g)``. The competitive term is written as ``end − e (1 + g)``, so that an industry
    new to the region counts fully as competitive and nothing is divided by a local zero.

    Args:
        region_start: shape (I,) or (R, I); NaN unknown.
        region_end: same shape.
        nation_start: shape (I,), known.
        nation_end: shape (I,), known.

    Returns:
        The components; NaN in cells that are unknown in either period.

    Raises:
        JiqunError: E-GROWTH-SHAPE when the tables differ in shape; E-GROWTH-NATION when a
            national value is unknown or negative, or the national start is zero.
    """
    start = np.asarray(region_start, dtype=np.float64)
    end = np.asarray(region_end, dtype=np.float64)
    nation = np.asarray(nation_start, dtype=np.float64)
    nation_later = np.asarray(nation_end, dtype=np.float64)
    _check(start, end, nation, nation_later)
    growth = nation_later.sum() / nation.sum() - 1.0
    known = nation > ABSENT_SHARE * nation.sum()
    rate = np.divide(nation_later, nation, out=np.ones_like(nation), where=known) - 1.0
    change = end - start
    national = start * growth
    mix = start * (rate - growth)
    own = end - start * (1.0 + rate)
    return ShiftShare(
        change=change,
        national=np.where(known, national, 0.0),
        mix=np.where(known, mix, 0.0),
        competitive=np.where(known, own, 0.0),
        appeared=np.where(known, 0.0, change),
    )


def dynamic_shift_share(regions: ArrayLike, nation: ArrayLike) -> ShiftShare:
    """Sum the yearly shift-shares, so that each year's own structure and growth are used.

    Args:
        regions: shape (T, I) or (T, R, I), one table per year in order.
        nation: shape (T, I).

    Returns:
        Components summed over the years, shape (I,) or (R, I). ``change`` is end minus start.
    """
    series = np.asarray(regions, dtype=np.float64)
    whole = np.asarray(nation, dtype=np.float64)
    if series.shape[0] != whole.shape[0] or series.shape[0] < 2:
        raise _shape_error(series.shape, whole.shape)
    years = [
        shift_share(series[t], series[t + 1], whole[t], whole[t + 1])
        for t in range(series.shape[0] - 1)
    ]
    return ShiftShare(
        change=np.sum([year.change for year in years], axis=0),
        national=np.sum([year.national for year in years], axis=0),
        mix=np.sum([year.mix for year in years], axis=0),
        competitive=np.sum([year.competitive for year in years], axis=0),
        appeared=np.sum([year.appeared for year in years], axis=0),
    )


def _check(start: Array, end: Array, nation: Array, later: Array) -> None:
    if start.shape != end.shape or nation.shape != later.shape:
        raise _shape_error(start.shape, end.shape)
    if start.shape[-1:] != nation.shape:
        raise _shape_error(start.shape, nation.shape)
    if not (np.minimum(nation, later) >= 0).all() or not nation.sum() > 0:
        raise JiqunError(
            "E-GROWTH-NATION",
            "全国（参照区）分行业数据有未知值、负值，或基期合计为零，无法计算参照增长率。",
            "The national (reference) values by industry contain unknown or negative values, or "
            "their total at the start is zero, so reference growth is not defined.",
            hint_zh="请补齐参照区数据，或把未公布行业并入上一级行业。",
            hint_en="Complete the reference area, or merge undisclosed industries into their "
            "parent.",
        )


def _shape_error(first: tuple[int, ...], second: tuple[int, ...]) -> JiqunError:
    return JiqunError(
        "E-GROWTH-SHAPE",
        f"各期或地区与参照区的行业不一致：{first} 与 {second}。",
        f"The periods, or region and reference, do not have the same industries: {first} "
        f"against {second}.",
        hint_zh="请先用同一版本的行业分类对齐，再做偏离—份额分析。",
        hint_en="Align both to one version of the classification first.",
    )
