"""The attacker: how closely a withheld cell can be bounded from everything that is published.

For every withheld sensitive cell the smallest and the largest value are computed that agree with
all published cells of all tables of the set (the *attacker's problem* of Fischetti and Salazar
2001, Management Science 47, 1008–1027), by linear programming. Two kinds of attacker:

- the *outsider* knows what is published, who is in which cell, and the sign of every atom;
- an *insider* is a contributor and knows its own figures besides. A cell with one contributor is
  no hiding place from that contributor (the singleton problem: Daalmans and de Waal 2010, *An
  improved formulation of the disclosure auditing problem for secondary cell suppression*,
  Transactions on Data Privacy 3, 217–251).

Programs are written in deviations d from the true atoms: d = 0 is feasible, and a found d is a
*witness*: another table with the same published figures. Witnesses are kept; most questions are
answered by one found earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.lp import Program
from jiqun.engine.disclosure.tables import Columns, Flags, Floats, Ints, System

RANGE = 1e8  # largest over smallest figure that the solver's tolerances can tell apart
CLOSE = 1e-6  # of the scaled unit: rounding of the solver


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an attacker knows beyond the published figures: bounds of deviations of some atoms.

    ``holder`` is empty for the outsider. ``atoms`` are the atoms with the holder's own figures,
    ``low`` and ``high`` the deviations that these leave, ``own`` the holder's figures there.
    """

    holder: str
    atoms: Ints
    low: Floats
    high: Floats
    own: Floats


@dataclass(frozen=True, slots=True)
class Exposure:
    """A target that some attacker bounds more closely than its protection allows."""

    cell: int
    holder: str
    low: float
    high: float
    up: bool
    down: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """Result of the attack on a set of tables.

    Attributes:
        cells: one entry per withheld sensitive cell: ``cell``, ``total``, ``need``, ``low``,
            ``high`` (what the outsider can compute), ``exact``, ``within`` (bounded within the
            rule's share on both sides), ``exposed`` (either side nearer than ``need``).
        insiders: exposures to contributors.
        tried: number of insiders tried.
        known: sensitive cells that an earlier release has published already.
    """

    cells: Columns
    insiders: tuple[Exposure, ...]
    tried: int
    known: int

    @property
    def recoverable(self) -> int:
        """Cells that the outsider knows to within the rule's share."""
        return int(self.cells["within"].sum())

    @property
    def exact(self) -> int:
        """Cells that the outsider computes exactly."""
        return int(self.cells["exact"].sum())

    @property
    def passed(self) -> bool:
        """Whether nobody comes nearer to any cell than its protection."""
        return not self.insiders and not self.cells["exposed"].any()


class Attacker:
    """The attacker's problem for one choice of hidden cells."""

    def __init__(self, system: System, hidden: Flags, seeds: Floats | None = None) -> None:
        """Set up the region of tables that agree with the cells that are not hidden.

        Args:
            system: the set of tables.
            hidden: per cell, implied ones included.
            seeds: witnesses of another choice of hidden cells (rows over all atoms); those that
                agree with this choice as well are kept.
        """
        self.system, self.hidden = system, hidden
        self.targets = cast(Ints, np.flatnonzero(system.sensitive & hidden))
        self.scale = unit_of(system, self.targets)
        published = system.matrix[np.flatnonzero(~hidden)]
        self.free, rows = unresolved(published, len(system.values))
        self.low, self.high = outsider_bounds(system, self.scale)
        ratios = system.ratios[:, self.free]
        at_truth = system.ratios @ system.values
        floor = np.concatenate(
            [np.zeros(rows.shape[0]), (system.ratio_low - at_truth) / self.scale]
        )
        ceil = np.concatenate(
            [np.zeros(rows.shape[0]), (system.ratio_high - at_truth) / self.scale]
        )
        region = sparse.csr_array(sparse.vstack([rows, ratios]))
        self._program = Program(region, (floor, ceil), (self.low[self.free], self.high[self.free]))
        self._place = np.full(len(system.values), -1, dtype=np.int64)
        self._place[self.free] = np.arange(len(self.free))
        whole = sparse.csr_array(system.matrix[self.targets])
        self._sums = sparse.csr_array(whole[:, self.free])
        self._containing = sparse.csr_array(whole.T)
        need = system.cells["need"][self.targets] / self.scale
        self._need = np.maximum(need, 1e-3)
        self._total = np.abs(system.totals[self.targets]) / self.scale
        self._witnesses: Floats = np.zeros((0, len(self.free)))
        self._moves: Floats = np.zeros((0, len(self.targets)))
        if seeds is not None and len(seeds):
            fits = np.abs(published @ seeds.T).max(axis=0, initial=0.0) <= CLOSE
            self._witnesses = seeds[fits][:, self.free]
            self._moves = self._witnesses @ self._sums.T
        self.kept = len(self._witnesses)

    def needs(self, who: Knowledge) -> tuple[Floats, Floats]:
        """Protection that each target needs downwards and upwards from this attacker.

        Of a cell with own figures an insider may not learn the rest; a cell of own figures only
        needs none. A figure that is not negative cannot need more downwards than it is.
        """
        if not len(who.atoms):
            return np.minimum(self._need, self._total), self._need
        own = np.zeros(len(self.targets))
        for atom, value in zip(who.atoms.tolist(), who.own.tolist(), strict=True):
            own[_row(self._containing, atom)[0]] += value
        own = np.abs(own) / self.scale
        rest = np.maximum(self._total - own, 0.0)
        need = self._need * np.where(self._total > 0, rest / np.maximum(self._total, 1e-300), 1.0)
        return np.minimum(need, rest), need

    def farthest(self, who: Knowledge, at: int, sign: float) -> float:
        """Return how far target ``at`` can move in the direction of ``sign``; keep the witness."""
        place = self._place[who.atoms]
        known = place >= 0
        self._program.restrict(place[known], who.low[known], who.high[known])
        columns, weights = _row(self._sums, at)
        if not len(columns):
            return 0.0
        found = self._program.highest(columns, sign * weights)
        self._keep(found)
        return float(sign * (weights @ found[columns]))

    def _keep(self, found: Floats) -> None:
        if self.kept == len(self._witnesses):
            more = max(64, self.kept)
            self._witnesses = np.vstack([self._witnesses, np.zeros((more, len(self.free)))])
            self._moves = np.vstack([self._moves, np.zeros((more, len(self.targets)))])
        self._witnesses[self.kept] = found
        self._moves[self.kept] = self._sums @ found
        self.kept += 1

    def reach(self, who: Knowledge, since: int = 0) -> tuple[Floats, Floats]:
        """Return how far each target moves, down and up, in the witnesses kept ``since``.

        A witness may be scaled down until it agrees with what the attacker knows: tables that
        agree with the published figures form a convex set around the truth.
        """
        pool, moves = self._witnesses[since : self.kept], self._moves[since : self.kept]
        if not len(pool):
            return np.zeros(len(self.targets)), np.zeros(len(self.targets))
        place = self._place[who.atoms]
        known = place >= 0
        step = pool[:, place[known]]
        room = np.where(step < 0, -who.low[known], who.high[known])
        size = np.abs(step)
        share = np.where(size > room, room / np.maximum(size, 1e-300), 1.0).min(axis=1, initial=1.0)
        scaled = moves * share[:, None]
        return -scaled.min(axis=0), scaled.max(axis=0)

    def witnesses(self) -> Floats:
        """Return the witnesses over all atoms, in the scaled unit."""
        full = np.zeros((self.kept, len(self._place)))
        full[:, self.free] = self._witnesses[: self.kept]
        return full


def weak_spots(attacker: Attacker, who: Knowledge) -> Iterator[tuple[int, float]]:
    """Yield (target, direction) where this attacker comes nearer than the protection."""
    needs = attacker.needs(who)
    reached = attacker.reach(who)
    for at in range(len(attacker.targets)):
        for side, sign in ((0, -1.0), (1, 1.0)):
            if reached[side][at] >= needs[side][at] - CLOSE:
                continue
            before = attacker.kept
            reach = attacker.farthest(who, at, sign)
            more = attacker.reach(who, before)
            reached = (np.maximum(reached[0], more[0]), np.maximum(reached[1], more[1]))
            if reach < needs[side][at] - CLOSE:
                yield at, sign


def audit(system: System, hidden: Flags, *, with_insiders: bool = True) -> Audit:
    """Attack a set of tables of which the cells ``hidden`` are withheld.

    Args:
        system: the set of tables.
        hidden: per cell; implied cells count as hidden, whatever is given for them.
        with_insiders: also try every contributor to an atom that does not follow from the
            published cells.

    Raises:
        JiqunError: ``E-PUBLICATION-SOLVER``.
    """
    withheld = hidden | (system.implied & (system.decided <= 0))
    attacker = Attacker(system, withheld)
    cells = _outside(attacker)
    exposures: list[Exposure] = []
    known = insiders(system, attacker.free, attacker.scale) if with_insiders else []
    safe = set(cells["cell"][~cells["exposed"]].tolist())
    for who in known:
        exposures += _exposures(attacker, who, safe)
    return Audit(cells, tuple(exposures), len(known), int((system.sensitive & ~withheld).sum()))


def _outside(attacker: Attacker) -> Columns:
    """What the outsider computes of each target."""
    system, targets = attacker.system, attacker.targets
    down, up = attacker.needs(OUTSIDER)
    reach = np.array(
        [[attacker.farthest(OUTSIDER, at, -1.0), attacker.farthest(OUTSIDER, at, 1.0)]
         for at in range(len(targets))]
    ).reshape(-1, 2)  # fmt: skip
    total = system.totals[targets]
    reach = np.where(reach <= CLOSE, 0.0, reach + CLOSE)
    # Figures are whole numbers of their base unit, so bounds are rounded inwards.
    low = np.ceil(total - reach[:, 0] * attacker.scale)
    high = np.floor(total + reach[:, 1] * attacker.scale)
    share = system.rule.within * np.abs(total)
    exposed = (reach[:, 0] < down) | (reach[:, 1] < up)
    return {
        "cell": targets,
        "total": total.astype(np.int64),
        "need": system.cells["need"][targets],
        "low": low.astype(np.int64),
        "high": high.astype(np.int64),
        "exact": reach.max(axis=1, initial=0.0) <= 0.0,
        "within": (low >= total - share) & (high <= total + share),
        "exposed": exposed,
    }


def _exposures(attacker: Attacker, who: Knowledge, safe: set[int]) -> list[Exposure]:
    """Weak spots against one insider in cells that are safe against the outsider."""
    system = attacker.system
    found: list[Exposure] = []
    for at, sign in weak_spots(attacker, who):
        cell = int(attacker.targets[at])
        if cell not in safe:
            continue
        total = float(system.totals[cell])
        low = total - attacker.farthest(who, at, -1.0) * attacker.scale
        high = total + attacker.farthest(who, at, 1.0) * attacker.scale
        found.append(Exposure(cell, who.holder, low, high, up=sign > 0, down=sign < 0))
    return found


def _row(matrix: sparse.csr_array, at: int) -> tuple[Ints, Floats]:
    """Columns and values of one row, without the cost of slicing."""
    start, end = matrix.indptr[at], matrix.indptr[at + 1]
    return matrix.indices[start:end], matrix.data[start:end]


def unit_of(system: System, targets: Ints) -> float:
    """Return the amount that programs count in: the smallest protection, or what is solvable."""
    largest = float(np.abs(system.values).max(initial=1.0))
    need = system.cells["need"][targets]
    return max(float(need.min(initial=largest)), largest / RANGE)


def outsider_bounds(system: System, scale: float) -> tuple[Floats, Floats]:
    """Deviations that leave every atom its sign; the far end is the sum of all figures."""
    far = float(np.abs(system.values).sum()) / scale
    values = system.values / scale
    return np.where(values >= 0, -values, -far), np.where(values >= 0, far, -values)


def unresolved(published: sparse.csr_array, atoms: int) -> tuple[Ints, sparse.csr_array]:
    """Drop atoms that follow one by one from published cells; return the others and their rows."""
    known = np.zeros(atoms, dtype=bool)
    while True:
        open_atoms = (~known).astype(np.float64)
        left = published @ open_atoms
        single = published[np.flatnonzero(left == 1)]
        found = np.unique(single.indices)
        found = found[~known[found]]
        if not len(found):
            break
        known[found] = True
    free = cast(Ints, np.flatnonzero(~known))
    rows = published[np.flatnonzero(left > 1)][:, free]
    return free, sparse.csr_array(rows)


OUTSIDER = Knowledge("", np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


def insiders(system: System, free: Ints, scale: float) -> list[Knowledge]:
    """Return what each holder with figures in an unresolved atom knows.

    A holder alone in an atom knows it; otherwise it knows the sign of what the others have there.
    """
    atom, holder = system.holders["atom"], system.holders["holder"]
    several = np.bincount(atom, minlength=len(system.values)) > 1
    low, high = outsider_bounds(system, scale)
    known = np.flatnonzero(np.isin(atom, free))
    known = known[np.argsort(holder[known], kind="stable")]
    starts = np.flatnonzero(np.diff(holder[known], prepend=-1))
    found: list[Knowledge] = []
    for mine in np.split(known, starts[1:]) if len(known) else []:
        atoms = atom[mine]
        value = system.holders["value"][mine].astype(np.float64)
        rest = (system.values[atoms] - value) / scale
        alone = ~several[atoms]
        least = np.where(rest >= 0, np.maximum(low[atoms], -rest), low[atoms])
        most = np.where(rest >= 0, high[atoms], np.minimum(high[atoms], -rest))
        found.append(Knowledge(
            str(system.names[holder[mine[0]]]), atoms, np.where(alone, 0.0, least), np.where(alone, 0.0, most), value,
        ))  # fmt: skip
    return found
