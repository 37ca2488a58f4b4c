"""Sessions: how long they last, on which devices, and ending them.

The state that each request needs is in the session itself, so that a page costs no query more;
it and the list are written at most once a minute.
"""

from __future__ import annotations

import re
import time
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jiqun.core.models.security import LoginSession
from jiqun.core.security.origin import client_address

STATE = "login"
WRITE_EVERY = 60  # seconds
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(agent: str) -> str:
    """Return browser and system in a few words, else the beginning of what the browser said.

    >>> device_words("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")
    'Firefox · Linux'
    """
    found = [
        next((words for sign, words in table if sign in agent), "") for table in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or re.sub(r"[^\x20-\x7e]", "", agent)[:60]


def _store(key: str) -> SessionBase:
    engine = import_module(settings.SESSION_ENGINE)
    return cast(SessionBase, engine.SessionStore(key))


def state(request: HttpRequest) -> dict[str, Any] | None:
    """Return what is kept about the session, None before its first request after login."""
    return cast("dict[str, Any] | None", request.session.get(STATE))


def begin(request: HttpRequest, user_id: int, extra: dict[str, Any]) -> None:
    """List the session and keep its beginning; called at its first request."""
    now = int(time.time())
    row = LoginSession.objects.create(
        user_id=user_id,
        key=request.session.session_key or "",
        address=client_address(request),
        device=device_words(request.META.get("HTTP_USER_AGENT", "")),
    )
    request.session[STATE] = {
        "row": row.pk, "key": row.key, "started": now, "seen": now, "password": "", "factor": False, **extra,
    }  # fmt: skip


def overdue(kept: dict[str, Any], *, now: float) -> str:
    """Return why the session is over: ``idle``, ``old``, or empty."""
    if now - kept["seen"] > settings.SESSION_IDLE_MINUTES * 60:
        return "idle"
    return "old" if now - kept["started"] > settings.SESSION_COOKIE_AGE else ""


def touch(request: HttpRequest, kept: dict[str, Any], *, now: float) -> None:
    """Note that the session is in use, when a minute has passed or its key has changed."""
    key = request.session.session_key or ""
    if now - kept["seen"] < WRITE_EVERY and kept["key"] == key:
        return
    LoginSession.objects.filter(pk=kept["row"]).update(
        seen=timezone.now(), key=key, address=client_address(request)
    )
    request.session[STATE] = {**kept, "seen": int(now), "key": key}


def end(rows: QuerySet[LoginSession]) -> int:
    """End sessions at once and return how many; a request under way cannot bring one back."""
    found = list(rows)
    for row in found:
        _store(row.key).delete()
    LoginSession.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


def end_own(request: HttpRequest) -> None:
    """Take the session of this request off the list; the caller logs it out."""
    if kept := state(request):
        LoginSession.objects.filter(pk=kept["row"]).delete()
