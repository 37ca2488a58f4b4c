"""What is done with organisations and people; each verb keyword-only, in one transaction."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.audit import record
from jiqun.masters.models import Membership, Organisation


def may_enrol(viewer: Viewer) -> bool:
    """An administrator opens accounts."""
    return viewer.administrator


@transaction.atomic
def enrol(
    *, viewer: Viewer, username: str, password: str, organisation: Organisation, role: Role
) -> User:
    """Open an account for ``username`` in ``organisation``, or give an existing one the role.

    Raises:
        JiqunError: ``E-FORBIDDEN`` when the viewer may not.
        ValidationError: The password is too weak or the name is not one.
    """
    if not may_enrol(viewer):
        raise forbidden("开通账号", "open accounts")
    user, made = User.objects.get_or_create(username=username)
    if made:
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
        user.save()
    Membership.objects.get_or_create(user=user, organisation=organisation, role=role.value)
    record(viewer, "masters.enrol", target=username, detail={"role": role.value, "new": made})
    return user
