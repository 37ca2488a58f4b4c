"""Why: every condition and atom of a pair, with state, value, clause, source and as-of.

``trace`` is the tight path, some microseconds from the planes; ``explain`` builds the whole tree
with texts for a page or a stored trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.evaluation.amounts import AMOUNT_STATES
from jiqun.engine.rules.evaluation.columns import show_value
from jiqun.engine.rules.evaluation.evaluate import VERDICT_NAMES, Evaluation
from jiqun.engine.rules.evaluation.forms import exact
from jiqun.engine.rules.program.atoms import Atom
from jiqun.engine.rules.program.program import Outline, Program

# States of conditions and atoms.
FALSE, TRUE, UNKNOWN = 0, 1, 2
ONE = np.uint64(1)
STATE_NAMES = {FALSE: ("不满足", "fails"), TRUE: ("满足", "holds"), UNKNOWN: ("未知", "unknown")}


@dataclass(frozen=True, slots=True)
class Fact:
    """One column as an explanation shows it; ``value`` is None where it is not known."""

    column: str
    value: int | None
    text: str
    source: str
    as_of: str
    owner: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A condition or a part of one, with its state and, for an atom, its facts.

    ``gap``: how far the atom is from the state that was asked for, in base units of its first
    field; None where that is unknown or not a number. ``why`` says why an atom is unknown.
    """

    word: str
    text: str
    state: int
    parts: tuple[Part, ...] = ()
    facts: tuple[Fact, ...] = ()
    gap: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition of the policy: its number, clause, note and tree."""

    number: str
    clause: str
    note: str
    mark: str
    manual: bool
    part: Part

    @property
    def state(self) -> int:
        """State of the condition: 0 fails, 1 holds, 2 unknown."""
        return self.part.state


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer for one policy and one subject."""

    policy: str
    subject: int
    verdict: int
    verdict_text: tuple[str, str]
    reasons: tuple[Reason, ...]
    missing: tuple[Fact, ...]
    fen: int | None
    amount_state: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Layout:
    """What the trace of one policy reads, worked out once: nodes, signs, numbers and columns."""

    nodes: npt.NDArray[np.int64]
    signs: tuple[int, ...]
    numbers: tuple[str, ...]
    atoms: tuple[int, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """States of conditions and atoms and the facts behind them, as stored with an award.

    States: 0 fails, 1 holds, 2 unknown. A fact is None where it is not known.
    """

    conditions: tuple[tuple[str, int], ...]
    atoms: tuple[tuple[int, int], ...]
    facts: tuple[tuple[str, int | None], ...]


def layout_of(program: Program, policy: int) -> Layout:
    """Work out what ``trace`` reads for a policy; keep it for all subjects."""
    rule = program.rules[policy]
    references = (*rule.conditions, *rule.manual_references)
    atoms = tuple(sorted({atom for r in references for atom in program.closures[r >> 1]}))
    columns = dict.fromkeys(column for atom in atoms for column in program.atoms[atom].columns)
    return Layout(
        np.array([*(reference >> 1 for reference in references), *atoms], np.int64),
        tuple(reference & 1 for reference in references),
        (*rule.numbers, *(number for number, _ in rule.manual)),
        atoms,
        tuple(columns),
    )


def trace(found: Evaluation, layout: Layout, subject: int) -> Trace:
    """Return the trace of one pair from the planes, without texts; some microseconds."""
    word, place = subject >> 6, np.uint64(subject & 63)
    true = (found.planes.true[layout.nodes, word] >> place & ONE).tolist()
    false = (found.planes.false[layout.nodes, word] >> place & ONE).tolist()
    known = [UNKNOWN if t == f else t for t, f in zip(true, false, strict=True)]
    many = len(layout.signs)
    held = found.table.columns
    facts: list[tuple[str, int | None]] = []
    for column in layout.columns:
        one = held.get(column)
        if one is None or not (one.known is None or one.known.item(subject)):
            facts.append((column, None))
        else:
            facts.append((column, one.values.item(subject)))
    signed = [s if s == UNKNOWN else s ^ sign for s, sign in zip(known, layout.signs, strict=False)]
    return Trace(
        tuple(zip(layout.numbers, signed, strict=True)),
        tuple(zip(layout.atoms, known[many:], strict=True)),
        tuple(facts),
    )


def states(found: Evaluation, policy: int, subject: int) -> list[tuple[str, int]]:
    """Return the number and state of every condition of a pair, machine-checked ones first."""
    return list(trace(found, layout_of(found.program, policy), subject).conditions)


def explain(found: Evaluation, policy: int, subject: int) -> Explanation:
    """Return the whole explanation of one pair.

    Args:
        found: an evaluation.
        policy: position of the policy in the program.
        subject: position of the subject in the columns.
    """
    rule = found.program.rules[policy]
    by_number = {condition.number: condition for condition in rule.policy.conditions}
    parts = {
        number: _part(outline, found, subject, policy=policy, negated=False)
        for number, outline in zip(rule.numbers, rule.outlines, strict=True)
    }
    for (number, column), reference in zip(rule.manual, rule.manual_references, strict=True):
        state = state_of(found, reference, subject)
        facts = (fact(found, column, subject, policy=policy),)
        parts[number] = Part("人工", by_number[number].manual, state, facts=facts)
    reasons = tuple(
        Reason(c.number, c.clause, c.note, c.mark, c.tree is None, parts[c.number])
        for c in rule.policy.conditions
    )
    verdict = found.verdict_of(policy, subject)
    fen, amount_state = _amount(found, policy, subject)
    return Explanation(
        policy=rule.policy.key,
        subject=subject,
        verdict=verdict,
        verdict_text=VERDICT_NAMES[verdict],
        reasons=reasons,
        missing=tuple(_missing(reasons)),
        fen=fen,
        amount_state=amount_state,
    )


def state_of(found: Evaluation, reference: int, subject: int) -> int:
    """Return the state of a reference for one subject: 0 false, 1 true, 2 unknown."""
    true, false = found.planes.of(reference)
    word, place = subject >> 6, subject & 63
    if int(true[word]) >> place & 1:
        return TRUE
    return FALSE if int(false[word]) >> place & 1 else UNKNOWN


def fact(found: Evaluation, column: str, subject: int, *, policy: int) -> Fact:
    """Return one column of a subject as an explanation shows it."""
    field = found.program.columns[column]
    held = found.table.columns.get(column)
    declared = found.program.rules[policy].policy.basis.sources.get(field.name) if field else None
    source = declared[0] if declared else ""
    as_of = declared[1].isoformat() if declared and declared[1] else ""
    owner, en = (field.owner, field.en) if field else ("", "")
    if held is None or not (held.known is None or held.known[subject]):
        source = source or (field.source if field else "")
        return Fact(column, None, "未知", source, as_of, owner, en)
    value = int(held.values[subject])
    source = held.source or source or (field.source if field else "")
    return Fact(column, value, show_value(value, field), source, held.as_of or as_of, owner, en)


def _part(outline: Outline, found: Evaluation, subject: int, *, policy: int, negated: bool) -> Part:
    state = state_of(found, outline.reference, subject)
    if outline.word != "atom":
        inside = negated ^ (outline.word == "非")
        parts = tuple(
            _part(one, found, subject, policy=policy, negated=inside) for one in outline.parts
        )
        return Part(outline.word, outline.text, state, parts)
    atom = found.program.atoms[outline.reference >> 1]
    facts = tuple(fact(found, column, subject, policy=policy) for column in atom.columns)
    if state == UNKNOWN:
        why = _why(facts)
        return Part("atom", outline.text, state, facts=facts, why=why)
    wanted = bool(outline.reference & 1) == negated
    return Part("atom", outline.text, state, facts=facts,
                gap=gap_of(atom, found, subject, wanted=wanted))  # fmt: skip


def _why(facts: tuple[Fact, ...]) -> str:
    lacking = [one.column for one in facts if one.value is None]
    return f"缺 {'、'.join(lacking)}" if lacking else "分母不大于零"


def gap_of(atom: Atom, found: Evaluation, subject: int, *, wanted: bool) -> int | None:
    """Return how far the first field is from making an atom ``wanted``, in its base units.

    0 where it is so already; positive when the field must rise, negative when it must fall. The
    other fields are held as they are. None for an atom that is no threshold.
    """
    if atom.kind != "at_least":
        return None
    value = exact(atom.form, found.table, subject)
    if (value >= atom.bound) == wanted:
        return 0
    short = atom.bound - value if wanted else atom.bound - 1 - value
    factor = atom.form.factors[0]
    # Rounded away from zero: the nearest whole base unit that flips the atom.
    size = -(-abs(short) // abs(factor))
    return size if (short > 0) == (factor > 0) else -size


def _missing(reasons: tuple[Reason, ...]) -> Iterator[Fact]:
    """Yield each fact that an undecided condition lacks, once."""
    seen: set[str] = set()
    for reason in reasons:
        if reason.state == UNKNOWN and not reason.manual:
            for one in _unknown_facts(reason.part):
                if one.column not in seen:
                    seen.add(one.column)
                    yield one


def _unknown_facts(part: Part) -> Iterator[Fact]:
    if part.state != UNKNOWN:
        return
    yield from (one for one in part.facts if one.value is None)
    for inner in part.parts:
        yield from _unknown_facts(inner)


def _amount(
    found: Evaluation, policy: int, subject: int
) -> tuple[int | None, tuple[str, str] | None]:
    subjects, fen, state = found.awards.of(policy)
    place = int(np.searchsorted(subjects, subject))
    if place >= len(subjects) or subjects[place] != subject:
        return None, None
    told = AMOUNT_STATES[int(state[place])]
    return (int(fen[place]) if state[place] == 0 else None), told
