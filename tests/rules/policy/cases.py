"""Runs facts as people write them through policies; shared by the tests of the packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from jiqun.engine.rules.document.policy import Example, Policy
from jiqun.engine.rules.evaluation.columns import columns_from_facts
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.explain import explain, states
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.rules.policies import field_dictionary, pack_names, policy_pack

PACKS = pack_names()
POLICIES = tuple(policy for name in PACKS for policy in policy_pack(name).policies)
BY_KEY = {policy.key: policy for policy in POLICIES}


@cache
def program(key: str) -> Program:
    """One policy compiled."""
    return compile_policies([BY_KEY[key]], field_dictionary())


def run(policy: Policy, facts: Sequence[Mapping[str, str]], *, on: date) -> Evaluation:
    """Evaluate one policy for some firms on a day."""
    compiled = program(policy.key)
    columns = columns_from_facts(compiled, facts, year=policy.basis.year)
    return evaluate(compiled, columns, event=on, n=len(facts))


def verdict(policy: Policy, facts: Mapping[str, str], *, on: date) -> int:
    """The verdict code of one firm."""
    return int(run(policy, [facts], on=on).verdict(0)[0])


def failing(found: Evaluation) -> set[str]:
    """Numbers of the conditions that the first subject fails."""
    return {number for number, state in states(found, 0, 0) if state == 0}


def missing(found: Evaluation) -> set[str]:
    """Columns that the first subject lacks."""
    return {fact.column for fact in explain(found, 0, 0).missing}


def of(policy: Policy, example: Example) -> Evaluation:
    """Run one of a policy's own examples."""
    return run(policy, [example.facts], on=example.on or policy.start)
