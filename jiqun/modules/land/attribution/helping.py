"""What the verbs of the land table share: the log's target, four eyes, words, locking."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.core.actions import another as refuse_same
from jiqun.modules.land.models import LandTable

FOUR_EYES = (
    "异议由公布人以外的官员决定，用地表由公布人以外的官员冻结。",
    "Objections are decided, and the table is frozen, by an official who did not publish it.",
)


def target(table: LandTable) -> str:
    """Return the chain of the log that a table belongs to."""
    return f"landtable:{table.key}"


def another(viewer: Viewer, *people: int | None) -> None:
    """Refuse one of the people who did an earlier step; ``E-LAND-FOUR-EYES``."""
    refuse_same(viewer, *people, code="E-LAND-FOUR-EYES", hint=FOUR_EYES)


def locked(table: LandTable) -> LandTable:
    """Lock a table until the commit."""
    # nosemgrep: jiqun-unscoped-read - the same row again, which the verb's predicate has decided about
    return LandTable.objects.select_for_update().get(pk=table.pk)
