"""From a person's memberships to the viewer of a request."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.masters.models import Membership


def viewer_of(user: AbstractBaseUser | AnonymousUser, *, purpose: str = "") -> Viewer:
    """Return what ``user`` is and may see; the empty viewer for one who has not logged in.

    An organisation with no place of its own (the operator) answers for none; ``*`` means every
    place and is given explicitly.
    """
    if not user.is_authenticated or user.pk is None:
        return ANONYMOUS
    memberships = Membership.objects.filter(user_id=user.pk).select_related("organisation")
    rows = [(row.role, row.organisation) for row in memberships]
    return Viewer(
        user_id=int(user.pk),
        name=user.get_username(),
        roles=frozenset(Role(role) for role, _ in rows),
        places=frozenset(organisation.place for _, organisation in rows if organisation.place),
        firms=frozenset(organisation.firm for _, organisation in rows if organisation.firm),
        purpose=purpose,
        request_id=uuid4().hex,
    )
