"""Test cases that write themselves: one base unit around every threshold of a policy.

Expected answers come from the exact reading of the tree (``exact``), never from the evaluation
that they test. The cases are also what an official looks at: just below, just at, just above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.document.policy import Amount, Policy
from jiqun.engine.rules.evaluation.amounts import KNOWN, amounts_at
from jiqun.engine.rules.evaluation.columns import Column, array_of, show_value
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.explain import UNKNOWN, states
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.words import with_basis
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review import exact

NOMINAL = 10_000_000  # what the other fields of a ratio or a sum hold, in base units


@dataclass(frozen=True, slots=True)
class BoundaryCase:
    """Facts at a threshold, and what must come out.

    ``condition``: number of the condition, empty for a case of the amount; ``state``: 0 fails,
    1 holds, 2 unknown; ``fen``: the amount, None where unknown. ``shown``: the facts as people
    write them. ``offset``: -1, 0 or 1 base units from the threshold.
    """

    condition: str
    text: str
    facts: Mapping[str, int]
    shown: Mapping[str, str]
    offset: int
    state: int = UNKNOWN
    fen: int | None = None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A case whose answer is not the one expected."""

    case: BoundaryCase
    got: int | None


def boundary_cases(policy: Policy, dictionary: Dictionary) -> list[BoundaryCase]:
    """Return the cases around every threshold of the conditions and of the amount."""
    program = compile_policies([policy], dictionary)
    rule = program.rules[0]
    trees = {c.number: c.tree for c in policy.conditions if c.tree is not None}
    found: list[BoundaryCase] = []
    for number, reference in zip(rule.numbers, rule.conditions, strict=True):
        tree = expanded(trees[number], trees)
        for node in sorted(program.closures[reference >> 1]):
            if program.atoms[node].kind not in {"at_least", "equal"}:
                continue
            rest = sorted(program.closures[reference >> 1] - {node})
            for offset, facts in _around(program, program.atoms[node], rest):
                state = exact.holds(tree, _values(program, facts, tree, policy), dictionary)
                shown, text = _shown(program, facts), s.text(trees[number])
                wanted = UNKNOWN if state is None else int(state)
                found.append(BoundaryCase(number, text, facts, shown, offset, state=wanted))
    return [*found, *_of_amount(policy, program)]


def run_boundary_cases(policy: Policy, dictionary: Dictionary) -> list[Mismatch]:
    """Evaluate every boundary case; an empty list means that all came out as expected."""
    cases = boundary_cases(policy, dictionary)
    if not cases:
        return []
    program = compile_policies([policy], dictionary)
    found = evaluate(
        program, columns_of_cases(program, cases), event=policy.start, n=len(cases), kernel="numpy"
    )
    got = [_got(found, i, case) for i, case in enumerate(cases)]
    wanted = [case.state if case.condition else case.fen for case in cases]
    return [
        Mismatch(case, one)
        for case, one, other in zip(cases, got, wanted, strict=True)
        if one != other
    ]


def columns_of_cases(program: Program, cases: Sequence[BoundaryCase]) -> dict[str, Column]:
    """Return the columns of all cases; what a case does not say is unknown."""
    found: dict[str, Column] = {}
    for key, field in program.columns.items():
        known = np.array([key in case.facts for case in cases])
        values = [case.facts.get(key, 0) for case in cases]
        found[key] = Column(array_of(values, field), known)
    return found


def _got(found: Evaluation, i: int, case: BoundaryCase) -> int | None:
    if case.condition:
        return dict(states(found, 0, i))[case.condition]
    fen, state = amounts_at(
        found.program.rules[0].plan, found.planes, table=found.table, rows=np.array([i])
    )
    return int(fen[0]) if state[0] == KNOWN else None


def expanded(tree: s.Condition, trees: Mapping[str, s.Condition]) -> s.Condition:
    """Return a tree in which references are replaced by what they refer to."""
    match tree:
        case s.Reference():
            return expanded(trees[tree.name], trees)
        case s.Not():
            return s.Not(expanded(tree.item, trees))
        case s.Every() | s.Some():
            return type(tree)(tuple(expanded(item, trees) for item in tree.items))
        case _:
            return tree


# ---- facts around a threshold ---------------------------------------------------------------


def _around(
    program: Program, atom: Atom, rest: Sequence[int]
) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield facts one unit below, at and above the threshold of the atom's first field.

    The other fields of the atom hold a nominal value; atoms beside it are once all true and once
    all false, so that the condition hangs on this one whether it is a 且 or an 或.
    """
    facts = dict.fromkeys(atom.columns, NOMINAL)
    first, factor = atom.form.columns[0], atom.form.factors[0]
    others = sum(
        f * facts[c] for c, f in zip(atom.form.columns[1:], atom.form.factors[1:], strict=True)
    )
    at = -(-(atom.bound - others) // factor) if factor > 0 else (others - atom.bound) // -factor
    for truth in (True, False) if rest else (True,):
        beside: dict[str, int] = {}
        for node in rest:
            _set(beside, program.atoms[node], truth=truth, program=program)
        for offset in (-1, 0, 1):
            yield offset, {**beside, **facts, first: at + offset}


def _set(facts: dict[str, int], atom: Atom, *, truth: bool, program: Program) -> None:
    """Choose facts that make an atom true or false, where they can."""
    first = atom.form.columns[0]
    if atom.kind == "flag":
        facts[first] = int(truth)
    elif atom.kind == "in":
        field = program.columns[first]
        free = set(range(len(field.values) if field else 0)) - set(atom.codes)
        facts[first] = atom.codes[0] if truth or not free else min(free)
    elif atom.kind in {"any", "all"}:
        facts[first] = sum(1 << code for code in atom.codes) if truth else 0
    else:
        for column in atom.columns:
            facts.setdefault(column, NOMINAL)
        factor = atom.form.factors[0]
        others = _value(atom.form, facts) - factor * facts[first]
        goal = atom.bound if truth else atom.bound - 1
        up = truth == (factor > 0)
        facts[first] = -(-(goal - others) // factor) if up else (goal - others) // factor


def _value(form: Form, facts: Mapping[str, int]) -> int:
    pairs = zip(form.columns, form.factors, strict=True)
    return form.constant + sum(factor * facts[column] for column, factor in pairs)


def _values(
    program: Program, facts: Mapping[str, int], tree: s.Condition | s.Sum, policy: Policy
) -> dict[str, int | bool | None]:
    """Return the facts under the names that the tree uses: synonyms and relative periods too."""
    found: dict[str, int | bool | None] = {}
    for name in s.names_of(tree):
        field = program.dictionary.by_word[name.name]
        year = policy.basis.year
        period = with_basis(name.period, year) if year and name.period else name.period
        found[s.name_text(name)] = facts.get(s.name_text(s.Name(field.name, period)))
    return found


def _shown(program: Program, facts: Mapping[str, int]) -> dict[str, str]:
    fields: Mapping[str, Field | None] = program.columns
    return {column: show_value(value, fields[column]) for column, value in facts.items()}


# ---- amounts --------------------------------------------------------------------------------


def _of_amount(policy: Policy, program: Program) -> Iterator[BoundaryCase]:
    """Yield cases around each edge of a tier and where the rate meets the cap.

    The amount is reckoned for the facts of its base alone, whatever the conditions say. Tiers
    with conditions of their own are left to the conditions' cases.
    """
    amount, plan = policy.amount, program.rules[0].plan
    if amount is None or amount.base is None or plan is None or plan.base is None:
        return
    if any(tier.condition is not None for tier in amount.tiers):
        return
    first, factor = plan.base.columns[0], plan.base.factors[0]
    for edge in _edges(amount):
        for offset in (-1, 0, 1):
            facts = dict.fromkeys(plan.base.columns, NOMINAL)
            others = _value(plan.base, facts) - factor * facts[first]
            facts[first] = (edge - others) // factor + offset
            fen = exact.fen(
                amount, _values(program, facts, amount.base, policy), program.dictionary
            )
            yield BoundaryCase(
                "", s.text(amount.base), facts, _shown(program, facts), offset, fen=fen
            )


def _edges(amount: Amount) -> list[int]:
    edges = {edge for tier in amount.tiers for edge in (tier.low, tier.high) if edge is not None}
    if amount.cap is not None and amount.rate:
        edges.add(int(amount.cap / amount.rate))
    return sorted(edges)
