"""All layers in a row: from verdicts and gross amounts to what is due, with the log."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from jiqun.engine.rules.award import choose, groups
from jiqun.engine.rules.award.board import Board
from jiqun.engine.rules.award.candidates import (
    Candidates,
    Flags,
    History,
    Ints,
    identity,
    largest,
    problems_of,
    refuse,
)
from jiqun.engine.rules.award.caps import caps
from jiqun.engine.rules.award.log import NOBODY, Log, joined
from jiqun.engine.rules.award.ration import budgets
from jiqun.engine.rules.award.terms import Terms, term_problems


@dataclass(frozen=True, slots=True)
class Awards:
    """What is due to each candidate, in the order in which they were given; shape (n,).

    Attributes:
        fen: amount due; 0 under a False of ``known``, where it means nothing.
        known: False where the amount is undetermined.
        pending: the undetermined candidate that may still change this amount, by its row;
            ``NOBODY`` where the amount is final.
        upper_fen: most that it may become.
        deferred_fen: what waits for next year's budget.
        log: every step of every layer; within a layer in the order of the terms.
    """

    fen: Ints
    known: Flags
    pending: Ints
    upper_fen: Ints
    deferred_fen: Ints
    log: Log

    @property
    def provisional(self) -> Flags:
        """Known amounts that an undetermined candidate may still change."""
        return self.known & (self.pending >= 0)


def award(given: Candidates, terms: Terms, past: History | None) -> Awards:
    """Take candidates through all layers.

    Order: entitlement, matching, cap of one award, once, top-up, choose one, highest only,
    stacking, caps on sums as listed, budgets as listed. The result does not depend on the order
    of the rows. An amount that is known and not provisional stays what it is for every way in
    which the undetermined candidates may turn out.

    Args:
        given: the candidates.
        terms: what the documents say.
        past: earlier awards; ``None`` where nothing is known about them, which leaves open what
            depends on them.

    Raises:
        JiqunError: ``E-AWARD-INPUT`` with every problem of candidates, history and terms.
    """
    refuse(term_problems(terms))
    factor = max((ceil(group.factor) for group in terms.groups if group.factor), default=1)
    refuse(problems_of(given, past, policies=len(terms.policies), factor=factor))
    order = identity(given)
    board = Board(given.take(order), terms, past, largest(given, past))
    for layer in (
        groups.entitlement, groups.match, groups.award_cap, choose.once, groups.topup,
        choose.exclusive, choose.highest, groups.stack, caps, budgets,
    ):  # fmt: skip
        layer(board)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return Awards(
        fen=board.fen[back],
        known=board.known[back],
        pending=np.append(order, NOBODY)[board.pending[back]],
        upper_fen=board.upper[back],
        deferred_fen=board.deferred[back],
        log=joined(board.logs, order),
    )
