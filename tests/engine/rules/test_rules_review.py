"""The linter blocks what may not be published; examples and boundary cases test themselves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.document.fields import read_dictionary
from jiqun.engine.rules.evaluation import planes
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.program.compile import load_policy
from jiqun.engine.rules.review.boundary import boundary_cases, run_boundary_cases
from jiqun.engine.rules.review.examples import run_examples
from jiqun.engine.rules.review.finding import ERROR, Finding
from jiqun.engine.rules.review.lint import blocks, lint, lint_set
from tests.engine.rules_runs import FIELDS, policy_of
from tests.engine.rules_samples import DICTIONARY, POLICY, document
from tests.engine.rules_strategies import conditions

MORE = "预算: {年度: 2025, 总额: 1000万元, 不足时: 先到先得}\n公平竞争审查: {结论: 通过, 文号: 甲1号, 日期: 2024-12-20}"


def found(text: str, on: date | None = None) -> list[Finding]:
    return lint(policy_of(text), FIELDS, on=on)


def codes(text: str, level: str = ERROR, on: date | None = None) -> list[str]:
    return [one.code for one in found(text, on) if one.level == level]


def test_a_sound_policy_may_be_published() -> None:
    findings = found(POLICY, on=date(2025, 2, 1))
    assert not blocks(findings), findings
    assert [one.code for one in findings] == ["no-move-out"]  # a warning: 迁出的退回


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("依据: 第十二条, ", "", "clause"),
        ("主管部门: 工信局\n", "", "department"),
        ("预算: {年度: 2025, 总额: 3000万元, 不足时: 按比例兑付}\n", "", "budget"),
        ("叠加规则: 就高不重复\n", "", "stacking"),
        ("  上限: 500万元\n", "", "no-cap"),
        ("公平竞争审查: {结论: 通过, 文号: 某竞审〔2025〕3号, 日期: 2024-12-20}\n", "", "review-missing"),
        (", 文号: 某竞审〔2025〕3号, 日期: 2024-12-20", "", "review-incomplete"),
        ("结论: 通过", "结论: 不通过", "review-refused"),
        ("结论: 通过", "结论: 适用例外规定", "review-ground"),
        ("免申即享: 否", "免申即享: 是", "automatic-manual"),
        ("免申即享: 否", "免申即享: 是", "automatic-source"),
        ("营业收入[上年度] 较 营业收入[前年度]", "营业收入[前年度] 较 营业收入[上年度]", "growth-reversed"),
        ("人工核验: 项目已竣工验收", "人工核验: 企业注册地在本县", "local-only"),
        ("人工核验: 项目已竣工验收", "人工核验: 设备从本地供应商采购", "local-only"),
        ("人工核验: 项目已竣工验收", "人工核验: 按一事一议确定", "named-firm"),
        ("人工核验: 项目已竣工验收", "人工核验: 属新引进企业", "newcomers-only"),
        ("人工核验: 项目已竣工验收", "人工核验: 年纳税100万元以上", "tax-linked"),
        ("名称: 技术改造设备投入补助", "名称: 总部迁入奖励", "relocation-cash"),
        ("申报窗口", "申报窗口", "window"),
    ],
)  # fmt: skip
def test_what_may_not_be_published_is_blocked(old: str, new: str, code: str) -> None:
    text = POLICY.replace(old, new, 1)
    if code == "window":
        text += "申报窗口: {起: 2025-03-01, 止: 2028-03-01}\n"
    assert code in codes(text)
    assert blocks(found(text))


def test_an_amount_tied_to_tax_is_found_through_the_field_and_its_note() -> None:
    fields = DICTIONARY + "  - {名称: 综合贡献, 类型: 金额, 期间: 年, 说明: 企业地方财政贡献额}\n"
    dictionary = read_dictionary(fields)
    text = document("综合贡献[上年度] >= 100万元", more=MORE)
    policy = load_policy(text, dictionary)
    assert "tax-linked" in [one.code for one in lint(policy, dictionary)]
    credit = document("规上企业", more=MORE).replace(
        "表达式: '规上企业'", "人工核验: 纳税信用等级为A级"
    )
    assert "tax-linked" not in codes(credit)


def test_a_lapsed_document_is_blocked_on_the_day() -> None:
    assert "expired" in codes(POLICY, on=date(2028, 1, 1))
    assert "expired" not in codes(POLICY, on=date(2027, 12, 31))


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["职工人数 >= 100人", "职工人数 < 100人"], "contradiction"),
        (["规上企业", "非 规上企业 且 高新技术企业"], "contradiction"),
        (["行业门类 属于 {制造业}", "行业门类 不属于 {制造业, 建筑业}"], "contradiction"),
        (["成立日期 > 2025-01-01", "成立日期 <= 2024-12-31"], "contradiction"),
        (["职工人数 >= 100人", "职工人数 < 50人 或 职工人数 < 60人"], "contradiction"),
    ],
)
def test_conditions_that_nobody_can_meet_are_found(texts: list[str], code: str) -> None:
    assert code in codes(document(*texts, more=MORE))


@pytest.mark.parametrize(
    "texts",
    [
        ["职工人数 >= 100人", "职工人数 <= 100人"],
        ["规上企业", "高新技术企业 或 非 规上企业"],
        ["研发费用[上年度] / 营业收入[上年度] >= 5%", "研发费用[上年度] / 营业收入[上年度] < 5%"],
        [
            "营业收入[上年度] - 营业收入[前年度] > 0",
            "营业收入[上年度] < 5元",
            "营业收入[前年度] >= 0元",
        ],
    ],
)
def test_what_can_be_met_is_not_called_a_contradiction(texts: list[str]) -> None:
    assert "contradiction" not in codes(document(*texts, more=MORE))


def test_a_dead_alternative_and_a_repetition_are_warned_of() -> None:
    text = document(
        "职工人数 >= 100人", "职工人数 < 50人 或 规上企业", "职工人数 100人以上", more=MORE
    )
    assert {"dead-alternative", "repeated"} <= set(codes(text, "warning"))


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        ("{起: 1元, 止: 5元, 金额: 1元}, {起: 4元, 金额: 2元}", "tiers-overlap"),
        ("{起: 1元, 金额: 1元}, {起: 4元, 金额: 2元}", "tiers-overlap"),
        ("{起: 1元, 止: 3元, 金额: 1元}, {起: 4元, 金额: 2元}", "tiers-gap"),
        ("{起: 4元, 金额: 2元}, {起: 1元, 止: 4元, 金额: 1元}", ""),
        ("{起: 4元, 比例: 2%}, {起: 1元, 止: 4元, 金额: 1元}", "no-cap"),
        ("{起: 4元, 比例: 2%, 上限: 9元}, {起: 1元, 止: 4元, 金额: 1元}", ""),
        ("{条件: 营业收入[上年度] >= 5元, 金额: 1元}, {条件: 营业收入[上年度] >= 9元, 金额: 2元}", "tier-unreachable"),
        ("{条件: 营业收入[上年度] >= 9元, 金额: 1元}, {条件: 营业收入[上年度] >= 5元, 金额: 2元}", ""),
        ("{条件: 规上企业, 金额: 1元}, {条件: 规上企业, 金额: 2元}", "tier-unreachable"),
    ],
)  # fmt: skip
def test_tiers(tiers: str, code: str) -> None:
    quoted = tiers.replace("营业收入[上年度] >= 5元", "'营业收入[上年度] >= 5元'")
    quoted = quoted.replace("营业收入[上年度] >= 9元", "'营业收入[上年度] >= 9元'")
    amount = f"{{方式: 分档, 基数: '营业收入[上年度]', 分档: [{quoted}]}}"
    text = document("职工人数 > 0", amount=amount, more=MORE)
    got = [one for one in codes(text) if one.startswith(("tier", "no-cap"))]
    assert got == ([code] if code else [])


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("{方式: 定额, 金额: 30万元, 上限: 20万元}", "cap-below-tier"),
        (
            "{方式: 比例, 基数: '营业收入[上年度]', 比例: 1%, 上限: 2元, 下限: 3元}",
            "floor-above-cap",
        ),
        ("{方式: 分档, 分档: [{条件: 规上企业, 金额: 9元}], 上限: 5元}", "cap-below-tier"),
        ("{方式: 每单位, 基数: 职工人数, 单价: 100元}", "no-cap"),
    ],
)
def test_caps(amount: str, code: str) -> None:
    assert code in codes(document("职工人数 > 0", amount=amount, more=MORE))


def test_what_only_a_set_shows() -> None:
    one = policy_of(POLICY)
    assert [f.code for f in lint_set([one])] == ["group-of-one"]
    other = policy_of(POLICY.replace("014", "015").replace("就高不重复", "可叠加"))
    assert [f.code for f in lint_set([one, other])] == ["group-rules"]


def test_findings_say_where() -> None:
    (finding,) = [f for f in found(POLICY.replace("依据: 第十二条, ", "")) if f.code == "clause"]
    assert finding.zh.startswith("x.yaml:19:")


# ---- examples -------------------------------------------------------------------------------


def test_the_officials_examples_hold() -> None:
    results = run_examples(policy_of(POLICY), FIELDS)
    assert [one.passed for one in results] == [True, True]
    assert [one.verdict for one in results] == [0, 2]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("499.99万元", "500万元", "结论应为“不符合”"),
        ("因: c2", "因: c3", "“c3”没有判为不满足"),
        ('缺: ["研发费用[上年度]"]', '缺: ["设备投资额[上年度]"]', "不在所缺数据之中"),
        ("结论: 待核实\n", "结论: 待核实(人工)\n", "得到“待核实(缺数据)”"),
        ("结论: 待核实\n", "结论: 待核实\n    金额: 5万元\n", "金额应为 5万元，得到 未知"),
        ("因: c2", "因: c2\n    日期: 2030-01-01", "不在有效期"),
    ],
)
def test_an_example_that_does_not_hold_says_why(old: str, new: str, told: str) -> None:
    results = run_examples(policy_of(POLICY.replace(old, new, 1)), FIELDS)
    assert any(told in zh for one in results for zh, _ in one.wrong)


# ---- boundary cases -------------------------------------------------------------------------


def test_every_threshold_has_cases_below_at_and_above() -> None:
    cases = boundary_cases(policy_of(POLICY), FIELDS)
    second = [case for case in cases if case.condition == "c2"]
    assert [(c.shown["设备投资额[上年度]"], c.state) for c in second] == [
        ("4999999.99元", 0),
        ("500万元", 1),
        ("5000000.01元", 1),
    ]
    third = [case for case in cases if case.condition == "c3"]
    assert [case.state for case in third] == [0, 1, 1]
    assert {case.condition for case in cases} == {"c2", "c3", "c4"}


def test_tiers_and_caps_have_cases() -> None:
    amount = ("{方式: 分档, 基数: '营业收入[上年度]', 分档: [{止: 5元, 金额: 1元}, {起: 5元, 比例: 50%}],"
              " 上限: 100万元}")  # fmt: skip
    cases = boundary_cases(policy_of(document("规上企业", amount=amount)), FIELDS)
    assert [(case.offset, case.fen) for case in cases] == [(-1, 100), (0, 250), (1, 250)]
    capped = "{方式: 比例, 基数: '营业收入[上年度]', 比例: 50%, 上限: 100元}"
    cases = boundary_cases(policy_of(document("规上企业", amount=capped)), FIELDS)
    assert [case.fen for case in cases] == [9999, 10000, 10000]


@given(st.lists(conditions, min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_boundary_cases_of_random_policies_hold(trees: list[s.Condition]) -> None:
    policy = policy_of(document(*(s.text(tree) for tree in trees)))
    assert run_boundary_cases(policy, FIELDS) == []


def test_a_wrong_comparison_is_caught_by_the_boundary_cases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_boundary_cases(policy_of(POLICY), FIELDS) == []
    monkeypatch.setattr(planes, "_at_least", lambda values, bound, rows: values[rows] > bound)
    wrong = run_boundary_cases(policy_of(POLICY), FIELDS)
    assert [(one.case.condition, one.case.offset, one.got) for one in wrong] == [("c2", 0, 0)]
