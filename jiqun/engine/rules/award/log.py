"""The log of the award layers: who was changed, by what, from how much to how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.award.candidates import Flags, Ints

NOBODY = -1


class Layer(IntEnum):
    """The layers, in the order in which they apply."""

    ENTITLEMENT = 0
    MATCH = 1
    AWARD_CAP = 2
    ONCE = 3
    TOPUP = 4
    EXCLUSIVE = 5
    HIGHEST = 6
    STACK = 7
    CAP = 8
    BUDGET = 9


class Reason(IntEnum):
    """Why a row stands in the log."""

    NOT_ENTITLED = 0
    OUT_OF_FORCE = 1
    VERDICT_MISSING = 2
    VERDICT_MANUAL = 3
    AMOUNT_UNKNOWN = 4
    MATCHED = 5
    NO_PROOF = 6
    CAPPED = 7
    ONCE_USED = 8
    ONCE_EARLIER = 9
    HISTORY_UNKNOWN = 10
    SUBJECT_UNKNOWN = 11
    TOPPED_UP = 12
    CHOSEN = 13
    LOST_TO_CHOICE = 14
    AWAITS_CHOICE = 15
    HIGHEST = 16
    LOST_TO_HIGHER = 17
    LOST_TIE = 18
    STACKED = 19
    SPEND_UNKNOWN = 20
    BUDGET_SHORT = 21
    PRORATED = 22
    DEFERRED = 23
    TIE_OPEN = 24
    RANK_UNKNOWN = 25
    PROVISIONAL = 26


REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.NOT_ENTITLED: ("不符合", "not entitled"),
    Reason.OUT_OF_FORCE: ("不在有效期", "out of force"),
    Reason.VERDICT_MISSING: ("待核实（缺数据）", "undetermined: data missing"),
    Reason.VERDICT_MANUAL: ("待核实（人工）", "undetermined: a person decides"),
    Reason.AMOUNT_UNKNOWN: ("金额未知", "amount unknown"),
    Reason.MATCHED: ("按上级奖励配套", "share of the upper award"),
    Reason.NO_PROOF: ("缺上级奖励到账凭证", "receipt of the upper award not proved"),
    Reason.CAPPED: ("超过上限，按上限", "reduced to the cap"),
    Reason.ONCE_USED: ("终身一次，以前已享受", "once only, granted before"),
    Reason.ONCE_EARLIER: ("终身一次，由较早的一项享受", "once only, an earlier one takes it"),
    Reason.HISTORY_UNKNOWN: ("以往兑付情况未知", "earlier awards unknown"),
    Reason.SUBJECT_UNKNOWN: ("是否同一事项未知", "unknown whether it is the same matter"),
    Reason.TOPPED_UP: ("晋级补差，减去已享受部分", "topped up: less what was received"),
    Reason.CHOSEN: ("企业选择此项", "the firm chose this one"),
    Reason.LOST_TO_CHOICE: ("企业选择了另一项", "the firm chose another one"),
    Reason.AWAITS_CHOICE: ("企业所选的一项尚待核实", "the one that the firm chose is undetermined"),
    Reason.HIGHEST: ("同组中最高", "the highest of its group"),
    Reason.LOST_TO_HIGHER: ("同组另一项更高", "another one of the group is higher"),
    Reason.LOST_TIE: ("同组另一项金额相同且在先", "another one is equal and comes first"),
    Reason.STACKED: ("可叠加", "may be added to the others"),
    Reason.SPEND_UNKNOWN: ("实际支出未知", "actual spend unknown"),
    Reason.BUDGET_SHORT: ("预算用完", "the budget is used up"),
    Reason.PRORATED: ("预算不足，按比例", "the budget is short: pro rata"),
    Reason.DEFERRED: ("预算用完，顺延下年", "the budget is used up: next year"),
    Reason.TIE_OPEN: ("排序并列，待决定", "equal at the cut: to be decided"),
    Reason.RANK_UNKNOWN: ("排序依据未知", "the key of the ranking is unknown"),
    Reason.PROVISIONAL: (
        "暂定：另一待核实项可能改变结果",
        "provisional: another one may change it",
    ),
}


@dataclass(frozen=True, slots=True)
class Log:
    """A table; every array has shape (rows,).

    Attributes:
        layer: codes of :class:`Layer`.
        part: number of the group, cap or budget within the terms; ``NOBODY`` where none decided.
        candidate: row of the candidate.
        before_fen: amount before the step; what stands under a False of ``before_known`` is 0 and
            means nothing.
        before_known: whether it was known.
        after_fen: amount after the step.
        after_known: whether it is known.
        reason: codes of :class:`Reason`.
        other: row of the candidate that decided; ``NOBODY`` where none did.
    """

    layer: npt.NDArray[np.int8]
    part: Ints
    candidate: Ints
    before_fen: Ints
    before_known: Flags
    after_fen: Ints
    after_known: Flags
    reason: npt.NDArray[np.int8]
    other: Ints

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.candidate)

    def where(self, rows: Flags | Ints) -> Log:
        """Return some of the rows."""
        return Log(*(getattr(self, one.name)[rows] for one in fields(self)))

    def of(self, layer: Layer) -> Log:
        """Return the log of one layer."""
        return self.where(self.layer == layer)


def joined(logs: Sequence[Log], renamed: Ints) -> Log:
    """Return the logs one after another, candidates renamed by ``renamed``, shape (n,)."""
    columns = {
        one.name: np.concatenate([getattr(log, one.name) for log in logs]) for one in fields(Log)
    }
    columns["candidate"] = renamed[columns["candidate"]]
    columns["other"] = np.append(renamed, NOBODY)[columns["other"]]
    return Log(**columns)
