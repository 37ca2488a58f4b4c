"""Places, offices, and who sees rows about a firm: what the models of all modules share."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from jiqun.core.access import Role, Viewer
from jiqun.masters.models import Membership, Organisation

M = TypeVar("M", bound=models.Model)
EVERYWHERE = frozenset({"*"})


def answers_for(viewer: Viewer, place: str) -> bool:
    """Whether the viewer is an official of the place or of one that it lies in."""
    own = viewer.duty_places
    return viewer.known and ("*" in own or any(place.startswith(one) for one in own))


def serves(viewer: Viewer, organisation: int | None, place: str) -> bool:
    """Whether the viewer works as an official in this very office, and for this place."""
    if organisation is None or not answers_for(viewer, place):
        return False
    held = Membership.objects.in_force().filter(
        user_id=viewer.user_id, role=Role.ANALYST.value, organisation_id=organisation
    )
    return held.exists()


def own_offices(viewer: Viewer) -> list[Organisation]:
    """Return the bureaux in which the viewer works as an official, by name."""
    if not viewer.official:
        return []
    held = Membership.objects.in_force().filter(user_id=viewer.user_id, role=Role.ANALYST.value)
    found = Organisation.objects.filter(
        pk__in=held.values("organisation_id"), kind=Organisation.Kind.BUREAU
    )
    return list(found)
