"""Writes what people did into the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jiqun.core.access import Viewer, forbidden, visible_firms
from jiqun.core.models import AuditEntry, FirmRead


def record(viewer: Viewer, action: str, *, target: str = "", detail: Mapping[str, Any]) -> None:
    """Add one entry; called by every verb in an ``actions.py`` inside its transaction."""
    AuditEntry.objects.create(
        user_id=viewer.user_id,
        action=action,
        target=target,
        detail=dict(detail),
        request_id=viewer.request_id,
    )


def read_firms(viewer: Viewer, firms: Iterable[str], *, fields: str) -> frozenset[str]:
    """Return the firms whose figures the viewer may read, and log each read that is not the own.

    Raises ``E-FORBIDDEN`` for an official without a purpose only when nothing at all is visible
    and the viewer asked for it explicitly; lists simply leave the other firms' figures out.
    """
    visible = visible_firms(viewer, firms)
    foreign = sorted(visible - viewer.firms)
    if foreign:
        if viewer.user_id is None:
            raise forbidden("读取企业数据", "read firm-level data")
        FirmRead.objects.bulk_create(
            FirmRead(
                user_id=viewer.user_id,
                firm=firm,
                purpose=viewer.purpose,
                fields=fields,
                request_id=viewer.request_id,
            )
            for firm in foreign
        )
    return visible
