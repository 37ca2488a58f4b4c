"""The tenants, their accounts, and a store in which two firms of one place have figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

import polars as pl
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from jiqun.core.access import Role
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation, Person
from tests.conformance.tenants.canary import FIGURES, word
from tests.console import DEMO_SCOPE

PLACE = DEMO_SCOPE.place
# tenant: (kind of organisation, place, role); the words in canaries have no digits or lines.
TENANTS: Mapping[str, tuple[str, str, Role] | None] = {
    "firma": ("firm", PLACE, Role.FIRM),
    "firmb": ("firm", PLACE, Role.FIRM),
    "official": ("bureau", PLACE, Role.ANALYST),
    "elsewhere": ("bureau", "9902", Role.ANALYST),
    "butler": ("park", PLACE, Role.BUTLER),
    "partner": ("partner", PLACE, Role.PARTNER),
    "system": ("operator", "", Role.SYSTEM),
    "security": ("operator", "", Role.SECURITY),
    "audit": ("operator", "", Role.AUDIT),
    "nobody": None,
    "anonymous": None,
}


@dataclass(frozen=True, slots=True)
class Owned:
    """One row and the tenant whose it is."""

    owner: str
    row: Model


@dataclass(slots=True)
class World:
    """Everything that stands before the first request."""

    store: Store
    firms: Mapping[str, str]
    users: Mapping[str, User]
    rows: list[Owned] = field(default_factory=list)

    def again(self, store: Store) -> World:
        """The same world with rows of its own: what a test does to one in memory stays with it."""
        users = {name: copy(one) for name, one in self.users.items()}
        return World(
            store, self.firms, users, [Owned(one.owner, copy(one.row)) for one in self.rows]
        )

    def client(self, tenant: str) -> Client:
        """A new client that has logged in as the tenant; 500s come back as answers."""
        client = Client(raise_request_exception=False)
        if tenant != "anonymous":
            client.force_login(self.users[tenant])
        return client


def token_of(tenant: str) -> str:
    """The tenant's token for the API."""
    return f"jq_{tenant}"


def two_firms(store: Store) -> dict[str, str]:
    """The first two firms of the leading industry."""
    main = store.current("firm_industry")
    made = main.filter(main["industry"].startswith("176") & main["main"])
    codes = made.order_by("firm").limit(2).select("firm").to_polars()["firm"].to_list()
    return dict(zip(("firma", "firmb"), codes, strict=True))


def add_figures(store: Store, firms: Mapping[str, str]) -> None:
    """Give each firm an output whose digits and whose basis tell whose they are."""
    frame = pl.DataFrame(
        [
            {
                "firm": firms[name], "indicator": "output", "period": DEMO_SCOPE.period,
                "value": FIGURES[name], "unit": "CNY_fen", "status": "published",
                "lawful_basis": f"企业授权书 {word(name, 'basis')}",
                "source_row": row, "as_of": dt.date(2026, 1, 31), "basis": word(name, "basis"),
            }
            for row, name in enumerate(FIGURES, start=1)
        ]
    )  # fmt: skip
    store.append("firm_indicator", frame, batch="tenants", received=frame.height, source="合成数据")


def open_accounts(firms: Mapping[str, str]) -> dict[str, User]:
    """One person and one organisation for each tenant."""
    users: dict[str, User] = {}
    for tenant, place_in_the_world in TENANTS.items():
        if tenant == "anonymous":
            continue
        users[tenant] = User.objects.create(
            username=tenant, email=f"{word(tenant, 'person')}@example.invalid"
        )
        if place_in_the_world is None:
            continue
        kind, place, role = place_in_the_world
        organisation = Organisation.objects.create(
            name=f"合成 {tenant} {word(tenant, 'organisation')}",
            kind=kind, place=place, firm=firms.get(tenant, ""),
        )  # fmt: skip
        Person.objects.create(
            user=users[tenant], organisation=organisation, name=f"合成 {word(tenant, 'person')}"
        )
        Membership.objects.create(user=users[tenant], organisation=organisation, role=role.value)
    return users
