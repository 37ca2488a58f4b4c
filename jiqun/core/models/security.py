"""What login keeps: counters that all server processes share, sessions, earlier passwords."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from jiqun.core.access import Role, Viewer
from jiqun.core.visible import M, VisibleQuerySet


class SecurityQuerySet(VisibleQuerySet[M]):
    """For what only a security administrator looks at."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return all rows to a security administrator."""
        return self.all() if viewer.has(Role.SECURITY) else self.none()


class RateCounterQuerySet(SecurityQuerySet["RateCounter"]):
    """Counters."""


class PasswordRecordQuerySet(SecurityQuerySet["PasswordRecord"]):
    """Records of passwords."""


class LoginSessionQuerySet(VisibleQuerySet["LoginSession"]):
    """The own sessions; all of them for a security administrator."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the viewer's own sessions, or all for the role that ends them."""
        if viewer.has(Role.SECURITY):
            return self.all()
        return self.filter(user_id=viewer.user_id) if viewer.known else self.none()


class RateCounter(models.Model):
    """How often something happened in a window of time; changed by one statement only.

    ``until`` is the second (Unix time) at which the window, or the lock, ends.
    """

    bucket = models.CharField(max_length=120, primary_key=True)
    count = models.IntegerField()
    until = models.BigIntegerField(db_index=True)

    objects = RateCounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.bucket}: {self.count}"


class LoginSession(models.Model):
    """A person's session on one device; the row goes when the session ends."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=40, unique=True)
    started = models.DateTimeField(auto_now_add=True)
    seen = models.DateTimeField(auto_now_add=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)

    user_id: int
    objects = LoginSessionQuerySet.as_manager()

    class Meta:
        """The one used last first."""

        ordering = ["-seen"]

    def __str__(self) -> str:
        return f"{self.user} · {self.device} · {self.address}"


class PasswordRecord(models.Model):
    """That a person got a password: when, by whom, and its hash so that it is not used again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
    encoded = models.CharField(max_length=200)
    initial = models.BooleanField(default=False)

    objects = PasswordRecordQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user} · {self.at:%Y-%m-%d %H:%M}"
