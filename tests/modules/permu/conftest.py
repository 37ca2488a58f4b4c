"""The town of the per-mu batches: its store is filled once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from jiqun.core import factstore
from jiqun.facts.store.store import Store
from tests.modules.permu.town24 import YEAR, Town, build, fill


@pytest.fixture(scope="session")
def permu_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the figures of two years."""
    folder = tmp_path_factory.mktemp("permu") / "store"
    fill(Store(folder), (YEAR - 1, YEAR))
    return folder


@pytest.fixture
def permu(db: None, permu_store: Path, tmp_path: Path, settings: Settings) -> Town:
    """Offices, people and firms over a store of the test's own."""
    settings.STORE = Path(shutil.copytree(permu_store, tmp_path / "store"))
    return build(factstore.store())
