"""Interval analysis of conditions: what a conjunction leaves of each sum of fields.

Sound for what it reports: conjunctions of thresholds on the same sum, equalities, enum sets and
yes-or-no fields. Alternatives (或) are looked into one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jiqun.engine.rules.program.atoms import Atom
from jiqun.engine.rules.program.program import Program

# What a literal constrains: kind and the columns and factors of its sum.
Subject = tuple[str, tuple[str, ...], tuple[int, ...]]


@dataclass(slots=True)
class Box:
    """What is left of each subject: an interval, or a set of codes out of all."""

    low: dict[Subject, int] = field(default_factory=dict[Subject, int])
    high: dict[Subject, int] = field(default_factory=dict[Subject, int])
    codes: dict[Subject, frozenset[int]] = field(default_factory=dict[Subject, frozenset[int]])

    def copy(self) -> Box:
        """Return a box that can be narrowed on its own."""
        return Box(dict(self.low), dict(self.high), dict(self.codes))

    def empty(self) -> Subject | None:
        """Return a subject of which nothing is left, or None."""
        for subject, low in self.low.items():
            if subject in self.high and low > self.high[subject]:
                return subject
        return next((subject for subject, codes in self.codes.items() if not codes), None)


def narrow(box: Box, atom: Atom, *, negated: bool, most: int) -> None:
    """Narrow a box by a literal. ``most`` is the number of values of an enum's field."""
    if atom.guard is not None or atom.kind in {"any", "all"}:
        return  # a ratio says nothing simple about its parts
    subject: Subject = ("", atom.form.columns, atom.form.factors)
    if atom.kind == "at_least":
        if negated:
            box.high[subject] = min(box.high.get(subject, atom.bound - 1), atom.bound - 1)
        else:
            box.low[subject] = max(box.low.get(subject, atom.bound), atom.bound)
    elif atom.kind == "equal" and not negated:
        box.high[subject] = min(box.high.get(subject, atom.bound), atom.bound)
        box.low[subject] = max(box.low.get(subject, atom.bound), atom.bound)
    elif atom.kind in {"in", "flag"}:
        universe = frozenset(range(most if atom.kind == "in" else 2))
        chosen = frozenset(atom.codes) if atom.kind == "in" else frozenset({1})
        kept = universe - chosen if negated else chosen
        box.codes[subject] = box.codes.get(subject, universe) & kept


def narrow_by(
    box: Box, reference: int, *, program: Program, skip: frozenset[int] = frozenset()
) -> None:
    """Narrow a box by everything that must hold where a reference does."""
    node = reference >> 1
    if node in skip:
        return
    if node < len(program.atoms):
        atom = program.atoms[node]
        held = program.columns[atom.form.columns[0]]
        most = len(held.values) if held is not None else 2
        narrow(box, atom, negated=bool(reference & 1), most=most)
    elif not reference & 1:
        for part in program.gates[node - len(program.atoms)]:
            narrow_by(box, part, program=program, skip=skip)


def alternatives(reference: int, program: Program) -> tuple[int, ...]:
    """Return the references of which one must hold; the reference itself when it is no 或."""
    node = reference >> 1
    if reference & 1 and node >= len(program.atoms):
        return tuple(part ^ 1 for part in program.gates[node - len(program.atoms)])
    return (reference,)


def shown(subject: Subject) -> str:
    """Return a subject as people read it."""
    parts = [c if f == 1 else f"{f}·{c}" for c, f in zip(subject[1], subject[2], strict=True)]
    return " + ".join(parts)
