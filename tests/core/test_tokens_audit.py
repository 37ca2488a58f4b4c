"""API tokens, and that their making is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import ANONYMOUS, Viewer
from jiqun.core.models import ApiToken, AuditEntry
from jiqun.core.security.actions import issue_token
from jiqun.core.tokens import user_of_token
from jiqun.errors import JiqunError

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create(username="one")


def test_a_token_stands_for_its_owner_and_only_its_digest_is_kept(user: User) -> None:
    token = issue_token(viewer=Viewer(user.pk), label="报表")
    assert token.startswith("jq_")
    assert user_of_token(token) == user
    row = ApiToken.objects.get()
    assert token not in (row.digest, row.label)
    assert row.last_used is not None
    assert AuditEntry.objects.get().action == "security.issue_token"


@pytest.mark.parametrize("broken", ["expired", "wrong", "revoked", "owner left", "empty"])
def test_a_token_that_does_not_count(user: User, broken: str) -> None:
    token = issue_token(viewer=Viewer(user.pk), label="x")
    if broken == "expired":
        ApiToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    elif broken == "revoked":
        ApiToken.objects.all().delete()
    elif broken == "owner left":
        User.objects.update(is_active=False)
    shown = {"wrong": token + "x", "empty": ""}.get(broken, token)
    assert user_of_token(shown) is None


def test_nobody_gets_no_token() -> None:
    with pytest.raises(JiqunError) as caught:
        issue_token(viewer=ANONYMOUS, label="x")
    assert caught.value.code == "E-FORBIDDEN"
    assert not ApiToken.objects.exists()
