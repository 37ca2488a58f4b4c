"""The state between the layers, and who stands together in which group.

A row is *tight* when its amount is final as far as the layers have come, and *loose* when it is
unknown or provisional: then it will end somewhere between 0 and its upper bound. A layer flags
rows whose outcome depends on a loose one, and so keeps the promise that an unflagged amount stays
what it is, whatever is found out about the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.award.candidates import (
    UNKNOWN_SUBJECT,
    Candidates,
    Flags,
    History,
    Ints,
    same_as_before,
)
from jiqun.engine.rules.award.log import NOBODY, Layer, Log, Reason
from jiqun.engine.rules.award.terms import Relation, Scope, Terms

FAR = np.iinfo(np.int64).max


def spread(value: npt.ArrayLike, count: int) -> Ints:
    """Return a new array of shape (count,) from an array or one number."""
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.int64), (count,)))


class Board:
    """Amounts of the candidates as they pass through the layers; rows in order of identity."""

    def __init__(self, given: Candidates, terms: Terms, past: History | None, most: int) -> None:
        """Begin with nothing; ``most`` fen is what any unknown amount may be."""
        count = len(given)
        self.given, self.terms, self.past, self.most = given, terms, past, most
        self.fen = np.zeros(count, dtype=np.int64)
        self.known = np.zeros(count, dtype=np.bool_)
        self.upper = np.full(count, most, dtype=np.int64)
        self.pending = np.full(count, NOBODY, dtype=np.int64)
        self.deferred = np.zeros(count, dtype=np.int64)
        self.logs: list[Log] = []

    @property
    def loose(self) -> Flags:
        """Rows that may still end anywhere up to their upper bound."""
        return ~self.known | (self.pending >= 0)

    @property
    def live(self) -> Flags:
        """Rows from which something may come."""
        return self.upper > 0

    def write(
        self,
        layer: Layer,
        rows: Ints,
        fen: Ints | int,
        *,
        reason: npt.ArrayLike,
        part: npt.ArrayLike = NOBODY,
        other: npt.ArrayLike = NOBODY,
        known: Flags | bool = True,
    ) -> None:
        """Set amounts and put the rows into the log; tight rows get their amount as bound."""
        count = len(rows)
        amount = spread(np.where(known, fen, 0), count)
        before, before_known = self.fen[rows], self.known[rows]
        self.fen[rows] = amount
        self.known[rows] = known
        tight = ~self.loose[rows]
        self.upper[rows] = np.where(tight, amount, self.upper[rows])
        self.logs.append(
            Log(
                np.full(count, layer, dtype=np.int8),
                spread(part, count),
                rows.astype(np.int64),
                before,
                before_known,
                amount,
                self.known[rows],
                spread(reason, count).astype(np.int8),
                spread(other, count),
            )
        )

    def flag(self, layer: Layer, rows: Ints, other: npt.ArrayLike, part: npt.ArrayLike) -> None:
        """Mark tight rows as provisional because of ``other``; their bound stays what it was."""
        other, part = spread(other, len(rows)), spread(part, len(rows))
        rows, keep = np.unique(rows, return_index=True)
        keep, rows = keep[~self.loose[rows]], rows[~self.loose[rows]]
        because = other[keep]
        bound = self.upper[rows]
        self.pending[rows] = because
        self.write(
            layer, rows, self.fen[rows], reason=Reason.PROVISIONAL, other=because,
            part=part[keep],
        )  # fmt: skip
        self.upper[rows] = bound

    def settle(self, rows: Ints) -> None:
        """Take a flag off rows that get what is written next, whatever is found out."""
        self.pending[rows] = NOBODY


@dataclass(frozen=True, slots=True)
class Members:
    """Rows in groups, sorted by instance of a group, then by row; every array has shape (k,).

    Attributes:
        row: the candidate.
        group: number of the group in the terms.
        place: position of the candidate's policy within the group.
        at: instance (group and firm, and matter where the scope says so), ascending from 0.
    """

    row: Ints
    group: Ints
    place: Ints
    at: Ints

    def sorted(self, *keys: npt.NDArray[np.generic]) -> Members:
        """Return the members sorted within each instance by other keys, the first one first."""
        order = np.lexsort((self.row, *reversed(keys), self.at))
        return Members(self.row[order], self.group[order], self.place[order], self.at[order])


def numbered(*columns: Ints) -> Ints:
    """Return a number from 0 for each distinct combination, in ascending order."""
    order = np.lexsort(columns[::-1])
    new = ~same_as_before(*(column[order] for column in columns))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.cumsum(new) - 1
    return found


def expand(policy: Ints, terms: Terms, relation: Relation) -> tuple[Ints, Ints, Ints]:
    """Return (position in ``policy``, group, place) of every membership of a relation."""
    listed = [
        (one, number, place)
        for number, group in enumerate(terms.groups)
        if group.relation == relation
        for place, one in enumerate(group.policies)
    ]
    table = np.asarray(sorted(listed), dtype=np.int64).reshape(-1, 3)
    count = np.bincount(table[:, 0], minlength=len(terms.policies))
    first = np.concatenate([[0], np.cumsum(count)])
    each = count[policy]
    position = np.repeat(np.arange(len(policy)), each)
    begin = np.cumsum(each) - each
    within = np.arange(len(position)) - np.repeat(begin, each)
    found = table[first[policy[position]] + within]
    return position, found[:, 1], found[:, 2]


def members(board: Board, relation: Relation) -> Members:
    """Return the live members of all groups of a relation, with their instances."""
    live = np.flatnonzero(board.live)
    position, group, place = expand(board.given.policy[live], board.terms, relation)
    row = live[position]
    at = numbered(group, board.given.firm[row], matter(board, row, group))
    order = np.lexsort((row, at))
    return Members(row[order], group[order], place[order], at[order])


def matter(board: Board, row: Ints, group: Ints) -> Ints:
    """Return the subject of each membership, 0 where the group applies to the whole firm."""
    return np.where(by_subject(board.terms)[group], board.given.subject[row], 0)


def by_subject(terms: Terms) -> Flags:
    """Per group, whether it applies per matter."""
    return np.asarray([group.scope == Scope.SUBJECT for group in terms.groups], dtype=np.bool_)


def unclear_subject(
    board: Board, layer: Layer, keys: Iterable[Ints], *, row: Ints, part: Ints
) -> None:
    """Leave open what may or may not be the same matter as something else of the firm.

    Args:
        board: the state.
        layer: the layer that asks.
        keys: columns within which matters are compared (group and firm), each of shape (k,).
        row: candidates, shape (k,).
        part: number of the group or cap.
    """
    at = numbered(*keys)
    several = np.bincount(at)[at] > 1
    vague = several & (board.given.subject[row] == UNKNOWN_SUBJECT)
    if not vague.any():
        return
    count = int(at.max()) + 1
    lowest, highest = np.full(count, FAR), np.full(count, NOBODY)
    np.minimum.at(lowest, at, row)
    np.maximum.at(highest, at, row)
    open_one = np.full(count, NOBODY)
    np.maximum.at(open_one, at[vague], row[vague])
    clear = (open_one[at] >= 0) & ~vague & ~np.isin(row, row[vague])
    board.flag(layer, row[clear], open_one[at[clear]], part[clear])
    rows, first = np.unique(row[vague], return_index=True)
    where = np.flatnonzero(vague)[first]
    other = np.where(lowest[at[where]] == rows, highest[at[where]], lowest[at[where]])
    board.write(
        layer, rows, 0, known=False, reason=Reason.SUBJECT_UNKNOWN, other=other, part=part[where]
    )
