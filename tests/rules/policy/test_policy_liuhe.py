"""Liuhe's policy of 2023, our encoding against the table of its 43 rules (real data)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from jiqun.engine.rules.document.policy import Amount, Policy
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.units import Quantity
from jiqun.rules.policies import policy_pack
from tests.rules.policy.cases import of

PACK = policy_pack("liuhe2023")
WAN = 1_000_000
Bound = tuple[str, Fraction]
# The table gives 500,000 for rule 33; the text says so of new projects only.
CAPS_OF_A_TIER = {"LH2023-33"}
# What the table leaves to an interval or an order, and so do we: no rate of our own.
LEFT_OPEN = {"LH2023-01", "LH2023-02"}
BOUND = re.compile(r"(>=|<=|>|<)(\d+)|in (\d+)\.\.(\d+)")


@pytest.fixture(scope="module")
def rules(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "cn_county_liuhe" / "policy_rules_2023.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _ours(row: Mapping[str, str]) -> Policy:
    return next(policy for policy in PACK.policies if policy.number == row["rule_id"])


def _bounds_of_the_table(row: Mapping[str, str]) -> set[Bound]:
    found: set[Bound] = set()
    for op, value, first, last in BOUND.findall(row["condition"]):
        pairs = [(op, value)] if op else [(">=", first), ("<=", last)]
        found |= {(sign, Fraction(number)) for sign, number in pairs}
    return found


def _relations(tree: s.Condition) -> Iterator[Bound]:
    match tree:
        case s.Every() | s.Some():
            for item in tree.items:
                yield from _relations(item)
        case s.Compare():
            constant = tree.right.terms[0].item
            if isinstance(constant, s.Constant) and isinstance(constant.value, Quantity):
                yield tree.op, _plain(constant.value)
        case s.Ratio():
            if isinstance(tree.rate.value, Quantity) and tree.rate.value.unit != "%":
                yield tree.op, _plain(tree.rate.value)
        case _:
            return


def _plain(value: Quantity) -> Fraction:
    """Money in 万元, else the number as written: the units of the table's own columns."""
    return value.value / 10_000 if value.unit == "元" else value.value


@pytest.mark.shared
def test_the_same_rules_from_the_same_articles_on_the_same_days(
    rules: list[dict[str, str]], shared_data: Path
) -> None:
    meta = json.loads(
        (shared_data / "cn_county_liuhe" / "policy_meta_2023.json").read_text(encoding="utf-8")
    )
    assert [policy.number for policy in PACK.policies] == [row["rule_id"] for row in rules]
    start, end = meta["effective_from"], meta["effective_to_provisional"]
    shares = [Fraction(str(stage["share"])) for stage in meta["payout"]]
    for row in rules:
        policy = _ours(row)
        assert (policy.start.isoformat(), policy.end and policy.end.isoformat()) == (start, end)
        for condition in policy.conditions:
            assert condition.clause.startswith(f"第{row['article']}条"), policy.number
        if row["article"] == "2":
            assert [part.share for part in policy.payment] == shares


@pytest.mark.shared
def test_the_same_thresholds(rules: list[dict[str, str]]) -> None:
    for row in rules:
        policy = _ours(row)
        ours = {
            bound
            for condition in policy.conditions
            if condition.tree is not None
            for bound in _relations(condition.tree)
        }
        table = _bounds_of_the_table(row)
        extra = {
            "LH2023-12": {(">=", Fraction(1000))},  # article 6 refers to article 5
        }.get(policy.number, set[Bound]())
        # 连续5年 and 完成后3年内 stand beside the conditions in the table, in the benefit.
        years = {(">=", Fraction(1)), ("<=", Fraction(5)), ("<=", Fraction(3))}
        assert table <= ours, policy.number
        assert ours - table - extra - {(">", Fraction(0))} <= years, policy.number


@pytest.mark.shared
def test_the_same_amounts_and_caps(rules: list[dict[str, str]]) -> None:
    for row in rules:
        policy = _ours(row)
        low, high, unit = row["amount_low"], row["amount_high"], row["unit"]
        if not low and policy.amount is None:
            assert row["grant_mode"] == "一事一议"
            continue
        assert policy.amount is not None, policy.number
        if policy.number in LEFT_OPEN:
            text = " ".join(condition.text for condition in policy.conditions)
            assert f">= {low}%" in text
            assert f"<= {high}%" in text
        elif low:
            assert low == high
            _same(policy.amount, Fraction(low), unit, policy.number)
        wanted = int(row["cap_wan"]) * WAN if row["cap_wan"] else None
        caps = [tier.cap for tier in policy.amount.tiers if tier.cap]
        assert (caps[0] if policy.number in CAPS_OF_A_TIER else policy.amount.cap) == wanted


def _same(amount: Amount, value: Fraction, unit: str, number: str) -> None:
    if unit == "万元":
        assert amount.fen == value * WAN, number
    elif unit == "元/亩":
        each = Fraction(amount.each) / Fraction(2000, 3)  # base units are square metres
        assert Fraction(amount.price or 0, 100) / each == value, number
        assert amount.partial
    else:
        assert unit.startswith("%")
        assert amount.rate == value / 100, number


@pytest.mark.shared
def test_our_titles_and_clauses_are_not_the_table_s_sentences(
    rules: list[dict[str, str]], shared_data: Path
) -> None:
    documents = (shared_data / "cn_county_liuhe" / "documents.jsonl").read_text(encoding="utf-8")
    text = re.sub(r"\s", "", json.loads(documents.splitlines()[0])["text"])
    for entry in PACK.entries:
        for ours in (entry.policy.title, entry.note, *(c.note for c in entry.policy.conditions)):
            for piece in re.split(r"[，。；、（）]", re.sub(r"\s", "", ours)):
                assert len(piece) < 16 or piece not in text, piece


def test_nothing_is_paid_for_what_happens_after_the_last_day() -> None:
    """Needs no data: the first example of each rule holds on the last day, and not after."""
    for policy in PACK.policies:
        holds = policy.examples[0]
        for on, verdict in ((date(2026, 2, 8), 1), (date(2026, 2, 9), 4), (date(2023, 2, 7), 4)):
            found = of(policy, type(holds)(holds.facts, holds.verdict, on=on))
            assert found.verdict(0)[0] == verdict, policy.number


def test_trees_of_the_rules_are_known_to_the_comparison() -> None:
    """The comparison of thresholds reads every kind of condition that the pack uses."""
    kinds = {type(condition.tree) for p in PACK.policies for condition in p.conditions}
    assert kinds <= {s.Flag, s.Not, s.Member, s.Compare, s.Ratio, s.Every, s.Some, type(None)}
    nots = [c.tree for p in PACK.policies for c in p.conditions if isinstance(c.tree, s.Not)]
    assert all(isinstance(tree.item, s.Flag) for tree in nots)
