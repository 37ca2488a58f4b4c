"""Fund pools and their ledger: money moves between two accounts in one row, in whole fen.

A row debits one account and credits another with the same amount, so that the two legs of every
movement sum to zero and no other movement can be written down. Each leg carries its number and
the running total of its side of the account; triggers (``guards``) check both against the row
before and refuse a debit beyond the credits of an account that may not go below zero.
"""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet
from jiqun.masters.models import Organisation
from jiqun.modules.policy.models.base import PlacedQuerySet, firm_rows


class PoolQuerySet(PlacedQuerySet["Pool"]):
    """Officials of the place see its pools."""


class Pool(models.Model):
    """A fund that benefits are paid from, kept by a finance office."""

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("资金池"), max_length=80)
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    year = models.PositiveIntegerField(_("年度"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, verbose_name=_("财政部门")
    )
    warn_fen = models.BigIntegerField(_("补充提醒线"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pools_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    organisation_id: int
    made_by_id: int
    objects = PoolQuerySet.as_manager()

    class Meta:
        """By year and name."""

        ordering = ("-year", "name", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(warn_fen__gte=0), name="pool_warns_at_a_sum"),
        )

    def __str__(self) -> str:
        return self.name


class AccountQuerySet(PlacedQuerySet["LedgerAccount"]):
    """As the pool."""

    place_column = "pool__place"

    def locked(self, pool: int) -> dict[str, LedgerAccount]:
        """Lock a pool's accounts until the commit and return them by kind."""
        rows = self.select_for_update().filter(pool_id=pool).order_by("pk")
        return {one.kind: one for one in rows}

    def balances(self, pools: list[int]) -> dict[int, dict[str, int]]:
        """Return pool → kind → balance in fen; two queries whatever the number of pools."""
        found = self.filter(pool_id__in=pools).annotate(
            debits=Max("debited__debit_total"), credits=Max("credited__credit_total")
        )
        result: dict[int, dict[str, int]] = {pool: {} for pool in pools}
        for one in found:
            result[one.pool_id][one.kind] = (one.credits or 0) - (one.debits or 0)  # pyright: ignore[reportAttributeAccessIssue]
        return result


class LedgerAccount(models.Model):
    """One account of a pool. ``bounded`` ones never go below zero; the treasury's side may."""

    class Kind(models.TextChoices):
        """What the money in it is."""

        TREASURY = "treasury", _("财政拨入")
        AVAILABLE = "available", _("可用")
        RESERVED = "reserved", _("已预留")
        TRANSIT = "transit", _("在途")
        PAID = "paid", _("已兑付")

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=12, choices=Kind)
    bounded = models.BooleanField()

    pool_id: int
    objects = AccountQuerySet.as_manager()

    class Meta:
        """Each kind once; only the treasury's side is unbounded."""

        ordering = ("pool", "pk")
        constraints = (
            models.UniqueConstraint(fields=("pool", "kind"), name="account_once_per_pool"),
            models.CheckConstraint(
                condition=Q(kind="treasury", bounded=False)
                | (~Q(kind="treasury") & Q(bounded=True)),
                name="only_the_treasury_is_unbounded",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pool} · {self.kind}"


class TransferQuerySet(VisibleQuerySet["LedgerTransfer"]):
    """Movements for a firm's case are rows about that firm; the others are the place's."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the movements that an official with a purpose may see; firms see their payments instead."""
        if not viewer.official:
            return self.none()
        return self.filter(firm_rows(viewer, place="debit__pool__place"))

    def sides(self, accounts: list[int]) -> dict[tuple[str, int], tuple[int, int]]:
        """Return (side, account) → (number, total) of each account's last leg on either side."""
        found: dict[tuple[str, int], tuple[int, int]] = {}
        for side in ("debit", "credit"):
            last = self.filter(**{f"{side}_id__in": accounts}).order_by().values(f"{side}_id")
            rows = last.annotate(seq=Max(f"{side}_seq"), total=Max(f"{side}_total"))
            found |= {(side, account): (0, 0) for account in accounts}
            found |= {(side, row[f"{side}_id"]): (row["seq"], row["total"]) for row in rows}
        return found


class LedgerTransfer(models.Model):
    """One movement: ``amount_fen`` from ``debit`` to ``credit``. Rows are only ever added.

    ``debit_seq`` counts the debits of the debited account from 1 and ``debit_total`` is their sum
    with this one; ``credit_seq`` and ``credit_total`` likewise. ``key`` names the act, so that the
    same act cannot be written down twice.
    """

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    firm = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=120)
    amount_fen = models.BigIntegerField()
    debit = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="debited")
    debit_seq = models.BigIntegerField()
    debit_total = models.BigIntegerField()
    credit = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="credited")
    credit_seq = models.BigIntegerField()
    credit_total = models.BigIntegerField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="transfers_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    debit_id: int
    credit_id: int
    objects = TransferQuerySet.as_manager()

    class Meta:
        """Newest first; whole amounts, two different accounts, one place in each account's count."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_has_two_sides"),
            models.UniqueConstraint(fields=("debit", "debit_seq"), name="debit_counted_once"),
            models.UniqueConstraint(fields=("credit", "credit_seq"), name="credit_counted_once"),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.amount_fen}"
