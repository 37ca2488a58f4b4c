"""The tenants in the demo county, with one row of every sort each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from django.db.models import Model

from jiqun.core import models as core
from jiqun.core.imports.actions import Said, plan_import
from jiqun.core.publication.actions import draft
from jiqun.core.tabular import specs
from jiqun.masters import models as masters
from jiqun.masters.viewers import viewer_of
from tests.conformance.tenants.seeds import seed
from tests.conformance.tenants.world import Owned, World, open_accounts, two_firms
from tests.console import Demo
from tests.core.test_publication_pages import SCOPE

# Whose row stands for a model in addresses and verbs; of the others it is the official's.
FIRMS_OWN = (
    masters.Organisation, masters.Person, masters.Membership, core.Consent, core.ConsentUse,
    core.SearchSegment, core.SearchEntry,
)  # fmt: skip


@pytest.fixture
def world(demo: Demo) -> World:
    """Accounts and rows of every tenant; an import and a draft of the official are real ones."""
    firms = two_firms(demo.store)
    made = World(demo.store, firms, open_accounts(firms))
    seed(made)
    official = viewer_of(made.users["official"])
    importer = specs()["firm"].importer
    assert importer is not None
    said = Said(source="企业名录", owner="市场监管局", as_of=dt.date(2026, 1, 1), basis="检验")
    made.rows += [
        Owned("official", plan_import(viewer=official, table="firm", name="企业.xlsx",
                                      content=importer.template(), said=said)),
        Owned("official", draft(viewer=official, scope=SCOPE, title_zh="产值（合成）")),
    ]  # fmt: skip
    return made


@pytest.fixture
def rows(world: World) -> Mapping[type[Model], Model]:
    """One row of each model, of its owner: of a firm's models the first firm's."""
    found: dict[type[Model], Model] = {}
    for one in world.rows:
        model = type(one.row)
        if one.owner == ("firma" if model in FIRMS_OWN else "official"):
            found[model] = one.row
    return found | {core.FirmRead: core.FirmRead.objects.get(firm=world.firms["firma"])}
