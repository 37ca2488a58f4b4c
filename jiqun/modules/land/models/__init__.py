"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.parcels import Parcel, ParcelEvent, ParcelProposal

__all__ = ["Parcel", "ParcelEvent", "ParcelProposal"]
