"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.answers import Objection, Sheet, Waiver
from jiqun.modules.land.models.batch import Batch, Calculation, Step
from jiqun.modules.land.models.landtable import LandObjection, LandRow, LandTable

__all__ = [
    "Batch",
    "Calculation",
    "LandObjection",
    "LandRow",
    "LandTable",
    "Objection",
    "Sheet",
    "Step",
    "Waiver",
]
