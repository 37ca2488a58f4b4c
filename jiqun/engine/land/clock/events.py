"""What can be recorded about a parcel. An event has the day it happened and the day it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jiqun.errors import Problem


class Milestone(StrEnum):
    """M0 to M6, in their order."""

    CONTRACT = "contract"
    HANDOVER = "handover"
    START = "start"
    COMPLETION = "completion"
    PRODUCTION = "production"
    FULL_PRODUCTION = "full_production"
    TRANSFER = "transfer"


ORDER: tuple[Milestone, ...] = tuple(Milestone)
MILESTONES = dict(
    zip(
        ORDER,
        [
            ("签约", "contract"), ("交地", "handover"), ("开工", "start of works"),
            ("竣工", "completion"), ("投产", "start of production"),
            ("达产复核", "review of full production"), ("转入亩均评价", "transfer to evaluation"),
        ],
        strict=True,
    )
)  # fmt: skip


class Kind(StrEnum):
    """Kinds of events."""

    DEAL = "deal"
    REACHED = "reached"
    CHECKED = "checked"
    EVIDENCE = "evidence"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    CLOCK_STOPPED = "clock_stopped"
    CLOCK_RESUMED = "clock_resumed"
    RECTIFICATION_ORDERED = "rectification_ordered"
    RECTIFIED = "rectified"
    MEASURE = "measure"
    BOND_RETURNED = "bond_returned"
    BOND_FORFEITED = "bond_forfeited"
    CLOSED = "closed"
    LAND_RESUMED = "land_resumed"
    VOIDED = "voided"


KINDS: dict[Kind, tuple[str, str]] = {
    Kind.DEAL: ("成交", "deal"),
    Kind.REACHED: ("节点完成", "milestone reached"),
    Kind.CHECKED: ("联合核查", "joint check"),
    Kind.EVIDENCE: ("佐证材料", "evidence"),
    Kind.EXTENSION_REQUESTED: ("申请延期", "extension requested"),
    Kind.EXTENSION_GRANTED: ("同意延期", "extension granted"),
    Kind.EXTENSION_REFUSED: ("不同意延期", "extension refused"),
    Kind.CLOCK_STOPPED: ("中止计时", "clock stopped"),
    Kind.CLOCK_RESUMED: ("恢复计时", "clock resumed"),
    Kind.RECTIFICATION_ORDERED: ("责令整改", "rectification ordered"),
    Kind.RECTIFIED: ("整改完成", "rectified"),
    Kind.MEASURE: ("违约处理", "measure"),
    Kind.BOND_RETURNED: ("退还保证金", "bond returned"),
    Kind.BOND_FORFEITED: ("没收保证金", "bond forfeited"),
    Kind.CLOSED: ("结案", "closed"),
    Kind.LAND_RESUMED: ("收回土地", "land resumed"),
    Kind.VOIDED: ("作废登记", "entry voided"),
}
# What a wrong entry cannot be taken back for: the frozen deal, money that moved, land that was taken.
LASTING = frozenset(
    {Kind.DEAL, Kind.BOND_RETURNED, Kind.BOND_FORFEITED, Kind.LAND_RESUMED, Kind.VOIDED}
)


class Outcome(StrEnum):
    """Result of a milestone."""

    MET = "met"
    PARTIALLY_MET = "partially_met"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event.

    Attributes:
        kind: what happened.
        day: when it happened; for a stop its first day, for a resumption the first day that counts.
        recorded: when it was entered; never before ``day`` and never before earlier entries.
        document: number of the document it rests on; every event has one.
        milestone: which milestone it is about, where it is about one.
        months: of an extension or a rectification.
        outcome: of a joint check.
        stop: document of the stop that a resumption ends.
        cause: of a stop, one of the rules' causes.
        papers: signed with the contract, or kinds of evidence handed in.
        fen: amount of a bond that was returned or forfeited.
        of: number, from 1, of the recorded event that a voiding takes back.
    """

    kind: Kind
    day: date
    recorded: date
    document: str
    milestone: Milestone | None = None
    months: int | None = None
    outcome: Outcome | None = None
    stop: str = ""
    cause: str = ""
    papers: tuple[str, ...] = ()
    fen: int | None = None
    of: int | None = None

    def named(self) -> tuple[str, str]:
        """Return how a message names the event, in Chinese and English."""
        zh, en = KINDS[self.kind]
        if self.milestone is not None:
            zh = f"{MILESTONES[self.milestone][0]}·{zh}"
            en = f"{en}: {MILESTONES[self.milestone][1]}"
        paper = self.document or "—"
        return f"{self.day}“{zh}”（{paper}）", f"{en} on {self.day} ({paper})"

    def problem(self, zh: str, en: str, *, number: int | None = None) -> Problem:
        """Return why the event is refused; ``number`` counts the recorded events from 1."""
        name_zh, name_en = self.named()
        return Problem(
            "E-LAND-EVENT",
            f"{name_zh}：{zh}",
            f"{name_en}: {en}",
            "请核对日期、文号与先后顺序后重新登记",
            "check dates, documents and order, then record it again",
            row=number,
            column=str(self.kind),
            value=self.document,
        )
