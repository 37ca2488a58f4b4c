"""Documents: strict YAML, the field dictionary, the policy; everything wrong is told at once."""

from __future__ import annotations

import time
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.fields import read_dictionary
from jiqun.engine.rules.document.policy import Policy, Rounding
from jiqun.engine.rules.program.compile import in_force, load_policy
from jiqun.errors import JiqunError, Problem
from tests.engine.rules_samples import POLICY, dictionary, document

FIELDS = dictionary()
MANY = [f"v{i}" for i in range(63)]


def load(text: str) -> Policy:
    return load_policy(text, FIELDS, file="x.yaml")


def problems(text: str) -> list[Problem]:
    with pytest.raises(JiqunError) as caught:
        load(text)
    return list(caught.value.fields)


# ---- strict YAML ----------------------------------------------------------------------------


def test_every_scalar_stays_text() -> None:
    root = strict.read("a: no\nb: 0777\nc: 12:30\nd: 2025-01-01\ne: ~\nf: 1_000\ng: =\n")
    assert isinstance(root, strict.Mapping)
    values = {key: node.value for key, node in root.items.items() if isinstance(node, strict.Text)}
    assert values == {
        "a": "no", "b": "0777", "c": "12:30", "d": "2025-01-01", "e": "~", "f": "1_000", "g": "=",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "where", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "E-RULE-YAML", "x:3:1", "重复（首次在第 1 行）"),
        ("a: &x 1\n", "E-RULE-YAML", "x:1:4", "锚点"),
        ("a: &x [1]\nb: *x\n", "E-RULE-YAML", "x:1:4", "锚点"),
        ("a: !!python/object/apply:os.system [ls]\n", "E-RULE-YAML", "x:1:4", "标签"),
        ("a: !int 5\n", "E-RULE-YAML", "x:1:4", "标签"),
        ("<<: {a: 1}\n", "E-RULE-YAML", "x:1:1", "合并键"),
        ("a: 1\n---\nb: 2\n", "E-RULE-YAML", "x:", "一份文档"),
        ("", "E-RULE-YAML", "x:1:1", "空"),
        ("a: [1, 2\n", "E-RULE-YAML", "x:2:1", "YAML"),
        ("a: {设备[上年度]: 1}\n", "E-RULE-YAML", "x:1:", "YAML"),
        ("\ta: 1\n", "E-RULE-YAML", "x:1:1", "YAML"),
        ("? [1]\n: 2\n", "E-RULE-YAML", "x:1:3", "文字"),
        ("a: " + "[" * 40 + "]" * 40, "E-RULE-LIMIT", "x:1:", "过深"),
        ("a: " + "x" * 2_100_000, "E-RULE-LIMIT", "x", "超过"),
        ("- a\n" * 210_000, "E-RULE-LIMIT", "x:", "过多"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_yaml_would_let_pass_is_refused(text: str, code: str, where: str, told: str) -> None:
    wrong = strict.read(text, file="x")
    assert isinstance(wrong, list)
    assert wrong[0].code == code
    assert wrong[0].message_zh.startswith(where)
    assert told in wrong[0].message_zh
    assert wrong[0].remedy_zh


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    strict.read(text)


# ---- dictionary -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("{名称: 甲, 类型: 金钱}", "“类型”不能是“金钱”"),
        ("{名称: 甲}", "缺少“类型”"),
        ("{名称: 甲, 类型: 数量}", "须写单位"),
        ("{名称: 甲, 类型: 数量, 单位: 斤}", "“单位”不能是“斤”"),
        ("{名称: 甲, 类型: 枚举}", "取值"),
        ("{名称: 甲, 类型: 金额, 取值: [乙]}", "取值"),
        ("{名称: 甲, 类型: 枚举, 取值: [乙, 乙]}", "重复"),
        ("{名称: 甲, 类型: 金额, 周期: 年}", "没有“周期”这一项"),
        ("{名称: 或者, 类型: 是否}", "不能作字段名"),
        ("{名称: 甲 乙, 类型: 是否}", "不能作字段名"),
        ("{名称: 2甲, 类型: 是否}", "不能作字段名"),
        ("{名称: 甲, 类型: 是否, 同义: [甲]}", "已被"),
        ("{名称: 甲, 类型: 是否, 权威: yes}", "“权威”不能是“yes”"),
        (f"{{名称: 甲, 类型: 枚举集, 取值: [{', '.join(MANY)}]}}", "62"),
        ("只有文字", "键: 值"),
    ],
)
def test_a_wrong_field_is_refused(field: str, told: str) -> None:
    with pytest.raises(JiqunError) as caught:
        read_dictionary(f"字段:\n  - {field}\n", file="f.yaml")
    assert any(told in problem.message_zh for problem in caught.value.fields)
    assert all(problem.message_zh.startswith("f.yaml:2:") for problem in caught.value.fields)


def test_a_field_is_found_by_its_synonym() -> None:
    field = FIELDS.find("设备投入")
    assert field is not None
    assert (field.name, field.kind, field.period, field.owner) == (
        "设备投资额",
        "money",
        "year",
        "工信局",
    )
    assert FIELDS.find("设备") is None


# ---- policy ---------------------------------------------------------------------------------


def test_every_key_of_the_document_is_read() -> None:
    policy = load(POLICY)
    assert policy.key == "KQ-2025-014@1"
    assert (policy.level, policy.stacking, policy.groups) == ("county", "highest", ("技改类",))
    assert policy.basis.sources == {"设备投资额": ("固定资产投资统计", date(2025, 3, 31))}
    assert [c.number for c in policy.conditions] == ["c1", "c2", "c3", "c4", "c5", "c6"]
    assert policy.conditions[5].manual == "项目已竣工验收"
    assert policy.conditions[4].mark == "✔"
    assert policy.amount is not None
    assert policy.amount.rate == Fraction(1, 10)
    assert policy.amount.tiers[0].rate == Fraction(12, 100)
    assert policy.amount.cap == 500_000_000
    assert policy.amount.rounding == Rounding(100, "down")
    assert policy.caps.subject == 1_000_000_000
    assert policy.budget is not None
    assert (policy.budget.fen, policy.budget.shortage) == (3_000_000_000, "prorate")
    assert policy.funding == {"省": Fraction(3, 10), "市": Fraction(1, 5), "县": Fraction(1, 2)}
    assert [one.share for one in policy.payment] == [Fraction(3, 5), Fraction(2, 5)]
    assert (policy.publicity_days, policy.automatic) == (5, False)
    assert policy.approval == ("工信局", "财政局")
    assert policy.clawback == ("三年内迁出的退回已拨资金",)
    assert policy.fairness is not None
    assert policy.fairness.conclusion == "通过"
    assert policy.examples[1].missing == ("研发费用[上年度]",)


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("层级: 县", "层级: 乡", "E-RULE-VALUE", "可写：国家、省、市、县"),
        ("层级: 县", "备注: 无", "E-RULE-KEY", "没有“备注”"),
        ("主管部门: 工信局", "主管部们: 工信局", "E-RULE-KEY", "主管部门"),
        ("免申即享: 否", "免申即享: no", "E-RULE-VALUE", "no"),
        ("施行日期: 2025-01-01", "施行日期: 2025-02-30", "E-RULE-VALUE", "2025-02-30"),
        ("失效日期: 2027-12-31", "失效日期: 2024-12-31", "E-RULE-VALUE", "早于"),
        ("名称: 技术改造设备投入补助", "名称: [甲]", "E-RULE-VALUE", "文字"),
        ("上限: 500万元", "上限: 500", "E-RULE-VALUE", "500"),
        ("上限: 500万元", "上限: 0.001元", "E-RULE-VALUE", "0.001元"),
        ("比例: 10%", "比例: 10元", "E-RULE-VALUE", "10元"),
        ("取整: 元以下舍去", "取整: 随意", "E-RULE-VALUE", "随意"),
        ("县: 50%", "县: 40%", "E-RULE-VALUE", "100%"),
        ("比例: 40%, 节点", "比例: 30%, 节点", "E-RULE-VALUE", "100%"),
        ("公示期: 5个工作日", "公示期: 五天", "E-RULE-VALUE", "五天"),
        ("编号: c2,", "编号: c1,", "E-RULE-VALUE", "重复"),
        ("人工核验: 项目已竣工验收", "备忘: 甲", "E-RULE-KEY", "备忘"),
        ("规上企业 或", "规上企業 或", "E-RULE-FIELD", "规上企业"),
        ("[上年度] >= 500万元", "[上季度] >= 500万元", "E-RULE-PERIOD", "期间"),
        ("[上年度] >= 500万元", " >= 500万元", "E-RULE-PERIOD", "须写期间"),
        ("[上年度] >= 500万元", "[上年度] >= 500人", "E-RULE-UNIT", "单位不同"),
        ("[上年度] >= 500万元", "[上年度] >= 500", "E-RULE-UNIT", "单位不同"),
        ("[上年度] >= 500万元", "[上年度] >= 0.005元", "E-RULE-CONSTANT", "最小单位"),
        ("增长 >= 5%", "增长 >= 5元", "E-RULE-UNIT", "百分数"),
        ("营业收入[前年度] 增长", "营业收入[上年度] 增长", "E-RULE-PERIOD", "相同"),
        ("/ 营业收入[上年度] >= 3%", "/ 季度产值[上季度] >= 3%", "E-RULE-PERIOD", "期间口径不同"),
        ("/ 营业收入[上年度] >= 3%", "/ 职工人数 >= 3%", "E-RULE-UNIT", "比值的单位"),
        ("非 失信企业 且", "@c5 且", "E-RULE-REFERENCE", "成环"),
        ("非 失信企业 且", "@c9 且", "E-RULE-REFERENCE", "不存在"),
        ("非 失信企业 且", "@c6 且", "E-RULE-REFERENCE", "人工核验"),
        ("非 失信企业 且", "失信企业 > 1 且", "E-RULE-UNIT", "不是数量"),
        ("非 失信企业 且", "职工人数 且", "E-RULE-UNIT", "是否"),
        ("非 失信企业 且", "行业门类 属于 {制造} 且", "E-RULE-FIELD", "制造业"),
        ("非 失信企业 且", "资质 属于 {绿色工厂} 且", "E-RULE-UNIT", "包含"),
        ("非 失信企业 且", "行业门类 > 制造业 且", "E-RULE-UNIT", "枚举"),
        ("非 失信企业 且", "成立日期 > 5天 且", "E-RULE-UNIT", "日期只能"),
        ("非 失信企业 且", "成立日期 / 竣工日期 > 1 且", "E-RULE-UNIT", "日期不能"),
        ("非 失信企业 且", "用地面积 = 10亩 且", "E-RULE-CONSTANT", "不可能相等"),
        ("非 失信企业 且", "职工人数 >= 职工人数 且", "E-RULE-CONSTANT", "抵消"),
        ("方式: 比例", "方式: 提成", "E-RULE-VALUE", "提成"),
        ("方式: 比例", "方式: 定额", "E-RULE-KEY", "缺少“金额”"),
        ("基数: 设备投资额[上年度]", "基数: 职工人数", "E-RULE-VALUE", "须为金额"),
        ("基数: 设备投资额[上年度]", "基数: 5万元", "E-RULE-UNIT", "没有字段"),
        ("比例: 12%}", "比例: 12%, 金额: 1元}", "E-RULE-VALUE", "只写其一"),
        ("{条件: 专精特新企业,", "{条件: '@c9',", "E-RULE-REFERENCE", "c9"),
        ("设备投资额: {来源", "设备投资: {来源", "E-RULE-FIELD", "设备投资额"),
        ("结论: 待核实", "结论: 大概", "E-RULE-VALUE", "大概"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_refused_with_its_place(
    old: str, new: str, code: str, told: str
) -> None:
    assert POLICY.count(old) >= 1
    text = POLICY.replace(old, new, 1)
    # Where the change stands, but for what is wrong with a whole mapping or list.
    line = POLICY[: POLICY.index(old)].count("\n") + 1
    wrong = problems(text)
    fitting = [one for one in wrong if one.code == code]
    assert fitting, [one.message_zh for one in wrong]
    shown = [f"{one.message_zh}|{one.remedy_zh}" for one in fitting]
    assert any(told in text for text in shown), shown
    places = [one.row or 0 for one in fitting]
    assert any(line - 2 <= row <= line for row in places), (line, places)


def test_everything_wrong_is_told_at_once() -> None:
    text = POLICY.replace("层级: 县", "层级: 乡").replace("比例: 10%", "比例: 很多")
    text = text.replace("非 失信企业", "非 失信").replace("免申即享: 否", "免审即享: 否")
    codes = sorted(one.code for one in problems(text))
    assert codes == ["E-RULE-FIELD", "E-RULE-KEY", "E-RULE-VALUE", "E-RULE-VALUE"]


def test_a_cycle_of_named_conditions_is_refused_and_a_chain_is_not() -> None:
    assert problems(document("@c2", "@c3", "@c1"))[0].code == "E-RULE-REFERENCE"
    chain = [f"@c{i + 2} 且 @c{i + 2}" for i in range(500)] + ["规上企业"]
    assert len(load(document(*chain)).conditions) == 501


def test_a_thousand_documents_load_in_reasonable_time() -> None:
    began = time.process_time()
    for _ in range(20):
        load(POLICY)
    assert time.process_time() - began < 5  # 0.1 s when nothing else runs


def test_two_thousand_conditions_load_and_more_are_refused() -> None:
    conditions = [f"设备投资额[上年度] >= {i}元" for i in range(2000)]
    assert len(load(document(*conditions)).conditions) == 2000
    assert problems(document(*conditions, "规上企业"))[0].code == "E-RULE-LIMIT"


# ---- versions -------------------------------------------------------------------------------


def test_the_version_of_the_event_s_day_governs() -> None:
    old = load(document("规上企业", more="失效日期: 2026-03-31"))
    new = load(document("规上企业", more="版本: 2").replace("2025-01-01", "2026-04-01"))
    assert in_force([old, new], date(2026, 3, 31)) is old
    assert in_force([old, new], date(2026, 4, 1)) is new
    assert in_force([old, new], date(2024, 12, 31)) is None
    both = load(document("规上企业", more="版本: 3").replace("2025-01-01", "2026-05-01"))
    assert in_force([both, new, old], date(2026, 5, 1)) is both
