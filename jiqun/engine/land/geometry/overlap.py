"""Parcels that lie upon one another, and land that is larger than its parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from jiqun.engine.land.geometry.area import areas
from jiqun.errors import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]
SLIVER = 1.0  # m²: boundaries digitised twice


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs of parcels that share land: positions ``first`` < ``second``, m² of it, and the land itself."""

    first: Ints
    second: Ints
    area: Floats
    shared: Shapes


def overlaps(shapes: Shapes, *, smallest: float) -> Overlaps:
    """Return the pairs that share more than ``smallest`` m², in ascending order.

    Neighbours share a line, which has no area; boundaries digitised twice leave slivers, which
    ``smallest`` is for. Candidates come from a packed R-tree over the bounding boxes.
    """
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    both = np.asarray(shapely.intersection(shapes[left], shapes[right]), dtype=object)
    shared = areas(both)
    kept = np.flatnonzero(shared > smallest)
    kept = kept[np.lexsort((right[kept], left[kept]))]
    return Overlaps(left[kept], right[kept], shared[kept], both[kept])


def overlap_problems(found: Overlaps, ids: Sequence[str]) -> tuple[Problem, ...]:
    """Return one problem ``E-LAND-OVERLAP`` per pair, naming both parcels and the land they share."""
    return tuple(
        Problem(
            "E-LAND-OVERLAP",
            f"宗地 {ids[one]} 与 {ids[other]} 重叠 {shared:.1f} 平方米",
            f"parcels {ids[one]} and {ids[other]} overlap by {shared:.1f} m²",
            "请按登记界址核对后修改其中一宗",
            "check both against the registered boundary and correct one",
            column="geometry",
            value=str(ids[one]),
        )
        for one, other, shared in zip(
            found.first.tolist(), found.second.tolist(), found.area.tolist(), strict=True
        )
    )


def area_problems(
    ids: Sequence[str], drawn: Floats, *, registered: ArrayLike, used: ArrayLike, tolerance: float
) -> tuple[Problem, ...]:
    """Name parcels whose registered area is not the drawn one, and land that exceeds its parcel.

    Args:
        ids: identifiers.
        drawn: m² of the polygons.
        registered: m² in the register, NaN when not known.
        used: m² of land that a firm declares to use on the parcel, NaN when not known.
        tolerance: difference allowed, as a share of the drawn area.
    """
    book, land = (np.asarray(one, dtype=np.float64) for one in (registered, used))
    apart = np.flatnonzero(np.abs(book - drawn) > tolerance * drawn).tolist()
    above = np.flatnonzero(land > drawn * (1.0 + tolerance)).tolist()
    return (
        *(
            Problem(
                "W-LAND-AREA-DIFFERS",
                f"宗地 {ids[at]}：登记面积 {book[at]:.1f} 平方米，图形面积 {drawn[at]:.1f} 平方米",
                f"parcel {ids[at]}: {book[at]:.1f} m² registered, {drawn[at]:.1f} m² drawn",
                "请核对登记簿、界址与坐标系",
                "check the register, the boundary and the coordinate system",
                column="area",
                value=str(ids[at]),
            )
            for at in apart
        ),
        *(
            Problem(
                "E-LAND-LARGER",
                f"宗地 {ids[at]}：用地 {land[at]:.1f} 平方米，大于宗地 {drawn[at]:.1f} 平方米",
                f"parcel {ids[at]}: {land[at]:.1f} m² of land in use, the parcel has {drawn[at]:.1f} m²",
                "请核对用地面积，或补上相邻宗地",
                "check the land in use, or add the neighbouring parcel",
                column="land",
                value=str(ids[at]),
            )
            for at in above
        ),
    )
