"""The evaluation on compiled loops: what ``planes`` and ``amounts`` do, faster, with equal results.

What the loops do not cover (sums of three columns, values that could overflow, wide enums) goes
through the NumPy functions, atom by atom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jiqun.engine.rules.evaluation import forms, kernel
from jiqun.engine.rules.evaluation.amounts import (
    LARGEST_FEN,
    Awards,
    Rows,
    amounts_at,
    base_of,
)
from jiqun.engine.rules.evaluation.columns import Bits, Integers, Table, Truth, pack
from jiqun.engine.rules.evaluation.planes import (
    Planes,
    evaluator,
    known_planes,
    write_atom,
)
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.program import Plan, Program

MOST_CODES = 62  # an enum of more goes through NumPy
MODES = {"down": 0, "half_up": 1, "up": 2}


def planes_of(program: Program, table: Table) -> Planes:
    """Evaluate every atom and gate for every subject."""
    first = len(program.atoms)
    shape = (first + len(program.gates), table.words)
    planes = Planes(np.empty(shape, np.uint64), np.empty(shape, np.uint64))
    known = known_planes(program, table, _above)
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for node, atom in enumerate(program.atoms):
        groups.setdefault((_loop(atom, table), atom.columns), []).append(node)
    for (loop, columns), nodes in groups.items():
        atoms = [program.atoms[node] for node in nodes]
        if loop == "pair":
            for node, atom in zip(nodes, atoms, strict=True):
                _pair(atom, table, planes, node=node, known=known[node])
        elif loop:
            chosen = [
                a.bound if loop == "thresholds" else sum(1 << c for c in a.codes) for a in atoms
            ]
            run = kernel.thresholds if loop == "thresholds" else kernel.members
            run(table.columns[columns[0]].values, np.array(chosen, np.int64),
                np.array(nodes, np.int64), known[nodes[0]], planes.true, planes.false)  # fmt: skip
        else:
            for node, atom in zip(nodes, atoms, strict=True):
                truth = evaluator(atom, table)(slice(0, table.n))
                write_atom(
                    planes, node, truth=truth, known=known[node], words=slice(0, table.words)
                )
    kernel.gather_gates(planes.true, planes.false, *flat(program.gates), first)
    return planes


def _above(guard: Form, table: Table, known: Bits) -> Bits:
    """Where a guard is above zero and known; by the compiled loop for a plain column."""
    if guard.factors != (1,) or guard.constant or guard.columns[0] not in table.columns:
        return known & pack(forms.at_least(guard, 1, table=table, rows=slice(0, table.n)))
    found, other = np.empty_like(known), np.empty_like(known)
    kernel.threshold(table.columns[guard.columns[0]].values, 1, known, found, other)
    return found


def _loop(atom: Atom, table: Table) -> str:
    """Return the name of the loop that an atom goes through; empty for NumPy."""
    if any(column not in table.columns for column in atom.columns):
        return ""
    if atom.kind == "in":
        return "members" if max(atom.codes) < MOST_CODES else ""
    if atom.kind != "at_least" or not forms.SMALLEST <= atom.bound <= forms.LARGEST:
        return ""
    if atom.form.factors == (1,) and atom.guard is None:
        return "thresholds"
    return "pair" if len(atom.form.columns) == 2 and forms.fits(atom.form, table) else ""


def _pair(atom: Atom, table: Table, planes: Planes, *, node: int, known: Bits) -> None:
    a, b = (table.columns[column].values for column in atom.form.columns)
    true, false = planes.true[node], planes.false[node]
    f, g = atom.form.factors
    kernel.pair(a, b, (f, g), atom.bound, known, true, false)


def flat(lists: Sequence[Sequence[int]]) -> tuple[Integers, Integers]:
    """Return lists end to end, and where each begins."""
    starts = np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)
    return starts, np.array([value for one in lists for value in one], np.int64)


def conjunctions(
    planes: Planes, lists: Sequence[Sequence[int]], everyone: Bits
) -> tuple[Bits, Bits]:
    """Return the planes of conjunctions, shape (lists, words); an empty one holds for everyone."""
    shape = (len(lists), len(everyone))
    yes, no = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
    starts, references = flat(lists)
    kernel.conjunctions(planes.true, planes.false, starts, references, yes, no, everyone)
    return yes, no


# ---- amounts --------------------------------------------------------------------------------


def awards_of(program: Program, planes: Planes, *, table: Table, yes: Bits) -> Awards:
    """Reckon the amount of every policy for those in its plane, shape (policies, words)."""
    counts = [
        int(np.bitwise_count(yes[i]).sum()) if rule.plan else 0
        for i, rule in enumerate(program.rules)
    ]
    starts = np.cumsum([0, *counts]).astype(np.int64)
    found = Awards(
        starts,
        np.empty(starts[-1], np.int64),
        np.zeros(starts[-1], np.int64),
        np.zeros(starts[-1], np.int8),
    )
    for policy, rule in enumerate(program.rules):
        if rule.plan is None or not counts[policy]:
            continue
        subjects, fen, state = found.of(policy)
        kernel.places(yes[policy], subjects)
        _give(rule.plan, planes, table=table, rows=subjects, fen=fen, state=state)
    return found


def _give(
    plan: Plan, planes: Planes, *, table: Table, rows: Integers, fen: Integers, state: Any
) -> None:
    work = Rows(table, planes, rows, state=state)
    steps = _steps(plan, table)
    if steps is None:
        fen[:], state[:] = amounts_at(plan, planes, table=table, rows=rows)
        return
    if len(steps) == 1 and steps[0, 0] < 0 and steps[0, 2] == 0:
        fen[:] = _limited(int(steps[0, 1]), plan)  # one sum for everybody
        return
    base, known = _base(plan, work)
    limits = [-1 if limit is None else limit for limit in (plan.cap, plan.floor)]
    rule = np.array([plan.rounding.unit, MODES[plan.rounding.mode], *limits], np.int64)
    kernel.give(rows, base, known, (planes.true, planes.false), steps, rule, fen, state)


def _limited(fen: int, plan: Plan) -> int:
    floored = fen if plan.floor is None else max(fen, plan.floor)
    return floored if plan.cap is None else min(floored, plan.cap)


def _base(plan: Plan, work: Rows) -> tuple[Integers, Truth]:
    """Return the base of each row and whether it is known; the compiled way for a plain column."""
    form, columns = plan.base, work.table.columns
    if (
        form
        and form.factors == (1,)
        and not (form.constant or plan.each)
        and form.columns[0] in columns
    ):
        held = columns[form.columns[0]]
        base, known = np.empty(len(work.rows), np.int64), np.empty(len(work.rows), np.bool_)
        kernel.gather(held.values, held.known_bits, work.rows, base, known)
        return base, known
    known = base_of(plan, work)
    return (np.zeros(len(work.rows), np.int64) if work.base is None else work.base), known


def _steps(plan: Plan, table: Table) -> Integers | None:
    """Return the steps as integers, or None where they need the exact path."""
    if plan.slices:
        return None
    top = 0
    if plan.base is not None and all(column in table.columns for column in plan.base.columns):
        if not forms.fits(plan.base, table):
            return None
        top = abs(plan.base.constant) + sum(
            abs(factor) * table.columns[column].bound
            for column, factor in zip(plan.base.columns, plan.base.factors, strict=True)
        )
    found: list[tuple[int, ...]] = []
    for step in plan.steps:
        p, q = step.over(plan.rounding.unit)
        if (
            max(p, 1) * 2 * q > forms.LARGEST
            or (top // q + 1) * p * plan.rounding.unit > LARGEST_FEN
        ):
            return None
        reference = -1 if step.reference is None else step.reference
        found.append((reference, step.fen, p, q, -1 if step.cap is None else step.cap))
    return np.array(found, np.int64).reshape(-1, 5)
