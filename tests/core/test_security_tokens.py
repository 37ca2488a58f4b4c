"""API tokens: made on a page, for reading or writing, revoked, never outliving their owner."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.models import ApiToken, AuditEntry
from jiqun.core.security import passwords
from jiqun.core.security.actions import issue_token, revoke_token
from jiqun.core.tokens import user_of_token
from jiqun.errors import JiqunError
from tests.console import text_of

pytestmark = pytest.mark.django_db
WORD = "Zwei-Hasen-4711"


@pytest.fixture
def person() -> User:
    user = User.objects.create_user("mei", password=WORD)
    passwords.remember(user, initial=False)
    return user


@pytest.fixture
def inside(person: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": "mei", "password": WORD})
    client.post("/accounts/confirm/", {"password": WORD})
    return client


@pytest.mark.asvs("7.5.1")
def test_a_token_is_made_only_after_the_person_has_confirmed(person: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "mei", "password": WORD})
    answer = client.post("/api-token/", {"label": "报表"})
    assert answer["Location"].startswith("/accounts/confirm/")
    assert not ApiToken.objects.exists()


def test_a_token_is_shown_once_listed_and_revoked(inside: Client, person: User) -> None:
    page = inside.post(
        "/api-token/", {"label": "报表", "days": "7", "scope": "read"}
    ).content.decode()
    token = re.search(r"jq_[\w-]{40,}", page)
    assert token
    assert user_of_token(token[0]) == person
    listed = text_of(inside, "/api-token/")
    assert token[0] not in listed
    assert "报表" in listed
    row = ApiToken.objects.get()
    assert timedelta(days=6, hours=23) < row.expires - timezone.now() <= timedelta(days=7)
    inside.post("/api-token/", {"revoke": row.pk})
    assert user_of_token(token[0]) is None
    assert [one.action for one in AuditEntry.objects.filter(action__endswith="_token").order_by("pk")] == [
        "security.issue_token", "security.revoke_token",
    ]  # fmt: skip


def test_a_reading_token_writes_nothing(person: User) -> None:
    who = Viewer(person.pk, "mei")
    reading, writing = (
        issue_token(viewer=who, label="r"),
        issue_token(viewer=who, label="w", scope="write"),
    )
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        assert (user_of_token(reading, method=method) is not None) is (method in {"GET", "HEAD"})
        assert user_of_token(writing, method=method) == person


def test_nobody_revokes_anothers_but_a_security_administrator(person: User, inside: Client) -> None:
    other = User.objects.create(username="lan")
    issue_token(viewer=Viewer(other.pk), label="x")
    row = ApiToken.objects.get()
    assert inside.post("/api-token/", {"revoke": row.pk}).status_code == 404
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        revoke_token(viewer=Viewer(person.pk), token=row)
    revoke_token(viewer=Viewer(person.pk, roles=frozenset({Role.SECURITY})), token=row)
    assert not ApiToken.objects.exists()


def test_use_is_noted_at_most_once_a_minute(person: User) -> None:
    token = issue_token(viewer=Viewer(person.pk), label="x")
    user_of_token(token)
    first = ApiToken.objects.get().last_used
    user_of_token(token)
    assert ApiToken.objects.get().last_used == first
    ApiToken.objects.update(last_used=timezone.now() - timedelta(minutes=2))
    user_of_token(token)
    assert ApiToken.objects.get().last_used > timezone.now() - timedelta(minutes=1)
