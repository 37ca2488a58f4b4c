"""Compiles a program to Ibis in stages: atoms, verdicts, amounts, what is kept of each group.

Only what every backend does alike is used: integers, comparisons, AND, OR, NOT, IN, CASE, sums,
products and the remainder of non-negative integers. NULL is unknown, and SQL's three values are
Kleene's. Nothing is executed here. Ratios are cross-multiplied under a guard; caps are CASE, never
LEAST, which skips NULL; an integer quotient is ``(b - b % q) / q``, exact below 2**53.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

import ibis

from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.program import Plan, Program, Rule, Step

Value = Any  # Ibis builds its value types at run time
Columns = Mapping[str, Value]
EXACT = 2**53  # integers up to here survive a division in doubles
LARGEST = 2**63 - 1
PLAUSIBLE = 10**15  # 10 trillion yuan in fen; sums that could overflow below it are guarded
BATCH = 50  # policies per query; wider selects cost the planners more than they save


@dataclass(frozen=True, slots=True)
class Staged:
    """Three tables, each built on the one before, with the columns named.

    ``verdicts``: position of the policy → column of codes (int8). ``amounts``: → column of fen,
    NULL where not entitled or unknown. ``kept``: → column that is true where the policy's amount
    is the highest of its group, the first of equals; only for groups that keep the highest.
    """

    atoms: Value
    decided: Value
    priced: Value
    verdicts: Mapping[int, str]
    amounts: Mapping[int, str]
    kept: Mapping[int, str]


def batches(program: Program, *, size: int = BATCH) -> list[tuple[int, ...]]:
    """Return the policies in batches for one query each; the policies of a group stay together."""
    home = list(range(len(program.rules)))  # the first policy of the cluster that each belongs to
    for members in groups_of(program).values():
        clusters = {home[policy] for policy in members}
        home = [min(clusters) if one in clusters else one for one in home]
    found: list[list[int]] = [[]]
    for first in sorted(set(home)):
        cluster = [policy for policy, one in enumerate(home) if one == first]
        if found[-1] and len(found[-1]) + len(cluster) > size:
            found.append([])
        found[-1] += cluster
    return [tuple(batch) for batch in found if batch]


def groups_of(program: Program) -> dict[str, list[int]]:
    """Return the groups of which only the highest is kept, with their policies."""
    groups: dict[str, list[int]] = {}
    for policy, rule in enumerate(program.rules):
        if rule.policy.stacking == "highest" and rule.plan is not None:
            for group in rule.policy.groups:
                groups.setdefault(group, []).append(policy)
    return groups


def staged(
    program: Program,
    table: Value,
    *,
    names: Mapping[str, str],
    keys: Sequence[str],
    event: date,
    policies: Sequence[int] | None = None,
) -> Staged:
    """Return the stages over a table of facts.

    Args:
        program: compiled policies.
        table: an Ibis table whose columns are encoded as for ``evaluate``: booleans, and int64 for
            everything else (codes of an enum, masks of a set, days of a date).
        names: column key → name in the table; an absent key is unknown for everybody.
        keys: names of the columns to carry along, such as the firm's id.
        event: the day that the rules apply to.
        policies: which policies, by default all; see ``batches``.
    """
    chosen = range(len(program.rules)) if policies is None else policies
    rules = {policy: program.rules[policy] for policy in chosen}
    columns = {key: table[names[key]] for key in program.columns if key in names}
    nodes = sorted(_nodes(program, rules))
    plans = {policy: rule.plan for policy, rule in rules.items() if rule.plan is not None}
    bases = {_base_name(plan): _base(plan, columns) for plan in plans.values() if plan.base}
    first = table.select(
        *keys,
        **{f"a{node}": _atom(program.atoms[node], columns) for node in nodes},
        **bases,
    )
    truth = _Truth(program, first)
    joined = first.mutate(**{k: v for p, rule in rules.items() for k, v in _joined(p, rule, truth)})
    decided = joined.mutate(
        **{f"v{p}": _verdict(p, rule, joined, event) for p, rule in rules.items()}
    )
    truth = _Truth(program, decided)
    priced = decided.mutate(
        **{f"f{policy}": _amount(policy, plan, truth, decided) for policy, plan in plans.items()}
    )
    kept = _kept(program, priced, set(plans))
    return Staged(
        atoms=first,
        decided=decided,
        priced=priced.mutate(**{f"k{policy}": value for policy, value in kept.items()}),
        verdicts={policy: f"v{policy}" for policy in rules},
        amounts={policy: f"f{policy}" for policy in plans},
        kept={policy: f"k{policy}" for policy in kept},
    )


def _nodes(program: Program, rules: Mapping[int, Rule]) -> set[int]:
    found: set[int] = set()
    for rule in rules.values():
        steps = [
            s.reference for s in (rule.plan.steps if rule.plan else ()) if s.reference is not None
        ]
        for reference in (*rule.conditions, *rule.manual_references, *steps):
            found |= program.closures[reference >> 1]
    return found


# ---- atoms ----------------------------------------------------------------------------------


def _atom(atom: Atom, columns: Columns) -> Value:
    if any(column not in columns for column in atom.columns):
        return ibis.null("boolean")
    value = columns[atom.form.columns[0]]
    match atom.kind:
        case "flag":
            return value
        case "in":
            return value.isin(atom.codes)
        case "any" | "all":
            mask = sum(1 << code for code in atom.codes)
            bits = value & ibis.literal(mask, "int64")
            return bits != 0 if atom.kind == "any" else bits == mask
        case _:
            return _threshold(atom, columns)


def _threshold(atom: Atom, columns: Columns) -> Value:
    if abs(atom.bound) > LARGEST:  # beyond every value: decided by the sign alone, if known
        known = columns[atom.form.columns[0]] >= -LARGEST
        return known if atom.bound < 0 and atom.kind == "at_least" else ~known
    total = _sum(atom.form, columns)
    truth = total >= atom.bound if atom.kind == "at_least" else total == atom.bound
    unknown = ibis.null("boolean")
    if atom.guard is not None:
        truth = ibis.cases((_sum(atom.guard, columns) > 0, truth), else_=unknown)
    reach = sum(abs(factor) for factor in atom.form.factors)
    if len(atom.form.columns) > 1 and reach * PLAUSIBLE > LARGEST:
        most = LARGEST // (reach + 1)
        small = reduce(and_, (columns[c].between(-most, most) for c in atom.form.columns))
        truth = ibis.cases((small, truth), else_=unknown)
    return truth


def _sum(form: Form, columns: Columns) -> Value:
    total: Value = None
    for column, factor in zip(form.columns, form.factors, strict=True):
        part = columns[column] if factor == 1 else columns[column] * ibis.literal(factor, "int64")
        total = part if total is None else total + part
    return total + ibis.literal(form.constant, "int64") if form.constant else total


# ---- verdicts -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Truth:
    """Turns references into expressions over the columns of atoms."""

    program: Program
    table: Value

    def of(self, reference: int) -> Value:
        node = reference >> 1
        first = len(self.program.atoms)
        if node < first:
            value = self.table[f"a{node}"]
        else:
            value = reduce(and_, (self.of(part) for part in self.program.gates[node - first]))
        return ~value if reference & 1 else value


def _joined(policy: int, rule: Rule, truth: _Truth) -> list[tuple[str, Value]]:
    """Return the conjunction of what machines check, and that of everything."""
    machine = [truth.of(reference) for reference in rule.conditions]
    people = [truth.of(reference) for reference in rule.manual_references]
    checked = reduce(and_, machine) if machine else ibis.literal(value=True)
    return [(f"m{policy}", checked), (f"e{policy}", reduce(and_, [*machine, *people]))]


def _verdict(policy: int, rule: Rule, table: Value, event: date) -> Value:
    """CASE in which a definite no stands first, then yes, then what is missing, then people."""
    if not rule.policy.in_force(event):
        return ibis.literal(4, "int8")
    everything = table[f"e{policy}"]
    codes = [ibis.literal(code, "int8") for code in (0, 1, 3, 2)]
    return ibis.cases(
        (~everything, codes[0]),
        (everything, codes[1]),
        (table[f"m{policy}"], codes[2]),
        else_=codes[3],
    )


# ---- amounts --------------------------------------------------------------------------------


def _base_name(plan: Plan) -> str:
    """Return one name per distinct base, so that equal bases are one column."""
    text = repr((plan.base, plan.each))
    return f"b{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _base(plan: Plan, columns: Columns) -> Value:
    """Return the base, not below zero, NULL where unknown or beyond what is exact."""
    if plan.base is None or any(column not in columns for column in plan.base.columns):
        return ibis.null("int64")
    total = _sum(plan.base, columns)
    zero = ibis.literal(0, "int64")
    positive = ibis.cases((total < 0, zero), (total <= EXACT, total), else_=ibis.null("int64"))
    return _quotient(positive, plan.each) if plan.each else positive


def _quotient(value: Value, divisor: int) -> Value:
    """Return the exact floor of a non-negative integer's division."""
    if divisor == 1:
        return value
    q = ibis.literal(divisor, "int64")
    return ((value - value % q) / q).cast("int64")


def _amount(policy: int, plan: Plan, truth: _Truth, table: Value) -> Value:
    unknown = ibis.null("int64")
    base = table[_base_name(plan)] if plan.base is not None else None
    value = _marginal(plan, base) if plan.slices else _steps(plan, base, truth)
    if plan.floor is not None:
        value = _limited(value, plan.floor, above=False)
    if plan.cap is not None:
        value = _limited(value, plan.cap, above=True)
    return ibis.cases((table[f"v{policy}"] == 1, value), else_=unknown)


def _steps(plan: Plan, base: Value, truth: _Truth) -> Value:
    """Nest the steps from the last to the first: unknown where a step before is undecided."""
    unknown = ibis.null("int64")
    value: Value = ibis.literal(0, "int64")
    for step in reversed(plan.steps):
        given = _step(step, plan, base)
        if step.reference is None:
            value = given
            continue
        holds = truth.of(step.reference)
        value = ibis.cases((holds, given), (~holds, value), else_=unknown)
    return value


def _step(step: Step, plan: Plan, base: Value) -> Value:
    if not step.numerator:
        return ibis.literal(step.fen, "int64")
    p, q = step.over(plan.rounding.unit)
    whole, rest = _quotient(base, q), base % ibis.literal(q, "int64") if q > 1 else None
    value = whole * ibis.literal(p, "int64")
    if rest is not None:
        value = value + _rounded(rest * ibis.literal(p, "int64"), q, plan.rounding.mode)
    value = value * ibis.literal(plan.rounding.unit, "int64")
    return value if step.cap is None else _limited(value, step.cap, above=True)


def _rounded(value: Value, q: int, mode: str) -> Value:
    if mode == "half_up":
        return _quotient(value * 2 + ibis.literal(q, "int64"), 2 * q)
    return _quotient(value + ibis.literal(q - 1 if mode == "up" else 0, "int64"), q)


def _marginal(plan: Plan, base: Value) -> Value:
    total: Value = ibis.literal(0, "int64")
    for part in plan.slices:
        inside = base if part.high is None else _limited(base, part.high, above=True)
        over = inside - ibis.literal(part.low, "int64")
        slice_ = _limited(over, 0, above=False) * ibis.literal(part.numerator, "int64")
        total = total + slice_
    unit = plan.rounding.unit
    return _rounded(total, plan.denominator * unit, plan.rounding.mode) * ibis.literal(
        unit, "int64"
    )


def _limited(value: Value, limit: int, *, above: bool) -> Value:
    """Return the value held to a limit by CASE, so that NULL stays NULL."""
    bound = ibis.literal(limit, "int64")
    beyond = value > bound if above else value < bound
    return ibis.cases((beyond, bound), else_=value)


def _kept(program: Program, table: Value, priced: set[int]) -> dict[int, Value]:
    kept: dict[int, Value] = {}
    for members in groups_of(program).values():
        inside = [policy for policy in members if policy in priced]
        worth = {policy: table[f"f{policy}"].fill_null(-1) for policy in inside}
        for position, policy in enumerate(inside):
            mine = worth[policy]
            holds = mine >= 0
            for other in inside[:position]:
                holds = holds & (mine > worth[other])
            for other in inside[position + 1 :]:
                holds = holds & (mine >= worth[other])
            kept[policy] = kept[policy] & holds if policy in kept else holds
    return kept
