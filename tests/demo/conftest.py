"""One small demo county for every test of this folder, and the full one where size matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiqun.demo import generate


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo_small")
    generate(folder, firms=200)
    return folder


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo_full")
    generate(folder)
    return folder
