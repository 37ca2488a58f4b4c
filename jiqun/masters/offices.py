"""Places, offices, and who sees rows about a firm: what the models of all modules share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields as parts_of
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from jiqun.core.access import Role, Viewer, may_see_firm_rows
from jiqun.core.audit import read_firms
from jiqun.core.visible import VisibleQuerySet
from jiqun.masters.models import Membership, Organisation

M = TypeVar("M", bound=models.Model)
EVERYWHERE = frozenset({"*"})


def within(places: frozenset[str], column: str = "place") -> Q:
    """Return rows whose place is one of these or lies within one (code prefix)."""
    if "*" in places:
        return Q(pk__isnull=False)
    found = Q(pk__in=[])
    for place in sorted(places):
        found |= Q(**{f"{column}__startswith": place})
    return found


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


def firm_rows(viewer: Viewer, *, firm: str = "firm", place: str = "place") -> Q:
    """Return the condition for rows about firms: the own, and for an official with a purpose the place's."""
    if not viewer.known:
        return Q(pk__in=[])
    found = Q(pk__in=[])
    if viewer.has(Role.FIRM) and viewer.firms:
        found |= Q(**{f"{firm}__in": sorted(viewer.firms)})
    if may_see_firm_rows(viewer):
        found |= within(viewer.duty_places, place)
    return found


class PlacedQuerySet(VisibleQuerySet[M]):
    """Rows of a place that tell nothing about a firm: officials of the place see them."""

    place_column = "place"

    def visible_to(self, viewer: Viewer) -> PlacedQuerySet[M]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the rows of the official's places."""
        return self.filter(within(viewer.duty_places, self.place_column))


class FirmQuerySet(VisibleQuerySet[M]):
    """Rows about a firm: it sees its own, an official with a purpose those of the place."""

    firm_column = "firm"
    place_column = "place"

    def visible_to(self, viewer: Viewer) -> FirmQuerySet[M]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the rows that the viewer may see; the reader logs what is shown (:func:`note_read`)."""
        return self.filter(firm_rows(viewer, firm=self.firm_column, place=self.place_column))


def note_read(viewer: Viewer, firms: Iterable[str], fields: str) -> None:
    """Log that an official reads rows about firms, so that each firm sees it.

    Whether the viewer may is decided before, by the place of the row: a firm that has moved out or
    is not in the register has its row in this place all the same.
    """
    wanted = frozenset(firms) - {""}
    if wanted and viewer.official and viewer.purpose:
        # The request's viewer is a lazy stand-in, which ``dataclasses.replace`` does not take.
        whole: dict[str, Any] = {one.name: getattr(viewer, one.name) for one in parts_of(Viewer)}
        whole["duty"] = EVERYWHERE
        read_firms(Viewer(**whole), wanted, fields=fields)
