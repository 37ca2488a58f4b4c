"""Bit planes: for every atom and gate, who makes it true and who makes it false.

A subject in neither plane is unknown (Kleene). 64 subjects stand in a word. Atoms are evaluated
in blocks that stay in the cache, each distinct one once, and packed; gates combine words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation import forms
from jiqun.engine.rules.evaluation.columns import Bits, Integers, Table, Truth, pack
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.program import Program

BLOCK = 4096  # words, 262,144 subjects: a block of an int64 column is 2 MB
Evaluator = Callable[[slice], Truth]
Above = Callable[[Form, Table, Bits], Bits]


@dataclass(frozen=True, slots=True)
class Planes:
    """``true`` and ``false``: shape (nodes, words), the nodes numbered as in the program."""

    true: Bits
    false: Bits

    def of(self, reference: int) -> tuple[Bits, Bits]:
        """Return the planes of a reference, swapped where it is negated."""
        node = reference >> 1
        if reference & 1:
            return self.false[node], self.true[node]
        return self.true[node], self.false[node]


def planes_of(program: Program, table: Table) -> Planes:
    """Evaluate every atom and gate for every subject."""
    nodes = len(program.atoms) + len(program.gates)
    planes = Planes(*(np.empty((nodes, table.words), np.uint64) for _ in range(2)))
    known = known_planes(program, table)
    evaluators = [evaluator(atom, table) for atom in program.atoms]
    order = by_column(program.atoms)
    for start in range(0, table.words, BLOCK):
        words = slice(start, min(start + BLOCK, table.words))
        rows = slice(64 * start, min(64 * words.stop, table.n))
        for node in order:
            write_atom(planes, node, truth=evaluators[node](rows), known=known[node], words=words)
    gates(program, planes, range(len(program.atoms), nodes))
    return planes


def by_column(atoms: Sequence[Atom]) -> list[int]:
    """Return the atoms so that those of one column follow one another and share its cache."""
    return sorted(range(len(atoms)), key=lambda node: atoms[node].form.columns)


def write_atom(planes: Planes, node: int, *, truth: Truth, known: Bits, words: slice) -> None:
    """Store the truth of an atom for a block of subjects."""
    true = planes.true[node, words]
    np.bitwise_and(pack(truth), known[words], out=true)
    np.bitwise_xor(true, known[words], out=planes.false[node, words])


def gates(program: Program, planes: Planes, nodes: Sequence[int]) -> None:
    """Combine the planes of these gates, which must stand in order of evaluation."""
    for node in nodes:
        conjunction(
            planes,
            program.gates[node - len(program.atoms)],
            true=planes.true[node],
            false=planes.false[node],
        )


def conjunction(planes: Planes, references: Sequence[int], *, true: Bits, false: Bits) -> None:
    """Write the conjunction of references: true where all are, false where any is."""
    first, first_not = planes.of(references[0])
    true[...] = first
    false[...] = first_not
    for reference in references[1:]:
        part, part_not = planes.of(reference)
        true &= part
        false |= part_not


def _above(guard: Form, table: Table, known: Bits) -> Bits:
    return known & pack(forms.at_least(guard, 1, table=table, rows=slice(0, table.n)))


def known_planes(program: Program, table: Table, above: Above = _above) -> list[Bits]:
    """Return where each atom is known; equal ones, as of atoms on one column, exist once.

    ``above`` narrows a mask to where a guard is above zero, where that can be had faster.
    """
    made: dict[tuple[tuple[str, ...], Form | None], Bits] = {}
    for atom in program.atoms:
        key = atom.columns, atom.guard
        if key not in made:
            made[key] = known_bits(atom, table, above)
    return [made[atom.columns, atom.guard] for atom in program.atoms]


def known_bits(atom: Atom, table: Table, above: Above = _above) -> Bits:
    """Return where an atom is known: every column is, and its denominator is above zero."""
    if any(column not in table.columns for column in atom.columns):
        return np.zeros(table.words, np.uint64)
    masks = [table.columns[column].known_bits for column in atom.columns]
    if len(masks) == 1 and atom.guard is None:
        return masks[0]
    known = masks[0].copy()
    for mask in masks[1:]:
        known &= mask
    return known if atom.guard is None else above(atom.guard, table, known)


def evaluator(atom: Atom, table: Table) -> Evaluator:
    """Return a function from rows to the truth of an atom; where it is unknown, anything."""
    if any(column not in table.columns for column in atom.columns):
        return _nothing
    if atom.kind in {"at_least", "equal"}:
        return _threshold(atom, table)
    values = table.columns[atom.form.columns[0]].values
    if atom.kind == "flag":
        return partial(_flag, cast(Truth, values))
    numbers = cast(Integers, values)
    if atom.kind == "in":
        return _member(numbers, atom.codes)
    mask = np.int64(sum(1 << code for code in atom.codes))
    return partial(_any if atom.kind == "any" else _all, numbers, mask)


def _threshold(atom: Atom, table: Table) -> Evaluator:
    least = atom.kind == "at_least"
    if atom.form.factors == (1,) and forms.SMALLEST <= atom.bound <= forms.LARGEST:
        numbers = cast(Integers, table.columns[atom.form.columns[0]].values)
        return partial(_at_least if least else _equal, numbers, np.int64(atom.bound))
    compare = forms.at_least if least else forms.equal
    return lambda rows: compare(atom.form, atom.bound, table=table, rows=rows)


def _nothing(rows: slice) -> Truth:
    return np.zeros(rows.stop - rows.start, np.bool_)


def _flag(values: Truth, rows: slice) -> Truth:
    return values[rows]


def _equal(values: Integers, bound: np.int64, rows: slice) -> Truth:
    return values[rows] == bound


def _at_least(values: Integers, bound: np.int64, rows: slice) -> Truth:
    return values[rows] >= bound


def _any(values: Integers, mask: np.int64, rows: slice) -> Truth:
    return (values[rows] & mask) != 0


def _all(values: Integers, mask: np.int64, rows: slice) -> Truth:
    return (values[rows] & mask) == mask


def _member(values: Integers, codes: tuple[int, ...]) -> Evaluator:
    if len(codes) == 1:
        return partial(_equal, values, np.int64(codes[0]))
    chosen: npt.NDArray[np.bool_] = np.zeros(max(codes) + 2, np.bool_)
    chosen[list(codes)] = True  # the last place stays no: codes beyond are clipped to it
    return lambda rows: chosen.take(values[rows], mode="clip")
