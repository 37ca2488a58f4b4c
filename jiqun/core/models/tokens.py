"""API tokens."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from jiqun.core.visible import OwnQuerySet


class ApiTokenQuerySet(OwnQuerySet["ApiToken"]):
    """Tokens; everybody sees the own."""


class ApiToken(models.Model):
    """A token for the API. Only its SHA-256 is kept; the token itself is shown once."""

    class Scope(models.TextChoices):
        """What a token may do of what its owner may."""

        READ = "read", "read"
        WRITE = "write", "write"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True)

    user_id: int
    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return self.label
