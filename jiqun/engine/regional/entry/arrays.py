"""Array tools of the entry features: low-rank fits, nearest regions, group membership."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def low_rank(matrix: FloatArray, rank: int) -> FloatArray:
    """Return the best approximation of a given rank (Eckart-Young), by the smaller Gram matrix."""
    if matrix.shape[0] < matrix.shape[1]:
        return low_rank(np.ascontiguousarray(matrix.T), rank).T
    gram = (matrix.T @ matrix).astype(np.float64)
    vectors: FloatArray = np.linalg.eigh(gram)[1][:, -min(rank, len(gram)) :].astype(np.float32)
    return ((matrix @ vectors) @ vectors.T).astype(np.float32, copy=False)


def nearest_regions(
    coordinates: npt.NDArray[np.floating], count: int
) -> tuple[sparse.csr_array, BoolArray]:
    """Return the (R, R) 0/1 matrix of each region's nearest others, and where it is known.

    Distances are chords of the sphere, which order pairs as great circles do.
    """
    known = np.asarray(np.isfinite(coordinates).all(axis=1))
    lon, lat = np.radians(np.nan_to_num(coordinates)).T
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    rows = np.flatnonzero(known)
    count = min(count, len(rows) - 1)
    _, found = cast(
        "tuple[npt.NDArray[np.float64], IntArray]",
        cKDTree(points[rows]).query(points[rows], k=count + 1),  # pyright: ignore[reportUnknownMemberType]
    )
    # Two places may share a point, so a region is dropped from its own list by identity.
    other = found != np.arange(len(rows))[:, None]
    first = other & (np.cumsum(other, axis=1) <= count)
    columns = rows[found[first]]
    pointers = np.concatenate([[0], np.cumsum(np.where(known, count, 0))])
    matrix = sparse.csr_array(
        (np.ones(len(columns), np.float32), columns, pointers), shape=(len(known), len(known))
    )
    return matrix, known


def group_membership(groups: npt.NDArray[np.integer]) -> sparse.csr_array:
    """Return the (I, G) 0/1 matrix of industries in parent groups."""
    size = len(groups)
    ones = np.ones(size, np.float32)
    return sparse.csr_array((ones, (np.arange(size), groups)), shape=(size, int(groups.max()) + 1))
