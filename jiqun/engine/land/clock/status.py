"""Deadlines, states and reminders of a parcel on a day, from what has been recorded until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from jiqun.engine.land.clock.days import ONE, Span, add_months, merged, shifted, stopped_days
from jiqun.engine.land.clock.events import ORDER, Milestone, Outcome
from jiqun.engine.land.clock.state import State, Terms


class Phase(StrEnum):
    """State of a milestone."""

    ON_TRACK = "on_track"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENDED = "extended"
    RECTIFYING = "rectifying"
    MET = "met"
    PARTIALLY_MET = "partially_met"
    BREACHED = "breached"
    MEASURE = "measure"
    CLOSED = "closed"
    RESUMED = "resumed"


PHASES: dict[Phase, tuple[str, str]] = {
    Phase.ON_TRACK: ("正常", "on track"),
    Phase.DUE_SOON: ("临期", "due soon"),
    Phase.OVERDUE: ("逾期", "overdue"),
    Phase.EXTENSION_REQUESTED: ("申请延期中", "extension requested"),
    Phase.EXTENDED: ("已延期", "extended"),
    Phase.RECTIFYING: ("整改中", "rectifying"),
    Phase.MET: ("达标", "met"),
    Phase.PARTIALLY_MET: ("部分达标", "partially met"),
    Phase.BREACHED: ("违约", "breached"),
    Phase.MEASURE: ("处置中", "under a measure"),
    Phase.CLOSED: ("已结案", "closed"),
    Phase.RESUMED: ("已收回", "land resumed"),
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a milestone is due.

    Attributes:
        base: the day that does not count, from which the period runs.
        nominal: its last day without stops, extensions included.
        day: its last day; moved by exactly ``stopped`` days. While the clock stands still it moves
            on every day, and this is where it stands as of the day asked about.
        stopped: days in ``(base, day]`` on which the clock stood still.
        projected: the milestone before has not been reached, so this may still move.
    """

    base: date
    nominal: date
    day: date
    stopped: int
    projected: bool


@dataclass(frozen=True, slots=True)
class Status:
    """A milestone on a day.

    Attributes:
        milestone: which.
        phase: its state.
        deadline: None where it has none, or none yet.
        reached: the day, None while it is not.
        outcome: of the check, or met by being reached where no check is needed.
        left: days until the deadline, 0 on the day itself, None when reached or without one.
        overdue: running days after the deadline until it was reached, or until the day asked about.
        extensions: how many were granted.
        stopped: whether the clock stands still.
        awaits_check: reached, but not yet checked.
        rectify_by: last day of a rectification.
        lacking: kinds of evidence that have not been handed in.
    """

    milestone: Milestone
    phase: Phase
    deadline: Deadline | None
    reached: date | None
    outcome: Outcome | None
    left: int | None
    overdue: int
    extensions: int
    stopped: bool
    awaits_check: bool
    rectify_by: date | None
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """On ``day``, ``before`` days ahead of a deadline, somebody is to be reminded."""

    milestone: Milestone
    day: date
    before: int
    deadline: date


def stop_spans(state: State, *, today: date) -> tuple[Span, ...]:
    """Return the days on which the clock stood still, each once; an open stop lasts through today."""
    return merged(
        Span(stop.first, stop.after or max(today + ONE, stop.first)) for stop in state.stops
    )


def deadline(state: State, milestone: Milestone, *, terms: Terms, today: date) -> Deadline | None:
    """Return when a milestone is due as of ``today``; None where nothing says so."""
    return deadlines(state, terms=terms, today=today).get(milestone)


def deadlines(state: State, *, terms: Terms, today: date) -> dict[Milestone, Deadline]:
    """Return every milestone's deadline as of ``today``; those without one are left out."""
    spans = stop_spans(state, today=today)
    found: dict[Milestone, Deadline] = {}
    before: Milestone | None = None
    for milestone in ORDER:
        if state.deal is None:
            break
        base, projected = _base(state, before, found, terms, today)
        nominal = None if base is None else _nominal(state, milestone, base, terms)
        if milestone in terms.due and Milestone.CONTRACT in state.reached:
            base, projected = state.reached[Milestone.CONTRACT], False
        if base is not None and nominal is not None:
            day = shifted(base, nominal, spans=spans)
            stopped = stopped_days(spans, after=base, until=day) if day > base else 0
            found[milestone] = Deadline(base, nominal, day, stopped, projected)
        before = milestone
    return found


def _base(
    state: State,
    before: Milestone | None,
    found: dict[Milestone, Deadline],
    terms: Terms,
    today: date,
) -> tuple[date | None, bool]:
    """Day from which a period runs, and whether that day is still a projection."""
    if before is None:
        return state.deal, False
    reached, due = state.reached.get(before), found.get(before)
    agreed = terms.rules.base == "agreed"
    if reached is not None:
        late = agreed and due is not None and reached > due.day
        return (due.day if late and due is not None else reached), False
    if due is None:
        return None, True
    return (due.day if agreed else max(due.day, today)), True


def _nominal(state: State, milestone: Milestone, base: date, terms: Terms) -> date | None:
    extra = sum(state.granted.get(milestone, ()))
    if milestone in terms.due:
        return add_months(terms.due[milestone], extra)
    if milestone is Milestone.CONTRACT:
        return add_months(base + timedelta(days=terms.rules.contract_days), extra)
    months = terms.months_of(milestone)
    return None if months is None else add_months(base, months + extra)


def rectify_by(state: State, milestone: Milestone, *, today: date) -> date | None:
    """Last day of the rectification of a milestone, moved by stops; None when none is open."""
    order = state.orders.get(milestone)
    if order is None:
        return None
    spans = stop_spans(state, today=today)
    return shifted(order.day, add_months(order.day, order.months), spans=spans)


def status(state: State, milestone: Milestone, *, terms: Terms, today: date) -> Status:
    """Return everything about one milestone on a day. Events recorded later must not be in it."""
    return _status(state, milestone, deadlines(state, terms=terms, today=today), terms, today)


def _status(
    state: State,
    milestone: Milestone,
    every: dict[Milestone, Deadline],
    terms: Terms,
    today: date,
) -> Status:
    due = every.get(milestone)
    reached, outcome = state.reached.get(milestone), state.outcomes.get(milestone)
    overdue = 0
    if due is not None and (reached or today) > due.day:
        end = reached or today
        spans = stop_spans(state, today=today)
        overdue = (end - due.day).days - stopped_days(spans, after=due.day, until=end)
    wanted = terms.rules.evidence.get(milestone, ())
    handed = state.evidence.get(milestone, frozenset())
    return Status(
        milestone,
        _phase(state, milestone, due=due, terms=terms, today=today, overdue=overdue),
        due,
        reached,
        outcome,
        None if due is None or reached is not None else (due.day - today).days,
        overdue,
        len(state.granted.get(milestone, ())),
        state.stopped,
        reached is not None and outcome is None,
        rectify_by(state, milestone, today=today),
        tuple(one for one in wanted if one not in handed),
    )


def _phase(
    state: State,
    milestone: Milestone,
    *,
    due: Deadline | None,
    terms: Terms,
    today: date,
    overdue: int,
) -> Phase:
    settled = _settled(state, milestone, today)
    if settled is not None:
        return settled
    if milestone in state.requests:
        return Phase.EXTENSION_REQUESTED
    if overdue > 0:
        return Phase.OVERDUE
    reached = milestone in state.reached
    warn = max(terms.rules.reminders, default=-1)
    if due is not None and not reached and not due.projected and (due.day - today).days <= warn:
        return Phase.DUE_SOON
    return Phase.EXTENDED if state.granted.get(milestone) else Phase.ON_TRACK


def _settled(state: State, milestone: Milestone, today: date) -> Phase | None:
    """State of a milestone that no longer waits for its deadline."""
    outcome = state.outcomes.get(milestone)
    if outcome is Outcome.MET:
        return Phase.MET
    if state.resumed is not None:
        return Phase.RESUMED
    if state.closed is not None:
        return Phase.CLOSED
    if milestone in state.measures:
        return Phase.MEASURE
    last = rectify_by(state, milestone, today=today)
    if last is not None:
        return Phase.RECTIFYING if today <= last else Phase.BREACHED
    return None if outcome is None else Phase(str(outcome))


def overview(state: State, *, terms: Terms, today: date) -> tuple[Status, ...]:
    """Return all seven milestones on a day, in their order."""
    every = deadlines(state, terms=terms, today=today)
    return tuple(_status(state, one, every, terms, today) for one in ORDER)


def reminders(
    states: Sequence[Status], *, first: date, last: date, terms: Terms
) -> tuple[Reminder, ...]:
    """Return the reminders that fall on a day in ``first`` to ``last``, earliest first.

    None for milestones that were reached, whose deadline is a projection, or whose clock stands
    still: their day is not known yet.
    """
    found = [
        Reminder(one.milestone, day, before, one.deadline.day)
        for one in states
        if one.deadline and one.reached is None and not one.deadline.projected and not one.stopped
        for before in terms.rules.reminders
        if first <= (day := one.deadline.day - timedelta(days=before)) <= last
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.before)))
