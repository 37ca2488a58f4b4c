"""No comparator is ever read with its side inverted, wherever its word stands."""

from __future__ import annotations

import pytest
from drafting_lexicon import read
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.drafting import words

# Written by hand from the words' plain sense, not taken from the table under test.
UPPER_SIGNS = (
    "≤", "≦", "<", "小于", "低于", "少于", "不足", "不满", "未满", "未达", "不到", "达不到", "没有达到",
)  # fmt: skip
LOWER_NEGATED = (
    "不低", "不少", "不小", "不得低", "不得少", "不得小", "不应低", "应不低", "须不低", "原则上不低", "至少",
)  # fmt: skip
UPPER_NEGATED = ("超过", "超", "高于", "大于", "多于")
CAP_WORDS = ("最高", "最多", "至多", "最大", "上限", "封顶", "限")


def upper(word: str) -> bool:
    """Tell an upper bound by its letters: a negated 超过, a cap, or a word for less."""
    bare = word.replace("(含)", "")
    if bare.startswith(LOWER_NEGATED):
        return False
    negated = any(
        f"{no}{more}" in bare
        for no in ("不", "不得", "不能", "不应", "不可", "未")
        for more in UPPER_NEGATED
    )
    return negated or bare.startswith((*CAP_WORDS, *UPPER_SIGNS, "总额", "累计不"))


@pytest.mark.parametrize("word", [word for word in words.BEFORE if words.BEFORE[word] != "="])
@pytest.mark.parametrize(
    "frame",
    [
        "营业收入{}1000万元",
        "营业收入{}人民币1000万元",
        "企业上年度营业收入{}1000万元的，给予10万元奖励",
        "对设备投资额{}1000万元的项目，按设备投资额的5%给予补助",
        "按设备投资额的5%给予{}1000万元补助",
        "按设备投资额的5%给予补助，单个企业{}1000万元。",
    ],
)
def test_a_word_before_a_number_keeps_its_side_in_every_position(word: str, frame: str) -> None:
    expected = "<" if upper(word) else ">"
    draft = read(frame.format(word))
    figures = [one for one in draft.figures if one.kind == "money" and one.value == 10**9]
    assert figures
    assert {one.comparator[0] for one in figures} <= {expected, "="}
    if draft.status == "complete":
        assert figures[0].comparator[0] == expected


@pytest.mark.parametrize(
    ("word", "comparator"),
    [
        ("以上", ">="), ("及以上", ">="), ("以下", "<="), ("及以下", "<="), ("以内", "<="), ("以外", ">"),
        ("以上(含)", ">="), ("以上（不含）", ">"), ("（含）以上", ">="), ("（不含）以下", "<"),
        ("以上（含1000万元）", ">="),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "frame", ["营业收入1000万元{}", "对营业收入1000万元{}的企业，给予10万元奖励"]
)
def test_a_word_behind_a_number(word: str, comparator: str, frame: str) -> None:
    """Civil Code, art. 1259: 以上, 以下 and 以内 include the number, 以外 excludes it."""
    draft = read(frame.format(word))
    (figure,) = [one for one in draft.figures if one.value == 10**9]
    assert figure.comparator == comparator


@pytest.mark.parametrize(
    ("text", "comparator"),
    [
        ("营业收入不超过1000万元", "<="), ("营业收入超过1000万元", ">"), ("营业收入不低于1000万元", ">="),
        ("营业收入低于1000万元", "<"), ("营业收入不满1000万元", "<"), ("营业收入达到1000万元", ">="),
        ("营业收入未达到1000万元", "<"), ("营业收入不得超过1000万元", "<="), ("营业收入未超过1000万元", "<="),
    ],
)  # fmt: skip
def test_the_pairs_that_other_readers_invert(text: str, comparator: str) -> None:
    (condition,) = read(text).conditions
    assert condition.op == comparator
    assert condition.certain


@pytest.mark.parametrize(
    "text",
    [
        "单个企业奖励金额最高将达到500万元",
        "给予一次性奖励可达500万元",
        "最高配套奖励达500万元",
        "单个企业年度最高补助金额可达1000万元",
    ],
)
def test_what_an_award_may_reach_is_a_bound_from_above(text: str) -> None:
    (figure,) = read(text).figures
    assert figure.comparator == "<="


@pytest.mark.parametrize(
    "text", ["营业收入超过1000万元以下", "营业收入不超过1000万元以上", "营业收入超过1000万元以上"]
)
def test_words_that_contradict_each_other_are_not_certain(text: str) -> None:
    draft = read(text)
    assert draft.status != "complete"
    assert not draft.figures[0].certain


@given(
    st.sampled_from(["不", "未", "没", "非", "无"]),
    st.sampled_from(["超过", "高于", "大于", "低于", "少于", "达到", "不足"]),
    st.integers(1, 9999),
)
def test_a_negated_comparator_is_read_as_negated_or_not_at_all(
    no: str, word: str, number: int
) -> None:
    """不超过 must never come out as certainly more."""
    positive = ">" if word in {"超过", "高于", "大于", "达到"} else "<"
    draft = read(f"企业营业收入{no}{word}{number}万元")
    for figure in draft.figures:
        assert not (figure.comparator[0] == positive and figure.certain)
    wrong = [one for one in draft.conditions if one.op.startswith(positive) and one.certain]
    assert not wrong


def test_a_range_that_goes_down_is_turned_though_a_word_stands_before_it() -> None:
    draft = read("观众人数达3万人至2万人（含）补贴100万元。")
    assert [(one.value, one.comparator) for one in draft.figures[:2]] == [
        (30_000, "<="), (20_000, ">="),
    ]  # fmt: skip
    assert draft.status == "partial"


@pytest.mark.parametrize("text", ["奖励一二三名", "三五家企业"])
def test_a_list_of_ranks_is_no_number(text: str) -> None:
    assert not read(text).figures


def test_breakthrough_and_about_leave_the_reading_to_a_person() -> None:
    """首次突破 may or may not include the number; 左右 bounds nothing."""
    assert read("对营业收入首次突破1亿元的企业，给予10万元奖励").status == "partial"
    assert read("研发费用1000万元左右").figures[0].comparator == "~"
