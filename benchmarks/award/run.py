"""Award layers and planner: processor and wall seconds, proven gaps, and what simple rules lose.

``python benchmarks/award/run.py [layers|plan|quota|peer] [--firms 10000] [--policies 600]
[--seconds 60]``. ``peer`` gives HiGHS the whole integer program with the same time limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.award.generator import Synthetic, synthetic  # noqa: E402
from jiqun.engine.optimise.case import Plan, plan_of  # noqa: E402
from jiqun.engine.optimise.dual import dual  # noqa: E402
from jiqun.engine.optimise.kernels import COMPILED  # noqa: E402
from jiqun.engine.optimise.plan import compared  # noqa: E402
from jiqun.engine.optimise.quota import quota_plan  # noqa: E402
from jiqun.engine.optimise.restricted import improved  # noqa: E402
from jiqun.engine.rules.award.award import award  # noqa: E402
from jiqun.engine.rules.award.candidates import candidates, no_history  # noqa: E402
from jiqun.engine.rules.award.terms import (  # noqa: E402
    Budget,
    Cap,
    Group,
    Policy,
    Rationing,
    Relation,
    Scope,
    Terms,
)


def timed(work: Callable[[], Any]) -> tuple[Any, str]:
    """Return what the work returns, and its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, f"{time.process_time() - cpu:.2f} CPU s, {time.perf_counter() - wall:.2f} s wall"


def shown(name: str, plan: Plan, best: float) -> None:
    """Print one plan."""
    print(
        f"{name:18} value {plan.value:.6e}  proven gap {plan.gap:8.4%}  below best {1 - plan.value / best:8.4%}"
    )


def layers(count: int = 100_000, policies: int = 60) -> None:
    """Candidates through every layer."""
    rng = np.random.default_rng(5)
    given = candidates(
        rng.integers(0, count * 2 // 5, count), rng.integers(0, policies, count),
        gross_fen=rng.integers(1, 10**8, count), subject=rng.integers(0, 3, count),
        order=np.arange(count), year=np.full(count, 2026), score=rng.random(count),
        verdict=rng.choice([0, 1, 1, 1, 1, 1, 2], count), spend_fen=np.full(count, 10**8),
        spend_known=np.ones(count),
    )  # fmt: skip
    relations = [Relation.HIGHEST] * 4 + [Relation.EXCLUSIVE] * 3 + [Relation.TOPUP] * 2
    relations += [Relation.ONCE] * 2 + [Relation.STACK]
    terms = Terms(
        tuple(Policy(8 * 10**7) for _ in range(policies)),
        tuple(Group(one, tuple(range(4 * n, 4 * n + 4))) for n, one in enumerate(relations)),
        (Cap(Scope.SPEND), Cap(Scope.FIRM_YEAR, 10**8)),
        tuple(Budget(3 * 10**10, (one,), Rationing(one % 4), whole_yuan=True) for one in range(policies)),
    )  # fmt: skip
    runs = [timed(lambda: award(given, terms, no_history())) for _ in range(5)]
    found, seconds = min(runs, key=lambda one: float(one[1].split()[0]))
    print(f"{count} candidates, best of 5: {seconds}; {len(found.log)} log rows, "
          f"{int(found.provisional.sum())} provisional")  # fmt: skip


def planned(made: Synthetic, seconds: float) -> None:
    """Every rule beside the best plan, and the bound of prices alone."""
    dual(synthetic(50, 20).case, iterations=2)  # compiles
    for exact in (True, False) if COMPILED else (False,):
        found, said = timed(lambda exact=exact: dual(made.case, seconds=seconds, exact=exact))
        print(
            f"bound by prices, {'exact firms' if exact else 'NumPy only'}: {found.bound:.6e}, {said}"
        )
    plans, said = timed(lambda: compared(made.case, made.moment, made.score, seconds=seconds))
    print(f"all plans: {said}")
    for name, plan in plans.items():
        shown(name, plan, plans["best"].value)


def quotas(made: Synthetic) -> None:
    """The quota form: each policy takes 40 % of its applications."""
    one = made.case
    quota = np.bincount(one.policy, minlength=len(one.budget)) * 2 // 5
    found, said = timed(lambda: quota_plan(one.slot, one.policy, value=one.value, quota=quota))
    print(f"quota form, exact: gap {found.gap:.1e}, {said}")


def peer(made: Synthetic, seconds: float) -> None:
    """HiGHS alone, from nothing."""
    one = made.case
    nothing, everything = np.zeros(len(one), dtype=np.bool_), np.ones(len(one), dtype=np.bool_)
    (chosen, bound), said = timed(
        lambda: improved(one, nothing, everything, seconds=seconds, gap=1e-4)
    )
    plan = plan_of(one, chosen, bound=bound, method="HiGHS alone")
    shown("HiGHS alone", plan, plan.value)
    print(said)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["layers", "plan", "quota", "peer"])
    parser.add_argument("--firms", type=int, default=10_000)
    parser.add_argument("--policies", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    made = synthetic(given.firms, given.policies)
    print(f"{given.firms} firms × {given.policies} policies: {len(made.case)} pairs")
    if "layers" in given.what:
        layers()
    if "plan" in given.what:
        planned(made, given.seconds)
    if "quota" in given.what:
        quotas(made)
    if "peer" in given.what:
        peer(made, given.seconds)


if __name__ == "__main__":
    main()
