"""Relatedness of industries and economic complexity of regions, all measures in one pass.

Sources: Hidalgo, Klinger, Barabási and Hausmann, Science 317 (2007) for proximity and density;
Hidalgo and Hausmann, PNAS 106 (2009) and *The Atlas of Economic Complexity* (2014) for the
complexity indices, the outlook index (COI) and the outlook gain (COG).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from jiqun.engine.regional.binary import (
    Array,
    Mask,
    binary_product,
    by_ubiquity,
    compressed,
    leading_pairs,
    product_bands,
)
from jiqun.engine.regional.quotient import location_quotient
from jiqun.errors import JiqunError, Kind

ArrayLike = npt.ArrayLike
Numbers = npt.NDArray[np.number]


@dataclass(frozen=True, slots=True)
class ComplexityOptions:
    """How presence is read and which units are too small to say anything.

    Tiny units distort the eigenvector: with raw trade data the most "complex" economies are
    Heard Island and San Marino. Units below a minimum are left out and come back as NaN.
    """

    threshold: float = 1.0
    min_region_total: float = 0.0
    min_industry_total: float = 0.0
    include_self: bool = True
    min_gap: float = 1e-6
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ComplexityResult:
    """The seven measures; R regions, I industries; NaN where a unit was left out.

    ``eci`` has mean 0 and standard deviation 1; ``pci`` is on the same scale, so that a region's
    ECI is the mean PCI of its industries; ``coi`` is standardised; ``cog`` is in ECI units.
    """

    rca: Array  # (R, I)
    present: Mask  # (R, I)
    proximity: Array  # (I, I)
    density: Array  # (R, I), in [0, 1]
    eci: Array  # (R,)
    pci: Array  # (I,)
    coi: Array  # (R,)
    cog: Array  # (R, I), 0 where the industry is present
    diversity: Array  # (R,)
    ubiquity: Array  # (I,)
    eigenvalues: tuple[float, float] = field(default=(np.nan, np.nan))  # second and third


def rca(X: ArrayLike) -> Array:
    """Return Balassa's revealed comparative advantage, shape (R, I); NaN stays NaN."""
    return location_quotient(X)


def binary_specialisation(X: ArrayLike, *, threshold: float = 1.0) -> Mask:
    """Return ``RCA >= threshold``, shape (R, I).

    Raises:
        JiqunError: E-COMPLEXITY-UNKNOWN when a cell is NaN, since unknown is not absent.
    """
    values = np.asarray(X, dtype=np.float64)
    _refuse_unknown(values)
    return rca(values) >= threshold


def proximity(M: ArrayLike) -> Array:
    """Return ``min(P(i|j), P(j|i))``, the share of regions with both, shape (I, I).

    Args:
        M: presence, shape (R, I), 0/1 or boolean.

    Returns:
        Symmetric matrix with ones on the diagonal; NaN for an industry present nowhere.
    """
    return _proximity(_mask(M))


def relatedness_density(M: ArrayLike, phi: ArrayLike, *, include_self: bool = True) -> Array:
    """Return the share of an industry's proximity that a region already has, shape (R, I).

    ``density[r, j] = Σ_i M[r, i] φ[i, j] / Σ_i φ[i, j]``.

    Args:
        M: presence, shape (R, I), 0/1 or boolean.
        phi: proximity, shape (I, I); NaN (an industry present nowhere) counts as no relation.
        include_self: whether φ[j, j] belongs to the sums, as in the published tools. Without it
            the density of an absent industry is larger by a constant factor per industry, and
            that of a present one does not explain itself.
    """
    present = _mask(M)
    weights = np.nan_to_num(np.asarray(phi, dtype=np.float64))
    if not include_self:
        weights = weights.copy()
        np.fill_diagonal(weights, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return binary_product(present, weights / weights.sum(axis=0))


def eci_pci(
    M: ArrayLike, *, min_gap: float = 1e-6, seed: int = 0
) -> tuple[Array, Array, tuple[float, float]]:
    """Return ECI (R,), PCI (I,) and the second and third eigenvalue.

    The symmetric eigenproblem of the smaller side is solved. The sign makes ECI correlate
    positively with diversity. Both are scaled by the mean and standard deviation of ECI.

    Args:
        M: presence, shape (R, I), without empty rows or columns.
        min_gap: smallest distance of the second eigenvalue from the first and from the third.
        seed: seed of the starting block of the iteration; the result does not depend on it.

    Raises:
        JiqunError: E-COMPLEXITY-DEGENERATE when the index is not determined by the data.
    """
    present = _mask(M)
    eci, pci, values = _raw_complexity(present, min_gap=min_gap, seed=seed)
    mean, scale = eci.mean(), eci.std()
    return (eci - mean) / scale, (pci - mean) / scale, values


def coi(density: ArrayLike, M: ArrayLike, pci: ArrayLike) -> Array:
    """Return the complexity outlook index ``Σ density × (1 − M) × PCI`` per region, (R,).

    Pass PCI as :func:`eci_pci` gives it; :func:`complexity` uses the unshifted eigenvector and
    then standardises, as the published tools do.
    """
    absent = ~_mask(M)
    return (np.asarray(density, dtype=np.float64) * absent) @ np.asarray(pci, dtype=np.float64)


def cog(M: ArrayLike, phi: ArrayLike, pci: ArrayLike) -> Array:
    """Return the outlook gain of adding each absent industry, shape (R, I); 0 where present.

    ``COG[r, j] = (1 − M[r, j]) Σ_i (1 − M[r, i]) φ[i, j] PCI[i] / Σ_k φ[i, k]``.
    """
    present = _mask(M)
    weights = np.asarray(phi, dtype=np.float64)
    weights = weights * (np.asarray(pci, dtype=np.float64) / weights.sum(axis=0))[:, None]
    gain = weights.sum(axis=0) - binary_product(present, weights)
    gain[present] = 0.0
    return gain


def complexity(X: ArrayLike, options: ComplexityOptions | None = None) -> ComplexityResult:
    """Compute RCA, proximity, density, ECI, PCI, COI and COG together.

    Args:
        X: values (jobs, establishments, exports), shape (R, I), all known and not negative.
        options: thresholds; defaults are those of the literature.

    Raises:
        JiqunError: E-COMPLEXITY-UNKNOWN when a cell is NaN; E-COMPLEXITY-NEGATIVE;
            E-COMPLEXITY-DEGENERATE when the second eigenvalue is not separate.
    """
    chosen = options or ComplexityOptions()
    values = np.asarray(X, dtype=np.float64)
    _refuse_unknown(values)
    region, industry = values.sum(axis=1), values.sum(axis=0)
    rows, columns = region > chosen.min_region_total, industry > chosen.min_industry_total
    while True:
        whole = bool(rows.all() and columns.all())
        if whole:
            quotient = location_quotient(values, region_total=region, industry_total=industry)
        else:
            quotient = location_quotient(values[np.ix_(rows, columns)])
        present = quotient >= chosen.threshold
        diverse, spread = present.any(axis=1), present.any(axis=0)
        if diverse.all() and spread.all():
            break
        rows[rows] = diverse
        columns[columns] = spread
    result = _measures(quotient, present, chosen)
    return result if whole else _spread_out(result, rows, columns)


def _measures(quotient: Array, present: Mask, options: ComplexityOptions) -> ComplexityResult:
    raw_eci, raw_pci, values = _raw_complexity(present, min_gap=options.min_gap, seed=options.seed)
    mean, scale = raw_eci.mean(), raw_eci.std()
    phi = _proximity(present)
    if options.include_self:
        inner = phi
    else:
        inner = phi.copy()
        np.fill_diagonal(inner, 0.0)
    outlook_density, density, gain = _density_and_gain(present, inner, raw_pci / scale)
    return ComplexityResult(
        rca=quotient,
        present=present,
        proximity=phi,
        density=density,
        eci=(raw_eci - mean) / scale,
        pci=(raw_pci - mean) / scale,
        coi=(outlook_density - outlook_density.mean()) / outlook_density.std(),
        cog=gain,
        diversity=np.count_nonzero(present, axis=1).astype(np.float64),
        ubiquity=np.count_nonzero(present, axis=0).astype(np.float64),
        eigenvalues=values,
    )


def _density_and_gain(present: Mask, phi: Array, pci: Array) -> tuple[Array, Array, Array]:
    """Return raw COI (R,), density (R, I) and COG (R, I) from one pass over the presence."""
    size, total, order = phi.shape[0], phi.sum(axis=0), by_ubiquity(present)
    scaled = pci / total
    sorted_phi = phi[order]
    weights = np.empty((size, 2 * size))
    np.divide(sorted_phi, total, out=weights[:, :size])
    np.multiply(sorted_phi, scaled[order, None], out=weights[:, size:])
    ceiling = scaled @ phi
    outlook = np.empty(present.shape[0])
    density = np.empty(present.shape)
    gain = np.empty(present.shape)
    for rows, band, product in product_bands(present, order, weights):
        near, far = product[:, :size], product[:, size:]
        density[rows] = near
        absent = ~band
        np.multiply(near, absent, out=near)
        outlook[rows] = near @ pci
        np.subtract(ceiling, far, out=far)
        np.multiply(far, absent, out=far)
        gain[rows] = far
    return outlook, density, gain


def _proximity(present: Mask) -> Array:
    single = present.astype(np.float32)
    # Counts are integers below 2**24, so the single-precision product is exact.
    both = (single.T @ single).astype(np.float64)
    count = both.diagonal().copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        both /= np.maximum.outer(count, count)
    return both


def _raw_complexity(
    present: Mask, *, min_gap: float, seed: int
) -> tuple[Array, Array, tuple[float, float]]:
    """Return the unscaled indices; the regional one is the mean of its industries' values."""
    diversity = np.count_nonzero(present, axis=1)
    ubiquity = np.count_nonzero(present, axis=0)
    _refuse_empty(diversity, ubiquity)
    if present.shape[0] < present.shape[1]:
        narrow = compressed(np.ascontiguousarray(present.T))
        values, vector = leading_pairs(diversity, ubiquity, narrow, seed=seed)
        rows = narrow.T
        industry = (rows.T @ (vector / np.sqrt(diversity))) / ubiquity
    else:
        rows = compressed(present)
        values, vector = leading_pairs(ubiquity, diversity, rows, seed=seed)
        industry = vector / np.sqrt(ubiquity)
    _refuse_degenerate(float(values[0]), float(values[1]), min_gap)
    region = (rows @ industry) / diversity
    sign = np.sign(np.corrcoef(diversity, region)[0, 1]) or 1.0
    return region * sign, industry * sign, (float(values[0]), float(values[1]))


def _mask(M: ArrayLike) -> Mask:
    array = np.asarray(M)
    if array.dtype == np.bool_:
        return array
    _refuse_unknown(array.astype(np.float64))
    return array != 0


def _refuse_unknown(values: Array) -> None:
    low = values.min(initial=0.0)
    if np.isnan(low):
        count = int(np.isnan(values).sum())
        raise JiqunError(
            "E-COMPLEXITY-UNKNOWN",
            f"有 {count} 个单元格未知（未公布）。未知不等于没有，不能据此判断“是否具备”。",
            f"{count} cells are unknown (undisclosed). Unknown is not absent, so presence "
            "cannot be decided.",
            hint_zh="改用公布完整的指标（如单位数），或先用披露上下界填补并标为推算。",
            hint_en="Use a measure that is fully published (such as establishments), or fill the "
            "cells from their disclosure bounds first and mark them as imputed.",
        )
    if low < 0:
        raise JiqunError(
            "E-COMPLEXITY-NEGATIVE",
            f"有 {int((values < 0).sum())} 个负值，最小 {low:g}；专业化程度只对非负量有意义。",
            f"{int((values < 0).sum())} values are negative, the least is {low:g}; "
            "specialisation is defined for quantities that are not negative.",
            hint_zh="请检查单位与冲减项。",
            hint_en="Check the unit and any reversal entries.",
        )


def _refuse_empty(diversity: npt.NDArray[np.intp], ubiquity: npt.NDArray[np.intp]) -> None:
    empty_rows, empty_columns = int((diversity == 0).sum()), int((ubiquity == 0).sum())
    if empty_rows or empty_columns or diversity.size < 2 or ubiquity.size < 2:
        raise JiqunError(
            "E-COMPLEXITY-EMPTY",
            f"{empty_rows} 个地区没有行业，{empty_columns} 个行业没有地区，或单元不足两个。",
            f"{empty_rows} regions have no industry and {empty_columns} industries no region, "
            "or there are fewer than two units.",
            hint_zh="请先剔除空行空列；complexity() 会自动剔除并返回 NaN。",
            hint_en="Drop empty rows and columns first; complexity() does so and returns NaN.",
        )


def _refuse_degenerate(second: float, third: float, min_gap: float) -> None:
    if 1.0 - second >= min_gap and second - third >= min_gap:
        return
    split = 1.0 - second < min_gap
    raise JiqunError(
        "E-COMPLEXITY-DEGENERATE",
        f"复杂度指数无法确定：第二、三特征值为 {second:.9f}、{third:.9f}。"
        + ("地区与行业分成互不相连的几块。" if split else "两者几乎相等，排序将是任意的。"),
        f"The complexity index is not determined: the second and third eigenvalues are "
        f"{second:.9f} and {third:.9f}. "
        + (
            "Regions and industries fall into unconnected parts."
            if split
            else "They are nearly equal, so the ranking would be arbitrary."
        ),
        hint_zh="提高最小规模、合并过细的行业或扩大地区范围后重算。",
        hint_en="Raise the minimum size, merge industries that are too fine, or take more regions.",
        kind=Kind.INVALID,
    )


def _spread_out(result: ComplexityResult, rows: Mask, columns: Mask) -> ComplexityResult:
    """Put the measures of the kept units back into the full shapes, NaN elsewhere."""
    shapes = {
        (True, True): np.ix_(rows, columns),
        (False, True): np.ix_(columns, columns),
    }
    full: dict[str, Array | Mask] = {}
    for item in fields(result):
        part = getattr(result, item.name)
        if item.name == "eigenvalues":
            continue
        if item.name in {"eci", "coi", "diversity"}:
            target, where = np.full(rows.size, np.nan), (rows,)
        elif item.name in {"pci", "ubiquity"}:
            target, where = np.full(columns.size, np.nan), (columns,)
        elif item.name == "proximity":
            target, where = np.full((columns.size,) * 2, np.nan), shapes[(False, True)]
        elif item.name == "present":
            target, where = (
                np.zeros((rows.size, columns.size), dtype=np.bool_),
                shapes[(True, True)],
            )
        else:
            target, where = np.full((rows.size, columns.size), np.nan), shapes[(True, True)]
        target[where] = part
        full[item.name] = target
    return ComplexityResult(eigenvalues=result.eigenvalues, **full)  # pyright: ignore[reportArgumentType]
