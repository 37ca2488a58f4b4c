"""Which facts an undecided answer waits for, read from the planes in publicodes' own order.

A conjunction that fails waits for what its first failing part rests on, otherwise for what any
part does; a disjunction likewise. A default that was used counts as waiting for its fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jiqun.engine.rules.evaluation.evaluate import Evaluation
from jiqun.engine.rules.evaluation.explain import FALSE, TRUE, UNKNOWN, state_of
from jiqun.engine.rules.foreign.publicodes.logic import KNOWN
from jiqun.engine.rules.program.program import Outline


def missing_facts(
    found: Evaluation, policy: int, subject: int, *, names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the facts that a policy lacks for one subject, sorted.

    Args:
        found: an evaluation.
        policy: position of the policy.
        subject: position of the subject.
        names: column → rule; a fact's column and the one that says whether it is known.
    """
    rule = found.program.rules[policy]
    walk = _Walk(found, subject, names)
    lacking = set(walk.every(rule.outlines))
    return tuple(sorted(lacking))


class _Walk:
    def __init__(self, found: Evaluation, subject: int, names: Mapping[str, str]) -> None:
        self.found, self.subject, self.names = found, subject, names

    def state(self, outline: Outline) -> int:
        return state_of(self.found, outline.reference, self.subject)

    def every(self, parts: tuple[Outline, ...]) -> Iterator[str]:
        return self.deciding(parts, FALSE)

    def deciding(self, parts: tuple[Outline, ...], state: int) -> Iterator[str]:
        alone = next((part for part in parts if self.state(part) == state), None)
        for part in (alone,) if alone is not None else parts:
            yield from self.part(part)

    def part(self, outline: Outline) -> Iterator[str]:
        match outline.word:
            case "且":
                yield from self.deciding(outline.parts, FALSE)
            case "或":
                yield from self.deciding(outline.parts, TRUE)
            case "非":
                yield from self.part(outline.parts[0])
            case _:
                yield from self.atom(outline)

    def atom(self, outline: Outline) -> Iterator[str]:
        atom = self.found.program.atoms[outline.reference >> 1]
        unknown = self.state(outline) == UNKNOWN
        for column in atom.columns:
            rule = self.names.get(column)
            if rule is not None and (not self.known(column) if unknown else self.denied(column)):
                yield rule

    def known(self, column: str) -> bool:
        held = self.found.table.columns.get(column)
        return held is not None and (held.known is None or bool(held.known[self.subject]))

    def denied(self, column: str) -> bool:
        """Whether this column says of a fact that it is not known."""
        held = self.found.table.columns.get(column)
        return column.endswith(KNOWN) and held is not None and not held.values[self.subject]
