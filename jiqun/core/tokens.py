"""API tokens: what a request that carries one may do, and for which purpose.

They are made and revoked by the verbs of ``core.security.actions``.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import unquote

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from jiqun.core.models import ApiToken

LONGEST_DAYS = 90
NOTED_EVERY = timedelta(minutes=1)
READING = frozenset({"GET", "HEAD", "OPTIONS"})
PURPOSE_LENGTH = (4, 200)


def digest_of(token: str) -> str:
    """Return what is kept of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return a new random token."""
    return f"jq_{secrets.token_urlsafe(32)}"


def user_of_token(token: str, *, method: str = "GET") -> User | None:
    """Return the person that a live token belongs to, and note its use at most once a minute.

    None for one that is unknown, over, of a closed account, or only for reading when the request
    writes.
    """
    row = ApiToken.objects.select_related("user").filter(digest=digest_of(token)).first()
    now = timezone.now()
    if row is None or row.expires <= now or not row.user.is_active:
        return None
    if method not in READING and row.scope != ApiToken.Scope.WRITE:
        return None
    if row.last_used is None or row.last_used + NOTED_EVERY <= now:
        ApiToken.objects.filter(pk=row.pk).update(last_used=now)
    return row.user


def stated_purpose(request: HttpRequest) -> str:
    """Return the purpose in ``X-Purpose`` (UTF-8, percent-encoded), empty when it is none.

    A program states it with each request, as a person types it once in a session; each firm-level
    read is logged with it.
    """
    words = " ".join(unquote(request.headers.get("X-Purpose", "")).split())
    shortest, longest = PURPOSE_LENGTH
    return words[:longest] if len(words) >= shortest else ""
