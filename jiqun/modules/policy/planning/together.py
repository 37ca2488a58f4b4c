"""兑付测算 of every paying policy at once: one plan under all budgets, with a proven bound for each.

Advice only. Pairs are those that are entitled with a known amount; of an exclusive group (互斥组 with
就高不重复 or 择一) a firm gets at most one. Method and bounds: ``jiqun.engine.optimise``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from jiqun.engine.optimise.case import UNLIMITED, case
from jiqun.engine.optimise.plan import best_plan
from jiqun.modules.policy.matching.findings import Matched
from jiqun.modules.policy.matching.selectors import MANUAL, MISSING, YES
from jiqun.modules.policy.planning.plans import FIRMS

Ints = npt.NDArray[np.int64]
SECONDS = 1.6  # for the plan of all; with the bounds of single policies the page stays below two
ALONE = 0.2  # for the bound of one policy whose budget does not pay everybody
EXCLUSIVE = frozenset({"highest", "exclusive"})


@dataclass(frozen=True)
class Share:
    """What the plan gives of one policy.

    ``budget_fen`` is None where the document names none. ``bound``: proven, no plan within the
    policy's own budget is worth more from this policy; ``gap`` how far below it the plan is, be it
    for want of proof or because a group or the pot gives the money to others.
    """

    key: str
    entitled: int
    open: int
    need_fen: int
    budget_fen: int | None
    firms: int
    fen: int
    value: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """Share of the bound that the plan stays below it."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True)
class Together:
    """One plan over all policies.

    ``pairs`` entitled with a known amount; ``value`` and ``bound`` of all together; ``gap`` proven;
    ``seconds`` of everything.
    """

    shares: tuple[Share, ...]
    pairs: int
    firms: int
    fen: int
    value: float
    bound: float
    gap: float
    method: str
    seconds: float


def planned_together(one: Matched, worth: str = FIRMS, *, pot_fen: int | None = None) -> Together:
    """Plan all paying policies of a place under their budgets.

    Args:
        one: the match.
        worth: ``firms`` (each award counts one) or ``money`` (each fen counts).
        pot_fen: money of all policies together, fen; None for no further limit.

    Raises:
        JiqunError: ``E-PLAN-CASE`` for a pot below zero.
    """
    _loaded()
    begun = time.perf_counter()
    rules = one.rules
    keys = sorted(key for key in rules.entries if rules.pays(key))
    mine = [_pairs(one, key) for key in keys]
    budgets = [_budget(one, key) for key in keys]
    firm = np.concatenate([pair[0] for pair in mine]) if mine else np.zeros(0, np.int64)
    fen = np.concatenate([pair[1] for pair in mine]) if mine else np.zeros(0, np.int64)
    number = np.repeat(np.arange(len(keys)), [len(pair[0]) for pair in mine]).astype(np.int64)
    value = _value(fen, worth)
    made = case(
        firm, number, fen=fen, value=value, firm_cap=np.full(one.gathered.firms.height, UNLIMITED),
        budget=[UNLIMITED if fen is None else fen for fen in budgets], group=_groups(one, keys)[number],
        pot=UNLIMITED if pot_fen is None else pot_fen,
    )  # fmt: skip
    best = best_plan(made, seconds=SECONDS)
    shares = tuple(
        _share(one, key, pair, budget, best.chosen[number == at], worth)
        for at, (key, pair, budget) in enumerate(zip(keys, mine, budgets, strict=True))
    )
    return Together(
        shares, len(fen), len(np.unique(firm[best.chosen])), int(fen[best.chosen].sum()), best.value,
        best.bound, best.gap, best.method, time.perf_counter() - begun,
    )  # fmt: skip


@cache
def _loaded() -> None:
    """Have the compiled kernels loaded before time counts: once per process."""
    tiny = case([0, 0, 1], [0, 1, 1], fen=[1, 2, 2], value=[1, 1, 1], firm_cap=[2, 2], budget=[1, 2],
                group=[0, 0, 0], pot=3)  # fmt: skip
    best_plan(tiny, seconds=SECONDS)


def _pairs(one: Matched, key: str) -> tuple[Ints, Ints]:
    """Firms (positions) entitled to a known amount, and the amount in fen."""
    position = one.rules.position(key)
    fen, known = one.found.amounts(position)
    firm = np.flatnonzero((one.found.verdict(position) == YES) & known & (fen > 0))
    return firm.astype(np.int64), fen[firm].astype(np.int64)


def _budget(one: Matched, key: str) -> int | None:
    stated = one.rules.entries[key].policy.budget
    return None if stated is None else stated.fen


def _value(fen: Ints, worth: str) -> npt.NDArray[np.float64]:
    return np.ones(len(fen)) if worth == FIRMS else fen.astype(np.float64) / 100


def _groups(one: Matched, keys: list[str]) -> Ints:
    """Number of each policy's exclusive group; a policy without one is a group of its own.

    Policies that share any exclusive group are one group: at most one of them for a firm.
    """
    numbers: dict[str, int] = {}
    found = np.arange(len(keys), dtype=np.int64)
    for at, key in enumerate(keys):
        policy = one.rules.entries[key].policy
        for group in policy.groups if policy.stacking in EXCLUSIVE else ():
            first = numbers.setdefault(group, int(found[at]))
            found[found == found[at]] = first
    return found


def _share(
    one: Matched, key: str, pair: tuple[Ints, Ints], budget: int | None, chosen: npt.NDArray[np.bool_], worth: str
) -> Share:  # fmt: skip
    begun = time.perf_counter()
    fen = pair[1]
    value = _value(fen, worth)
    need = int(fen.sum())
    bound = float(value.sum())
    if budget is not None and need > budget:
        alone = case(
            np.arange(len(fen)), np.zeros(len(fen), np.int64), fen=fen, value=value,
            firm_cap=np.full(len(fen), UNLIMITED), budget=[budget],
        )  # fmt: skip
        bound = min(bound, best_plan(alone, seconds=ALONE).bound)
    position = one.rules.position(key)
    verdicts = one.found.verdict(position)
    _, known = one.found.amounts(position)
    open_ = np.isin(verdicts, (MISSING, MANUAL)) | ((verdicts == YES) & ~known)
    return Share(
        key, len(fen), int(open_.sum()), need, budget, int(chosen.sum()), int(fen[chosen].sum()),
        float(value[chosen].sum()), bound, time.perf_counter() - begun,
    )  # fmt: skip
