"""Commitments about land, one file per topic."""

from __future__ import annotations

from jiqun.modules.land.models.lowuse import LandFile, LandFileEntry

__all__ = ["LandFile", "LandFileEntry"]
