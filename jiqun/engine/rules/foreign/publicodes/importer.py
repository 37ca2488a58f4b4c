"""Programmes written in publicodes → policies of ours, decided on our planes in four states.

    imported = import_rules(programmes, targets=["entreprise . est éligible"], supplied=facts)
    answers = answer(imported, facts)
    answers.states("a programme", "entreprise . est éligible")      # int8 (n,), see State
    answers.missing("a programme", "entreprise . est éligible", 17)  # the facts it waits for

Every target becomes a policy whose verdict says yes, no or undetermined, and, where it may be not
applicable, a second policy whose verdict is yes exactly there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.document.policy import Condition, Policy
from jiqun.engine.rules.evaluation.columns import EPOCH, Column
from jiqun.engine.rules.evaluation.evaluate import Evaluation, Verdict, evaluate
from jiqun.engine.rules.foreign.publicodes.facts import (
    Supplied,
    Uses,
    exact,
    facts_of,
    note_uses,
)
from jiqun.engine.rules.foreign.publicodes.logic import (
    ALWAYS,
    KNOWN,
    NOWHERE_KNOWN,
    Fact,
    Formula,
    both,
)
from jiqun.engine.rules.foreign.publicodes.mechanisms import gather
from jiqun.engine.rules.foreign.publicodes.missing import missing_facts
from jiqun.engine.rules.foreign.publicodes.nodes import ForeignError, Notes, told
from jiqun.engine.rules.foreign.publicodes.rulebook import Rulebook
from jiqun.engine.rules.foreign.publicodes.translate import Translator, verdict
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.problems import refuse
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.errors import Problem

KINDS: Mapping[str, str] = {
    "boolean": "boolean", "number": "integer", "text": "enum", "day": "date",
}  # fmt: skip
UNITS: Mapping[str, str] = {"integer": "plain", "date": "date"}
EVER = date(1900, 1, 1)  # the days of a programme are conditions of its rules
NEVER = both(s.Flag(s.Name(ALWAYS)), s.Not(s.Flag(s.Name(ALWAYS))))


class State(IntEnum):
    """What publicodes makes of a yes or no."""

    NO = 0
    YES = 1
    UNDEFINED = 2
    NOT_APPLICABLE = 3


@dataclass(frozen=True, slots=True)
class Target:
    """Positions of the policy that says yes, and of the one that says not applicable, if any."""

    yes: int
    absent: int | None


@dataclass(frozen=True)
class Imported:
    """Programmes as a program of ours.

    ``facts``: by rule name. ``targets``: by programme and rule. ``refused``: what was wrong with
    the programmes that were left out. ``ignored``: programme, rule, key or reason of what was
    passed by.
    """

    program: Program
    facts: Mapping[str, Fact]
    targets: Mapping[tuple[str, str], Target]
    refused: Mapping[str, tuple[Problem, ...]]
    ignored: tuple[tuple[str, str, str], ...]

    @cached_property
    def rule_of_column(self) -> Mapping[str, str]:
        """Return the rule of each column, also of those that say whether a fact is known."""
        plain = {fact.column: fact.rule for fact in self.facts.values()}
        return plain | {column + KNOWN: rule for column, rule in plain.items()}


@dataclass(frozen=True)
class Answers:
    """Answers for every subject, from one evaluation."""

    imported: Imported
    found: Evaluation

    def states(self, programme: str, target: str) -> npt.NDArray[np.int8] | None:
        """Return the codes of ``State``, shape (n,); None where the programme has no such rule."""
        place = self.imported.targets.get((programme, target))
        if place is None:
            return None
        codes = self.found.verdict(place.yes).copy()
        if place.absent is not None:
            no = codes == State.NO
            codes[no & (self.found.verdict(place.absent) == Verdict.YES)] = State.NOT_APPLICABLE
        return codes

    def missing(self, programme: str, target: str, subject: int) -> tuple[str, ...]:
        """Return the names of the facts that an answer rests on and that are not known, sorted.

        As in publicodes, an answer may be definite and yet rest on a default; ask where the state
        is undefined for what has to be found out.
        """
        place = self.imported.targets[programme, target]
        names = self.imported.rule_of_column
        return missing_facts(self.found, place.yes, subject, names=names)


def import_rules(
    programmes: Mapping[str, Mapping[str, object]],
    *,
    targets: Sequence[str],
    supplied: Mapping[str, Sequence[Supplied]],
    strict: bool = True,
) -> Imported:
    """Import programmes, each a rule base of its own, over facts that they share.

    Args:
        programmes: number → rule name → body, as parsed from YAML or JSON.
        targets: the rules that are asked for; a programme may lack some.
        supplied: values by rule name, one per subject; they settle the kinds of the facts.
        strict: refuse all when one programme cannot be imported, else leave that one out.

    Raises:
        JiqunError: ``E-RULE-FOREIGN`` with everything that cannot be imported.
    """
    importer = _Importer(targets, frozenset(supplied))
    for number, raw in programmes.items():
        importer.read(number, raw)
    importer.unknown(supplied)
    if strict:
        importer.refuse_all()
    try:
        importer.uses.spread()
        importer.facts = facts_of(importer.uses, supplied)
    except ForeignError as error:
        refuse([told("", error)], zh="事实有误", en="the facts have errors")
    for number in list(importer.books):
        importer.translate(number)
    if strict:
        importer.refuse_all()
    if not importer.policies:  # a program needs one
        importer.policy("—", "—", False)
    dictionary = _dictionary(importer.facts)
    return Imported(
        program=compile_policies(importer.policies, dictionary),
        facts=importer.facts,
        targets=importer.places,
        refused={number: tuple(wrong) for number, wrong in importer.refused.items()},
        ignored=tuple(importer.ignored),
    )


class _Importer:
    """Gathers what is read of each programme; a programme that fails is set aside with reasons."""

    def __init__(self, targets: Sequence[str], supplied: frozenset[str]) -> None:
        self.targets, self.supplied = targets, supplied
        self.books: dict[str, Rulebook] = {}
        self.uses = Uses()
        self.facts: dict[str, Fact] = {}
        self.policies: list[Policy] = []
        self.places: dict[tuple[str, str], Target] = {}
        self.refused: dict[str, list[Problem]] = {}
        self.ignored: list[tuple[str, str, str]] = []

    def read(self, number: str, raw: Mapping[str, object]) -> None:
        notes = Notes()
        book = Rulebook(gather(raw, notes), self.supplied)
        self.ignored += [(number, *one) for one in notes.ignored]
        if notes.problems:
            self.refused[number] = notes.problems
            return
        try:
            book.infer()
            note_uses(book, self.uses)
        except ForeignError as error:
            self.refused[number] = [told(number, error)]
            return
        self.books[number] = book

    def unknown(self, supplied: Mapping[str, object]) -> None:
        """Refuse facts that are no rule of any programme, as publicodes does."""
        names = {name for book in self.books.values() for name in book.rules}
        wrong = [
            told(name, ForeignError("没有这条规则", "there is no such rule"))
            for name in supplied
            if self.books and name not in names
        ]
        refuse(wrong, zh="事实有误", en="the facts have errors")

    def refuse_all(self) -> None:
        wrong = [problem for one in self.refused.values() for problem in one]
        refuse(wrong, zh="规则不能导入", en="the rules cannot be imported")

    def translate(self, number: str) -> None:
        book = self.books[number]
        translator = Translator(book, self.facts)
        made: list[tuple[str, Formula, Formula]] = []
        for target in self.targets:
            if target in book.rules:
                try:
                    value = translator.rule(book.rules[target])
                    made.append((target, *verdict(value)))
                except ForeignError as error:
                    self.refused.setdefault(number, []).append(told(f"{number}: {target}", error))
        if number not in self.refused:
            for target, yes, absent in made:
                place = self.policy(number, target, yes)
                self.places[number, target] = Target(
                    place,
                    None if absent is False else self.policy(number, f"{target} ∅", absent),
                )

    def policy(self, number: str, title: str, formula: Formula) -> int:
        """Add a policy and return its position."""
        self.policies.append(
            Policy(
                number=f"{number}/{title}",
                title=f"{number} · {title}",
                conditions=_conditions(formula, title),
                start=EVER,
            )
        )
        return len(self.policies) - 1


def _conditions(formula: Formula, note: str) -> tuple[Condition, ...]:
    if formula is True:
        return ()
    whole = NEVER if formula is False else formula
    parts = whole.items if isinstance(whole, s.Every) else (whole,)
    return tuple(
        Condition(number=f"c{place}", tree=part, note=note)
        for place, part in enumerate(parts, 1)
        if not isinstance(part, bool)
    )


def _dictionary(facts: Mapping[str, Fact]) -> Dictionary:
    fields: list[Field] = [Field(ALWAYS, "boolean"), Field(NOWHERE_KNOWN, "boolean")]
    for fact in facts.values():
        kind = KINDS[fact.kind]
        unit = UNITS.get(kind, "")
        fields.append(
            Field(fact.column, kind, en=fact.rule, unit=unit, values=fact.options, note=fact.rule)
        )
        fields.append(Field(fact.column + KNOWN, "boolean", en=f"{fact.rule} is known"))
    return Dictionary({field.name: field for field in fields})


# ---- facts ----------------------------------------------------------------------------------


def answer(imported: Imported, supplied: Mapping[str, Sequence[Supplied]]) -> Answers:
    """Decide every target of every programme for every subject.

    Args:
        imported: the programmes.
        supplied: values by rule name, one per subject, None where nothing is known; of the same
            kinds as those the programmes were imported with.

    Raises:
        JiqunError: ``E-RULE-FOREIGN`` for a value that a column cannot hold; ``E-RULE-COLUMN``.
    """
    n = max((len(values) for values in supplied.values()), default=0)
    columns: dict[str, Column] = {ALWAYS: Column(np.ones(n, np.bool_))}
    wrong: list[Problem] = []
    for fact in imported.facts.values():
        values = supplied.get(fact.rule, [None] * n)
        known = np.array([value is not None for value in values], np.bool_)
        columns[fact.column + KNOWN] = Column(known)
        try:
            columns[fact.column] = Column(_column(fact, values), known)
        except (ForeignError, OverflowError, TypeError, ValueError):
            told_ = ForeignError("有不合类型的值", f"it holds a value that is no {fact.kind}")
            wrong.append(told(fact.rule, told_))
    refuse(wrong, zh="事实有误", en="the facts have errors")
    read = {key: held for key, held in columns.items() if key in imported.program.columns}
    return Answers(imported, evaluate(imported.program, read, event=EVER, n=n))


def _column(
    fact: Fact, values: Sequence[Supplied]
) -> npt.NDArray[np.int64] | npt.NDArray[np.bool_]:
    made = [_stored(fact, value) for value in values]
    if fact.kind == "boolean":
        return np.array(made, np.bool_)
    return np.array(made, np.int64)


def _stored(fact: Fact, value: Supplied) -> int:
    if value is None:
        return 0
    if fact.kind == "boolean" and isinstance(value, bool):
        return value
    if fact.kind == "day" and isinstance(value, date):
        return value.toordinal() - EPOCH
    if fact.kind == "text" and isinstance(value, str):
        return fact.options.index(value)
    if fact.kind == "number" and not isinstance(value, bool | str | date):
        scaled = exact(value) * fact.scale
        if scaled.denominator == 1:
            return int(scaled)
    raise ForeignError("值的类型不符", "a value of another kind")
