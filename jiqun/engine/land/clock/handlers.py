"""What each kind of event does to the state, and what it is refused for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from jiqun.engine.land.clock.events import MILESTONES, ORDER, Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.state import Rectification, State, Stop, Terms
from jiqun.engine.land.clock.status import Phase, status
from jiqun.engine.land.exact import yuan

V = TypeVar("V")
Handler = Callable[[State, Event, Terms], State]


class Refused(Exception):  # noqa: N818 - becomes a JiqunError before anybody sees it
    """Why an event cannot follow, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = (zh, en)


def unless(fine: object, zh: str, en: str) -> None:
    """Refuse the event unless a condition holds."""
    if not fine:
        raise Refused(zh, en)


def _milestone(event: Event) -> Milestone:
    if event.milestone is None:
        raise Refused("没有写明节点", "it names no milestone")
    return event.milestone


def _months(event: Event, longest: int) -> int:
    months = event.months or 0
    unless(1 <= months <= longest, f"月数应为 1 至 {longest}，得到 {event.months}",
            f"months must be 1 to {longest}, got {event.months}")  # fmt: skip
    return months


def _deal(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001 - one signature for all
    unless(state.deal is None, f"已于 {state.deal} 成交", f"the deal is recorded for {state.deal}")
    return replace(state, deal=event.day)


def _reached(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    unless(milestone not in state.reached, f"已于 {state.reached.get(milestone)} 完成",
            f"it was reached on {state.reached.get(milestone)}")  # fmt: skip
    if milestone is Milestone.CONTRACT:
        lacking = [words for code, words in terms.rules.papers.items() if code not in event.papers]
        unless(
            not lacking,
            "缺少：" + "、".join(zh for zh, _ in lacking),
            "missing papers: " + ", ".join(en for _, en in lacking),
        )
    else:
        before = ORDER[ORDER.index(milestone) - 1]
        zh, en = MILESTONES[before]
        unless(before in state.reached, f"“{zh}”尚未完成", f"{en} has not been reached")
        unless(event.day >= state.reached[before], f"早于“{zh}”的 {state.reached[before]}",
                f"it is before {en} on {state.reached[before]}")  # fmt: skip
    if milestone is Milestone.TRANSFER:
        done = state.outcomes.get(Milestone.FULL_PRODUCTION)
        unless(done in {Outcome.MET, Outcome.PARTIALLY_MET}, "达产复核尚未通过",
                "the review of full production has not been passed")  # fmt: skip
    after = replace(
        state,
        reached={**state.reached, milestone: event.day},
        requests=_without(state.requests, milestone),
        evidence=_with_papers(state, milestone, event),
    )
    if milestone in terms.rules.checked:
        return after
    return replace(
        after,
        outcomes={**state.outcomes, milestone: Outcome.MET},
        orders=_without(state.orders, milestone),
    )


def _without(values: Mapping[Milestone, V], milestone: Milestone) -> dict[Milestone, V]:
    return {key: value for key, value in values.items() if key is not milestone}


def _with_papers(
    state: State, milestone: Milestone, event: Event
) -> Mapping[Milestone, frozenset[str]]:
    known = state.evidence.get(milestone, frozenset[str]())
    return {**state.evidence, milestone: known | frozenset(event.papers)}


def _evidence(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    unless(event.papers, "没有写明材料种类", "it names no kind of evidence")
    return replace(state, evidence=_with_papers(state, _milestone(event), event))


def _checked(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    outcome = event.outcome
    if outcome is None:
        raise Refused("没有核查结论", "it has no outcome")
    unless(milestone in terms.rules.checked, "该节点不需联合核查", "this milestone needs no check")
    reached = state.reached.get(milestone)
    if reached is None:
        raise Refused("该节点尚未完成", "the milestone has not been reached")
    unless(
        event.day >= reached,
        f"早于完成日期 {reached}",
        f"it is before {reached}, when it was reached",
    )
    old = state.outcomes.get(milestone)
    unless(old is None or milestone in state.recheck, "已有核查结论，且此后没有整改",
            "it was checked before, and nothing was rectified since")  # fmt: skip
    return replace(
        state,
        outcomes={**state.outcomes, milestone: outcome},
        recheck=state.recheck - {milestone},
    )


def _requested(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    unless(milestone not in state.reached, "该节点已完成", "the milestone was reached")
    unless(milestone not in state.requests, "已有一项申请未答复", "another request is open")
    count, most = len(state.granted.get(milestone, ())), terms.rules.extensions
    unless(count < most, f"已延期 {count} 次，最多 {most} 次",
            f"it was extended {count} times, {most} are allowed")  # fmt: skip
    _months(event, terms.rules.extension_months)
    return replace(state, requests={**state.requests, milestone: event})


def _request(state: State, event: Event) -> Event:
    request = state.requests.get(_milestone(event))
    if request is None:
        raise Refused("没有未答复的申请", "no request is open")
    unless(event.day >= request.day, f"早于申请日期 {request.day}",
            f"it is before the request of {request.day}")  # fmt: skip
    return request


def _granted(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    milestone = _milestone(event)
    months = _months(event, _request(state, event).months or 0)
    return replace(
        state,
        granted={**state.granted, milestone: (*state.granted.get(milestone, ()), months)},
        requests=_without(state.requests, milestone),
    )


def _denied(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    _request(state, event)
    return replace(state, requests=_without(state.requests, _milestone(event)))


def _stopped(state: State, event: Event, terms: Terms) -> State:
    known = {stop.document for stop in state.stops}
    unless(
        event.document not in known, "该文号已中止过计时", "this document stopped the clock before"
    )
    zh, en = ("、".join(words[at] for words in terms.rules.causes.values()) for at in (0, 1))
    unless(event.cause in terms.rules.causes, f"事由应为：{zh}", f"the cause must be one of: {en}")
    return replace(state, stops=(*state.stops, Stop(event.document, event.cause, event.day)))


def _resumed(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    stop = next((one for one in state.stops if one.document == event.stop), None)
    if stop is None:
        raise Refused(f"没有文号为“{event.stop}”的中止", f"no stop has the document “{event.stop}”")
    unless(stop.after is None, f"该中止已于 {stop.after} 结束", f"that stop ended on {stop.after}")
    unless(
        event.day >= stop.first,
        f"早于中止日期 {stop.first}",
        f"it is before the stop of {stop.first}",
    )
    ended = replace(stop, after=event.day)
    return replace(state, stops=tuple(ended if one is stop else one for one in state.stops))


def _ordered(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    unless(milestone not in state.orders, "已有一项整改未完成", "another rectification is open")
    phase = status(state, milestone, terms=terms, today=event.day).phase
    wrong = {Phase.OVERDUE, Phase.PARTIALLY_MET, Phase.BREACHED}
    unless(
        phase in wrong,
        "该节点既未逾期，也未判定不达标",
        "the milestone is neither overdue nor failed",
    )
    order = Rectification(event.day, _months(event, terms.rules.rectify_months))
    return replace(state, orders={**state.orders, milestone: order})


def _rectified(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    milestone = _milestone(event)
    order = state.orders.get(milestone)
    if order is None:
        raise Refused("没有未完成的整改", "no rectification is open")
    unless(
        event.day >= order.day,
        f"早于责令整改的 {order.day}",
        f"it is before the order of {order.day}",
    )
    again = {milestone} if milestone in state.outcomes else set[Milestone]()
    return replace(state, orders=_without(state.orders, milestone), recheck=state.recheck | again)


def _measure(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    unless(milestone not in state.measures, "已作出处理决定", "a measure was decided before")
    phase = status(state, milestone, terms=terms, today=event.day).phase
    wrong = {Phase.OVERDUE, Phase.PARTIALLY_MET, Phase.BREACHED}
    unless(phase in wrong, "该节点没有逾期或违约", "the milestone is neither overdue nor breached")
    return replace(state, measures=state.measures | {milestone})


def _bond_back(state: State, event: Event, terms: Terms) -> State:
    milestone = _milestone(event)
    part = terms.part(milestone)
    if part is None:
        raise Refused("该节点不退保证金", "no part of the bond is returned at this milestone")
    unless(
        milestone not in state.returned, "该期保证金已退还", "this part of the bond was returned"
    )
    unless(
        state.outcomes.get(milestone) is Outcome.MET, "该节点尚未达标", "the milestone is not met"
    )
    unless(event.fen == part, f"应退 {yuan(part)} 元，得到 {yuan(event.fen or 0)} 元",
            f"{yuan(part)} yuan are due, got {yuan(event.fen or 0)}")  # fmt: skip
    left = terms.bond - state.settled
    unless(
        part <= left, f"保证金只余 {yuan(left)} 元", f"only {yuan(left)} yuan of the bond are left"
    )
    return replace(state, returned={**state.returned, milestone: part})


def _bond_lost(state: State, event: Event, terms: Terms) -> State:
    unless(state.measures, "尚无违约处理决定", "no measure was decided")
    left, fen = terms.bond - state.settled, event.fen or 0
    unless(0 < fen <= left, f"金额应大于 0 且不超过余额 {yuan(left)} 元",
            f"the amount must be above 0 and within the {yuan(left)} yuan left")  # fmt: skip
    return replace(state, forfeited=state.forfeited + fen)


def _closed(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    done = Milestone.TRANSFER in state.reached or state.measures
    unless(done, "既未转入评价，也无处理决定", "it was neither transferred nor is there a measure")
    return replace(state, closed=event.day)


def _taken(state: State, event: Event, terms: Terms) -> State:  # noqa: ARG001
    unless(state.measures, "尚无违约处理决定", "no measure was decided")
    return replace(state, resumed=event.day)


HANDLERS: Mapping[Kind, Handler] = {
    Kind.DEAL: _deal,
    Kind.REACHED: _reached,
    Kind.CHECKED: _checked,
    Kind.EVIDENCE: _evidence,
    Kind.EXTENSION_REQUESTED: _requested,
    Kind.EXTENSION_GRANTED: _granted,
    Kind.EXTENSION_REFUSED: _denied,
    Kind.CLOCK_STOPPED: _stopped,
    Kind.CLOCK_RESUMED: _resumed,
    Kind.RECTIFICATION_ORDERED: _ordered,
    Kind.RECTIFIED: _rectified,
    Kind.MEASURE: _measure,
    Kind.BOND_RETURNED: _bond_back,
    Kind.BOND_FORFEITED: _bond_lost,
    Kind.CLOSED: _closed,
    Kind.LAND_RESUMED: _taken,
}
