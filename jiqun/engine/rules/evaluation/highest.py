"""就高不重复: of each group keep the highest award of a subject, and say where that is provisional.

A layer over the awards of an evaluation, for rankings and pages; caps, rationing and the ledger
are elsewhere. Among equal amounts the first policy of the group keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jiqun.engine.rules.evaluation import kernel
from jiqun.engine.rules.evaluation.amounts import KNOWN, bit
from jiqun.engine.rules.evaluation.columns import Bits, Integers, Truth
from jiqun.engine.rules.evaluation.evaluate import WORTH, Evaluation

ROOM = 1 << 15  # subjects done at a time by the compiled loop: 256 KB


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
    awards, n = found.awards, found.table.n
    chosen = groups_of(found) if groups is None else groups
    result = Kept(awards.state == KNOWN, np.zeros(len(awards.fen), np.bool_))
    worth = np.where(result.kept, awards.fen, -1)
    compiled = kernel.AVAILABLE and n >= WORTH
    size = min(n, ROOM) if compiled else n
    room = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    loop = kernel.highest if compiled else _highest
    for members in chosen.values():
        rows = list(members)
        undecided = _undecided(found, rows)
        loop(np.array(rows, np.int64), awards.starts, awards.subjects, worth, undecided, room,
             result.kept, result.provisional)  # fmt: skip
    return result


def _undecided(found: Evaluation, rows: Sequence[int]) -> Bits:
    """Where any of some policies is neither met, nor refused, nor out of force."""
    outcome = found.outcome
    anywhere, settled = np.zeros_like(outcome.yes[0]), np.empty_like(outcome.yes[0])
    for row in rows:
        np.bitwise_or(outcome.yes[row], outcome.no[row], out=settled)
        settled |= outcome.out[row]
        anywhere |= np.invert(settled, out=settled)
    return anywhere


def _highest(
    members: Integers, starts: Integers, subjects: Integers, worth: Integers, undecided: Bits,
    room: tuple[Integers, Integers], kept: Truth, provisional: Truth,
) -> None:  # fmt: skip
    """Do what ``kernel.highest`` does, on whole arrays."""
    best, holder = room
    parts = [slice(int(starts[policy]), int(starts[policy + 1])) for policy in members]
    for part in parts:
        who, fen = subjects[part], worth[part]
        better = (holder[who] == -1) | (fen > best[who])
        best[who[better]] = fen[better]
        holder[who[better]] = np.flatnonzero(better) + part.start
    for part in parts:
        who = subjects[part]
        kept[part] &= (holder[who] == np.arange(part.start, part.stop)) & (worth[part] >= 0)
        provisional[part] |= bit(undecided, who)
    for part in parts:
        best[subjects[part][worth[part] < 0]] = -2
    for part in parts:
        provisional[part] |= best[subjects[part]] == -2
    for part in parts:
        best[subjects[part]], holder[subjects[part]] = -1, -1
