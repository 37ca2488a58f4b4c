"""The tiers' rules on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.regional import tiers

LEADING = tiers.LeadingParams()
SUPPORTING = tiers.SupportingParams()


def lead(
    size: list[float], lq: list[float], sure: list[float], **changes: object
) -> tiers.LeadingResult:
    return tiers.leading(
        np.array(size),
        lq=np.array(lq),
        lq_probability=np.array(sure),
        in_scope=np.ones(len(size), dtype=bool),
        params=tiers.LeadingParams(**changes),  # type: ignore[arg-type]
    )


def test_the_smallest_set_that_covers_seventy_per_cent() -> None:
    # 50 + 15 reach 65 %, so the next largest is needed too; the last two are not.
    found = lead([50, 15, 12, 12, 11], [3] * 5, [1] * 5)
    assert found.in_cover.tolist() == [True, True, True, False, False]
    assert found.cumulative == pytest.approx([0.50, 0.65, 0.77, 0.89, 1.0])
    # Both that are outside still hold a tenth alone.
    assert found.is_leading.tolist() == [True] * 5


def test_a_lead_needs_certainty_and_sales_outside() -> None:
    found = lead([60, 30, 10], [4.0, 4.0, 1.2], [0.95, 0.5, 0.95])
    assert found.is_leading.tolist() == [
        True,
        False,
        False,
    ]  # unsure; sells 1 − 1/1.2 = 17 % outside
    assert found.outside_share == pytest.approx([0.75, 0.75, 1 - 1 / 1.2])


def test_an_unknown_size_is_undetermined_and_not_a_lead() -> None:
    found = lead([60, np.nan], [4, 4], [1, 1])
    assert found.undetermined.tolist() == [False, True]
    assert found.is_leading.tolist() == [True, False]
    assert found.share[0] == 1.0


def test_an_unknown_quotient_leads_nowhere() -> None:
    assert not lead([60, 40], [np.nan, np.nan], [np.nan, np.nan]).is_leading.any()


def test_a_place_without_anything_in_scope() -> None:
    found = tiers.leading(
        np.array([5.0]), lq=np.array([9.0]), lq_probability=np.array([1.0]),
        in_scope=np.array([False]), params=LEADING,
    )  # fmt: skip
    assert not found.is_leading.any()
    assert not found.in_cover.any()


@pytest.mark.parametrize(
    ("low", "high", "hidden", "expected"),
    [
        (0.0, 0.1, False, "missing"),
        (0.2, 0.2, False, "weak"),
        (0.59, 0.599, False, "weak"),
        (0.6, 2.0, False, "strong"),
        (0.1, 0.7, True, "undisclosed"),
        (0.1, 0.7, False, "unknown"),
        (np.nan, 0.7, True, "undisclosed"),
        (0.1, np.nan, False, "unknown"),
        (0.0, 0.1, True, "missing"),  # certain although a figure is withheld
    ],
)
def test_coverage_classes(low: float, high: float, *, hidden: bool, expected: str) -> None:
    found = tiers.coverage_class(
        np.array([low]), np.array([high]), hidden=np.array([hidden]), params=SUPPORTING
    )
    assert found.tolist() == [expected]


@given(st.floats(0, 3), st.floats(0, 3), st.booleans())
def test_a_certain_class_is_the_class_of_both_ends(a: float, b: float, hidden: bool) -> None:  # noqa: FBT001
    low, high = min(a, b), max(a, b)
    ends = [
        tiers.coverage_class(
            np.array([x]), np.array([x]), hidden=np.array([False]), params=SUPPORTING
        )[0]
        for x in (low, high)
    ]
    found = tiers.coverage_class(
        np.array([low]), np.array([high]), hidden=np.array([hidden]), params=SUPPORTING
    )[0]
    assert (found == ends[0]) == (ends[0] == ends[1])


def test_support_is_near_and_large_enough() -> None:
    requirement = np.array([[0.05], [0.05], [0.01], [0.0]])
    sales = np.array([[0.0], [0.0], [0.0], [0.2]])
    steps = np.array([[2.0], [3.5], [1.0], [1.0]])
    flags, best = tiers.is_supporting(
        requirement, sales, steps=steps, in_scope=np.ones(4, dtype=bool), params=SUPPORTING
    )
    assert flags.tolist() == [True, False, False, True]
    assert best.tolist() == [0, 0, 0, 0]


def test_the_lead_that_is_supported_most() -> None:
    flags, best = tiers.is_supporting(
        np.array([[0.03, 0.30]]), np.zeros((1, 2)), steps=np.ones((1, 2)),
        in_scope=np.array([True]), params=SUPPORTING,
    )  # fmt: skip
    assert flags.tolist() == [True]
    assert best.tolist() == [1]


def test_percentile_ranks_share_ties_and_keep_the_unknown() -> None:
    found = tiers.percentile_rank(np.array([10.0, 20.0, 20.0, np.nan, 40.0]))
    assert found[[0, 1, 2, 4]] == pytest.approx([0.25, 0.625, 0.625, 1.0])
    assert np.isnan(found[3])


def test_unknown_terms_give_their_weight_to_the_others() -> None:
    terms = {"a": np.array([1.0, 1.0]), "b": np.array([0.0, np.nan])}
    score, parts, known = tiers.weighted_terms(terms, {"a": 0.25, "b": 0.75})
    assert score == pytest.approx([0.25, 1.0])
    assert parts["b"] == pytest.approx([0.0, 0.0])
    assert known == pytest.approx([1.0, 0.25])


def test_nothing_known_is_unknown_and_not_zero() -> None:
    score, _, known = tiers.weighted_terms({"a": np.array([np.nan])}, {"a": 1.0})
    assert np.isnan(score[0])
    assert known[0] == 0.0


def test_potential_is_probability_times_value() -> None:
    score, value, ranks = tiers.potential_score(
        np.array([0.2, 0.1]), {"growth": np.array([1.0, 2.0])}, {"growth": 1.0}
    )
    assert ranks["growth"] == pytest.approx([0.5, 1.0])
    assert value == pytest.approx([0.5, 1.0])
    assert score == pytest.approx([0.1, 0.1])
