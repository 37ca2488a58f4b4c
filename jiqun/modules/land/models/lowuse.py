"""One file per parcel of low-efficiency land (一地一档), and what was done and said in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q, Sum

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet, firm_rows, within
from jiqun.masters.models import Organisation
from jiqun.modules.land.states.lowuse import ENDED, EVENTS, STATES, WITH_PLAN, Event, State

User = settings.AUTH_USER_MODEL
OVER = sorted(one.value for one in ENDED)


class LandFileQuerySet(VisibleQuerySet["LandFile"]):
    """A firm sees the files of its own parcels, an official with a purpose those of the place."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the files that the viewer may see; the reader logs what is shown (``lowuse.cases``)."""
        return self.filter(firm_rows(viewer))

    def locked(self, key: str) -> LandFile:
        """Lock a file until the commit."""
        return self.select_for_update().get(key=key)

    def live(self, parcels: Sequence[str]) -> Self:
        """Return the files of these parcels that have not ended."""
        return self.filter(parcel__in=list(parcels)).exclude(state__in=OVER)

    def sums(self, viewer: Viewer) -> dict[str, dict[str, Any]]:
        """Return by state: files, m² released, tax before and after; sums of the official's places only."""
        found = self.filter(within(viewer.duty_places)).order_by().values("state")
        rows = found.annotate(
            files=Count("pk"), released=Sum("released_m2"), before=Sum("tax_before_fen"), after=Sum("tax_after_fen")
        )  # fmt: skip
        return {str(row["state"]): dict(row) for row in rows}


class LandFile(models.Model):
    """What is done about one parcel, from the finding to the area released.

    ``trace`` keeps what the screening found: run, snapshot, rules, reasons with their evidence.
    Areas are whole m², tax whole fen a year; both are what the file's office reports at the end.
    """

    key = models.CharField(max_length=40, unique=True)
    parcel = models.CharField(max_length=40, db_index=True)
    place = models.CharField(max_length=20, db_index=True)
    location = models.CharField(max_length=200, blank=True)
    firm = models.CharField(max_length=40, blank=True, db_index=True)
    firm_name = models.CharField(max_length=120, blank=True)
    area_m2 = models.PositiveIntegerField()
    trace = models.JSONField()
    office = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=[(one.value, STATES[one].zh) for one in State])
    tool = models.CharField(max_length=20, blank=True)
    responsible = models.CharField(max_length=80, blank=True)
    due = models.DateField(null=True, blank=True)
    released_m2 = models.PositiveIntegerField(null=True)
    tax_before_fen = models.BigIntegerField(null=True)
    tax_after_fen = models.BigIntegerField(null=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="land_files_made")
    planned_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_files_planned"
    )
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_files_decided"
    )
    reported_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_files_reported"
    )
    closed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_files_closed"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    since = models.DateTimeField(auto_now=True)

    office_id: int
    made_by_id: int
    planned_by_id: int | None
    decided_by_id: int | None
    reported_by_id: int | None
    closed_by_id: int | None
    objects = LandFileQuerySet.as_manager()

    class Meta:
        """Newest first. One live file per parcel; a plan and an end take two people each."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in State]), name="land_file_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(one.value for one in WITH_PLAN))
                | (Q(planned_by__isnull=False, decided_by__isnull=False, due__isnull=False, tool__gt="")
                   & ~Q(decided_by=F("planned_by"))),
                name="land_file_plan_needs_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.CLOSED.value)
                | (Q(reported_by__isnull=False, closed_by__isnull=False, released_m2__isnull=False,
                     tax_before_fen__isnull=False, tax_after_fen__isnull=False)
                   & ~Q(closed_by=F("reported_by"))),
                name="land_file_end_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(released_m2__isnull=True) | Q(released_m2__lte=F("area_m2")),
                name="land_file_releases_what_is_there",
            ),
            models.UniqueConstraint(
                fields=("parcel",), condition=~Q(state__in=OVER), name="land_file_one_live_per_parcel"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key

    @property
    def ended(self) -> bool:
        """Whether nobody has to do anything any more."""
        return State(self.state) in ENDED


class LandFileEntryQuerySet(VisibleQuerySet["LandFileEntry"]):
    """Entries are seen by those who see their file."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the entries of the files that the viewer may see."""
        return self.filter(firm_rows(viewer, firm="file__firm", place="file__place"))


class LandFileEntry(models.Model):
    """One thing done or said: a step, a check, a talk, the firm's answer. Only ever added.

    ``on`` is the day of the visit, check or talk; ``document`` the number of photo, minutes or paper.
    """

    file = models.ForeignKey(LandFile, on_delete=models.PROTECT, related_name="entries")
    event = models.CharField(max_length=10, choices=[(one.value, EVENTS[one][0]) for one in Event])
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    on = models.DateField(null=True)
    document = models.CharField(max_length=120, blank=True)
    words = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="land_file_entries")
    office = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    file_id: int
    by_id: int
    objects = LandFileEntryQuerySet.as_manager()

    class Meta:
        """In order."""

        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.file_id} {self.event}"
