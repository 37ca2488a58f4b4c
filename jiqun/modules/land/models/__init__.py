"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.answers import Objection, Sheet, Waiver
from jiqun.modules.land.models.batch import Batch, Calculation, Step

__all__ = ["Batch", "Calculation", "Objection", "Sheet", "Step", "Waiver"]
