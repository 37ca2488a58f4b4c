"""The twenty-eight model items against the table of methods 5.7, written down here once more."""

from __future__ import annotations

from datetime import date

import pytest

from jiqun.rules.policies import policy_pack
from tests.rules.policy.cases import run

PACK = policy_pack("items28")
YUAN = 100
WAN = 10_000 * YUAN
# number: (largest award of the item in 万元 or None, mode, mark, stacking)
TABLE: dict[int, tuple[int | None, str, str, str]] = {
    1: (30, "免申", "✔", "once"), 2: (300, "即申", "✔", "stack"), 3: (50, "免申", "✔", ""),
    4: (2000, "即申", "✔", "exclusive"), 5: (2000, "承诺", "✔", "exclusive"),
    6: (1500, "竞争性", "◐", ""), 7: (200, "即申", "◐", "exclusive"),
    8: (200, "即申", "◐", "exclusive"), 9: (40, "即申", "◐", "exclusive"),
    10: (50, "免申", "✔", "topup"), 11: (50, "免申", "✔", "highest"), 12: (8, "免申", "✔", ""),
    13: (50, "免申", "✔", "topup"), 14: (30, "免申", "✔", ""), 15: (20, "免申", "✔", ""),
    16: (100, "免申", "✔", "topup"), 17: (50, "免申", "✔", ""), 18: (100, "免申", "✔", "match"),
    19: (100, "免申", "✔", "topup"), 20: (1000, "即申", "✔", ""), 21: (50, "免申", "✔", "highest"),
    22: (100, "即申", "✔", ""), 23: (10, "免申", "✔", "once"), 24: (None, "免申", "✔", ""),
    25: (50, "免申", "✔", ""), 26: (20, "免申", "✔", ""), 27: (None, "免申", "✎", ""),
    28: (50, "即申", "✎", ""),
}  # fmt: skip


def test_numbers_modes_marks_stacking_and_the_largest_award() -> None:
    found: dict[int, tuple[int | None, str, str, str]] = {}
    for entry in PACK.entries:
        policy = entry.policy
        assert policy.amount is not None
        tiers = [t.cap or t.fen for t in policy.amount.tiers if t.cap or t.fen]
        top = policy.amount.cap or policy.amount.fen or max(tiers, default=0) or None
        number = int(policy.number.removeprefix("MB-"))
        found[number] = (top and top // WAN, entry.mode, entry.mark, policy.stacking)
    assert found == TABLE


@pytest.mark.parametrize(
    ("number", "facts", "yuan"),
    [
        # methods 5.3: interest of 800,000 at 30 %; half of an upper award; per full 10 million.
        ("MB-07", {"固贷已付利息[上年度]": "80万元"}, 240_000),
        ("MB-18", {"首台套上级奖励到账额[本年度]": "60万元"}, 300_000),
        ("MB-02", {"工业总产值[上年度]": "8999万元"}, 60_000),
        ("MB-04", {"新购设备投资额": "1200万元"}, 1_800_000),
        ("MB-27", {"企业规模": "微型", "失业保险费[上年度]": "33333.33元"}, 19_999.99),
        ("MB-27", {"企业规模": "大型", "失业保险费[上年度]": "33333.33元"}, 9_999.99),
    ],
)
def test_amounts_to_the_fen(number: str, facts: dict[str, str], yuan: float) -> None:
    policy = next(policy for policy in PACK.policies if policy.number == number)
    holds = dict(policy.examples[0].facts) | facts
    amounts, known = run(policy, [holds], on=date(2026, 1, 31)).amounts(0)
    assert known[0]
    assert int(amounts[0]) == round(yuan * YUAN)


def test_what_has_expired_is_expired_and_the_rest_waits_for_a_county() -> None:
    ended = {entry.policy.number: entry.policy.end for entry in PACK.entries if entry.policy.end}
    assert ended == {"MB-25": date(2022, 6, 30)}
    for entry in PACK.entries:
        assert entry.policy.budget is None
        assert not entry.policy.department
        assert {"主管部门", "预算", "公平竞争审查"} <= set(entry.open)


def test_items_that_share_invoices_or_financing_exclude_each_other() -> None:
    groups: dict[str, list[str]] = {}
    for policy in PACK.policies:
        for group in policy.groups:
            groups.setdefault(group, []).append(policy.number)
    assert groups["设备发票"] == ["MB-04", "MB-05"]
    assert groups["融资成本补贴"] == ["MB-07", "MB-08", "MB-09"]
