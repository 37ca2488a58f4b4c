"""兑付测算: what first come, ranking and the best plan would do with a policy's budget, and other thresholds.

Advice only. Pairs that are entitled with a known amount are planned with; whoever is undetermined
is counted beside them. Method and bounds: ``jiqun.engine.optimise``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jiqun.engine.optimise.case import UNLIMITED, Case, Plan, case
from jiqun.engine.optimise.curves import lowest_threshold
from jiqun.engine.optimise.plan import best_plan, by_score, by_worth, first_come
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.language.parser import parse_condition
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.errors import JiqunError, Problem
from jiqun.modules.policy.matching.findings import Matched
from jiqun.modules.policy.matching.selectors import MANUAL, MISSING, YES

Ints = npt.NDArray[np.int64]
ORDERS = 200  # random orders of arrival that first come is judged by
SEED = 20261130
SECONDS = 3.0
SHARES = (25, 50, 75, 100, 125, 150)  # per cent of the budget in the curve
MOST_FEN = 10**14
MEASURED = frozenset({"money", "quantity", "integer"})
FIRMS, MONEY = "firms", "money"


@dataclass(frozen=True)
class Question:
    """What is asked: a budget, what a pair is worth, and by which column firms are ranked.

    ``worth`` is ``firms`` (each firm counts one) or ``money`` (each fen counts); ``rank`` is a
    column that the policy reads, empty for the amount of the award.
    """

    budget_fen: int
    worth: str = FIRMS
    rank: str = ""


@dataclass(frozen=True)
class Outcome:
    """One way of rationing: firms and fen paid, and its worth; ``worst`` and ``top`` over many orders."""

    firms: float
    fen: float
    value: float
    worst: float
    top: float


@dataclass(frozen=True)
class Advice:
    """Everything that a page shows of one question.

    Attributes:
        need_fen: what all entitled firms are due in full; ``entitled`` how many they are.
        open: firms that are undetermined or have no known amount; they are not planned with.
        unranked: entitled firms without the figure that firms are ranked by; they come last.
        ways: first come, by rank, by worth per fen, best.
        bound: proven, no plan within the budget is worth more; ``gap`` of the best plan to it.
        price: worth of one more yuan in the budget, from the bound.
        line: lowest rank figure (base units) such that all at or above are paid in full; None
            where nobody fits or firms are ranked by the amount.
        curve: (budget in fen, plan's firms, fen and worth, bound) for parts of the budget.
    """

    entitled: int
    need_fen: int
    open: int
    unranked: int
    ways: dict[str, Outcome]
    bound: float
    gap: float
    price: float
    line: int | None
    curve: list[tuple[int, int, int, float, float]]


def ranks_of(one: Matched, key: str) -> list[str]:
    """Return the columns that firms could be ranked by: figures that the policy reads."""
    program = one.found.program
    names = program.data_of(one.rules.position(key))
    fields = ((name, program.columns[name]) for name in names)
    return [name for name, field in fields if field is not None and field.kind in MEASURED]


def advised(one: Matched, key: str, asked: Question) -> Advice:
    """Compare the ways of rationing a policy's budget.

    Raises:
        JiqunError: ``E-PLAN-CASE`` for a budget below zero.
    """
    position = one.rules.position(key)
    verdicts = one.found.verdict(position)
    fen, known = one.found.amounts(position)
    mine = np.flatnonzero((verdicts == YES) & known & (fen > 0))
    cost = fen[mine]
    score = _scores(one, mine, cost, asked.rank)
    made = _case(cost, asked)
    best = best_plan(made, seconds=SECONDS)
    ranked = np.where(np.isnan(score), -np.inf, score)
    ways = {
        "first": _first(made, cost),
        "rank": _outcome(by_score(made, ranked), cost),
        **({"worth": _outcome(by_worth(made), cost)} if asked.worth == FIRMS else {}),
        "best": _outcome(best, cost),
    }
    line = lowest_threshold(score, cost, asked.budget_fen) if asked.rank else float("inf")
    open_ = np.isin(verdicts, (MISSING, MANUAL)) | ((verdicts == YES) & ~known)
    return Advice(
        entitled=len(mine), need_fen=int(cost.sum()), open=int(open_.sum()),
        unranked=int(np.isnan(score).sum()), ways=ways, bound=best.bound, gap=best.gap,
        price=float(best.price[0]) * 100 if len(best.price) else 0.0,
        line=int(line) if np.isfinite(line) else None,
        curve=[_point(cost, asked, share) for share in SHARES],
    )  # fmt: skip


def _scores(one: Matched, mine: Ints, cost: Ints, rank: str) -> npt.NDArray[np.float64]:
    if not rank:
        return cost.astype(np.float64)
    column = one.gathered.columns[rank]
    score = np.asarray(column.values, np.float64)[mine]
    if column.known is not None:
        score = np.where(np.asarray(column.known)[mine], score, np.nan)
    return score


def _case(cost: Ints, asked: Question) -> Case:
    count = len(cost)
    value = np.ones(count) if asked.worth == FIRMS else cost.astype(np.float64) / 100
    return case(
        np.arange(count), np.zeros(count, np.int64), fen=cost, value=value,
        firm_cap=np.full(count, UNLIMITED), budget=[asked.budget_fen],
    )  # fmt: skip


def _outcome(plan: Plan, cost: Ints) -> Outcome:
    fen, value = float(cost[plan.chosen].sum()), plan.value
    return Outcome(float(plan.chosen.sum()), fen, value, value, value)


def _first(made: Case, cost: Ints) -> Outcome:
    """First come over random orders of arrival: nobody knows who will come first."""
    random = np.random.default_rng(SEED)
    plans = [
        first_come(made, random.permutation(len(cost)).astype(np.int64)) for _ in range(ORDERS)
    ]
    values = np.array([plan.value for plan in plans])
    return Outcome(
        float(np.mean([plan.chosen.sum() for plan in plans])),
        float(np.mean([cost[plan.chosen].sum() for plan in plans])),
        float(values.mean()), float(values.min()), float(values.max()),
    )  # fmt: skip


def _point(cost: Ints, asked: Question, share: int) -> tuple[int, int, int, float, float]:
    budget = asked.budget_fen * share // 100
    plan = best_plan(_case(cost, replace(asked, budget_fen=budget)), seconds=SECONDS / 2)
    return budget, int(plan.chosen.sum()), int(cost[plan.chosen].sum()), plan.value, plan.bound


# ---- another threshold --------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """A condition in other words: entitled firms and what they are due, before and after."""

    text: str
    before: tuple[int, int]
    after: tuple[int, int]
    gained: int
    lost: int
    unpriced: int


def tried(one: Matched, key: str, number: str, text: str) -> Trial:
    """Evaluate a policy with one condition in other words over the facts of the match.

    Raises:
        JiqunError: ``E-RULE-…`` with every problem of the words; ``E-POLICY-WHAT-IF`` for a
            condition that is not there, or facts that were not gathered.
    """
    rules = one.rules
    policy = rules.rule(key).policy
    changed = _changed(policy, number, text, rules.program.dictionary.words)
    program = compile_policies([changed], rules.program.dictionary)
    lacking = sorted(set(program.columns) - set(one.gathered.columns))
    if lacking:
        raise _refused(
            f"没有取过这些数据：{'、'.join(lacking)}", f"not gathered: {', '.join(lacking)}", text
        )
    columns = {name: one.gathered.columns[name] for name in program.columns}
    after = evaluate(program, columns, event=one.found.event, n=one.gathered.firms.height)
    was, now = _entitled(one.found, rules.position(key)), _entitled(after, 0)
    canonical = next(c.text for c in changed.conditions if c.number == number)
    return Trial(
        canonical, (int(was[0].sum()), was[1]), (int(now[0].sum()), now[1]),
        int((now[0] & ~was[0]).sum()), int((was[0] & ~now[0]).sum()), now[2],
    )  # fmt: skip


def _changed(policy: Policy, number: str, text: str, names: object) -> Policy:
    condition = next(
        (c for c in policy.conditions if c.number == number and c.tree is not None), None
    )
    if condition is None:
        raise _refused(
            "没有这个可机器核对的条件", "there is no such machine-checked condition", number
        )
    tree = parse_condition(text, names=frozenset(names))  # pyright: ignore[reportArgumentType]
    if isinstance(tree, Problem):
        raise JiqunError(tree.code, tree.message_zh, tree.message_en, hint_zh=tree.remedy_zh,
                         hint_en=tree.remedy_en, fields=[tree])  # fmt: skip
    new = replace(condition, tree=tree)
    return replace(
        policy, conditions=tuple(new if c.number == number else c for c in policy.conditions)
    )


def _entitled(found: Evaluation, position: int) -> tuple[npt.NDArray[np.bool_], int, int]:
    yes = found.verdict(position) == YES
    fen, known = found.amounts(position)
    return yes, int(fen[yes & known].sum()), int((yes & ~known).sum())


def _refused(zh: str, en: str, value: str) -> JiqunError:
    return JiqunError(
        "E-POLICY-WHAT-IF", zh, en, hint_zh=f"请改用本政策或本县其他政策用到的数据。原文：{value}",
        hint_en=f"Use facts that a policy of the place reads. Given: {value}",
    )  # fmt: skip
