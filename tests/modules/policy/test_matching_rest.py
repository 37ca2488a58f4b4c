"""Matches over the API: verdicts, one with its trace, a firm's calculator."""

from __future__ import annotations

from typing import Any

import pytest

from jiqun.core.models import FirmRead
from jiqun.facts.store.store import Store
from tests.modules.policy.test_matching import RESEARCH, A, B, _client, facts, matched
from tests.modules.policy.town import Town

__all__ = ["facts", "matched"]  # fixtures
NEAR = {
    "verdict": 0,
    "conclusion": "no",
    "near": "c2",
    "gap": 1,
    "amount_fen": None,
    "due_fen": None,
}


def asked(town: Town, name: str, path: str, purpose: str = "核对政策", **query: Any) -> Any:
    headers = {"X-Purpose": "core review"} if purpose else {}
    return _client(town, name, purpose).get(f"/api/policy/{path}", query, headers=headers)


@pytest.mark.usefixtures("matched")
def test_verdicts_with_what_they_rest_on(town: Town) -> None:
    told = asked(town, "maker", f"match/{RESEARCH}").json()
    by_firm = {one["firm"]: one for one in told["verdicts"]}
    assert (told["count"], told["basis"]["event"]) == (3, "2026-11-30")
    assert by_firm[A]["due_fen"] == 15_000_000
    assert by_firm[B].items() >= NEAR.items()
    assert asked(town, "maker", f"match/{RESEARCH}", page=2).json()["verdicts"] == []
    closed = asked(town, "maker", f"match/{RESEARCH}", purpose="").json()
    assert (closed["count"], closed["verdicts"]) == (0, [])


@pytest.mark.usefixtures("matched")
def test_one_verdict_is_opened_to_clause_and_source_and_logged(town: Town) -> None:
    told = asked(town, "maker", f"match/{RESEARCH}/{B}").json()["verdict"]
    failing = next(one for one in told["trace"]["conditions"] if one["id"] == "c2")
    assert (failing["verdict"], failing["clause"], failing["as_of"]) == (
        0,
        "第四条第二项",
        "2026-10-31",
    )
    assert FirmRead.objects.filter(firm=B).exists()
    assert asked(town, "maker", f"match/{RESEARCH}/{B}", purpose="").status_code == 404
    assert asked(town, A, f"match/{RESEARCH}/{B}", purpose="").status_code == 403
    assert asked(town, "maker", "match/XX@1").status_code == 404


@pytest.mark.usefixtures("matched")
def test_a_firm_calculates_with_another_fact(town: Town) -> None:
    def research(**query: Any) -> dict[str, Any]:
        told = asked(town, B, "own", purpose="", **query).json()
        return next(one for one in told["policies"] if one["policy"] == RESEARCH)

    assert research()["verdict"] == 0
    other = research(fact="研发费用[去年]", value="400万元")
    assert (other["verdict"], other["amount_fen"]) == (1, 20_000_000)
    wrong = asked(town, B, "own", purpose="", fact="研发费用[去年]", value="很多")
    assert wrong.status_code == 422
    assert wrong.json()["code"] == "E-POLICY-WHAT-IF"
    assert asked(town, "maker", "own").status_code == 403


def test_without_a_run_it_says_so(town: Town, facts: Store) -> None:
    assert facts is town.store
    assert asked(town, "maker", f"match/{RESEARCH}").json()["code"] == "E-POLICY-NO-RUN"
