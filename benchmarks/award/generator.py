"""Synthetic planning cases: firms, policies, eligible pairs, caps, budgets and a pot (合成数据)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiqun.engine.optimise.case import Case, Floats, Ints, case

WAN = 10**6  # fen


@dataclass(frozen=True)
class Synthetic:
    """A case with moments of application and scores, in the order of the pairs."""

    case: Case
    moment: Ints
    score: Floats


def synthetic(firms: int, policies: int, *, seed: int = 0, rate: float = 0.0214) -> Synthetic:
    """About ``rate`` of all pairs are eligible; half the budgets cover 30–90 % of their demand.

    Amounts are fixed or grow with the size of the firm; four policies make a group; a firm's cap
    is 40–120 % of its own demand, at least its largest award; the pot is 60 % of all demand.
    Worth per fen is priority (1–5) × (0.5 + grade / 5), grade 1–5; the score is the grade and
    something that the priorities do not know.
    """
    rng = np.random.default_rng(seed)
    share = np.clip(rng.lognormal(np.log(rate * 0.8), 0.7, policies), 0.001, 0.4)
    share *= rate / share.mean()
    size, grade = rng.lognormal(0, 1, firms), rng.integers(1, 6, firms)
    often = 0.5 + grade / 6
    often /= often.mean()
    picks = [np.flatnonzero(rng.random(firms) < share[one] * often) for one in range(policies)]
    firm = np.concatenate(picks)
    policy = np.repeat(np.arange(policies), [len(one) for one in picks])
    base = np.maximum(1, np.round(rng.lognormal(np.log(20), 0.9, policies))) * WAN
    relative = base[policy] * size[firm] * rng.lognormal(0, 0.4, len(firm)) / 2
    grows = (rng.random(policies) < 0.5)[policy]
    cost = np.where(grows, np.minimum(relative, 2 * base[policy]), base[policy])
    fen = np.maximum(cost, WAN // 100).astype(np.int64)
    worth = rng.integers(1, 6, policies)[policy] * (0.5 + grade[firm] / 5)
    demand = np.bincount(firm, fen, minlength=firms)
    largest = np.zeros(firms)
    np.maximum.at(largest, firm, fen)
    cap = np.maximum(demand * rng.uniform(0.4, 1.2, firms), largest).astype(np.int64)
    asked = np.bincount(policy, fen, minlength=policies)
    short = rng.random(policies) < 0.5
    budget = np.where(short, asked * rng.uniform(0.3, 0.9, policies), 2 * asked).astype(np.int64)
    made = case(
        firm, policy, fen=fen, value=worth * fen, group=policy // 4, firm_cap=cap, budget=budget,
        pot=int(fen.sum() * 0.6),
    )  # fmt: skip
    score = grade[firm] + rng.normal(0, 0.5, len(firm))
    return Synthetic(made, rng.permutation(len(firm)).astype(np.int64), score)
