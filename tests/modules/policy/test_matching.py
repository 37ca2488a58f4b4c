"""Matching: facts to columns, verdicts as findings, what is due, who sees what, on to a batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from django.test import Client

from jiqun.core.models import FirmRead
from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching import findings
from jiqun.modules.policy.matching.awarding import awarded, terms_of
from jiqun.modules.policy.matching.calculator import chances, changed, differences
from jiqun.modules.policy.matching.candidates import candidates_of, item_values, payable
from jiqun.modules.policy.matching.findings import run_match
from jiqun.modules.policy.matching.periods import stored_period
from jiqun.modules.policy.matching.rule_set import rule_set
from jiqun.modules.policy.matching.selectors import match_view, own_match, policy_rows
from jiqun.modules.policy.models import Batch, Case, Item
from tests.modules.policy.town import FIRMS, PLACE, Town

A, B, C = FIRMS
DAY = dt.date(2026, 11, 30)
OWN, STATISTICS = "企业自报（一企一单确认）", "统计调查制度"
FIRST, RESEARCH, EXPORT, GREEN = "HC-01@1", "HC-02@1", "HC-07@1", "HC-08@1"


def _origin(number: int) -> dict[str, object]:
    return {"source_row": number, "as_of": dt.date(2026, 10, 31), "basis": ""}


def attributes(
    store: Store, rows: Sequence[tuple[str, str, str]], *, batch: str = "a", **more: object
) -> None:
    """Say something of firms: (firm, item, content)."""
    empty = {"valid_from": None, "valid_to": None, "document": "合成〔2026〕1号"}
    frame = pl.DataFrame([
        {"firm": firm, "item": item, "period": "2026", "content": content, "lawful_basis": OWN,
         **empty, **more, **_origin(number)}
        for number, (firm, item, content) in enumerate(rows, start=1)
    ], schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date})  # fmt: skip
    store.append("firm_attribute", frame, batch=batch, received=frame.height, source="合成名单")


def complete(store: Store, *items: str, otherwise: str = "否") -> None:
    """Declare lists complete."""
    frame = pl.DataFrame([
        {"item": item, "place": PLACE, "period": "2026", "otherwise": otherwise, "holder": "合成局", **_origin(n)}
        for n, item in enumerate(items, start=1)
    ])  # fmt: skip
    store.append(
        "list_coverage", frame, batch="c" + "".join(items), received=frame.height, source="完整性"
    )


def indicators(store: Store, rows: Sequence[tuple[str, str, str, int]], basis: str = OWN) -> None:
    """Figures in fen: (firm, indicator, period, value)."""
    frame = pl.DataFrame([
        {"firm": firm, "indicator": name, "period": period, "value": value, "unit": "CNY_fen",
         "status": "published", "lawful_basis": basis, **_origin(n)}
        for n, (firm, name, period, value) in enumerate(rows, start=1)
    ])  # fmt: skip
    store.append(
        "firm_indicator", frame, batch=f"i{basis}", received=frame.height, source="合成年报"
    )


@pytest.fixture
def facts(town: Town) -> Store:
    """A is above scale for the first time and spends 3 % on research; B is; of C nothing is said."""
    store = town.store
    attributes(
        store,
        [
            (A, "规上企业", "是"),
            (A, "首次入规", "是"),
            (B, "规上企业", "是"),
            (B, "首次入规", "否"),
        ],
    )
    complete(store, "严重失信", "经营异常")
    complete(store, "以往兑付", otherwise="无")
    wan = 1_000_000
    indicators(store, [(A, "revenue", "2025", 10_000 * wan), (A, "rd_expense", "2025", 300 * wan),
                       (B, "revenue", "2025", 10_000 * wan), (B, "rd_expense", "2025", 300 * wan - 1),
                       (A, "exports", "2025", 550 * wan), (B, "exports", "2025", 550 * wan)])  # fmt: skip
    indicators(store, [(A, "exports", "2024", 500 * wan)], basis=STATISTICS)
    return store


def verdicts(frame: pl.DataFrame, key: str) -> dict[str, int]:
    return dict(frame.filter(pl.col("policy") == key).select("firm", "verdict").iter_rows())


def test_every_pair_is_decided_or_says_what_is_missing(facts: Store) -> None:
    run, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, FIRST) == {A: 1, B: 0, C: 2}
    assert verdicts(frame, RESEARCH) == {A: 1, B: 0, C: 2}, "one fen below three per cent is no"
    due = frame.filter((pl.col("policy") == RESEARCH) & (pl.col("firm") == A)).row(0, named=True)
    assert (due["fen"], due["due"]) == (15_000_000, 15_000_000)
    assert not due["provisional"], "whatever C turns out to be, the budget suffices for both"
    near = frame.filter((pl.col("policy") == RESEARCH) & (pl.col("firm") == B)).row(0, named=True)
    assert (near["near"], near["gap"]) == ("c2", 1), "one fen of research more"
    assert run_match(facts, PLACE, event=DAY)[0] == run, "the same facts, the same run"


def test_statistics_are_not_used_and_the_run_says_so(facts: Store, town: Town) -> None:
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, EXPORT)[A] == 2, (
        "last year's exports are known to the statisticians only"
    )
    notes = match_view(facts, town.viewer("maker")).matched.gathered.notes
    assert any("统计调查 1 行" in zh for zh, _ in notes)


def test_only_a_complete_list_says_no(facts: Store) -> None:
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, GREEN) == {A: 2, B: 2, C: 2}, "nobody handed over the penalties"
    complete(facts, "重大行政处罚", "高新技术企业", "规上企业")
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, GREEN) == {A: 0, B: 0, C: 0}
    attributes(facts, [(A, "高新技术企业", "是")], batch="b")
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, GREEN) == {A: 1, B: 0, C: 0}


def test_a_title_that_has_lapsed_is_none(facts: Store) -> None:
    complete(facts, "重大行政处罚", "高新技术企业", "规上企业")
    attributes(facts, [(A, "高新技术企业", "是")], batch="b", valid_to=dt.date(2026, 11, 29))
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, GREEN)[A] == 0
    _, frame = run_match(facts, PLACE, event=dt.date(2026, 11, 29))
    assert verdicts(frame, GREEN)[A] == 1


def test_what_cannot_be_read_is_unknown_not_no(facts: Store) -> None:
    complete(facts, "重大行政处罚", "高新技术企业", "规上企业")
    attributes(facts, [(A, "高新技术企业", "好像是")], batch="b")
    _, frame = run_match(facts, PLACE, event=DAY)
    assert verdicts(frame, GREEN)[A] == 2


def test_the_rules_of_the_event_s_day_apply(facts: Store) -> None:
    _, before = run_match(facts, PLACE, event=dt.date(2025, 12, 31))
    _, after = run_match(facts, PLACE, event=dt.date(2028, 1, 1))
    for frame in (before, after):
        assert not frame["policy"].str.starts_with("HC-").any()
    _, now = run_match(facts, PLACE, event=DAY)
    entries = rule_set(PLACE).entries
    assert {key for key, one in entries.items() if one.policy.in_force(DAY)} == set(now["policy"])


def test_other_places_policies_are_not_ours() -> None:
    assert not any(key.startswith("HC-") for key in rule_set("220524").entries)
    assert any(key.startswith("HC-") for key in rule_set(PLACE).entries)
    assert not rule_set(PLACE).pays("MB-01@1"), "a model that nobody adopted pays nothing"


def test_without_the_list_of_earlier_payments_once_only_stays_open(town: Town) -> None:
    store = town.store
    attributes(store, [(A, "规上企业", "是"), (A, "首次入规", "是")])
    complete(store, "严重失信", "经营异常")
    _, frame = run_match(store, PLACE, event=DAY)
    row = frame.filter((pl.col("policy") == FIRST) & (pl.col("firm") == A)).row(0, named=True)
    assert (row["verdict"], row["fen"], row["due"]) == (1, 10_000_000, None)
    assert row["because"] == "history_unknown"


def test_an_amount_that_an_open_pair_may_change_waits(facts: Store, town: Town) -> None:
    _, frame = run_match(facts, PLACE, event=DAY)
    rules = rule_set(PLACE)
    entry = rules.entries[RESEARCH]
    assert entry.policy.budget is not None
    short = replace(entry.policy, budget=replace(entry.policy.budget, fen=20_000_000))
    tight = replace(rules, entries={**rules.entries, RESEARCH: replace(entry, policy=short)})
    due = awarded(tight, frame, [], year=2026).filter(pl.col("policy") == RESEARCH)
    by_firm = {row["firm"]: row for row in due.iter_rows(named=True)}
    assert (by_firm[A]["due"], by_firm[A]["provisional"]) == (15_000_000, True)
    assert by_firm[C]["due"] is None
    view = match_view(facts, town.viewer("maker"))
    waiting = view.frame.with_columns(
        pl.col("provisional").fill_null(value=False) | (pl.col("firm") == A)
    )
    assert payable(replace(view, frame=waiting), RESEARCH).is_empty()
    assert payable(view, RESEARCH)["due"].to_list() == [15_000_000]


def test_terms_follow_the_documents() -> None:
    entries = rule_set(PLACE).entries
    documents = [entries[key].policy for key in ("HC-01@1", "HC-04@1", "HC-02@1")]
    terms = terms_of(documents, 2026)
    relations = {group.relation.name: (group.policies, group.scope.name) for group in terms.groups}
    assert relations["ONCE"] == ((0,), "FIRM")
    assert relations["TOPUP"] == ((1,), "FIRM")
    assert [(b.limit_fen, b.policies, b.rationing.name) for b in terms.budgets] == [
        (2_000_000_000, (0,), "FIRST_COME"), (2_500_000_000, (1,), "QUEUE_NEXT_YEAR"),
        (800_000_000, (2,), "PRORATE"),
    ]  # fmt: skip
    assert terms_of(documents, 2027).budgets == (), "the budget is that of 2026"


@pytest.mark.parametrize(
    ("name", "day", "period"),
    [
        ("上年度", (2026, 1, 1), "2025"), ("本年末", (2026, 6, 1), "2026"), ("上季度", (2026, 2, 1), "2025Q4"),
        ("上年同季", (2026, 5, 1), "2025Q2"), ("上月", (2026, 1, 31), "2025-12"), ("本半年", (2026, 7, 1), "2026H2"),
        ("2024年度", (2026, 1, 1), "2024"), ("2024年第3季度", (2026, 1, 1), "2024Q3"),
        ("2024年8月", (2026, 1, 1), "2024-08"), ("2024年上半年", (2026, 1, 1), "2024H1"),
    ],
)  # fmt: skip
def test_periods_are_counted_from_the_event(
    name: str, day: tuple[int, int, int], period: str
) -> None:
    assert stored_period(name, dt.date(*day)) == period


# ---- who sees what --------------------------------------------------------------------------


@pytest.fixture
def matched(facts: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(findings.timezone, "localdate", lambda *_args: DAY)
    run_match(facts, PLACE)
    return facts


def _client(town: Town, name: str, purpose: str = "") -> Client:
    made = Client()
    made.force_login(town.users[name])
    if purpose:
        made.post("/purpose/", {"purpose": purpose})
    return made


def test_small_counts_are_hidden_until_a_purpose_is_stated(matched: Store, town: Town) -> None:
    view = match_view(matched, town.viewer("maker", purpose=""))
    row = next(
        one for one in policy_rows(view, town.viewer("maker", purpose="")) if one["policy"] == FIRST
    )
    assert (row["yes"], row["missing"], row["no"], row["fen"]) == (None, None, None, None)
    open_ = next(one for one in policy_rows(view, town.viewer("maker")) if one["policy"] == FIRST)
    assert (open_["yes"], open_["missing"], open_["no"], open_["fen"]) == (1, 1, 1, 10_000_000)
    page = _client(town, "maker").get(f"/policy/match/{FIRST}/").content.decode()
    assert FIRMS[A] not in page


def test_a_look_at_firms_is_logged_for_them(matched: Store, town: Town) -> None:
    maker = _client(town, "maker", "核对首次入规")
    assert FIRMS[A] in maker.get(f"/policy/match/{FIRST}/").content.decode()
    assert FirmRead.objects.filter(firm=A).exists()
    why = maker.get(f"/policy/match/{RESEARCH}/{B}/").content.decode()
    for words in (
        "第四条第二项",
        "研发费用[上年度]",
        "2999999.99元",
        "还差 0.01元",
        "合成年报",
        "2026-10-31",
    ):
        assert words in why, words


def test_others_find_nothing(matched: Store, town: Town) -> None:
    assert _client(town, "maker").get(f"/policy/match/{FIRST}/{A}/").status_code == 404, (
        "no purpose"
    )
    assert _client(town, "elsewhere", "看看").get("/policy/match/").status_code == 403
    for path in ("/policy/match/", f"/policy/match/{FIRST}/", f"/policy/match/{FIRST}/{A}/"):
        assert _client(town, B).get(path).status_code == 403, path
    assert _client(town, "maker").get("/policy/own/").status_code == 403
    assert _client(town, "maker").get("/policy/match/XX-1@1/").status_code == 404


def test_a_firm_sees_its_own_and_what_it_is_short_of(matched: Store, town: Town) -> None:
    page = _client(town, B).get("/policy/own/").content.decode()
    assert FIRMS[B] in page
    assert not any(FIRMS[one] in page for one in (A, C))
    assert "还差 0.01元" in page
    assert "统计局" in page
    why = _client(town, B).get(f"/policy/own/{RESEARCH}/").content.decode()
    assert "不符合" in why


# ---- the calculator -------------------------------------------------------------------------


def test_a_trial_changes_the_answer_and_nothing_else(matched: Store, town: Town) -> None:
    one = own_match(matched, town.viewer(B), event=DAY)
    other, problems = changed(one, {"研发费用[去年]": "400万元"})
    assert not problems
    gained = {change.key: change for change in differences(one, other)}
    assert (gained[RESEARCH].before, gained[RESEARCH].after) == ((0, None), (1, 20_000_000))
    again = own_match(matched, town.viewer(B), event=DAY)
    assert {c.key: c.verdict for c in chances(again)} == {c.key: c.verdict for c in chances(one)}


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("研发费", "1万元", "没有政策用到"),
        ("研发费用[上年度]", "很多", "300万元"),
        ("规上企业", "大概", "是 或 否"),
    ],
)
def test_a_trial_that_cannot_be_read_says_how_to_write_it(
    matched: Store, town: Town, fact: str, value: str, words: str
) -> None:
    one = own_match(matched, town.viewer(B), event=DAY)
    other, problems = changed(one, {fact: value})
    assert [p.column for p in problems] == [fact]
    assert words in problems[0].message_zh + problems[0].remedy_zh
    assert not differences(one, other)
    page = _client(town, B).get("/policy/own/", {"fact": fact, "value": value})
    assert page.status_code == 200
    assert words in page.content.decode()


# ---- on to money ----------------------------------------------------------------------------


def test_from_a_match_to_a_batch_by_the_pages(matched: Store, town: Town) -> None:
    maker, office = _client(town, "maker", "核对首次入规"), town.offices["bureau"].pk
    path = f"/policy/match/{FIRST}/"
    assert maker.post(path, {"verb": "list", "department": office}).status_code == 302
    item = Item.objects.get(policy="HC-01")
    assert (item.title, item.mode, item.document) == (
        "首次入规奖励（合成示例）",
        "automatic",
        "合成政发〔2026〕1号",
    )
    early = maker.post(path, {"verb": "batch", "department": office, "pool": town.pool.key})
    assert early.status_code in {409, 422}, "nobody has declared the item yet"
    assert not Batch.objects.exists()
    confirmer = _client(town, "confirmer", "审定事项")
    assert confirmer.post(f"/policy/items/{item.pk}/", {"verb": "declare"}).status_code == 302
    done = maker.post(path, {"verb": "batch", "department": office, "pool": town.pool.key})
    assert done.status_code == 302, done.content.decode()
    case = Case.objects.get()
    assert (case.firm, case.amount_fen, case.state) == (A, 10_000_000, "department")
    clauses = [one["clause"] for one in case.trace["conditions"]]
    assert clauses == ["第三条", "第三条", "第九条第一项", "第九条第二项"]
    assert case.trace["snapshot"] == match_view(matched, town.viewer("maker")).run.snapshot
    twice = maker.post(path, {"verb": "batch", "department": office, "pool": town.pool.key})
    assert twice.status_code == 302
    assert Case.objects.count() == 1, "the same run opens its batch once"


def test_what_a_person_has_to_check_is_no_batch(matched: Store, town: Town) -> None:
    view = match_view(matched, town.viewer("maker"))
    for key in ("HC-03@1", "MB-01@1"):
        with pytest.raises(JiqunError, match="E-POLICY-NOT-AUTOMATIC"):
            candidates_of(view, town.viewer("maker"), key)
    assert item_values(view.matched.rules, FIRST)["review_number"] == "合成竞审〔2025〕8号"


def test_a_run_whose_rules_have_changed_asks_to_be_repeated(
    matched: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "code_version", lambda *_folders: "other")
    with pytest.raises(JiqunError, match="E-POLICY-CHANGED"):
        match_view(matched, town.viewer("maker"))
