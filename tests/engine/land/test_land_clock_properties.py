"""Whatever is recorded, in whatever order: no day is lost, no fen is paid twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.land.clock.days import add_months, stopped_days
from jiqun.engine.land.clock.events import LASTING, Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.machine import replay, step, until
from jiqun.engine.land.clock.state import ClockRules, State, Terms
from jiqun.engine.land.clock.status import overview, stop_spans
from jiqun.errors import JiqunError
from jiqun.rules.land.read import clock_rules
from jiqun.rules.loader import pack

RULES: ClockRules = clock_rules(
    pack("land/milestones", "jiqun-2026.1"), pack("land/control", "jiqun-2026.1")
)
PAPERS = tuple(RULES.papers)
START = date(2024, 1, 31)


# Returns and checks often, because they need much to have gone before.
KINDS = [*Kind, *[Kind.BOND_RETURNED] * 6, *[Kind.CHECKED] * 3]


def invent(seed: int, length: int) -> list[Event]:
    """Mostly sensible events with nonsense among them: kinds, days and milestones at will."""
    chance = Random(seed)
    events: list[Event] = []
    now, about, path = START, Milestone.CONTRACT, iter(Milestone)
    sure = chance.randint(0, 8)
    for number in range(length):
        now += timedelta(days=chance.randint(0, 200))
        if number > sure and chance.random() < 0.2:  # the same once more, with a new document
            events.append(
                replace(chance.choice(events[-3:]), day=now, recorded=now, document=f"D{number}")
            )
            continue
        kind = Kind.REACHED if number < sure else chance.choice(KINDS)
        kind = Kind.DEAL if number == 0 else kind
        # half of the time about the same milestone as before, so that one thing leads to another
        about = about if chance.random() < 0.5 else chance.choice(list(Milestone))
        if kind is Kind.REACHED and chance.random() < 0.95:
            about = next(path, about)
        if kind is Kind.BOND_RETURNED and chance.random() < 0.9:
            about = chance.choice(list(RULES.bond_shares))
        events.append(
            Event(
                kind,
                max(now - timedelta(days=chance.choice([0, 0, 0, 3, 60])), START),
                now,
                f"D{number}",
                about,
                months=chance.randint(0, 13),
                outcome=chance.choice(list(Outcome)),
                stop=f"D{chance.randint(0, number)}",
                cause="force_majeure",
                papers=PAPERS,
                fen=chance.choice([30, 30, 41, 10, 101]),
                of=chance.randint(max(0, number - 4), number + 1),
            )
        )
    return events


def histories() -> st.SearchStrategy[list[Event]]:
    """Invented histories of up to thirty events."""
    return st.builds(invent, st.integers(0, 2**32), st.integers(1, 30))


def accepted(events: list[Event], terms: Terms) -> tuple[State, list[Event]]:
    """Fold, leaving out what is refused."""
    state, kept = State(), []
    for one in events:
        try:
            state = step(state, one, terms=terms)
        except JiqunError as error:
            if error.code != "E-LAND-EVENT" or str(one.day) not in error.message_en:
                raise
            continue
        kept.append(one)
    return state, kept


BASES = st.sampled_from(["actual", "agreed"])


def terms_for(base: str) -> Terms:
    rules = {name: getattr(RULES, name) for name in ClockRules.__slots__} | {"base": base}
    return Terms(ClockRules(**rules), bond=101)


@settings(max_examples=200, deadline=None)
@given(histories(), BASES, st.integers(0, 400))
def test_no_day_is_lost(events: list[Event], base: str, later: int) -> None:
    terms = terms_for(base)
    state, kept = accepted(events, terms)
    today = (kept[-1].recorded if kept else START) + timedelta(days=later)
    spans = stop_spans(state, today=today)
    still = {
        stop.first + timedelta(days=at)
        for stop in state.stops
        for at in range(((stop.after or today + timedelta(days=1)) - stop.first).days)
    }
    for one in overview(state, terms=terms, today=today):
        due = one.deadline
        if due is None:
            continue
        # every day after the base either runs or stands still, and the running ones are the period
        days = [due.base + timedelta(days=at + 1) for at in range((due.day - due.base).days)]
        running = [day for day in days if day not in still]
        assert len(running) == max(0, (due.nominal - due.base).days)
        assert (
            len(days) - len(running)
            == due.stopped
            == stopped_days(spans, after=due.base, until=max(due.day, due.base))
        )
        end = one.reached or today
        after = [due.day + timedelta(days=at + 1) for at in range((end - due.day).days)]
        assert one.overdue == sum(day not in still for day in after)


@settings(max_examples=200, deadline=None)
@given(histories(), BASES)
def test_no_part_of_the_bond_is_paid_twice(events: list[Event], base: str) -> None:
    terms = terms_for(base)
    state, kept = accepted(events, terms)
    back = [one for one in kept if one.kind is Kind.BOND_RETURNED]
    lost = [one for one in kept if one.kind is Kind.BOND_FORFEITED]
    assert len({one.milestone for one in back}) == len(back)
    assert sum(one.fen or 0 for one in (*back, *lost)) == state.settled <= terms.bond
    for one in back:
        assert state.outcomes[one.milestone] is Outcome.MET  # type: ignore[index]


@settings(max_examples=200, deadline=None)
@given(histories(), BASES)
def test_replay_is_deterministic_and_step_by_step_the_same(events: list[Event], base: str) -> None:
    terms = terms_for(base)
    state, kept = accepted(events, terms)
    assert replay(kept, terms=terms) == state == replay(kept, terms=terms)
    assert state.events == tuple(kept)
    assert len(until(kept, START - timedelta(days=1))) == 0


@settings(max_examples=200, deadline=None)
@given(histories(), BASES)
def test_order_and_limits_hold(events: list[Event], base: str) -> None:
    terms = terms_for(base)
    state, _ = accepted(events, terms)
    days = [state.reached[one] for one in Milestone if one in state.reached]
    assert days == sorted(days)
    assert list(state.reached) == list(Milestone)[: len(days)]
    assert all(len(months) <= RULES.extensions for months in state.granted.values())
    assert all(one.recorded >= one.day for one in state.events)


@settings(max_examples=200, deadline=None)
@given(histories(), BASES)
def test_what_was_voided_leaves_nothing_behind(events: list[Event], base: str) -> None:
    terms = terms_for(base)
    state, kept = accepted(events, terms)
    alone = replay(list(state.live), terms=terms)
    assert replace(alone, events=state.events, voided=state.voided) == state
    voidings = [one for one in kept if one.kind is Kind.VOIDED]
    assert len(state.voided) == len(voidings)
    assert len(state.live) == len(kept) - 2 * len(voidings)
    assert all(kept[number - 1].kind not in LASTING for number in state.voided)


def test_the_invented_histories_are_not_idle() -> None:
    # every kind is accepted somewhere, or the properties would say little
    terms = terms_for("actual")
    seen = {one.kind for seed in range(300) for one in accepted(invent(seed, 30), terms)[1]}
    assert seen == set(Kind)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120), st.integers(0, 120))
def test_months_never_go_back(day: date, first: int, second: int) -> None:
    one, both = add_months(day, first), add_months(day, first + second)
    assert one <= both
    assert both.day <= day.day
    assert (both.year * 12 + both.month) - (day.year * 12 + day.month) == first + second
