"""What the tests of the console share: the demo county's names, its people, building it once."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from jiqun.core.access import Role
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation, Person
from jiqun.modules.chain.analysis.inputs import Scope

SignIn = Callable[..., Client]
DEMO_SCOPE = Scope("990101", "gbt4754-2017", "2025")
DEMO_QUERY = f"place={DEMO_SCOPE.place}&classification={DEMO_SCOPE.classification}&period={DEMO_SCOPE.period}"
DEMO_FIRMS = 300
PEERS = 24  # of the eighty other counties
WORDS_OF_THE_DEMO_PLACE = ("合成示例县", "990101")
# person: (kind of organisation, place, whether it is the demo's first firm, role)
PEOPLE: Mapping[str, tuple[str, str, bool, Role]] = {
    "analyst": ("bureau", "*", False, Role.ANALYST),
    "elsewhere": ("bureau", "9902", False, Role.ANALYST),
    "firm": ("firm", "990101", True, Role.FIRM),
    "butler": ("park", "990101", False, Role.BUTLER),
    "partner": ("partner", "990101", False, Role.PARTNER),
    "system": ("operator", "", False, Role.SYSTEM),
    "security": ("operator", "", False, Role.SECURITY),
    "audit": ("operator", "", False, Role.AUDIT),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo county in a store, with one run of the chain. Read only: see ``own_demo``."""

    folder: Path
    store: Store
    run: str

    def finding(self, kind: str, code: str) -> str:
        """Id of a finding of the run."""
        return f"{self.run}.{kind}.{code}"


def text_of(client: Client, path: str, status: int = 200) -> str:
    """Open a page, check its status and return what it says."""
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


@contextmanager
def built_once(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock and say whether its content has to be built."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@contextmanager
def standing(store: Path, blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is written to the database inside stands for all tests of a file, and is then undone.

    Each test runs in a savepoint of it. For fixtures of a module.
    """
    with (
        blocker.unblock(),
        override_settings(STORE=store),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)


def main_firm(store: Store) -> str:
    """The first firm of the leading industry."""
    main = store.current("firm_industry")
    made = main.filter(main["industry"].startswith("176") & main["main"])
    return str(made.order_by("firm").limit(1).select("firm").to_polars()["firm"][0])


def open_people(firm: str) -> dict[str, User]:
    """One person of each role, an analyst of another place, and one who belongs to nothing."""
    users = {name: User.objects.create(username=name) for name in (*PEOPLE, "nobody")}
    for name, (kind, place, of_firm, role) in PEOPLE.items():
        organisation = Organisation.objects.create(
            name=name, kind=kind, place=place, firm=firm if of_firm else ""
        )
        Person.objects.create(user=users[name], organisation=organisation, name=f"{name} 本人")
        Membership.objects.create(user=users[name], organisation=organisation, role=role.value)
    return users


class Pdf(SimpleUploadedFile):
    """A file that everybody can send in turn."""

    def __init__(self) -> None:
        super().__init__("材料.pdf", b"%PDF-1.4 matrix", "application/pdf")

    def read(self, *args: int) -> bytes:
        """Read it from its beginning."""
        self.seek(0)
        return bytes(super().read(*args))
