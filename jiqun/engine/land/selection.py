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
# rows, columns and values of entries, lower and upper ends of the rows
Block = tuple[Ints, Ints, Floats, Floats, Floats]
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
        used = np.unique(self._parcel)
        count, parcels = len(self._parcel), len(used)
        switched = np.flatnonzero(gaps.smallest[self._gap] > 1)
        self._size = count + len(switched) + parcels
        self._blocks = _blocks(releases, gaps, pairs, switched)
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
        matrix, sides = _stack(full, self._size)
        lp = model(matrix, sides, (np.zeros(self._size), self._high), cost)
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


def _blocks(
    releases: Releases, gaps: Gaps, pairs: tuple[Ints, Ints], switched: Ints
) -> list[Block]:
    """Constraints but for the budget. Columns: areas, uses of ``switched`` pairs, releases."""
    parcel, gap = pairs
    used, place = np.unique(parcel, return_inverse=True)
    count, parcels, uses = len(parcel), len(used), len(switched)
    most = np.minimum(releases.area[parcel], gaps.need[gap]).astype(np.float64)
    least = np.maximum(gaps.smallest, 1)[gap].astype(np.float64)
    x, z, one = np.arange(count), count + np.arange(uses), np.ones(count)
    opened = count + uses + place
    used_by = opened.copy()
    used_by[switched] = z
    at, ones = np.arange(uses), np.ones(uses)
    return [
        # Σ area of a parcel ≤ its area × release
        _block(
            (np.concatenate([place, np.arange(parcels)]),
             np.concatenate([x, count + uses + np.arange(parcels)]),
             np.concatenate([one, -releases.area[used].astype(np.float64)])),
            np.full(parcels, -np.inf), np.zeros(parcels),
        ),
        # Σ area for a gap ≤ its need
        _block((gap, x, one), np.full(len(gaps.need), -np.inf), gaps.need.astype(np.float64)),
        # Implied by the first, but they make the relaxation far tighter: the area of a pair is at
        # most its most × use of the pair, which is at most the release of the parcel.
        _block(
            (np.concatenate([x, x]), np.concatenate([x, used_by]), np.concatenate([one, -most])),
            np.full(count, -np.inf), np.zeros(count),
        ),
        _block(
            (np.concatenate([at, at]), np.concatenate([z, opened[switched]]),
             np.concatenate([ones, -ones])),
            np.full(uses, -np.inf), np.zeros(uses),
        ),
        # area of a pair ≥ its least × use
        _block(
            (np.concatenate([at, at]), np.concatenate([switched, z]),
             np.concatenate([ones, -least[switched]])),
            np.zeros(uses), np.full(uses, np.inf),
        ),
    ]  # fmt: skip


def _block(entries: tuple[Ints, Ints, Floats], low: Floats, high: Floats) -> Block:
    return (*entries, low, high)


def _stack(blocks: list[Block], columns: int) -> tuple[sparse.csr_array, tuple[Floats, Floats]]:
    """Put blocks of rows below one another."""
    offsets = np.cumsum([0, *(len(block[3]) for block in blocks)])
    row = np.concatenate(
        [one[0] + offset for one, offset in zip(blocks, offsets[:-1], strict=True)]
    )
    column = np.concatenate([one[1] for one in blocks])
    value, low, high = (
        np.concatenate([one[part] for one in blocks]).astype(np.float64) for part in (2, 3, 4)
    )
    matrix = sparse.csr_array((value, (row, column)), shape=(int(offsets[-1]), columns))
    return matrix, (low, high)


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
