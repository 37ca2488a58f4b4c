"""The attacker finds what a reader could compute, no more and no less."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from jiqun.engine.disclosure.attack import audit
from jiqun.engine.disclosure.plan import audit_tables, findings
from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.tables import Ratio, assemble
from jiqun.errors import JiqunError
from tests.engine.publication_tables import (
    COUNT_ONLY,
    brute_force,
    cell_of,
    cross,
    frame,
    random_cross,
    system_of,
)

INNER = frozenset({"a|x", "a|y", "a|z", "b|x", "b|y", "b|z"})


def test_a_lone_withheld_cell_follows_exactly_from_its_margin() -> None:
    system = system_of(
        cross({("a", "x"): [5, 5, 5], ("a", "y"): [7], ("b", "x"): [4] * 3, ("b", "y"): [2] * 3})
    )
    found = audit(system, system.primary())
    assert found.exact == 1
    assert frame(found.cells).row(0, named=True) | {"cell": 0, "need": 0} == {
        "cell": 0, "total": 7, "need": 0, "low": 7, "high": 7, "exact": True, "within": True, "exposed": True,
    }  # fmt: skip
    assert not found.passed


@pytest.mark.parametrize("seed", range(8))
def test_bounds_equal_those_of_trying_every_table(seed: int) -> None:
    system = system_of(random_cross(seed, towns=2))
    hidden = system.primary()
    found = audit(system, hidden, with_insiders=False)
    assert len(found.cells["cell"])
    for row in frame(found.cells).iter_rows(named=True):
        assert (row["low"], row["high"]) == brute_force(system, hidden, row["cell"])


def test_a_margin_shared_by_two_tables_is_one_cell_whatever_the_other_withholds() -> None:
    cells = {("a", "x"): [5] * 3, ("a", "y"): [7], ("b", "x"): [9], ("b", "y"): [2] * 3}
    first = cross(cells)
    second = type(first)(
        "towns",
        "output",
        {name: first.rows[name] for name in ("firm", "value", "town")},
        (first.dimensions[0],),
    )
    system = assemble([first, second], rule=COUNT_ONLY)
    assert cell_of(system, "a|") == cell_of(system, "a", "towns")
    assert cell_of(system, "|") == cell_of(system, "", "towns")


def test_two_releases_give_away_the_firm_that_was_added() -> None:
    before = {("a", "x"): [50, 40, 30], ("b", "x"): [20, 20, 20]}
    after = {("a", "x"): [50, 40, 30, 77], ("b", "x"): [20, 20, 20]}
    old = cross(before, key="old", withheld=frozenset())
    new = cross(after, key="new", withheld=frozenset())
    _, alone = audit_tables([new], rule=COUNT_ONLY)
    assert alone.passed
    system, both = audit_tables([old, new], rule=COUNT_ONLY)
    assert both.exact == 1
    row = frame(findings(system, both)).row(0, named=True)
    assert (row["low"], row["high"], row["implied"], row["count"]) == (77, 77, True, 1)


def test_a_corrected_figure_is_not_given_away_by_its_correction() -> None:
    """The difference tells by how much a firm corrected itself, not what it has."""
    old = cross({("a", "x"): [50, 40, 30], ("b", "x"): [20] * 3}, key="old", withheld=frozenset())
    new = cross({("a", "x"): [50, 40, 35], ("b", "x"): [20] * 3}, key="new", withheld=frozenset())
    _, both = audit_tables([old, new], rule=COUNT_ONLY, insiders=False)
    assert both.exact == 0
    widths = (both.cells["high"] - both.cells["low"]).tolist()
    assert min(widths) == 120


def test_a_cell_withheld_in_one_table_and_published_in_another_is_known() -> None:
    cells = {("a", "x"): [5] * 3, ("a", "y"): [7], ("b", "x"): [9], ("b", "y"): [2] * 3}
    hiding = frozenset({"a|y", "b|x", "a|x", "b|y"})
    _, found = audit_tables([cross(cells, key="one", withheld=hiding)], rule=COUNT_ONLY)
    assert found.exact == 0
    _, both = audit_tables(
        [cross(cells, key="one", withheld=hiding), cross(cells, key="two", withheld=frozenset({"b|x"}))],
        rule=COUNT_ONLY,
    )  # fmt: skip
    assert both.known == 1
    assert both.exact == 1


def test_a_published_rate_gives_away_the_cell_of_the_period_before() -> None:
    this_year = cross({("a", "x"): [60, 50, 40], ("a", "y"): [9], ("b", "x"): [8], ("b", "y"): [30] * 3,
                       ("a", "z"): [11], ("b", "z"): [3] * 3}, key="2025", withheld=INNER)  # fmt: skip
    last_year = cross({("a", "x"): [61, 51, 41], ("a", "y"): [8], ("b", "x"): [9], ("b", "y"): [31] * 3,
                       ("a", "z"): [12], ("b", "z"): [4] * 3}, key="2024", withheld=INNER)  # fmt: skip
    without = audit_tables([this_year, last_year], rule=COUNT_ONLY, insiders=False)[1]
    assert without.exact == 0
    column = Ratio(("2025", "a|y"), ("2024", "|y"), 9 / 101)
    found = audit_tables([this_year, last_year], rule=COUNT_ONLY, ratios=[column], insiders=False)[
        1
    ]
    known = frame(found.cells).filter("exact")
    assert known["total"].to_list() == [9]


def test_rounding_of_a_rate_leaves_the_width_that_it_should() -> None:
    """99 printed as a share of 1,000 to one per mill: 98.5 to 99.5, so 99 for whole numbers."""
    table = cross({("a", "x"): [99], ("a", "y"): [300] * 3 + [1], ("b", "x"): [100] * 3, ("b", "y"): [70]},
                  withheld=frozenset({"a|x", "a|y", "b|x", "b|y", "a|", "b|", "|x", "|y"}))  # fmt: skip
    share = Ratio(("t", "a|x"), ("t", "|"), 99 / 1370, 0.02)
    found = audit_tables([table], rule=COUNT_ONLY, ratios=[share], insiders=False)[1]
    row = frame(found.cells).filter(pl.col("total") == 99).row(0, named=True)
    assert (row["low"], row["high"]) == (72, 126)  # 1370 × (99/1370 ± 0.02) = 71.6 … 126.4


def test_the_only_firm_of_a_withheld_cell_sees_through_it() -> None:
    """Two lone firms in one row hide each other from outsiders and from nobody else."""
    cells = {("a", "x"): [40], ("a", "y"): [30], ("b", "x"): [9] * 3, ("b", "y"): [8] * 3,
             ("c", "x"): [50] * 3, ("c", "y"): [60] * 3}  # fmt: skip
    hidden = frozenset({"a|x", "a|y", "b|x", "b|y"})
    _, outside = audit_tables([cross(cells, withheld=hidden)], rule=COUNT_ONLY, insiders=False)
    assert outside.passed
    _, inside = audit_tables([cross(cells, withheld=hidden)], rule=COUNT_ONLY)
    assert {(one.holder, one.low, one.high) for one in inside.insiders} == {
        ("ax-0", 30.0, 30.0), ("ay-0", 40.0, 40.0),
    }  # fmt: skip


def test_two_firms_of_one_holder_know_of_each_other() -> None:
    cells = {("a", "x"): [40], ("a", "y"): [30], ("a", "z"): [20], ("b", "x"): [9] * 3,
             ("b", "y"): [8] * 3, ("b", "z"): [7] * 3}  # fmt: skip
    hidden = frozenset({"a|x", "a|y", "a|z", "b|x", "b|y", "b|z"})
    _, apart = audit_tables([cross(cells, withheld=hidden)], rule=COUNT_ONLY)
    assert apart.passed
    holders = {"ax-0": "group", "ay-0": "group"}
    _, together = audit_tables([cross(cells, withheld=hidden, holders=holders)], rule=COUNT_ONLY)
    assert {(one.holder, one.low, one.high) for one in together.insiders} == {("group", 20.0, 20.0)}


def test_signs_of_losses_are_taken_as_known() -> None:
    """With signs unknown a loss beside a gain could be anything; readers often know the sign."""
    cells = {("a", "x"): [-40], ("a", "y"): [30], ("b", "x"): [90] * 3, ("b", "y"): [80] * 3}
    hidden = frozenset({"a|x", "a|y", "b|x", "b|y"})
    _, found = audit_tables([cross(cells, withheld=hidden)], rule=COUNT_ONLY, insiders=False)
    rows = {
        row["total"]: (row["low"], row["high"]) for row in frame(found.cells).iter_rows(named=True)
    }
    # Row a is −10, column x is 230: the loss is 10 at least (y ≥ 0) and at most 10 + 270.
    assert rows == {-40: (-280, -10), 30: (0, 270)}


def test_a_true_zero_needs_no_protection_and_hides_nothing() -> None:
    """No firm is in (a, y): the register says so, and the lone cell of row a follows."""
    system = system_of(cross({("a", "x"): [5], ("b", "x"): [4] * 3, ("b", "y"): [2] * 3}))
    assert audit(system, system.primary()).exact == 1


def test_a_firm_with_two_rows_in_a_table_is_refused() -> None:
    table = cross({("a", "x"): [5, 5]})
    doubled = type(table)(
        "t",
        "output",
        {name: [*column, *column] for name, column in table.rows.items()},
        table.dimensions,
    )
    with pytest.raises(JiqunError, match="E-PUBLICATION-ROWS"):
        assemble([doubled], rule=Rule())


def test_magnitudes_far_apart_do_not_hide_a_recoverable_cell() -> None:
    big = 10**13
    system = system_of(
        cross(
            {
                ("a", "x"): [big] * 3,
                ("a", "y"): [big // 10**6],
                ("b", "x"): [big] * 3,
                ("b", "y"): [5] * 3,
            }
        )
    )
    found = audit(system, system.primary())
    assert found.exact == 1
    assert np.array_equal(found.cells["low"], found.cells["high"])
