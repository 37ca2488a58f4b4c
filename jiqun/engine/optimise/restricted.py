"""The integer program over the pairs that are in doubt, the others fixed (HiGHS)."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.lp import model, solver
from jiqun.engine.optimise.case import Case, Flags, Floats, Ints
from jiqun.engine.optimise.dual import money_left, repaired

WAN = 1e6  # fen in ten thousand yuan: keeps the numbers of the program small


def improved(
    one: Case, chosen: Flags, free: Flags, *, seconds: float, gap: float
) -> tuple[Flags, float]:
    """Return a choice at least as good, and the bound of the program over the free pairs.

    Args:
        one: the case.
        chosen: a feasible choice; outside ``free`` it stays.
        free: pairs that may change.
        seconds: time limit.
        gap: stop when this relative gap is proven.

    Returns:
        The choice, feasible in whole fen, and the most that any choice with the same fixed pairs
        may be worth.
    """
    fixed = chosen & ~free
    rooms = money_left(one, fixed)
    taken = np.zeros(int(one.slot[-1]) + 1 if len(one) else 0, dtype=np.bool_)
    taken[one.slot[fixed]] = True
    fits = (one.fen <= rooms[0][one.firm]) & (one.fen <= rooms[1][one.policy])
    pairs = np.flatnonzero(free & ~taken[one.slot] & fits & (one.fen <= rooms[2]))
    base = float(one.value[fixed].sum())
    if not len(pairs):
        return fixed, base
    rows, most = _rows(one, pairs, rooms)
    unit = float(max(one.value[pairs].max(), 1e-300)) / 1000
    program = _program(rows, most, one.value[pairs] / unit)
    found = solver(
        time_limit=float(seconds), mip_rel_gap=gap, primal_feasibility_tolerance=1e-7,
        dual_feasibility_tolerance=1e-7,
    )  # fmt: skip
    found.passModel(program)
    start = highspy.HighsSolution()
    start.col_value = chosen[pairs].astype(float).tolist()
    found.setSolution(start)
    found.run()
    values: Floats = np.asarray(found.getSolution().col_value, dtype=np.float64)
    better = fixed.copy()
    if len(values):
        better[pairs[values > 0.5]] = True
    # The solver keeps limits to a tolerance; whole fen are kept exactly.
    better = repaired(one, better, one.value / one.fen)
    if one.value[better].sum() < one.value[chosen].sum():
        better = chosen
    bound = base - float(found.getInfo().mip_dual_bound) * unit
    return better, bound * (1 + 1e-9) if np.isfinite(bound) else np.inf


def _rows(one: Case, pairs: Ints, rooms: tuple[Ints, Ints, int]) -> tuple[Any, Floats]:
    """Return the rows that can bind: firm caps, budgets, groups, pot."""
    fen, ones = one.fen[pairs] / WAN, np.ones(len(pairs))
    zero = np.zeros(len(pairs), dtype=np.int64)
    slots = np.ones(int(one.slot[-1]) + 1)
    blocks: list[Any] = []
    limits: list[Floats] = []
    for key, weight, room in (
        (one.firm[pairs], fen, rooms[0] / WAN), (one.policy[pairs], fen, rooms[1] / WAN),
        (one.slot[pairs], ones, slots), (zero, fen, np.asarray([rooms[2] / WAN])),
    ):  # fmt: skip
        names, at = np.unique(key, return_inverse=True)
        binds = np.flatnonzero(np.bincount(at, weight) > room[names] - 1e-9)
        block = sparse.csr_array((weight, (at, np.arange(len(pairs)))), (len(names), len(pairs)))
        blocks.append(block[binds])
        limits.append(room[names[binds]])
    return sparse.csr_array(sparse.vstack(blocks)), np.concatenate(limits)


def _program(rows: Any, most: Floats, worth: Floats) -> Any:
    count = len(worth)
    program = model(
        rows, (np.full(len(most), -np.inf), most), (np.zeros(count), np.ones(count)), -worth
    )
    program.integrality_ = [highspy.HighsVarType.kInteger] * count
    return program
