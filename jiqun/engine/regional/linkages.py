"""What an inverted input–output table says: linkages, distances, multipliers, extraction.

Sources: Rasmussen, *Studies in Inter-Sectoral Relations* (1956) for normalised linkages;
Dietzenbacher and Romero, International Regional Science Review 30 (2007) for average propagation
lengths; Dietzenbacher and Lahr, Economic Systems Research 25 (2013) for extraction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def backward_linkages(leontief: Array) -> Array:
    """Return normalised column sums of the Leontief inverse, shape (n,), mean 1."""
    total = leontief.sum(axis=0)
    return total / total.mean()


def forward_linkages(ghosh: Array) -> Array:
    """Return normalised row sums of the Ghosh inverse, shape (n,), mean 1."""
    total = ghosh.sum(axis=1)
    return total / total.mean()


def average_propagation_lengths(leontief: Array) -> Array:
    """Return the mean number of rounds from a demand in column j to output in row i, (n, n).

    ``V = (L² − L) / (L − I)`` entry by entry: the k-th round has weight ``A^k``. NaN where the
    two sectors are not connected at all.
    """
    direct_and_later = leontief - np.eye(leontief.shape[0])
    weighted = leontief @ direct_and_later
    connected = direct_and_later > 1e-15
    return np.divide(
        weighted, direct_and_later, out=np.full_like(weighted, np.nan), where=connected
    )


def extraction_losses(leontief: Array, final: Array) -> Array:
    """Return the loss of total output when each sector vanishes, for all sectors at once, (n,).

    Removing sector k (its row and column of A and its final demand) lowers total output by
    ``(column sum of L)_k (L f)_k / L_kk``: removing a row and column is a rank-one change of the
    inverse, so the n separate solves are not needed. The sector's own output is part of the loss.

    Args:
        leontief: shape (n, n).
        final: final demand, shape (n,).
    """
    return leontief.sum(axis=0) * (leontief @ final) / np.diag(leontief)


def extraction_loss_by_sector(leontief: Array, final: Array) -> Array:
    """Return the loss of sector i when sector k vanishes, shape (n, n), columns k."""
    return leontief * ((leontief @ final) / np.diag(leontief))


def total_requirement_shares(leontief: Array) -> Array:
    """Return the share of each sector in the indirect and direct needs of each column, (n, n).

    The initial unit of the column's own product is left out; a column without inputs gives 0.
    """
    needs = leontief - np.eye(leontief.shape[0])
    total = needs.sum(axis=0)
    return np.divide(needs, total, out=np.zeros_like(needs), where=(total > 0)[None, :])


def output_multipliers(leontief: Array) -> Array:
    """Return total output per unit of final demand of each sector, shape (n,)."""
    return leontief.sum(axis=0)


def value_added_multipliers(leontief: Array, value_added: Array, output: Array) -> Array:
    """Return value added per unit of final demand of each sector, shape (n,).

    With domestic coefficients the shortfall from 1 is the import content.
    """
    ratio = np.divide(value_added, output, out=np.zeros_like(output), where=output != 0)
    return ratio @ leontief
