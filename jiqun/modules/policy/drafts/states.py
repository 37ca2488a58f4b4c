"""The states of a stored draft and every way between them, as one table; nothing else moves a draft."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from jiqun.errors import JiqunError, Kind


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    ONCE = "once"
    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class DraftEvent(StrEnum):
    """What is done to a draft."""

    SETTLE = "settle"
    CONFIRM = "confirm"
    RETURN = "return"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"
    TAKE = "take"


# Chinese, English, badge.
DRAFT_STATES: Mapping[DraftState, tuple[str, str, str]] = {
    DraftState.DRAFT: ("起草中", "being drafted", "plain"),
    DraftState.ONCE: ("一人已核定，待另一人", "confirmed by one, another is needed", "warning"),
    DraftState.CONFIRMED: ("两人已核定", "confirmed by two", "good"),
    DraftState.SUPERSEDED: ("已被新稿取代", "superseded by a later draft", "plain"),
    DraftState.WITHDRAWN: ("已撤回", "withdrawn", "missing"),
}
_S, _E = DraftState, DraftEvent
# The whole machine: what is not here is refused.
DRAFT_TABLE: Mapping[tuple[DraftState, DraftEvent], DraftState] = {
    (_S.DRAFT, _E.SETTLE): _S.DRAFT,
    (_S.DRAFT, _E.CONFIRM): _S.ONCE,
    (_S.ONCE, _E.CONFIRM): _S.CONFIRMED,
    (_S.ONCE, _E.RETURN): _S.DRAFT,
    (_S.CONFIRMED, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.CONFIRMED, _E.TAKE): _S.CONFIRMED,
    (_S.DRAFT, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.ONCE, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.CONFIRMED, _E.WITHDRAW): _S.WITHDRAWN,
}


def draft_after(state: str, event: DraftEvent) -> DraftState:
    """Return the state that follows.

    Raises:
        JiqunError: ``E-POLICY-DRAFT`` when the table has no such step.
    """
    now = DraftState(state)
    found = DRAFT_TABLE.get((now, event))
    if found is None:
        zh, en, _ = DRAFT_STATES[now]
        raise JiqunError(
            "E-POLICY-DRAFT",
            f"草稿现在是“{zh}”，不能这样处理",
            f"the draft is “{en}” now and this cannot be done",
            hint_zh="只有两人已核定的草稿可以下载；已核定的不再修改，改动请从新的原文另起一稿。",
            hint_en="Only what two people have confirmed is downloaded, and it is not changed: store a new draft.",
            kind=Kind.CONFLICT,
        )
    return found
