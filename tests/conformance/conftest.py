"""The tenants in the demo county, with one row of every sort each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.db.models import Model
from pytest_django import DjangoDbBlocker

from jiqun.core import factstore
from jiqun.core import models as core
from jiqun.core.imports.actions import Said, plan_import
from jiqun.core.publication.actions import draft
from jiqun.core.tabular import specs
from jiqun.masters import models as masters
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land import models as land
from jiqun.modules.policy import models as policy
from tests.conformance.tenants.seeds import seed
from tests.conformance.tenants.world import Owned, World, open_accounts, two_firms
from tests.console import Demo, standing
from tests.core.test_publication_pages import SCOPE

# Whose row stands for a model in addresses and verbs; of the others it is the official's.
OWNERS: Mapping[type[Model], str] = dict.fromkeys(
    (masters.Organisation, masters.Person, masters.Membership, core.Consent, core.ConsentUse, core.Paper,
     core.PaperUse,
     core.SearchSegment, core.SearchEntry, core.SearchPosting, policy.Case, policy.Hold, policy.Step,
     policy.Payment, land.Sheet, land.Objection, land.Waiver, land.Step, land.LandRow, land.LandObjection,
     land.Parcel, land.ParcelEvent, land.ParcelProposal, land.LandFile, land.LandFileEntry), "firma",
) | {core.Import: "system"}  # fmt: skip


def owner_of(model: type[Model]) -> str:
    """The tenant whose row of a model the suites ask for."""
    return OWNERS.get(model, "official")


def _built() -> World:
    """Accounts and rows of every tenant; an import and a draft of a table are real ones."""
    store = factstore.store()
    firms = two_firms(store)
    made = World(store, firms, open_accounts(firms))
    seed(made)
    fields = specs()["organisations"].template_fields
    text = "\n".join((",".join(one.zh for one in fields), ",".join(one.example for one in fields)))
    official, system = (viewer_of(made.users[name]) for name in ("official", "system"))
    made.rows += [
        Owned("system", plan_import(viewer=system, table="organisations", name="单位.csv",
                                    content=text.encode(), said=Said())),
        Owned("official", draft(viewer=official, scope=SCOPE, title_zh="产值（合成）")),
    ]  # fmt: skip
    return made


@pytest.fixture
def world(demo: Demo) -> World:
    """The tenants with their rows."""
    return _built()


@pytest.fixture(scope="module")
def built(
    demo_folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[World, Mapping[Path, bytes]]]:
    """The same, built once for a file whose tests all need it: each runs in a savepoint of it."""
    with standing(demo_folder / "store", django_db_blocker):
        made = _built()
        folders = [one.row.folder for one in made.rows if isinstance(one.row, core.Import)]
        files = [path for folder in folders for path in folder.glob("*")]
        yield made, {path: path.read_bytes() for path in files}
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shared_world(built: tuple[World, Mapping[Path, bytes]], demo: Demo) -> World:
    """The world of the file; a file that takes it as its ``world`` opens no accounts of its own."""
    made, files = built
    for path, content in files.items():  # no savepoint puts these back
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made.again(demo.store)


@pytest.fixture
def rows(world: World) -> Mapping[type[Model], Model]:
    """One row of each model, of its owner: of a firm's models the first firm's."""
    found: dict[type[Model], Model] = {}
    for one in world.rows:
        model = type(one.row)
        if one.owner == owner_of(model):
            found[model] = one.row
    return found | {core.FirmRead: core.FirmRead.objects.get(firm=world.firms["firma"])}
