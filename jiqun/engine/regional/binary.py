"""Fast products of a 0/1 presence matrix with dense weights, and its leading spectrum.

Presence of industries in regions is neither sparse nor dense: a few large regions hold most
industries and most regions hold few. The product below therefore sorts regions by diversity and
industries by ubiquity, and gives the crowded corner of each band of regions to BLAS and the rest
to compressed rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

#: One stored entry of a compressed row costs about as much as this many cells of a BLAS product.
ENTRY_COST = 5.7
BAND = 512
BLOCK = 2
KRYLOV = 240
#: Below this size the full symmetric eigenproblem is the quicker way.
DENSE_SIDE = 300


def compressed(mask: Mask) -> sparse.csr_array:
    """Return the mask ``(n, m)`` as compressed rows of float64 ones."""
    flat = np.flatnonzero(mask)
    bounds = np.zeros(mask.shape[0] + 1, dtype=np.int32)
    np.cumsum(np.count_nonzero(mask, axis=1), out=bounds[1:])
    columns = (flat % mask.shape[1]).astype(np.int32)
    return sparse.csr_array((np.ones(flat.size), columns, bounds), shape=mask.shape)


def _band_product(band: Mask, weights: Array) -> Array:
    """Multiply a band ``(b, n)`` (columns sorted by falling ubiquity) with ``weights`` (n, m)."""
    filled = np.count_nonzero(band, axis=0)
    # Cost of giving the first k columns to BLAS and the others to compressed rows, for every k.
    dense = np.arange(filled.size + 1) * float(band.shape[0])
    stored = np.concatenate(([0.0], np.cumsum(filled)))
    split = int(np.argmin(dense + ENTRY_COST * (stored[-1] - stored)))
    if split == 0:
        return compressed(band) @ weights
    product = band[:, :split].astype(np.float64) @ weights[:split]
    if stored[-1] > stored[split]:
        product += compressed(np.ascontiguousarray(band[:, split:])) @ weights[split:]
    return product


def by_ubiquity(mask: Mask) -> Index:
    """Return the columns of the mask from the fullest to the emptiest."""
    return np.argsort(-np.count_nonzero(mask, axis=0), kind="stable")


def product_bands(mask: Mask, order: Index, weights: Array) -> Iterator[tuple[Index, Mask, Array]]:
    """Yield ``(rows, mask[rows], product)`` until every row has come once.

    Args:
        mask: presence, shape (R, I).
        order: from :func:`by_ubiquity`.
        weights: dense weights with their rows in that order, shape (I, m).

    Yields:
        The row numbers of a band of similar diversity, their presence in the original column
        order, and ``mask[rows][:, order] @ weights``, which the caller may overwrite.
    """
    by_size = np.argsort(-np.count_nonzero(mask, axis=1), kind="stable")
    for start in range(0, mask.shape[0], BAND):
        rows = by_size[start : start + BAND]
        band = mask[rows]
        yield rows, band, _band_product(np.take(band, order, axis=1), weights)


def binary_product(mask: Mask, weights: Array) -> Array:
    """Return ``mask @ weights`` in float64, shape (R, m)."""
    product = np.empty((mask.shape[0], weights.shape[1]))
    order = by_ubiquity(mask)
    for rows, _, part in product_bands(mask, order, weights[order]):
        product[rows] = part
    return product


def leading_pairs(
    narrow: Index, long: Index, rows: sparse.csr_array, *, seed: int = 0
) -> tuple[Array, Array]:
    """Return the largest eigenvalues below the trivial one, and the first of their vectors.

    The matrix is ``S = B'B`` with ``B = D^-1/2 M U^-1/2`` (D row sums, U column sums), which is
    symmetric and similar to the transition matrix of the method of reflections. Its largest
    eigenvalue is 1 with eigenvector ``sqrt(U)``, known beforehand and projected out.

    Args:
        narrow: column sums U of the presence, shape (n,), the smaller side, all positive.
        long: row sums D, shape (N,), all positive.
        rows: the presence (N, n) from :func:`compressed`.
        seed: seed of the starting block.

    Returns:
        ``values`` (2,), the second and third eigenvalue of S, and ``vector`` (n,), the unit
        eigenvector of the second.
    """
    column, weight = 1.0 / np.sqrt(narrow), 1.0 / long
    trivial = np.sqrt(narrow / narrow.sum())
    if narrow.size > DENSE_SIDE:
        transposed = rows.T

        def apply(block: Array) -> Array:
            image = np.empty_like(block)
            for k, vector in enumerate(block):
                image[k] = column * (transposed @ (weight * (rows @ (column * vector))))
            return image - np.outer(image @ trivial, trivial)

        found = _block_krylov(apply, trivial, seed=seed)
        if found is not None:
            return found
    scaled = rows.toarray() * np.sqrt(weight)[:, None] * column
    values, vectors = np.linalg.eigh(scaled.T @ scaled - np.outer(trivial, trivial))
    return np.append(values[::-1], 0.0)[:2], vectors[:, -1]


def _block_krylov(
    apply: Callable[[Array], Array], trivial: Array, *, seed: int
) -> tuple[Array, Array] | None:
    """Block Lanczos with full re-orthogonalisation; None when it does not converge.

    A block, not a single vector, because one starting vector can never show that an eigenvalue
    is double, and that is what the caller has to find out. Vectors are rows.
    """
    size = min(KRYLOV, trivial.size // 2)
    basis, images = np.empty((size, trivial.size)), np.empty((size, trivial.size))
    start = np.random.default_rng(seed).standard_normal((BLOCK, trivial.size))
    block = np.linalg.qr((start - np.outer(start @ trivial, trivial)).T)[0].T
    for used in range(BLOCK, size + 1, BLOCK):
        image = apply(block)
        basis[used - BLOCK : used], images[used - BLOCK : used] = block, image
        if used >= 18 and used % (3 * BLOCK) == 0:
            pair = _ritz_pair(basis[:used], images[:used])
            if pair is not None:
                return pair
        for _ in range(2):
            image = image - (image @ basis[:used].T) @ basis[:used]
        block = np.linalg.qr(image.T)[0].T
    return None


def _ritz_pair(basis: Array, images: Array) -> tuple[Array, Array] | None:
    """Return the two largest Ritz values and the first vector once they are accurate."""
    values, small = np.linalg.eigh(basis @ images.T)
    top = small[:, :-3:-1].T
    vectors = top @ basis
    residual = np.linalg.norm(top @ images - values[:-3:-1, None] * vectors, axis=1)
    gap = values[-1] - values[-2]
    # The error of the vector is residual / gap; that of the third value residual squared.
    if residual[0] < 1e-13 + 2e-12 * gap and residual[1] < 1e-4 * max(gap, 1e-5):
        return values[:-3:-1], vectors[0]
    return None
