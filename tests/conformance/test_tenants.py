"""No tenant sees or changes what is another's, whatever is asked in whatever order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from pytest_django import Settings

from jiqun.core import factstore
from jiqun.facts.store.store import Store
from tests.conformance.tenants import machine, rules
from tests.conformance.tenants.crawler import Crawler
from tests.conformance.tenants.seeds import OWNERLESS, SEEDS, seed
from tests.conformance.tenants.world import World, add_figures, open_accounts, two_firms
from tests.console import built_once

pytestmark = pytest.mark.django_db
NIGHTLY = bool(os.environ.get("JIQUN_NIGHTLY"))


@pytest.fixture(scope="session")
def tenants_folder(demo_folder: Path, common_folder: Path) -> Path:
    """The demo county with the figures of two firms added, made once for all workers."""
    folder = common_folder / "tenants"
    with built_once(folder) as wanted:
        if wanted:
            shutil.copytree(demo_folder / "store", folder)
            made = Store(folder)
            add_figures(made, two_firms(made))
    return folder


@pytest.fixture
def world(tenants_folder: Path, settings: Settings) -> World:
    settings.STORE = tenants_folder
    facts = factstore.store()
    firms = two_firms(facts)
    made = World(facts, firms, open_accounts(firms))
    seed(made)
    return made


def words(world: World) -> Mapping[str, Sequence[str]]:
    """Values of text parameters by name, of every tenant."""
    run = world.store.runs("chain")[0].run
    return {
        "firm": list(world.firms.values()),
        "kind": ["leading", "supporting"],
        "code": ["176", "1762"],
        "slug": ["chain"],
        "finding": [f"{run}.leading.176"],
        "table": ["firm", "firm_indicator", "trade_link", "organisation", "person"],
        "receipt": ["receipt-firma", "receipt-firmb"],
        "key": ["importfirma", "importofficial", "draft-official", "draft-elsewhere"],
        "use": ["chain"],
        "kind_": ["pdf"],
        "name": ["firm", "firm_indicator", "organisation"],
    }


def crawl(world: World, *, examples: int, steps: int) -> int:
    """Run the machine; return how many requests were made."""
    made: list[Crawler] = []

    def crawler() -> Crawler:
        made.append(Crawler(world, rules.may_see, rules.may_change))
        return made[-1]

    built: Any = machine.machine_of(world, crawler, words(world))
    machine.run(built, examples=examples, steps=steps)
    return sum(one.requests for one in made)


def test_every_model_has_a_row_of_every_tenant() -> None:
    ours = {
        model
        for model in apps.get_models()
        if model.__module__.startswith("jiqun.") and not model._meta.abstract
    }
    seeded = {model for group in SEEDS.values() for model in group}
    assert ours - seeded - set(OWNERLESS) == set(), "add a seed, or say why nobody owns it"
    assert not seeded & set(OWNERLESS)


def test_nobody_gets_what_is_anothers(world: World) -> None:
    requests = crawl(world, examples=100 if NIGHTLY else int(os.environ.get("EX", "20")), steps=100)
    assert requests >= (10_000 if NIGHTLY else 1_500)
