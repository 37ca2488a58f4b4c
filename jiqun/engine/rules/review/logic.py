"""Conditions that can never hold, always hold, or add nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.words import PERIODS
from jiqun.engine.rules.problems import Place
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review.finding import ERROR, WARNING, Finding, finding
from jiqun.engine.rules.review.intervals import Box, alternatives, narrow_by, shown


def unreachable(policy: Policy, program: Program) -> Iterator[Finding]:
    """Find conditions that contradict one another, alternatives that cannot be, and repetitions."""
    rule = program.rules[0]
    box = Box()
    places = {condition.number: condition.place for condition in policy.conditions}
    seen: dict[int, str] = {}
    for number, reference in zip(rule.numbers, rule.conditions, strict=True):
        if reference in seen:
            told = f"条件“{number}”与“{seen[reference]}”重复"
            yield finding(WARNING, "repeated", told, "stands twice", places[number], number=number)
        seen.setdefault(reference, number)
        before = box.empty()
        narrow_by(box, reference, program=program)
        subject = box.empty()
        if subject is not None and before is None:
            told = f"条件“{number}”与前面的条件矛盾，没有企业能同时满足（{shown(subject)}）"
            yield finding(
                ERROR, "contradiction", told, "cannot hold", places[number], number=number
            )
    if box.empty() is None:
        yield from _dead(program, box, places)


def _dead(program: Program, box: Box, places: Mapping[str, Place]) -> Iterator[Finding]:
    """Find alternatives that the other conditions leave no room for."""
    rule = program.rules[0]
    for number, reference in zip(rule.numbers, rule.conditions, strict=True):
        options = alternatives(reference, program)
        if len(options) < 2:
            continue
        left: list[bool] = []
        for option in options:
            inside = box.copy()
            narrow_by(inside, option, program=program)
            left.append(inside.empty() is None)
        if any(left) and all(left):
            continue
        level, told = (
            (WARNING, f"条件“{number}”中有一项备选永远不成立")
            if any(left)
            else (ERROR, f"条件“{number}”的所有备选都与其他条件矛盾")
        )
        code = "dead-alternative" if any(left) else "contradiction"
        yield finding(
            level, code, told, "an alternative cannot hold", places[number], number=number
        )


def reversed_growth(policy: Policy) -> Iterator[Finding]:
    """Find growth that is measured backwards: the earlier period against the later."""
    for condition in policy.conditions:
        for growth in _growths(condition.tree):
            now, then = (_back(side) for side in (growth.now, growth.then))
            if now is not None and then is not None and now > then:
                told = f"条件“{condition.number}”的增长写反了：应是后一期较前一期"
                yield finding(
                    ERROR, "growth-reversed", told, "growth is reversed", condition.place,
                    number=condition.number,
                )  # fmt: skip


def _growths(tree: s.Condition | None) -> Iterator[s.Growth]:
    match tree:
        case s.Growth():
            yield tree
        case s.Every() | s.Some():
            for item in tree.items:
                yield from _growths(item)
        case s.Not():
            yield from _growths(tree.item)
        case _:
            return


def _back(side: s.Sum) -> int | None:
    backs = {PERIODS[n.period].back for n in s.names_of(side) if n.period in PERIODS}
    return backs.pop() if len(backs) == 1 else None
