"""One subject, all policies: the calculator behind a firm's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation import kernel, kernel_single
from jiqun.engine.rules.evaluation.columns import EPOCH, Column, Integers, Truth
from jiqun.engine.rules.evaluation.evaluate import evaluate
from jiqun.engine.rules.evaluation.fast import MODES, flat
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.program import Program

KINDS = {"flag": 0, "at_least": 0, "equal": 1, "in": 2, "any": 3, "all": 4}
FOREVER = 2**40


@dataclass(frozen=True, slots=True)
class Calculator:
    """A program laid out flat, once, for many answers. ``columns``: their order in the facts."""

    program: Program
    columns: tuple[str, ...]
    atoms: Any
    gates: Any
    machine: Any
    people: Any
    plans: Any
    days: tuple[Integers, Integers]


@dataclass(frozen=True, slots=True)
class Answer:
    """Verdict codes, amounts in fen, and why an amount is unknown (0 known); shape (policies,)."""

    verdicts: npt.NDArray[np.int8]
    fen: Integers
    state: npt.NDArray[np.int8]


def calculator(program: Program) -> Calculator:
    """Lay a program out for ``answer``; takes milliseconds, so keep it beside the program."""
    columns = tuple(program.columns)
    place = {column: i for i, column in enumerate(columns)}
    rules = program.rules
    start = [rule.policy.start.toordinal() - EPOCH for rule in rules]
    end = [rule.policy.end.toordinal() - EPOCH if rule.policy.end else FOREVER for rule in rules]
    return Calculator(
        program,
        columns,
        atoms=_atoms(program.atoms, place),
        gates=flat(program.gates),
        machine=flat([rule.conditions for rule in rules]),
        people=flat([rule.manual_references for rule in rules]),
        plans=_plans(program, place),
        days=(np.array(start, np.int64), np.array(end, np.int64)),
    )


def answer(held: Calculator, values: Integers, known: Truth, *, event: date) -> Answer:
    """Decide every policy for one subject.

    Args:
        held: the laid-out program.
        values: facts in the order of ``held.columns``, encoded as columns are; booleans as 0, 1.
        known: which of them are known.
        event: the day that the rules apply to.
    """
    nodes = len(held.program.atoms) + len(held.program.gates)
    codes, fen, why, state = kernel_single.empty(len(held.program.rules), nodes)
    day = event.toordinal() - EPOCH
    out = (day < held.days[0]) | (day > held.days[1])
    subject = values, known
    if kernel.AVAILABLE and kernel_single.atom_states(held.atoms, subject, state):
        first = len(held.program.atoms)
        kernel_single.verdicts(held.gates, held.machine, held.people, first, state, out, codes)
        if kernel_single.amounts(held.plans, subject, state, codes, fen, why):
            return Answer(codes, fen, why)
    return _by_columns(held, values, known, event)


def facts_of(held: Calculator, facts: Mapping[str, Column], row: int) -> tuple[Integers, Truth]:
    """Return one row of columns in the order of a calculator."""
    values = np.zeros(len(held.columns), np.int64)
    known = np.zeros(len(held.columns), np.bool_)
    for i, column in enumerate(held.columns):
        one = facts.get(column)
        if one is not None and (one.known is None or one.known[row]):
            values[i], known[i] = int(one.values[row]), True
    return values, known


def _by_columns(held: Calculator, values: Integers, known: Truth, event: date) -> Answer:
    columns = {}
    for i, (key, field) in enumerate(held.program.columns.items()):
        boolean = field is None or field.kind == "boolean"
        one = values[i : i + 1]
        columns[key] = Column(one.astype(np.bool_) if boolean else one, known[i : i + 1])
    found = evaluate(held.program, columns, event=event, n=1, kernel="numpy")
    fen, state = (
        np.zeros(len(held.program.rules), np.int64),
        np.zeros(len(held.program.rules), np.int8),
    )
    for policy in range(len(fen)):
        subjects, amounts, states = found.awards.of(policy)
        if len(subjects):
            fen[policy], state[policy] = amounts[0], states[0]
    return Answer(found.verdicts()[:, 0], fen, state)


# ---- laying out -----------------------------------------------------------------------------


def _forms(
    forms: list[Form | None], place: Mapping[str, int]
) -> tuple[Integers, Integers, Integers]:
    starts, columns = flat([[place[c] for c in form.columns] if form else [] for form in forms])
    _, factors = flat([form.factors if form else () for form in forms])
    return starts, columns, factors


def _atoms(atoms: tuple[Atom, ...], place: Mapping[str, int]) -> Any:
    most = 2**62
    bounds = [
        1
        if a.kind == "flag"
        else sum(1 << c for c in a.codes)
        if a.kind in {"any", "all"}
        else a.bound
        for a in atoms
    ]
    guards = [atom.guard for atom in atoms]
    return (
        np.array([KINDS[atom.kind] for atom in atoms], np.int8),
        np.array([max(-most, min(most, bound)) for bound in bounds], np.int64),
        _forms([atom.form for atom in atoms], place),
        (*_forms(guards, place), np.array([g.constant if g else 0 for g in guards], np.int64)),
        flat([atom.codes if atom.kind == "in" else () for atom in atoms]),
    )


def _plans(program: Program, place: Mapping[str, int]) -> Any:
    plans = [rule.plan for rule in program.rules]
    steps: list[tuple[int, ...]] = []
    counts = [0]
    for plan in plans:
        for step in plan.steps if plan and not plan.slices else ():
            p, q = step.over(plan.rounding.unit) if plan else (0, 1)
            reference = -1 if step.reference is None else step.reference
            steps.append((reference, step.fen, p, q, -1 if step.cap is None else step.cap))
        counts.append(len(steps))
    rules = [
        (plan.rounding.unit, MODES[plan.rounding.mode], -1 if plan.cap is None else plan.cap,
         -1 if plan.floor is None else plan.floor, plan.each, 1, plan.denominator)
        if plan else (1, 0, -1, -1, 0, 0, 1)
        for plan in plans
    ]  # fmt: skip
    bases = [plan.base if plan else None for plan in plans]
    parts = [plan.slices if plan else () for plan in plans]
    starts = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    slices = [
        (one.low, -1 if one.high is None else one.high, one.numerator)
        for part in parts
        for one in part
    ]
    return (
        _forms(bases, place),
        np.array([base.constant if base else 0 for base in bases], np.int64),
        (np.array(counts, np.int64), np.array(steps, np.int64).reshape(-1, 5)),
        np.array(rules, np.int64).reshape(-1, 7),
        (starts, np.array(slices, np.int64).reshape(-1, 3)),
    )
