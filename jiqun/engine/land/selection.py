"""Which parcels to release for which gaps of the chain under a budget: an exact choice with a bound.

A mixed-integer program solved by HiGHS (Huangfu and Hall 2018, *Mathematical Programming Computation*
10). Areas, costs and values are whole numbers, so a bound less than one above the value found proves
that nothing better exists. Cost and value are recomputed in integers from the rounded solution; the
solver's own figures are used for the bound only. Of equally valuable choices the cheapest is taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import floor, isfinite

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiqun.engine.disclosure.lp import model, solver
from jiqun.errors import JiqunError, Problem

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
LARGEST = 2**50  # beyond it, doubles no longer hold every whole number of the sums


@dataclass(frozen=True, slots=True)
class Releases:
    """Parcels that could be released. All arrays of shape (P,), whole numbers, none negative.

    Attributes:
        area: that can be released, in any whole unit (m², or hundredths of a 亩).
        fixed: cost of releasing anything of the parcel at all, fen.
        per_unit: further cost of each unit of area, fen.
    """

    area: Ints
    fixed: Ints
    per_unit: Ints


@dataclass(frozen=True, slots=True)
class Gaps:
    """Gaps of the chain that need land. Arrays of shape (G,), whole numbers, none negative.

    Attributes:
        need: area wanted, in the unit of the releases.
        value: of one unit of area, in any whole points.
        smallest: least area on one parcel that is of any use; 0 or 1 for any.
    """

    need: Ints
    value: Ints
    smallest: Ints


@dataclass(frozen=True, slots=True)
class Selection:
    """What to release.

    Attributes:
        released: shape (P,), whether a parcel is released at all.
        allotted: shape (P, G), area of each parcel for each gap.
        value: points reached, exact.
        cost: fen, exact, within the budget.
        bound: no choice reaches more points than this.
        proved: value equals bound: there is nothing better.
    """

    released: Flags
    allotted: Ints
    value: int
    cost: int
    bound: int

    @property
    def proved(self) -> bool:
        """Whether no better choice exists."""
        return self.bound == self.value

    @property
    def gap(self) -> float:
        """How far the value may be from the best, as a share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0

    def said(self) -> tuple[str, str]:
        """Return the proof in words, Chinese and English."""
        if self.proved:
            return (
                f"得 {self.value} 分，已证明没有更优的选择",
                f"{self.value} points; it is proved that no choice is better",
            )
        share = f"{self.gap:.2%}"
        return (
            f"得 {self.value} 分，任何选择不超过 {self.bound} 分，相差至多 {share}",
            f"{self.value} points; no choice exceeds {self.bound}, a difference of at most {share}",
        )


def select(
    releases: Releases, gaps: Gaps, *, suitable: Flags, budget: int, seconds: float = 20.0
) -> Selection:
    """Choose the parcels and areas that serve the gaps best within a budget.

    Args:
        releases: the parcels.
        gaps: what land is needed for.
        suitable: shape (P, G), whether a parcel can serve a gap.
        budget: fen.
        seconds: for the solver; when they are over, the best found is returned with its bound.

    Raises:
        JiqunError: ``E-LAND-SELECTION`` naming every input that cannot be, or when the solver fails.
    """
    _check(releases, gaps, suitable, budget)
    pairs = _pairs(releases, gaps, suitable, budget)
    if len(pairs[0]) == 0:
        return Selection(
            np.zeros(len(releases.area), np.bool_), np.zeros(suitable.shape, np.int64), 0, 0, 0
        )
    program = _Program(releases, gaps, pairs, budget)
    end = time.monotonic() + seconds
    best, bound = program.most(max(1.0, 0.7 * seconds))
    if program.value(best) == bound:
        cheaper = program.cheapest(bound, max(1.0, end - time.monotonic()))
        if cheaper is not None and program.cost(cheaper) <= program.cost(best):
            best = cheaper
    allotted = np.zeros(suitable.shape, np.int64)
    allotted[pairs] = best
    released = np.asarray(allotted.any(axis=1), dtype=np.bool_)
    return Selection(released, allotted, program.value(best), program.cost(best), bound)


def _pairs(releases: Releases, gaps: Gaps, suitable: Flags, budget: int) -> tuple[Ints, Ints]:
    """Pairs of parcel and gap that could be used at all."""
    most = np.minimum(releases.area[:, None], gaps.need[None, :])
    least = np.maximum(gaps.smallest, 1)[None, :]
    cost = releases.fixed[:, None] + releases.per_unit[:, None] * least
    usable = suitable & (most >= least) & (cost <= budget) & (gaps.value[None, :] > 0)
    first, second = np.nonzero(usable)
    return first.astype(np.int64), second.astype(np.int64)


class _Program:
    """Variables: area per pair, use of a pair where it has a smallest area, release of a parcel."""

    def __init__(
        self, releases: Releases, gaps: Gaps, pairs: tuple[Ints, Ints], budget: int
    ) -> None:
        self._parcel, self._gap = pairs
        self._fixed, self._unit = releases.fixed, releases.per_unit
        self._points = gaps.value[self._gap]
        self._budget = budget
        most = np.minimum(releases.area[self._parcel], gaps.need[self._gap])
        self._least = np.maximum(gaps.smallest, 1)[self._gap]
        used, place = np.unique(self._parcel, return_inverse=True)
        self._used = used
        count, parcels = len(self._parcel), len(used)
        switched = np.flatnonzero(self._least > 1)
        self._size = count + len(switched) + parcels
        opened = count + len(switched) + place
        rows: list[tuple[Ints, Ints, Floats, Floats, Floats]] = []

        def block(row: Ints, column: Ints, value: Floats, low: Floats, high: Floats) -> None:
            rows.append((row, column, value, low, high))

        one, x = np.ones(count), np.arange(count)
        # Σ area of a parcel ≤ its area × release
        block(
            np.concatenate([place, np.arange(parcels)]),
            np.concatenate([x, count + len(switched) + np.arange(parcels)]),
            np.concatenate([one, -releases.area[used].astype(np.float64)]),
            np.full(parcels, -np.inf), np.zeros(parcels),
        )  # fmt: skip
        block(self._gap, x, one, np.full(len(gaps.need), -np.inf), gaps.need.astype(np.float64))
        # Implied by the first block, but they make the relaxation far tighter: the area of a pair
        # is at most its most × use of the pair, which is at most the release of the parcel.
        used_by = opened.copy()
        used_by[switched] = count + np.arange(len(switched))
        block(np.concatenate([x, x]), np.concatenate([x, used_by]),
              np.concatenate([one, -most.astype(np.float64)]),
              np.full(count, -np.inf), np.zeros(count))  # fmt: skip
        at, ones = np.arange(len(switched)), np.ones(len(switched))
        block(np.concatenate([at, at]), np.concatenate([count + at, opened[switched]]),
              np.concatenate([ones, -ones]),
              np.full(len(switched), -np.inf), np.zeros(len(switched)))  # fmt: skip
        block(np.concatenate([at, at]), np.concatenate([switched, count + at]),
              np.concatenate([ones, -self._least[switched].astype(np.float64)]),
              np.zeros(len(switched)), np.full(len(switched), np.inf))  # fmt: skip
        self._blocks = rows
        self._price = np.zeros(self._size)
        self._price[:count] = self._unit[self._parcel]
        self._price[count + len(switched) :] = self._fixed[used]
        self._worth = np.zeros(self._size)
        self._worth[:count] = self._points
        self._high = np.concatenate([most, np.ones(self._size - count)]).astype(np.float64)

    def value(self, areas: Ints) -> int:
        """Points of an allotment, exact."""
        return sum(
            int(points) * int(area) for points, area in zip(self._points, areas, strict=True)
        )

    def cost(self, areas: Ints) -> int:
        """Cost of an allotment in fen, exact."""
        running = sum(
            int(self._unit[parcel]) * int(area)
            for parcel, area in zip(self._parcel, areas, strict=True)
        )
        return running + sum(int(self._fixed[one]) for one in np.unique(self._parcel[areas > 0]))

    def most(self, seconds: float) -> tuple[Ints, int]:
        """Return the most valuable allotment within the budget and an upper bound of any."""
        limit = self._budget
        bound: int | None = None
        while True:
            areas, dual = self._solve(-self._worth, self._price, (-np.inf, float(limit)), seconds)
            found = floor(-dual + 1e-6) if isfinite(dual) else int(self._worth @ self._high)
            bound = found if bound is None else bound
            over = self.cost(areas) - self._budget
            if over <= 0:
                return areas, max(bound, self.value(areas))
            # Within the solver's tolerance but above the budget: ask again with that much less.
            limit -= over

    def cheapest(self, value: int, seconds: float) -> Ints | None:
        """Return the cheapest allotment of at least this value, None when none was found."""
        areas, _ = self._solve(self._price, self._worth, (float(value), np.inf), seconds)
        return areas if self.value(areas) >= value and self.cost(areas) <= self._budget else None

    def _solve(
        self, cost: Floats, row: Floats, bounds: tuple[float, float], seconds: float
    ) -> tuple[Ints, float]:
        """Minimise ``cost`` with one more row; return the areas and the dual bound."""
        scale = max(1.0, float(np.abs(row).max()))
        full = [*self._blocks, (
            np.zeros(self._size, np.int64), np.arange(self._size), row / scale,
            np.array([bounds[0] / scale]), np.array([bounds[1] / scale]),
        )]  # fmt: skip
        offsets = np.cumsum([0, *(len(block[3]) for block in full)])
        matrix = sparse.csr_array(
            (
                np.concatenate([block[2] for block in full]),
                (
                    np.concatenate(
                        [
                            block[0] + offset
                            for block, offset in zip(full, offsets[:-1], strict=True)
                        ]
                    ),
                    np.concatenate([block[1] for block in full]),
                ),
            ),
            shape=(int(offsets[-1]), self._size),
        )
        low = np.concatenate([block[3] for block in full]).astype(np.float64)
        high = np.concatenate([block[4] for block in full]).astype(np.float64)
        lp = model(matrix, (low, high), (np.zeros(self._size), self._high), cost)
        lp.integrality_ = [highspy.HighsVarType.kInteger] * self._size
        found = solver(
            time_limit=seconds, mip_rel_gap=0.0, mip_abs_gap=0.99, mip_feasibility_tolerance=1e-9
        )
        found.passModel(lp)
        found.run()
        values = np.array(found.getSolution().col_value)
        if len(values) != self._size:
            raise JiqunError(
                "E-LAND-SELECTION",
                "求解器没有给出结果，请减少宗地或延长时间",
                "the solver gave no answer; take fewer parcels or give it more time",
            )
        areas = np.rint(values[: len(self._parcel)]).astype(np.int64)
        return areas, float(found.getInfo().mip_dual_bound)


def _check(releases: Releases, gaps: Gaps, suitable: Flags, budget: int) -> None:
    shape = (len(releases.area), len(gaps.need))
    columns = {
        "area": (releases.area, shape[0]), "fixed": (releases.fixed, shape[0]),
        "per_unit": (releases.per_unit, shape[0]), "need": (gaps.need, shape[1]),
        "value": (gaps.value, shape[1]), "smallest": (gaps.smallest, shape[1]),
    }  # fmt: skip
    problems: list[Problem] = []
    for name, (column, size) in columns.items():
        if len(column) != size or not np.issubdtype(column.dtype, np.integer):
            problems.append(
                _wrong(name, f"{name} 应为 {size} 个整数", f"{name} must be {size} whole numbers")
            )
        elif (column < 0).any() or float(column.sum()) > LARGEST:
            problems.append(
                _wrong(name, f"{name} 有负数或过大", f"{name} has negative or too large numbers")
            )
    if suitable.shape != shape:
        problems.append(
            _wrong(
                "suitable", f"suitable 的形状应为 {shape}", f"suitable must have the shape {shape}"
            )
        )
    if not 0 <= budget <= LARGEST:
        problems.append(_wrong("budget", f"预算不可用：{budget}", f"the budget cannot be {budget}"))
    if problems:
        raise JiqunError(
            "E-LAND-SELECTION",
            "；".join(one.message_zh for one in problems),
            "; ".join(one.message_en for one in problems),
            fields=problems,
        )


def _wrong(column: str, zh: str, en: str) -> Problem:
    return Problem("E-LAND-SELECTION", zh, en, column=column)
