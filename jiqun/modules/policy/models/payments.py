"""Payments, the files that carry them to the bank, what the treasury answers; keys for ever."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.visible import OwnQuerySet, VisibleQuerySet
from jiqun.modules.policy.models.base import FirmQuerySet, own_offices, within
from jiqun.modules.policy.models.cases import Batch, Case
from jiqun.modules.policy.models.ledger import Pool

User = settings.AUTH_USER_MODEL


class FileQuerySet(VisibleQuerySet["PaymentFile"]):
    """Files hold account numbers: only the finance office that pays sees them, for a purpose."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the files of the finance offices in which the viewer works."""
        if not may_see_firm_rows(viewer):
            return self.none()
        offices = [one.pk for one in own_offices(viewer)]
        return self.filter(
            within(viewer.duty_places, "pool__place"), pool__organisation_id__in=offices
        )


class PaymentFile(models.Model):
    """One file for the bank: its lines, control totals and digest. Never changed."""

    number = models.CharField(max_length=40, unique=True)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="files")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="files")
    count = models.PositiveIntegerField()
    total_fen = models.BigIntegerField()
    account_sum = models.CharField(max_length=40)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payment_files_made")
    made_at = models.DateTimeField(auto_now_add=True)

    pool_id: int
    batch_id: int
    objects = FileQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.number


class ReceiptQuerySet(VisibleQuerySet["Receipt"]):
    """As the file."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the answers to the files that the viewer may see."""
        return self.filter(file__in=PaymentFile.objects.visible_to(viewer))


class Receipt(models.Model):
    """One answer of the treasury to a file, and what became of each of its lines. Never changed."""

    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="receipts")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    lines = models.JSONField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="receipts_made")
    made_at = models.DateTimeField(auto_now_add=True)

    file_id: int
    objects = ReceiptQuerySet.as_manager()

    class Meta:
        """Newest first; the same answer is taken once."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("file", "digest"), name="receipt_taken_once"),
        )

    def __str__(self) -> str:
        return f"{self.file_id} {self.name}"


class PaymentQuerySet(FirmQuerySet["Payment"]):
    """As the case."""


class Payment(models.Model):
    """One attempt to pay one instalment of a case. At most one of them is not returned.

    The four people are copied from the case when the file is made: who opened it, who confirmed it
    for the bureau, who approved it for the finance office, who sent it.
    """

    class State(models.TextChoices):
        """From the file to the answer."""

        SENT = "sent", _("已提交")
        PAID = "paid", _("已到账")
        RETURNED = "returned", _("已退回")

    key = models.CharField(max_length=60, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="payments")
    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="payments")
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    instalment = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField()
    amount_fen = models.BigIntegerField()
    payee = models.CharField(max_length=120)
    bank = models.CharField(max_length=120)
    account = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payments_made")
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="payments_confirmed"
    )
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="payments_approved"
    )
    paid_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payments_sent")
    sent_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    case_id: int
    file_id: int
    objects = PaymentQuerySet.as_manager()

    class Meta:
        """Newest first; four different people; an instalment is paid once."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("made_by"))
                & ~Q(approved_by=F("made_by"))
                & ~Q(approved_by=F("confirmed_by"))
                & ~Q(paid_by=F("made_by"))
                & ~Q(paid_by=F("confirmed_by"))
                & ~Q(paid_by=F("approved_by")),
                name="payment_has_four_people",
            ),
            models.UniqueConstraint(
                fields=("case", "instalment", "attempt"), name="payment_attempt_once"
            ),
            models.UniqueConstraint(
                fields=("case", "instalment"), condition=Q(state__in=["sent", "paid"]),
                name="instalment_paid_once",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key


class OnceKeyQuerySet(OwnQuerySet["OnceKey"]):
    """Everybody sees the own keys."""

    def claimed(self, verb: str, user: int | None, key: str, digest: str) -> OnceKey:
        """Claim a key and lock it until the commit; a second sender waits here for the first."""
        row = OnceKey(verb=verb, user_id=user, key=key, digest=digest)
        self.bulk_create([row], ignore_conflicts=True)
        return self.select_for_update().get(verb=verb, user_id=user, key=key)

    def keep(self, row: OnceKey, result: dict[str, Any]) -> None:
        """Keep the result beside its key, once."""
        self.filter(pk=row.pk).update(result=result)


class OnceKey(models.Model):
    """A sender's key with the digest of what was sent and the result. Kept for ever."""

    verb = models.CharField(max_length=60)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    result = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    user_id: int
    objects = OnceKeyQuerySet.as_manager()

    class Meta:
        """Newest first; a key names one sending."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("verb", "user", "key"), name="once_key_once"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.key}"
