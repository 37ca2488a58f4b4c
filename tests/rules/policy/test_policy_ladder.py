"""The ladder: which rules govern which day, what a firm is told, and where nothing is estimated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from jiqun.engine.rules.document.policy import Policy
from jiqun.rules.policies import governing, policy_pack, versions
from tests.rules.policy.cases import failing, missing, run

BEFORE, AFTER = date(2026, 3, 31), date(2026, 4, 1)
LADDER = policy_pack("ladder")


def _governing(number: str, on: date) -> Policy:
    found = governing(number, on)
    assert found is not None
    return found


def _facts(policy: Policy, changes: Mapping[str, str] = {}) -> dict[str, str]:
    """The facts of the document's first example, which holds, with some of them changed."""
    return dict(policy.examples[0].facts) | changes


def _told(policy: Policy, facts: Mapping[str, str], on: date) -> str:
    return LADDER.say(int(run(policy, [facts], on=on).verdict(0)[0])).zh


def test_a_firm_of_two_years_is_judged_by_the_rules_of_the_day() -> None:
    """Two years in the niche and 12 million yuan: enough until March 2026, not from April on."""
    old, new = _governing("TD-ZJTX", BEFORE), _governing("TD-ZJTX", AFTER)
    small = {"从事细分市场年限": "2年", "营业收入[上年度]": "1200万元", "主营业务收入[上年度]": "1000万元",
             "研发费用[前年度]": "100万元"}  # fmt: skip
    facts = {k: v for k, v in (_facts(new) | _facts(old) | small).items() if "#" not in k}
    told = {
        policy.version: _told(policy, facts, on) for policy, on in ((old, BEFORE), (new, AFTER))
    }
    assert told == {"2022": "较有希望", "2026": "暂不满足"}
    assert failing(run(new, [facts], on=AFTER)) == {"c2", "c3"}
    assert _told(old, facts, AFTER) == "不适用"
    assert _told(new, facts, BEFORE) == "不适用"


def test_a_missing_fact_is_no_failure_and_a_person_s_part_is_a_chance() -> None:
    new = _governing("TD-ZJTX", AFTER)
    unscored = _facts(new, {"平台评价得分[本年度]": "缺"})
    assert _told(new, unscored, AFTER) == "需补数据"
    assert missing(run(new, [unscored], on=AFTER)) == {"平台评价得分[本年度]"}
    unseen = _facts(new, {f"{new.key}#c9": "缺"})
    assert _told(new, unseen, AFTER) == "有机会"
    assert _told(new, _facts(new), AFTER) == "较有希望"


def test_the_platform_s_score_is_a_fact_and_never_reckoned() -> None:
    fields = {
        name
        for policy in LADDER.policies
        for condition in policy.conditions
        for name in ("平台评价得分", "创新型评分达标", "专精特新评分达标")
        if name in condition.text
        and (policy.version, name) in {("2026", "创新型评分达标"), ("2026", "专精特新评分达标"),
                                       ("2022", "平台评价得分")}
    }  # fmt: skip
    assert not fields
    for number in ("TD-ZJTX", "TD-XJR", "TD-XJRFH"):
        newest = versions(number)[-1]
        assert any("平台评价得分" in condition.text for condition in newest.conditions)


@pytest.mark.parametrize(
    ("last", "before", "verdict"),
    [("5512.5", "5000", 1), ("5512.499999", "5000", 0), ("6000", "0", 2), ("6000", "-1", 2)],
)
def test_two_years_of_five_per_cent_compound(last: str, before: str, verdict: int) -> None:
    """1.05 squared is 1.1025; from nothing or from a loss there is no growth to speak of."""
    new = _governing("TD-XJR", AFTER)
    facts = _facts(new, {
        "营业收入[上年度]": f"{last}万元", "营业收入[大前年度]": f"{before}万元",
        "主营业务收入[上年度]": "5500万元", "营业收入[前年度]": "5000万元",
    })  # fmt: skip
    assert run(new, [facts], on=AFTER).verdict(0)[0] == verdict


def test_the_review_does_not_look_at_growth_and_takes_the_better_of_two_scores() -> None:
    review = _governing("TD-XJRFH", date(2027, 6, 1))
    assert not any("增长" in condition.text for condition in review.conditions)
    facts = _facts(review, {"平台评价得分[上年度]": "60分", "平台评价得分[前年度]": "10分"})
    assert _told(review, facts, date(2027, 6, 1)) == "较有希望"


def test_a_waiver_decides_even_where_patents_are_unknown() -> None:
    new = _governing("TD-ZJTX", AFTER)
    waived = {"主导产品一类知识产权数": "缺", "近三年省部级以上科技奖前三": "是"}
    assert _told(new, _facts(new, waived), AFTER) == "较有希望"


def test_the_rate_of_research_falls_with_revenue() -> None:
    """High-tech enterprises: 5 % to 50 million yuan, 4 % to 200 million, 3 % above."""
    policy = versions("TD-GQ")[0]
    facts = dict(policy.examples[0].facts)
    for revenue, research, wanted in (
        ("5000", "250", 1), ("5000", "249", 0), ("20000", "800", 1), ("20000", "799", 0),
        ("20001", "601", 1), ("20001", "600", 0),
    ):  # fmt: skip
        years = ("上年度", "前年度", "大前年度")
        facts |= {f"营业收入[{year}]": f"{revenue}万元" for year in years}
        facts |= {f"研发费用[{year}]": f"{research}万元" for year in years}
        facts |= {f"境内研发费用[{year}]": f"{research}万元" for year in years}
        assert run(policy, [facts], on=AFTER).verdict(0)[0] == wanted, (revenue, research)
