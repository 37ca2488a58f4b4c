"""API tokens, the audit log and the log of firm-level reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.core.audit import read_firms, record
from jiqun.core.models import ApiToken, AuditEntry, FirmRead
from jiqun.core.tokens import issue_token, user_of_token
from jiqun.errors import JiqunError

pytestmark = pytest.mark.django_db
PURPOSE = "核对 2025 年补链清单"


@pytest.fixture
def user() -> User:
    return User.objects.create(username="one")


def _official(user: User, purpose: str = PURPOSE) -> Viewer:
    return Viewer(
        user.pk,
        "one",
        frozenset({Role.ANALYST}),
        frozenset({"*"}),
        purpose=purpose,
        request_id="r1",
    )


def test_a_token_stands_for_its_owner_and_only_its_digest_is_kept(user: User) -> None:
    token = issue_token(viewer=Viewer(user.pk), label="报表")
    assert token.startswith("jq_")
    assert user_of_token(token) == user
    row = ApiToken.objects.get()
    assert token not in (row.digest, row.label)
    assert row.last_used is not None
    assert AuditEntry.objects.get().action == "core.issue_token"


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


def test_a_firm_read_without_a_purpose_cannot_be_stored(user: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FirmRead.objects.create(user=user, firm="A", purpose="", fields="output")
    FirmRead.objects.create(user=user, firm="A", purpose=PURPOSE, fields="output")


def test_reads_of_others_are_logged_with_their_purpose(user: User) -> None:
    assert read_firms(_official(user), ["B", "A"], fields="output") == {"A", "B"}
    logged = FirmRead.objects.order_by("firm").values_list(
        "firm", "purpose", "fields", "request_id"
    )
    assert list(logged) == [("A", PURPOSE, "output", "r1"), ("B", PURPOSE, "output", "r1")]


def test_own_reads_are_not_logged(user: User) -> None:
    firm = Viewer(user.pk, roles=frozenset({Role.FIRM}), firms=frozenset({"A"}))
    assert read_firms(firm, ["A", "B"], fields="output") == {"A"}
    assert not FirmRead.objects.exists()


def test_an_official_without_a_purpose_reads_nothing(user: User) -> None:
    assert read_firms(_official(user, ""), ["A"], fields="output") == frozenset()
    assert not FirmRead.objects.exists()


def test_a_read_by_no_account_is_refused_not_left_unlogged() -> None:
    with pytest.raises(JiqunError) as caught:
        read_firms(Viewer(roles=frozenset({Role.ANALYST}), purpose=PURPOSE), ["A"], fields="output")
    assert caught.value.code == "E-FORBIDDEN"


def test_an_entry_says_who_did_what(user: User) -> None:
    record(_official(user), "chain.confirm", target="x", detail={"n": 1})
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.target, entry.detail, entry.request_id) == (
        user, "chain.confirm", "x", {"n": 1}, "r1",
    )  # fmt: skip


def test_people_in_the_log_cannot_be_deleted(user: User) -> None:
    record(_official(user), "x", detail={})
    with pytest.raises(IntegrityError):
        user.delete()
