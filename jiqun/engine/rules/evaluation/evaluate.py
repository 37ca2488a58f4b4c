"""Verdicts and amounts of every policy for every subject.

A definite no stands before everything, then what is missing, then what a person has to verify.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation import fast
from jiqun.engine.rules.evaluation.amounts import KNOWN, Awards, awards_of
from jiqun.engine.rules.evaluation.columns import (
    EPOCH,
    Bits,
    Column,
    Integers,
    Table,
    pack,
    table_of,
    unpack,
)
from jiqun.engine.rules.evaluation.kernel import AVAILABLE
from jiqun.engine.rules.evaluation.planes import Planes, conjunction, planes_of
from jiqun.engine.rules.program.program import Program, Rule

WORTH = 50_000  # subjects from which compiled loops repay loading them


class Verdict(IntEnum):
    """What can be said of a subject and a policy."""

    NO = 0  # 不符合
    YES = 1  # 符合
    MISSING = 2  # 待核实(缺数据)
    MANUAL = 3  # 待核实(人工)
    OUT_OF_FORCE = 4  # 不在有效期


VERDICT_NAMES: Mapping[int, tuple[str, str]] = {
    0: ("不符合", "no"),
    1: ("符合", "yes"),
    2: ("待核实(缺数据)", "undetermined, data missing"),
    3: ("待核实(人工)", "undetermined, to be verified"),
    4: ("不在有效期", "out of force"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Policy planes, shape (policies, words): where the answer is yes, no, or manual.

    ``out`` is where the policy is out of force; whoever is in no plane lacks data.
    """

    yes: Bits
    no: Bits
    manual: Bits
    out: Bits


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything an evaluation found; planes are kept for explanations and what-ifs."""

    program: Program
    table: Table
    event: date | Integers
    planes: Planes
    outcome: Outcome
    awards: Awards

    def verdict(self, policy: int) -> npt.NDArray[np.int8]:
        """Return the verdict codes of a policy, shape (n,)."""
        return codes(self.outcome, policy, self.table.n)

    def verdicts(self) -> npt.NDArray[np.int8]:
        """Return all verdict codes, shape (policies, n)."""
        found = np.empty((len(self.program.rules), self.table.n), np.int8)
        for policy in range(len(found)):
            found[policy] = self.verdict(policy)
        return found

    def counts(self) -> Integers:
        """Return how many subjects have which verdict, shape (policies, 5)."""
        return counts_of(self.outcome, self.table.n)

    def verdict_of(self, policy: int, subject: int) -> int:
        """Return the verdict code of one pair."""
        word, place, found = subject >> 6, subject & 63, self.outcome
        planes = ((found.no, 0), (found.yes, 1), (found.manual, 3), (found.out, 4))
        for plane, code in planes:
            if int(plane[policy, word]) >> place & 1:
                return code
        return 2

    def amount_of(self, policy: int, subject: int) -> tuple[int, bool]:
        """Return the amount of one pair in fen and whether it is known; 0 and not known else."""
        subjects, fen, state = self.awards.of(policy)
        place = int(np.searchsorted(subjects, subject))
        if place >= len(subjects) or subjects[place] != subject:
            return 0, False
        return int(fen[place]), bool(state[place] == KNOWN)

    def amounts(self, policy: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
        """Return amounts in fen and whether each is known, shape (n,).

        Known only where the verdict is yes; elsewhere 0 and not known.
        """
        return self.awards.dense(policy, self.table.n)


def evaluate(
    program: Program,
    columns: Mapping[str, Column],
    *,
    event: date | Integers,
    n: int | None = None,
    kernel: str = "auto",
) -> Evaluation:
    """Evaluate all policies for all subjects.

    Args:
        program: compiled policies.
        columns: facts by column key; an absent column is unknown for everybody. A manual
            condition's column (``policy@version#number``) holds what a person has confirmed.
        event: the day that the rules apply to, or one day per subject as days since 1970-01-01.
        n: number of subjects, needed only when there are no columns.
        kernel: ``numpy``, ``numba``, or ``auto``: Numba where it is installed and the work is worth
            its start. The results are equal.

    Raises:
        JiqunError: ``E-RULE-COLUMN`` with every column that does not fit the program.
    """
    table = table_of(program, columns, n=n)
    numba = AVAILABLE and (kernel == "numba" or (kernel == "auto" and table.n >= WORTH))
    planes = (fast.planes_of if numba else planes_of)(program, table)
    outcome = outcome_of(program, planes, table=table, event=event, numba=numba)
    awards = (fast.awards_of if numba else awards_of)(program, planes, table=table, yes=outcome.yes)
    return Evaluation(program, table, event, planes, outcome, awards)


def outcome_of(
    program: Program,
    planes: Planes,
    *,
    table: Table,
    event: date | Integers,
    numba: bool = False,
) -> Outcome:
    """Combine the conditions of each policy into its planes."""
    shape = (len(program.rules), table.words)
    everyone = pack(np.ones(table.n, np.bool_))
    if numba:
        machine = [rule.conditions for rule in program.rules]
        yes, no = fast.conjunctions(planes, machine, everyone)
    else:
        yes, no = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
        for policy, rule in enumerate(program.rules):
            machine_checked(rule, planes, yes=yes[policy], no=no[policy], everyone=everyone)
    found = Outcome(yes, no, np.zeros(shape, np.uint64), np.zeros(shape, np.uint64))
    for policy, rule in enumerate(program.rules):
        finish(rule, planes, found=found, policy=policy, event=event, everyone=everyone)
    return found


def machine_checked(rule: Rule, planes: Planes, *, yes: Bits, no: Bits, everyone: Bits) -> None:
    """Write where all machine-checked conditions of a policy hold, and where any fails."""
    if rule.conditions:
        conjunction(planes, rule.conditions, true=yes, false=no)
    else:
        yes[...], no[...] = everyone, 0


def finish(
    rule: Rule,
    planes: Planes,
    *,
    found: Outcome,
    policy: int,
    event: date | Integers,
    everyone: Bits,
) -> None:
    """Bring in what people verify and the days in force; ``yes`` and ``no`` are those of machines."""
    yes, no, manual = found.yes[policy], found.no[policy], found.manual[policy]
    if rule.manual_references:
        confirmed, refuted = np.empty_like(yes), np.empty_like(no)
        conjunction(planes, rule.manual_references, true=confirmed, false=refuted)
        no |= refuted
        np.bitwise_and(yes, ~(confirmed | refuted), out=manual)
        manual &= ~no
        yes &= confirmed
    out = out_of_force(rule, event, everyone)
    if out is not None:
        found.out[policy] = out
        for plane in (yes, no, manual):
            np.bitwise_and(plane, ~out, out=plane)


def out_of_force(rule: Rule, event: date | Integers, everyone: Bits) -> Bits | None:
    """Return where the day of the event lies outside the policy's days; None for nowhere."""
    policy = rule.policy
    if isinstance(event, date):
        return None if policy.in_force(event) else everyone
    inside = event >= policy.start.toordinal() - EPOCH
    if policy.end is not None:
        inside &= event <= policy.end.toordinal() - EPOCH
    return pack(~inside)


def counts_of(outcome: Outcome, n: int) -> Integers:
    """Return how many of n subjects have which verdict, shape (policies, 5)."""
    parts = [
        np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
        for bits in (outcome.no, outcome.yes, outcome.manual, outcome.out)
    ]
    missing = n - sum(parts)
    return np.stack([parts[0], parts[1], missing, parts[2], parts[3]], axis=1)


def codes(outcome: Outcome, policy: int, n: int) -> npt.NDArray[np.int8]:
    """Return the verdict codes of a policy, shape (n,), from its planes.

    no 0, yes 1, missing 2, manual 3, out of force 4.
    """
    yes, no = outcome.yes[policy], outcome.no[policy]
    manual, out = outcome.manual[policy], outcome.out[policy]
    one = unpack(yes | manual, n).view(np.int8)
    two = unpack(~(yes | no | out), n).view(np.int8)
    found = one + (two << np.int8(1))
    if out.any():
        found += unpack(out, n).view(np.int8) << np.int8(2)
    return found
