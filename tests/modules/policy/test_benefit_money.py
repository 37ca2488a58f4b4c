"""Amounts and bank files: against the official rule for capitals, and arithmetic."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.modules.policy.benefits.money import capital, fen_of, plain, yuan
from jiqun.modules.policy.benefits.paying.bankfile import (
    Line,
    account_sum,
    bank_file,
    read_answers,
)
from jiqun.modules.policy.benefits.reads import masked


@given(st.integers(0, 10**15))
def test_an_amount_survives_being_written(fen: int) -> None:
    assert fen_of(yuan(fen)) == fen_of(plain(fen)) == fen


@pytest.mark.parametrize(
    "text", ["1,23", "1.234", "-1", "1e3", "NaN", "", "一百", "12 34.5.6", "0x10", "1,2345"]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert fen_of(text) is None


# Examples of the rule itself (支付结算办法, annex 1), and its cases of zeros.
@pytest.mark.parametrize(("fen", "words"), [
    (140_950, "壹仟肆佰零玖元伍角整"), (600_714, "陆仟零柒元壹角肆分"), (168_032, "壹仟陆佰捌拾元叁角贰分"),
    (10_700_053, "壹拾万零柒仟元伍角叁分"), (1_640_902, "壹万陆仟肆佰零玖元零贰分"), (32_504, "叁佰贰拾伍元零肆分"),
    (5, "伍分"), (50, "伍角整"), (0, "零元整"), (10**12, "壹佰亿元整"),
])  # fmt: skip
def test_capitals(fen: int, words: str) -> None:
    assert capital(fen) == words


LINES = [
    Line(
        "A-1-1", "合成示例织造有限公司", "6222020200112233445", "合成银行", 30_000_000, "奖励,2026"
    ),
    Line("A-2-1", "合成“引号”有限公司", "9999999999999999999", "合成银行", 5, '说"明'),
]


def test_a_file_states_its_totals_and_one_changed_digit_is_noticed() -> None:
    text = bank_file("BF-1", dt.date(2026, 11, 30), LINES)
    first = text.splitlines()[0].split(",")
    assert first == ["拨付文件", "BF-1", "2026-11-30", "2", "300000.05", account_sum(LINES)]
    changed = [LINES[0], Line(*("A-2-1", "合成", "9999999999999999998", "合成银行", 5, ""))]
    assert account_sum(changed) != account_sum(LINES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_answer_is_read_in_the_banks_encodings(encoding: str) -> None:
    content = '银行回单\n付款编号,金额（元）,结果,原因\nA-1-1,"300,000.00",成功,\n\nA-2-1,0.05,退票,户名不符\n'.encode(
        encoding
    )
    found = read_answers(content)
    assert found is not None
    assert [(one.row, one.key, one.amount_fen, one.result, one.reason) for one in found] == [
        (3, "A-1-1", 30_000_000, "paid", ""), (5, "A-2-1", 5, "returned", "户名不符")]  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"a,b,c\n1,2,3", "付款编号,金额\nA,1".encode(), b"\xff\xfe\x00"]
)
def test_what_is_no_answer_is_none(content: bytes) -> None:
    assert read_answers(content) is None


def test_accounts_are_masked() -> None:
    assert masked("6222020200112233445") == "****3445"
    assert masked("123") == "***"
