"""The condition language: one meaning per text, one text per meaning, and places in messages."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.parser import parse_condition, parse_sum
from jiqun.engine.rules.language.units import Quantity, decimal, in_people_s_units, written
from jiqun.engine.rules.language.words import period, with_basis
from jiqun.engine.rules.problems import Place
from jiqun.errors import Problem
from tests.engine.rules_samples import dictionary
from tests.engine.rules_strategies import conditions

NAMES = dictionary().words


def canonical(text: str) -> str:
    read = parse_condition(text, names=NAMES)
    assert not isinstance(read, Problem), read.message_zh
    return s.text(read)


@given(conditions)
@settings(max_examples=120, deadline=None)
def test_reading_the_canonical_text_gives_the_same_tree(tree: s.Condition) -> None:
    text = s.text(tree)
    assert parse_condition(text) == tree
    assert parse_condition(text, names=NAMES) == tree


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("设备投资额【去年】不低于５００万元", "设备投资额[上年度] >= 500万元"),
        ("设备投资额[上年] ５００万元以上", "设备投资额[上年度] >= 500万元"),
        ("设备投资额[上年度] 达到 0.05亿元", "设备投资额[上年度] >= 500万元"),
        ("设备投资额[上年度] 500万元以上(不含)", "设备投资额[上年度] > 500万元"),
        ("设备投资额[上年度] 500万元（不含）以上", "设备投资额[上年度] > 500万元"),
        ("设备投资额[上年度] 超过 500万元", "设备投资额[上年度] > 500万元"),
        ("设备投资额[上年度] 不超过 500万元", "设备投资额[上年度] <= 500万元"),
        ("设备投资额[上年度] 500万元以下", "设备投资额[上年度] <= 500万元"),
        ("设备投资额[上年度] 不满 500万元", "设备投资额[上年度] < 500万元"),
        ("设备投资额[上年度] ≥ 12345.67元", "设备投资额[上年度] >= 12345.67元"),
        ("非失信企业且非环保处罚", "非 失信企业 且 非 环保处罚"),
        ("(规上企业 and not 失信企业) or 高新技术企业", "规上企业 且 非 失信企业 或 高新技术企业"),
        ("规上企业 且 (高新技术企业 或 专精特新企业)", "规上企业 且 (高新技术企业 或 专精特新企业)"),
        ("非 (规上企业 或 失信企业)", "非 (规上企业 或 失信企业)"),
        ("失信企业 = 否", "非 失信企业"),
        ("规上企业 != no", "规上企业"),
        ("3% <= 研发费用[上年度] / 营业收入[上年度]", "研发费用[上年度] / 营业收入[上年度] >= 3%"),
        ("营业收入[上年度] vs 营业收入[前年度] growth >= 5％",
         "营业收入[上年度] 较 营业收入[前年度] 增长 >= 5%"),
        ("营业收入[上年度] 较 营业收入[前年度] 同比增长 10%以上",
         "营业收入[上年度] 较 营业收入[前年度] 增长 >= 10%"),
        ("营业收入[上年度]比营业收入[前年度]下降不超过5%",
         "营业收入[上年度] 较 营业收入[前年度] 下降 <= 5%"),
        ("营业收入[上年度] / 用地面积 不低于 20万元/亩", "营业收入[上年度] / 用地面积 >= 20万元/亩"),
        ("(营业收入[上年度]+营业收入[前年度])/职工人数>=5万元/人",
         "(营业收入[上年度] + 营业收入[前年度]) / 职工人数 >= 5万元/人"),
        ("行业门类 属于 ｛制造业、建筑业，“C 34”｝", '行业门类 属于 {制造业, 建筑业, "C 34"}'),
        ("用电量[上年度] ≥ 10万千瓦时 且 用电量[上年度]<500千瓦时",
         "用电量[上年度] >= 10万千瓦时 且 用电量[上年度] < 500千瓦时"),
        ("营业收入[上年度] / 用电量[上年度] > 3元/万千瓦时",
         "营业收入[上年度] / 用电量[上年度] > 0.0003元/千瓦时"),
        ("行业门类 notin {制造业}", "行业门类 不属于 {制造业}"),
        ("成立日期 早于 2020年1月2日", "成立日期 < 2020-01-02"),
        ("2 × 设备投资额[上年度] − 5万元 > 0", "2 * 设备投资额[上年度] - 5万元 > 0"),
        ("-营业收入[上年度] > -1元", "-营业收入[上年度] > -1元"),
        ("@c1 或 @c2", "@c1 或 @c2"),
    ],
)  # fmt: skip
def test_many_ways_of_writing_have_one_canonical_text(text: str, wanted: str) -> None:
    assert canonical(text) == wanted
    assert canonical(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "at", "told"),
    [
        ("", 1, "空"),
        ("   ", 1, "空"),
        ("设备投资额[上年度] >=", 14, "不完整"),
        ("设备投资额[某年] > 1元", 6, "不是期间"),
        ("设备投资额[上年度 > 1元", 6, "不是期间"),
        ("规上企业 且 且 失信企业", 8, "且"),
        ("规上企业 失信企业", 6, "失信企业"),
        ("(规上企业", 6, "不完整"),
        ("规上企业)", 5, ")"),
        ("A / B", 3, "条件"),
        ("A / B / C >= 3", 7, "只能除一次"),
        ("A * B > 3", 1, "常数"),
        ("A / B >= C", 10, "常数"),
        ("A / B >= C / D", 12, "常数"),
        ("A >= 5元 以下", 9, "相反"),
        ("A >= 2024-02-30", 6, "没有"),
        ("A; B", 2, "符号"),
        ("A >= 3 %%", 9, "%"),
        ("A 属于 {x, x}", 1, "重复"),
        ("A 属于 {}", 7, "}"),
        ("A + B 属于 {x}", 1, "一个字段"),
        ('A 属于 {"x}', 7, "引号"),
        ("5元 且 A", 1, "条件"),
        ("A + (B 且 C) > 0", 5, "数值"),
        ("import os", 8, "os"),
        ("__import__('os')", 1, ""),
        ("1e5 > A", 2, "e5"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, at: int, told: str) -> None:
    read = parse_condition(text, place=Place("x.yaml", 7, 20))
    assert isinstance(read, Problem)
    assert read.code == "E-RULE-SYNTAX"
    assert f"第 {at} 个字符" in read.message_zh or not told
    assert told in read.message_zh
    assert read.message_zh.startswith(f"x.yaml:7:{19 + at}：") or not told
    assert read.remedy_zh


def test_two_ways_to_cut_a_word_are_refused() -> None:
    read = parse_condition("甲乙丙", names={"甲乙", "丙", "甲", "乙丙", "且"})
    assert isinstance(read, Problem)
    assert read.code == "E-RULE-SYNTAX"
    wanted = parse_condition("设备投资额不低于5元", names={"设备投资额"})
    assert wanted == parse_condition("设备投资额 >= 5元")


@pytest.mark.parametrize("text", ["(" * 50 + "A" + ")" * 50, "非 " * 50 + "A", "-" * 60 + "A > 1"])
def test_nesting_has_a_limit(text: str) -> None:
    read = parse_condition(text)
    assert isinstance(read, Problem)
    assert "过深" in read.message_zh


def test_two_thousand_alternatives_are_read() -> None:
    text = " 或 ".join(f"A >= {i}元" for i in range(2000))
    read = parse_condition(text)
    assert isinstance(read, s.Some)
    assert len(read.items) == 2000


def test_a_very_long_text_is_refused() -> None:
    read = parse_condition("A 或 " * 100_000 + "A")
    assert isinstance(read, Problem)
    assert "过长" in read.message_zh


@given(st.text(max_size=40))
@settings(max_examples=120, deadline=None)
def test_no_text_breaks_the_parser(text: str) -> None:
    read = parse_condition(text, names=NAMES)
    if not isinstance(read, Problem):
        assert parse_condition(s.text(read)) == read


@given(
    st.text(
        alphabet="且或非()（）[]上年度>=≥<不低于超过500万元%／/较增长属于{}设备投资额@-+*， ",
        max_size=30,
    )
)
@settings(max_examples=150, deadline=None)
def test_no_text_of_its_own_words_breaks_the_parser(text: str) -> None:
    for read in (parse_condition(text, names=NAMES), parse_condition(text)):
        if not isinstance(read, Problem):
            assert parse_condition(s.text(read)) == read


def test_a_sum_is_no_condition_and_a_condition_no_sum() -> None:
    assert isinstance(parse_sum("规上企业 且 失信企业"), Problem)
    assert isinstance(parse_condition("A + B"), Problem)
    assert isinstance(parse_sum("营业收入[上年度] - 营业收入[前年度]"), s.Sum)


@given(st.integers(0, 10**13))
@settings(max_examples=100, deadline=None)
def test_money_is_written_and_read_to_the_fen(fen: int) -> None:
    amount = Quantity(Fraction(fen, 100), "元")
    read = parse_sum(written(amount))
    assert isinstance(read, s.Sum)
    item = read.terms[0].item
    assert isinstance(item, s.Constant)
    assert isinstance(item.value, Quantity)
    assert item.value.in_base == fen
    shown = parse_sum(in_people_s_units(fen, "CNY_fen"))
    assert isinstance(shown, s.Sum)


def test_numbers_are_written_exactly() -> None:
    assert decimal(Fraction(-7, 200)) == "-0.035"
    assert decimal(Fraction(1, 3)) == "1/3"
    assert in_people_s_units(49_999_000, "CNY_fen") == "49.999万元"
    assert in_people_s_units(25_000, "ppm") == "2.5%"
    assert written(Quantity(Fraction(12345), "元", "亩")) == "1.2345万元/亩"
    assert written(Quantity(Fraction(200_000), "元", "亩")) == "20万元/亩"


def test_periods() -> None:
    assert period("2024年一季度") == "2024年第1季度"
    assert period("2024-03") == "2024年3月"
    assert period("2024-13") is None
    assert period("2024年上半年") == "2024年上半年"
    assert with_basis("上年度", 2025) == "2024年度"
    assert with_basis("前年末", 2025) == "2023年末"
    assert with_basis("上季度", 2025) == "上季度"
