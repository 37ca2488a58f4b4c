"""What the models share: places, offices, and who sees rows about a firm (:mod:`jiqun.masters.offices`)."""

from __future__ import annotations

from jiqun.masters.models import Organisation
from jiqun.masters.offices import (
    FirmQuerySet,
    M,
    PlacedQuerySet,
    answers_for,
    firm_rows,
    own_offices,
    serves,
    within,
)

__all__ = [
    "FirmQuerySet",
    "M",
    "Organisation",
    "PlacedQuerySet",
    "answers_for",
    "firm_rows",
    "own_offices",
    "serves",
    "within",
]
