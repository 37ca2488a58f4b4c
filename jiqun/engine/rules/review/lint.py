"""The linter: what may not be published, and what should be looked at.

Errors block publication, warnings do not. The grounds are the fair-competition review (State
Council order 783 of 2024 and its rules: no award tied to tax paid or kept, to place of
registration, to a named firm), and the arithmetic of the document itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from jiqun.engine.rules.document.fields import Dictionary
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.problems import Place
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review import fairness, logic, tiers
from jiqun.engine.rules.review.finding import ERROR, WARNING, Finding, finding

Check = Callable[["Subject"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check looks at: one policy, and the same policy compiled alone."""

    policy: Policy
    program: Program
    on: date | None


def lint(policy: Policy, dictionary: Dictionary, *, on: date | None = None) -> list[Finding]:
    """Return everything found in a policy, errors first.

    Args:
        policy: a checked policy.
        dictionary: the fields that it was checked against.
        on: the day of publication; when given, a document that has lapsed by then is an error.

    Raises:
        JiqunError: the policy does not compile.
    """
    subject = Subject(policy, compile_policies([policy], dictionary), on)
    found = [one for check in CHECKS for one in check(subject)]
    return sorted(found, key=lambda one: (one.level != ERROR, one.place.line, one.code))


def lint_set(policies: Sequence[Policy]) -> list[Finding]:
    """Return what only a set of policies shows: groups of one, and groups without one rule.

    A group of one is in order where its policy tops up or pays once, or has tiers: then the group
    speaks of the steps of one title over the years. Versions that are never in force together
    need not agree.
    """
    members: dict[str, list[Policy]] = {}
    for policy in policies:
        for group in policy.groups:
            members.setdefault(group, []).append(policy)
    found: list[Finding] = []
    for group, those in members.items():
        numbers = {policy.number for policy in those}
        if len(numbers) == 1 and not all(_has_steps(policy) for policy in those):
            told = f"互斥组“{group}”只有一项政策"
            found.append(
                finding(WARNING, "group-of-one", told, "a group of one", _at(those[0], "互斥组"))
            )
        if any(_at_odds(one, two) for one, two in combinations(those, 2)):
            told = f"互斥组“{group}”内的叠加规则不一致"
            found.append(
                finding(ERROR, "group-rules", told, "rules differ", _at(those[0], "叠加规则"))
            )
    return found


def _has_steps(policy: Policy) -> bool:
    return policy.stacking in {"topup", "once"} or (
        policy.amount is not None and len(policy.amount.tiers) > 1
    )


def _at_odds(one: Policy, two: Policy) -> bool:
    together = one.in_force(two.start) or two.in_force(one.start)
    return together and one.stacking != two.stacking


def blocks(findings: Sequence[Finding]) -> bool:
    """Whether publication is blocked."""
    return any(one.level == ERROR for one in findings)


def _at(policy: Policy, key: str) -> Place:
    return policy.at(key)


# ---- what the document lacks ----------------------------------------------------------------


def _clauses(subject: Subject) -> Iterator[Finding]:
    for condition in subject.policy.conditions:
        if not condition.clause:
            told = f"条件“{condition.number}”没有依据条款"
            yield finding(ERROR, "clause", told, "no clause is cited", condition.place)


def _named(subject: Subject) -> Iterator[Finding]:
    policy = subject.policy
    wanted = (
        ("department", policy.department, "主管部门", ERROR),
        ("document-number", policy.document, "文号", WARNING),
        ("issuer", policy.issuer, "发文机关", WARNING),
    )
    for code, value, key, level in wanted:
        if not value:
            yield finding(level, code, f"没有写明{key}", f"{key} is missing", _at(policy, "名称"))
    if policy.amount is not None and policy.budget is None:
        yield finding(
            ERROR, "budget", "有金额而没有预算", "an amount without a budget", _at(policy, "金额")
        )
    if policy.budget is not None and not policy.budget.shortage:
        told = "没有写明预算不足时怎么办"
        yield finding(WARNING, "shortage", told, "what if the budget ends?", _at(policy, "预算"))
    if policy.groups and not policy.stacking:
        told = "有互斥组而没有叠加规则"
        yield finding(ERROR, "stacking", told, "a group without a rule", _at(policy, "互斥组"))


def _dates(subject: Subject) -> Iterator[Finding]:
    policy, on = subject.policy, subject.on
    if policy.end is None:
        told = "没有失效日期"
        yield finding(WARNING, "no-end", told, "no last day", _at(policy, "施行日期"))
    elif on is not None and policy.end < on:
        told = f"已于 {policy.end} 失效"
        yield finding(ERROR, "expired", told, f"lapsed on {policy.end}", _at(policy, "失效日期"))
    if policy.window is not None:
        first, last = policy.window
        if first < policy.start or (policy.end is not None and last > policy.end):
            told = "申报窗口超出施行期"
            yield finding(
                ERROR, "window", told, "the window leaves the term", _at(policy, "申报窗口")
            )
    for name, (_, as_of) in policy.basis.sources.items():
        if as_of is not None and policy.end is not None and as_of > policy.end:
            told = f"“{name}”的截至日期晚于失效日期"
            yield finding(WARNING, "as-of", told, "as-of after the end", _at(policy, "口径"))


def _automatic(subject: Subject) -> Iterator[Finding]:
    """免申即享 rests on machine-checked conditions and authoritative sources alone."""
    policy = subject.policy
    if not policy.automatic:
        return
    place = _at(policy, "免申即享")
    for condition in policy.conditions:
        if condition.tree is None:
            told = f"免申即享的政策不能有人工核验的条件（{condition.number}）"
            yield finding(ERROR, "automatic-manual", told, "a manual condition", place)
    for column in subject.program.data_of(0):
        field = subject.program.columns[column]
        if field is not None and not field.authoritative:
            told = f"免申即享所用的“{field.name}”没有权威来源"
            yield finding(ERROR, "automatic-source", told, f"{field.name!r}: no authority", place)


def _examples(subject: Subject) -> Iterator[Finding]:
    if not subject.policy.examples:
        told = "没有例证"
        yield finding(WARNING, "no-example", told, "no worked example", _at(subject.policy, "名称"))


CHECKS: tuple[Check, ...] = (
    _clauses,
    _named,
    _dates,
    _automatic,
    _examples,
    lambda subject: logic.unreachable(subject.policy, subject.program),
    lambda subject: logic.reversed_growth(subject.policy),
    lambda subject: tiers.check(subject.policy, subject.program),
    lambda subject: fairness.check(subject.policy, subject.program),
)
