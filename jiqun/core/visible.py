"""Reads of commitments go through ``visible_to(viewer)``, which shows nothing unless told to."""

from __future__ import annotations

from typing import Self, TypeVar, cast

from django.db import models
from django.db.models import Q

from jiqun.core.access import Role, Viewer, may_see_firm_rows

M = TypeVar("M", bound=models.Model)


class VisibleQuerySet(models.QuerySet[M]):
    """Base of every queryset of ours. A model says who sees which of its rows by overriding."""

    def visible_to(self, viewer: Viewer) -> Self:  # noqa: ARG002 - the name is the contract
        """Return the rows that the viewer may see: none, until a model says otherwise."""
        return self.none()

    @classmethod
    def as_manager(cls) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return Django's manager, typed as what it offers: the methods of this queryset."""
        return cast(Self, super().as_manager())


class OwnQuerySet(VisibleQuerySet[M]):
    """For things that belong to one person (a field ``user``): only that person sees them."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the viewer's own rows."""
        return self.filter(user_id=viewer.user_id) if viewer.known else self.none()


def within(places: frozenset[str], column: str = "place") -> Q:
    """Return rows whose place is one of these or lies within one (code prefix)."""
    if "*" in places:
        return Q(pk__isnull=False)
    found = Q(pk__in=[])
    for place in sorted(places):
        found |= Q(**{f"{column}__startswith": place})
    return found


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
