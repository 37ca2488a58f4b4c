"""Batches of the per-mu evaluation, their numbered calculations, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import PlacedQuerySet, firm_rows, within
from jiqun.masters.models import Organisation
from jiqun.modules.land.states.batch import ANNOUNCED, APPROVED, REVIEWED, STATES, State

User = settings.AUTH_USER_MODEL


def _values(states: frozenset[State]) -> list[str]:
    return sorted(one.value for one in states)


class BatchQuerySet(PlacedQuerySet["Batch"]):
    """Officials of the place see its batches; of firms they tell counts only."""

    def locked(self, pk: int) -> Batch:
        """Lock one batch until the commit."""
        return self.select_for_update(of=("self",)).select_related("department").get(pk=pk)

    def on_show(self, day: date) -> Self:
        """Return the batches that everybody may see: in publicity on a day, or announced."""
        shown = Q(state=State.PUBLICITY, public_from__lte=day) | Q(state__in=_values(ANNOUNCED))
        return self.filter(shown)

    def answers(self, batch: int) -> dict[str, int]:
        """Return how many sheets of a batch have which answer: counts, so that no purpose is needed."""
        found = self.filter(pk=batch).values_list("sheets__answer")
        return {str(answer): count for answer, count in found.annotate(n=Count("sheets")) if answer}

    def objections(self, batch: int) -> dict[str, int]:
        """Return how many objections of a batch are in which state."""
        found = self.filter(pk=batch).values_list("objections__state")
        return {
            str(state): count for state, count in found.annotate(n=Count("objections")) if state
        }

    def announced_before(self, places: Sequence[str], year: int) -> Self:
        """Return the announced batches of these places of earlier years."""
        return self.filter(place__in=list(places), year__lt=year, state__in=_values(ANNOUNCED))


class Batch(models.Model):
    """One year's evaluation of one place as an official act.

    ``rules`` is the rule pack; ``rules_digest`` is that of its content for the year, frozen when
    the sheets are sent. ``calculated_by`` is who made the newest calculation. Nobody reviews the
    own calculation or approves what they opened, calculated or reviewed.
    """

    key = models.CharField(max_length=40, unique=True)
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    year = models.PositiveSmallIntegerField(_("数据年度"))
    department = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="permu_batches", verbose_name=_("主管部门")
    )  # fmt: skip
    rules = models.CharField(_("规则包"), max_length=80)
    rules_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        max_length=12, choices=[(s.value, STATES[s].zh) for s in State], default=State.COLLECTING
    )
    answer_days = models.PositiveSmallIntegerField(_("企业核对期限（工作日）"), default=10)
    publicity_days = models.PositiveSmallIntegerField(_("公示期限（工作日）"), default=5)
    answer_until = models.DateField(null=True)
    public_from = models.DateField(null=True)
    public_until = models.DateField(null=True)
    approval_document = models.CharField(max_length=120, blank=True)
    approved_on = models.DateField(null=True)
    notice_document = models.CharField(max_length=120, blank=True)
    announced_on = models.DateField(null=True)
    measures_from = models.DateField(null=True)
    measures_until = models.DateField(null=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="permu_batches_made")
    made_at = models.DateTimeField(auto_now_add=True)
    calculated_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_batches_calculated"
    )
    reviewed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_batches_reviewed"
    )
    approved_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="permu_batches_approved"
    )

    department_id: int
    made_by_id: int
    calculated_by_id: int | None
    reviewed_by_id: int | None
    approved_by_id: int | None
    objects = BatchQuerySet.as_manager()

    class Meta:
        """Newest first. One live batch of a place and year; review and approval by other people."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(answer_days__gte=1, publicity_days__gte=1), name="permu_terms_have_days"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="permu_state_known"
            ),
            models.UniqueConstraint(
                fields=("place", "year"), condition=~Q(state=State.WITHDRAWN), name="permu_one_batch_a_year"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.COLLECTING, State.WITHDRAWN])
                | (Q(rules_digest__gt="") & Q(calculated_by__isnull=False)),
                name="permu_rules_are_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_values(REVIEWED)) | Q(reviewed_by__isnull=False),
                name="permu_is_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("calculated_by")),
                name="permu_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_values(APPROVED))
                | (Q(approved_by__isnull=False) & Q(approval_document__gt="") & Q(approved_on__isnull=False)),
                name="permu_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("made_by")) & ~Q(approved_by=F("calculated_by"))
                   & ~Q(approved_by=F("reviewed_by"))),
                name="permu_approved_by_a_third",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_values(ANNOUNCED))
                | (Q(notice_document__gt="") & Q(announced_on__isnull=False)),
                name="permu_is_announced",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key

    @property
    def official(self) -> bool:
        """Whether the result is approved, so that it is no longer a draft calculation."""
        return State(self.state) in APPROVED


class CalculationQuerySet(PlacedQuerySet["Calculation"]):
    """As the batch."""

    place_column = "batch__place"

    def newest(self, batch: int) -> Calculation | None:
        """Return the newest calculation of a batch."""
        return self.filter(batch_id=batch).order_by("-number").first()


class Calculation(models.Model):
    """One numbered calculation of a batch: from what, by which rules, with which result. Only ever added.

    ``benchmarks`` are the frozen yardsticks as they were used, floats as hexadecimal text, so that
    the calculation can be repeated to the byte; ``kept`` says that they are those of an earlier
    calculation. ``changed`` counts firms whose grade differs from the calculation before.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="calculations")
    number = models.PositiveSmallIntegerField()
    reason = models.TextField()
    run = models.CharField(max_length=40, unique=True)
    snapshot = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=100)
    rules_digest = models.CharField(max_length=64)
    code_version = models.CharField(max_length=60)
    consents = models.CharField(max_length=64, blank=True)
    inputs_digest = models.CharField(max_length=64)
    benchmarks_digest = models.CharField(max_length=64)
    result_digest = models.CharField(max_length=64)
    benchmarks = models.JSONField()
    kept = models.BooleanField(default=False)
    firms = models.PositiveIntegerField()
    changed = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="permu_calculations")
    made_at = models.DateTimeField(auto_now_add=True)

    batch_id: int
    made_by_id: int
    objects = CalculationQuerySet.as_manager()

    class Meta:
        """In order; a number is given once."""

        ordering = ("batch", "number")
        constraints = (
            models.UniqueConstraint(fields=("batch", "number"), name="permu_calculation_once"),
        )

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class StepQuerySet(PlacedQuerySet["Step"]):
    """As the batch; a step that speaks of a firm is for those who see rows about it."""

    def visible_to(self, viewer: Viewer) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the steps of the official's places, and those about firms that the viewer may see."""
        plain = Q(firm="") & within(viewer.duty_places, "batch__place")
        return self.filter(plain | (~Q(firm="") & firm_rows(viewer, place="batch__place")))


class Step(models.Model):
    """One step of a batch: what was done, by whom, from which state to which. Only ever added."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="steps")
    firm = models.CharField(max_length=40, blank=True, db_index=True)
    event = models.CharField(max_length=20)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="permu_steps")
    office = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    batch_id: int
    by_id: int | None
    objects = StepQuerySet.as_manager()

    class Meta:
        """In order."""

        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.batch_id} {self.event}"
