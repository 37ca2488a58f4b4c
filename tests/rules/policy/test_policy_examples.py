"""Every document's own examples hold, and they stand on both sides of every threshold."""

from __future__ import annotations

import pytest

from jiqun.engine.rules.document.policies import VERDICTS
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import columns_from_facts
from tests.rules.policy.cases import POLICIES, failing, missing, of, program

EACH = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)


@EACH
def test_examples_hold(policy: Policy) -> None:
    assert policy.examples
    for example in policy.examples:
        found = of(policy, example)
        assert found.verdict(0)[0] == VERDICTS[example.verdict], example.place
        if example.because:
            assert failing(found) == set(example.because), example.place
        if example.missing:
            assert missing(found) >= set(example.missing), example.place
        if example.fen is not None:
            amounts, known = found.amounts(0)
            assert (int(amounts[0]), bool(known[0])) == (example.fen, True), example.place


@EACH
def test_examples_stand_on_both_sides_of_every_threshold(policy: Policy) -> None:
    """One base unit (a fen, a person, a day, a millionth) decides."""
    compiled = program(policy.key)
    columns = columns_from_facts(compiled, [example.facts for example in policy.examples])
    for atom in compiled.atoms:
        if atom.kind != "at_least" or atom.form.factors != (1,):
            continue
        column = columns[atom.form.columns[0]]
        assert column.known is not None
        seen = set(column.values[column.known].tolist())
        assert {atom.bound, atom.bound - 1} <= seen, (atom.form.columns, atom.bound)


@EACH
def test_some_example_says_yes_and_a_policy_that_ended_pays_nothing_after(policy: Policy) -> None:
    assert any(example.verdict == "符合" for example in policy.examples)
    if policy.end is not None:
        late = [e for e in policy.examples if e.on is not None and e.on > policy.end]
        assert [example.verdict for example in late] == ["不在有效期"]
        assert not of(policy, late[0]).awards.of(0)[1].size


@EACH
def test_every_condition_is_refuted_by_an_example(policy: Policy) -> None:
    refuted = {number for example in policy.examples for number in example.because}
    assert refuted == {condition.number for condition in policy.conditions}
