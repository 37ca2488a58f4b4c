"""Secondary suppression closes what the attacker finds, at the least cost."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from benchmarks.disclosure.run import RULES, sample
from jiqun.engine.disclosure.attack import Attacker, audit
from jiqun.engine.disclosure.exact import cheapest
from jiqun.engine.disclosure.plan import Options, Plan, audit_tables, margins, plan
from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.suppress import costs, is_safe, protect
from jiqun.engine.disclosure.tables import System, assemble
from tests.engine.publication_tables import COUNT_ONLY, cross, random_cross, system_of


def withheld_of(made: Plan) -> frozenset[str]:
    """Coordinates that a plan withholds."""
    cells = made.cells()
    return frozenset(cells["coordinate"][cells["status"] != "published"])


def cheapest_by_trying(system: System, *, with_insiders: bool) -> float:
    """Cost of the cheapest safe pattern, over every set of cells."""
    price, primary = costs(system), system.primary()
    open_cells = np.flatnonzero(~primary)
    best = np.inf
    for size in range(len(open_cells) + 1):
        for chosen in combinations(open_cells, size):
            cost = float(price[list(chosen)].sum())
            if cost >= best:
                continue
            hidden = primary.copy()
            hidden[list(chosen)] = True
            if is_safe(Attacker(system, hidden), with_insiders=with_insiders):
                best = cost
        if best <= size:  # every cell costs 1 at least
            break
    return best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("with_insiders", [False, True])
def test_cuts_find_the_cheapest_pattern_of_all(seed: int, *, with_insiders: bool) -> None:
    system = system_of(random_cross(seed + 40, towns=2))
    found = cheapest(system, with_insiders=with_insiders, seconds=30)
    assert found.cost == pytest.approx(cheapest_by_trying(system, with_insiders=with_insiders))
    assert found.gap == pytest.approx(0.0, abs=1e-6)
    heuristic = protect(system, with_insiders=with_insiders)
    assert heuristic.cost >= found.cost - 1e-9
    assert audit(system, heuristic.hidden, with_insiders=with_insiders).passed


def test_a_bound_never_exceeds_the_cheapest_cost_when_time_is_short() -> None:
    system = assemble([sample(3, firms=500, towns=7, industries=9)], rule=RULES["background"])
    short = cheapest(system, with_insiders=True, seconds=0.3)
    assert short.bound <= short.cost
    assert audit(system, short.hidden).passed


def test_the_experiment_of_the_background_note() -> None:
    """Suppressing small cells alone leaves about 8 % exactly recoverable; ours leaves none."""
    systems = [assemble([sample(seed)], rule=RULES["background"]) for seed in range(6)]
    before = [audit(one, one.primary(), with_insiders=False) for one in systems]
    share = sum(one.exact for one in before) / sum(len(one.cells["cell"]) for one in before)
    assert 0.05 < share < 0.13
    patterns = [cheapest(one, with_insiders=False) for one in systems]
    after = [
        audit(one, p.hidden, with_insiders=False) for one, p in zip(systems, patterns, strict=True)
    ]
    assert sum(one.recoverable for one in after) == 0
    assert all(one.passed for one in after)
    assert sum(int(p.secondary.sum()) for p in patterns) / len(patterns) < 5


def test_a_plan_is_safe_from_contributors_as_well() -> None:
    made = plan(sample(1, firms=400, towns=6, industries=8), rule=RULES["counter"])
    assert made.audit.passed
    assert made.audit.tried > 30
    system, again = audit_tables(
        [type(made.table)("t", "output", made.table.rows, made.table.dimensions,
                          withheld_of(made))],
        rule=RULES["counter"],
    )  # fmt: skip
    assert again.passed
    assert system.matrix.shape == made.system.matrix.shape


def test_a_new_release_is_fitted_to_what_the_old_one_published() -> None:
    """The new firm would follow from the difference; cells of the new release are withheld for it."""
    old_cells = {(t, x): [50, 40, 30, 20] for t in "abc" for x in "xyz"}
    new_cells = old_cells | {("a", "x"): [50, 40, 30, 20, 77]}
    old, new = cross(old_cells, key="old", withheld=frozenset()), cross(new_cells, key="new")
    made = plan(new, [old], rule=COUNT_ONLY)
    assert made.audit.passed
    withheld = withheld_of(made)
    # Whatever holds the new firm and nothing new besides gives it away.
    assert withheld >= {"a|x", "a|", "|x", "|"}


def test_a_dominated_category_is_merged_with_its_neighbour() -> None:
    """Column z is one firm's: with margins kept, only a wider category can be published."""
    cells = {(t, x): [50, 40, 30, 20, 25, 30] for t in "abc" for x in "xy"}
    cells |= {("a", "z"): [150], ("b", "z"): [5], ("c", "z"): [5]}
    made = plan(cross(cells), rule=Rule())
    assert made.audit.passed
    assert [(one.first, one.second) for one in made.merges] == [("y", "z")]
    keep = margins(made.system) & ~made.system.sensitive
    assert not made.pattern.hidden[keep].any()


def test_without_merges_margins_give_way_in_the_end() -> None:
    cells = {(t, x): [50, 40, 30, 20, 25, 30] for t in "abc" for x in "xy"}
    cells |= {("a", "z"): [150], ("b", "z"): [5], ("c", "z"): [5]}
    made = plan(cross(cells), rule=Rule(), options=Options(merges=0))
    assert made.audit.passed
    assert not made.merges


def test_what_is_out_already_cannot_be_taken_back() -> None:
    out = cross({("a", "x"): [5] * 3, ("a", "y"): [7], ("b", "x"): [4] * 3, ("b", "y"): [2] * 3},
                key="out", withheld=frozenset())  # fmt: skip
    made = plan(
        cross({("a", "x"): [5] * 3, ("a", "y"): [7], ("b", "x"): [4] * 3, ("b", "y"): [2] * 3}),
        [out],
        rule=COUNT_ONLY,
    )
    assert made.audit.known == 1
