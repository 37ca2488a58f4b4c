"""What firms allowed, what they took back, and what was used because they allowed it."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jiqun.core.access import Role, Viewer
from jiqun.core.visible import VisibleQuerySet


class ConsentQuerySet(VisibleQuerySet["Consent"]):
    """A firm sees its own consents; officials see counts only (``consent.selectors``)."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the consents of the viewer's own firm."""
        if not (viewer.known and viewer.has(Role.FIRM)):
            return self.none()
        return self.filter(firm__in=viewer.firms)

    def in_force(self, day: date) -> Self:
        """Return those that open data on ``day``: within their period and not withdrawn."""
        return self.filter(valid_from__lte=day, valid_until__gte=day, withdrawn_at__isnull=True)


class Consent(models.Model):
    """A firm allows one purpose to use named fields for a period.

    A row is written once; the only later change is its withdrawal, also once. The fields follow
    the consent record of ISO/IEC TS 27560: identifier, principal, purpose, data, period, text
    version, event times. ``fields`` holds names as ``contract.field``.
    """

    receipt = models.CharField(max_length=32, unique=True)
    firm = models.CharField(max_length=40, db_index=True)
    purpose = models.CharField(max_length=40, db_index=True)
    fields = models.JSONField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    text_version = models.CharField(max_length=20)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents_granted"
    )
    granted_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT,
        related_name="consents_withdrawn",
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(null=True)

    granted_by_id: int
    withdrawn_by_id: int | None
    uses: ConsentUseQuerySet
    objects = ConsentQuerySet.as_manager()

    class Meta:
        """Newest first; a period has a length, a withdrawal has an author."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="consent_period_in_order"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="consent_withdrawal_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} {self.firm} {self.purpose}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row; an existing one changes by its withdrawal only."""
        if self.pk is not None:
            raise TypeError("a consent is never edited; withdraw it and grant another")
        super().save(*args, **kwargs)


class ConsentUseQuerySet(VisibleQuerySet["ConsentUse"]):
    """A firm sees each use of what it allowed."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return uses of the viewer's own consents."""
        if not (viewer.known and viewer.has(Role.FIRM)):
            return self.none()
        return self.filter(consent__firm__in=viewer.firms)


class ConsentUse(models.Model):
    """One reading of rows that a consent opened: for what, which fields, how many rows.

    ``reference`` names what read them: an engine with its scope and data version, a page, or an
    export. Rows are only ever added.
    """

    at = models.DateTimeField(auto_now_add=True)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="uses")
    reference = models.CharField(max_length=200)
    fields = models.JSONField()
    rows = models.PositiveIntegerField()

    consent_id: int
    objects = ConsentUseQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["consent", "-id"], name="consent_use_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.consent.receipt} {self.reference}"
