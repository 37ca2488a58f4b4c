"""Entitlement, matching, the cap of one award, topping up, and stacking."""

from __future__ import annotations

import numpy as np

from jiqun.engine.rules.award.board import Board, by_subject, members, unclear_subject
from jiqun.engine.rules.award.candidates import Ints, Verdict
from jiqun.engine.rules.award.exact import starts, times
from jiqun.engine.rules.award.log import NOBODY, Layer, Reason
from jiqun.engine.rules.award.received import in_groups
from jiqun.engine.rules.award.terms import Relation

OPEN = {
    Verdict.NO: Reason.NOT_ENTITLED,
    Verdict.OUT_OF_FORCE: Reason.OUT_OF_FORCE,
    Verdict.MISSING: Reason.VERDICT_MISSING,
    Verdict.MANUAL: Reason.VERDICT_MANUAL,
}


def entitlement(board: Board) -> None:
    """Take over the verdicts: no is 0, undetermined is unknown, yes is the gross amount."""
    given = board.given
    yes = given.verdict == Verdict.YES
    has = given.gross_known
    out = (given.verdict == Verdict.NO) | (given.verdict == Verdict.OUT_OF_FORCE)
    board.upper = np.where(out, 0, np.where(has, given.gross_fen, board.most))
    board.fen = np.where(yes & has, given.gross_fen, 0)
    board.known = yes & has
    for verdict, reason in OPEN.items():
        rows = np.flatnonzero(given.verdict == verdict)
        board.write(Layer.ENTITLEMENT, rows, 0, known=out[rows], reason=reason)
    matched = np.zeros(len(board.terms.policies), dtype=np.bool_)
    for group in board.terms.groups:
        if group.relation == Relation.MATCH:
            matched[list(group.policies)] = True
    rows = np.flatnonzero(yes & ~has & ~matched[given.policy])
    board.write(Layer.ENTITLEMENT, rows, 0, known=False, reason=Reason.AMOUNT_UNKNOWN)


def match(board: Board) -> None:
    """配套: a share of the upper award, where its receipt is proved; otherwise unknown."""
    given = board.given
    for number, group in enumerate(board.terms.groups):
        if group.relation != Relation.MATCH or group.factor is None:
            continue
        concerned = np.isin(given.policy, group.policies) & (
            (given.verdict != Verdict.NO) & (given.verdict != Verdict.OUT_OF_FORCE)
        )
        amount = times(given.upper_fen, group.factor)
        board.upper[concerned] = np.where(given.upper_proof, amount, board.most)[concerned]
        yes = concerned & (given.verdict == Verdict.YES)
        rows = np.flatnonzero(yes & given.upper_proof)
        board.write(Layer.MATCH, rows, amount[rows], reason=Reason.MATCHED, part=number)
        rows = np.flatnonzero(yes & ~given.upper_proof)
        board.write(Layer.MATCH, rows, 0, known=False, reason=Reason.NO_PROOF, part=number)


def award_cap(board: Board) -> None:
    """Reduce each award to the cap of its policy."""
    caps = [one.award_cap_fen for one in board.terms.policies]
    limits = np.asarray([board.most if cap is None else cap for cap in caps], dtype=np.int64)
    limit = limits[board.given.policy]
    board.upper = np.minimum(board.upper, limit)
    rows = np.flatnonzero(board.known & (board.fen > limit))
    board.write(Layer.AWARD_CAP, rows, limit[rows], reason=Reason.CAPPED)


def topup(board: Board) -> None:
    """晋级补差: each title gets its amount less what lower titles and earlier years brought.

    The ladder is the order of ``Group.policies``. Titles of one run climb it together: each pays
    the difference to the highest amount below it, so that the sum is the highest amount less
    what was received.
    """
    layer = Layer.TOPUP
    clear_subjects(board, layer, Relation.TOPUP)
    found = members(board, Relation.TOPUP)
    found = found.sorted(found.place, board.given.order[found.row])
    row, at, group = found.row, found.at, found.group
    received, sure = in_groups(board, Relation.TOPUP, found)
    loose, target = board.loose[row], board.upper[row]
    now, _ = below(np.where(board.known[row], board.fen[row], 0), at)
    tight, _ = below(np.where(loose, 0, target), at)
    possible, who = below(np.where(loose, target, 0), at)
    base = np.maximum(received, now)
    least = np.maximum(received, tight)
    shaky = sure & (possible > least) & (target > least)
    board.flag(layer, row[shaky], row[who[shaky]], group[shaky])
    pays = board.known[row] & sure & (base > 0)
    board.write(
        layer, row[pays], np.maximum(0, board.fen[row] - base)[pays], reason=Reason.TOPPED_UP,
        part=group[pays], other=_decider(now, received, found.row, at, board)[pays],
    )  # fmt: skip
    unsure = board.known[row] & ~sure
    board.write(
        layer, row[unsure], 0, known=False, reason=Reason.HISTORY_UNKNOWN, part=group[unsure]
    )
    room = np.where(sure, np.maximum(0, target - least), target)
    board.upper[row] = np.minimum(board.upper[row], room)


def _decider(now: Ints, received: Ints, row: Ints, at: Ints, board: Board) -> Ints:
    """The lower title of this run that was deducted, or nobody where it was an earlier award."""
    _, who = below(np.where(board.known[row], board.fen[row], 0), at)
    return np.where((now > received) & (who >= 0), row[who], NOBODY)


def below(amount: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Return the highest amount before each row in its segment, and its position; 0 and nobody.

    Args:
        amount: shape (k,), at least 0.
        at: segments, ascending from 0.
    """
    count = len(amount)
    if not count:
        return amount.copy(), amount.copy()
    by_amount = np.lexsort((-np.arange(count), amount))
    rank = np.empty(count, dtype=np.int64)
    rank[by_amount] = np.arange(count)
    running = np.maximum.accumulate(at * count + rank) - at * count
    start = starts(at)
    before = np.concatenate([[0], running[:-1]])
    who = by_amount[np.clip(before, 0, count - 1)]
    who[start] = NOBODY
    highest = np.where(who >= 0, amount[who], 0)
    return highest, np.where(highest > 0, who, NOBODY)


def clear_subjects(board: Board, layer: Layer, relation: Relation) -> None:
    """Leave open the members of a relation whose matter is unknown, where that may count."""
    found = members(board, relation)
    per_matter = by_subject(board.terms)[found.group]
    row, group = found.row[per_matter], found.group[per_matter]
    unclear_subject(board, layer, (group, board.given.firm[row]), row=row, part=group)


def stack(board: Board) -> None:
    """可叠加: note that awards of a group stand beside one another; nothing changes."""
    found = members(board, Relation.STACK)
    size = np.bincount(found.at)[found.at] if len(found.at) else found.at
    rows = (size > 1) & board.known[found.row] & (board.fen[found.row] > 0)
    row = found.row[rows]
    board.write(Layer.STACK, row, board.fen[row], reason=Reason.STACKED, part=found.group[rows])
