"""Events in, state out: what may follow what. Nothing is changed in place, nothing is looked up.

An event that contradicts what was recorded before is refused with a message that names it. Applying
the same events in the order in which they were recorded always gives the same state.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from jiqun.engine.land.clock.events import KINDS, LASTING, Event, Kind
from jiqun.engine.land.clock.handlers import HANDLERS, Refused, unless
from jiqun.engine.land.clock.state import State, Terms
from jiqun.errors import JiqunError, Problem
from jiqun.errors import Kind as ErrorKind

BOND = (Kind.BOND_RETURNED, Kind.BOND_FORFEITED)
ABOUT_ALL = (Kind.DEAL, Kind.CLOCK_STOPPED, Kind.CLOCK_RESUMED, Kind.BOND_FORFEITED, Kind.CLOSED,
             Kind.LAND_RESUMED, Kind.VOIDED)  # fmt: skip


def step(state: State, event: Event, *, terms: Terms) -> State:
    """Return the state after one more event.

    Raises:
        JiqunError: ``E-LAND-EVENT`` naming the event and why it cannot follow.
    """
    try:
        if event.kind is Kind.VOIDED:
            return _without(state, event, terms)
        return _step(state, event, terms)
    except Refused as error:
        raise refused([event.problem(*error.why, number=len(state.events) + 1)]) from error


def replay(events: Sequence[Event], *, terms: Terms) -> State:
    """Return the state after all events, in the order in which they were recorded.

    Raises:
        JiqunError: ``E-LAND-EVENT`` with one problem per event that cannot follow those accepted
            before it; ``row`` counts events from 1.
    """
    state, problems = _fold(events, terms)
    if problems:
        raise refused(problems)
    return state


def until(events: Sequence[Event], day: date) -> tuple[Event, ...]:
    """Return the events that were recorded by a day: what was known then."""
    return tuple(event for event in events if event.recorded <= day)


def refused(problems: Sequence[Problem]) -> JiqunError:
    """Return the error for events that cannot be recorded."""
    return JiqunError(
        "E-LAND-EVENT",
        "；".join(one.message_zh for one in problems),
        "; ".join(one.message_en for one in problems),
        hint_zh="未登记的事件须改正后重新登记，已登记的不受影响。",
        hint_en="Correct what was refused and record it again; what was recorded stands.",
        kind=ErrorKind.CONFLICT,
        fields=problems,
    )


def _fold(events: Sequence[Event], terms: Terms) -> tuple[State, list[Problem]]:
    """Apply the events that were not voided, and say of each that cannot follow why."""
    voided = _voided(events)
    state, problems = State(), list[Problem]()
    for number, event in enumerate(events, start=1):
        try:
            if event.kind is Kind.VOIDED:
                _common(state, event)
                _may_void(event, events[: number - 1])
            counts = number not in voided and event.kind is not Kind.VOIDED
            state = (
                _step(state, event, terms)
                if counts
                else replace(state, events=(*state.events, event))
            )
        except Refused as error:
            problems.append(event.problem(*error.why, number=number))
    return replace(state, voided=voided), problems


def _voided(events: Sequence[Event]) -> frozenset[int]:
    """The numbers of the events that a voiding which holds takes back."""
    found: set[int] = set()
    for number, event in enumerate(events, start=1):
        if event.kind is Kind.VOIDED and event.of:
            with suppress(Refused):
                _may_void(event, events[: number - 1])
                found.add(event.of)
    return frozenset(found)


def _without(state: State, event: Event, terms: Terms) -> State:
    """The state as if an earlier event had not been recorded; refused where a later one rests on it."""
    _common(state, event)
    _may_void(event, state.events)
    after, problems = _fold((*state.events, event), terms)
    if problems:
        raise Refused(
            f"后面的登记以它为前提，请先作废后面的：{problems[0].message_zh}",
            f"a later entry rests on it, void that one first: {problems[0].message_en}",
        )
    return after


def _may_void(event: Event, before: Sequence[Event]) -> None:
    """Refuse to void what is not there, what was voided, and what cannot be taken back."""
    number = event.of or 0
    unless(1 <= number <= len(before), f"没有第 {number} 条登记", f"there is no entry {number}")
    gone = {one.of for one in before if one.kind is Kind.VOIDED}
    unless(number not in gone, f"第 {number} 条已经作废", f"entry {number} was voided before")
    kind = before[number - 1].kind
    zh, en = KINDS[kind]
    unless(
        kind not in LASTING,
        f"“{zh}”不能作废；涉及钱款的按退款、补缴办理",
        f"“{en}” cannot be voided; money is paid back or in",
    )


def _step(state: State, event: Event, terms: Terms) -> State:
    _common(state, event)
    after = HANDLERS[event.kind](state, event, terms)
    return replace(after, events=(*state.events, event))


def _common(state: State, event: Event) -> None:
    """Refuse what no event may do, whatever its kind."""
    unless(event.document, "没有文号", "it has no document")
    unless(event.day <= event.recorded, "发生日期晚于登记日期", "it happened after it was recorded")
    last = state.events[-1].recorded if state.events else event.recorded
    unless(event.recorded >= last, f"登记日期早于上一事件的 {last}",
            f"it was recorded before the event before it, {last}")  # fmt: skip
    unless(event.kind in ABOUT_ALL or event.milestone, "没有写明节点", "it names no milestone")
    if event.kind is Kind.DEAL:
        return
    deal = state.deal
    if deal is None:
        raise Refused("尚未登记成交", "no deal is recorded")
    unless(event.day >= deal, f"早于成交日期 {deal}", f"it is before the deal of {deal}")
    over = state.closed or state.resumed
    after = event.kind in BOND or (event.kind is Kind.VOIDED and state.resumed is None)
    unless(over is None or after, f"已于 {over} 结案或收回", f"the case ended on {over}")
