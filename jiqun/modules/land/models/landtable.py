"""The land table of a place and year, its rows, and what firms object to."""

from __future__ import annotations

from datetime import date
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role, Viewer, may_see_firm_rows
from jiqun.core.visible import VisibleQuerySet, within
from jiqun.masters.models import Organisation
from jiqun.modules.land.shapes import FirmLand
from jiqun.modules.land.states.landtable import ENDED, OPEN, TABLE_STATES, TableState

M = TypeVar("M", bound=models.Model)
User = settings.AUTH_USER_MODEL
TERMS = ("own", "occupied", "rented_in", "rented_out", "excluded")


def _m2(area: int | None) -> float | None:
    return None if area is None else area / 100


def _dm2(area: float | None) -> int | None:
    return None if area is None else round(area * 100)


class LandTableQuerySet(VisibleQuerySet["LandTable"]):
    """Officials of the place see its tables, a firm the published ones that it stands in."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the tables that the viewer may see; of firms they tell counts only."""
        own = LandRow.objects.visible_to(viewer).filter(firm__in=sorted(viewer.firms))
        return self.filter(within(viewer.duty_places) | Q(pk__in=own.values("table_id")))

    def live(self, place: str, year: int) -> LandTable | None:
        """Return the table of a place and year that was not withdrawn, or None."""
        return self.filter(place=place, year=year).exclude(state=TableState.WITHDRAWN).first()

    def frozen(self, place: str, year: int) -> LandTable | None:
        """Return the frozen table of a place and year, or None."""
        return self.filter(place=place, year=year, state=TableState.FROZEN).first()


class LandTable(models.Model):
    """What is published before an evaluation: which land each firm answers for.

    ``snapshot`` names the facts of the draft; corrections that objections brought are later facts.
    ``digest`` is over every row (:func:`jiqun.modules.land.shapes.digest_of`).
    """

    key = models.CharField(max_length=40, unique=True)
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    year = models.PositiveSmallIntegerField(_("年度"))
    department = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, verbose_name=_("主管部门")
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=[(s.value, TABLE_STATES[s].zh) for s in TableState],
        default=TableState.DRAFT.value,
    )  # fmt: skip
    days = models.PositiveSmallIntegerField(_("公示期限（工作日）"), default=8)
    snapshot = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    notes = models.JSONField(default=list)
    contact = models.CharField(_("联系电话"), max_length=60, blank=True)
    public_from = models.DateField(null=True)
    public_until = models.DateField(_("公示截止"), null=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="land_tables_made")
    made_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_tables_published"
    )
    frozen_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_tables_frozen"
    )
    frozen_at = models.DateTimeField(null=True)
    frozen_snapshot = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)

    department_id: int
    made_by_id: int
    published_by_id: int | None
    frozen_by_id: int | None
    objects = LandTableQuerySet.as_manager()

    class Meta:
        """Newest first; one table of a place and year counts; who publishes does not freeze."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("place", "year"), condition=~Q(state="withdrawn"), name="one_land_table_a_year"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in TableState]), name="land_table_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "withdrawn"))
                | Q(published_by__isnull=False, public_from__isnull=False, public_until__isnull=False),
                name="land_table_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="frozen")
                | (Q(frozen_by__isnull=False, frozen_at__isnull=False, frozen_snapshot__gt="")
                   & ~Q(frozen_by=F("published_by"))),
                name="land_table_frozen_by_another",
            ),
            models.CheckConstraint(condition=Q(days__gte=1), name="land_table_has_days"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.key} {self.place} {self.year}"


class OfLandTable(VisibleQuerySet[M]):
    """Rows about a firm: it sees its own once published, an official with a purpose those of the place."""

    firm_column = "firm"

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the rows that the viewer may see; the reader logs what is shown."""
        found = Q(pk__in=[])
        if viewer.known and viewer.has(Role.FIRM) and viewer.firms:
            found |= Q(firm__in=sorted(viewer.firms)) & ~Q(table__state=TableState.DRAFT)
        if may_see_firm_rows(viewer):
            found |= within(viewer.duty_places, "table__place")
        return self.filter(found)


class LandRowQuerySet(OfLandTable["LandRow"]):
    """One row per firm."""

    def counted(self, table: int) -> list[tuple[float | None, list[str]]]:
        """Return area and flags of each row of a table, without whose they are."""
        return list(self.filter(table_id=table).values_list("area_m2", "flags"))

    def lands(self, table: int) -> list[FirmLand]:
        """Return all rows of a table as the evaluation reads them."""
        return [row.land() for row in self.filter(table_id=table).order_by("firm")]

    def on_show(self, day: date) -> Self:
        """Return the rows that everybody may see on a day: those of tables in publicity."""
        return self.filter(
            table__state=TableState.PUBLISHED, table__public_from__lte=day, table__public_until__gte=day
        )  # fmt: skip


class LandRow(models.Model):
    """The land of one firm as the table has it; areas in m² with two decimals, unknown where null.

    Areas within ``lines`` and ``towns`` are whole 0.01 m².
    """

    table = models.ForeignKey(LandTable, on_delete=models.PROTECT, related_name="rows")
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=120)
    town = models.CharField(max_length=20, blank=True)
    area_m2 = models.FloatField(null=True)
    reported_m2 = models.FloatField(null=True)
    own_m2 = models.FloatField(default=0)
    occupied_m2 = models.FloatField(default=0)
    rented_in_m2 = models.FloatField(default=0)
    rented_out_m2 = models.FloatField(default=0)
    excluded_m2 = models.FloatField(default=0)
    towns = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    flags = models.JSONField(default=list)

    table_id: int
    objects = LandRowQuerySet.as_manager()

    class Meta:
        """By firm; each stands in a table once."""

        ordering = ("table", "firm")
        constraints = (
            models.UniqueConstraint(fields=("table", "firm"), name="firm_once_in_a_land_table"),
        )

    def __str__(self) -> str:
        return f"{self.table_id} {self.firm}"

    def land(self) -> FirmLand:
        """Return the row as the evaluation reads it."""
        terms = {name: _dm2(getattr(self, f"{name}_m2")) or 0 for name in TERMS}
        return FirmLand(
            self.firm, self.firm_name, self.town, _dm2(self.area_m2),
            {name: area for name, area in terms.items() if area}, dict(self.towns), tuple(self.lines),
            _dm2(self.reported_m2), tuple(self.flags),
        )  # fmt: skip

    def take(self, land: FirmLand) -> LandRow:
        """Put a firm's land into the row's columns, unsaved."""
        self.area_m2, self.reported_m2 = _m2(land.area), _m2(land.reported)
        for name in TERMS:
            setattr(self, f"{name}_m2", land.terms.get(name, 0) / 100)
        self.towns, self.lines, self.flags = dict(land.towns), list(land.lines), list(land.flags)
        return self


class LandObjectionQuerySet(OfLandTable["LandObjection"]):
    """As the row that is objected to."""

    def open_ones(self, table: int) -> Self:
        """Return the objections of a table that nobody has decided."""
        return self.filter(table_id=table, state=OPEN)


class LandObjection(models.Model):
    """A firm says that a line has another area; an official who did not publish the table decides.

    ``claimed_dm2`` and ``decided_dm2`` are what the line's figure should be: its area, or the rented
    floor of a line that is shared by floor. ``published_by`` is the table's, so that the database
    itself can compare.
    """

    table = models.ForeignKey(LandTable, on_delete=models.PROTECT, related_name="objections")
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=120)
    parcel = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    document = models.CharField(max_length=200)
    stated_dm2 = models.BigIntegerField()
    claimed_dm2 = models.BigIntegerField()
    reason = models.TextField()
    paper = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default=OPEN)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="land_objections_made")
    made_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="land_objections_decided"
    )
    decided_at = models.DateTimeField(null=True)
    decided_dm2 = models.BigIntegerField(null=True)
    decision = models.TextField(blank=True)
    decision_paper = models.CharField(max_length=120, blank=True)

    table_id: int
    made_by_id: int
    published_by_id: int
    decided_by_id: int | None
    objects = LandObjectionQuerySet.as_manager()

    class Meta:
        """In order; one at a time for a line; decided by another than who published or objected."""

        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("table", "firm", "parcel", "kind", "document"), condition=Q(state=OPEN),
                name="one_open_land_objection",
            ),
            models.CheckConstraint(
                condition=Q(state=OPEN, decided_by__isnull=True, decided_at__isnull=True)
                | (Q(state__in=sorted(ENDED), decided_by__isnull=False, decided_at__isnull=False,
                     decision_paper__gt="")
                   & ~Q(decided_by=F("published_by")) & ~Q(decided_by=F("made_by"))),
                name="land_objection_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="upheld") | Q(decided_dm2__isnull=False, decided_dm2__gte=0),
                name="land_objection_upheld_with_area",
            ),
            models.CheckConstraint(
                condition=Q(claimed_dm2__gte=0), name="land_objection_claims_no_less_than_nothing"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.table_id} {self.firm} {self.parcel}"
