"""Groups in which one award excludes the others: once, choose one, highest only.

Where a policy belongs to several groups, the best candidate of all is settled first, then those
that it excludes, then the best of the rest: "largest first", which does not depend on the order
in which groups or candidates are listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from jiqun.engine.rules.award.board import FAR, Board, Members, members
from jiqun.engine.rules.award.candidates import UNKNOWN_ORDER, Flags, Ints
from jiqun.engine.rules.award.exact import starts
from jiqun.engine.rules.award.groups import clear_subjects
from jiqun.engine.rules.award.log import NOBODY, Layer, Reason
from jiqun.engine.rules.award.received import in_groups
from jiqun.engine.rules.award.terms import Relation


@dataclass(frozen=True, slots=True)
class Ranks:
    """Places of the candidates, 0 is best, without ties; every array has shape (n,).

    ``now`` ranks what is known; ``possible`` ranks loose rows by their upper bound.
    """

    now: Ints
    possible: Ints


def once(board: Board) -> None:
    """终身一次: nothing for who had it before; of several in one run the earliest takes it."""
    layer = Layer.ONCE
    clear_subjects(board, layer, Relation.ONCE)
    found = members(board, Relation.ONCE)
    had, sure = in_groups(board, Relation.ONCE, found)
    used = had > 0
    row = found.row[used]
    board.settle(row)
    board.write(layer, row, 0, reason=Reason.ONCE_USED, part=found.group[used])
    unsure = ~used & ~sure & board.known[found.row]
    board.write(
        layer, found.row[unsure], 0, known=False, reason=Reason.HISTORY_UNKNOWN,
        part=found.group[unsure],
    )  # fmt: skip
    rank = _ranked(event_order(board))
    one_of(board, layer, members(board, Relation.ONCE), Ranks(rank, rank))


def exclusive(board: Board) -> None:
    """择一: the one that the firm chose, else the highest."""
    clear_subjects(board, Layer.EXCLUSIVE, Relation.EXCLUSIVE)
    while _await_choice(board):
        pass
    chosen = ~(board.given.chosen & board.live)
    one_of(board, Layer.EXCLUSIVE, members(board, Relation.EXCLUSIVE), _by_amount(board, chosen))


def highest(board: Board) -> None:
    """就高不重复: the highest; among equals the earliest."""
    clear_subjects(board, Layer.HIGHEST, Relation.HIGHEST)
    nobody = np.ones(len(board.fen), dtype=np.bool_)
    one_of(board, Layer.HIGHEST, members(board, Relation.HIGHEST), _by_amount(board, nobody))


def event_order(board: Board) -> Ints:
    """Order of the events, unknown ones last."""
    order = board.given.order
    return np.where(order == UNKNOWN_ORDER, FAR, order)


def _by_amount(board: Board, unchosen: Flags) -> Ranks:
    order = event_order(board)
    possible = np.where(board.loose, board.upper, board.fen)
    return Ranks(_ranked(unchosen, -board.fen, order), _ranked(unchosen, -possible, order))


def _ranked(*keys: Ints | Flags) -> Ints:
    order = np.lexsort(keys[::-1])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _await_choice(board: Board) -> bool:
    """Leave rows open while the one that the firm chose is undetermined; say if any was."""
    found = members(board, Relation.EXCLUSIVE)
    chosen, known = board.given.chosen[found.row], board.known[found.row]
    count = int(found.at.max(initial=-1)) + 1
    sure = np.zeros(count, dtype=np.bool_)
    sure[found.at[chosen & known]] = True
    awaited = np.full(count, NOBODY, dtype=np.int64)
    awaited[found.at[chosen & ~known]] = found.row[chosen & ~known]
    awaited[sure] = NOBODY
    waits = (awaited[found.at] >= 0) & known
    rows, first = np.unique(found.row[waits], return_index=True)
    where = np.flatnonzero(waits)[first]
    board.write(
        Layer.EXCLUSIVE, rows, 0, known=False, reason=Reason.AWAITS_CHOICE,
        other=awaited[found.at[where]], part=found.group[where],
    )  # fmt: skip
    return len(rows) > 0


def one_of(board: Board, layer: Layer, found: Members, ranks: Ranks) -> None:
    """Leave one candidate per instance, and flag where a loose one may replace it."""
    if not len(found.row):
        return
    part = _entangled(found, len(board.fen))
    free = part < 0
    winner, decider, decided_in = _rounds(board, found, ranks.now)
    top, best = _first(found, ranks.possible, ~board.loose[found.row] & (board.fen[found.row] > 0))
    final = free & (top < ranks.possible[found.row])
    _flag(board, layer, found, ranks.possible, free & ~final)
    _flag_entangled(board, layer, found, part)
    # Loose rows that lose to a final winner are settled, whatever becomes of them.
    sure = final & board.loose[found.row]
    board.settle(found.row[sure])
    _log_winners(board, layer, found, winner)
    lost = np.flatnonzero(decider >= 0)
    _log_losers(board, layer, lost, decider[lost], decided_in[lost])
    sure &= ~board.known[found.row]
    _log_losers(board, layer, found.row[sure], best[sure], found.group[sure])


def _first(found: Members, rank: Ints, some: Flags) -> tuple[Ints, Ints]:
    """Return, per membership, rank and row of the first of some rows in its instance.

    Where there is none the rank is ``FAR`` and the row ``NOBODY``.
    """
    place = np.where(some, rank[found.row], FAR)
    top = np.minimum.reduceat(place, starts(found.at))[found.at]
    by_rank = np.empty(len(rank), dtype=np.int64)
    by_rank[rank] = np.arange(len(rank))
    return top, np.where(top < FAR, by_rank[np.minimum(top, len(rank) - 1)], NOBODY)


def _entangled(found: Members, count: int) -> Ints:
    """Per membership, the number of its component where instances share candidates, else -1."""
    in_several = np.bincount(found.row, minlength=count) > 1
    if not in_several.any():
        return np.full(len(found.row), NOBODY, dtype=np.int64)
    shape = (count, int(found.at[-1]) + 1)
    pairs = sparse.csr_array((np.ones(len(found.row)), (found.row, found.at)), shape=shape)
    both = sparse.block_array([[None, pairs], [pairs.T, None]], format="csr")
    _, part = cast(tuple[int, Ints], csgraph.connected_components(both, directed=False))
    caught = np.zeros(int(part.max()) + 1, dtype=np.bool_)
    caught[part[:count][in_several]] = True
    return np.where(caught[part[found.row]], part[found.row], NOBODY).astype(np.int64)


def _rounds(board: Board, found: Members, rank: Ints) -> tuple[Flags, Ints, Ints]:
    """Settle the best, exclude its rivals, and go on; return winners, who beat whom, and where."""
    count = len(board.fen)
    winner = np.zeros(count, dtype=np.bool_)
    decider = np.full(count, NOBODY, dtype=np.int64)
    decided_in = np.full(count, NOBODY, dtype=np.int64)
    contends = board.known & (board.fen > 0)
    keep = contends[found.row]
    row, at, group = found.row[keep], found.at[keep], found.group[keep]
    while len(row):
        start = starts(at)
        best = np.minimum.reduceat(rank[row], start)
        number = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(at))))
        is_best = rank[row] == best[number]
        beaten = np.zeros(count, dtype=np.bool_)
        beaten[row[~is_best]] = True
        wins = is_best & ~beaten[row]
        winner[row[wins]] = True
        champion = np.full(len(start), NOBODY, dtype=np.int64)
        champion[number[wins]] = row[wins]
        loses = (champion[number] >= 0) & ~wins
        decider[row[loses]] = champion[number[loses]]
        decided_in[row[loses]] = group[loses]
        rest = ~winner[row] & (decider[row] < 0)
        row, at, group = row[rest], at[rest], group[rest]
    return winner, decider, decided_in


def _flag(board: Board, layer: Layer, found: Members, possible: Ints, some: Flags) -> None:
    """Flag rows that a loose one of their instance may replace."""
    loose = board.loose[found.row]
    top, because = _first(found, possible, loose)
    shaky = some & ~loose & (top < possible[found.row])
    board.flag(layer, found.row[shaky], because[shaky], found.group[shaky])


def _flag_entangled(board: Board, layer: Layer, found: Members, part: Ints) -> None:
    """In entangled groups one loose row may change everything that hangs together with it."""
    loose = board.loose[found.row] & (part >= 0)
    if not loose.any():
        return
    because = np.full(int(part.max()) + 1, NOBODY, dtype=np.int64)
    rows = np.flatnonzero(loose)
    rows = rows[np.argsort(board.upper[found.row[rows]], kind="stable")]
    because[part[rows]] = found.row[rows]
    shaky = np.flatnonzero((part >= 0) & ~board.loose[found.row])
    shaky = shaky[because[part[shaky]] >= 0]
    board.flag(layer, found.row[shaky], because[part[shaky]], found.group[shaky])


def _log_winners(board: Board, layer: Layer, found: Members, winner: Flags) -> None:
    if layer == Layer.ONCE:
        return
    contested = np.bincount(found.at)[found.at] > 1
    wins = np.flatnonzero(winner[found.row] & contested)
    rows, first = np.unique(found.row[wins], return_index=True)
    chosen = board.given.chosen[rows] & (layer == Layer.EXCLUSIVE)
    board.write(
        layer, rows, board.fen[rows], reason=np.where(chosen, Reason.CHOSEN, Reason.HIGHEST),
        part=found.group[wins[first]],
    )  # fmt: skip


def _log_losers(board: Board, layer: Layer, rows: Ints, winner: Ints, part: Ints) -> None:
    equal = board.fen[rows] == board.fen[winner]
    reason = np.where(equal, Reason.LOST_TIE, Reason.LOST_TO_HIGHER)
    if layer == Layer.ONCE:
        reason = np.full(len(rows), Reason.ONCE_EARLIER)
    if layer == Layer.EXCLUSIVE:
        reason = np.where(board.given.chosen[winner], Reason.LOST_TO_CHOICE, reason)
    board.write(layer, rows, 0, reason=reason, other=winner, part=part)
