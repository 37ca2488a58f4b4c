"""Saved views: the filters of a table under a name."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet


def colleagues(viewer: Viewer) -> list[str]:
    """Return what the viewer shares with colleagues: each role with each own firm or place."""
    own = sorted(viewer.firms) or sorted(viewer.places)
    return [f"{role}:{code}" for role in sorted(viewer.roles) for code in own]


class SavedViewQuerySet(VisibleQuerySet["SavedView"]):
    """A view belongs to its owner and, when shared, to those with the same role and place or firm."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the own views and those shared with the viewer."""
        if not viewer.known:
            return self.none()
        shared = models.Q(shared_with__in=colleagues(viewer))
        return self.filter(models.Q(user_id=viewer.user_id) | shared)


class SavedView(models.Model):
    """The filters, order and columns of a table that somebody wants again. It holds no rows."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    table = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    shared_with = models.CharField(max_length=60, blank=True)
    is_default = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        """A name once per person and table, and one view that opens by itself."""

        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "table", "name"], name="saved_view_named_once"),
            models.UniqueConstraint(
                fields=["user", "table"],
                condition=models.Q(is_default=True),
                name="one_default_view",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} · {self.name}"
