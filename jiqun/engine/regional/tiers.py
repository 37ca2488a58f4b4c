"""The three tiers of a county's chain (主导—配套—潜力) and the lists that follow from them.

Pure functions on arrays. The definitions are this project's own proposal, computable and with
every threshold a parameter; where they come from is said beside each rule in the rule pack
``jiqun/rules/chain``. NaN means unknown throughout and never becomes a zero or a "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Coverage(StrEnum):
    """How far local makers could serve local demand for a sector's goods."""

    STRONG = "strong"
    WEAK = "weak"
    MISSING = "missing"
    UNDISCLOSED = "undisclosed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LeadingParams:
    """Thresholds of the leading tier. Shares and probabilities lie in [0, 1]."""

    coverage: float = 0.70
    share_min: float = 0.10
    lq_threshold: float = 1.5
    lq_probability: float = 0.90
    outside_share_min: float = 1 / 3


@dataclass(frozen=True, slots=True)
class SupportingParams:
    """Thresholds of the supporting tier. ``max_steps`` is an average propagation length."""

    requirement_min: float = 0.02
    sales_min: float = 0.10
    max_steps: float = 3.0
    strong: float = 0.60
    weak: float = 0.20


@dataclass(frozen=True, slots=True)
class LeadingResult:
    """One entry per industry. ``is_leading`` is False where an input it needs is unknown."""

    share: Floats
    cumulative: Floats
    in_cover: Flags
    passes_lq: Flags
    outside_share: Floats
    is_leading: Flags
    undetermined: Flags


def outside_share_from_lq(lq: Floats) -> Floats:
    """Estimate the share of sales beyond the border from the location quotient: 1 − 1/LQ.

    The surplus over the reference region's own rate is taken as sold outside (the export-base
    method). It understates cross-hauling, so invoices replace it wherever they exist.
    """
    return np.where(lq > 1, 1 - 1 / np.maximum(lq, 1), np.where(np.isnan(lq), np.nan, 0.0))


def leading(
    size: Floats,
    *,
    lq: Floats,
    lq_probability: Floats,
    in_scope: Flags,
    outside_share: Floats | None = None,
    params: LeadingParams,
) -> LeadingResult:
    """Find the leading industries of one place.

    An industry leads when it (a) belongs to the smallest set that covers ``coverage`` of the
    place's output in scope, or alone holds ``share_min``; (b) is specialised beyond doubt:
    P(LQ > ``lq_threshold``) ≥ ``lq_probability``; and (c) sells outside: ``outside_share`` ≥
    ``outside_share_min``.

    Args:
        size: (n,) output, tax, employment or establishments of the place; NaN where unknown.
        lq: (n,) location quotient (posterior mean).
        lq_probability: (n,) posterior probability that it exceeds the threshold.
        in_scope: (n,) industries that can lead (those that trade beyond the place).
        outside_share: (n,) share of sales beyond the border from invoices; estimated from ``lq``
            where not given.
        params: Thresholds.
    """
    known = in_scope & ~np.isnan(size)
    total = float(size[known].sum())
    share = np.where(known, size / total if total > 0 else 0.0, np.nan)
    order = np.argsort(-np.where(known, size, -np.inf), kind="stable")
    ranked = np.where(known[order], size[order], 0.0)
    before = np.concatenate([[0.0], np.cumsum(ranked)[:-1]])
    cumulative = np.full(size.shape, np.nan)
    in_cover = np.zeros(size.shape, dtype=bool)
    if total > 0:
        cumulative[order] = np.where(known[order], (before + ranked) / total, np.nan)
        in_cover[order] = known[order] & (before / total < params.coverage) & (ranked > 0)
    sold = outside_share_from_lq(lq) if outside_share is None else outside_share
    passes_lq = lq_probability >= params.lq_probability
    big = in_cover | (share >= params.share_min)
    return LeadingResult(
        share=share,
        cumulative=cumulative,
        in_cover=in_cover,
        passes_lq=passes_lq,
        outside_share=sold,
        is_leading=known & big & passes_lq & (sold >= params.outside_share_min),
        undetermined=in_scope & np.isnan(size),
    )


def coverage_class(
    low: Floats, high: Floats, *, hidden: Flags, params: SupportingParams
) -> NDArray[np.str_]:
    """Class each sector by its coverage, known only to lie in [``low``, ``high``].

    Where both ends fall into one class the class is certain even though a figure is withheld.
    Where they do not, the sector is *undisclosed* if a figure is withheld and *unknown* otherwise;
    neither is ever read as missing.
    """
    edges = np.array([params.weak, params.strong])
    names = np.array([Coverage.MISSING.value, Coverage.WEAK.value, Coverage.STRONG.value])
    unknown = np.isnan(low) | np.isnan(high)
    first = np.searchsorted(edges, np.where(unknown, 0, low), side="right")
    last = np.searchsorted(edges, np.where(unknown, 0, high), side="right")
    doubtful = np.where(hidden, Coverage.UNDISCLOSED.value, Coverage.UNKNOWN.value)
    return np.where(unknown | (first != last), doubtful, names[first])


def is_supporting(
    requirement: Floats, sales: Floats, *, steps: Floats, in_scope: Flags, params: SupportingParams
) -> tuple[Flags, NDArray[np.intp]]:
    """Find the sectors that support any leading sector, and which lead each supports most.

    Args:
        requirement: (n, k) share of sector j in the total (not only direct) requirement of lead i.
        sales: (n, k) share of lead i's output that reaches j (Ghosh), for downstream support.
        steps: (n, k) average propagation length between the two.
        in_scope: (n,) sectors whose makers a county could have.
        params: Thresholds.

    Returns:
        (n,) flags and (n,) column of the lead with the largest tie.
    """
    upstream = requirement >= params.requirement_min
    downstream = sales >= params.sales_min
    near = ~(steps > params.max_steps)
    tied = (upstream | downstream) & near
    strength = np.maximum(
        requirement / params.requirement_min, sales / params.sales_min
    ) * tied.astype(float)
    return in_scope & tied.any(axis=1), np.argmax(strength, axis=1)


def percentile_rank(values: Floats) -> Floats:
    """Rank of each known value among the known ones, in (0, 1]; ties share the mean rank."""
    result = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if known.any():
        unique, inverse, counts = np.unique(values[known], return_inverse=True, return_counts=True)
        upper = np.cumsum(counts)
        mean_rank = (upper - counts + 1 + upper) / 2
        result[known] = mean_rank[inverse] / known.sum() if unique.size else np.nan
    return result


def weighted_terms(
    terms: Mapping[str, Floats], weights: Mapping[str, float]
) -> tuple[Floats, dict[str, Floats], Floats]:
    """Combine terms in [0, 1] by weights, leaving out what is unknown and saying how much.

    Returns:
        The score (weights of the known terms rescaled to 1; NaN when none is known), the
        contribution of each term to it, and the share of the total weight that was known.
    """
    names = [name for name in weights if name in terms]
    stack = np.stack([terms[name] for name in names])
    weight = np.array([weights[name] for name in names])[:, None]
    usable = np.where(np.isnan(stack), 0.0, weight)
    known = usable.sum(axis=0)
    scale = np.divide(1.0, known, out=np.full(known.shape, np.nan), where=known > 0)
    parts = np.nan_to_num(stack) * usable * scale
    total = float(sum(weights.values()))
    contributions = {name: parts[position] for position, name in enumerate(names)}
    return parts.sum(axis=0) + 0 * scale, contributions, known / total


def potential_score(
    probability: Floats, value_terms: Mapping[str, Floats], weights: Mapping[str, float]
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Score candidates: calibrated probability of entry × value, the value from ranked terms.

    Args:
        probability: (n,) calibrated probability of entry within the horizon.
        value_terms: For each term (value added per worker, complexity, growth …) raw values (n,).
        weights: Weight of each term.

    Returns:
        (n,) score, (n,) value in [0, 1], and each term's percentile rank.
    """
    ranks = {name: percentile_rank(raw) for name, raw in value_terms.items()}
    value, _, _ = weighted_terms(ranks, weights)
    return probability * value, value, ranks
