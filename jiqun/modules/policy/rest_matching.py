"""Matches over the API: verdicts of a policy, one verdict with its trace, a firm's calculator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from jiqun.core.audit import read_firms
from jiqun.core.factstore import store
from jiqun.core.pages import viewer
from jiqun.engine.rules.evaluation.explain import Explanation
from jiqun.errors import JiqunError
from jiqun.modules.policy.matching.calculator import Chance, chances, changed
from jiqun.modules.policy.matching.candidates import trace_of
from jiqun.modules.policy.matching.rule_set import RuleSet
from jiqun.modules.policy.matching.selectors import (
    MatchView,
    explanation_of,
    match_view,
    own_match,
)

router = Router(tags=["policy 惠企政策"])
MOST = 1000  # verdicts of one page
FACTS = 20  # facts of one trial


class Basis(Schema):
    """What verdicts were computed from; the same names give the same verdicts."""

    place: str
    event: str
    run: str
    snapshot: str
    rules_version: str
    code_version: str


class Verdict(Schema):
    """One firm and one policy. Codes: 0 no, 1 yes, 2 data missing, 3 by hand, 4 out of force. Fen."""

    firm: str
    verdict: int
    conclusion: str
    conclusion_zh: str
    amount_fen: int | None
    due_fen: int | None
    provisional: bool | None
    near: str
    gap: int | None


class Verdicts(Schema):
    """One page of a policy's verdicts."""

    basis: Basis
    policy: str
    count: int
    page: int
    verdicts: list[Verdict]


class Missing(Schema):
    """A fact that is missing, and who holds it."""

    column: str
    owner: str


class Explained(Schema):
    """One verdict opened to condition, clause and fact."""

    policy: str
    firm: str
    verdict: int
    conclusion: str
    conclusion_zh: str
    amount_fen: int | None
    missing: list[Missing]
    trace: dict[str, Any]


class Told(Schema):
    """A verdict with its reasons, and what they were computed from."""

    basis: Basis
    verdict: Explained


class Trial(Schema):
    """Facts of a trial: pairs, in their order."""

    fact: list[str] = Field(default_factory=list[str])
    value: list[str] = Field(default_factory=list[str])


class Calculated(Schema):
    """Every policy in force for a firm; with a trial, over other facts."""

    event: str
    rules_version: str
    facts: dict[str, str]
    policies: list[Explained]


def _basis(view: MatchView) -> dict[str, str]:
    run = view.run
    return {
        "place": view.place, "event": str(view.event), "run": run.run, "snapshot": run.snapshot,
        "rules_version": run.rules_version, "code_version": run.code_version,
    }  # fmt: skip


def _said(rules: RuleSet, key: str, verdict: int) -> dict[str, Any]:
    said = rules.packs[key].say(verdict)
    return {"verdict": verdict, "conclusion": said.key, "conclusion_zh": said.zh}


def _explained(told: Explanation, rules: RuleSet, key: str, firm: str) -> dict[str, Any]:
    return {
        "policy": key, "firm": firm, **_said(rules, key, told.verdict), "amount_fen": told.fen,
        "missing": [{"column": fact.column, "owner": fact.owner} for fact in told.missing],
        "trace": trace_of(told, rules, due=told.fen or 0, because=""),
    }  # fmt: skip


@router.get("/match/{key}", response=Verdicts, summary="匹配结果 · verdicts of a policy")
def verdicts(request: HttpRequest, key: str, place: str = "", page: int = 1) -> dict[str, Any]:
    """Firms in the order of their codes, a thousand a page; an official states a purpose in ``X-Purpose``."""
    who = viewer(request)
    view = match_view(store(), who, place)
    rules = view.matched.rules
    rules.position(key)
    mine = view.frame.filter(policy=key).sort("firm")
    part = mine.slice((max(page, 1) - 1) * MOST, MOST)
    seen = read_firms(who, part["firm"].to_list(), fields="policy_match: verdict, fen, near")
    rows = [row for row in part.iter_rows(named=True) if row["firm"] in seen]
    return {
        "basis": _basis(view), "policy": key, "count": mine.height if seen else 0, "page": max(page, 1),
        "verdicts": [
            {"firm": row["firm"], **_said(rules, key, row["verdict"]), "amount_fen": row["fen"],
             "due_fen": row["due"], "provisional": row["provisional"], "near": row["near"], "gap": row["gap"]}
            for row in rows
        ],
    }  # fmt: skip


@router.get(
    "/match/{key}/{firm}", response=Told, summary="一项结论及其依据 · one verdict with its trace"
)
def verdict(request: HttpRequest, key: str, firm: str, place: str = "") -> dict[str, Any]:
    """Every condition with clause, value, source and as-of; the look is logged for the firm."""
    who = viewer(request)
    view = match_view(store(), who, place)
    told, _ = explanation_of(view, who, key, firm)
    return {"basis": _basis(view), "verdict": _explained(told, view.matched.rules, key, firm)}


@router.get("/own", response=Calculated, summary="企业政策计算器 · a firm's calculator")
def calculator(request: HttpRequest, trial: Query[Trial]) -> dict[str, Any]:
    """Every policy in force for the caller's own firm; pairs ``fact`` and ``value`` are laid over."""
    one = own_match(store(), viewer(request), event=timezone.localdate())
    facts = dict(list(zip(trial.fact, trial.value, strict=False))[:FACTS])
    if facts:
        one, problems = changed(one, facts)
        if problems:
            raise JiqunError(
                "E-POLICY-WHAT-IF", "试算的事实有误", "facts of the trial are wrong", fields=problems,
                hint_zh="请用政策用到的事实，并写明单位。", hint_en="Use facts that a policy reads, with units.",
            )  # fmt: skip
    options: list[Chance] = chances(one)
    return {
        "event": str(timezone.localdate()), "rules_version": f"policy/{one.rules.digest}", "facts": facts,
        "policies": [_explained(c.explanation, one.rules, c.key, one.firms[0]) for c in options],
    }  # fmt: skip
