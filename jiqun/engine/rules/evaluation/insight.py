"""What is nearly there and what is missing: near misses, and facts ranked by what they block."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation.amounts import amounts_at
from jiqun.engine.rules.evaluation.columns import Bits, Integers, Truth, unpack
from jiqun.engine.rules.evaluation.evaluate import Evaluation
from jiqun.engine.rules.evaluation.forms import exact, fits, sums
from jiqun.engine.rules.program.atoms import Atom
from jiqun.engine.rules.program.program import Rule


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Pairs of one policy that fail exactly one machine-checked condition and meet the others.

    ``condition``: position of the failing one in the rule, shape (k,). ``gap``: by how much its
    first field must change, in base units (negative: must fall); meaningless where not
    ``measured``, as for a yes-or-no field or several alternatives.
    """

    policy: int
    subjects: Integers
    condition: Integers
    gap: Integers
    measured: Truth


def near_misses(found: Evaluation, policy: int) -> NearMiss:
    """Return who is one condition short of a policy, with the gap.

    Conditions that a person verifies are left aside; a subject with an unknown machine-checked
    condition is not listed, since it may be further away.
    """
    rule = found.program.rules[policy]
    one, more = _exactly_one(found, [reference ^ 1 for reference in rule.conditions])
    alone = one & ~more & ~found.outcome.out[policy]
    for reference in rule.conditions:
        true, false = found.planes.of(reference)
        alone &= true | false
    parts = [_short(found, rule, position, alone) for position in range(len(rule.conditions))]
    subjects = np.concatenate([part[0] for part in parts] or [np.zeros(0, np.int64)])
    order = np.argsort(subjects, kind="stable")
    condition = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    gap = np.concatenate([part[1] for part in parts] or [np.zeros(0, np.int64)])
    measured = np.concatenate([part[2] for part in parts] or [np.zeros(0, np.bool_)])
    return NearMiss(policy, subjects[order], condition[order], gap[order], measured[order])


def _exactly_one(found: Evaluation, references: Sequence[int]) -> tuple[Bits, Bits]:
    """Return where at least one, and where more than one, of some references is true."""
    one = np.zeros(found.table.words, np.uint64)
    more = np.zeros_like(one)
    for reference in references:
        true, _ = found.planes.of(reference)
        more |= one & true
        one |= true
    return one, more


def _short(
    found: Evaluation, rule: Rule, position: int, alone: Bits
) -> tuple[Integers, Integers, Truth]:
    reference = rule.conditions[position]
    rows = np.flatnonzero(unpack(alone & found.planes.of(reference)[1], found.table.n))
    node = reference >> 1
    plain = node >= len(found.program.atoms) or found.program.atoms[node].kind != "at_least"
    if plain or not len(rows):  # without rows the column itself may be one that nobody supplied
        return rows, np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    gap = gaps(found.program.atoms[node], found, rows, wanted=not reference & 1)
    return rows, gap, np.ones(len(rows), np.bool_)


def gaps(atom: Atom, found: Evaluation, rows: Integers, *, wanted: bool) -> Integers:
    """Return by how much the first field of a threshold must change in each row, base units.

    Rounded to the nearest whole unit that suffices; positive is up, negative is down.
    """
    if fits(atom.form, found.table) and abs(atom.bound) < 2**62:
        values = sums(atom.form, found.table, rows)
    else:
        values = np.array([exact(atom.form, found.table, int(row)) for row in rows], object)
    short = (atom.bound if wanted else atom.bound - 1) - values
    factor = abs(atom.form.factors[0])
    size = -(-abs(short) // factor)
    up = (short > 0) == (atom.form.factors[0] > 0)
    return np.where(up, size, -size).astype(np.int64)


# ---- what is missing ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blocker:
    """A column and what hangs on it.

    ``alone``: undecided pairs that it blocks all by itself; ``any``: those that it blocks, alone
    or with others. ``fen``: what the pairs blocked alone would get if they were entitled;
    ``unpriced`` of these have an amount that is unknown too.
    """

    column: str
    owner: str
    alone: int
    any: int
    fen: int
    unpriced: int


def blockers(found: Evaluation, policies: Collection[int] | None = None) -> list[Blocker]:
    """Rank the missing facts by how many decisions each blocks alone, then by money.

    ``policies``: positions of those that count, all of them by default.

    A column blocks a pair when it is unknown and stands in an undecided condition whose own
    atom on it is undecided.
    """
    tally: dict[str, npt.NDArray[np.int64]] = {}
    for policy, rule in enumerate(found.program.rules):
        if policies is not None and policy not in policies:
            continue
        outcome = found.outcome
        undecided = _everyone(found) & ~(
            outcome.yes[policy] | outcome.no[policy] | outcome.manual[policy] | outcome.out[policy]
        )
        if undecided.any():
            _tally(found, rule, undecided=undecided, tally=tally)
    columns = found.program.columns
    ranked = [
        Blocker(column, (f.owner if (f := columns[column]) else ""), *(int(v) for v in counts))
        for column, counts in tally.items()
    ]
    return sorted(ranked, key=lambda one: (-one.alone, -one.fen, -one.any, one.column))


def _everyone(found: Evaluation) -> Bits:
    full = np.full(found.table.words, ~np.uint64(0))
    if found.table.n % 64:
        full[-1] = np.uint64((1 << found.table.n % 64) - 1)
    return full


def _tally(
    found: Evaluation,
    rule: Rule,
    *,
    undecided: Bits,
    tally: dict[str, npt.NDArray[np.int64]],
) -> None:
    lacking = _lacking(found, rule, undecided)
    one, more = np.zeros_like(undecided), np.zeros_like(undecided)
    for plane in lacking.values():
        more |= one & plane
        one |= plane
    for column, plane in lacking.items():
        alone = plane & ~more
        rows = np.flatnonzero(unpack(alone, found.table.n))
        fen, state = amounts_at(rule.plan, found.planes, table=found.table, rows=rows)
        counts = (
            len(rows),
            int(np.bitwise_count(plane).sum()),
            int(fen.sum()),
            int((state > 0).sum()),
        )
        tally[column] = tally.get(column, np.zeros(4, np.int64)) + np.array(counts, np.int64)


def _lacking(found: Evaluation, rule: Rule, undecided: Bits) -> dict[str, Bits]:
    """Return for each column where it is unknown inside an undecided condition."""
    planes, program = found.planes, found.program
    lacking: dict[str, Bits] = {}
    for reference in rule.conditions:
        node = reference >> 1
        open_ = undecided & ~(planes.true[node] | planes.false[node])
        if not open_.any():
            continue
        for atom in sorted(program.closures[node]):
            here = open_ & ~(planes.true[atom] | planes.false[atom])
            for column in program.atoms[atom].columns:
                held = found.table.columns.get(column)
                plane = here if held is None else here & ~held.known_bits
                lacking[column] = lacking[column] | plane if column in lacking else plane
    return {column: plane for column, plane in lacking.items() if plane.any()}
