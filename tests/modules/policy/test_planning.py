"""兑付测算: ways of rationing beside a proven bound, other thresholds; advice that moves no money."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from django.test import Client

from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.findings import Matched, run_match
from jiqun.modules.policy.matching.selectors import match_view
from jiqun.modules.policy.models import Case
from jiqun.modules.policy.planning.plans import FIRMS, MONEY, Question, advised, ranks_of, tried
from tests.modules.policy.test_matching import attributes as said
from tests.modules.policy.test_matching import complete, indicators
from tests.modules.policy.town import FIRMS as THREE
from tests.modules.policy.town import PLACE, Town

A, B, C = THREE
RESEARCH, WAN = "HC-02@1", 1_000_000
SPENT = {A: 400, B: 600, C: 900}  # ten thousand yuan of research; 5 % of it is due


@pytest.fixture
def match(town: Town) -> Matched:
    """Three firms above scale; each has ten thousand times ten thousand yuan of revenue."""
    store: Store = town.store
    said(store, [(firm, "规上企业", "是") for firm in SPENT])
    complete(store, "严重失信", "经营异常")
    complete(store, "以往兑付", otherwise="无")
    rows = [(firm, "rd_expense", "2025", wan * WAN) for firm, wan in SPENT.items()]
    indicators(store, [*rows, *((firm, "revenue", "2025", 10_000 * WAN) for firm in SPENT)])
    run_match(store, PLACE)
    return match_view(store, town.viewer("maker")).matched


def best_of_all(budget: int, worth: str) -> float:
    """The best plan by trying every one."""
    due = [wan * WAN // 20 for wan in SPENT.values()]
    plans = [one for size in range(4) for one in combinations(due, size) if sum(one) <= budget]
    return max(len(one) if worth == FIRMS else sum(one) / 100 for one in plans)


BUDGETS = (0, 19, 45, 50, 65, 75, 94, 95, 1000)  # ten thousand yuan


def test_the_best_plan_is_the_best_and_its_bound_holds(match: Matched) -> None:
    for budget, worth in product(BUDGETS, (FIRMS, MONEY)):
        found = advised(match, RESEARCH, Question(budget * WAN, worth))
        wanted = best_of_all(budget * WAN, worth)
        assert found.ways["best"].value == pytest.approx(wanted), (budget, worth)
        assert found.bound >= wanted - 1e-6, (budget, worth)
        for way in found.ways.values():
            assert way.worst <= way.value <= way.top <= found.bound + 1e-6, (budget, worth)
            assert way.fen <= budget * WAN, (budget, worth)
        assert (found.entitled, found.need_fen, found.open) == (3, 95 * WAN, 0)


def test_ranking_by_a_figure_and_the_line_that_pays_everybody_above(match: Matched) -> None:
    assert "研发费用[上年度]" in ranks_of(match, RESEARCH)
    found = advised(match, RESEARCH, Question(80 * WAN, MONEY, "研发费用[上年度]"))
    assert found.ways["rank"].fen == 75 * WAN, "900 and 600, not 400"
    assert found.line == 600 * WAN
    assert advised(match, RESEARCH, Question(WAN, MONEY, "研发费用[上年度]")).line is None


def test_first_come_is_a_mean_over_orders_and_the_same_each_time(match: Matched) -> None:
    asked = Question(50 * WAN)
    one, two = advised(match, RESEARCH, asked), advised(match, RESEARCH, asked)
    assert one.ways["first"] == two.ways["first"]
    # 20+30 both fit, either order; whoever has 45 first leaves nothing for the others.
    assert (one.ways["first"].worst, one.ways["first"].top) == (1, 2)
    assert one.ways["first"].value == pytest.approx(1 + 2 / 3, abs=0.1)


def test_another_threshold_is_read_and_evaluated_exactly(match: Matched) -> None:
    found = tried(match, RESEARCH, "c2", "研发费用[上年度] ／ 营业收入[上年度] ≥ 6%")
    assert found.text == "研发费用[上年度] / 营业收入[上年度] >= 6%"
    assert (found.before, found.after) == ((3, 95 * WAN), (2, 75 * WAN))
    assert (found.gained, found.lost, found.unpriced) == (0, 1, 0)


@pytest.mark.parametrize("asked", [
    ("c2", "研发费用[上年度] >"), ("c2", "研发经费 >= 1万元"), ("c99", "规上企业"), ("c2", ""), ("c2",
                                                            "研发费用[上年度] >= 3%"),
])  # fmt: skip
def test_words_that_are_no_condition_are_refused(match: Matched, asked: tuple[str, str]) -> None:
    with pytest.raises(JiqunError) as caught:
        tried(match, RESEARCH, *asked)
    assert caught.value.code.startswith("E-")


def page(town: Town, name: str, query: dict[str, Any], *, purpose: bool = True) -> Any:
    client = Client()
    client.force_login(town.users[name])
    if purpose:
        client.post("/purpose/", {"purpose": "测算预算"})
    return client.get(f"/policy/plan/{RESEARCH}/", query)


def test_the_page_says_that_it_is_advice_and_moves_nothing(town: Town, match: Matched) -> None:
    query = {
        "budget": "500,000",
        "worth": "firms",
        "condition": "c2",
        "text": "研发费用[上年度] >= 1亿元",
    }
    words = page(town, "maker", query).content.decode()
    for word in ("仅供测算", "已证明", "先到先得", "种子 20261130", "0 / 3"):
        assert word in words, word
    assert not Case.objects.exists()
    assert page(town, "maker", {"budget": "很多"}).status_code == 422
    assert page(town, A, {}, purpose=False).status_code == 403
    closed = page(town, "maker", query, purpose=False).content.decode()
    assert "应享企业" not in closed
    assert "950,000" not in closed
