"""Where one unit would stand if its own figures were others: exact, with all others fixed.

Benchmarks are frozen, the other units keep their scores; the unit's new score moves only its
own rank. Bounds and caps by vetoes apply as in the evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jiqun.engine.indices.evaluate import Evaluation, enough, in_ranking, scored, tie_of
from jiqun.engine.indices.exact import Flags, Ints
from jiqun.engine.indices.grade import (
    Places,
    bounded,
    decided,
    graded_by,
    is_last,
    small,
)
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import Group


@dataclass(frozen=True, slots=True)
class Field:
    """The ranked units of one group, sorted by score and then tax.

    Attributes:
        group: the group.
        score: micro-points, rising.
        tie: tax of each, rising within equal scores.
        n: units that the quotas are shares of.
        counts: units down to and with each grade; empty where thresholds are used.
        own: whether each unit of the batch is one of them.
    """

    group: Group
    score: Ints
    tie: Ints
    n: int
    counts: tuple[int, ...]
    own: Flags


def field_of(evaluation: Evaluation, code: str) -> Field:
    """Return the ranked units of a group."""
    scheme, steps = evaluation.scheme, evaluation.steps
    rows = evaluation.rows(code)
    hit = {one.code: steps[f"veto.{one.code}"] for one in scheme.vetoes}
    last = is_last(scheme, hit, count=len(evaluation.units.ids))
    inside = in_ranking(
        scheme, known=steps["known"][rows], special=steps["special"][rows] >= 0, last=last[rows]
    )
    ranked = rows[inside]
    score, tie = steps["total"][ranked], tie_of(evaluation.units.figure("tax"), ranked)
    order = np.lexsort((tie, score))
    own = np.zeros(len(evaluation.units.ids), dtype=np.bool_)
    own[ranked] = True
    n = int(steps["n"][rows].max()) if len(rows) else 0
    return Field(
        scheme.group(code), score[order], tie[order], n, evaluation.counts[code], own
    )  # fmt: skip


def grade_if(
    evaluation: Evaluation, field: Field, *, rows: Ints, changed: Mapping[str, Figure]
) -> Places:
    """Return the grade that each unit would have, everything else as it is.

    Args:
        evaluation: the batch.
        field: its group, from :func:`field_of`.
        rows: units of the group, repeated as often as wanted, shape (m,).
        changed: their other figures, shape (m,) each.

    Returns:
        Places among the grades; the last one where data would not be enough.
    """
    scheme, group = evaluation.scheme, field.group
    found = scored(
        scheme, group, evaluation.units, frozen=evaluation.frozen, rows=rows, changed=changed
    )
    total = found.total + evaluation.steps["bonus"][rows]
    tax = changed.get("tax") or evaluation.units.figure("tax").take(rows)
    tie = tie_of(tax, np.arange(len(rows), dtype=np.int64))
    old_tie = tie_of(evaluation.units.figure("tax"), rows)
    old = evaluation.steps["total"][rows]
    if small(group.quota, field.n):
        grade = graded_by(total, group.quota.thresholds)
    else:
        border = _border(field, total, tie, old=old, old_tie=old_tie, own=field.own[rows])
        limits = np.asarray(field.counts[:-1], dtype=np.int64)
        grade = np.searchsorted(limits, border, side="left").astype(np.int8)
    values = {code: item.quotient.value for code, item in found.items.items()}
    means = {c: one.group_mean for c, one in evaluation.frozen.groups[group.code].items()}
    grade = bounded(scheme, grade, values=values, means=means)
    hit = {one.code: evaluation.steps[f"veto.{one.code}"][rows] for one in scheme.vetoes}
    grade = decided(scheme, grade, hit)
    return np.where(enough(scheme, found.known), grade, len(scheme.grades) - 1).astype(np.int8)


def _border(field: Field, total: Ints, tie: Ints, *, old: Ints, old_tie: Ints, own: Flags) -> Ints:
    """Rank against the others: those of the field without the unit itself."""
    m = len(field.score)
    if field.group.quota.ties == "by_tax":
        above = m - _place(field, total, tie)
        itself = own & ((old > total) | ((old == total) & (old_tie > tie)))
        return above - itself + 1
    if field.group.quota.ties == "all_down":
        above = m - np.searchsorted(field.score, total, side="left")
        return (above - (own & (old >= total)) + 1).astype(np.int64)
    above = m - np.searchsorted(field.score, total, side="right")
    return (above - (own & (old > total)) + 1).astype(np.int64)


def _place(field: Field, total: Ints, tie: Ints) -> Ints:
    """How many of the field are at most ``(total, tie)``: bisection within equal scores."""
    low = np.searchsorted(field.score, total, side="left").astype(np.int64)
    high = np.searchsorted(field.score, total, side="right").astype(np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        at_most = field.tie[np.minimum(middle, len(field.tie) - 1)] <= tie
        inside = low < high
        low = np.where(inside & at_most, middle + 1, low)
        high = np.where(inside & ~at_most, middle, high)
    return low
