"""Compiled loops over one subject: all policies at once, for a page that answers while one types."""

from __future__ import annotations

from typing import Any

import numpy as np

from jiqun.engine.rules.evaluation.kernel import compiled, rounded

LARGEST = 1.0e17
SAFE = 9.0e18  # beyond this a sum is left to the exact path
AT_LEAST, EQUAL, IN, ANY, ALL = 0, 1, 2, 3, 4


@compiled
def total(starts: Any, columns: Any, factors: Any, i: int, subject: tuple[Any, Any]) -> Any:
    """Return the sum of a form, whether it is known, and its size as a float."""
    values, known = subject
    found, size = 0, 0.0
    for k in range(starts[i], starts[i + 1]):
        if not known[columns[k]]:
            return 0, False, 0.0
        found += factors[k] * values[columns[k]]
        size += abs(float(factors[k]) * float(values[columns[k]]))
    return found, True, size


@compiled
def truth_of(kind: int, value: int, bound: int, codes: Any) -> bool:
    """Decide an atom whose sum is known."""
    if kind == AT_LEAST:
        return value >= bound
    if kind == EQUAL:
        return value == bound
    if kind == ANY:
        return value & bound != 0
    if kind == ALL:
        return value & bound == bound
    found = False
    for k in range(len(codes)):
        found = found or codes[k] == value
    return found


@compiled
def atom_states(atoms: Any, subject: tuple[Any, Any], state: Any) -> bool:
    """Write the state of each atom: 0 false, 1 true, 2 unknown. False where a sum is too large."""
    kinds, bounds, forms, guards, codes = atoms
    for i in range(len(kinds)):
        value, is_known, size = total(forms[0], forms[1], forms[2], i, subject)
        below, guard_known, guard_size = total(guards[0], guards[1], guards[2], i, subject)
        if max(size, guard_size) > SAFE:
            return False
        if guards[0][i + 1] > guards[0][i]:
            is_known = is_known and guard_known and below + guards[3][i] > 0
        if is_known:
            part = codes[1][codes[0][i] : codes[0][i + 1]]
            state[i] = truth_of(kinds[i], value, bounds[i], part)
        else:
            state[i] = 2
    return True


@compiled
def joined(starts: Any, references: Any, row: int, state: Any) -> int:
    """Return the conjunction of a list of references: 0, 1 or 2."""
    found = 1
    for k in range(starts[row], starts[row + 1]):
        one = state[references[k] >> 1]
        if one == 2:
            found = 2
        elif one == references[k] & 1:
            return 0
    return found


@compiled
def verdicts(
    gates: Any, machine: Any, people: Any, first: int, state: Any, out: Any, codes: Any
) -> None:
    """Write the verdict of every policy; ``state`` holds the atoms and receives the gates."""
    for gate in range(len(gates[0]) - 1):
        state[first + gate] = joined(gates[0], gates[1], gate, state)
    for policy in range(len(codes)):
        checked = joined(machine[0], machine[1], policy, state)
        verified = joined(people[0], people[1], policy, state)
        if out[policy]:
            codes[policy] = 4
        elif checked == 0 or verified == 0:
            codes[policy] = 0
        elif checked == 2:
            codes[policy] = 2
        else:
            codes[policy] = 1 if verified == 1 else 3


@compiled
def chosen_step(steps: Any, policy: int, state: Any) -> int:
    """Return the first step that holds, -1 for none, -2 where one is undecided before."""
    for k in range(steps[0][policy], steps[0][policy + 1]):
        reference = steps[1][k, 0]
        if reference < 0:
            return k
        one = state[reference >> 1]
        if one == 2:
            return -2
        if one != reference & 1:
            return k
    return -1


@compiled
def rated(step: Any, base: int, rule: Any) -> int:
    """Return the amount of a step that is a rate of a base not below zero; -1 for too large."""
    p, q, unit = step[2], step[3], rule[0]
    if float(base) / q * p * unit > LARGEST:
        return -1
    value = ((base // q) * p + rounded((base % q) * p, q, rule[1])) * unit
    return value if step[4] < 0 else min(value, step[4])


@compiled
def marginal(slices: Any, policy: int, base: int, rule: Any) -> int:
    """Return a marginal amount of a base not below zero; -1 for too large."""
    starts, parts = slices
    found, size = 0, 0.0
    for k in range(starts[policy], starts[policy + 1]):
        top = base if parts[k, 1] < 0 else min(base, parts[k, 1])
        over = max(top - parts[k, 0], 0)
        size += float(over) * parts[k, 2]
        if size > SAFE / 4:
            return -1
        found += over * parts[k, 2]
    return rounded(found, rule[6] * rule[0], rule[1]) * rule[0]


@compiled
def amount(plans: Any, policy: int, subject: tuple[Any, Any], state: Any) -> Any:
    """Return an amount in fen and why it is unknown: 0 known, 1 base, 2 tier, 3 too large."""
    forms, constants, steps, rules, slices = plans
    rule = rules[policy]
    sliced = slices[0][policy + 1] > slices[0][policy]
    k = 0 if sliced else chosen_step(steps, policy, state)
    value = 0
    if k == -2:
        return 0, 2
    if not sliced and k >= 0 and steps[1][k, 2] == 0:
        value = steps[1][k, 1]
    elif k >= 0:
        base, is_known, size = total(forms[0], forms[1], forms[2], policy, subject)
        if not is_known:
            return 0, 1
        base = max(base + constants[policy], 0)
        if sliced:
            value = marginal(slices, policy, base, rule)
        else:
            value = rated(steps[1][k], base // rule[4] if rule[4] > 0 else base, rule)
        if size > SAFE or value < 0:
            return 0, 3
    if rule[3] >= 0:
        value = max(value, rule[3])
    return (min(value, rule[2]) if rule[2] >= 0 else value), 0


@compiled
def amounts(
    plans: Any, subject: tuple[Any, Any], state: Any, codes: Any, fen: Any, why: Any
) -> bool:
    """Write amounts of the entitled; False where one has to go through the exact path."""
    for policy in range(len(codes)):
        fen[policy], why[policy] = 0, 0
        if codes[policy] == 1 and plans[3][policy, 5]:
            fen[policy], why[policy] = amount(plans, policy, subject, state)
            if why[policy] == 3:
                return False
    return True


def empty(policies: int, nodes: int) -> tuple[Any, Any, Any, Any]:
    """Return room for codes, fen, reasons of unknown amounts, and states of nodes."""
    return (
        np.empty(policies, np.int8),
        np.empty(policies, np.int64),
        np.empty(policies, np.int8),
        np.empty(nodes, np.int8),
    )
