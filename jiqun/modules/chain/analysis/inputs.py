"""What the chain engine needs of one place, as plain arrays; no reading, no computing here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which place, by which classification, in which period."""

    place: str
    classification: str
    period: str


@dataclass(frozen=True, slots=True)
class Activity:
    """The place's and the reference area's activity by industry at the finest level, shape (n,).

    ``size`` is in ``measure`` (its base unit); NaN where withheld. ``low`` and ``high`` bound it.
    ``in_scope`` industries trade beyond the place; ``recruitable`` ones a county may seek itself.
    ``national_workers`` are employees (NaN where the panel has none).
    ``growth`` is the reference area's per year and ``competitive`` the place's shift-share effect,
    both since ``since``; ``invoiced_outside`` the share sold beyond the place, from invoices.
    ``hidden`` marks cells that are withheld although something is there or may be there;
    ``evident`` those of them where the table or a sum shows that something is there.
    """

    codes: tuple[str, ...]
    names_zh: tuple[str, ...]
    names_en: tuple[str, ...]
    in_scope: Flags
    recruitable: Flags
    measure: str
    size: Floats
    low: Floats
    high: Floats
    hidden: Flags
    evident: Flags
    count: Floats
    national_size: Floats
    national_count: Floats
    national_workers: Floats
    place_total: float
    national_total: float
    growth: Floats
    competitive: Floats
    since: str
    invoiced_outside: Floats
    complexity: Floats
    neighbour_size: Floats


@dataclass(frozen=True, slots=True)
class Specialisation:
    """Location quotients of the place, shape (n,): raw, posterior mean, interval, P(> threshold)."""

    raw: Floats
    mean: Floats
    low: Floats
    high: Floats
    shape: Floats
    rate: Floats


@dataclass(frozen=True, slots=True)
class Links:
    """The input–output table in the shape that the chain uses, s sectors.

    ``weights`` (n, s) spreads each industry over sectors (rows sum to 1, or 0 where unmapped).
    ``A`` technical coefficients, ``requirement`` (s, s) column shares of the total requirement
    without the sector itself, ``sales`` (s, s) row shares of the total sales, ``steps`` average
    propagation lengths. ``output`` in ``unit``. ``home`` says whether the table describes the
    country that the place lies in: elsewhere only its structure is used and no amount is shown.
    """

    table: str
    sectors: tuple[str, ...]
    names_zh: tuple[str, ...]
    names_en: tuple[str, ...]
    weights: Floats
    A: Floats
    requirement: Floats
    sales: Floats
    steps: Floats
    output: Floats
    intermediate_share: Floats
    value_added_share: Floats
    unit: str
    home: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Calibrated probability of entry by industry, shape (n,); NaN where the industry is present.

    ``null`` is what the size × size null says; ranks count from 1 among the place's candidates.
    ``proven_on`` says on which data the model was proven, in Chinese and in English; ``own`` whether
    those are the user's.
    """

    probability: Floats
    null: Floats
    rank: Floats
    null_rank: Floats
    horizon: int
    proven_on: tuple[str, str]
    own: bool
    terms: tuple[tuple[tuple[str, str, float], ...], ...]


@dataclass(frozen=True, slots=True)
class ChainInputs:
    """All of it, with the snapshot that it was read from."""

    scope: Scope
    snapshot: str
    activity: Activity
    specialisation: Specialisation
    links: Links | None
    entry: Entry | None
    notes: tuple[tuple[str, str], ...] = ()
