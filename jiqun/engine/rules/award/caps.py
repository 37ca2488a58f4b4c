"""Caps on sums: per firm, firm and year, matter, policy, and up to the actual spend."""

from __future__ import annotations

import numpy as np

from jiqun.engine.rules.award.board import Board, numbered, unclear_subject
from jiqun.engine.rules.award.candidates import UNKNOWN_SUBJECT, Flags, Ints
from jiqun.engine.rules.award.choose import event_order
from jiqun.engine.rules.award.exact import apportion, in_order, starts
from jiqun.engine.rules.award.log import NOBODY, Layer, Reason
from jiqun.engine.rules.award.received import cap_key, counted, in_cap
from jiqun.engine.rules.award.terms import Cap, Scope, Sharing


def caps(board: Board) -> None:
    """Apply the caps one after another; a later one never loosens an earlier one."""
    for number in range(len(board.terms.caps)):
        _cap(board, number)


def _cap(board: Board, number: int) -> None:
    cap, given = board.terms.caps[number], board.given
    row = np.flatnonzero(counted(cap, len(board.terms.policies))[given.policy] & board.live)
    if not len(row):
        return
    if cap.scope in {Scope.SUBJECT, Scope.SPEND}:
        part = np.full(len(row), number, dtype=np.int64)
        unclear_subject(board, Layer.CAP, (given.firm[row],), row=row, part=part)
    at = numbered(*cap_key(cap, given.firm[row], given.subject[row], given.year[row]))
    order = np.lexsort((row, event_order(board)[row], at))
    row, at = row[order], at[order]
    limit, has_limit = _limit(board, cap, row)
    received, sure = in_cap(board, cap, row)
    _leave_open(board, number, row, has_limit=has_limit, sure=sure)
    room = np.maximum(0, limit - received)
    clear = has_limit & sure
    _reduce(board, number, (row[clear], numbered(at[clear])), room[clear])
    board.upper[row[clear]] = np.minimum(board.upper[row[clear]], room[clear])
    board.upper[row[has_limit]] = np.minimum(board.upper[row[has_limit]], limit[has_limit])


def _limit(board: Board, cap: Cap, row: Ints) -> tuple[Ints, Flags]:
    """Return the limit per row in fen, and whether it is known."""
    if cap.limit_fen is not None:
        return np.full(len(row), cap.limit_fen, dtype=np.int64), np.ones(len(row), dtype=np.bool_)
    given = board.given
    subject = np.where(
        given.subject == UNKNOWN_SUBJECT, -1 - np.arange(len(given.subject)), given.subject
    )
    at = numbered(given.firm, subject)
    spend = np.full(int(at.max()) + 1, NOBODY, dtype=np.int64)
    np.maximum.at(spend, at, np.where(given.spend_known, given.spend_fen, NOBODY))
    found = spend[at[row]]
    return np.maximum(found, 0), found >= 0


def _leave_open(board: Board, number: int, row: Ints, *, has_limit: Flags, sure: Flags) -> None:
    known = board.known[row]
    for bad, reason in (
        (known & ~has_limit, Reason.SPEND_UNKNOWN),
        (known & has_limit & ~sure, Reason.HISTORY_UNKNOWN),
    ):
        board.write(Layer.CAP, row[bad], 0, known=False, reason=reason, part=number)


def _reduce(board: Board, number: int, segment: tuple[Ints, Ints], room: Ints) -> None:
    row, at = segment
    if not len(row):
        return
    sharing = board.terms.caps[number].sharing
    loose, begin = board.loose[row], starts(at)
    total = room[begin]
    now = np.where(board.known[row], board.fen[row], 0)
    worst = np.where(loose, board.upper[row], now)
    if sharing == Sharing.PRORATE:
        pays = apportion(now, at, total)
        binds = np.add.reduceat(worst, begin) > total
        shaky = ~loose & binds[at] & np.logical_or.reduceat(loose, begin)[at]
        because = _largest_loose(board.upper[row], loose, at)
    else:
        pays = in_order(now, at, total)
        first = np.minimum.reduceat(np.where(loose, np.arange(len(row)), len(row)), begin)[at]
        shaky = ~loose & (first < np.arange(len(row))) & (in_order(worst, at, total) < now)
        because = np.minimum(first, len(row) - 1)
    board.flag(Layer.CAP, row[shaky], row[because[shaky]], number)
    less = pays < now
    ahead = np.where(starts_here(at), NOBODY, np.concatenate([[NOBODY], row[:-1]]))
    other = ahead if sharing == Sharing.IN_ORDER else np.full(len(row), NOBODY)
    board.write(
        Layer.CAP, row[less], pays[less], reason=Reason.CAPPED, part=number, other=other[less]
    )


def starts_here(at: Ints) -> Flags:
    """Per row, whether its segment begins with it."""
    here = np.zeros(len(at), dtype=np.bool_)
    here[starts(at)] = True
    return here


def _largest_loose(upper: Ints, loose: Flags, at: Ints) -> Ints:
    """Position of the loose row with the largest bound in the segment of each row; -1 if none."""
    rows = np.flatnonzero(loose)
    rows = rows[np.argsort(upper[rows], kind="stable")]
    found = np.full(int(at[-1]) + 1, NOBODY, dtype=np.int64)
    found[at[rows]] = rows
    return found[at]
