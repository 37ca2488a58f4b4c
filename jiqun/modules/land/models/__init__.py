"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.answers import Objection, Sheet, Waiver
from jiqun.modules.land.models.batch import Batch, Calculation, Step
from jiqun.modules.land.models.landtable import LandObjection, LandRow, LandTable
from jiqun.modules.land.models.lowuse import LandFile, LandFileEntry
from jiqun.modules.land.models.parcels import Parcel, ParcelEvent, ParcelProposal

__all__ = [
    "Batch",
    "Calculation",
    "LandFile",
    "LandFileEntry",
    "LandObjection",
    "LandRow",
    "LandTable",
    "Objection",
    "Parcel",
    "ParcelEvent",
    "ParcelProposal",
    "Sheet",
    "Step",
    "Waiver",
]
