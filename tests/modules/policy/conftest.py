"""The town, with or without money."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from jiqun.core import factstore
from tests.modules.policy.town import Town, build


@pytest.fixture
def town(db: None, tmp_path: Path, settings: Settings) -> Town:
    """Offices, people, firms, an item, a fund with 2,000,000 yuan."""
    settings.STORE = tmp_path / "store"
    made = build(factstore.store())
    made.fund(2_000_000)
    return made
