"""What a firm was granted before, within the scope of a group or a cap."""

from __future__ import annotations

import numpy as np

from jiqun.engine.rules.award.board import Board, Members, by_subject, expand, matter, numbered
from jiqun.engine.rules.award.candidates import UNKNOWN_SUBJECT, Flags, Ints
from jiqun.engine.rules.award.terms import Cap, Relation, Scope

Columns = tuple[Ints, ...]


def looked_up(now: Columns, then: Columns, fen: Ints, known: Flags) -> tuple[Ints, Flags]:
    """Return per row of ``now`` the sum of the earlier awards with the same key, and if known.

    Args:
        now: key columns, each of shape (k,).
        then: the same columns of the earlier awards, each of shape (h,).
        fen: amounts of the earlier awards, shape (h,).
        known: whether each is known, shape (h,).
    """
    count = len(now[0])
    code = numbered(*(np.concatenate(pair) for pair in zip(now, then, strict=True)))
    total = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
    open_ones = np.zeros(len(total), dtype=np.bool_)
    np.add.at(total, code[count:], np.where(known, fen, 0))
    open_ones[code[count:][~known]] = True
    return total[code[:count]], ~open_ones[code[:count]]


def in_groups(board: Board, relation: Relation, members: Members) -> tuple[Ints, Flags]:
    """Return what was received per membership (fen), and whether that is known, shape (k,)."""
    past, given = board.past, board.given
    count = len(members.row)
    if past is None:
        return np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    position, group, _ = expand(past.policy, board.terms, relation)
    per_matter = by_subject(board.terms)[group]
    vague = per_matter & (past.subject[position] == UNKNOWN_SUBJECT)
    then = (group, past.firm[position], np.where(per_matter, past.subject[position], 0))
    now = (members.group, given.firm[members.row], matter(board, members.row, members.group))
    fen, known = looked_up(now, then, past.fen[position], past.known[position])
    # An earlier award for an unknown matter may have been for this one.
    blind = _any_before(now[:2], tuple(one[vague] for one in then[:2]))
    unsure = by_subject(board.terms)[members.group] & (now[2] == UNKNOWN_SUBJECT)
    return fen, known & ~blind & ~(unsure & _any_before(now[:2], then[:2]))


def _any_before(now: Columns, then: Columns) -> Flags:
    found, _ = looked_up(
        now, then, np.ones(len(then[0]), dtype=np.int64), np.ones(len(then[0]), dtype=np.bool_)
    )
    return found > 0


def in_cap(board: Board, cap: Cap, row: Ints) -> tuple[Ints, Flags]:
    """Return what was received within the scope of a cap per row (fen), and whether it is known."""
    past, given = board.past, board.given
    if past is None:
        return np.zeros(len(row), dtype=np.int64), np.zeros(len(row), dtype=np.bool_)
    counts = np.flatnonzero(counted(cap, len(board.terms.policies))[past.policy])
    now = cap_key(cap, given.firm[row], given.subject[row], given.year[row])
    then = cap_key(cap, past.firm[counts], past.subject[counts], past.year[counts])
    fen, known = looked_up(now, then, past.fen[counts], past.known[counts])
    if cap.scope not in {Scope.SUBJECT, Scope.SPEND}:
        return fen, known
    vague = past.subject[counts] == UNKNOWN_SUBJECT
    blind = _any_before(now[:1], (then[0][vague],))
    unsure = (given.subject[row] == UNKNOWN_SUBJECT) & _any_before(now[:1], then[:1])
    return fen, known & ~blind & ~unsure


def counted(cap: Cap, policies: int) -> Flags:
    """Per policy, whether it counts for a cap."""
    if cap.policies is None:
        return np.ones(policies, dtype=np.bool_)
    counts = np.zeros(policies, dtype=np.bool_)
    counts[list(cap.policies)] = True
    return counts


def cap_key(cap: Cap, firm: Ints, subject: Ints, year: Ints) -> Columns:
    """Return the columns within whose combinations a cap adds up."""
    none = np.zeros(len(firm), dtype=np.int64)
    second = {
        Scope.SUBJECT: subject, Scope.SPEND: subject, Scope.FIRM: none, Scope.FIRM_YEAR: year,
        Scope.POLICY: none,
    }  # fmt: skip
    return (none if cap.scope == Scope.POLICY else firm), second[cap.scope]
