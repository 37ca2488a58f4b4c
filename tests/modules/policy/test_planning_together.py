"""All policies at once under their budgets, groups and a pot; the planner's tables as workbooks."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from django.test import Client

from jiqun.errors import JiqunError
from jiqun.modules.policy.matching.findings import Matched, run_match
from jiqun.modules.policy.matching.selectors import match_view
from jiqun.modules.policy.planning.plans import FIRMS, MONEY
from jiqun.modules.policy.planning.together import planned_together
from tests.modules.policy.test_matching import attributes, complete, indicators
from tests.modules.policy.town import FIRMS as THREE
from tests.modules.policy.town import PLACE, Town

A, B, C = THREE
WAN = 1_000_000
RESEARCH, TITLE = "HC-02@1", "HC-04@1"
SPENT = {A: 400, B: 600, C: 900}  # 5 % is due: 20, 30, 45 ten thousand yuan


@pytest.fixture
def match(town: Town) -> Matched:
    """Three firms entitled to the research award; no other policy has a firm for certain."""
    attributes(town.store, [(firm, "规上企业", "是") for firm in SPENT])
    complete(town.store, "严重失信", "经营异常")
    complete(town.store, "以往兑付", otherwise="无")
    rows = [(firm, "rd_expense", "2025", wan * WAN) for firm, wan in SPENT.items()]
    indicators(town.store, [*rows, *((firm, "revenue", "2025", 10_000 * WAN) for firm in SPENT)])
    run_match(town.store, PLACE)
    return match_view(town.store, town.viewer("maker")).matched


@pytest.mark.parametrize(
    ("pot", "firms", "wan"), [(None, 3, 95), (50, 2, 50), (19, 0, 0), (75, 2, 75)]
)
def test_the_pot_is_kept_and_what_it_takes_is_the_gap(
    match: Matched, pot: int | None, firms: int, wan: int
) -> None:
    found = planned_together(match, MONEY, pot_fen=None if pot is None else pot * WAN)
    share = next(one for one in found.shares if one.key == RESEARCH)
    assert (share.firms, share.fen, share.entitled, share.need_fen) == (
        firms,
        wan * WAN,
        3,
        95 * WAN,
    )
    assert (found.fen, found.bound) == (wan * WAN, pytest.approx(wan * 10_000))
    assert share.bound == pytest.approx(950_000), "its own budget pays everybody"
    assert share.gap == pytest.approx(1 - wan / 95)
    assert {one.fen for one in found.shares if one.key != RESEARCH} == {0}


def with_policy(one: Matched, key: str, **changed: object) -> Matched:
    entry = one.rules.entries[key]
    policy = replace(entry.policy, **changed)  # type: ignore[arg-type]
    entries = dict(one.rules.entries) | {key: replace(entry, policy=policy)}
    return replace(one, rules=replace(one.rules, entries=entries))


def test_each_budget_is_kept(match: Matched) -> None:
    budget = match.rules.entries[RESEARCH].policy.budget
    assert budget is not None
    small = with_policy(match, RESEARCH, budget=replace(budget, fen=50 * WAN))
    share = next(one for one in planned_together(small, FIRMS).shares if one.key == RESEARCH)
    assert (share.firms, share.fen, share.bound) == (2, 50 * WAN, pytest.approx(2))
    assert share.gap == pytest.approx(0, abs=1e-6)


def test_a_pot_below_zero_is_refused(match: Matched) -> None:
    with pytest.raises(JiqunError, match="E-PLAN-CASE"):
        planned_together(match, pot_fen=-1)


def signed_in(town: Town, name: str, *, purpose: bool = True) -> Client:
    client = Client()
    client.force_login(town.users[name])
    if purpose:
        client.post("/purpose/", {"purpose": "测算预算"})
    return client


@pytest.mark.parametrize(("path", "sheets", "words"), [
    ("/policy/plan/needs.xlsx", 1, ("研发投入后补助",)),
    ("/policy/plan/together.xlsx?pot=500000&worth=money", 1, ("500,000", "上界")),
    ("/policy/plan/HC-02@1/tables.xlsx?budget=500000&condition=c2&text=研发费用[上年度] >= 1亿元", 3,
     ("500,000", "研发费用[上年度] >= 1亿元", "种子 20261130")),
])  # fmt: skip
def test_a_workbook_says_what_was_asked_and_has_numbers(
    town: Town, match: Matched, path: str, sheets: int, words: tuple[str, ...]
) -> None:
    del match
    answer = signed_in(town, "maker").get(path)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    text = "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert len(book.sheetnames) == sheets + 1
    for word in ("仅供测算", "证明的上界", *words):
        assert word in text, word
    cells = [cell.value for row in book.worksheets[1].iter_rows() for cell in row]
    assert any(isinstance(value, (int, float)) for value in cells)
    assert signed_in(town, "maker", purpose=False).get(path).status_code == 403


def test_the_page_of_all_policies(town: Town, match: Matched) -> None:
    del match
    client = signed_in(town, "maker")
    words = client.get("/policy/plan/together/?pot=500000").content.decode()
    for word in ("仅供测算", "已证明", "together.xlsx?pot=500000", "500,000.00"):
        assert word in words, word
    assert client.get("/policy/plan/together/?pot=很多").status_code == 422
    closed = signed_in(town, "maker", purpose=False).get("/policy/plan/together/")
    assert "受益企业" not in closed.content.decode()
