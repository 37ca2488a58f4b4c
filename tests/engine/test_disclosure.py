"""Bounds of hidden cells: they contain the truth, and suppressed is never absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.regional import disclosure as d
from jiqun.engine.regional.disclosure import Cell
from jiqun.errors import JiqunError

#: 0 ── 1 ── 3, 4, 5
#:   └─ 2 ── 6, 7
TREE = d.classification_tree([-1, 0, 0, 1, 1, 1, 2, 2])


def full_table(leaves: np.ndarray) -> np.ndarray:
    """Return (P, 8) with sums above leaves (P, 5)."""
    first, second = leaves[:, :3].sum(axis=1), leaves[:, 3:].sum(axis=1)
    return np.column_stack((first + second, first, second, leaves))


def test_remainder_of_one_hidden_child_is_exact() -> None:
    value = [100, 60, 40, 25, 0, 20, 40, 0]
    status = [0, 0, 0, 0, Cell.UNLISTED, 0, 0, Cell.UNLISTED]
    found = d.disclosure_bounds(TREE, *d.initial_bounds(value, status))
    assert found.low[0].tolist() == [100, 60, 40, 25, 15, 20, 40, 0]
    assert found.high[0].tolist() == [100, 60, 40, 25, 15, 20, 40, 0]
    assert found.hidden[0].tolist() == [False] * 4 + [True, False, False, True]
    assert found.remainder_low[0, 1] == found.remainder_high[0, 1] == 15
    assert found.remainder_low[0, 2] == 0
    assert np.isnan(found.remainder_low[0, 3:]).all()
    assert not found.conflict.any()


def test_hidden_parent_and_children() -> None:
    value = [100, 0, 30, 25, 0, 0, 30, 0]
    status = [0, Cell.SUPPRESSED, 0, 0, Cell.SUPPRESSED, Cell.UNLISTED, 0, Cell.ZERO]
    found = d.disclosure_bounds(TREE, *d.initial_bounds(value, status, least=1.0))
    assert (found.low[0, 1], found.high[0, 1]) == (70, 70)
    assert (found.low[0, 4], found.high[0, 4]) == (1, 45)
    assert (found.low[0, 5], found.high[0, 5]) == (0, 44)
    assert (found.remainder_low[0, 1], found.remainder_high[0, 1]) == (45, 45)


def test_contradiction_is_reported_and_not_spread() -> None:
    value = [100, 60, 40, 25, 0, 50, 40, 0]
    status = [0, 0, 0, 0, Cell.UNLISTED, 0, 0, Cell.UNLISTED]
    found = d.disclosure_bounds(TREE, *d.initial_bounds(value, status))
    assert np.flatnonzero(found.conflict[0]).tolist() == [1]
    assert (found.low[0, 4], found.high[0, 4]) == (0, np.inf)
    assert found.high[0, 7] == 0
    problems = d.conflicts(found, ["here"], list("abcdefgh"))
    assert [(p.column, p.value) for p in problems] == [("b", "here")]
    relaxed = d.disclosure_bounds(TREE, *d.initial_bounds(value, status), slack=0.3)
    assert not relaxed.conflict.any()


def test_incomplete_list_of_children_bounds_only_from_above() -> None:
    value = [100, 60, 40, 25, 0, 20, 40, 0]
    status = [0, 0, 0, 0, Cell.UNLISTED, 0, 0, Cell.UNLISTED]
    complete = np.ones(8, dtype=bool)
    complete[1] = False
    found = d.disclosure_bounds(TREE, *d.initial_bounds(value, status), exhaustive=complete)
    assert (found.low[0, 4], found.high[0, 4]) == (0, 15)


leaf_values = st.lists(st.integers(0, 500), min_size=15, max_size=15)
hidden_cells = st.lists(st.sampled_from([True, False]), min_size=24, max_size=24)


@given(leaf_values, hidden_cells)
@settings(max_examples=150, deadline=None)
def test_bounds_contain_the_truth_and_one_pass_is_enough(
    leaves: list[int], hide: list[bool]
) -> None:
    truth = full_table(np.array(leaves, dtype=float).reshape(3, 5))
    mask = np.array(hide).reshape(3, 8)
    status = np.where(mask, np.where(truth > 0, Cell.SUPPRESSED, Cell.UNLISTED), Cell.PUBLISHED)
    low, high = d.initial_bounds(np.where(mask, np.nan, truth), status, least=1.0)
    found = d.disclosure_bounds(TREE, low, high)
    assert not found.conflict.any()
    assert (found.low <= truth + 1e-9).all()
    assert (found.high >= truth - 1e-9).all()
    again = d.disclosure_bounds(TREE, found.low, found.high)
    assert np.allclose(again.low, found.low)
    assert np.allclose(again.high, found.high)


@given(leaf_values, hidden_cells)
@settings(max_examples=60, deadline=None)
def test_linked_bounds_contain_the_truth(leaves: list[int], hide: list[bool]) -> None:
    plants = full_table((np.array(leaves, dtype=float) % 5).reshape(3, 5))
    people = full_table(np.array(leaves, dtype=float).reshape(3, 5) + plants[:, 3:])
    people[:, 3:] *= plants[:, 3:] > 0
    people = full_table(people[:, 3:])
    mask = np.array(hide).reshape(3, 8)
    status = np.where(mask, Cell.UNLISTED, Cell.PUBLISHED)
    found_people, found_plants = d.linked_bounds(
        TREE, d.initial_bounds(people, status), d.initial_bounds(plants, status)
    )
    for found, truth in ((found_people, people), (found_plants, plants)):
        assert (found.low <= truth + 1e-9).all()
        assert (found.high >= truth - 1e-9).all()
        assert not found.conflict.any()


def test_counts_make_a_hidden_cell_certain() -> None:
    """Five establishments, at most two in each of three unlisted rows: none can be empty."""
    tree = d.classification_tree([-1, 0, 0, 0])
    status = [0, Cell.UNLISTED, Cell.UNLISTED, Cell.UNLISTED]
    plants_low, plants_high = d.initial_bounds([5, 0, 0, 0], status)
    plants_high[:, 1:] = 2.0
    people, plants = d.linked_bounds(
        tree, d.initial_bounds([80, 0, 0, 0], status), (plants_low, plants_high)
    )
    assert plants.low[0, 1:].tolist() == [1, 1, 1]
    assert people.low[0, 1:].tolist() == [1, 1, 1]
    assert people.high[0, 1:].tolist() == [78, 78, 78]
    rule = d.HiddenRule(max_persons=30)
    people, _ = d.linked_bounds(
        tree, d.initial_bounds([80, 0, 0, 0], status), (plants_low, plants_high), rule=rule
    )
    assert people.high[0, 1:].tolist() == [60, 60, 60]
    assert people.hidden[0].tolist() == [False, True, True, True]


def test_loops_and_bad_indices_are_refused() -> None:
    for parent in ([1, 0], [-1, 7], [-1, -2]):
        with pytest.raises(JiqunError) as caught:
            d.classification_tree(parent)
        assert caught.value.code == "E-DISCLOSURE-TREE"


@pytest.mark.shared
def test_whitfield_synthetic_fibres_2020(shared_data: Path) -> None:
    """325220 is not listed, but its parent 3252 shows jobs that the listed 325211 does not hold."""
    folder, names = shared_data / "us", shared_data / "concordance" / "naics2017_desc.csv.gz"
    place = (pl.col("county_fips") == "13313") & (pl.col("year") == 2020)
    visible: dict[str, tuple[float, float]] = {}
    for digits in (4, 6):
        path = folder / f"us_county_naics{digits}_2017_2020.parquet"
        frame = pl.read_parquet(path).filter(place & pl.col("naics").str.starts_with("3"))
        for code, people, plants in frame.select(
            "naics", "employment", "establishments"
        ).iter_rows():
            visible[code] = (float(people), float(plants))
    listed = pl.read_csv(names, infer_schema=False)["code"].to_list()
    codes = [code for code in listed if code[0] == "3" and len(code) in {4, 6}]
    parent = [codes.index(code[:4]) if len(code) == 6 else -1 for code in codes]
    tree = d.classification_tree(parent)
    status = [Cell.PUBLISHED if code in visible else Cell.UNLISTED for code in codes]
    people = d.initial_bounds([visible.get(code, (0, 0))[0] for code in codes], status)
    plants_low, plants_high = d.initial_bounds(
        [visible.get(code, (0, 0))[1] for code in codes], status
    )
    # Since 2018 a row is left out when it has fewer than three establishments.
    plants_high = np.where(np.isinf(plants_high), 2.0, plants_high)
    jobs, plants = d.linked_bounds(tree, people, (plants_low, plants_high))
    fibres, group = codes.index("325220"), codes.index("3252")
    assert jobs.hidden[0, fibres]
    assert (jobs.low[0, fibres], jobs.high[0, fibres]) == (0, 295 - 124)
    assert (plants.low[0, fibres], plants.high[0, fibres]) == (0, 2)
    assert jobs.remainder_low[0, group] == jobs.remainder_high[0, group] == 171
    carpets, curtains = codes.index("314110"), codes.index("314120")
    assert jobs.low[0, carpets] == jobs.high[0, carpets] == 13283
    # Curtains are the only other row of their parent, so what is hidden there is known exactly.
    assert jobs.low[0, curtains] == jobs.high[0, curtains] == 13359 - 13283
    assert not jobs.conflict[0, group]
