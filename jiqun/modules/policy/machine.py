"""The states of a case and every way between them, as one table; nothing else moves a case.

Source: the sequence of steps in the provinces' rules for 免申即享 (docs/modules/policy.md names them);
the states and the exceptions beside them are this project's proposal ◆.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from jiqun.errors import JiqunError, Kind

Holder = Literal["department", "firm", "finance", "payer", "treasury", "nobody"]
HOLDERS: Mapping[str, tuple[str, str]] = {
    "department": ("主管部门", "the bureau in charge"),
    "firm": ("企业", "the firm"),
    "finance": ("财政部门（审核）", "the finance office (review)"),
    "payer": ("财政部门（支付）", "the finance office (payment)"),
    "treasury": ("国库或代理银行", "the treasury or its bank"),
    "nobody": ("已结束", "ended"),
}


class State(StrEnum):
    """Where a case stands. Each state has one holder (``STATES``)."""

    CANDIDATE = "candidate"
    PENDING_DATA = "pending_data"
    DEPARTMENT = "department"
    FIRM = "firm"
    READY = "ready"
    PUBLICITY = "publicity"
    OBJECTION = "objection"
    FINANCE = "finance"
    QUEUED = "queued"
    APPROVED = "approved"
    SENT = "sent"
    RETURNED = "returned"
    RECHECK = "recheck"
    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"
    RECOVERY = "recovery"
    RECOVERED = "recovered"
    WAIVED = "waived"
    REJECTED = "rejected"


class Event(StrEnum):
    """What moves a case."""

    PASS = "pass"  # noqa: S105 - a check that is passed
    LACK = "lack"
    CONFIRM = "confirm"
    REJECT = "reject"
    ACCEPT = "accept"
    LAPSE = "lapse"
    WAIVE = "waive"
    PUBLISH = "publish"
    OBJECT = "object"
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    CLOSE = "close_publicity"
    APPROVE = "approve"
    QUEUE = "queue"
    SEND = "send"
    SETTLE = "settle"
    SETTLE_PART = "settle_part"
    BOUNCE = "bounce"
    CORRECT = "correct"
    MILESTONE = "milestone"
    REVIEWED = "reviewed"
    CLAIM = "claim"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class About:
    """What a state is called, who has the case then, and how it looks on a page."""

    zh: str
    en: str
    holder: Holder
    badge: str = "plain"


STATES: Mapping[State, About] = {
    State.CANDIDATE: About("候选", "candidate", "department"),
    State.PENDING_DATA: About("待补数据", "waiting for data", "department", "undisclosed"),
    State.DEPARTMENT: About("待部门确认", "with the bureau", "department"),
    State.FIRM: About("待企业确认", "with the firm", "firm", "warning"),
    State.READY: About("待公示", "ready for publicity", "department"),
    State.PUBLICITY: About("公示中", "in publicity", "department"),
    State.OBJECTION: About("异议处理中", "objection", "department", "warning"),
    State.FINANCE: About("待财政审核", "with the finance office", "finance"),
    State.QUEUED: About("待资金", "waiting for money", "finance", "warning"),
    State.APPROVED: About("待支付", "to be paid", "payer"),
    State.SENT: About("支付中", "sent to the bank", "treasury"),
    State.RETURNED: About("已退回，待企业更正账户", "returned, the firm corrects the account", "firm", "warning"),
    State.RECHECK: About("待复核账户", "corrected account to be checked", "finance"),
    State.WAITING: About("待下一期条件", "waiting for the next instalment's milestone", "department"),
    State.PAID: About("已兑付，待绩效复核", "paid, to be reviewed", "department", "good"),
    State.CLOSED: About("已办结", "closed", "nobody", "good"),
    State.RECOVERY: About("追回中", "being recovered", "firm", "missing"),
    State.RECOVERED: About("已追回", "recovered", "nobody"),
    State.WAIVED: About("企业放弃", "waived by the firm", "nobody"),
    State.REJECTED: About("不予兑付", "not paid", "nobody", "missing"),
}  # fmt: skip

_S, _E = State, Event
# The whole machine: what is not here is refused.
TABLE: Mapping[tuple[State, Event], State] = {
    (_S.CANDIDATE, _E.PASS): _S.DEPARTMENT,
    (_S.CANDIDATE, _E.LACK): _S.PENDING_DATA,
    (_S.PENDING_DATA, _E.PASS): _S.DEPARTMENT,
    (_S.DEPARTMENT, _E.CONFIRM): _S.FIRM,
    (_S.FIRM, _E.ACCEPT): _S.READY,
    (_S.FIRM, _E.LAPSE): _S.READY,
    (_S.READY, _E.PUBLISH): _S.PUBLICITY,
    (_S.PUBLICITY, _E.OBJECT): _S.OBJECTION,
    (_S.OBJECTION, _E.DISMISS): _S.PUBLICITY,
    (_S.OBJECTION, _E.UPHOLD): _S.REJECTED,
    (_S.PUBLICITY, _E.CLOSE): _S.FINANCE,
    (_S.FINANCE, _E.APPROVE): _S.APPROVED,
    (_S.FINANCE, _E.QUEUE): _S.QUEUED,
    (_S.QUEUED, _E.APPROVE): _S.APPROVED,
    (_S.APPROVED, _E.SEND): _S.SENT,
    (_S.SENT, _E.SETTLE): _S.PAID,
    (_S.SENT, _E.SETTLE_PART): _S.WAITING,
    (_S.SENT, _E.BOUNCE): _S.RETURNED,
    (_S.RETURNED, _E.CORRECT): _S.RECHECK,
    (_S.RECHECK, _E.APPROVE): _S.APPROVED,
    (_S.WAITING, _E.MILESTONE): _S.FINANCE,
    (_S.PAID, _E.REVIEWED): _S.CLOSED,
    (_S.PAID, _E.CLAIM): _S.RECOVERY,
    (_S.CLOSED, _E.CLAIM): _S.RECOVERY,
    (_S.WAITING, _E.CLAIM): _S.RECOVERY,
    (_S.RECOVERY, _E.RECOVER): _S.RECOVERED,
    **{
        (state, _E.REJECT): _S.REJECTED
        for state in (
            _S.CANDIDATE, _S.PENDING_DATA, _S.DEPARTMENT, _S.FIRM, _S.READY, _S.PUBLICITY, _S.FINANCE,
            _S.QUEUED,
        )
    },
    **{
        (state, _E.WAIVE): _S.WAIVED
        for state in (
            _S.FIRM, _S.READY, _S.PUBLICITY, _S.FINANCE, _S.QUEUED, _S.APPROVED, _S.RETURNED, _S.RECHECK,
        )
    },
}  # fmt: skip
ENDED = frozenset(state for state, about in STATES.items() if about.holder == "nobody")
UNPAID = frozenset({State.WAIVED, State.REJECTED})
# Money is set aside for these, and both offices have approved.
RESERVED = frozenset({State.APPROVED, State.RETURNED, State.RECHECK})
APPROVED = frozenset({State.APPROVED, State.SENT, State.RETURNED, State.RECHECK, State.WAITING,
                      State.PAID, State.CLOSED, State.RECOVERY, State.RECOVERED})  # fmt: skip
# A case that is on hold may still leave the way to the money.
DESPITE_HOLD = frozenset({Event.REJECT, Event.WAIVE, Event.SETTLE, Event.SETTLE_PART, Event.BOUNCE,
                          Event.OBJECT, Event.UPHOLD, Event.CLAIM, Event.RECOVER})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to hold a case: what it is called and who may lift it."""

    zh: str
    en: str
    lifted_by: frozenset[Holder]


_DEPARTMENT: frozenset[Holder] = frozenset({"department"})
_FINANCE: frozenset[Holder] = frozenset({"finance"})
REASONS: Mapping[str, Reason] = {
    "no_account": Reason("没有收款账户", "no bank account", frozenset({"firm", "department"})),
    "ambiguous_firm": Reason("企业身份不明确（信用代码有误或不在名录）", "the firm is not certain (code)", _DEPARTMENT),
    "merged": Reason("企业合并或更名", "merged or renamed", _DEPARTMENT),
    "moved_out": Reason("企业迁出", "moved out", _DEPARTMENT),
    "deceased": Reason("个体工商户经营者死亡", "the sole trader has died", _DEPARTMENT),
    "dispute": Reason("有争议或诉讼", "in dispute", _DEPARTMENT),
    "frozen": Reason("法院冻结或协助执行", "frozen by a court", _FINANCE),
    "duplicate": Reason("上级已兑付或重复享受", "paid at a higher level already", _DEPARTMENT),
    "late_list": Reason("认定名单尚未正式公布", "the recognition list is late", _DEPARTMENT),
    "account_doubt": Reason("收款账户存疑", "doubt about the account", _FINANCE),
}  # fmt: skip


def after(state: State, event: Event, *, paid: bool = False) -> State:
    """Return the state that follows.

    Args:
        state: Where the case stands.
        event: What is done.
        paid: Whether an instalment was paid already: whoever gives up the rest, or is refused it,
            has been paid all the same, and the case goes on to its review.

    Raises:
        JiqunError: ``E-POLICY-STATE`` when the table has no such step.
    """
    found = TABLE.get((state, event))
    if found is None:
        about = STATES[state]
        holder = HOLDERS[about.holder]
        raise JiqunError(
            "E-POLICY-STATE",
            f"现在是“{about.zh}”，不能这样处理；当前由{holder[0]}办理",
            f"it is “{about.en}” now and this cannot be done; {holder[1]} has it",
            hint_zh="请刷新页面；别人可能刚处理过。",
            hint_en="Reload the page; somebody may just have dealt with it.",
            kind=Kind.CONFLICT,
        )
    return State.PAID if paid and found in UNPAID else found


def held_up(event: Event, *, held: bool) -> None:
    """Refuse a step towards the money while the case is on hold.

    Raises:
        JiqunError: ``E-POLICY-HELD``.
    """
    if held and event not in DESPITE_HOLD:
        raise JiqunError(
            "E-POLICY-HELD",
            "该事项已挂起，解除后才能继续",
            "the case is on hold and goes on when the hold is lifted",
            hint_zh="挂起原因和可解除人见事项页。",
            hint_en="The case's page names the reason and who can lift it.",
            kind=Kind.CONFLICT,
        )
