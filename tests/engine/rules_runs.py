"""How the tests of the rule engine make programs, columns and answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import Column, columns_from_facts
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.program.compile import compile_policies, load_policy
from jiqun.engine.rules.program.program import Program
from tests.engine.rules_samples import POLICY, dictionary

FIELDS = dictionary()
DAY = date(2025, 6, 1)
Row = Mapping[str, int | bool | None]


def policy_of(text: str = POLICY) -> Policy:
    return load_policy(text, FIELDS, file="x.yaml")


def answered(text: str, firms: list[dict[str, str]], event: date = DAY) -> Evaluation:
    program = compile_policies([policy_of(text)], FIELDS)
    return evaluate(program, columns_from_facts(program, firms), event=event, n=len(firms))


def columns_of(program: Program, rows: list[Row]) -> dict[str, Column]:
    """Make columns of raw integers; what is not known holds a value that would mislead."""
    found: dict[str, Column] = {}
    for key, field in program.columns.items():
        if field is None:
            continue
        known = np.array([row[key] is not None for row in rows])
        decoy = {"boolean": 1, "enum": 0, "set": 7}.get(field.kind, 10**6)
        values = [decoy if row[key] is None else int(row[key] or 0) for row in rows]
        kind = np.bool_ if field.kind == "boolean" else np.int64
        found[key] = Column(np.array(values, kind), known)
    return found
