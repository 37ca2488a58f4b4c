"""The states of a batch and every way between them, as one table; nothing else moves a batch.

Source: the order of steps in counties' notices of the evaluation (methods 1.8): data, sheet per firm,
calculation, review, publicity, approval by the leading group, announcement, measures. That a
recalculation goes through review and publicity again, and that who reviews or enters the approval can
send a result back with words, is this project's proposal ◆.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jiqun.errors import JiqunError, Kind


class State(StrEnum):
    """Where a batch stands."""

    COLLECTING = "collecting"
    CONFIRMING = "confirming"
    CALCULATED = "calculated"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    PUBLICITY = "publicity"
    APPROVAL = "approval"
    APPROVED = "approved"
    ANNOUNCED = "announced"
    MEASURES = "measures"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves a batch."""

    SEND = "send_sheets"
    CALCULATE = "calculate"
    RECALCULATE = "recalculate"
    REVIEW = "review"
    RETURN = "return"
    PUBLISH = "publish"
    CLOSE_PUBLICITY = "close_publicity"
    APPROVE = "approve"
    ANNOUNCE = "announce"
    START = "start_measures"
    CLOSE = "close"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class About:
    """What a state is called, who has the batch then, and how it looks on a page."""

    zh: str
    en: str
    by_zh: str
    by_en: str
    badge: str = "plain"


_OFFICE = ("主管部门", "the office in charge")
STATES: Mapping[State, About] = {
    State.COLLECTING: About("数据归集", "data being collected", *_OFFICE),
    State.CONFIRMING: About("一企一单确认", "firms confirm their sheets", "企业", "the firms", "warning"),
    State.CALCULATED: About("已测算，待复核", "calculated, to be reviewed", "主管部门另一人",
                            "another person of the office"),
    State.RETURNED: About("已退回，待重新测算", "sent back, to be calculated again", *_OFFICE, "warning"),
    State.REVIEWED: About("已复核，待公示", "reviewed, to be made public", *_OFFICE),
    State.PUBLICITY: About("公示中", "in publicity", "企业和社会", "firms and the public", "warning"),
    State.APPROVAL: About("待审定", "to be approved", "领导小组", "the leading group"),
    State.APPROVED: About("已审定，待公告", "approved, to be announced", *_OFFICE),
    State.ANNOUNCED: About("已公告", "announced", *_OFFICE, "good"),
    State.MEASURES: About("差别化措施执行中", "measures in force", *_OFFICE, "good"),
    State.CLOSED: About("已办结", "closed", "无", "nobody", "good"),
    State.WITHDRAWN: About("已撤销", "withdrawn", "无", "nobody", "missing"),
}  # fmt: skip

_S, _E = State, Event
# The whole machine: what is not here is refused.
TABLE: Mapping[tuple[State, Event], State] = {
    (_S.COLLECTING, _E.SEND): _S.CONFIRMING,
    (_S.CONFIRMING, _E.CALCULATE): _S.CALCULATED,
    (_S.CALCULATED, _E.RECALCULATE): _S.CALCULATED,
    (_S.REVIEWED, _E.RECALCULATE): _S.CALCULATED,
    (_S.PUBLICITY, _E.RECALCULATE): _S.CALCULATED,
    (_S.APPROVAL, _E.RECALCULATE): _S.CALCULATED,
    (_S.CALCULATED, _E.REVIEW): _S.REVIEWED,
    (_S.CALCULATED, _E.RETURN): _S.RETURNED,
    (_S.APPROVAL, _E.RETURN): _S.RETURNED,
    (_S.RETURNED, _E.RECALCULATE): _S.CALCULATED,
    (_S.REVIEWED, _E.PUBLISH): _S.PUBLICITY,
    (_S.PUBLICITY, _E.CLOSE_PUBLICITY): _S.APPROVAL,
    (_S.APPROVAL, _E.APPROVE): _S.APPROVED,
    (_S.APPROVED, _E.ANNOUNCE): _S.ANNOUNCED,
    (_S.ANNOUNCED, _E.START): _S.MEASURES,
    (_S.MEASURES, _E.CLOSE): _S.CLOSED,
    **{
        (state, _E.WITHDRAW): _S.WITHDRAWN
        for state in (
            _S.COLLECTING, _S.CONFIRMING, _S.CALCULATED, _S.RETURNED, _S.REVIEWED, _S.PUBLICITY, _S.APPROVAL,
            _S.APPROVED,
        )
    },
}  # fmt: skip
# Reviewed by a second person, approved with a document, open to the public.
REVIEWED = frozenset({State.REVIEWED, State.PUBLICITY, State.APPROVAL, State.APPROVED,
                      State.ANNOUNCED, State.MEASURES, State.CLOSED})  # fmt: skip
APPROVED = frozenset({State.APPROVED, State.ANNOUNCED, State.MEASURES, State.CLOSED})
ANNOUNCED = frozenset({State.ANNOUNCED, State.MEASURES, State.CLOSED})


def after(state: State, event: Event) -> State:
    """Return the state that follows.

    Raises:
        JiqunError: ``E-LAND-STATE`` when the table has no such step.
    """
    found = TABLE.get((state, event))
    if found is None:
        about = STATES[state]
        raise JiqunError(
            "E-LAND-STATE",
            f"批次现在是“{about.zh}”，不能这样处理；当前由{about.by_zh}办理",
            f"the batch is “{about.en}” now and this cannot be done; {about.by_en} has it",
            hint_zh="请刷新页面；别人可能刚处理过。",
            hint_en="Reload the page; somebody may just have dealt with it.",
            kind=Kind.CONFLICT,
        )
    return found
