"""A planning case: eligible pairs of firm and policy, what each costs and is worth, and limits.

Plans advise on budgets, thresholds and the way of rationing. They decide no award: whoever is
entitled is paid by the award layers, which know nothing of this folder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNLIMITED = 2**60  # fen


@dataclass(frozen=True, slots=True)
class Case:
    """Pairs sorted by firm, group and policy; shapes (n,), (firms,), (policies,).

    Attributes:
        firm: number of the firm, from 0.
        policy: number of the policy, from 0.
        group: number of the group; a firm gets at most one pair of a group.
        fen: what the pair costs, above 0.
        value: what it is worth to the planner, e.g. priority × fen; at least 0.
        firm_cap: most that a firm may get, fen.
        budget: money of each policy, fen.
        pot: money of all together, fen.
        slot: number of (firm, group), ascending from 0.
        row: place of each pair in the arrays that the case was made from.
    """

    firm: Ints
    policy: Ints
    group: Ints
    fen: Ints
    value: Floats
    firm_cap: Ints
    budget: Ints
    pot: int
    slot: Ints
    row: Ints

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.firm)


@dataclass(frozen=True, slots=True)
class Plan:
    """A choice of pairs, and how good any choice could be.

    Attributes:
        chosen: per pair in the order given, whether the plan pays it.
        value: what the plan is worth.
        bound: proven: no plan within the limits is worth more.
        method: how plan and bound were found.
        price: worth of one more fen per policy (its budget and the pot), from the bound; empty
            where there is none.
        pot_price: worth of one more fen in the pot; NaN where there is none.
    """

    chosen: Flags
    value: float
    bound: float
    method: str
    price: Floats
    pot_price: float

    @property
    def gap(self) -> float:
        """Proven: the plan is below the best one by at most this share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def case(
    firm: npt.ArrayLike,
    policy: npt.ArrayLike,
    *,
    fen: npt.ArrayLike,
    value: npt.ArrayLike,
    firm_cap: npt.ArrayLike,
    budget: npt.ArrayLike,
    group: npt.ArrayLike | None = None,
    pot: int = UNLIMITED,
) -> Case:
    """Return a case; without groups every policy is a group of its own.

    Raises:
        JiqunError: ``E-PLAN-CASE`` where an amount, value or limit cannot be.
    """
    firms, policies, cost = (np.asarray(one, dtype=np.int64) for one in (firm, policy, fen))
    groups = policies if group is None else np.asarray(group, dtype=np.int64)
    worth = np.asarray(value, dtype=np.float64)
    caps, budgets = np.asarray(firm_cap, dtype=np.int64), np.asarray(budget, dtype=np.int64)
    _check((firms, policies, cost, groups, worth), caps, budgets, pot)
    order = np.lexsort((policies, groups, firms))
    f, g = firms[order], groups[order]
    new = np.ones(len(order), dtype=np.int64)
    new[1:] = (f[1:] != f[:-1]) | (g[1:] != g[:-1])
    return Case(
        f, policies[order], g, cost[order], worth[order], np.minimum(caps, UNLIMITED),
        np.minimum(budgets, UNLIMITED), min(pot, UNLIMITED), np.cumsum(new) - 1, order,
    )  # fmt: skip


def _check(
    columns: tuple[Ints, Ints, Ints, Ints, Floats], caps: Ints, budgets: Ints, pot: int
) -> None:
    firms, policies, cost, groups, worth = columns
    same = {len(one) for one in columns}
    bad = len(same) > 1 or pot < 0 or bool((caps < 0).any() or (budgets < 0).any())
    if not bad and len(firms):
        bad = bool(
            (cost <= 0).any()
            or not np.isfinite(worth).all()
            or (worth < 0).any()
            or min(firms.min(), policies.min(), groups.min()) < 0
            or firms.max() >= len(caps)
            or policies.max() >= len(budgets)
            or int(cost.max()) > UNLIMITED // max(1, len(cost))
        )
    if bad:
        raise JiqunError(
            "E-PLAN-CASE",
            "测算的输入有误：金额须大于零，价值和各项限额不小于零，编号在范围之内，各列等长",
            "the planning case is wrong: costs above 0, values and limits at least 0, "
            "numbers in range, columns of one length",
            hint_zh="待核实的组合不参加测算；金额为零的请先去掉。",
            hint_en="Leave undetermined pairs out, and pairs that cost nothing.",
        )


def used(one: Case, chosen: Flags) -> tuple[Ints, Ints, int]:
    """Return what a choice costs per firm and per policy, and in all, in fen."""
    per_firm = np.zeros(len(one.firm_cap), dtype=np.int64)
    per_policy = np.zeros(len(one.budget), dtype=np.int64)
    np.add.at(per_firm, one.firm[chosen], one.fen[chosen])
    np.add.at(per_policy, one.policy[chosen], one.fen[chosen])
    return per_firm, per_policy, int(one.fen[chosen].sum())


def feasible(one: Case, chosen: Flags) -> bool:
    """Whether a choice (in the order of the case) keeps every limit, in whole fen."""
    per_firm, per_policy, total = used(one, chosen)
    slots = one.slot[chosen]
    return bool(
        (per_firm <= one.firm_cap).all()
        and (per_policy <= one.budget).all()
        and total <= one.pot
        and len(np.unique(slots)) == len(slots)
    )


def plan_of(
    one: Case, chosen: Flags, *, bound: float, method: str,
    price: Floats | None = None, pot_price: float = float("nan"),
) -> Plan:  # fmt: skip
    """Return the plan of a choice in the order of the case."""
    given = np.zeros(len(one), dtype=np.bool_)
    given[one.row] = chosen
    value = float(one.value[chosen].sum())
    return Plan(
        given, value, max(bound, value), method, np.zeros(0) if price is None else price, pot_price
    )
