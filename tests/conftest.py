"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import hypothesis
import polars as pl
import pytest
from django.conf import settings as installation
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings

from jiqun.core import factstore
from jiqun.core.registry import engines
from jiqun.core.triggers import remove
from jiqun.demo import generate
from jiqun.facts.load.folder import load_folder
from jiqun.facts.store.store import Store
from jiqun.modules.land.batch.computing import compute
from jiqun.modules.land.models import Batch
from tests.conformance.asvs import pytest_runtest_logreport, pytest_sessionfinish  # noqa: F401 - hooks
from tests.console import DEMO_FIRMS, PEERS, Demo, built_once, main_firm, open_people
from tests.guards import GUARDS, MIGRATED, present


def pytest_collection_finish() -> None:
    """Keep what was loaded and collected out of every later search for garbage, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_unconfigure() -> None:
    """Let libraries find what is theirs at the end."""
    gc.unfreeze()


# A machine that does other work too is not a bug.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which is not ours to redistribute; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data folder ../shared/data is absent")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def own_var(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Uploads of the tests lie in a folder of their own, not in that of an installation here."""
    installation.VAR = tmp_path_factory.mktemp("var")
    # Every test client loads the middleware, which would look through all static files; the
    # browser's server serves them by a handler of its own.
    installation.WHITENOISE_USE_FINDERS = False


@pytest.fixture(autouse=True)
def unhurried(settings: Settings) -> None:
    """No rate limits, no slow hashing, no demand for a second factor, except in their tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.RATE_LIMITS = "off"
    settings.MFA = "off"


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Forget the language that the request before activated in this thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _digest_of_makers() -> str:
    """A digest over all files that the demo county and its findings are made by."""
    total = hashlib.sha256()
    for name in ("demo", "engine", "facts", "modules", "rules", "core"):
        for path in sorted((installation.BASE / "jiqun" / name).rglob("*")):
            if path.suffix in {".py", ".yaml", ".toml", ".json", ".csv"}:
                total.update(path.relative_to(installation.BASE).as_posix().encode())
                total.update(path.read_bytes())
    return total.hexdigest()[:16]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Without the triggers of what is only ever added, which would not let a test empty its tables.

    tests/core/test_triggers.py shows that the migrated database had them.
    """
    with django_db_blocker.unblock():
        MIGRATED.update(present(connection))
        remove(connection, GUARDS)


def _keep_peers(county: Path, peers: int, since: int = 2019) -> None:
    """Leave the cells of so many other counties since a year: fewer make the same pages."""
    (file,) = county.glob("*2019-2025.parquet")
    cells = pl.read_parquet(file).filter(pl.col("year") >= since)
    kept = cells["place"].unique().sort().head(peers)
    cells.filter(pl.col("place").is_in(kept.to_list())).write_parquet(file)


@pytest.fixture(scope="session")
def demo_folder(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Path:
    """The store's folder, built once for all workers; engines ask the database for consents.

    Kept between runs as long as nothing changed that it is made by.
    """
    folder = installation.BASE / "var" / "tests" / f"{_digest_of_makers()}-{PEERS}"
    with built_once(folder) as wanted:
        if wanted:
            shutil.rmtree(folder, ignore_errors=True)
            generate(folder / "county", firms=DEMO_FIRMS)
            _keep_peers(folder / "county", PEERS)
            built = Store(folder / "store")
            load_folder(folder / "county", built)
            with django_db_blocker.unblock():
                for engine in engines().values():
                    engine.run(built)
                compute(
                    built,
                    Batch(key="demo", place="990101", year=2025, rules="zhejiang-huangyan-2022"),
                    1,
                )
    return folder


@pytest.fixture(scope="session")
def lean_folder(demo_folder: Path, django_db_blocker: DjangoDbBlocker) -> Path:
    """The demo county beside two peers in their last year, with the findings on land.

    For tests to whom the many cells of the peers say nothing, but which carry them about.
    """
    folder = demo_folder.with_name(f"{demo_folder.name}-lean")
    with built_once(folder) as wanted:
        if wanted:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(demo_folder / "county", folder / "county")
            _keep_peers(folder / "county", 2, since=2025)
            built = Store(folder / "store")
            load_folder(folder / "county", built)
            with django_db_blocker.unblock():
                engines()["land"].run(built)
    return folder


def _opened(folder: Path, settings: Settings) -> Demo:
    settings.STORE = folder
    facts = factstore.store()
    return Demo(folder, facts, facts.runs("chain")[0].run)


@pytest.fixture
def demo(db: None, demo_folder: Path, settings: Settings) -> Demo:
    """The demo county as the installation's store; reading it asks the database for consents."""
    return _opened(demo_folder / "store", settings)


@pytest.fixture
def own_demo(demo: Demo, demo_folder: Path, tmp_path: Path, settings: Settings) -> Demo:
    """A copy of the demo county that a test may write to.

    Asks for ``demo`` first: who asks for it later would point the installation back at the shared one.
    """
    return _opened(Path(shutil.copytree(demo_folder / "store", tmp_path / "store")), settings)


@pytest.fixture
def first_firm(demo: Demo) -> str:
    """The firm that the firm user of ``people`` belongs to."""
    return main_firm(demo.store)


@pytest.fixture
def people(db: None, first_firm: str) -> Mapping[str, User]:
    """One person of each role, an analyst of another place, and one who belongs to nothing."""
    return open_people(first_firm)


@pytest.fixture
def sign_in(people: Mapping[str, User]) -> Callable[[str], Client]:
    """Return a client that has logged in as one of ``people``; ``anonymous`` has not."""

    def signed_in(name: str, *, purpose: str = "") -> Client:
        client = Client()
        if name != "anonymous":
            client.force_login(people[name])
        if purpose:
            client.post("/purpose/", {"purpose": purpose})
        return client

    return signed_in
