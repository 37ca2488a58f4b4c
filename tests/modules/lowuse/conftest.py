"""The hamlet in a store of its own, screened once for all tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoDbBlocker, Settings

from jiqun.core import factstore
from jiqun.facts.store.store import Store
from jiqun.modules.land.lowuse.findings import run_lowuse
from tests.modules.lowuse.hamlet import PLACE, grades, hamlet


@pytest.fixture(scope="session")
def hamlet_folder(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Six parcels, their firms, grades, and the screening."""
    folder = tmp_path_factory.mktemp("hamlet") / "store"
    made = Store(folder)
    hamlet(made)
    grades(made)
    with django_db_blocker.unblock():  # engines ask for consents
        run_lowuse(made, PLACE)
    return folder


@pytest.fixture
def facts(db: None, hamlet_folder: Path, tmp_path: Path, settings: Settings) -> Store:
    """A copy of it that a test may write to."""
    User.objects.create(pk=1, username="hamlet")  # whose looks are logged
    settings.STORE = shutil.copytree(hamlet_folder, tmp_path / "store")
    return factstore.store()
