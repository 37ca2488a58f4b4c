"""The kinds of events as one table: who enters each, and what it asks beside its day and document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jiqun.engine.land.clock.events import Kind, Outcome

OUTCOMES: Mapping[str, tuple[str, str]] = {
    Outcome.MET: ("达标", "met"), Outcome.PARTIALLY_MET: ("部分达标", "partially met"),
    Outcome.BREACHED: ("不达标", "breached"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """One kind: what its button says, whether a firm may enter it, what is asked.

    ``asks`` are of milestone, months, outcome, stop, cause, papers, fen, of.
    """

    zh: str
    en: str
    asks: tuple[str, ...] = ()
    firm: bool = False


ABOUT: Mapping[Kind, About] = {
    Kind.REACHED: About("登记节点完成", "Record a milestone reached", ("milestone", "papers")),
    Kind.EVIDENCE: About("登记佐证材料", "Record evidence", ("milestone", "papers"), firm=True),
    Kind.EXTENSION_REQUESTED: About("申请延期", "Ask for an extension", ("milestone", "months"), firm=True),
    Kind.EXTENSION_GRANTED: About("同意延期", "Grant the extension", ("milestone", "months")),
    Kind.EXTENSION_REFUSED: About("不同意延期", "Refuse the extension", ("milestone",)),
    Kind.CLOCK_STOPPED: About("中止计时", "Stop the clock", ("cause",)),
    Kind.CLOCK_RESUMED: About("恢复计时", "Let the clock run again", ("stop",)),
    Kind.CHECKED: About("登记联合核查结论", "Record the joint check", ("milestone", "outcome")),
    Kind.RECTIFICATION_ORDERED: About("责令整改", "Order rectification", ("milestone", "months")),
    Kind.RECTIFIED: About("登记整改完成", "Record the rectification", ("milestone",)),
    Kind.MEASURE: About("登记违约处理决定", "Record a measure", ("milestone",)),
    Kind.BOND_RETURNED: About("退还保证金", "Return bond", ("milestone", "fen")),
    Kind.BOND_FORFEITED: About("没收保证金", "Forfeit bond", ("fen",)),
    Kind.CLOSED: About("结案", "Close the case"),
    Kind.LAND_RESUMED: About("收回土地", "Resume the land"),
    Kind.VOIDED: About("作废一条登记", "Void an entry", ("of",)),
}  # fmt: skip
BY_FIRM = frozenset(kind for kind, one in ABOUT.items() if one.firm)
