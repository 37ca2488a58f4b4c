"""What a firm can get, what it is short of, and what would change if a fact were another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import Column, column_key, parse_value
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.explain import Explanation, Part, explain
from jiqun.engine.rules.evaluation.insight import near_misses
from jiqun.errors import Problem
from jiqun.modules.policy.matching.findings import Matched

OUT = 4


@dataclass(frozen=True, slots=True)
class Chance:
    """One policy for one firm. ``short``: the one part that fails, where all others are met."""

    key: str
    explanation: Explanation
    short: Part | None

    @property
    def verdict(self) -> int:
        """The verdict code."""
        return self.explanation.verdict


@dataclass(frozen=True, slots=True)
class Change:
    """A policy whose answer another fact would change: verdict and fen before and after."""

    key: str
    before: tuple[int, int | None]
    after: tuple[int, int | None]


def chances(one: Matched, subject: int = 0) -> list[Chance]:
    """Return every policy in force for one firm, with its reasons."""
    found: list[Chance] = []
    for position, rule in enumerate(one.found.program.rules):
        told = explain(one.found, position, subject)
        if told.verdict == OUT:
            continue
        close = near_misses(one.found, position)
        where = np.flatnonzero(close.subjects == subject)
        short = _failing(told) if len(where) else None
        found.append(Chance(rule.policy.key, told, short))
    return found


def _failing(told: Explanation) -> Part | None:
    return next((one.part for one in told.reasons if one.state == 0), None)


def changed(
    one: Matched, facts: Mapping[str, str], *, year: int | None = None
) -> tuple[Matched, list[Problem]]:
    """Return the match with other facts laid over, and every fact that cannot be read.

    Args:
        one: the match of one firm.
        facts: column as people write it → value as people write it, such as
            ``{"研发费用[上年度]": "300万元"}``.
        year: the basis year, for documents that fix one.
    """
    columns = dict(one.gathered.columns)
    problems: list[Problem] = []
    program = one.found.program
    for written, value in facts.items():
        key, field = column_key(program.dictionary, written, year=year)
        number = None if field is None else parse_value(value, field)
        if key not in program.columns or field is None:
            problems.append(
                _wrong(written, f"没有政策用到“{written}”", f"no policy reads {written!r}")
            )
        elif number is None:
            like = (
                "是 或 否"
                if field.kind == "boolean"
                else "、".join(field.values) or "数字加单位，如 300万元"
            )
            problems.append(_wrong(
                written, f"“{value}”不是“{written}”的取值", f"{value!r} is no value of {written!r}",
                remedy=f"写成：{like}", value=value,
            ))  # fmt: skip
        else:
            size = one.gathered.firms.height
            values = (
                np.full(size, bool(number), np.bool_)
                if field.kind == "boolean"
                else np.full(size, number, np.int64)
            )
            columns[key] = Column(values, None, "试算", "")
    again: Evaluation = evaluate(
        program, columns, event=one.found.event, n=one.gathered.firms.height
    )
    return replace(one, gathered=replace(one.gathered, columns=columns), found=again), problems


def _wrong(column: str, zh: str, en: str, *, remedy: str = "", value: str = "") -> Problem:
    return Problem(
        "E-POLICY-WHAT-IF", zh, en, remedy_zh=remedy or "请从列表中选择事实。",
        remedy_en=remedy or "Choose a fact from the list.", column=column, value=value,
    )  # fmt: skip


def differences(before: Matched, after: Matched, subject: int = 0) -> list[Change]:
    """Return the policies whose verdict or amount differs, gains first."""
    found: list[Change] = []
    for position, rule in enumerate(before.found.program.rules):
        one, two = (_answer(match.found, position, subject) for match in (before, after))
        if one != two:
            found.append(Change(rule.policy.key, one, two))
    return sorted(found, key=lambda c: (c.after[0] != 1, -(c.after[1] or 0), c.key))


def _answer(found: Evaluation, position: int, subject: int) -> tuple[int, int | None]:
    fen, known = found.amounts(position)
    return int(found.verdict(position)[subject]), int(fen[subject]) if known[subject] else None


def facts_to_change(options: Sequence[Chance]) -> list[str]:
    """Return the columns worth trying: those that near misses fail by, and those that are missing."""
    found: dict[str, int] = {}
    for chance in options:
        parts = [chance.short] if chance.short else []
        for part in parts:
            for fact in part.facts:
                found[fact.column] = found.get(fact.column, 0) + 2
        for fact in chance.explanation.missing:
            found[fact.column] = found.get(fact.column, 0) + 1
    return sorted(found, key=lambda column: (-found[column], column))


def deadlines(one: Matched, options: Sequence[Chance]) -> list[tuple[date, str]]:
    """Return (last day, policy) of what ends, the nearest first."""
    policies = {rule.policy.key: rule.policy for rule in one.found.program.rules}
    ends = [(_last_day(policies[c.key]), c.key) for c in options]
    return sorted((day, key) for day, key in ends if day is not None)


def _last_day(policy: Policy) -> date | None:
    return policy.window[1] if policy.window else policy.end
