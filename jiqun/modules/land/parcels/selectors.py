"""Parcels for pages, files and the API: always with the viewer, and logged where they speak of firms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.audit import note_read
from jiqun.errors import JiqunError, Kind
from jiqun.modules.land.models import Parcel, ParcelEvent, ParcelProposal
from jiqun.modules.land.models.parcels import OPEN
from jiqun.modules.land.parcels.clock import Standing, standing

FIELDS = "land_parcel: contract, milestones, events"


def no_parcel() -> JiqunError:
    """Return the error for a parcel that is not there, or not for this viewer: both look the same."""
    return JiqunError(
        "E-LAND-PARCEL",
        "台账里没有这宗地，或您不能查看它",
        "the register has no such parcel, or you may not see it",
        hint_zh="官员查看企业的地块须先说明用途；没有标准地合同的宗地不在台账里。",
        hint_en="An official states a purpose first; parcels without a contract of standard land are not in it.",
        kind=Kind.NOT_FOUND,
    )


def the_parcel(viewer: Viewer, code: str) -> Parcel:
    """Return a parcel and log the look at it; ``E-LAND-PARCEL`` when it is not for the viewer."""
    found = _seen(viewer, code)
    if found is None:
        raise no_parcel()
    return found


def _seen(viewer: Viewer, code: str) -> Parcel | None:
    found = Parcel.objects.visible_to(viewer).select_related("department").filter(code=code).first()
    note_read(viewer, [found.firm] if found else [], FIELDS)
    return found


def events_of(viewer: Viewer, parcel: Parcel) -> list[ParcelEvent]:
    """Return what happened to a parcel, in order, with who entered and who confirmed it."""
    found = ParcelEvent.objects.visible_to(viewer).filter(parcel=parcel)
    return list(found.select_related("made_by", "confirmed_by").order_by("seq"))


def clock_of(viewer: Viewer, code: str) -> Standing | None:
    """Return where a parcel stands today, logged; None where there is no contract, or not for the viewer."""
    found = _seen(viewer, code)
    return _standing([found], None)[0] if found else None


def proposals_of(viewer: Viewer, parcel: Parcel) -> list[ParcelProposal]:
    """Return what waits for a second official; firms are told only of what was decided."""
    if not viewer.official:
        return []
    found = ParcelProposal.objects.visible_to(viewer).filter(parcel=parcel, state=OPEN)
    return list(found.select_related("made_by", "parcel"))


def standings(viewer: Viewer, today: date | None = None) -> list[Standing]:
    """Return every parcel that the viewer may see as it stands; who shows them logs the look."""
    return _standing(list(Parcel.objects.visible_to(viewer).select_related("department")), today)


def _standing(parcels: Sequence[Parcel], today: date | None) -> list[Standing]:
    events = ParcelEvent.objects.of([one.pk for one in parcels])
    day = today or timezone.localdate()
    return [standing(one, events[one.pk], today=day) for one in parcels]


def counts_of(viewer: Viewer, today: date | None = None) -> Counter[str]:
    """Return the number of parcels in each state in the official's places: counts, no firm."""
    parcels = list(Parcel.objects.in_places(viewer.duty_places))
    return Counter(str(one.phase) for one in _standing(parcels, today))


def all_standings(today: date) -> list[Standing]:
    """Return every parcel of the installation, for the duty that reminds; nobody is shown them."""
    return _standing(list(Parcel.objects.every().select_related("department")), today)


def entered(viewer: Viewer) -> set[str]:
    """Return the codes that are entered in the official's places."""
    return set(Parcel.objects.in_places(viewer.duty_places).values_list("code", flat=True))


def look(viewer: Viewer, found: Sequence[Standing]) -> list[Standing]:
    """Log that these are shown, and return them."""
    note_read(viewer, {one.parcel.firm for one in found}, FIELDS)
    return list(found)
