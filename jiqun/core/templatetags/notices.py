"""The bell in the page frame."""

from __future__ import annotations

from typing import cast

from django import template
from django.db import DatabaseError
from django.template.context import Context

from jiqun.core.access import Viewer
from jiqun.core.models.notices import Notice

register = template.Library()
MOST = 99


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> str:
    """Return how many notices the viewer has not read, ``99+`` beyond that; one indexed query.

    The frame is also that of the page which says that the database is away; there is no bell then.
    """
    who = cast("Viewer | None", getattr(context.get("request"), "viewer", None))
    if who is None or not who.known:
        return ""
    unread = Notice.objects.visible_to(who).filter(read=None, shown=True)
    try:
        count = unread[: MOST + 1].count()
    except DatabaseError:
        return ""
    return f"{MOST}+" if count > MOST else str(count or "")
