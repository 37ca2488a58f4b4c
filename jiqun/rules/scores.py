"""Reckons scorecards for whole columns of firms, in intervals where facts are missing.

Intervals of items are added as if independent, so they are sound and may be wider than needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation.columns import Column, table_of, unpack
from jiqun.engine.rules.evaluation.planes import Planes, planes_of
from jiqun.engine.rules.program.program import Program
from jiqun.rules.scorecards import Item, Scorecard

Points = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorecard found, shapes (n,): fewest and most points, in all, by part, by item.

    ``passed`` holds where ``decided`` does.
    """

    low: Points
    high: Points
    parts: Mapping[str, tuple[Points, Points]]
    items: Mapping[str, tuple[Points, Points]]
    passed: Truth
    decided: Truth


def scores(
    cards: Sequence[Scorecard], program: Program, *, columns: Mapping[str, Column], n: int
) -> tuple[Score, ...]:
    """Reckon scorecards for n subjects.

    Args:
        cards: the scorecards.
        program: of :func:`card_program` for the same cards.
        columns: facts by column key; those that no band reads are passed over.
        n: number of subjects.
    """
    read = {key: column for key, column in columns.items() if key in program.columns}
    planes = planes_of(program, table_of(program, read, n=n))
    return tuple(
        _score(card, program, planes, position=position, columns=columns, n=n)
        for position, card in enumerate(cards)
    )


def score_columns(
    cards: Sequence[Scorecard], program: Program, *, columns: Mapping[str, Column], n: int
) -> dict[str, Column]:
    """Return the columns that scorecards yield: each total, and whether each gate is passed."""
    found: dict[str, Column] = {}
    for card, one in zip(cards, scores(cards, program, columns=columns, n=n), strict=True):
        told = f"{card.document}评分表"
        found[card.total] = Column(one.low, one.low == one.high, source=told)
        found[card.gate] = Column(one.passed, one.decided, source=told)
    return found


def _score(
    card: Scorecard,
    program: Program,
    planes: Planes,
    *,
    position: int,
    columns: Mapping[str, Column],
    n: int,
) -> Score:
    references = iter(program.rules[position].conditions)
    items: dict[str, tuple[Points, Points]] = {}
    parts: dict[str, tuple[Points, Points]] = {}
    total = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for item in card.items:
        states = [
            (unpack(true, n), unpack(false, n))
            for true, false in (planes.of(next(references)) for _ in item.bands or (None,))
        ]
        points = (
            _given(item, columns.get(item.given), n)
            if item.way == "given"
            else (_first if item.way == "first" else _sum)(item, states, n)
        )
        items[item.name] = points
        parts[item.part] = _plus(parts[item.part], points) if item.part in parts else points
        total = _plus(total, points)
    passed, failed = np.ones(n, np.bool_), np.zeros(n, np.bool_)
    for (low, high), mark in [
        (total, card.pass_mark),
        *((parts[part], mark) for part, mark in card.parts.items()),
    ]:
        passed &= low >= mark
        failed |= high < mark
    return Score(*total, parts, items, passed=passed, decided=passed | failed)


def _plus(one: tuple[Points, Points], other: tuple[Points, Points]) -> tuple[Points, Points]:
    return one[0] + other[0], one[1] + other[1]


_States = Sequence[tuple[Truth, Truth]]


def _first(item: Item, states: _States, n: int) -> tuple[Points, Points]:
    """Points of the first band that holds: a band counts as possible until one before it holds."""
    low, high = np.full(n, item.most, np.int64), np.zeros(n, np.int64)
    reached = np.ones(n, np.bool_)
    for band, (true, false) in zip(item.bands, states, strict=True):
        possible = reached & ~false
        low = np.where(possible, np.minimum(low, band.points), low)
        high = np.where(possible, np.maximum(high, band.points), high)
        reached &= ~true
    low = np.where(reached, np.minimum(low, item.rest), low)
    high = np.where(reached, np.maximum(high, item.rest), high)
    return low, high


def _sum(item: Item, states: _States, n: int) -> tuple[Points, Points]:
    """Points of all bands that hold, to the full marks."""
    low, high = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for band, (true, false) in zip(item.bands, states, strict=True):
        low += band.points * true
        high += band.points * ~false
    return np.minimum(low, item.most), np.minimum(high, item.most)


def _given(item: Item, column: Column | None, n: int) -> tuple[Points, Points]:
    """Points that an authority gives; a figure outside the range is none."""
    low, high = np.zeros(n, np.int64), np.full(n, item.most, np.int64)
    if column is None:
        return low, high
    values = column.values.astype(np.int64)
    usable = (values >= 0) & (values <= item.most)
    usable &= True if column.known is None else column.known
    return np.where(usable, values, low), np.where(usable, values, high)
