"""Who has to do with files of low-efficiency land: the office in charge, the place, the firm."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from jiqun.core.access import Role, Viewer, may_see_firm_rows
from jiqun.masters.models import Membership, Organisation


def within(places: frozenset[str], column: str = "place") -> Q:
    """Return rows whose place is one of these or lies within one (code prefix)."""
    if "*" in places:
        return Q(pk__isnull=False)
    found = Q(pk__in=[])
    for place in sorted(places):
        found |= Q(**{f"{column}__startswith": place})
    return found


def serves(viewer: Viewer, office: int | None, place: str) -> bool:
    """Whether the viewer works as an official in this very office, and for this place."""
    own = viewer.duty_places
    if (
        office is None
        or not viewer.known
        or not ("*" in own or place.startswith(tuple(own) or ("?",)))
    ):
        return False
    held: Any = Membership.objects.in_force().filter(
        user_id=viewer.user_id, role=Role.ANALYST.value, organisation_id=office
    )
    return bool(held.exists())


def own_offices(viewer: Viewer) -> list[Organisation]:
    """Return the bureaux in which the viewer works as an official, by name."""
    if not viewer.official:
        return []
    held = Membership.objects.in_force().filter(user_id=viewer.user_id, role=Role.ANALYST.value)
    found = Organisation.objects.filter(
        pk__in=held.values("organisation_id"), kind=Organisation.Kind.BUREAU
    )
    return list(found)


def of_firm(viewer: Viewer, *, firm: str = "firm", place: str = "place") -> Q:
    """Return the condition for rows about firms: the own, and for an official with a purpose the place's."""
    found = Q(pk__in=[])
    if not viewer.known:
        return found
    if viewer.has(Role.FIRM) and viewer.firms:
        found |= Q(**{f"{firm}__in": sorted(viewer.firms)})
    if may_see_firm_rows(viewer):
        found |= within(viewer.duty_places, place)
    return found
