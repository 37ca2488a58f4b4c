"""What the verbs of the land table share: the log's target, four eyes, words, locking."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.core.actions import refuse
from jiqun.core.forms import wrong
from jiqun.errors import JiqunError, Kind
from jiqun.modules.land.models import LandTable


def target(table: LandTable) -> str:
    """Return the chain of the log that a table belongs to."""
    return f"landtable:{table.key}"


def another(viewer: Viewer, *people: int | None) -> None:
    """Refuse one of the people who had it in hand before.

    Raises:
        JiqunError: ``E-LAND-FOUR-EYES``.
    """
    if viewer.user_id in people:
        raise JiqunError(
            "E-LAND-FOUR-EYES",
            "这一步必须由另一个人办理：您公布了这张用地表，或提出了这条异议",
            "another person has to do this: you published this land table, or objected",
            hint_zh="异议由公布人以外的官员决定，用地表由公布人以外的官员冻结。",
            hint_en="Objections are decided, and the table is frozen, by an official who did not publish it.",
            kind=Kind.FORBIDDEN,
        )


def words_of(text: str, field: str = "words") -> str:
    """Return what a person wrote, without stray spaces.

    Raises:
        JiqunError: ``E-INPUT`` for fewer than four characters.
    """
    said = " ".join(text.split())[:500]
    if len(said) < 4:
        refuse([wrong(
            field, "请写明情况，至少四个字", "say it in at least four characters",
            remedy_zh="内容会留在办理记录里。", remedy_en="It is kept with the table.",
        )])  # fmt: skip
    return said


def locked(table: LandTable) -> LandTable:
    """Lock a table until the commit."""
    # nosemgrep: jiqun-unscoped-read - the same row again, which the verb's predicate has decided about
    return LandTable.objects.select_for_update().get(pk=table.pk)
