"""Low-efficiency land: criteria over many parcels at once, in three values.

A criterion is a small tree of comparisons given by a rule pack. A fact that is not known (NaN) makes
a comparison unknown; Kleene's logic carries that up, so that a parcel is low-efficient when a
criterion surely holds, not so when all surely fail, and undetermined otherwise, with the facts that
would decide it. Early signals are shown and decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.land.words import Fact
from jiqun.errors import JiqunError, Problem

Floats = NDArray[np.float64]
Verdicts = NDArray[np.int8]

YES, NO, UNKNOWN = 1, 0, -1
Comparison = Literal["below", "at_most", "above", "at_least", "is"]


@dataclass(frozen=True, slots=True)
class Compare:
    """``fact`` compared with ``value``, or with ``value`` times another fact.

    ``is`` compares with 1 for yes and 0 for no.
    """

    fact: str
    comparison: Comparison
    value: float
    of: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """All of its parts must hold, or any of them."""

    mode: Literal["all", "any"]
    parts: tuple[Compare | Group, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One reason for calling a parcel low-efficient, or an early signal.

    Attributes:
        code: reason code.
        zh: in Chinese.
        en: in English.
        kind: type of low-efficient land it belongs to, code of :class:`Criteria`.
        signal: an early signal that decides nothing.
        mark: what it rests on.
        when: the condition.
    """

    code: str
    zh: str
    en: str
    kind: str
    signal: bool
    mark: str
    when: Compare | Group

    def facts(self) -> tuple[str, ...]:
        """Names of the facts it looks at, each once, in order."""
        return tuple(dict.fromkeys(_facts(self.when)))


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a pack screens for: facts by name with their holders, types by code, and criteria."""

    facts: Mapping[str, Fact]
    kinds: Mapping[str, tuple[str, str]]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Screening:
    """Result over N parcels and K criteria; 1 yes, 0 no, −1 undetermined.

    Attributes:
        criteria: as screened.
        verdicts: shape (N, K).
        low_efficiency: shape (N,); signals do not count.
        signals: shape (N,), whether any early signal is on.
        kinds: shape (N, T) by the types in the order of the pack.
        values: the facts that were given, by name.
    """

    criteria: Criteria
    verdicts: Verdicts
    low_efficiency: Verdicts
    signals: Verdicts
    kinds: Verdicts
    values: Mapping[str, Floats]

    def reasons(self, parcel: int) -> tuple[tuple[Criterion, Mapping[str, float]], ...]:
        """Criteria that hold for a parcel, each with the facts that prove it."""
        return tuple(
            (
                one,
                {
                    name: float(self.values[name][parcel])
                    for name in one.facts()
                    if name in self.values
                },
            )
            for at, one in enumerate(self.criteria.criteria)
            if self.verdicts[parcel, at] == YES
        )

    def missing(self, parcel: int) -> tuple[Fact, ...]:
        """Facts that could decide a parcel's undetermined criteria, with their holders; signals too."""
        names = dict.fromkeys(
            name
            for at, one in enumerate(self.criteria.criteria)
            if self.verdicts[parcel, at] == UNKNOWN
            for name in _undecided(one.when, self.values, parcel)
        )
        return tuple(self.criteria.facts[name] for name in names)


def _facts(node: Compare | Group) -> list[str]:
    if isinstance(node, Compare):
        return [node.fact, node.of] if node.of else [node.fact]
    return [name for part in node.parts for name in _facts(part)]


def _column(values: Mapping[str, Floats], name: str, size: int) -> Floats:
    found = values.get(name)
    return np.full(size, np.nan) if found is None else found


def _test(node: Compare, values: Mapping[str, Floats], size: int) -> Verdicts:
    fact = _column(values, node.fact, size)
    bar = node.value * _column(values, node.of, size) if node.of else np.full(size, node.value)
    with np.errstate(invalid="ignore"):
        holds = {
            "below": fact < bar, "at_most": fact <= bar, "above": fact > bar,
            "at_least": fact >= bar, "is": fact == bar,
        }[node.comparison]  # fmt: skip
    return np.where(np.isnan(fact) | np.isnan(bar), UNKNOWN, holds).astype(np.int8)


def evaluate(node: Compare | Group, values: Mapping[str, Floats], *, size: int) -> Verdicts:
    """Return a condition's verdict for every parcel, shape (N,)."""
    if isinstance(node, Compare):
        return _test(node, values, size)
    return combine([evaluate(part, values, size=size) for part in node.parts], mode=node.mode)


def combine(parts: Sequence[Verdicts], *, mode: Literal["all", "any"]) -> Verdicts:
    """Kleene's and or or over arrays of verdicts."""
    stack = np.stack(parts)
    decisive, other = (NO, YES) if mode == "all" else (YES, NO)
    unknown = np.where((stack == UNKNOWN).any(axis=0), UNKNOWN, other)
    return np.where((stack == decisive).any(axis=0), decisive, unknown).astype(np.int8)


def _undecided(node: Compare | Group, values: Mapping[str, Floats], parcel: int) -> list[str]:
    """Facts that are missing in the branches that are themselves undetermined."""
    one = {name: column[parcel : parcel + 1] for name, column in values.items()}
    if evaluate(node, one, size=1)[0] != UNKNOWN:
        return []
    if isinstance(node, Compare):
        return [name for name in _facts(node) if np.isnan(_column(one, name, 1)[0])]
    return [name for part in node.parts for name in _undecided(part, one, 0)]


def screen(criteria: Criteria, values: Mapping[str, Floats]) -> Screening:
    """Screen parcels.

    Args:
        criteria: of a pack.
        values: facts by name, each of shape (N,), NaN where not known, 1 and 0 for yes and no. A
            fact that is not given at all is unknown for every parcel.

    Raises:
        JiqunError: ``E-LAND-FACTS`` for facts that the pack does not know, columns of different
            length, or none at all.
    """
    size = _checked(criteria, values)
    verdicts = np.column_stack(
        [evaluate(one.when, values, size=size) for one in criteria.criteria]
        or [np.zeros((size, 0), dtype=np.int8)]
    )
    definite = [at for at, one in enumerate(criteria.criteria) if not one.signal]
    early = [at for at, one in enumerate(criteria.criteria) if one.signal]
    kinds = [
        _any(verdicts, [at for at in definite if criteria.criteria[at].kind == kind])
        for kind in criteria.kinds
    ]
    return Screening(
        criteria,
        verdicts,
        _any(verdicts, definite),
        _any(verdicts, early),
        np.column_stack(kinds) if kinds else np.zeros((size, 0), dtype=np.int8),
        values,
    )


def _any(verdicts: Verdicts, columns: Sequence[int]) -> Verdicts:
    if not columns:
        return np.zeros(len(verdicts), dtype=np.int8)
    return combine([verdicts[:, at] for at in columns], mode="any")


def _checked(criteria: Criteria, values: Mapping[str, Floats]) -> int:
    unknown = [name for name in values if name not in criteria.facts]
    sizes = {len(column) for column in values.values()}
    problems = [
        Problem(
            "E-LAND-FACTS",
            f"规则包不认识事实 {name}",
            f"the pack knows no fact {name}",
            column=name,
        )
        for name in unknown
    ]
    if len(sizes) != 1:
        problems.append(
            Problem("E-LAND-FACTS", f"各列长度应相同且至少一列，得到 {sorted(sizes)}",
                    f"columns must be of one length, and at least one; got {sorted(sizes)}")
        )  # fmt: skip
    if problems:
        raise JiqunError(
            "E-LAND-FACTS",
            "；".join(one.message_zh for one in problems),
            "; ".join(one.message_en for one in problems),
            fields=problems,
        )
    return sizes.pop()
