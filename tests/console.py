"""What the tests of the console share: the demo county's names, its people, building it once."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.test import Client

from jiqun.core.access import Role
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Scope

SignIn = Callable[..., Client]
DEMO_SCOPE = Scope("990101", "gbt4754-2017", "2025")
DEMO_QUERY = f"place={DEMO_SCOPE.place}&classification={DEMO_SCOPE.classification}&period={DEMO_SCOPE.period}"
DEMO_FIRMS = 300
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
