"""API tokens: made once, shown once, kept only as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from jiqun.core.access import Viewer, forbidden
from jiqun.core.audit import record
from jiqun.core.models import ApiToken

LIFETIME = timedelta(days=90)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def may_issue_token(viewer: Viewer) -> bool:
    """Everybody who has logged in may have a token with the own rights."""
    return viewer.known


@transaction.atomic
def issue_token(*, viewer: Viewer, label: str) -> str:
    """Make a token with the viewer's own rights and return it; it cannot be read again.

    Raises:
        JiqunError: ``E-FORBIDDEN`` for one who has not logged in.
    """
    if not may_issue_token(viewer) or viewer.user_id is None:
        raise forbidden("签发接口令牌", "issue an API token")
    token = f"jq_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        user_id=viewer.user_id,
        label=label[:80] or "API",
        digest=_digest(token),
        expires=timezone.now() + LIFETIME,
    )
    record(viewer, "core.issue_token", target=label, detail={"days": LIFETIME.days})
    return token


def user_of_token(token: str) -> User | None:
    """Return the person that a live token belongs to, and note its use."""
    row = ApiToken.objects.select_related("user").filter(digest=_digest(token)).first()
    if row is None or row.expires <= timezone.now() or not row.user.is_active:
        return None
    ApiToken.objects.filter(pk=row.pk).update(last_used=timezone.now())
    return row.user
