"""What the demo county shows of standard land: parcels entered from its deals, at every stage of their life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.engine.land.clock.days import add_months
from jiqun.engine.land.clock.events import Kind, Milestone, Outcome
from jiqun.facts.store.store import Store
from jiqun.masters.offices import own_offices
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import FOUR_EYES
from jiqun.modules.land.parcels.appending import Entry
from jiqun.modules.land.parcels.contract import Deal, deals_of, terms_of
from jiqun.modules.land.parcels.office.actions import (
    confirm_proposal,
    open_parcel,
    propose_event,
    record_event,
)
from jiqun.modules.land.parcels.packs import versions
from jiqun.rules.land.read import rows
from jiqun.rules.loader import pack

PURPOSE = "演示标准地全周期管理（合成数据）"
M, O = Milestone, Outcome  # noqa: E741


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a story: its kind, months since the deal and days on top, and what it is about."""

    kind: Kind
    months: int
    days: int = 0
    milestone: Milestone | None = None
    length: int | None = None
    outcome: Outcome | None = None


def _to(milestone: Milestone, *months: int) -> list[Step]:
    """Reach the contract in days, the handover within the month, then each milestone at its month."""
    order = list(Milestone)
    steps = [Step(Kind.REACHED, 0, 8, M.CONTRACT), Step(Kind.REACHED, 1, 3, M.HANDOVER)]
    later = order[2 : order.index(milestone) + 1]
    return [
        *steps,
        *(Step(Kind.REACHED, at, 0, one) for at, one in zip(months, later, strict=True)),
    ]


def _stop(months: int, after: int | None = None) -> list[Step]:
    again = [] if after is None else [Step(Kind.CLOCK_RESUMED, after)]
    return [Step(Kind.CLOCK_STOPPED, months), *again]


def _ask(months: int, milestone: Milestone, length: int) -> Step:
    return Step(Kind.EXTENSION_REQUESTED, months, 0, milestone, length)


def _check(months: int, milestone: Milestone, outcome: Outcome) -> Step:
    return Step(Kind.CHECKED, months, 0, milestone, outcome=outcome)


def _bond(months: int, *milestones: Milestone) -> list[Step]:
    return [Step(Kind.BOND_RETURNED, months, 0, one) for one in milestones]


_HANDED = _to(M.HANDOVER)
_BUILT = [
    *_to(M.COMPLETION, 10, 30),
    _check(31, M.COMPLETION, O.MET),
    *_bond(32, M.START, M.COMPLETION),
]
_RUNS = [*_BUILT, Step(Kind.REACHED, 36, 0, M.PRODUCTION)]
_FULL = [*_RUNS, Step(Kind.REACHED, 58, 0, M.FULL_PRODUCTION), _check(59, M.FULL_PRODUCTION, O.MET),
         *_bond(60, M.FULL_PRODUCTION)]  # fmt: skip
# In the order of the deals, newest first (``demo.deals.AGES``); what lies after today is left out.
STORIES: Sequence[Sequence[Step]] = (
    (),
    _HANDED[:1],
    _HANDED,
    _HANDED,
    _HANDED,
    [*_HANDED, _ask(12, M.START, 6)],
    [*_HANDED, _ask(12, M.START, 6), Step(Kind.EXTENSION_GRANTED, 12, 10, M.START, 9 - 3)],
    [*_HANDED, *_stop(10)],
    [*_HANDED, Step(Kind.RECTIFICATION_ORDERED, 16, 0, M.START, 6)],
    _to(M.START, 11),
    [*_to(M.START, 10), *_bond(11, M.START), *_stop(15, 18)],
    _to(M.START, 9),
    [*_to(M.START, 9), _ask(31, M.COMPLETION, 6), Step(Kind.EXTENSION_GRANTED, 32, 0, M.COMPLETION, 6)],
    _to(M.COMPLETION, 10, 33),
    [*_to(M.COMPLETION, 10, 32), _check(33, M.COMPLETION, O.PARTIALLY_MET)],
    [*_to(M.COMPLETION, 10, 32), _check(33, M.COMPLETION, O.PARTIALLY_MET),
     Step(Kind.RECTIFICATION_ORDERED, 34, 0, M.COMPLETION, 12)],
    _BUILT,
    _RUNS,
    _RUNS,
    [*_RUNS, Step(Kind.REACHED, 58, 0, M.FULL_PRODUCTION)],
    _FULL,
    [*_FULL, Step(Kind.REACHED, 61, 0, M.TRANSFER), Step(Kind.CLOSED, 62)],
    [*_RUNS, Step(Kind.REACHED, 58, 0, M.FULL_PRODUCTION), _check(60, M.FULL_PRODUCTION, O.BREACHED)],
    [*_RUNS, Step(Kind.REACHED, 58, 0, M.FULL_PRODUCTION), _check(60, M.FULL_PRODUCTION, O.BREACHED),
     Step(Kind.MEASURE, 62, 0, M.FULL_PRODUCTION)],
)  # fmt: skip


def demo_parcels(facts: Store) -> None:
    """Enter the demo's deals and tell their stories, once, by the verbs that the pages use.

    Two officials of one bureau do it, so that the four eyes are real. Deals whose day cannot be
    read are left to be entered. Without the demo's accounts nothing is done.
    """
    users = {one.username: one for one in User.objects.filter(username__in=("analyst", "reviewer"))}
    if len(users) < 2 or Parcel.objects.exists():
        return
    one, other = (viewer_of(users[name], purpose=PURPOSE) for name in ("analyst", "reviewer"))
    today, office = timezone.localdate(), own_offices(one)[0].pk
    deals = deals_of(facts, one, reading=versions(today)["reading"])
    known = [deal for deal in deals if deal.day() is not None and deal.number("area")]
    for deal, story in zip(known, STORIES, strict=False):
        _tell(one, other, open_parcel(viewer=one, deal=deal, department=office), deal, story)


def _tell(one: Viewer, other: Viewer, parcel: Parcel, deal: Deal, story: Sequence[Step]) -> None:
    today, sold = timezone.localdate(), deal.day() or timezone.localdate()
    for number, step in enumerate(story, start=1):
        day = add_months(sold, step.months) + timedelta(days=step.days)
        if day > today:
            return
        entry = _entry(parcel, step, day, number)
        if step.kind in FOUR_EYES:
            made = propose_event(viewer=one, parcel=parcel, entry=entry)
            confirm_proposal(viewer=other, proposal=made)
        else:
            record_event(viewer=one, parcel=parcel, entry=entry)


def _entry(parcel: Parcel, step: Step, day: date, number: int) -> Entry:
    terms, stop = terms_of(parcel), ""
    papers: tuple[str, ...] = ()
    if step.kind is Kind.REACHED and step.milestone is not None:
        wanted = [row["code"] for row in rows(pack("land/milestones", parcel.rules), "evidence")
                  if row["milestone"] == step.milestone]  # fmt: skip
        papers = (
            tuple(terms.rules.papers)
            if step.milestone is M.CONTRACT
            else tuple(wanted[:1] if number % 2 else wanted)
        )
    if step.kind is Kind.CLOCK_RESUMED:
        stop = (
            ParcelEvent.objects.filter(parcel=parcel, kind=Kind.CLOCK_STOPPED)
            .latest("seq")
            .document
        )
    fen = terms.part(step.milestone) if step.kind is Kind.BOND_RETURNED and step.milestone else None
    return Entry(
        step.kind, day, f"合成监管〔{day.year}〕{parcel.pk}-{number}号", str(step.milestone or ""), step.length,
        str(step.outcome or ""), stop, "utilities" if step.kind is Kind.CLOCK_STOPPED else "", papers, fen, "合成数据",
    )  # fmt: skip
