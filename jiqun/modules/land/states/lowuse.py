"""The states of a parcel's file and every way between them, as one table; nothing else moves a file.

Source: the sequence 认定、核实、方案、实施、销号 of the provinces' work on low-efficiency land
(methods 1.11); states, exceptions and terms are this project's proposal ◆.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jiqun.errors import JiqunError, Kind


class State(StrEnum):
    """Where a file stands."""

    FOUND = "found"
    VERIFIED = "verified"
    PLANNED = "planned"
    DECIDED = "decided"
    PROGRESS = "progress"
    REPORTED = "reported"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves a file, or is written into it."""

    OPEN = "open"
    VERIFY = "verify"
    PLAN = "plan"
    DECIDE = "decide"
    RETURN = "return"
    CHECK = "check"
    REPORT = "report"
    REOPEN = "reopen"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    TALK = "talk"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class About:
    """What a state is called, what comes next, and how it looks on a page."""

    zh: str
    en: str
    next_zh: str
    next_en: str
    badge: str = "plain"


STATES: Mapping[State, About] = {
    State.FOUND: About("已发现，待核实", "found", "现场核实", "verify on site"),
    State.VERIFIED: About("已核实，待定方案", "verified on site", "拟定方案", "propose a plan"),
    State.PLANNED: About("方案待审定", "plan proposed", "另一人审定方案", "another person decides", "warning"),
    State.DECIDED: About("方案已定", "plan decided", "实施并检查", "carry out and check"),
    State.PROGRESS: About("实施中", "in progress", "检查，完成后上报", "check; report when done"),
    State.REPORTED: About("待销号", "result reported", "另一人销号", "another person closes", "warning"),
    State.CLOSED: About("已销号", "closed", "已结束", "ended", "good"),
    State.WITHDRAWN: About("不属低效，已撤销", "withdrawn: not low-efficient", "已结束", "ended", "undisclosed"),
}  # fmt: skip
EVENTS: Mapping[Event, tuple[str, str]] = {
    Event.OPEN: ("建档", "file opened"), Event.VERIFY: ("现场核实", "verified on site"),
    Event.PLAN: ("拟定方案", "plan proposed"), Event.DECIDE: ("审定方案", "plan decided"),
    Event.RETURN: ("退回方案", "plan sent back"), Event.CHECK: ("检查", "check"),
    Event.REPORT: ("上报结果", "result reported"), Event.REOPEN: ("退回继续实施", "sent back"),
    Event.CLOSE: ("销号", "closed"), Event.WITHDRAW: ("撤销", "withdrawn"),
    Event.TALK: ("约谈", "talk with the firm"), Event.ANSWER: ("企业意见", "the firm's answer"),
}  # fmt: skip
_S, _E = State, Event
ENDED = frozenset({State.CLOSED, State.WITHDRAWN})
OPEN = frozenset(State) - ENDED
# The whole machine: what is not here is refused.
TABLE: Mapping[tuple[State, Event], State] = {
    (_S.FOUND, _E.VERIFY): _S.VERIFIED,
    (_S.VERIFIED, _E.PLAN): _S.PLANNED,
    (_S.PLANNED, _E.DECIDE): _S.DECIDED,
    (_S.PLANNED, _E.RETURN): _S.VERIFIED,
    (_S.DECIDED, _E.CHECK): _S.PROGRESS,
    (_S.PROGRESS, _E.CHECK): _S.PROGRESS,
    (_S.PROGRESS, _E.REPORT): _S.REPORTED,
    (_S.REPORTED, _E.REOPEN): _S.PROGRESS,
    (_S.REPORTED, _E.CLOSE): _S.CLOSED,
    **{(state, _E.WITHDRAW): _S.WITHDRAWN for state in (_S.FOUND, _S.VERIFIED, _S.PLANNED)},
    **{(state, event): state for state in OPEN for event in (_E.TALK, _E.ANSWER)},
}
# States that a plan, decided by another, stands behind.
WITH_PLAN = frozenset({State.DECIDED, State.PROGRESS, State.REPORTED, State.CLOSED})


def after(state: State, event: Event) -> State:
    """Return the state that follows.

    Raises:
        JiqunError: ``E-LAND-LOWUSE-STATE`` when the table has no such step.
    """
    found = TABLE.get((state, event))
    if found is None:
        about = STATES[state]
        raise JiqunError(
            "E-LAND-LOWUSE-STATE",
            f"现在是“{about.zh}”，不能这样处理；下一步：{about.next_zh}",
            f"it is “{about.en}” now and this cannot be done; next: {about.next_en}",
            hint_zh="请刷新页面；别人可能刚处理过。",
            hint_en="Reload the page; somebody may just have dealt with it.",
            kind=Kind.CONFLICT,
        )
    return found
