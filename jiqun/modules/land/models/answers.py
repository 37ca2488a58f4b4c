"""What firms are shown and answer, what is objected and decided, what spares a firm the measures."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.visible import FirmQuerySet
from jiqun.modules.land.models.batch import Batch

User = settings.AUTH_USER_MODEL


class SheetQuerySet(FirmQuerySet["Sheet"]):
    """A firm sees its own sheet, an official with a purpose those of the place."""

    def figures_in(self, batch: int, firm: str = "") -> list[tuple[str, list[dict[str, Any]]]]:
        """Return firm and figures of every sheet of a batch, or of one firm's, for the engine of measures."""
        found = self.filter(batch_id=batch, firm=firm) if firm else self.filter(batch_id=batch)
        return list(found.values_list("firm", "figures"))


class Sheet(models.Model):
    """一企一单: the figures that one firm was shown, and what it answered.

    ``figures`` are rows ``{name, indicator, value, unit, source, as_of}`` in the units of the
    facts; a value that is not known is None. Silence is ``no_answer``, never ``accepted``.
    """

    class Answer(models.TextChoices):
        """What the firm said."""

        WAITING = "waiting", _("待核对")
        ACCEPTED = "accepted", _("全部认可")
        OBJECTED = "objected", _("有异议")
        NO_ANSWER = "no_answer", _("未回复")

    key = models.CharField(max_length=50, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="sheets")
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=200)
    figures = models.JSONField()
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.WAITING)
    answered_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_sheets_answered"
    )
    answered_at = models.DateTimeField(null=True)

    batch_id: int
    answered_by_id: int | None
    objects = SheetQuerySet.as_manager()

    class Meta:
        """By number; one per firm; an answer has somebody who gave it, silence has nobody."""

        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("batch", "firm"), name="permu_sheet_once"),
            models.CheckConstraint(
                condition=Q(answer__in=["waiting", "no_answer"], answered_by__isnull=True)
                | Q(answer__in=["accepted", "objected"], answered_by__isnull=False),
                name="permu_silence_is_no_answer",
            ),
        )

    def __str__(self) -> str:
        return self.key


class ObjectionQuerySet(FirmQuerySet["Objection"]):
    """A firm sees its own objections, an official with a purpose those of the place."""

    def of_firm(self, batch: int, firm: str) -> Self:
        """Return what a firm has objected to in a batch."""
        return self.filter(batch_id=batch, firm=firm)

    def open_in(self, batch: int) -> Self:
        """Return the objections of a batch that are not decided."""
        return self.filter(batch_id=batch, state="open")

    def pending_in(self, batch: int) -> Self:
        """Return the upheld objections of a batch that are in no calculation yet."""
        return self.filter(batch_id=batch, state="upheld", included__isnull=True)

    def locked(self, pk: int) -> Objection:
        """Lock one objection until the commit."""
        return self.select_for_update(of=("self",)).select_related("batch").get(pk=pk)


class Objection(models.Model):
    """One figure, or another matter (``field`` empty), that a firm says is wrong; and the decision.

    ``shown``, ``claimed`` and ``decided`` are values in the units of the facts. ``entered_by`` is
    who had made the batch's calculation when it was decided: never who decides. ``included`` is the
    number of the calculation that took an upheld objection in.
    """

    class Stage(models.TextChoices):
        """When it came in."""

        SHEET = "sheet", _("一企一单核对")
        PUBLICITY = "publicity", _("公示")

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("处理中")
        UPHELD = "upheld", _("成立")
        DISMISSED = "dismissed", _("不成立")

    key = models.CharField(max_length=60, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="objections")
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=200)
    stage = models.CharField(max_length=10, choices=Stage)
    field = models.CharField(max_length=30, blank=True)
    shown = models.BigIntegerField(null=True)
    claimed = models.BigIntegerField(null=True)
    reason = models.TextField()
    proof = models.CharField(max_length=120)
    on_behalf = models.BooleanField(default=False)
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="permu_objections_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided = models.BigIntegerField(null=True)
    document = models.CharField(max_length=120, blank=True)
    words = models.TextField(blank=True)
    entered_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_objections_entered"
    )
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_objections_decided"
    )
    decided_at = models.DateTimeField(null=True)
    included = models.PositiveSmallIntegerField(null=True)

    batch_id: int
    made_by_id: int
    decided_by_id: int | None
    objects = ObjectionQuerySet.as_manager()

    class Meta:
        """Oldest first. One open objection per figure; decided by another person, with words."""

        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("batch", "firm", "field"), condition=Q(state="open"), name="permu_objection_once_open"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True)
                | (Q(state__in=["upheld", "dismissed"], decided_by__isnull=False, entered_by__isnull=False)
                   & Q(words__gt="") & ~Q(decided_by=F("entered_by")) & ~Q(decided_by=F("made_by"))),
                name="permu_objection_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="upheld") | (Q(document__gt="") & (Q(field="") | Q(decided__isnull=False))),
                name="permu_upheld_has_value_and_document",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key


class WaiverQuerySet(FirmQuerySet["Waiver"]):
    """A firm sees its own, an official with a purpose those of the place."""

    def in_force(self, batch: int) -> Self:
        """Return what spares firms of a batch and was not ended."""
        return self.filter(batch_id=batch, ended_on__isnull=True)


class Waiver(models.Model):
    """A decision that spares one firm the measures of a batch until a day; the grade stays."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="waivers")
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=200)
    decision = models.CharField(max_length=120)
    commitment = models.TextField()
    until = models.DateField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="permu_waivers_made")
    made_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_waivers_ended"
    )
    ended_on = models.DateField(null=True)
    ended_why = models.TextField(blank=True)

    batch_id: int
    objects = WaiverQuerySet.as_manager()

    class Meta:
        """Newest first; one in force per firm and batch, each with its decision."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("batch", "firm"), condition=Q(ended_on__isnull=True), name="permu_waiver_once"
            ),
            models.CheckConstraint(
                condition=Q(decision__gt="") & Q(commitment__gt=""), name="permu_waiver_has_decision"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.batch_id} {self.firm}"
