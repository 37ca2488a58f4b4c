"""Milestones: deadlines, states, refusals and the bond, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from jiqun.engine.land.clock.days import Span, add_months, merged, shifted, stopped_days
from jiqun.engine.land.clock.events import Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.machine import replay, step, until
from jiqun.engine.land.clock.state import State, Terms
from jiqun.engine.land.clock.status import Phase, Status, deadline, overview, reminders, status
from jiqun.errors import JiqunError
from jiqun.rules.land.read import clock_rules
from jiqun.rules.loader import pack

RULES = clock_rules(pack("land/milestones", "jiqun-2026.1"), pack("land/control", "jiqun-2026.1"))
PAPERS = tuple(RULES.papers)
TERMS = Terms(RULES, bond=1_000_001)
M = Milestone


def event(kind: Kind, day: str, milestone: Milestone | None = None, **more: object) -> Event:
    when = date.fromisoformat(day)
    recorded = date.fromisoformat(str(more.pop("recorded", day)))
    document = str(more.pop("document", f"{kind}-{milestone}-{day}"))
    return Event(kind, when, recorded, document, milestone, **more)  # type: ignore[arg-type]


DEAL = event(Kind.DEAL, "2024-01-10")
SIGNED = event(Kind.REACHED, "2024-01-18", M.CONTRACT, papers=PAPERS)
HANDED = event(Kind.REACHED, "2024-02-15", M.HANDOVER)
STARTED = event(Kind.REACHED, "2024-08-31", M.START, papers=("building_permit",))
DONE = event(Kind.REACHED, "2026-06-30", M.COMPLETION)
CHECKED = event(Kind.CHECKED, "2026-07-10", M.COMPLETION, outcome=Outcome.MET)
MADE = event(Kind.REACHED, "2026-12-01", M.PRODUCTION)
FULL = event(Kind.REACHED, "2028-06-01", M.FULL_PRODUCTION)
FULL_MET = event(Kind.CHECKED, "2028-06-20", M.FULL_PRODUCTION, outcome=Outcome.MET)
MOVED = event(Kind.REACHED, "2029-01-01", M.TRANSFER)
WHOLE = (DEAL, SIGNED, HANDED, STARTED, DONE, CHECKED, MADE, FULL, FULL_MET, MOVED)


def at(events: Sequence[Event], day: str, milestone: Milestone, *, terms: Terms = TERMS) -> Status:
    today = date.fromisoformat(day)
    state = replay(until(events, today), terms=terms)
    return status(state, milestone, terms=terms, today=today)


def refusal(events: Sequence[Event], *, terms: Terms = TERMS) -> JiqunError:
    with pytest.raises(JiqunError) as caught:
        replay(events, terms=terms)
    assert caught.value.code == "E-LAND-EVENT"
    assert caught.value.status == 409
    return caught.value


def test_months_end_where_the_civil_code_ends_them() -> None:
    assert add_months(date(2025, 1, 31), 1) == date(2025, 2, 28)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 12, 31), 2) == date(2025, 2, 28)
    assert add_months(date(2024, 3, 15), 0) == date(2024, 3, 15)


def test_spans() -> None:
    days = [date(2025, 1, day) for day in range(1, 20)]
    joined = merged(
        [
            Span(days[4], days[6]),
            Span(days[0], days[2]),
            Span(days[2], days[3]),
            Span(days[5], days[5]),
        ]
    )
    assert joined == (Span(days[0], days[3]), Span(days[4], days[6]))
    assert stopped_days(joined, after=days[0], until=days[5]) == 4
    # the base does not count, so a stop on it moves nothing; 2, 3, 5 and 6 January stand still
    assert shifted(days[0], days[3], spans=joined) == date(2025, 1, 8)
    assert shifted(days[3], days[3], spans=joined) == days[3]


def test_a_whole_life_on_time() -> None:
    state = replay(WHOLE, terms=TERMS)
    phases = [one.phase for one in overview(state, terms=TERMS, today=date(2029, 1, 2))]
    assert phases == [Phase.MET] * 7
    ended = step(state, event(Kind.CLOSED, "2029-02-01"), terms=TERMS)
    assert ended.closed == date(2029, 2, 1)


def test_deadlines_follow_what_was_reached() -> None:
    assert at(WHOLE, "2024-01-12", M.CONTRACT).deadline.day == date(2024, 1, 20)
    assert at(WHOLE, "2024-01-19", M.HANDOVER).deadline.day == date(2024, 2, 18)
    assert at(WHOLE, "2024-09-01", M.COMPLETION).deadline.day == date(2026, 8, 31)
    assert at(WHOLE, "2026-07-01", M.PRODUCTION).deadline.day == date(2026, 12, 30)
    waiting = at(WHOLE, "2024-09-01", M.PRODUCTION).deadline
    assert (waiting.day, waiting.projected) == (date(2027, 2, 28), True)
    assert at(WHOLE, "2028-12-01", M.TRANSFER).deadline is None


def test_a_projection_is_never_in_the_past() -> None:
    late = at(WHOLE[:3], "2026-03-01", M.COMPLETION)
    assert late.deadline.base == date(2026, 3, 1)
    assert late.phase is Phase.ON_TRACK


def test_agreed_days_give_no_time_for_an_earlier_delay() -> None:
    agreed = replace(TERMS, rules=replace(RULES, base="agreed"))
    late = (DEAL, SIGNED, HANDED, event(Kind.REACHED, "2025-06-01", M.START))
    assert at(late, "2025-06-02", M.COMPLETION).deadline.day == date(2027, 6, 1)
    assert at(late, "2025-06-02", M.COMPLETION, terms=agreed).deadline.day == date(2027, 2, 15)


def test_days_fixed_by_the_contract_win() -> None:
    fixed = replace(TERMS, due={M.START: date(2024, 9, 30)}, months={M.COMPLETION: 18})
    assert at(WHOLE, "2024-02-20", M.START, terms=fixed).deadline.day == date(2024, 9, 30)
    assert at(WHOLE, "2024-09-01", M.COMPLETION, terms=fixed).deadline.day == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("day", "phase", "left", "overdue"),
    [
        ("2024-11-16", Phase.ON_TRACK, 91, 0),
        ("2024-11-17", Phase.DUE_SOON, 90, 0),
        ("2025-02-15", Phase.DUE_SOON, 0, 0),
        ("2025-02-16", Phase.OVERDUE, -1, 1),
        ("2025-03-15", Phase.OVERDUE, -28, 28),
    ],
)
def test_the_start_of_works_falls_due(day: str, phase: Phase, left: int, overdue: int) -> None:
    found = at(WHOLE[:3], day, M.START)
    assert (found.phase, found.left, found.overdue) == (phase, left, overdue)


def test_reminders_fall_on_their_days_once() -> None:
    today = date(2024, 11, 1)
    states = overview(replay(WHOLE[:3], terms=TERMS), terms=TERMS, today=today)
    found = reminders(states, first=today, last=date(2025, 2, 15), terms=TERMS)
    assert [(one.milestone, one.day, one.before) for one in found] == [
        (M.START, date(2024, 11, 17), 90),
        (M.START, date(2025, 1, 16), 30),
    ]


STOP = event(Kind.CLOCK_STOPPED, "2024-06-01", document="S1", cause="force_majeure")
RESUME = event(Kind.CLOCK_RESUMED, "2024-07-01", stop="S1")


def test_a_stop_moves_the_deadline_by_exactly_its_days() -> None:
    found = at((*WHOLE[:3], STOP, RESUME), "2024-08-01", M.START).deadline
    assert (found.nominal, found.day, found.stopped) == (date(2025, 2, 15), date(2025, 3, 17), 30)


def test_overlapping_stops_count_once() -> None:
    other = event(Kind.CLOCK_STOPPED, "2024-06-11", document="S2", cause="planning")
    back = event(Kind.CLOCK_RESUMED, "2024-07-06", stop="S2")
    found = at((*WHOLE[:3], STOP, other, RESUME, back), "2024-08-01", M.START).deadline
    assert (found.stopped, found.day) == (35, date(2025, 3, 22))


def test_an_open_stop_moves_the_deadline_day_by_day() -> None:
    seen = [
        at((*WHOLE[:3], STOP), day, M.START) for day in ("2024-06-01", "2024-06-02", "2025-06-02")
    ]
    assert [one.deadline.stopped for one in seen] == [1, 2, 367]
    assert {one.phase for one in seen} == {Phase.ON_TRACK}
    assert {one.left for one in seen} == {260}
    assert all(one.stopped for one in seen)
    assert reminders(seen, first=date(2024, 1, 1), last=date(2030, 1, 1), terms=TERMS) == ()


def test_a_stop_after_the_deadline_moves_nothing_but_is_not_counted_overdue() -> None:
    late = event(Kind.CLOCK_STOPPED, "2025-03-01", document="S3", cause="utilities")
    back = event(Kind.CLOCK_RESUMED, "2025-03-11", stop="S3")
    found = at((*WHOLE[:3], late, back), "2025-03-20", M.START)
    assert (found.deadline.day, found.overdue) == (date(2025, 2, 15), 33 - 10)


def test_a_stop_recorded_late_still_counts() -> None:
    late = replace(STOP, recorded=date(2025, 3, 1))
    before = at((*WHOLE[:3], late), "2025-02-20", M.START)
    after = at((*WHOLE[:3], late, event(Kind.CLOCK_RESUMED, "2024-07-01", stop="S1", recorded="2025-03-01")),
               "2025-03-01", M.START)  # fmt: skip
    assert (before.phase, after.phase) == (Phase.OVERDUE, Phase.DUE_SOON)


def test_extensions_are_requested_granted_and_counted() -> None:
    asked = event(Kind.EXTENSION_REQUESTED, "2025-01-10", M.START, months=6)
    given = event(Kind.EXTENSION_GRANTED, "2025-01-20", M.START, months=3)
    assert at((*WHOLE[:3], asked), "2025-01-11", M.START).phase is Phase.EXTENSION_REQUESTED
    granted = at((*WHOLE[:3], asked, given), "2025-01-21", M.START)
    assert (granted.phase, granted.extensions) == (Phase.EXTENDED, 1)
    assert granted.deadline.day == date(2025, 5, 15)
    denied = (*WHOLE[:3], asked, event(Kind.EXTENSION_REFUSED, "2025-01-20", M.START))
    assert at(denied, "2025-02-16", M.START).phase is Phase.OVERDUE


def _asked(number: int, *, granted: bool = True) -> list[Event]:
    day = f"2025-01-{number:02d}"
    ask = event(Kind.EXTENSION_REQUESTED, day, M.START, months=2, document=f"Q{number}")
    grant = event(Kind.EXTENSION_GRANTED, day, M.START, months=2, document=f"G{number}")
    return [ask, grant] if granted else [ask]


def test_a_third_extension_is_refused() -> None:
    error = refusal([*WHOLE[:3], *_asked(1), *_asked(2), *_asked(3, granted=False)])
    assert "2025-01-03" in error.message_zh
    assert "extended 2 times" in error.message_en
    assert error.fields[0].row == 8


def test_rectification_then_breach_then_measure_then_resumption() -> None:
    order = event(Kind.RECTIFICATION_ORDERED, "2025-03-01", M.START, months=6)
    history = [*WHOLE[:3], order]
    assert at(history, "2025-09-01", M.START).phase is Phase.RECTIFYING
    assert at(history, "2025-09-02", M.START).phase is Phase.BREACHED
    history.append(event(Kind.MEASURE, "2025-09-10", M.START))
    assert at(history, "2025-09-10", M.START).phase is Phase.MEASURE
    history.append(event(Kind.BOND_FORFEITED, "2025-09-20", fen=1_000_001))
    history.append(event(Kind.LAND_RESUMED, "2026-01-01"))
    assert at(history, "2026-01-01", M.START).phase is Phase.RESUMED
    assert (
        "已于 2026-01-01"
        in refusal([*history, event(Kind.REACHED, "2026-02-01", M.START)]).message_zh
    )


def test_a_failed_check_is_repeated_only_after_rectification() -> None:
    short = event(Kind.CHECKED, "2026-07-10", M.COMPLETION, outcome=Outcome.PARTIALLY_MET)
    again = event(Kind.CHECKED, "2026-12-10", M.COMPLETION, outcome=Outcome.MET, document="again")
    history = [*WHOLE[:5], short]
    assert at(history, "2026-07-11", M.COMPLETION).phase is Phase.PARTIALLY_MET
    assert "nothing was rectified" in refusal([*history, again]).message_en
    history += [
        event(Kind.RECTIFICATION_ORDERED, "2026-07-20", M.COMPLETION, months=6),
        event(Kind.RECTIFIED, "2026-12-01", M.COMPLETION),
        again,
    ]
    assert at(history, "2026-12-10", M.COMPLETION).phase is Phase.MET


def test_a_milestone_reached_but_not_checked_waits() -> None:
    found = at(WHOLE[:5], "2026-07-01", M.COMPLETION)
    assert found.awaits_check
    assert (found.phase, found.outcome) == (Phase.ON_TRACK, None)


def test_evidence_that_lacks_is_named() -> None:
    assert at(WHOLE[:4], "2024-09-01", M.START).lacking == ("foundation_photo",)
    photo = event(Kind.EVIDENCE, "2024-09-02", M.START, papers=("foundation_photo",))
    assert at((*WHOLE[:4], photo), "2024-09-02", M.START).lacking == ()


BACK = event(Kind.BOND_RETURNED, "2024-09-10", M.START, fen=300_000)


def test_the_bond_goes_back_in_parts_and_each_part_once() -> None:
    parts = {one: TERMS.part(one) for one in (M.START, M.COMPLETION, M.FULL_PRODUCTION)}
    assert sum(part or 0 for part in parts.values()) == TERMS.bond
    assert TERMS.part(M.PRODUCTION) is None
    state = replay([*WHOLE[:4], BACK], terms=TERMS)
    assert state.settled == 300_000
    with pytest.raises(JiqunError, match="was returned"):
        step(state, replace(BACK, document="again"), terms=TERMS)


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([HANDED], "尚未登记成交"),
        ([DEAL, DEAL], "已于 2024-01-10 成交"),
        ([DEAL, replace(SIGNED, day=date(2024, 1, 9))], "早于成交日期"),
        ([DEAL, event(Kind.REACHED, "2024-01-18", M.CONTRACT)], "、企业承诺书"),
        ([DEAL, SIGNED, STARTED], "“交地”尚未完成"),
        ([DEAL, SIGNED, HANDED, HANDED], "已于 2024-02-15 完成"),
        ([*WHOLE[:3], replace(STARTED, day=date(2024, 2, 1))], "早于“交地”的 2024-02-15"),
        ([DEAL, replace(SIGNED, document="")], "没有文号"),
        ([DEAL, replace(SIGNED, day=date(2024, 2, 1))], "发生日期晚于登记日期"),
        ([SIGNED.__class__(Kind.DEAL, DEAL.day, date(2024, 3, 1), "D"), SIGNED], "登记日期早于上一事件"),
        ([DEAL, replace(HANDED, milestone=None)], "没有写明节点"),
        ([*WHOLE[:4], event(Kind.EXTENSION_REQUESTED, "2024-09-01", M.START, months=1)], "该节点已完成"),
        ([*WHOLE[:3], event(Kind.EXTENSION_REQUESTED, "2024-09-01", M.START, months=13)], "月数应为 1 至 12"),
        ([*WHOLE[:3], event(Kind.EXTENSION_GRANTED, "2024-09-01", M.START, months=1)], "没有未答复的申请"),
        ([*WHOLE[:3], STOP, STOP], "已中止过计时"),
        ([*WHOLE[:3], replace(STOP, cause="weather")], "事由应为"),
        ([*WHOLE[:3], RESUME], "没有文号为“S1”的中止"),
        ([*WHOLE[:3], STOP, RESUME, replace(RESUME, document="again")], "该中止已于 2024-07-01 结束"),
        ([*WHOLE[:3], STOP, event(Kind.CLOCK_RESUMED, "2024-05-01", stop="S1", recorded="2024-06-02")], "早于中止日期"),
        ([*WHOLE[:3], event(Kind.RECTIFICATION_ORDERED, "2024-03-01", M.START, months=1)], "既未逾期"),
        ([*WHOLE[:3], event(Kind.RECTIFIED, "2024-03-01", M.START)], "没有未完成的整改"),
        ([*WHOLE[:3], event(Kind.MEASURE, "2024-03-01", M.START)], "没有逾期或违约"),
        ([*WHOLE[:4], event(Kind.CHECKED, "2024-09-01", M.START, outcome=Outcome.MET)], "不需联合核查"),
        ([*WHOLE[:4], event(Kind.CHECKED, "2024-09-01", M.COMPLETION, outcome=Outcome.MET)], "该节点尚未完成"),
        ([*WHOLE[:5], event(Kind.CHECKED, "2026-07-01", M.COMPLETION)], "没有核查结论"),
        ([*WHOLE[:3], replace(BACK, milestone=M.START)], "该节点尚未达标"),
        ([*WHOLE[:4], replace(BACK, fen=299_999)], "应退 3000.00 元，得到 2999.99 元"),
        ([*WHOLE[:4], replace(BACK, milestone=M.HANDOVER)], "该节点不退保证金"),
        ([*WHOLE[:4], event(Kind.BOND_FORFEITED, "2024-09-10", fen=1)], "尚无违约处理决定"),
        ([*WHOLE[:4], event(Kind.CLOSED, "2024-09-10")], "既未转入评价"),
        ([*WHOLE[:4], event(Kind.LAND_RESUMED, "2024-09-10")], "尚无违约处理决定"),
        ([*WHOLE[:8], MOVED], "达产复核尚未通过"),
        ([*WHOLE[:3], event(Kind.EVIDENCE, "2024-03-01", M.START)], "没有写明材料种类"),
    ],
)  # fmt: skip
def test_what_contradicts_the_record_is_refused_by_name(events: list[Event], says: str) -> None:
    error = refusal(events)
    assert says in error.message_zh
    assert str(events[-1].day) in error.message_zh
    assert error.message_en
    assert error.fields[-1].row == len(events)


def test_every_refused_event_is_named_at_once() -> None:
    error = refusal([DEAL, STARTED, DONE])
    assert [one.row for one in error.fields] == [2, 3]


def test_nothing_is_due_before_the_deal() -> None:
    assert deadline(State(), M.CONTRACT, terms=TERMS, today=date(2024, 1, 1)) is None


# ---- taking a wrong entry back ------------------------------------------------------------------


def void(day: str, number: int) -> Event:
    return event(Kind.VOIDED, day, of=number)


def test_a_wrong_entry_is_voided_and_entered_again() -> None:
    wrong = event(Kind.REACHED, "2024-12-31", M.START)
    right = event(Kind.REACHED, "2024-08-31", M.START, recorded="2025-01-10")
    events = (DEAL, SIGNED, HANDED, wrong, void("2025-01-09", 4), right)
    state = replay(events, terms=TERMS)
    assert state.reached[M.START] == date(2024, 8, 31)
    assert state.voided == {4}
    assert state.live == (DEAL, SIGNED, HANDED, right)
    assert replay(until(events, date(2025, 1, 8)), terms=TERMS).reached[M.START] == wrong.day, (
        "what was known then stays what it was"
    )


def test_what_later_entries_rest_on_is_voided_last() -> None:
    events = (DEAL, SIGNED, HANDED, STARTED, DONE)
    with pytest.raises(JiqunError, match="void that one first") as caught:
        step(replay(events, terms=TERMS), void("2026-07-01", 4), terms=TERMS)
    assert "竣工" in caught.value.message_zh
    assert "“开工”尚未完成" in refusal((*events, void("2026-07-01", 4))).message_zh
    state = replay((*events, void("2026-07-01", 5), void("2026-07-01", 4)), terms=TERMS)
    assert set(state.reached) == {M.CONTRACT, M.HANDOVER}


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "没有第 0 条"), (9, "没有第 9 条"), (1, "“成交”不能作废"), (7, "“退还保证金”不能作废"),
     (8, "“作废登记”不能作废"), (6, "已经作废")],
)  # fmt: skip
def test_what_cannot_be_voided(number: int, words: str) -> None:
    back = event(Kind.BOND_RETURNED, "2024-09-10", M.START, fen=TERMS.part(M.START))
    evidence = event(Kind.EVIDENCE, "2024-09-01", M.START, papers=("foundation_photo",))
    events = (DEAL, SIGNED, HANDED, STARTED, evidence, evidence, back, void("2024-09-11", 6))
    assert words in str(refusal((*events, void("2024-09-12", number))).message_zh)


def test_money_that_went_back_keeps_what_it_rests_on() -> None:
    back = event(Kind.BOND_RETURNED, "2024-09-10", M.START, fen=TERMS.part(M.START))
    said = refusal((DEAL, SIGNED, HANDED, STARTED, back, void("2024-09-12", 4)))
    assert "退还保证金" in said.message_zh


def test_a_closing_by_mistake_is_taken_back_and_land_that_was_resumed_is_not() -> None:
    closed = event(Kind.CLOSED, "2029-02-01")
    state = replay((*WHOLE, closed, void("2029-02-02", 11)), terms=TERMS)
    assert state.closed is None
    late = event(Kind.MEASURE, "2026-10-01", M.START)
    taken = event(Kind.LAND_RESUMED, "2026-10-02")
    assert "收回" in refusal((DEAL, SIGNED, HANDED, late, taken, void("2026-10-03", 4))).message_zh
