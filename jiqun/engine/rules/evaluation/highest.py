"""就高不重复: of each group keep the highest award of a subject, and say where that is provisional.

A layer over the awards of an evaluation, for rankings and pages; caps, rationing and the ledger
are elsewhere. Among equal amounts the first policy of the group keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation import kernel
from jiqun.engine.rules.evaluation.amounts import KNOWN, bit
from jiqun.engine.rules.evaluation.columns import Integers, Truth
from jiqun.engine.rules.evaluation.evaluate import WORTH, Evaluation


@dataclass(frozen=True, slots=True)
class Kept:
    """For each entry of the awards: ``kept``, and ``provisional`` where it may still change.

    Provisional: another policy of the group is undecided for the subject, or its amount unknown.
    """

    kept: Truth
    provisional: Truth


def groups_of(found: Evaluation) -> dict[str, list[int]]:
    """Return the groups of which only the highest is kept, with their policies in order."""
    groups: dict[str, list[int]] = {}
    for policy, rule in enumerate(found.program.rules):
        if rule.policy.stacking == "highest":
            for group in rule.policy.groups:
                groups.setdefault(group, []).append(policy)
    return groups


def keep_highest(found: Evaluation, groups: Mapping[str, Sequence[int]] | None = None) -> Kept:
    """Keep the highest of each group; an award in several groups must be the highest of each."""
    awards = found.awards
    chosen = groups_of(found) if groups is None else groups
    result = Kept(awards.state == KNOWN, np.zeros(len(awards.fen), np.bool_))
    best = np.empty(found.table.n, np.int64)
    holder = np.empty(found.table.n, np.int64)
    worth = np.where(awards.state == KNOWN, awards.fen, -1)
    for members in chosen.values():
        _highest(found, members, worth=worth, best=best, holder=holder)
        _provisional(found, members, result.provisional)
        for policy in members:
            part = slice(int(awards.starts[policy]), int(awards.starts[policy + 1]))
            entries = np.arange(part.start, part.stop)
            result.kept[part] &= holder[awards.subjects[part]] == entries
    return result


def _highest(
    found: Evaluation, members: Sequence[int], *, worth: Integers, best: Integers, holder: Integers
) -> None:
    awards = found.awards
    if kernel.AVAILABLE and found.table.n >= WORTH:
        order = np.array(members, np.int64)
        kernel.highest(order, awards.starts, awards.subjects, worth, best, holder)
        return
    best[:], holder[:] = -1, -1
    for policy in members:
        part = slice(int(awards.starts[policy]), int(awards.starts[policy + 1]))
        subjects, fen = awards.subjects[part], worth[part]
        better = fen > best[subjects]
        best[subjects[better]] = fen[better]
        holder[subjects[better]] = np.flatnonzero(better) + part.start


def _provisional(found: Evaluation, members: Sequence[int], provisional: Truth) -> None:
    outcome, awards = found.outcome, found.awards
    rows = list(members)
    settled = outcome.yes[rows] | outcome.no[rows] | outcome.out[rows]
    undecided = np.bitwise_or.reduce(~settled, axis=0)
    unpriced: npt.NDArray[np.bool_] = np.zeros(found.table.n, np.bool_)
    for policy in members:
        subjects, _, state = awards.of(policy)
        unpriced[subjects[state != KNOWN]] = True
    for policy in members:
        part = slice(int(awards.starts[policy]), int(awards.starts[policy + 1]))
        subjects = awards.subjects[part]
        provisional[part] |= bit(undecided, subjects) | unpriced[subjects]
