"""Every trigger that refuses to change rows, and which of them the migrated database had."""

from __future__ import annotations

from typing import Any

from jiqun.core.audit import guards as audit
from jiqun.core.papers import guards as papers
from jiqun.modules.land import guards as batches
from jiqun.modules.land.attribution import guards as land_table
from jiqun.modules.land.parcels import guards as parcels
from jiqun.modules.policy import draft_guards as drafts
from jiqun.modules.policy import guards as policy

GUARDS = (
    *audit.GUARDS, *papers.GUARDS, *policy.GUARDS, *drafts.GUARDS, *batches.GUARDS, *land_table.GUARDS, *parcels.GUARDS,
)  # fmt: skip
# These stay in the tests too: they refuse what is wrong and let tables be emptied.
KEPT = (*policy.CHAIN, *parcels.COVER)
MIGRATED: set[str] = set()  # names, as the migrations had left them
NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def present(connection: Any) -> set[str]:
    """Names of the triggers that the database has now."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES[connection.vendor])
        return {name for (name,) in cursor.fetchall()}
