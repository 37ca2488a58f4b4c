"""The three-way match: what the ledger has in transit, what the file says, what the treasury answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jiqun.modules.policy.benefits.paying.bankfile import Answer


class Match(StrEnum):
    """What became of one line."""

    MATCHED = "matched"
    RETURNED = "returned"
    MISSING = "missing"
    UNKNOWN = "unknown"
    DIFFERS = "differs"
    UNCLEAR = "unclear"
    AGAIN = "again"


MATCHES: Mapping[str, tuple[str, str]] = {
    Match.MATCHED: ("一致，已到账", "agrees, paid"),
    Match.RETURNED: ("一致，已退回", "agrees, returned"),
    Match.MISSING: ("回单中没有", "not in the answer"),
    Match.UNKNOWN: ("不在本文件中", "not of this file"),
    Match.DIFFERS: ("金额不一致", "another amount"),
    Match.UNCLEAR: ("结果不明", "no clear result"),
    Match.AGAIN: ("此前已处理或重复", "dealt with before, or twice"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One payment as our side knows it: in the file, and in transit in the ledger (None: nowhere)."""

    key: str
    amount_fen: int
    ledger_fen: int | None
    open: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """One payment or line, what it is, and both amounts."""

    key: str
    match: Match
    sent_fen: int | None
    answered_fen: int | None
    reason: str = ""
    row: int = 0


def three_way(sent: Sequence[Sent], answers: Sequence[Answer]) -> list[Matched]:
    """Match the answer against file and ledger: one entry per line and per payment left out.

    Only ``matched`` and ``returned`` may move money: the three amounts agree and the payment is open.
    """
    ours = {one.key: one for one in sent}
    seen: set[str] = set()
    found: list[Matched] = []
    for one in answers:
        known = ours.get(one.key)
        match = _of(known, one, again=one.key in seen)
        seen.add(one.key)
        found.append(Matched(one.key, match, known.amount_fen if known else None, one.amount_fen,
                             one.reason, one.row))  # fmt: skip
    found += [
        Matched(one.key, Match.MISSING, one.amount_fen, None)
        for one in sent
        if one.open and one.key not in seen
    ]
    return found


def _of(known: Sent | None, answer: Answer, *, again: bool) -> Match:
    if known is None:
        return Match.UNKNOWN
    if again or not known.open:
        return Match.AGAIN
    if not answer.amount_fen == known.amount_fen == known.ledger_fen:
        return Match.DIFFERS
    if answer.result == "unclear":
        return Match.UNCLEAR
    return Match.MATCHED if answer.result == "paid" else Match.RETURNED
