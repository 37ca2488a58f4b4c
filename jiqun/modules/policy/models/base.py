"""What the models share: places, offices, and who sees rows about a firm (:mod:`jiqun.masters.offices`)."""

from __future__ import annotations

from jiqun.core.visible import FirmQuerySet, M, PlacedQuerySet, firm_rows, within
from jiqun.masters.models import Organisation
from jiqun.masters.offices import answers_for, own_offices, serves

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
