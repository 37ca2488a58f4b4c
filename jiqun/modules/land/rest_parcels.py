"""Parcels of standard land over the API: the list, and one with its milestones and history."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from jiqun.core.pages import viewer
from jiqun.modules.land.parcels.clock import Standing, standing
from jiqun.modules.land.parcels.listing import row_of
from jiqun.modules.land.parcels.selectors import events_of, look, standings, the_parcel

router = Router(tags=["land 土地与亩均"])


class Listed(Schema):
    """One parcel: whose, where it stands, what is due. Money is in fen; null is not known."""

    parcel: str
    place: str
    firm: str
    firm_name: str | None
    location: str | None
    area_mu: float | None
    deal_day: date | None
    price_fen: int | None
    bond_left: int | None
    state: str
    milestone: str | None
    due: date | None
    left: int | None
    overdue: int | None
    term_end: date | None


class At(Schema):
    """One milestone on the day; ``projected`` when its deadline may still move."""

    milestone: str
    state: str
    due: date | None
    projected: bool
    stopped: int
    reached: date | None
    outcome: str | None
    left: int | None
    overdue: int
    extensions: int
    lacking: list[str]


class Happened(Schema):
    """One event."""

    seq: int
    kind: str
    day: date
    recorded: date
    document: str
    milestone: str
    months: int | None
    outcome: str
    cause: str
    papers: list[str]
    fen: int | None
    of: int | None


class Whole(Listed):
    """One parcel with everything recorded, and the packs that it is counted by."""

    rules: str
    control: str
    snapshot: str
    milestones: list[At]
    events: list[Happened]


@router.get("/parcels", response=list[Listed], summary="标准地台账 · register of standard land")
def parcels(request: HttpRequest) -> list[dict[str, Any]]:
    """A firm's own parcels; for an official with a purpose (``X-Purpose``) those of the place."""
    who = viewer(request)
    return [row_of(one) for one in look(who, standings(who))]


@router.get("/parcels/{parcel}", response=Whole, summary="一宗标准地 · one parcel")
def one_parcel(request: HttpRequest, parcel: str) -> dict[str, Any]:
    """One parcel as it stands today; an official states a purpose in ``X-Purpose``, and the firm sees the look."""
    who = viewer(request)
    found = the_parcel(who, parcel)
    rows = events_of(who, found)
    one = standing(found, rows, today=timezone.localdate())
    names = (
        "seq",
        "kind",
        "day",
        "recorded",
        "document",
        "milestone",
        "months",
        "outcome",
        "cause",
        "papers",
        "fen",
        "of",
    )
    return row_of(one) | {
        "rules": found.rules, "control": found.control, "snapshot": found.snapshot, "milestones": _milestones(one),
        "events": [{name: getattr(row, name) for name in names} for row in rows],
    }  # fmt: skip


def _milestones(one: Standing) -> list[dict[str, Any]]:
    return [
        {
            "milestone": str(at.milestone), "state": str(at.phase), "due": at.deadline.day if at.deadline else None,
            "projected": at.deadline is not None and at.deadline.projected,
            "stopped": at.deadline.stopped if at.deadline else 0, "reached": at.reached,
            "outcome": str(at.outcome) if at.outcome else None, "left": at.left, "overdue": at.overdue,
            "extensions": at.extensions, "lacking": list(at.lacking),
        }
        for at in one.milestones
    ]  # fmt: skip
