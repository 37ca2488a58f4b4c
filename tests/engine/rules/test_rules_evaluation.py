"""Verdicts, amounts and reasons against an exact reading of the same trees, and by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.evaluation.amounts import AMOUNT_STATES, NO_BASE, NO_TIER
from jiqun.engine.rules.evaluation.columns import (
    Column,
    column_key,
    columns_from_facts,
    pack,
    parse_value,
    show_value,
    unpack,
)
from jiqun.engine.rules.evaluation.evaluate import evaluate
from jiqun.engine.rules.evaluation.explain import UNKNOWN, explain, state_of, states
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.review import exact as oracle
from jiqun.errors import JiqunError
from tests.engine.rules_runs import DAY, FIELDS, Row, answered, columns_of, policy_of
from tests.engine.rules_samples import CONFIRMED, FIRM, POLICY, document
from tests.engine.rules_strategies import conditions, facts

# ---- against the oracle ---------------------------------------------------------------------


@given(st.lists(conditions, min_size=1, max_size=4), st.lists(facts, min_size=1, max_size=70))
@settings(max_examples=60, deadline=None)
def test_verdicts_and_states_are_those_of_an_exact_reading(
    trees: list[s.Condition], rows: list[Row]
) -> None:
    policy = policy_of(document(*(s.text(tree) for tree in trees)))
    program = compile_policies([policy], FIELDS)
    found = evaluate(program, columns_of(program, rows), event=DAY, n=len(rows))
    wanted = [oracle.verdict(policy, row, FIELDS) for row in rows]
    assert found.verdict(0).tolist() == wanted
    assert [found.verdict_of(0, i) for i in range(len(rows))] == wanted
    for i, row in enumerate(rows[:5]):
        for (number, state), tree in zip(states(found, 0, i), trees, strict=True):
            exact = oracle.holds(tree, row, FIELDS)
            assert state == (UNKNOWN if exact is None else int(exact)), number
        shown = explain(found, 0, i)
        assert (shown.verdict == 2) == (wanted[i] == 2)
        assert [reason.state for reason in shown.reasons] == [n for _, n in states(found, 0, i)]


AMOUNTS = [
    "{方式: 比例, 基数: '设备投资额[上年度]', 比例: 10%, 上限: 2元}",
    "{方式: 比例, 基数: '设备投资额[上年度] + 研发费用[上年度]', 比例: 7.5%, 取整: 四舍五入到角, 下限: 1元}",
    "{方式: 比例, 基数: '0.3 * 设备投资额[上年度]', 比例: 33%, 取整: 元以下进位}",
    "{方式: 比例, 基数: '营业收入[上年度] - 营业收入[前年度]', 比例: 2%}",
    (
        "{方式: 比例, 基数: '设备投资额[上年度]', 比例: 5%, 分档: [{条件: 专精特新企业, 比例: 12%},"
        " {条件: '研发费用[上年度] >= 5元', 金额: 3元}]}"
    ),
    (
        "{方式: 分档, 基数: '营业收入[上年度]', 分档: [{止: 5元, 金额: 1元}, {起: 5元, 止: 12元, 金额: 2元},"
        " {起: 12元, 比例: 20%}]}"
    ),
    "{方式: 分档, 分档: [{条件: '营业收入[上年度] >= 20元', 金额: 9元}, {条件: 规上企业, 金额: 4元}]}",
    "{方式: 累进, 基数: '营业收入[上年度]', 分档: [{起: 0元, 比例: 5%}, {起: 10元, 比例: 3.3%}], 上限: 1元}",
    "{方式: 每单位, 基数: '设备投资额[上年度]', 单价: 3角, 每: 7元}".replace("3角", "0.3元"),
    "{方式: 每单位, 基数: '设备投资额[上年度]', 单价: 0.31元, 每: 7元, 不足一个单位: 按比例}",
    "{方式: 上级配套, 基数: '研发费用[上年度]', 比例: 50%, 上限: 100万元}",
    "{方式: 定额, 金额: 30万元}",
]


@pytest.mark.parametrize("amount", AMOUNTS)
@given(rows=st.lists(facts, min_size=1, max_size=40))
@settings(max_examples=12, deadline=None)
def test_amounts_are_those_of_an_exact_reading(amount: str, rows: list[Row]) -> None:
    policy = policy_of(document("规上企业 或 非 规上企业", amount=amount))
    program = compile_policies([policy], FIELDS)
    rows = [{**row, "规上企业": bool(row["规上企业"])} for row in rows]
    found = evaluate(program, columns_of(program, rows), event=DAY, n=len(rows))
    fen, known = found.amounts(0)
    assert policy.amount is not None
    wanted = [oracle.fen(policy.amount, row, FIELDS) for row in rows]
    assert [int(v) if k else None for v, k in zip(fen, known, strict=True)] == wanted


@given(st.lists(conditions, min_size=2, max_size=6))
@settings(max_examples=20, deadline=None)
def test_equal_conditions_are_one_atom_and_one_gate(trees: list[s.Condition]) -> None:
    texts = [s.text(tree) for tree in trees]
    one = compile_policies([policy_of(document(*texts))], FIELDS)
    second = document(*texts).replace("T-1", "T-2")
    both = compile_policies([policy_of(document(*texts)), policy_of(second)], FIELDS)
    assert both.atoms == one.atoms
    assert both.gates == one.gates
    assert len(set(both.atoms)) == len(both.atoms)


def test_wordings_of_one_threshold_share_an_atom() -> None:
    texts = ["设备投资额[上年度] >= 500万元", "设备投资额[上年度] > 499.999999万元",
             "非 设备投资额[上年度] 不满 500万元", "500万元 <= 设备投入[去年]",
             "2 * 设备投资额[上年度] - 1000万元 >= 0"]  # fmt: skip
    program = compile_policies([policy_of(document(*texts))], FIELDS)
    assert len(program.atoms) == 1
    assert set(program.rules[0].conditions) == {0}


# ---- verdicts by hand -----------------------------------------------------------------------


def test_the_five_verdicts_and_their_order() -> None:
    confirmed = FIRM | {CONFIRMED: "是"}
    firms = [
        FIRM,  # what a person has to verify is open
        confirmed,
        FIRM | {"设备投资额[上年度]": "499.999999万元"},
        FIRM | {"研发费用[上年度]": "缺"},  # missing stands before manual
        FIRM | {"研发费用[上年度]": "缺", "失信企业": "是"},  # a definite no stands before both
        FIRM | {CONFIRMED: "否"},
        {},
        FIRM | {"营业收入[前年度]": "0元"},  # a denominator that is not above zero
    ]
    found = answered(POLICY, firms)
    assert found.verdict(0).tolist() == [3, 1, 0, 2, 0, 0, 2, 2]
    assert found.counts().tolist() == [[3, 1, 3, 1, 0]]
    assert answered(POLICY, firms, date(2028, 1, 1)).verdict(0).tolist() == [4] * 8
    assert answered(POLICY, firms, date(2027, 12, 31)).verdict(0).tolist()[1] == 1


def test_an_event_day_per_subject() -> None:
    program = compile_policies([policy_of()], FIELDS)
    columns = columns_from_facts(program, [FIRM | {CONFIRMED: "是"}] * 3)
    days = np.array([(d - date(1970, 1, 1)).days for d in
                     (date(2024, 12, 31), date(2025, 1, 1), date(2028, 1, 1))], np.int64)  # fmt: skip
    assert evaluate(program, columns, event=days).verdict(0).tolist() == [4, 1, 4]


def test_nobody_and_no_columns() -> None:
    program = compile_policies([policy_of()], FIELDS)
    assert evaluate(program, {}, event=DAY, n=0).verdicts().shape == (1, 0)
    found = evaluate(program, {}, event=DAY, n=130)
    assert found.verdict(0).tolist() == [2] * 130
    assert len(found.table.absent) == len(program.columns)


def test_a_policy_with_manual_conditions_only() -> None:
    text = POLICY[: POLICY.index("条件:")] + "条件:\n  - {编号: m, 人工核验: 材料齐全}\n"
    program = compile_policies([policy_of(text)], FIELDS)
    held = Column(np.array([True, False, True]), np.array([True, True, False]))
    found = evaluate(program, {"KQ-2025-014@1#m": held}, event=DAY)
    assert found.verdict(0).tolist() == [1, 0, 3]


@pytest.mark.parametrize(
    ("key", "column", "told"),
    [
        ("设备投资[上年度]", Column(np.zeros(2, np.int64)), "没有政策读取"),
        ("规上企业", Column(np.zeros(2, np.int64)), "bool"),
        ("设备投资额[上年度]", Column(np.zeros(2, np.bool_)), "int64"),
        ("设备投资额[上年度]", Column(np.zeros((2, 2), np.int64)), "一维"),
        ("设备投资额[上年度]", Column(np.zeros(2, np.int64), np.zeros(3, np.bool_)), "掩码"),
        ("行业门类", Column(np.array([0, 9])), "枚举之外"),
        ("资质", Column(np.array([0, 8])), "枚举之外"),
        ("职工人数", Column(np.zeros(3, np.int64)), "长度不一"),
    ],
)
def test_columns_that_do_not_fit_are_refused(key: str, column: Column, told: str) -> None:
    text = document("规上企业", "设备投资额[上年度] > 0", "行业门类 属于 {制造业}", "资质 包含 {绿色工厂}",
                    "职工人数 > 0")  # fmt: skip
    program = compile_policies([policy_of(text)], FIELDS)
    with pytest.raises(JiqunError) as caught:
        evaluate(program, {key: column}, event=DAY, n=2)
    assert caught.value.code == "E-RULE-COLUMN"
    assert told in caught.value.message_zh


def test_a_code_outside_the_enum_is_allowed_where_it_is_not_known() -> None:
    program = compile_policies([policy_of(document("行业门类 属于 {制造业, 批发业}"))], FIELDS)
    column = Column(np.array([-7, 99, 2, 1]), np.array([False, False, True, True]))
    assert evaluate(program, {"行业门类": column}, event=DAY).verdict(0).tolist() == [2, 2, 1, 0]


def test_facts_that_cannot_be_read_are_all_told() -> None:
    program = compile_policies([policy_of()], FIELDS)
    with pytest.raises(JiqunError) as caught:
        columns_from_facts(
            program, [{"设备投资额[上年度]": "很多", "规上": "是", "失信企业": "也许"}]
        )
    assert len(caught.value.fields) == 3


def test_a_basis_year_makes_periods_fixed() -> None:
    policy = policy_of(document("设备投入[去年] >= 1元", more="口径: {基准年度: 2025}"))
    program = compile_policies([policy], FIELDS)
    assert list(program.columns) == ["设备投资额[2024年度]"]
    columns = columns_from_facts(program, [{"设备投资额[上年度]": "1元"}], year=2025)
    assert evaluate(program, columns, event=DAY).verdict(0).tolist() == [1]


# ---- large numbers --------------------------------------------------------------------------


def test_products_beyond_int64_are_still_exact() -> None:
    text = document("研发费用[上年度] / 营业收入[上年度] >= 33.333333%",
                    amount="{方式: 比例, 基数: '营业收入[上年度]', 比例: 99.9999%}")  # fmt: skip
    program = compile_policies([policy_of(text)], FIELDS)
    top = 2**62
    revenue = np.array([top, top, 3 * 10**8], np.int64)
    least = [-(-value * 33333333 // 10**8) for value in revenue.tolist()]
    spent = np.array([least[0], least[1] - 1, least[2]], np.int64)
    columns = {"研发费用[上年度]": Column(spent), "营业收入[上年度]": Column(revenue)}
    found = evaluate(program, columns, event=DAY)
    assert found.verdict(0).tolist() == [1, 0, 1]
    subjects, fen, state = found.awards.of(0)
    assert subjects.tolist() == [0, 2]
    assert state.tolist() == [3, 0]  # too large to be meant, not a wrong figure
    assert fen.tolist() == [0, 3 * 10**8 * 999999 // 10**6]
    assert AMOUNT_STATES[3][0] == "数值超出可计算范围"


def test_a_bound_beyond_int64_is_decided() -> None:
    text = document("营业收入[上年度] >= 100000000000亿元", "营业收入[上年度] < 100000000000亿元")
    program = compile_policies([policy_of(text)], FIELDS)
    found = evaluate(program, {"营业收入[上年度]": Column(np.array([2**62]))}, event=DAY)
    assert states(found, 0, 0) == [("c1", 0), ("c2", 1)]


# ---- small parts ----------------------------------------------------------------------------


@given(st.lists(st.booleans(), max_size=300))
def test_packing_keeps_every_bit(truth: list[bool]) -> None:
    bits = pack(np.array(truth, np.bool_))
    assert unpack(bits, len(truth)).tolist() == truth
    assert int(np.bitwise_count(bits).sum()) == sum(truth)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("设备投资额", "500万元", 500_000_000),
        ("设备投资额", "-1.5亿元", -15_000_000_000),
        ("职工人数", "300人", 300),
        ("用地面积", "3亩", 2000),
        ("用地面积", "1亩", None),
        ("资产负债率", "62.5%", 625_000),
        ("专利数", "12", 12),
        ("专利数", "12人", None),
        ("设备投资额", "500", None),
        ("设备投资额", "0.001元", None),
        ("规上企业", "是", 1),
        ("规上企业", "yes", None),
        ("行业门类", "批发业", 2),
        ("行业门类", "农业", None),
        ("资质", "绿色工厂、单项冠军", 5),
        ("资质", "无", 0),
        ("资质", "绿色工厂、甲", None),
        ("成立日期", "1970年1月3日", 2),
        ("成立日期", "2025-13-01", None),
    ],
)
def test_values_as_people_write_them(name: str, text: str, value: int | None) -> None:
    field = FIELDS.by_word[name]
    assert parse_value(text, field) == value
    if value is not None:
        assert parse_value(show_value(value, field), field) == value


def test_the_key_of_a_column_is_canonical() -> None:
    assert column_key(FIELDS, "设备投入【去年】")[0] == "设备投资额[上年度]"
    assert column_key(FIELDS, "设备投入[去年]", year=2025)[0] == "设备投资额[2024年度]"
    assert column_key(FIELDS, "甲乙")[1] is None


def test_an_unknown_base_or_tier_is_no_amount() -> None:
    confirmed = FIRM | {CONFIRMED: "是"}
    found = answered(POLICY, [confirmed, confirmed | {"专精特新企业": "缺"}])
    assert found.awards.of(0)[1].tolist() == [60_000_000, 0]
    assert found.awards.of(0)[2].tolist() == [0, NO_TIER]
    text = document(
        "规上企业", amount="{方式: 比例, 基数: '研发费用[上年度]', 比例: 10%, 上限: 5元}"
    )
    lacking = answered(text, [{"规上企业": "是"}])
    assert lacking.awards.of(0)[2].tolist() == [NO_BASE]
    assert explain(lacking, 0, 0).fen is None
    assert explain(lacking, 0, 0).amount_state == AMOUNT_STATES[NO_BASE]


def test_the_state_of_an_opposite_is_the_opposite() -> None:
    found = answered(document("非 失信企业"), [{"失信企业": "否"}, {"失信企业": "是"}, {}])
    reference = found.program.rules[0].conditions[0]
    assert [state_of(found, reference, i) for i in range(3)] == [1, 0, 2]
    assert [state_of(found, reference ^ 1, i) for i in range(3)] == [0, 1, 2]
