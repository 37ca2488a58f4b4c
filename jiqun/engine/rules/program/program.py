"""The compiled form of a set of policies: shared atoms, shared gates, and one rule per policy.

A *reference* is ``2 · node + negated``. Nodes 0 … A-1 are the atoms, those after them are gates;
every gate is the conjunction of its references and stands after what it refers to. 或 is a
negated conjunction of opposites, so one operation serves for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.document.policy import EXACT, Policy, Rounding
from jiqun.engine.rules.program.atoms import Atom, Form


@dataclass(frozen=True, slots=True)
class Outline:
    """A condition or a part of one, for explanations: its text, its reference, its parts.

    ``word``: atom, 且, 或, 非, or @ where another condition, ``number``, is meant.
    """

    word: str
    text: str
    reference: int
    parts: tuple[Outline, ...] = ()
    number: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One tier of an amount: where (a reference, or None for everywhere) it gives what.

    It gives ``fen`` when there is no ``form``, else ``numerator / denominator`` of the base.
    """

    reference: int | None
    fen: int = 0
    numerator: int = 0
    denominator: int = 1
    cap: int | None = None

    def over(self, unit: int) -> tuple[int, int]:
        """Return the rate in units of so many fen, so that rate and rounding are one step."""
        rate = Fraction(self.numerator, self.denominator * unit)
        return rate.numerator, rate.denominator


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice of a marginal scale: ``numerator / denominator`` of the base in [low, high)."""

    low: int
    high: int | None
    numerator: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to reckon the amount of a policy in integers.

    ``base`` is an integer form, ``scale`` times the base in its unit. Steps are tried in order,
    the first that holds counts. With ``slices``, all with the ``denominator``, it is marginal.
    With ``each``, only full multiples of ``each`` base units count.
    """

    base: Form | None
    steps: tuple[Step, ...] = ()
    slices: tuple[Slice, ...] = ()
    denominator: int = 1
    each: int = 0
    cap: int | None = None
    floor: int | None = None
    rounding: Rounding = EXACT

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the base."""
        return self.base.columns if self.base else ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy in compiled form.

    ``conditions``: references of the conditions that a machine checks, with ``numbers`` beside;
    ``manual``: number and column of those that a person verifies.
    """

    policy: Policy
    numbers: tuple[str, ...]
    conditions: tuple[int, ...]
    outlines: tuple[Outline, ...]
    manual: tuple[tuple[str, str], ...]
    manual_references: tuple[int, ...]
    plan: Plan | None


@dataclass(frozen=True)
class Program:
    """Policies compiled together.

    ``columns`` names every column that any atom or amount reads, with its field; a column of a
    manual condition is ``number-of-policy@version#number-of-condition`` and has no field.
    """

    rules: tuple[Rule, ...]
    atoms: tuple[Atom, ...]
    gates: tuple[tuple[int, ...], ...]
    columns: Mapping[str, Field | None]
    dictionary: Dictionary

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Key and number of each policy → its position; a number leads to its last version."""
        by_number = {rule.policy.number: i for i, rule in enumerate(self.rules)}
        return by_number | {rule.policy.key: i for i, rule in enumerate(self.rules)}

    @cached_property
    def dependents(self) -> tuple[tuple[int, ...], ...]:
        """For each node, the gates that depend on it, in order of evaluation."""
        count = len(self.atoms)
        found: list[set[int]] = [set() for _ in range(count + len(self.gates))]
        for position in range(len(self.gates) - 1, -1, -1):
            node = count + position
            for reference in self.gates[position]:
                found[reference >> 1] |= {node} | found[node]
        return tuple(tuple(sorted(nodes)) for nodes in found)

    @cached_property
    def closures(self) -> tuple[frozenset[int], ...]:
        """For each node, the atoms that it rests on."""
        found: list[frozenset[int]] = [frozenset((i,)) for i in range(len(self.atoms))]
        for gate in self.gates:
            found.append(frozenset[int]().union(*(found[reference >> 1] for reference in gate)))
        return tuple(found)

    def data_of(self, policy: int) -> tuple[str, ...]:
        """Return 所需数据: every column that a policy reads, sorted; manual ones not among them."""
        rule = self.rules[policy]
        steps = rule.plan.steps if rule.plan else ()
        references = [*rule.conditions, *(s.reference for s in steps if s.reference is not None)]
        nodes = {atom for r in references for atom in self.closures[r >> 1]}
        columns = {column for node in nodes for column in self.atoms[node].columns}
        return tuple(sorted(columns | set(rule.plan.columns if rule.plan else ())))
