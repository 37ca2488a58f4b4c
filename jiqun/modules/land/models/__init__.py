"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.landtable import LandObjection, LandRow, LandTable

__all__ = ["LandObjection", "LandRow", "LandTable"]
