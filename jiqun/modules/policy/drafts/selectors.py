"""Reads of stored drafts, always with the viewer."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.modules.policy.benefits.selectors import missing
from jiqun.modules.policy.models import Draft, DraftField

SHOWN = 200


def drafts_of(viewer: Viewer) -> list[Draft]:
    """Return the latest drafts of the official's places."""
    rows = Draft.objects.visible_to(viewer).select_related("text", "department")
    return list(rows[:SHOWN])


def the_draft(viewer: Viewer, key: str) -> Draft:
    """Return a draft; ``E-POLICY-MISSING`` when it is not for the viewer."""
    rows = Draft.objects.visible_to(viewer).select_related(
        "text", "department", "made_by", "first_by", "second_by"
    )
    found = rows.filter(key=key).first()
    if found is None:
        raise missing("草稿", "draft")
    return found


def fields_in(viewer: Viewer, draft: Draft) -> list[DraftField]:
    """Return the fields of a draft, in the order of the document."""
    return list(DraftField.objects.visible_to(viewer).filter(draft=draft).select_related("draft"))
