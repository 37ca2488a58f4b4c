"""One row of every sort for every tenant, with its canary in each free text.

A new model joins by adding a line here; a test fails until it has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from django.db.models import Model
from django.utils import timezone

from jiqun.core.models import ApiToken
from jiqun.masters.models import Membership, Organisation
from tests.conformance.tenants.canary import word
from tests.conformance.tenants.world import Owned, World

Seed = Callable[[World, str], list[Model]]


def _tokens(world: World, tenant: str) -> list[Model]:
    return [
        ApiToken.objects.create(
            user=world.users[tenant], label=word(tenant, "token"), digest=f"{tenant:0<64}",
            expires=timezone.now() + dt.timedelta(days=1),
        )
    ]  # fmt: skip


def _memberships(world: World, tenant: str) -> list[Model]:
    return list(Membership.objects.filter(user=world.users[tenant]))


def _organisations(world: World, tenant: str) -> list[Model]:
    return list(Organisation.objects.filter(membership__user=world.users[tenant]))


SEEDS: Mapping[type[Model], Seed] = {
    ApiToken: _tokens,
    Membership: _memberships,
    Organisation: _organisations,
}


def seed(world: World) -> None:
    """Give every tenant with an account its rows."""
    for tenant in world.users:
        for make in SEEDS.values():
            world.rows += [Owned(tenant, row) for row in make(world, tenant)]
