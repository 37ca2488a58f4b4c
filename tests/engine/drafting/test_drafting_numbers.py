"""Numbers: any way of writing a sum reads to the same fen; what is no sum is not read."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.drafting.numbers import plain, quantities, read_numeral

DIGITS = "零一二三四五六七八九"


@pytest.mark.parametrize(
    "written",
    [
        "2000万元", "二千万元", "2,000万", "0.2亿元", "２０００万元", "两千万", "2千万元", "2000 万元",
        "20000000元",
    ],
)  # fmt: skip
def test_twenty_million_yuan_however_written(written: str) -> None:
    (one,) = quantities(plain(written))
    assert (one.kind, one.value) == ("money", 2_000_000_000)


def chinese(number: int) -> str:
    """Write a whole number below 10^8 in Chinese, by the rule of GB/T 15835: one zero per gap."""
    if number >= 10**4:
        head, tail = divmod(number, 10**4)
        gap = "零" if 0 < tail < 1000 else ""
        return chinese(head) + "万" + (gap + chinese(tail) if tail else "")
    written, pending = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, place)
        if digit:
            written += ("零" if pending and written else "") + DIGITS[digit] + name
            pending = False
        else:
            pending = True
    return written


@given(st.integers(1, 10**8 - 1))
def test_chinese_numerals_read_back(number: int) -> None:
    assert read_numeral(chinese(number)) == number


@given(st.integers(1, 9999), st.sampled_from(["万元", " 万元", "万元人民币"]))
def test_every_way_of_writing_a_sum_gives_the_same_fen(tens: int, unit: str) -> None:
    """The sum is given in 10,000 yuan."""
    arabic = str(tens)
    ways = [
        arabic + unit,
        f"{tens:,}{unit}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in arabic) + unit,
        chinese(tens) + "万元",
        f"{tens * 10_000}元",
    ]
    if tens % 100 == 0:
        ways.append(f"{tens // 100 / 100:g}亿元")
    for way in ways:
        (one,) = quantities(plain(way))
        assert (one.kind, one.value) == ("money", tens * 10**6), way


@given(st.decimals(min_value="0.01", max_value="9999.99", places=2))
def test_decimals_of_ten_thousand_are_exact(amount: object) -> None:
    (one,) = quantities(f"{amount}万元")
    assert one.value == Fraction(str(amount)) * 10**6


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("分别给予50、20、10万元", [50, 20, 10]),
        ("奖励20—50万元", [20, 50]),
        ("投资3000-10000万元", [3000, 10_000]),
        ("分别给予2000、1000万元", [2000, 1000]),
        ("奖励5000元至1万元", [Fraction(1, 2), 1]),
        ("奖励5000至1万元", [Fraction(1, 2), 1]),
        ("5000万-2亿元", [5000, 20_000]),
        ("10亿—50亿元", [100_000, 500_000]),
        ("50(含)万元", [50]),
        ("两万五千元", [Fraction(5, 2)]),
        ("三点五亿元", [35_000]),
        ("1亿2千万元", [12_000]),
        ("新获认定的最高50万一次性奖励", [50]),
        ("分别给予200万元、500万3档奖励", [200]),
        ("一亿零五百万元", [10_500]),
    ],
)
def test_lists_and_ranges_share_their_unit(text: str, values: list[int]) -> None:
    found = quantities(plain(text))
    assert [Fraction(one.value) / 10**6 for one in found] == values


@pytest.mark.parametrize(
    ("text", "kind", "value", "unit"),
    [
        ("百分之三", "ratio", Fraction(3, 100), ""),
        ("5‰", "ratio", Fraction(1, 200), ""),
        ("三分之一", "ratio", Fraction(1, 3), ""),
        ("2个百分点", "points", Fraction(1, 50), ""),
        ("连续三年", "time", 36, "月"),
        ("30日内", "time", 30, "日"),
        ("100美元", "foreign", 100, "美元"),
        ("1万平方米", "count", 10_000, "平方米"),
        ("7000至1万平方米", "count", 7000, "平方米"),
        ("每引进一家企业", "count", 1, "家"),
        ("5个完整纳税年度", "time", 60, "月"),
        ("年产量150斤", "count", 150, "斤"),
        ("500万（或进口1500万）美元", "foreign", 5_000_000, "美元"),
        ("进口1500万）美元", "foreign", 15_000_000, "美元"),
        ("每亿元", "money", 10**10, "分"),
        ("连片面积达千亩", "count", 1000, "亩"),
        ("每万袋补助500元", "count", 10_000, "袋"),
        ("一个财务年度", "time", 12, "月"),
        ("住宿2000间夜", "count", 2000, "间夜"),
        ("每年完成5000架次", "count", 5000, "架次"),
        ("10万平方以下", "count", 100_000, "平方"),
    ],
)
def test_other_quantities(text: str, kind: str, value: object, unit: str) -> None:
    one = quantities(plain(text))[0]
    assert (one.kind, one.value, one.unit) == (kind, value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "2023年", "3月31日", "第三年", "一次性", "一家企业", "上一年度", "世界500强", "国发〔2022〕12号",
        "上半年", "半年度", "第4-6年", "40周岁", "同一单位", "二元杂交母猪",
        "每住一晚", "《若干措施十条》", "每千瓦时", "一年期贷款", "30分钟", "前一年",
        "0.333元", "10 0亿元", "1万5元", "一万万零一元", "①②", "12:30",
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_not_read(text: str) -> None:
    assert quantities(plain(text)) == ()


def test_spans_are_positions_in_the_text() -> None:
    text = "给予２０万元奖励"
    (one,) = quantities(plain(text))
    assert text[one.start : one.end] == "２０万元"


def test_half_width_keeps_the_length_of_every_text() -> None:
    text = "（含）％①㎡…½Ⅲ，；：～"
    assert len(plain(text)) == len(text)
    assert plain("①") == "①"


@pytest.mark.parametrize("run", ["1" * 400, "一" * 400, "一百" * 200, "1,234" * 80])
def test_a_long_run_of_digits_is_given_up_in_no_time(run: str) -> None:
    begun = time.monotonic()
    quantities(run)
    assert time.monotonic() - begun < 5, "it used to double with every digit"


def test_a_hundred_before_a_kilowatt_is_no_thousand() -> None:
    (found,) = quantities("两百千瓦")
    assert found.value == 200


@pytest.mark.parametrize("text", ["十万" * 1000, "亿" * 5000, "9" * 5000])
def test_what_no_document_writes_is_no_number(text: str) -> None:
    assert read_numeral(text) is None
    assert not quantities(text + "元")
