"""Batches of candidates, the cases that they become, what holds them up, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet
from jiqun.masters.models import Organisation
from jiqun.modules.policy.machine import APPROVED, ENDED, REASONS, STATES, State
from jiqun.modules.policy.models.base import FirmQuerySet, M, PlacedQuerySet, firm_rows
from jiqun.modules.policy.models.items import Item
from jiqun.modules.policy.models.ledger import Pool

User = settings.AUTH_USER_MODEL
NOT_PAID = sorted({State.REJECTED.value, State.WAIVED.value})


Past = tuple[str, str, str, int, int]


class BatchQuerySet(PlacedQuerySet["Batch"]):
    """Officials of the place see its batches; of firms they tell counts only."""

    def states(self, batches: Sequence[int]) -> models.QuerySet[Batch, Any]:
        """Return (batch, state, whether held) of each case of these batches."""
        return (
            self.filter(pk__in=list(batches))
            .exclude(cases__isnull=True)
            .values_list("pk", "cases__state", "cases__held")
        )


class Batch(models.Model):
    """One run of candidates that came in together.

    ``on_silence`` says what a firm's silence means once ``answer_days`` working days are over.
    """

    class Silence(models.TextChoices):
        """The default rule."""

        WAIT = "wait", _("继续等待")
        ACCEPT = "accept", _("视为接受")

    key = models.CharField(max_length=40, unique=True)
    title = models.CharField(_("批次名称"), max_length=120)
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    department = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, verbose_name=_("主管部门")
    )
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, verbose_name=_("资金池"))
    run = models.CharField(max_length=80, blank=True)
    snapshot = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=200, blank=True)
    on_silence = models.CharField(
        _("逾期未答复"), max_length=10, choices=Silence, default=Silence.WAIT
    )
    answer_days = models.PositiveSmallIntegerField(_("企业确认期限（工作日）"), default=5)
    publicity_days = models.PositiveSmallIntegerField(_("公示期限（工作日）"), default=5)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="batches_made")
    made_at = models.DateTimeField(auto_now_add=True)

    department_id: int
    pool_id: int
    made_by_id: int
    objects = BatchQuerySet.as_manager()

    class Meta:
        """Newest first; terms have a length."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(answer_days__gte=1, publicity_days__gte=1), name="batch_terms_have_days"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class CaseQuerySet(FirmQuerySet["Case"]):
    """A firm sees its own cases, an official with a purpose those of the place."""

    def locked(self, keys: Sequence[str]) -> list[Case]:
        """Lock cases until the commit and return them in one order, so that nobody waits crosswise."""
        rows = self.select_for_update(of=("self",)).select_related("batch", "item", "batch__pool")
        return list(rows.filter(key__in=list(keys)).order_by("pk"))

    def ready(self, batch: int, states: Sequence[State]) -> list[str]:
        """Return the numbers of a batch's cases in these states that nothing holds up, in order."""
        found = self.filter(batch_id=batch, state__in=[one.value for one in states], held=False)
        return list(found.order_by("pk").values_list("key", flat=True))

    def paid_in(self, place: str) -> list[Past]:
        """Return what was paid in a place, for engines: firm, policy, matter, year, fen."""
        found = self.filter(place=place, paid_fen__gt=0).order_by("pk")
        names = ("firm", "policy", "subject", "batch__made_at", "paid_fen")
        return [
            (firm, policy, subject, made.year, fen)
            for firm, policy, subject, made, fen in found.values_list(*names)
        ]

    def on_show(self, day: object) -> Self:
        """Return the cases that are in publicity on a day: what the public notice lists."""
        return self.filter(state=State.PUBLICITY, public_from__lte=day, public_until__gte=day)


class Case(models.Model):
    """One firm, one item, one matter: what is due, why, where it stands, who confirmed it.

    ``trace`` is the matching's own account: verdicts per condition with sources, and how the amount
    came about. ``instalments`` are whole fen that sum to ``amount_fen``.
    """

    key = models.CharField(max_length=50, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="cases")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="cases")
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=120)
    policy = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    amount_fen = models.BigIntegerField()
    instalments = models.JSONField()
    trace = models.JSONField()
    state = models.CharField(max_length=16, choices=[(s.value, STATES[s].zh) for s in State])
    held = models.BooleanField(default=False)
    instalment = models.PositiveSmallIntegerField(default=1)
    attempt = models.PositiveSmallIntegerField(default=1)
    paid_fen = models.BigIntegerField(default=0)
    claimed_fen = models.BigIntegerField(default=0)
    recovered_fen = models.BigIntegerField(default=0)
    payee = models.CharField(max_length=120, blank=True)
    bank = models.CharField(max_length=120, blank=True)
    account = models.CharField(max_length=40, blank=True)
    answer_until = models.DateField(null=True)
    public_from = models.DateField(null=True)
    public_until = models.DateField(null=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cases_made")
    confirmed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="cases_confirmed"
    )
    approved_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="cases_approved"
    )
    since = models.DateTimeField(auto_now=True)

    batch_id: int
    item_id: int
    made_by_id: int
    confirmed_by_id: int | None
    approved_by_id: int | None
    objects = CaseQuerySet.as_manager()

    class Meta:
        """By number. Four eyes, no payment without both approvals, one live case per matter."""

        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="case_amount_positive"),
            models.CheckConstraint(
                condition=Q(paid_fen__gte=0, paid_fen__lte=F("amount_fen")), name="case_never_overpaid"
            ),
            models.CheckConstraint(
                condition=Q(claimed_fen__gte=0, claimed_fen__lte=F("paid_fen"))
                & Q(recovered_fen__gte=0, recovered_fen__lte=F("claimed_fen")),
                name="case_recovers_what_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="case_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(one.value for one in APPROVED))
                | Q(confirmed_by__isnull=False, approved_by__isnull=False, account__gt=""),
                name="case_is_approved_twice",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("made_by")),
                name="case_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("made_by")) & ~Q(approved_by=F("confirmed_by"))),
                name="case_approved_by_a_third",
            ),
            models.UniqueConstraint(
                fields=("policy", "firm", "subject"), condition=~Q(state__in=NOT_PAID),
                name="one_live_case_per_matter",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key

    @property
    def due_fen(self) -> int:
        """The instalment that is due now, in fen."""
        return int(self.instalments[self.instalment - 1])

    @property
    def last_instalment(self) -> bool:
        """Whether no instalment follows the present one."""
        return self.instalment >= len(self.instalments)

    @property
    def ended(self) -> bool:
        """Whether nobody has to do anything any more."""
        return State(self.state) in ENDED


class OfCase(VisibleQuerySet[M]):
    """Rows that belong to a case are seen by those who see the case."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the rows of the cases that the viewer may see."""
        return self.filter(firm_rows(viewer, firm="case__firm", place="case__place"))


class HoldQuerySet(OfCase["Hold"]):
    """As the case."""

    def open_holds(self, case: int) -> Self:
        """Return what still holds a case up."""
        return self.filter(case_id=case, lifted_at__isnull=True)


class StepQuerySet(OfCase["Step"]):
    """As the case."""


class Hold(models.Model):
    """Why a case does not go on, on what evidence, and who lifted it: never who set it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(
        max_length=20, choices=[(code, one.zh) for code, one in REASONS.items()]
    )
    evidence = models.TextField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="holds_made")
    made_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="holds_lifted"
    )
    lifted_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    case_id: int
    made_by_id: int
    lifted_by_id: int | None
    objects = HoldQuerySet.as_manager()

    class Meta:
        """Newest first; a reason holds a case once at a time, and another person lifts it."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("case", "reason"), condition=Q(lifted_at__isnull=True), name="hold_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_by=F("made_by"))),
                name="hold_lifted_by_another",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.case_id} {self.reason}"


class Step(models.Model):
    """One step of a case: what was done, by whom, from which state to which. Only ever added."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    event = models.CharField(max_length=20)
    before = models.CharField(max_length=16, blank=True)
    after = models.CharField(max_length=16)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="policy_steps")
    office = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    case_id: int
    by_id: int | None
    objects = StepQuerySet.as_manager()

    class Meta:
        """In order."""

        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.case_id} {self.event}"
