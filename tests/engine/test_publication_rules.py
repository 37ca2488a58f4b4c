"""Primary rules: who is too close to one contributor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from jiqun.engine.disclosure.rules import Rule, summaries


def judged(
    values: Sequence[int], rule: Rule, holders: Sequence[str] | None = None
) -> dict[str, float]:
    """One cell's summary."""
    names = holders or [f"h{n}" for n in range(len(values))]
    who = np.unique(names, return_inverse=True)[1]
    found = summaries(np.zeros(len(values), dtype=np.int64), who, np.array(values), rule)
    return {name: column[0] for name, column in found.items()}


def test_fewer_than_five_contributors_are_sensitive() -> None:
    rule = Rule(largest=1.0, percent=0.0)
    assert judged([10] * 4, rule)["sensitive"]
    assert not judged([10] * 5, rule)["sensitive"]


def test_one_above_half_is_sensitive_and_exactly_half_is_not() -> None:
    rule = Rule(minimum=0, percent=0.0)
    assert judged([51, 10, 10, 10, 19], rule)["sensitive"]
    assert not judged([50, 10, 10, 10, 20], rule)["sensitive"]


# Hundepool et al. 2012, section 4.2.1: with p = 10 the others beside the two largest must make up
# a tenth of the largest at least.
@pytest.mark.parametrize(("rest", "sensitive"), [([3, 3, 3], True), ([4, 3, 3], False)])
def test_p_percent_rule_turns_at_a_tenth_of_the_largest(
    rest: list[int], *, sensitive: bool
) -> None:
    rule = Rule(minimum=0, largest=1.0, percent=10.0)
    assert judged([100, 80, *rest], rule)["sensitive"] == sensitive


def test_firms_of_one_holder_are_one_contributor() -> None:
    rule = Rule(largest=1.0, percent=0.0)
    found = judged([10] * 5, rule, ["group", "group", "c", "d", "e"])
    assert (found["count"], found["largest"], found["second"]) == (4, 20, 10)
    assert found["sensitive"]


def test_negative_contributions_count_with_their_size() -> None:
    """−90 and +100 nearly cancel; the cell still tells much of the two."""
    found = judged([100, -90, 1, 1, 1], Rule(largest=0.6, percent=10.0))
    assert found["total"] == 13
    assert (found["largest"], found["second"]) == (100, 90)
    assert found["sensitive"]


def test_a_zero_made_of_contributors_is_sensitive() -> None:
    assert judged([0] * 9, Rule())["sensitive"]


def test_protection_is_a_tenth_or_what_the_p_percent_rule_lacks() -> None:
    assert judged([10] * 4, Rule())["need"] == pytest.approx(4.0)
    # p % of 1000 is 100, the rest is 5: 95 are lacking, less than a tenth of the total of 1905.
    assert judged([1000, 900, 5], Rule())["need"] == pytest.approx(190.5)
    assert judged([1000], Rule(percent=30.0))["need"] == pytest.approx(300.0)
    assert judged([3], Rule(percent=0.0))["need"] == pytest.approx(1.0)
