"""Conditions of our language joined and simplified, so that unknown comes out as publicodes has it.

A formula is a condition or a constant. What the importer adds to Kleene logic is one thing: a
second, always known column per fact that says whether the fact is known. With it "surely holds"
is a condition that is never unknown, and so "est non défini" and defaults become conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jiqun.engine.rules.foreign.publicodes.nodes import ForeignError
from jiqun.engine.rules.language import syntax as s

Formula = s.Condition | bool
ALWAYS = "恒真"  # a column that is yes for every subject
NOWHERE_KNOWN = "无值"  # a column that nobody ever supplies
KNOWN = "·已知"
UNKNOWN: Formula = s.Flag(s.Name(NOWHERE_KNOWN))
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Fact:
    """A rule whose value comes from outside, and the column that holds it.

    ``kind``: boolean, number, text or day; ``options``: the texts it may be; ``scale``: the
    integer in the column is the value times this.
    """

    rule: str
    column: str
    kind: str
    options: tuple[str, ...] = ()
    scale: int = 1

    @property
    def known(self) -> s.Condition:
        """The condition that the fact is known; it never is unknown itself."""
        return s.Flag(s.Name(self.column + KNOWN))


def negate(item: Formula) -> Formula:
    """Return the opposite."""
    if isinstance(item, bool):
        return not item
    return item.item if isinstance(item, s.Not) else s.Not(item)


def both(*items: Formula) -> Formula:
    """Return the conjunction without what it does not need."""
    return _joined(items, neutral=True)


def either(*items: Formula) -> Formula:
    """Return the disjunction without what it does not need."""
    return _joined(items, neutral=False)


def _joined(items: tuple[Formula, ...], *, neutral: bool) -> Formula:
    kept: list[s.Condition] = []
    for item in items:
        if item is (not neutral):
            return item
        if not isinstance(item, bool):
            kept.append(item)
    if not kept:
        return neutral
    found = s.every(kept) if neutral else s.some(kept)
    _limit(found)
    if not isinstance(found, s.Every | s.Some):
        return found
    parts = tuple(dict.fromkeys(found.items))
    return parts[0] if len(parts) == 1 else type(found)(parts)


def _limit(item: s.Condition) -> None:
    """Refuse a formula whose tree has more than ``MOST_PARTS`` nodes, counting no further."""
    waiting, count = [item], 0
    while waiting:
        count += 1
        if count > MOST_PARTS:
            raise ForeignError("条件展开后过大", "the condition grows too large when spelled out")
        one = waiting.pop()
        if isinstance(one, s.Every | s.Some):
            waiting += one.items
        elif isinstance(one, s.Not):
            waiting.append(one.item)


def open_where_unknown(item: Formula) -> Formula:
    """Return a formula that is false where this is known and unknown where it is not."""
    return False if is_sure(item) else both(item, negate(item))


def chosen(test: Formula, then: Formula, other: Formula, *, also: Formula = False) -> Formula:
    """Return ``then`` where the test holds, ``other`` where it fails, unknown where it is.

    ``also``: false or unknown, never true; where the test is unknown it is waited for as well,
    and has no other effect.
    """
    if isinstance(test, bool):
        return then if test else other
    negated = negate(test)
    if is_sure(test):
        return _surely_chosen(test, then, other)
    if also is False and then is True:
        return either(test, both(negated, other))
    if also is False and other is True:
        return either(negated, both(test, then))
    return either(both(test, then), both(negated, other), both(test, negated, negate(also)))


def _surely_chosen(test: s.Condition, then: Formula, other: Formula) -> Formula:
    if then is True:
        return either(test, other)
    if other is False:
        return both(test, then)
    if then is False:
        return both(negate(test), other)
    if other is True:
        return either(negate(test), then)
    return either(both(test, then), both(negate(test), other))


def is_sure(item: Formula) -> bool:
    """Whether a formula can never be unknown."""
    match item:
        case bool():
            return True
        case s.Flag():
            return item.item.name.endswith(KNOWN) or item.item.name == ALWAYS
        case s.Not():
            return is_sure(item.item)
        case s.Some():
            return all(is_sure(part) for part in item.items)
        case s.Every():
            known = {
                part.item.name.removesuffix(KNOWN)
                for part in item.items
                if isinstance(part, s.Flag) and part.item.name.endswith(KNOWN)
            }
            return all(is_sure(part) or _rests_on(part, known) for part in item.items)
        case _:
            return False


def _rests_on(item: s.Condition, known: set[str]) -> bool:
    names = {name.name for name in s.names_of(item)}
    return bool(names) and all(n.endswith(KNOWN) or n in known for n in names)


def surely(item: Formula, facts: Mapping[str, Fact], *, holds: bool = True) -> Formula:
    """Return the never unknown formula that this one surely holds, or surely fails.

    Args:
        item: the formula.
        facts: by column.
        holds: which of the two.
    """
    if isinstance(item, bool):
        return item == holds
    if is_sure(item):
        return item if holds else negate(item)
    match item:
        case s.Not():
            return surely(item.item, facts, holds=not holds)
        case s.Every() | s.Some():
            parts = [surely(part, facts, holds=holds) for part in item.items]
            return both(*parts) if isinstance(item, s.Every) == holds else either(*parts)
        case _:
            names = dict.fromkeys(name.name for name in s.names_of(item))
            if NOWHERE_KNOWN in names:
                return False
            known = [facts[name].known for name in names]
            return both(*known, item if holds else negate(item))
