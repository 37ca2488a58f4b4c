"""Reads of commitments go through ``visible_to(viewer)``, which shows nothing unless told to."""

from __future__ import annotations

from typing import Self, TypeVar, cast

from django.db import models

from jiqun.core.access import Viewer

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
