"""Anonymous, no role, wrong place, right role × list, read, create, edit, delete, bulk, export.

For every model, verb and table there is; a new one fails until ``matrix`` has its line.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.apps import apps
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from jiqun.core import models as core
from jiqun.core.access import ANONYMOUS, Viewer
from jiqun.core.actions import Action, actions
from jiqun.core.models.audit import AuditChain, AuditRoot
from jiqun.core.tabular import Query, specs
from jiqun.masters.viewers import viewer_of
from tests.conformance import matrix
from tests.conformance.addresses import pages
from tests.conformance.matrix import (
    ARGUMENTS,
    MODELS,
    OF_ALL_TABLES,
    POSTS,
    TABLES,
    Post,
    Rows,
    Who,
)
from tests.conformance.tenants.world import TENANTS, World
from tests.console import Demo
from tests.core.verb_table import table as import_every_verb

pytestmark = pytest.mark.django_db
OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("jiqun.") and not model._meta.abstract
]
VERBS = {verb: who for row in MODELS.values() for verb, who in row.verbs.items()} | OF_ALL_TABLES
PURPOSE = "核对补链清单"


@pytest.fixture
def world(shared_world: World) -> World:
    return shared_world


@cache
def verbs() -> Mapping[str, Action]:
    """Every verb of ours."""
    import_every_verb()
    return {name: one for name, one in actions().items() if one.module.startswith("jiqun.")}


def viewers(world: World, purpose: str = "") -> Mapping[str, Viewer]:
    """Everybody, as the pages know them."""
    return {
        name: replace(viewer_of(world.users[name]), purpose=purpose) if name in world.users else ANONYMOUS
        for name in TENANTS
    }  # fmt: skip


def those(answers: Mapping[str, object]) -> Who:
    """The people for whom the answer is yes."""
    return frozenset(name for name, yes in answers.items() if yes)


@pytest.fixture
def everything(rows: Rows) -> Rows:
    """``rows``, and one of each model that belongs to nobody."""
    now = timezone.now()
    return {
        **rows,
        AuditChain: AuditChain.objects.earliest("pk"),
        AuditRoot: AuditRoot.objects.create(
            day=now.date(), entries=1, chains=1, algorithm="sha256", root="r", made=now, seal="s"
        ),
        core.Duty: core.Duty.objects.create(name="matrix", due=now),
        core.RateCounter: core.RateCounter.objects.create(bucket="matrix", count=1, until=1),
        core.SearchState: core.SearchState.objects.create(source="matrix"),
        core.SearchPosting: core.SearchPosting.objects.filter(
            segment=rows[core.SearchSegment]
        ).earliest("pk"),
    }  # fmt: skip


def test_everything_has_its_line() -> None:
    assert set(OURS) == set(MODELS), "say in MODELS who may do what with a new model"
    assert set(verbs()) == set(VERBS), "put a new verb at its model in MODELS"
    assert set(specs()) == set(TABLES), "say in TABLES who opens and fills a new table"
    assert set(verbs()) == set(POSTS) | set(matrix.WITHOUT_FORM), "say how a verb is sent"
    assert not set(POSTS) & set(matrix.WITHOUT_FORM)
    assert sum(len(row.verbs) for row in MODELS.values()) + len(OF_ALL_TABLES) == len(VERBS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_who_lists_and_reads_a_model(world: World, everything: Rows, model: type[Model]) -> None:
    row = everything[model]
    seen = {name: model.objects.visible_to(who) for name, who in viewers(world).items()}  # type: ignore[attr-defined]
    assert those({name: found.exists() for name, found in seen.items()}) == MODELS[model].lists
    reads = {name: found.filter(pk=row.pk).exists() for name, found in seen.items()}
    assert those(reads) == MODELS[model].reads


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_use_a_verb(world: World, everything: Rows, verb: str) -> None:
    one = verbs()[verb]
    asked = [name for name in inspect.signature(one.may).parameters if name != "viewer"]
    given = {
        name: (ARGUMENTS.get(f"{verb}.{name}") or ARGUMENTS[name])(world, everything)
        for name in asked
    }
    may = {name: one.may(viewer=who, **given) for name, who in viewers(world).items()}
    assert those(may) == VERBS[verb]


# ---- by address ---------------------------------------------------------------------------------


def _client(world: World, name: str) -> Client:
    """A client whose person has confirmed who they are just now."""
    client = world.client(name)
    if name != "anonymous":
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY + "_user"] = str(world.users[name].pk)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
        ]
        session.save()
    return client


def _carried_out(client: Client, path: str, verb: str, data: Mapping[str, object]) -> bool:
    """Send a form, say whether the verb left its entry in the log, and undo everything."""
    with transaction.atomic():
        before = core.AuditEntry.objects.filter(action=verb).count()
        answer = client.post(path, dict(data))
        assert answer.status_code < 500, (path, answer.status_code)
        done = core.AuditEntry.objects.filter(action=verb).count() > before
        transaction.set_rollback(True)
    return done


def _expected(verb: str, post: Post) -> Who:
    assert (post.done is None) == (not post.why)
    return VERBS[verb] if post.done is None else post.done


@pytest.mark.once
@pytest.mark.parametrize("verb", POSTS)
def test_a_form_is_carried_out_for_those_who_may_only(
    world: World, demo: Demo, everything: Rows, verb: str
) -> None:
    post, expected = POSTS[verb], _expected(verb, POSTS[verb])
    core.Job.objects.filter(pk=everything[core.Job].pk).update(state=core.Job.State.WAITING)
    path = next(one.path for one in pages(demo, everything) if one.name == post.address)
    data = post.data(world, everything)
    last = sorted(TENANTS, key=lambda name: name in expected)  # a file is not put back
    done = {name: _carried_out(_client(world, name), path, verb, data) for name in last}
    assert those(done) == expected


# ---- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_who_opens_finds_and_fills_a_table(world: World, name: str) -> None:
    spec, row = specs()[name], TABLES[name]
    people = viewers(world)
    assert those({one: spec.may_open(who) for one, who in people.items()}) == row.opens
    found = {one: spec.read(who, Query(limit=1)).total for one, who in people.items()}
    assert those(found) == row.rows
    stated = viewers(world, PURPOSE)
    found = {one: spec.read(who, Query(limit=1)).total for one, who in stated.items()}
    assert those(found) == row.for_purpose
    fills = {
        one: spec.importer is not None and spec.importer.may(who) for one, who in people.items()
    }
    assert those(fills) == row.bulk


@pytest.mark.once
@pytest.mark.parametrize("name", TABLES)
def test_the_addresses_of_a_table_let_the_same_people_in(world: World, name: str) -> None:
    row = TABLES[name]
    clients = {one: world.client(one) for one in TENANTS}

    def let_in(path: str) -> Who:
        return those({one: c.get(path).status_code == 200 for one, c in clients.items()})

    assert let_in(f"/data/{name}/?view=0") == row.opens
    assert let_in(f"/data/{name}/export.csv") == row.opens
    assert let_in(f"/api/tables/{name}") == row.opens
    assert let_in(f"/data/{name}/import/") == row.bulk
