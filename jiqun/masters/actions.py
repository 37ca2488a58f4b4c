"""What is done with organisations, people and roles.

Three hands: a system administrator opens organisations and accounts, a security administrator
says what an account may do, and neither reads the log. A firm's own people bring in colleagues.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.core.models.security import LoginSession
from jiqun.core.security import passwords, sessions
from jiqun.masters.checks import (
    account_problems,
    change_problems,
    cleaned,
    holds_last_security,
    last_security,
    organisation_problems,
    reason_problems,
    role_problems,
)
from jiqun.masters.models import Membership, Organisation, Person


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account and its first password, which is shown once and changed at the first login."""

    person: Person
    password: str


def target_of(user_id: int) -> str:
    """Return the chain of the log that a person's account belongs to."""
    return f"user:{user_id}"


# ---- organisations ------------------------------------------------------------------------------


def may_open_organisation(viewer: Viewer) -> bool:
    """A system administrator."""
    return viewer.has(Role.SYSTEM)


@action("masters.open_organisation", zh="新增单位", en="open an organisation")
def open_organisation(
    *, viewer: Viewer, name: str, kind: str, place: str = "", firm: str = ""
) -> Organisation:
    """Open an organisation and return it.

    Args:
        viewer: A system administrator.
        name: Full name, unique.
        kind: One of ``Organisation.Kind``.
        place: Codes of the places it answers for, with commas between; ``*`` for every place.
        firm: A firm's unified social credit code; empty for others.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    values = cleaned(name, kind, place, firm)
    refuse(organisation_problems(values))
    made = Organisation.objects.create(**values)
    record(viewer, "masters.open_organisation", target=f"organisation:{made.pk}", after=values)
    return made


def may_change_organisation(viewer: Viewer) -> bool:
    """A system administrator."""
    return viewer.has(Role.SYSTEM)


@action("masters.change_organisation", zh="修改单位", en="change an organisation")
def change_organisation(
    *,
    viewer: Viewer,
    organisation: Organisation,
    name: str,
    kind: str,
    place: str = "",
    firm: str = "",
    active: bool = True,
) -> Organisation:
    """Change an organisation; closing it (``active`` false) takes effect for its people at once.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    values: dict[str, Any] = {**cleaned(name, kind, place, firm), "active": active}
    refuse(change_problems(organisation, values))
    before = {key: getattr(organisation, key) for key in values}
    changed = {key for key, value in values.items() if before[key] != value}
    for key, value in values.items():
        setattr(organisation, key, value)
    organisation.save()
    record(
        viewer, "masters.change_organisation", target=f"organisation:{organisation.pk}",
        before={key: before[key] for key in changed}, after={key: values[key] for key in changed},
    )  # fmt: skip
    return organisation


# ---- accounts -----------------------------------------------------------------------------------


def _open(username: str, name: str, phone: str, organisation: Organisation) -> Opened:
    user = User(username=username)
    password = passwords.generated()
    user.set_password(password)
    user.save()
    passwords.remember(user, initial=True)
    person = Person.objects.create(
        user=user, organisation=organisation, name=name.strip()[:60], phone=phone.strip()[:30]
    )
    return Opened(person, password)


def may_open_account(viewer: Viewer) -> bool:
    """A system administrator; the account has no role until a security administrator gives one."""
    return viewer.has(Role.SYSTEM)


@action("masters.open_account", zh="开通账号", en="open an account")
def open_account(
    *, viewer: Viewer, username: str, name: str, organisation: Organisation, phone: str = ""
) -> Opened:
    """Open an account without any role and return it with its first password.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    refuse(account_problems(username, name))
    opened = _open(username, name, phone, organisation)
    record(
        viewer, "masters.open_account", target=target_of(opened.person.user_id),
        after={"username": username, "organisation": organisation.pk},
    )  # fmt: skip
    return opened


def may_close_account(viewer: Viewer, person: Person) -> bool:
    """A system administrator, but not the own account."""
    return viewer.has(Role.SYSTEM) and person.user_id != viewer.user_id


@action("masters.close_account", zh="停用这个账号", en="close this account")
def close_account(*, viewer: Viewer, person: Person, reason: str) -> None:
    """Close an account at once: its sessions end, its roles count no more. Nothing is deleted.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` without a reason or for the last security
            administrator.
    """
    problems = reason_problems(reason)
    if holds_last_security(Q(user_id=person.user_id)):
        problems.append(last_security(""))
    refuse(problems)
    User.objects.filter(pk=person.user_id).update(is_active=False)
    ended = cast("QuerySet[LoginSession]", LoginSession.objects.filter(user_id=person.user_id))
    sessions.end(ended)
    record(
        viewer, "masters.close_account", target=target_of(person.user_id), reason=reason.strip(),
        before={"active": True}, after={"active": False},
    )  # fmt: skip


def may_reopen_account(viewer: Viewer, person: Person) -> bool:
    """A system administrator, but not the own account."""
    return viewer.has(Role.SYSTEM) and person.user_id != viewer.user_id


@action("masters.reopen_account", zh="恢复这个账号", en="reopen this account")
def reopen_account(*, viewer: Viewer, person: Person, reason: str) -> None:
    """Let an account log in again, with the roles that it still has.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` without a reason.
    """
    refuse(reason_problems(reason))
    User.objects.filter(pk=person.user_id).update(is_active=True)
    record(
        viewer, "masters.reopen_account", target=target_of(person.user_id), reason=reason.strip(),
        before={"active": False}, after={"active": True},
    )  # fmt: skip


# ---- roles --------------------------------------------------------------------------------------


def may_grant_role(viewer: Viewer, person: Person) -> bool:
    """A security administrator, but never to the own account."""
    return viewer.has(Role.SECURITY) and person.user_id != viewer.user_id


@action("masters.grant_role", zh="授予角色", en="grant a role")
def grant_role(
    *,
    viewer: Viewer,
    person: Person,
    organisation: Organisation,
    role: Role,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> Membership:
    """Give a person a role in an organisation, from a day (today) until another (no end).

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    begin = valid_from or timezone.localdate()
    problems = role_problems(person, organisation, role)
    if valid_until is not None and valid_until < begin:
        problems.append(wrong(
            "valid_until", "截止日期早于开始日期", "the last day lies before the first",
            remedy_zh="请改成开始日期之后的一天。", remedy_en="Give a later day.",
        ))  # fmt: skip
    refuse(problems)
    made = Membership.objects.create(
        user_id=person.user_id, organisation=organisation, role=role.value,
        valid_from=begin, valid_until=valid_until, granted_by_id=viewer.user_id,
    )  # fmt: skip
    record(viewer, "masters.grant_role", target=target_of(person.user_id), after=_role_words(made))
    return made


def _role_words(one: Membership) -> dict[str, Any]:
    return {
        "role": one.role,
        "organisation": one.organisation_id,
        "from": one.valid_from.isoformat(),
        "until": one.valid_until.isoformat() if one.valid_until else None,
    }


def may_revoke_role(viewer: Viewer, membership: Membership) -> bool:
    """A security administrator, or a firm's person for a colleague; never the own role."""
    if membership.user_id == viewer.user_id:
        return False
    colleague = membership.role == Role.FIRM.value and membership.organisation.firm in viewer.firms
    return viewer.has(Role.SECURITY) or (viewer.has(Role.FIRM) and colleague)


@action("masters.revoke_role", zh="收回这个角色", en="revoke this role")
def revoke_role(*, viewer: Viewer, membership: Membership, reason: str) -> None:
    """Take a role away at once.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` without a reason or for the last security
            administrator.
    """
    problems = reason_problems(reason)
    if holds_last_security(Q(pk=membership.pk)):
        problems.append(last_security(""))
    refuse(problems)
    record(
        viewer, "masters.revoke_role", target=target_of(membership.user_id), reason=reason.strip(),
        before=_role_words(membership),
    )  # fmt: skip
    membership.delete()


# ---- colleagues ---------------------------------------------------------------------------------


def may_add_colleague(viewer: Viewer, organisation: Organisation) -> bool:
    """A person of the firm itself."""
    own = bool(organisation.firm) and organisation.firm in viewer.firms
    return viewer.has(Role.FIRM) and own and organisation.active


@action("masters.add_colleague", zh="为这家企业添加同事", en="add a colleague to this firm")
def add_colleague(
    *, viewer: Viewer, organisation: Organisation, username: str, name: str, phone: str = ""
) -> Opened:
    """Open an account of the own firm, with the role of a firm's person and no other.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    refuse(account_problems(username, name))
    opened = _open(username, name, phone, organisation)
    Membership.objects.create(
        user_id=opened.person.user_id, organisation=organisation, role=Role.FIRM.value,
        granted_by_id=viewer.user_id,
    )  # fmt: skip
    record(
        viewer, "masters.add_colleague", target=target_of(opened.person.user_id),
        after={"username": username, "organisation": organisation.pk, "role": Role.FIRM.value},
    )  # fmt: skip
    return opened


# ---- the first accounts -------------------------------------------------------------------------


def may_enrol(viewer: Viewer) -> bool:
    """The set-up of an installation on its own machine, never a person who has logged in."""
    return viewer.user_id is None and viewer.has(Role.SYSTEM)


@action("masters.enrol", zh="开通首批账号", en="open the first accounts")
def enrol(
    *,
    viewer: Viewer,
    username: str,
    password: str,
    organisation: Organisation,
    role: Role,
    initial: bool = True,
) -> User:
    """Open one of the first accounts with its role, or give an existing one the role.

    ``initial`` is false for a password that need not be changed at the first login.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` for a name or a role that cannot be.
        ValidationError: The password is too weak.
    """
    user = User.objects.filter(username=username).first()
    made = user is None
    if user is None:
        refuse(account_problems(username, username))
        user = User(username=username)
        if weak := passwords.problems_of(password, user, words=(organisation.name,)):
            raise ValidationError(weak)
        user.set_password(password)
        user.save()
        passwords.remember(user, initial=initial)
    person, _ = Person.objects.get_or_create(
        user=user, defaults={"organisation": organisation, "name": username}
    )
    known = Membership.objects.filter(user=user, organisation=organisation, role=role.value)
    if not known.exists():
        refuse(role_problems(person, organisation, role))
        Membership.objects.create(user=user, organisation=organisation, role=role.value)
    record(
        viewer, "masters.enrol", target=target_of(user.pk), after={"role": role.value, "new": made}
    )
    return user
