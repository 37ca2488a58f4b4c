"""Events of a parcel into its state, and what may be entered next: the engine decides both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from jiqun.engine.land.clock.events import ORDER, Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.machine import replay, step
from jiqun.engine.land.clock.state import State, Terms
from jiqun.engine.land.clock.status import Phase, Status, overview
from jiqun.errors import JiqunError
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import BOND
from jiqun.modules.land.parcels.contract import terms_of
from jiqun.modules.land.parcels.kinds import ABOUT

TRIED = "试"  # the document of an event that is only tried
WRONG = (Phase.BREACHED, Phase.OVERDUE, Phase.PARTIALLY_MET, Phase.RECTIFYING, Phase.MEASURE)


@dataclass(frozen=True, slots=True)
class Standing:
    """A parcel on a day: its terms, everything recorded, each milestone, and the one that counts now.

    ``next`` is the first milestone that is neither met nor behind the case's end; None when all are.
    """

    parcel: Parcel
    terms: Terms
    state: State
    milestones: tuple[Status, ...]
    today: date

    @property
    def next(self) -> Status | None:
        """The milestone in hand: one that went wrong before the one that is due."""
        failed = [one for one in self.milestones if one.reached is not None and one.phase in WRONG]
        open_ = [one for one in self.milestones if one.phase is not Phase.MET]
        return next(iter([*failed, *open_]), None)

    @property
    def phase(self) -> Phase:
        """The parcel's state: that of the milestone in hand; met when nothing is left."""
        if self.state.resumed is not None:
            return Phase.RESUMED
        if self.state.closed is not None:
            return Phase.CLOSED
        return Phase.MET if self.next is None else self.next.phase

    @property
    def bond_left(self) -> int | None:
        """What is still held of the bond in fen, None where the bond is not known."""
        bond = self.parcel.bond_fen
        return None if bond is None else bond - self.state.settled


def events_of(rows: Iterable[ParcelEvent]) -> list[Event]:
    """Return the events of a parcel as the engine reads them, in their order."""
    return [one.event(one.recorded) for one in sorted(rows, key=lambda row: row.seq)]


def standing(parcel: Parcel, rows: Iterable[ParcelEvent], *, today: date) -> Standing:
    """Return where a parcel stands on a day, from all that is recorded."""
    terms = terms_of(parcel)
    state = replay(events_of(rows), terms=terms)
    return Standing(parcel, terms, state, overview(state, terms=terms, today=today), today)


def may_follow(one: Standing, event: Event) -> bool:
    """Whether the engine would take one more event."""
    try:
        step(one.state, event, terms=one.terms)
    except JiqunError:
        return False
    return True


def offers(one: Standing, kinds: Sequence[Kind] = tuple(ABOUT)) -> dict[Kind, list[str]]:
    """Return what may be entered today: kind → milestones (stops' documents, numbers of entries) that it may be about.

    Each is tried on the engine with amounts and papers that fit; a kind that is about the whole
    parcel has one empty text.
    """
    found: dict[Kind, list[str]] = {}
    for kind in kinds:
        good = [
            about for about, event in _tries(one, kind)
            if not (kind is Kind.EVIDENCE and not _lacks(one, event.milestone))
            and not (kind in BOND and not event.fen) and may_follow(one, event)
        ]  # fmt: skip
        if good:
            found[kind] = good
    return found


def _lacks(one: Standing, milestone: Milestone | None) -> bool:
    return any(at.milestone is milestone and at.lacking for at in one.milestones)


def _tries(one: Standing, kind: Kind) -> Iterator[tuple[str, Event]]:
    last = one.state.events[-1].recorded if one.state.events else one.today
    recorded = max(one.today, last)
    base = Event(
        kind, recorded, recorded, TRIED, months=1, outcome=Outcome.MET, papers=tuple(one.terms.rules.papers),
        cause=next(iter(one.terms.rules.causes), ""),
    )  # fmt: skip
    if kind is Kind.CLOCK_RESUMED:
        for stop in one.state.stops:
            yield stop.document, replace(base, stop=stop.document)
    elif kind is Kind.VOIDED:
        for number in range(len(one.state.events), 0, -1):
            yield str(number), replace(base, of=number)
    elif "milestone" in ABOUT[kind].asks:
        for milestone in ORDER:
            fen = one.terms.part(milestone) if kind is Kind.BOND_RETURNED else None
            yield str(milestone), replace(base, milestone=milestone, fen=fen)
    else:
        yield "", replace(base, fen=1 if kind is Kind.BOND_FORFEITED else None)
