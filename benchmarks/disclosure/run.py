"""Forty town × industry tables: what suppressing small cells leaves, and what it takes to close it.

``python benchmarks/disclosure/run.py [--tables 40] [--insiders 10] [--rule background|counter]``
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import linprog

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.disclosure.greedy import rectangles  # noqa: E402
from jiqun.engine.disclosure.attack import audit  # noqa: E402
from jiqun.engine.disclosure.exact import cheapest  # noqa: E402
from jiqun.engine.disclosure.plan import plan  # noqa: E402
from jiqun.engine.disclosure.rules import Rule  # noqa: E402
from jiqun.engine.disclosure.suppress import protect  # noqa: E402
from jiqun.engine.disclosure.tables import Dimension, Flags, System, Table, assemble  # noqa: E402

TOWNS, INDUSTRIES, FIRMS = 12, 15, 1500
RULES = {"background": Rule(minimum=3, largest=1.0), "counter": Rule()}


def sample(
    seed: int, *, firms: int = FIRMS, towns: int = TOWNS, industries: int = INDUSTRIES
) -> Table:
    """Firms of unequal size (lognormal, σ = 1.2) in unequal towns and industries (Zipf, 0.7)."""
    rng = np.random.default_rng(seed)

    def draw(count: int) -> Any:
        weight = 1 / np.arange(1, count + 1) ** 0.7
        return rng.choice(count, firms, p=weight / weight.sum())

    town, industry = draw(towns), draw(industries)
    values = np.round(np.exp(rng.normal(10, 1.2, firms))).astype(np.int64) * 100
    rows = {
        "firm": [f"f{n:04d}" for n in range(firms)],
        "value": values,
        "town": [f"t{n:02d}" for n in town],
        "industry": [f"i{n:02d}" for n in industry],
    }
    return Table(
        "t", "output", rows, (Dimension("town", ("town",)), Dimension("industry", ("industry",)))
    )


def slow_attack(system: System, hidden: Flags) -> float:
    """Seconds that the same attack takes with one fresh ``scipy.optimize.linprog`` per bound."""
    start = time.perf_counter()
    published = system.matrix[np.flatnonzero(~hidden)]
    for cell in np.flatnonzero(system.sensitive & hidden):
        goal = system.matrix[[int(cell)]].toarray()[0]
        for sign in (1.0, -1.0):
            linprog(sign * goal, A_eq=published, b_eq=published @ system.values, method="highs")
    return time.perf_counter() - start


def measured(name: str, method: Callable[[System], Flags], systems: list[System]) -> dict[str, Any]:
    """Cells that a method withholds besides the primary ones, its time, and what it leaves."""
    extra = seconds = exact = within = exposed = 0.0
    for system in systems:
        start = time.perf_counter()
        hidden = method(system)
        seconds += time.perf_counter() - start
        result = audit(system, hidden, with_insiders=False)
        extra += float((hidden & ~system.primary()).sum())
        exact, within = exact + result.exact, within + result.recoverable
        exposed += float(result.cells["exposed"].sum())
    count = len(systems)
    return {
        "method": name, "extra cells per table": round(extra / count, 2), "exact": int(exact),
        "within ±10 %": int(within), "either side < 10 %": int(exposed),
        "seconds per table": round(seconds / count, 3),
    }  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument(
        "--insiders", type=int, default=10, help="tables also protected from contributors"
    )
    parser.add_argument("--rule", choices=RULES, default="background")
    given = parser.parse_args()
    rule = RULES[given.rule]
    systems = [assemble([sample(seed)], rule=rule) for seed in range(given.tables)]
    primary = sum(int(system.sensitive.sum()) for system in systems)
    print(
        f"{given.tables} tables {TOWNS}×{INDUSTRIES}, {FIRMS} firms each, {rule}: {primary} sensitive cells"
    )
    start = time.perf_counter()
    for system in systems:
        audit(system, system.primary(), with_insiders=False)
    print(f"attack: {(time.perf_counter() - start) / len(systems):.3f} s per table")
    slow = sum(slow_attack(system, system.primary()) for system in systems[:3]) / 3
    print(f"the same attack with scipy.optimize.linprog: {slow:.2f} s per table (3 tables)")
    gaps: list[float] = []

    def exact(system: System) -> Flags:
        found = cheapest(system, with_insiders=False)
        gaps.append(found.gap)
        return found.hidden

    methods: list[tuple[str, Callable[[System], Flags]]] = [
        ("primary cells only", lambda system: system.primary()),
        ("greedy rectangles", rectangles),
        ("heuristic", lambda system: protect(system, with_insiders=False).hidden),
        ("cheapest (cuts)", exact),
    ]
    results = [measured(name, method, systems) for name, method in methods]
    print(pl.DataFrame(results))
    print(f"proved cheapest: {sum(gap <= 1e-6 for gap in gaps)} of {len(gaps)}")
    _with_insiders(rule, given.insiders)


def _with_insiders(rule: Rule, tables: int) -> None:
    """The plan that publication uses: also safe from every contributor."""
    rows: list[dict[str, Any]] = []
    for seed in range(tables):
        start = time.perf_counter()
        made = plan(sample(seed), rule=rule)
        rows.append(
            {
                "seconds": time.perf_counter() - start,
                "extra": int(made.pattern.secondary.sum()),
                "merges": len(made.merges),
                "insiders": made.audit.tried,
                "passed": made.audit.passed,
                "recoverable": made.audit.recoverable,
            }
        )
    frame = pl.DataFrame(rows)
    print(f"with insiders, {tables} tables:", frame.select(pl.all().mean()).to_dicts()[0])


if __name__ == "__main__":
    main()
