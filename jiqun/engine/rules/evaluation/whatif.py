"""What if a threshold were another: one atom again, and only what rests on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiqun.engine.rules.evaluation.columns import Bits, Integers, pack
from jiqun.engine.rules.evaluation.evaluate import (
    Evaluation,
    Outcome,
    counts_of,
    finish,
    machine_checked,
)
from jiqun.engine.rules.evaluation.planes import Planes, conjunction, evaluator, known_bits
from jiqun.engine.rules.problems import problem, refuse
from jiqun.engine.rules.program.atoms import Atom
from jiqun.engine.rules.program.program import Program


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a changed atom changes: touched policies, and their counts before and after.

    ``before`` and ``after``: shape (policies, 5), by verdict code; ``gained`` and ``lost``: shape
    (policies, words), who would newly be entitled and who no longer.
    """

    policies: tuple[int, ...]
    before: Integers
    after: Integers
    gained: Bits
    lost: Bits


def touched(program: Program, atom: int) -> tuple[int, ...]:
    """Return the policies whose conditions rest on an atom."""
    nodes = {atom, *program.dependents[atom]}
    return tuple(
        position
        for position, rule in enumerate(program.rules)
        if any(reference >> 1 in nodes for reference in rule.conditions)
    )


def thresholds(program: Program, policy: int) -> tuple[int, ...]:
    """Return the atoms of a policy whose bound can be moved."""
    nodes = {atom for r in program.rules[policy].conditions for atom in program.closures[r >> 1]}
    return tuple(sorted(node for node in nodes if program.atoms[node].kind == "at_least"))


def what_if(
    found: Evaluation, atom: int, *, changed: Atom, policies: tuple[int, ...] | None = None
) -> WhatIf:
    """Evaluate one atom in another form, and the policies that rest on it.

    Args:
        found: an evaluation.
        atom: the atom's node in the program.
        changed: what takes its place, usually ``dataclasses.replace(old, bound=…)``; a ratio's
            rate is changed by its factors.
        policies: which policies the change is for, where not all that share the atom.

    Raises:
        JiqunError: ``E-RULE-COLUMN`` when the changed atom reads a column that the old did not.
    """
    program, table = found.program, found.table
    old = program.atoms[atom]
    if set(changed.columns) - set(old.columns):
        strange = sorted(set(changed.columns) - set(old.columns))[0]
        told = f"改动后的条件读取了别的列“{strange}”"
        refuse([problem("E-RULE-COLUMN", told, en=f"the change reads {strange!r}", value=strange)],
               zh="不能试算", en="no what-if")  # fmt: skip
    chosen = touched(program, atom) if policies is None else policies
    planes = _changed(found, atom, changed)
    everyone = pack(np.ones(table.n, np.bool_))
    shape = (len(chosen), table.words)
    after = Outcome(*(np.zeros(shape, np.uint64) for _ in range(4)))
    for position, policy in enumerate(chosen):
        rule = program.rules[policy]
        yes, no = after.yes[position], after.no[position]
        machine_checked(rule, planes, yes=yes, no=no, everyone=everyone)
        finish(rule, planes, found=after, policy=position, event=found.event, everyone=everyone)
    places = list(chosen)
    was = found.outcome
    before = Outcome(was.yes[places], was.no[places], was.manual[places], was.out[places])
    return WhatIf(
        chosen,
        counts_of(before, table.n),
        counts_of(after, table.n),
        gained=after.yes & ~before.yes,
        lost=before.yes & ~after.yes,
    )


@dataclass(frozen=True, slots=True)
class _Overlay(Planes):
    """Planes of which some nodes are replaced; the others are those below, not copies."""

    changed: dict[int, tuple[Bits, Bits]]

    def of(self, reference: int) -> tuple[Bits, Bits]:
        true, false = self.changed.get(reference >> 1) or (
            self.true[reference >> 1],
            self.false[reference >> 1],
        )
        return (false, true) if reference & 1 else (true, false)


def _changed(found: Evaluation, atom: int, changed: Atom) -> Planes:
    program, table = found.program, found.table
    known = known_bits(changed, table)
    true = pack(evaluator(changed, table)(slice(0, table.n))) & known
    overlay = _Overlay(found.planes.true, found.planes.false, {atom: (true, true ^ known)})
    for node in program.dependents[atom]:
        parts = np.empty(table.words, np.uint64), np.empty(table.words, np.uint64)
        conjunction(
            overlay, program.gates[node - len(program.atoms)], true=parts[0], false=parts[1]
        )
        overlay.changed[node] = parts
    return overlay
