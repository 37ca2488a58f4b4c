"""Imports: a file that was handed in, what it would change, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet


class ImportQuerySet(VisibleQuerySet["Import"]):
    """An import belongs to the person who handed the file in."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the viewer's own imports."""
        return self.filter(user_id=viewer.user_id) if viewer.known else self.none()


def _key() -> str:
    return uuid4().hex


class Import(models.Model):
    """One file for one table. The file and its dry run lie in the folder ``folder``.

    ``said`` is what the person stated (source, owner, date, basis, columns); ``counts`` those of
    the plan; ``receipt`` what undoing needs.
    """

    class State(models.TextChoices):
        """From the dry run to one of the ends."""

        PLANNED = "planned", _("待确认")
        APPLYING = "applying", _("正在写入")
        APPLIED = "applied", _("已写入")
        UNDONE = "undone", _("已撤销")
        DISCARDED = "discarded", _("已放弃")
        EXPIRED = "expired", _("已过期")

    key = models.CharField(max_length=32, unique=True, default=_key, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    table = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    said = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    plan_digest = models.CharField(max_length=64, blank=True)
    receipt = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    idempotency = models.CharField(max_length=80, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    applied = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    undo_until = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        """Newest first; a sender's key names one import."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency"],
                condition=~models.Q(idempotency=""),
                name="import_sent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} · {self.file_name}"

    @property
    def folder(self) -> Path:
        """Where the file and its dry run are kept; readable by the server's own account only."""
        return Path(settings.VAR) / "imports" / self.key
