"""Other engines on the same rules and the same data: one function each.

A peer takes the compiled program and the columns, and returns seconds and a checksum: how many
pairs have which verdict, and the sum of all known amounts. The caller compares the checksums with
ours. Add one by writing such a function and naming it in ``PEERS``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, and_

import numpy as np
import polars as pl

from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.program import Plan, Program


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer found: seconds (wall and processor), counts by verdict, sum of amounts."""

    wall: float
    processor: float
    counts: tuple[int, ...]
    fen: int


Peer = Callable[[Program, Mapping[str, Column]], Answer]


def plain_polars(program: Program, columns: Mapping[str, Column]) -> Answer:
    """Lazy Polars expressions, every atom a column once; null is unknown, as in SQL."""
    names = {key: f"c{i}" for i, key in enumerate(columns)}
    held = pl.DataFrame(
        {names[key]: pl.Series(c.values).set(pl.Series(~c.known), None) if c.known is not None
         else pl.Series(c.values) for key, c in columns.items()}
    )  # fmt: skip
    began = time.perf_counter(), time.process_time()
    frame = held.lazy().select(
        *(_atom(atom, names).alias(f"a{i}") for i, atom in enumerate(program.atoms)),
        *(pl.col(name) for name in names.values()),
    )
    verdicts = [
        reduce(and_, (_reference(program, r) for r in rule.conditions)).alias(f"v{p}")
        for p, rule in enumerate(program.rules)
    ]
    frame = frame.with_columns(verdicts).select(
        *(_code(p).alias(f"k{p}") for p in range(len(program.rules))),
        *(_amount(program, rule.plan, p, names).alias(f"f{p}")
          for p, rule in enumerate(program.rules) if rule.plan),
    )  # fmt: skip
    found = frame.collect()
    spent = time.perf_counter() - began[0], time.process_time() - began[1]
    counts = np.zeros(5, np.int64)
    for p in range(len(program.rules)):
        counts += np.bincount(found[f"k{p}"].to_numpy(), minlength=5)
    fen = sum(int(found[f"f{p}"].sum() or 0) for p, rule in enumerate(program.rules) if rule.plan)
    return Answer(*spent, tuple(int(c) for c in counts), fen)


def _sum(form: Form, names: Mapping[str, str]) -> pl.Expr:
    terms = zip(form.columns, form.factors, strict=True)
    return reduce(add, (pl.col(names[c]) * f if f != 1 else pl.col(names[c]) for c, f in terms))


def _atom(atom: Atom, names: Mapping[str, str]) -> pl.Expr:
    if atom.kind == "flag":
        return pl.col(names[atom.form.columns[0]])
    if atom.kind == "in":
        return pl.col(names[atom.form.columns[0]]).is_in(list(atom.codes))
    truth = _sum(atom.form, names) >= atom.bound
    if atom.guard is None:
        return truth
    return pl.when(_sum(atom.guard, names) > 0).then(truth).otherwise(None)


def _reference(program: Program, reference: int) -> pl.Expr:
    node, first = reference >> 1, len(program.atoms)
    if node < first:
        value = pl.col(f"a{node}")
    else:
        value = reduce(and_, (_reference(program, part) for part in program.gates[node - first]))
    return ~value if reference & 1 else value


def _code(policy: int) -> pl.Expr:
    verdict = pl.col(f"v{policy}")
    return pl.when(verdict).then(1).when(~verdict).then(0).otherwise(2).cast(pl.Int8)


def _amount(program: Program, plan: Plan, policy: int, names: Mapping[str, str]) -> pl.Expr:
    base = pl.max_horizontal(_sum(plan.base, names), 0) if plan.base else pl.lit(0)
    value: pl.Expr = pl.lit(0, pl.Int64)
    for step in reversed(plan.steps):
        p, q = step.over(plan.rounding.unit)
        rate = ((base // q) * p + (base % q) * p // q) * plan.rounding.unit
        given = rate if step.numerator else pl.lit(step.fen, pl.Int64)
        if step.reference is None:
            value = given
        else:
            holds = _reference(program, step.reference)
            value = pl.when(holds).then(given).when(~holds).then(value).otherwise(None)
    if plan.slices:
        parts = (
            (pl.min_horizontal(base, s.high) if s.high is not None else base) - s.low
            for s in plan.slices
        )
        total = reduce(add, (pl.max_horizontal(over, 0) * s.numerator
                             for over, s in zip(parts, plan.slices, strict=True)))  # fmt: skip
        value = total // plan.denominator
    known = _sum(plan.base, names).is_not_null() if plan.base else pl.lit(value=True)
    capped = (
        value if plan.cap is None else pl.when(value > plan.cap).then(plan.cap).otherwise(value)
    )
    entitled = pl.col(f"v{policy}") & known if _reads(plan) else pl.col(f"v{policy}")
    return pl.when(entitled).then(capped).otherwise(None)


def _reads(plan: Plan) -> bool:
    return bool(plan.slices) or any(step.numerator for step in plan.steps)


PEERS: dict[str, Peer] = {"Polars, lazy": plain_polars}
