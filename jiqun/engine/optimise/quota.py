"""Quotas: each policy takes so many firms, a firm one policy of a group; solved exactly.

A network (firm and group → policy → quota), whose linear program has whole solutions (Hoffman
and Kruskal 1956). It is solved over a growing set of pairs: those that could still raise the sum
at the dual prices are added until there is none, which proves the optimum over all pairs
(sifting; Bixby et al. 1992).
"""

from __future__ import annotations

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from jiqun.engine.disclosure.lp import model, solver
from jiqun.engine.optimise.case import Flags, Floats, Ints, Plan
from jiqun.errors import JiqunError, Kind

CLOSE = 1e-9  # relative to the largest value: a pair below it cannot raise the sum


def quota_plan(
    slot: npt.ArrayLike, policy: npt.ArrayLike, *, value: npt.ArrayLike, quota: npt.ArrayLike
) -> Plan:
    """Return the best choice of pairs with at most one per slot and ``quota`` per policy.

    Args:
        slot: number of (firm, group) of each pair, shape (n,), at least 0.
        policy: number of the policy, shape (n,), from 0.
        value: what the pair is worth, shape (n,), at least 0.
        quota: most pairs of each policy, shape (policies,).

    Returns:
        The plan; its bound is proven by the dual prices, its gap is rounding only.

    Raises:
        JiqunError: ``E-PLAN-CASE`` or ``E-PLAN-SOLVER``.
    """
    names, slots = np.unique(np.asarray(slot, dtype=np.int64), return_inverse=True)
    policies, worth = np.asarray(policy, dtype=np.int64), np.asarray(value, dtype=np.float64)
    most = np.asarray(quota, dtype=np.int64)
    _check(slots, policies, worth, most)
    unit = float(worth.max(initial=0.0)) or 1.0
    scaled = worth / unit
    active = _promising(slots, policies, scaled, most)
    while True:
        chosen, policy_price = _solved(slots, policies, scaled, active=active, quota=most)
        # A slot is worth what its best pair gains beyond the price of its policy.
        slot_price = np.zeros(len(names))
        np.maximum.at(slot_price, slots[active], (scaled - policy_price[policies])[active])
        gain = scaled - policy_price[policies] - slot_price[slots]
        missing = ~active & (gain > CLOSE)
        if not missing.any():
            break
        active |= missing
    np.maximum.at(slot_price, slots, scaled - policy_price[policies])
    bound = float((policy_price * most).sum() + slot_price.sum()) * unit
    total = float(worth[chosen].sum())
    return Plan(
        chosen, total, max(bound, total), "network program, exact", policy_price * unit,
        float("nan"),
    )  # fmt: skip


def _check(slots: Ints, policies: Ints, worth: Floats, quota: Ints) -> None:
    columns = len({len(slots), len(policies), len(worth)}) == 1
    good = columns and bool((quota >= 0).all() and np.isfinite(worth).all() and (worth >= 0).all())
    if good and len(policies):
        good = bool(policies.min() >= 0 and policies.max() < len(quota))
    if not good:
        raise JiqunError(
            "E-PLAN-CASE",
            "名额测算的输入有误：价值和名额不小于零，政策编号在范围之内，各列等长",
            "the quota case is wrong: values and quotas at least 0, policies in range, "
            "columns of one length",
            hint_zh="请核对各列。",
            hint_en="Check the columns.",
        )


def _promising(slots: Ints, policies: Ints, worth: Floats, quota: Ints) -> Flags:
    """Pairs that are the best of their slot, or among twice the quota of their policy."""
    order = np.lexsort((-worth, policies))
    ordered = policies[order]
    first = np.searchsorted(ordered, np.arange(len(quota)))
    rank = np.empty(len(worth), dtype=np.int64)
    rank[order] = np.arange(len(worth)) - first[ordered]
    best = np.zeros(int(slots.max(initial=-1)) + 1)
    np.maximum.at(best, slots, worth)
    return (rank < 2 * quota[policies] + 8) | (worth >= best[slots])


def _solved(
    slots: Ints, policies: Ints, worth: Floats, *, active: Flags, quota: Ints
) -> tuple[Flags, Floats]:
    """Solve over the active pairs; return the choice and the price of a place per policy."""
    pairs = np.flatnonzero(active)
    prices = np.zeros(len(quota))
    chosen = np.zeros(len(worth), dtype=np.bool_)
    if not len(pairs):
        return chosen, prices
    _, at = np.unique(slots[pairs], return_inverse=True)
    shared = np.bincount(at)[at] > 1
    _, row = np.unique(at[shared], return_inverse=True)
    full = np.flatnonzero(np.bincount(policies[pairs], minlength=len(quota)) > quota)
    place = np.full(len(quota), -1)
    place[full] = np.arange(len(full))
    limited = place[policies[pairs]] >= 0
    rows = np.concatenate([place[policies[pairs[limited]]], len(full) + row])
    columns = np.concatenate([np.flatnonzero(limited), np.flatnonzero(shared)])
    height = len(full) + int(row.max(initial=-1)) + 1
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), (height, len(pairs)))
    most = np.concatenate([quota[full], np.ones(height - len(full))]).astype(np.float64)
    found = solver(solver="simplex", presolve="on")
    box = (np.zeros(len(pairs)), np.ones(len(pairs)))
    found.passModel(model(matrix, (np.full(height, -np.inf), most), box, -worth[pairs]))
    found.run()
    solution = found.getSolution()
    values: Floats = np.asarray(solution.col_value, dtype=np.float64)
    _require(found, values)
    chosen[pairs[values > 0.5]] = True
    prices[full] = np.maximum(0, -np.asarray(solution.row_dual)[: len(full)])
    return chosen, prices


def _require(found: object, values: Floats) -> None:
    status = found.getModelStatus()  # type: ignore[attr-defined]
    whole = len(values) > 0 and float(np.abs(values - np.round(values)).max()) < 1e-6
    if status != highspy.HighsModelStatus.kOptimal or not whole:
        raise JiqunError(
            "E-PLAN-SOLVER",
            "名额测算没有求得整数最优解，未给出方案",
            "the quota program ended without a whole optimum; there is no plan",
            hint_zh="请把本信息发给维护者。",
            hint_en="Send this message to the maintainers.",
            kind=Kind.INTERNAL,
        )
