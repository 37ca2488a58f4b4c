"""Who belongs to which organisation, asked of the part that keeps the memberships.

That part lies above this one. It is named by two settings, as Django names its user model:
``MEMBERSHIP_MODEL`` (fields ``user``, ``organisation``; ``in_force()`` leaves out roles that have
ended and closed organisations) and ``VIEWER_OF`` (a function from a user
to a viewer).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.apps import apps
from django.conf import settings

from jiqun.core.access import Viewer
from jiqun.core.registry import load


def _memberships() -> Any:
    name = settings.MEMBERSHIP_MODEL
    return cast(Any, apps.get_model(name))._default_manager.in_force()


def viewer_of(user: Any, *, purpose: str = "") -> Viewer:
    """Return what a person may see now, outside of any request."""
    path = settings.VIEWER_OF
    return cast(Viewer, load(path)(user, purpose=purpose))


def organisations_of(viewer: Viewer) -> list[int]:
    """Return the organisations that a viewer belongs to."""
    if viewer.user_id is None:
        return []
    found = _memberships().filter(user_id=viewer.user_id)
    return sorted(set(found.values_list("organisation_id", flat=True)))


def organisations_of_people(users: Iterable[int]) -> dict[int, list[int]]:
    """Return the organisations of each person."""
    found: dict[int, list[int]] = {}
    pairs = _memberships().filter(user_id__in=list(users)).values_list("user_id", "organisation_id")
    for user, organisation in sorted(set(pairs)):
        found.setdefault(user, []).append(organisation)
    return found


def members_of(organisation: int) -> list[int]:
    """Return the people of an organisation whose accounts are active."""
    found = _memberships().filter(organisation_id=organisation, user__is_active=True)
    return sorted(set(found.values_list("user_id", flat=True)))


def organisation_names(organisations: Iterable[int]) -> dict[int, str]:
    """Return the names of organisations."""
    model = _memberships().model._meta.get_field("organisation").related_model
    return {row.pk: str(row) for row in model._default_manager.filter(pk__in=list(organisations))}


def all_organisations() -> Any:
    """Return every organisation (a queryset); for the search index, which keeps who may see it."""
    return _memberships().model._meta.get_field("organisation").related_model._default_manager.all()
