"""Parcels of standard land with their contract, what happened to them, and what waits for a second official.

The contract of a parcel is frozen when it is entered; events are only ever added. Triggers
(``land.parcels.guards``) see to both and to the bond: it is never given out beyond its amount.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jiqun.core.access import Viewer
from jiqun.core.visible import FirmQuerySet, M, VisibleQuerySet, firm_rows, within
from jiqun.engine.land.clock.events import KINDS, MILESTONES, Event, Kind, Milestone, Outcome
from jiqun.masters.models import Organisation

User = settings.AUTH_USER_MODEL
BOND = frozenset({Kind.BOND_RETURNED, Kind.BOND_FORFEITED})
# Entered by one official, confirmed by another; all others count as soon as they are entered.
FOUR_EYES = frozenset({
    Kind.EXTENSION_GRANTED, Kind.EXTENSION_REFUSED, Kind.CHECKED, Kind.MEASURE, *BOND, Kind.LAND_RESUMED,
    Kind.VOIDED,
})  # fmt: skip
# What can never be voided and happens once; of the others the engine, under the parcel's lock, sees to it.
ONCE = frozenset({Kind.DEAL, Kind.BOND_RETURNED, Kind.LAND_RESUMED})
OPEN, CONFIRMED, DROPPED = "open", "confirmed", "dropped"
STATES = {
    OPEN: ("待复核", "waits for confirmation"), CONFIRMED: ("已确认", "confirmed"), DROPPED: ("已撤下", "dropped"),
}  # fmt: skip


def _values(kinds: frozenset[Kind]) -> list[str]:
    return sorted(one.value for one in kinds)


class ParcelQuerySet(FirmQuerySet["Parcel"]):
    """A firm sees its own parcels, an official with a purpose those of the place."""

    def locked(self, pk: int) -> Parcel:
        """Lock one parcel until the commit, so that its events come one after the other."""
        return self.select_for_update(of=("self",)).select_related("department").get(pk=pk)

    def in_places(self, places: frozenset[str]) -> Self:
        """Return the parcels of places, for counts and codes: nothing about a firm may be shown of them."""
        return self.filter(within(places))

    def every(self) -> Self:
        """Return all parcels, for what the system itself does: reminding."""
        return self.all()


class Parcel(models.Model):
    """One parcel of standard land under contract. Never changed after it was entered.

    ``record`` is what the notice says, as texts by column; ``due`` fixed days of the contract by
    milestone; ``rules``, ``control`` and ``reading`` the versions of the packs that it is counted,
    judged and read by. Money is fen; None is not known.
    """

    code = models.CharField(max_length=40, unique=True)
    place = models.CharField(max_length=20, db_index=True)
    firm = models.CharField(max_length=40, db_index=True)
    firm_name = models.CharField(max_length=120)
    location = models.CharField(max_length=200, blank=True)
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="parcels")
    record = models.JSONField()
    snapshot = models.CharField(max_length=64, blank=True)
    due = models.JSONField(default=dict)
    price_fen = models.BigIntegerField(null=True)
    bond_fen = models.BigIntegerField(null=True)
    rules = models.CharField(max_length=60)
    control = models.CharField(max_length=60)
    reading = models.CharField(max_length=60)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="parcels_made")
    made_at = models.DateTimeField(auto_now_add=True)

    department_id: int
    made_by_id: int
    objects = ParcelQuerySet.as_manager()

    class Meta:
        """By code."""

        ordering = ("code",)
        constraints = (
            models.CheckConstraint(condition=Q(bond_fen__gte=0), name="parcel_bond_not_negative"),
            models.CheckConstraint(condition=Q(price_fen__gt=0), name="parcel_price_positive"),
        )

    def __str__(self) -> str:
        return self.code


class OfParcel(VisibleQuerySet[M]):
    """Rows that belong to a parcel are seen by those who see the parcel."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the rows of the parcels that the viewer may see."""
        return self.filter(firm_rows(viewer, firm="parcel__firm", place="parcel__place"))

    def of(self, parcels: list[int]) -> dict[int, list[M]]:
        """Return the rows of each parcel in their order, for parcels that the caller was given."""
        found: dict[int, list[M]] = {pk: [] for pk in parcels}
        for one in self.filter(parcel_id__in=parcels).order_by("pk"):
            found[one.parcel_id].append(one)  # pyright: ignore[reportAttributeAccessIssue]
        return found


class Said(models.Model):
    """What an event says, whether it counts already or waits for confirmation."""

    kind = models.CharField(max_length=24, choices=[(one.value, KINDS[one][0]) for one in Kind])
    day = models.DateField()
    document = models.CharField(max_length=120)
    milestone = models.CharField(
        max_length=20, blank=True, choices=[(one.value, MILESTONES[one][0]) for one in Milestone]
    )
    months = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=16, blank=True)
    stop = models.CharField(max_length=120, blank=True)
    cause = models.CharField(max_length=30, blank=True)
    papers = models.JSONField(default=list)
    fen = models.BigIntegerField(null=True)
    of = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        """Of a parcel."""

        abstract = True

    def event(self, recorded: Any) -> Event:
        """Return what the row says as the engine reads it."""
        return Event(
            Kind(self.kind), self.day, recorded, self.document, Milestone(self.milestone) if self.milestone else None,
            self.months, Outcome(self.outcome) if self.outcome else None, self.stop, self.cause,
            tuple(self.papers), self.fen, self.of,
        )  # fmt: skip


class EventQuerySet(OfParcel["ParcelEvent"]):
    """As the parcel."""


class ParcelEvent(Said):
    """One thing that happened to a parcel. Only ever added; ``seq`` counts a parcel's events from 1.

    Where it takes two officials, ``made_by`` entered it and ``confirmed_by`` is another.
    """

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    recorded = models.DateField()
    office = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="parcel_events_made")
    confirmed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="parcel_events_confirmed"
    )
    at = models.DateTimeField(auto_now_add=True)

    parcel_id: int
    made_by_id: int
    confirmed_by_id: int | None
    objects = EventQuerySet.as_manager()

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]
        """In order. Four eyes, one number each, no bond twice, no entry voided twice."""

        ordering = ("parcel", "seq")
        constraints = (
            models.UniqueConstraint(fields=("parcel", "seq"), name="parcel_event_counted_once"),
            models.UniqueConstraint(
                fields=("parcel", "kind", "milestone"),
                condition=Q(kind__in=_values(ONCE)),
                name="parcel_event_happens_once",
            ),
            models.UniqueConstraint(
                fields=("parcel", "of"), condition=Q(of__isnull=False), name="parcel_event_voided_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.VOIDED.value, of__isnull=False, of__gt=0)
                | (~Q(kind=Kind.VOIDED.value) & Q(of__isnull=True)),
                name="parcel_event_voids_one",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]), name="parcel_event_kind_known"
            ),
            models.CheckConstraint(condition=Q(day__lte=F("recorded")), name="parcel_event_in_time"),
            models.CheckConstraint(condition=~Q(document=""), name="parcel_event_has_document"),
            models.CheckConstraint(
                condition=(Q(kind__in=_values(FOUR_EYES), confirmed_by__isnull=False) & ~Q(confirmed_by=F("made_by")))
                | (~Q(kind__in=_values(FOUR_EYES)) & Q(confirmed_by__isnull=True)),
                name="parcel_event_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_values(BOND), fen__isnull=False, fen__gt=0)
                | (~Q(kind__in=_values(BOND)) & Q(fen__isnull=True)),
                name="parcel_event_bond_amount",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.seq} {self.kind}"


class ProposalQuerySet(OfParcel["ParcelProposal"]):
    """As the parcel."""

    def locked(self, pk: int) -> ParcelProposal:
        """Lock one proposal until the commit."""
        return (
            self.select_for_update(of=("self",))
            .select_related("parcel", "parcel__department")
            .get(pk=pk)
        )


class ParcelProposal(Said):
    """An event that one official entered and that counts once another has confirmed it."""

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="proposals")
    state = models.CharField(
        max_length=10, default=OPEN, choices=[(code, zh) for code, (zh, _) in STATES.items()]
    )
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="parcel_proposals_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="parcel_proposals_settled"
    )
    settled_at = models.DateTimeField(null=True)

    parcel_id: int
    made_by_id: int
    settled_by_id: int | None
    objects = ProposalQuerySet.as_manager()

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Newest first; of one kind at a milestone one waits at a time; confirmed by another."""

        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("parcel", "kind", "milestone"), condition=Q(state=OPEN), name="proposal_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_values(FOUR_EYES)), name="proposal_of_what_takes_two"
            ),
            models.CheckConstraint(
                condition=Q(state=OPEN, settled_by__isnull=True, settled_at__isnull=True)
                | Q(state=DROPPED, settled_by__isnull=False, settled_at__isnull=False)
                | (Q(state=CONFIRMED, settled_by__isnull=False, settled_at__isnull=False)
                   & ~Q(settled_by=F("made_by"))),
                name="proposal_confirmed_by_another",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.kind} {self.state}"
