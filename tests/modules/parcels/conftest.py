"""A small synthetic county with three deals of standard land, one of them badly written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from jiqun.core import factstore
from tests.modules.parcels.county import County, build


@pytest.fixture
def county(db: None, tmp_path: Path, settings: Settings) -> County:
    """Offices, people, firms, parcels, deals, figures; nothing is entered yet."""
    settings.STORE = tmp_path / "store"
    return build(factstore.store())
