"""From a match to money: entitled pairs as candidates for payment without application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from jiqun.core.access import Viewer
from jiqun.core.audit import read_firms
from jiqun.engine.rules.award.exact import split
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.explain import Explanation, Part, explain
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.matching.awarding import because_words
from jiqun.modules.policy.matching.rule_set import RuleSet
from jiqun.modules.policy.matching.selectors import YES, MatchView

MODES = {
    "fixed": "定额", "rate": "按比例", "tiers": "分档", "marginal": "累进", "unit": "按单位", "match": "上级配套",
}  # fmt: skip


def payable(view: MatchView, key: str) -> pl.DataFrame:
    """Return the pairs of a policy whose amount is due, known and final: firm and due fen.

    A provisional amount waits: an undetermined firm may still change it.
    """
    return view.frame.filter(
        (pl.col("policy") == key)
        & (pl.col("verdict") == YES)
        & pl.col("due").is_not_null()
        & (pl.col("due") > 0)
        & ~pl.col("provisional").fill_null(value=False)
    ).select("firm", "due", "because")


def candidates_of(view: MatchView, who: Viewer, key: str) -> list[Candidate]:
    """Return the candidates of one policy for :func:`open_batch`, each with its whole trace; logged.

    Raises:
        JiqunError: ``E-POLICY-NOT-AUTOMATIC`` for a policy that needs an application, a person's
            check, or that is a model which this place has not adopted.
    """
    rules = view.matched.rules
    rule, entry = rules.rule(key), rules.entries[key]
    if not (rules.pays(key) and entry.policy.automatic and not rule.manual):
        raise JiqunError(
            "E-POLICY-NOT-AUTOMATIC",
            f"政策 {key} 不是免申即享",
            f"policy {key} is not paid without an application",
            hint_zh="只有已采用、全部条件可由机器核对的政策才能直接转为兑付批次。",
            hint_en="Only an adopted policy whose every condition a machine checks becomes a batch.",
            kind=Kind.CONFLICT,
        )
    mine = payable(view, key)
    seen = read_firms(who, mine["firm"].to_list(), fields=f"policy_match: {key}")
    firms = {firm: number for number, firm in enumerate(view.matched.firms)}
    names = dict(view.matched.gathered.firms.select("firm", "name").iter_rows())
    position = rules.position(key)
    found: list[Candidate] = []
    for firm, due, because in mine.filter(pl.col("firm").is_in(sorted(seen))).iter_rows():
        told = explain(view.matched.found, position, firms[firm])
        found.append(Candidate(
            policy=entry.policy.number, version=entry.policy.version, firm=firm, amount_fen=due,
            subject=f"{entry.policy.matter or entry.policy.number} {view.event.year}",
            title=entry.policy.title, firm_name=names[firm], run=view.run.run, snapshot=view.run.snapshot,
            trace=trace_of(told, rules, due=due, because=because), instalments=_instalments(rules, key, due),
        ))  # fmt: skip
    return found


def _instalments(rules: RuleSet, key: str, due: int) -> tuple[int, ...]:
    shares = tuple(one.share for one in rules.entries[key].policy.payment)
    if not shares:
        return ()
    return tuple(int(fen) for fen in split(np.array([due], np.int64), [shares])[0])


def trace_of(told: Explanation, rules: RuleSet, *, due: int, because: str) -> dict[str, Any]:
    """Return the verdict of every condition with its facts, and how the sum came about."""
    amount = [{"text": "按条款计算", "fen": told.fen}] if told.fen is not None else []
    if due != told.fen:
        amount.append({"text": because_words(because)[0] or "叠加、上限与预算", "fen": due})
    return {
        "conditions": [
            {
                "id": reason.number, "text": reason.part.text, "clause": reason.clause,
                "verdict": reason.state, "mark": reason.mark,
                "value": "；".join(f"{f.column} = {f.text}" for f in _facts(reason.part)),
                "source": "；".join(dict.fromkeys(f.source for f in _facts(reason.part) if f.source)),
                "as_of": min((f.as_of for f in _facts(reason.part) if f.as_of), default=""),
            }
            for reason in told.reasons
        ],
        "amount": amount,
        "rules": f"policy/{rules.digest}",
    }  # fmt: skip


def _facts(part: Part) -> Iterator[Any]:
    yield from part.facts
    for inner in part.parts:
        yield from _facts(inner)


def item_values(rules: RuleSet, key: str) -> dict[str, str | date | None]:
    """Return what the list of items (事项清单) says of a policy, taken from its document."""
    policy = rules.entries[key].policy
    clauses = list(dict.fromkeys(c.clause for c in policy.conditions if c.clause))
    review = policy.fairness
    return {
        "policy": policy.number, "version": policy.version, "title": policy.title,
        "document": policy.document, "clause": "；".join(clauses)[:200], "sort": "award",
        "mode": "automatic" if policy.automatic else "quick",
        "conditions": "\n".join(f"{c.number} {c.text}（{c.clause or '—'}）" for c in policy.conditions),
        "amount": standard_of(policy),
        "materials": "、".join(rules.program.data_of(rules.position(key))),
        "valid_from": policy.start, "valid_until": policy.end,
        "review_number": review.number if review else "", "review_on": review.on if review else None,
        "review_result": review.conclusion if review else "",
        "review_ground": review.ground if review else "",
    }  # fmt: skip


def standard_of(policy: Policy) -> str:
    """Return in one line how much a policy gives: mode, fixed sum, rate, limits."""
    amount = policy.amount
    if amount is None:
        return ""
    parts = [
        MODES[amount.mode],
        f"{yuan(amount.fen)} 元" if amount.fen is not None else "",
        f"{plain_share(amount.rate)}" if amount.rate is not None else "",
        f"{len(amount.tiers)} 档" if amount.tiers else "",
        f"最高 {yuan(amount.cap)} 元" if amount.cap is not None else "",
    ]
    return "，".join(part for part in parts if part)


def plain_share(rate: Fraction) -> str:
    """Return a rate as a percentage without needless zeros."""
    return f"{float(rate * 100):g}%"
