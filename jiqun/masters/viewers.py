"""From a person's memberships to the viewer of a request."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.core.security.origin import current_request_id
from jiqun.masters.models import Membership, Organisation

# Roles that look at their organisation's place; officials work for it, the others lie in it.
PLACED = frozenset({Role.ANALYST, Role.FIRM, Role.BUTLER})


def viewer_of(
    user: AbstractBaseUser | AnonymousUser, *, purpose: str = "", request_id: str = ""
) -> Viewer:
    """Return what ``user`` is and may see; the empty viewer for one who has not logged in.

    Roles count within their period, while the account and the organisation are open. A place
    comes with a role that works for it: an administrator or a partner has none by the role. An
    organisation with no place of its own answers for none; ``*`` means every place and is given
    explicitly.
    """
    if not user.is_authenticated or user.pk is None:
        return ANONYMOUS
    held = Membership.objects.in_force().filter(user_id=user.pk, user__is_active=True)
    rows = [(Role(row.role), row.organisation) for row in held.select_related("organisation")]
    return Viewer(
        user_id=int(user.pk),
        name=user.get_username(),
        roles=frozenset(role for role, _ in rows),
        places=_places(rows, PLACED),
        duty=_places(rows, frozenset({Role.ANALYST})),
        firms=frozenset(one.firm for role, one in rows if one.firm and role == Role.FIRM),
        organisation="、".join(sorted({one.name for _, one in rows})),
        purpose=purpose,
        request_id=request_id or current_request_id(),
    )


def _places(rows: Sequence[tuple[Role, Organisation]], roles: frozenset[Role]) -> frozenset[str]:
    return frozenset[str]().union(*(one.places for role, one in rows if role in roles))
