"""Accounts: who opens them, what a membership makes of a person."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.masters.actions import enrol
from jiqun.masters.demo import first_accounts, write_logins
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from tests.console import Demo

pytestmark = pytest.mark.django_db
SETUP = Viewer(roles=frozenset({Role.SYSTEM}))
WORD = "A-long-one-2026"


@pytest.fixture
def bureau() -> Organisation:
    return Organisation.objects.create(name="经信局", kind="bureau", place="990101")


@pytest.mark.parametrize("role", [None, *Role])
def test_only_the_set_up_opens_first_accounts(bureau: Organisation, role: Role | None) -> None:
    viewer = Viewer(
        1, roles=frozenset({role} if role else ()), places=frozenset({"*"}), purpose="试试看"
    )
    for who in (viewer, ANONYMOUS):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            enrol(viewer=who, username="new", password=WORD, organisation=bureau, role=Role.ANALYST)
    assert not User.objects.exists()
    assert not AuditEntry.objects.exists()


def test_enrolling_opens_an_account_and_logs_it_without_the_password(bureau: Organisation) -> None:
    user = enrol(
        viewer=SETUP, username="new", password=WORD, organisation=bureau, role=Role.ANALYST
    )
    assert user.check_password(WORD)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("masters.enrol", f"user:{user.pk}")
    assert WORD not in repr(entry.__dict__)


def test_enrolling_again_adds_a_role_and_keeps_the_password(bureau: Organisation) -> None:
    for role in (Role.ANALYST, Role.SYSTEM, Role.SYSTEM):
        enrol(viewer=SETUP, username="new", password=WORD if role == Role.ANALYST else "other",
              organisation=bureau, role=role)  # fmt: skip
    assert User.objects.get().check_password(WORD)
    assert Membership.objects.count() == 2
    with pytest.raises(JiqunError, match="三类管理员"):
        enrol(viewer=SETUP, username="new", password="", organisation=bureau, role=Role.AUDIT)


def test_an_impossible_name_opens_nothing(bureau: Organisation) -> None:
    with pytest.raises(JiqunError, match="登录名"):
        enrol(
            viewer=SETUP, username="not a name!", password=WORD, organisation=bureau,
            role=Role.ANALYST,
        )  # fmt: skip
    assert not User.objects.exists()


@pytest.mark.parametrize(("kind", "firm"), [("bureau", "91"), ("firm", "")])
def test_only_a_firm_has_a_firm_code(kind: str, firm: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(name="x", kind=kind, firm=firm)


def test_a_viewer_is_the_sum_of_the_memberships(bureau: Organisation) -> None:
    user = enrol(
        viewer=SETUP, username="new", password=WORD, organisation=bureau, role=Role.ANALYST
    )
    maker = Organisation.objects.create(name="厂", kind="firm", place="990101001", firm="91X")
    enrol(viewer=SETUP, username="new", password=WORD, organisation=maker, role=Role.FIRM)
    viewer = viewer_of(user, purpose="核对")
    assert viewer.roles == {Role.ANALYST, Role.FIRM}
    assert viewer.places == {"990101", "990101001"}
    assert viewer.duty_places == {"990101"}, (
        "an official where the office is, not where the firm lies"
    )
    assert viewer.firms == {"91X"}
    assert viewer.purpose == "核对"
    assert viewer.request_id


def test_an_operator_answers_for_no_place() -> None:
    operator = Organisation.objects.create(name="运维", kind="operator")
    user = enrol(
        viewer=SETUP, username="op", password=WORD, organisation=operator, role=Role.SYSTEM
    )
    assert viewer_of(user).places == frozenset()


def test_a_stranger_and_one_without_membership_see_nothing() -> None:
    assert viewer_of(AnonymousUser()) == ANONYMOUS
    viewer = viewer_of(User.objects.create(username="x"))
    assert viewer.known
    assert (viewer.roles, viewer.places, viewer.firms) == (frozenset(),) * 3


def test_the_roles_of_the_database_are_those_of_the_code() -> None:
    assert {*Membership.Role.values} == {role.value for role in Role}


def test_the_demo_has_an_account_of_each_role(demo: Demo) -> None:
    accounts = {account.role: account for account in first_accounts(demo.store, synthetic=True)}
    assert {*accounts} == {*Role} - {Role.PARTNER}
    assert accounts[Role.FIRM].place == "990101", "a firm's account answers for its county"
    assert accounts[Role.FIRM].firm
    assert accounts[Role.SYSTEM].place == ""


def test_real_data_gets_no_demo_accounts(demo: Demo) -> None:
    accounts = first_accounts(demo.store, synthetic=False)
    assert [account.role for account in accounts] == [
        Role.ANALYST, Role.SYSTEM, Role.SECURITY, Role.AUDIT,
    ]  # fmt: skip
    assert not [account for account in accounts if "示例" in account.organisation]


@pytest.mark.parametrize("weak", ["short", "password123", ""])
def test_a_weak_password_opens_nothing(bureau: Organisation, weak: str) -> None:
    with pytest.raises(ValidationError):
        enrol(viewer=SETUP, username="new", password=weak, organisation=bureau, role=Role.ANALYST)
    assert not User.objects.exists()


def test_demo_logins_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "logins.json"
    write_logins(path, [("a", "one", "x"), ("b", "two", "y")])
    kept = write_logins(path, [("a", "one", "z")])
    assert sorted(tuple(row) for row in kept) == [("a", "one", "z"), ("b", "two", "y")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
