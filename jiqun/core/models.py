"""The audit log, the log of firm-level reads and API tokens."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One action that someone took: who, what, on what, when. Rows are only ever added."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"


class FirmRead(models.Model):
    """An official read a firm's own figures: for which purpose, and which fields.

    The firm sees these rows on its own page.
    """

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    firm = models.CharField(max_length=40, db_index=True)
    purpose = models.CharField(max_length=200)
    fields = models.CharField(max_length=400)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        """Newest first; a read without a purpose cannot be stored."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(purpose=""), name="firm_read_has_purpose")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.firm} {self.purpose}"


class ApiToken(models.Model):
    """A token for the API. Only its SHA-256 is kept; the token itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label
