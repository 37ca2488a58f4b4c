"""Budgets that are short: first come, pro rata, next year's queue, rank by score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiqun.engine.rules.award.board import Board
from jiqun.engine.rules.award.candidates import UNKNOWN_ORDER, Flags, Ints, same_as_before
from jiqun.engine.rules.award.choose import event_order
from jiqun.engine.rules.award.exact import apportion, whole_yuan
from jiqun.engine.rules.award.log import NOBODY, Layer, Reason
from jiqun.engine.rules.award.terms import Budget, Key, Rationing, Tie

LAYER = Layer.BUDGET
REASON = {
    Rationing.FIRST_COME: Reason.BUDGET_SHORT,
    Rationing.PRIORITY_RANK: Reason.BUDGET_SHORT,
    Rationing.QUEUE_NEXT_YEAR: Reason.DEFERRED,
    Rationing.PRORATE: Reason.PRORATED,
}


def budgets(board: Board) -> None:
    """Apply the budgets one after another."""
    by_policy = np.argsort(board.given.policy, kind="stable")
    edges = np.searchsorted(board.given.policy[by_policy], np.arange(len(board.terms.policies) + 1))
    for number, budget in enumerate(board.terms.budgets):
        if budget.policies is None:
            row = np.arange(len(board.fen))
        else:
            parts = [by_policy[edges[one] : edges[one + 1]] for one in budget.policies]
            row = np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
        row = row[board.upper[row] > 0]
        if budget.year is not None:
            row = row[board.given.year[row] == budget.year]
        worst = np.where(board.loose[row], board.upper[row], board.fen[row])
        if int(worst.sum()) > budget.limit_fen:
            _ration(board, number, row)
            board.upper[row] = np.minimum(board.upper[row], budget.limit_fen)


def _ration(board: Board, number: int, row: Ints) -> None:
    budget = board.terms.budgets[number]
    if budget.rationing == Rationing.PRORATE:
        _prorate(board, number, row)
        return
    keyless = _keyless(board, budget, row)
    now = np.where(board.known[row], board.fen[row], 0)
    claims = row[keyless & board.known[row] & (board.fen[row] > 0)]
    if int(now.sum()) > budget.limit_fen:
        board.write(LAYER, claims, 0, known=False, reason=Reason.RANK_UNKNOWN, part=number)
    else:  # short only if a loose row is paid, and then nobody knows who comes first
        board.flag(LAYER, claims, row[np.argmax(board.loose[row])], number)
    keys = _keys(board, budget, row, keyless)
    order = np.lexsort((row, *reversed(keys)))
    block = np.cumsum(~same_as_before(*(key[order] for key in keys))) - 1
    _pay_in_rank(board, number, row[order], block)


def _keyless(board: Board, budget: Budget, row: Ints) -> Flags:
    """Rows whose place in the ranking is unknown, because the first key is."""
    if budget.rationing == Rationing.PRIORITY_RANK:
        return np.isnan(board.given.score[row])
    return board.given.order[row] == UNKNOWN_ORDER


def _keys(board: Board, budget: Budget, row: Ints, keyless: Flags) -> list[Ints]:
    """Keys of the ranking, smaller is better; rows without the first key could be first."""
    given = board.given
    score = np.where(np.isnan(given.score[row]), -np.inf, given.score[row])
    _, place = np.unique(-score, return_inverse=True)
    columns = {
        Key.ORDER: event_order(board)[row],
        Key.SCORE: place.astype(np.int64),
        Key.SMALLER: np.where(board.known[row], board.fen[row], 0),
    }
    ranked = budget.rationing == Rationing.PRIORITY_RANK
    keys = (Key.SCORE if ranked else Key.ORDER, *budget.keys)
    return [(~keyless).astype(np.int64), *(columns[key] for key in keys)]


@dataclass(frozen=True, slots=True)
class _Paid:
    """What each row of a ranking gets, who is left open at the cut, and the cut's first row."""

    fen: Ints
    held: Flags
    cut: int
    left: int


def _pay_in_rank(board: Board, number: int, row: Ints, block: Ints) -> None:
    budget = board.terms.budgets[number]
    loose, known = board.loose[row], board.known[row]
    now = np.where(known, board.fen[row], 0)
    paid = ranked_pay(now, block, budget)
    if loose.any():
        worst = ranked_pay(np.where(loose, board.upper[row], now), block, budget)
        first = int(np.argmax(loose))
        after = (block >= block[first]) | (Key.SMALLER in budget.keys)
        # Where smaller ones go first, a loose amount may come to stand before any other.
        safe = ~worst.held & (worst.fen >= now) & (Key.SMALLER not in budget.keys)
        shaky = ~loose & (now > 0) & after & ~safe
        board.flag(LAYER, row[shaky], int(row[first]), number)
    held = paid.held & known
    board.write(
        LAYER, row[held], 0, known=False, reason=Reason.TIE_OPEN, part=number,
        other=int(row[paid.cut]) if held.any() else NOBODY,
    )  # fmt: skip
    board.upper[row[held]] = np.minimum(board.upper[row[held]], paid.left)
    less = known & ~held & (paid.fen < now)
    if budget.rationing == Rationing.QUEUE_NEXT_YEAR:
        board.deferred[row[less]] += (now - paid.fen)[less]
    ahead = np.flatnonzero(paid.fen > 0)
    last = int(row[ahead[-1]]) if len(ahead) else NOBODY
    other = np.where(row[less] == last, NOBODY, last)
    board.write(
        LAYER, row[less], paid.fen[less], reason=REASON[budget.rationing], part=number, other=other
    )


def ranked_pay(amount: Ints, block: Ints, budget: Budget) -> _Paid:
    """Pay amounts in their order from a budget.

    Args:
        amount: fen in order of rank, shape (n,); zero is nobody's claim.
        block: number of the block of equal rank, ascending.
        budget: limit, and what happens at the cut.
    """
    held = np.zeros(len(amount), dtype=np.bool_)
    summed = np.cumsum(amount)
    if not len(amount) or int(summed[-1]) <= budget.limit_fen:
        return _Paid(amount, held, 0, 0)
    cut = int(block[np.argmax(summed > budget.limit_fen)])
    inside = np.flatnonzero(block == cut)
    left = budget.limit_fen - int(summed[inside[0]] - amount[inside[0]])
    claims = inside[amount[inside] > 0]
    paid = np.where(block < cut, amount, 0)
    if len(claims) == 1:
        paid[claims] = left if budget.partial else 0
    elif left > 0 and budget.tie == Tie.SHARE:
        one = np.zeros(len(claims), dtype=np.int64)
        paid[claims] = apportion(amount[claims], one, np.asarray([left]))
    elif left > 0:
        held[claims] = True
    return _Paid(paid, held, int(inside[0]), left)


def _prorate(board: Board, number: int, row: Ints) -> None:
    budget = board.terms.budgets[number]
    loose, known = board.loose[row], board.known[row]
    now = np.where(known, board.fen[row], 0)
    if loose.any():
        because = row[loose][np.argmax(board.upper[row[loose]])]
        board.flag(LAYER, row[~loose], int(because), number)
    if int(now.sum()) <= budget.limit_fen:
        return
    pays = apportion(now, np.zeros(len(row), dtype=np.int64), np.asarray([budget.limit_fen]))
    if budget.whole_yuan:
        pays = whole_yuan(pays, now, budget.limit_fen)
    less = pays < now
    board.write(LAYER, row[less], pays[less], reason=Reason.PRORATED, part=number)
