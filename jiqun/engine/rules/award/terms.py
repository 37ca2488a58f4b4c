"""What the documents say about awards beyond entitlement: relations, caps, budgets, shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from jiqun.errors import Problem


class Relation(IntEnum):
    """How awards of one group stand to one another.

    HIGHEST 就高不重复; EXCLUSIVE 择一 (the firm's own choice, else the highest); STACK 可叠加;
    TOPUP 晋级补差; MATCH 配套; ONCE 终身一次.
    """

    HIGHEST = 0
    EXCLUSIVE = 1
    STACK = 2
    TOPUP = 3
    MATCH = 4
    ONCE = 5


class Scope(IntEnum):
    """Within what a group relation or a cap applies."""

    SUBJECT = 0  # one matter of one firm
    FIRM = 1  # one firm, all years
    FIRM_YEAR = 2  # one firm in one budget year
    POLICY = 3  # the policies together, all firms
    SPEND = 4  # one matter of one firm, up to what was spent on it


class Sharing(IntEnum):
    """How a cap that binds falls on several awards."""

    PRORATE = 0
    IN_ORDER = 1  # earlier events first


class Rationing(IntEnum):
    """What the document says should happen when a budget is short."""

    FIRST_COME = 0
    PRORATE = 1
    QUEUE_NEXT_YEAR = 2
    PRIORITY_RANK = 3


class Key(IntEnum):
    """By what candidates are ranked further when the first key is equal."""

    ORDER = 0
    SCORE = 1
    SMALLER = 2


class Tie(IntEnum):
    """What happens to candidates that no key of the document separates at the cut."""

    HOLD = 0  # left open: a person or a draw decides
    SHARE = 1  # they share what is left


@dataclass(frozen=True, slots=True)
class Policy:
    """Terms of one policy.

    Attributes:
        award_cap_fen: most that one award may be; None is no cap.
    """

    award_cap_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Policies under one relation.

    Attributes:
        relation: how they stand to one another.
        policies: positions; for TOPUP from the lowest to the highest title.
        scope: SUBJECT or FIRM.
        factor: share of the upper award, for MATCH.
    """

    relation: Relation
    policies: tuple[int, ...]
    scope: Scope = Scope.SUBJECT
    factor: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on the sum of awards within a scope, earlier awards included.

    Attributes:
        scope: within what the sum is taken.
        limit_fen: the limit; None for SPEND, where it is the spend of the matter.
        policies: the policies that count; None is all.
        sharing: how the reduction falls on several awards.
    """

    scope: Scope
    limit_fen: int | None = None
    policies: tuple[int, ...] | None = None
    sharing: Sharing = Sharing.PRORATE


@dataclass(frozen=True, slots=True)
class Budget:
    """Money for some policies in one year.

    Attributes:
        limit_fen: what is left of it.
        policies: who draws on it; None is all.
        rationing: what happens when it is short.
        year: budget year of the candidates that draw on it; None is all.
        keys: further keys of a ranking.
        tie: candidates that are equal in all keys.
        partial: whether the last one gets what is left; otherwise the line ends there.
        whole_yuan: round to whole yuan, half up, after prorating.
    """

    limit_fen: int
    policies: tuple[int, ...] | None = None
    rationing: Rationing = Rationing.FIRST_COME
    year: int | None = None
    keys: tuple[Key, ...] = ()
    tie: Tie = Tie.HOLD
    partial: bool = True
    whole_yuan: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms of a run; caps and budgets apply one after another, as listed."""

    policies: tuple[Policy, ...]
    groups: tuple[Group, ...] = ()
    caps: tuple[Cap, ...] = ()
    budgets: tuple[Budget, ...] = ()


def term_problems(terms: Terms) -> list[Problem]:
    """Return everything that is wrong with the terms."""
    found = [Problem("E-AWARD-TERM", zh, en, value=what) for zh, en, what in _wrong(terms)]
    seen: dict[tuple[Relation, int], int] = {}
    for number, group in enumerate(terms.groups):
        for policy in group.policies:
            before = seen.setdefault((group.relation, policy), number)
            several = group.relation in {Relation.HIGHEST, Relation.EXCLUSIVE}
            if before != number and not several:
                found.append(
                    Problem(
                        "E-AWARD-TERM",
                        f"同一政策属于两个 {group.relation.name} 组，无法确定先后",
                        f"a policy is in two groups of relation {group.relation.name}",
                        value=f"policy {policy}, groups {before} and {number}",
                    )
                )
    return found


def _wrong(terms: Terms) -> Iterator[tuple[str, str, str]]:
    count = len(terms.policies)
    for number, policy in enumerate(terms.policies):
        if policy.award_cap_fen is not None and policy.award_cap_fen < 0:
            yield "上限小于零", "a cap is below zero", f"policy {number}"
    for number, group in enumerate(terms.groups):
        what = f"group {number}"
        yield from _policies(group.policies, count, what)
        if group.scope not in {Scope.SUBJECT, Scope.FIRM}:
            yield "组的范围只能是事项或企业", "a group is per matter or per firm", what
        matching = group.relation == Relation.MATCH
        if matching != (group.factor is not None) or (group.factor or 0) < 0:
            yield "配套组须有不小于零的比例，其他组没有", "a factor belongs to MATCH alone", what
    for number, cap in enumerate(terms.caps):
        what = f"cap {number}"
        yield from _policies(cap.policies or (), count, what)
        if (cap.limit_fen is None) != (cap.scope == Scope.SPEND) or (cap.limit_fen or 0) < 0:
            yield (
                "上限须不小于零；按支出封顶的不写金额",
                "a cap needs a limit; SPEND has none",
                what,
            )
    for number, budget in enumerate(terms.budgets):
        yield from _policies(budget.policies or (), count, f"budget {number}")
        if budget.limit_fen < 0:
            yield "预算小于零", "a budget is below zero", f"budget {number}"


def _policies(listed: tuple[int, ...], count: int, what: str) -> Iterator[tuple[str, str, str]]:
    if any(not 0 <= one < count for one in listed):
        yield "列有不存在的政策", "names a policy that does not exist", what
    if len(set(listed)) != len(listed):
        yield "同一政策列了两次", "names a policy twice", what
