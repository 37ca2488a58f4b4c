"""Parcel codes, bounds and trading records as people write them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.land.bounds import Bound, read_bound
from jiqun.engine.land.control import Overall, assess
from jiqun.engine.land.identifiers import read_code
from jiqun.engine.land.records import match_headings, plain_heading, read_records, standards_of
from jiqun.rules.land.read import record_columns, standards
from jiqun.rules.loader import pack

F = Fraction
WAN = 1_000_000
COLUMNS = record_columns(pack("land/records", "jiqun-2026.1"))
USUAL = standards(pack("land/control", "jiqun-2026.1"))

# An invented county code of Zhejiang's range; no real parcel is meant.
PARCEL = "330999001002GB00003"
UNIT = PARCEL + "F00010001"


# ---- codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        UNIT,
        UNIT.lower(),
        "330999 001002 GB00003 F00010001",
        "３３０９９９００１００２ＧＢ００００３Ｆ０００１０００１",
    ],
)
def test_a_unit_code_in_any_habit(text: str) -> None:
    code, problems = read_code(text, county="330999")
    assert problems == ()
    assert code is not None
    assert (code.parcel, code.unit, code.county) == (PARCEL, "F00010001", "330999")
    assert (code.owner, code.right, code.standing) == ("G", "B", "F")


def test_a_parcel_code_alone() -> None:
    code, _ = read_code(PARCEL)
    assert code is not None
    assert (code.unit, code.standing) == ("", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (UNIT[:-1], "得到 27 位"),
        ("", "得到 0 位"),
        (PARCEL[:12] + "G800003", "字母与数字的位置不对"),
        (PARCEL + "F0001000A", "字母与数字的位置不对"),
        ("99" + PARCEL[2:], "没有代码为 99 的省份"),
        (PARCEL.replace("GB", "QB"), "没有土地所有权类型 Q"),
        (PARCEL.replace("GB", "GK"), "没有宗地特征码 K"),
        (PARCEL.replace("GB", "GC"), "C 类宗地不能是国有土地"),
        (PARCEL[:14] + "00000", "宗地顺序号为 00000"),
        (PARCEL + "K00010001", "没有定着物特征码 K"),
        (PARCEL + "W00000001", "无定着物时单元编号应为 00000000"),
    ],
)
def test_codes_that_cannot_be(text: str, says: str) -> None:
    code, problems = read_code(text)
    assert code is None
    assert [one.code for one in problems] == ["E-LAND-PARCEL-CODE"]
    assert says in problems[0].message_zh


def test_everything_wrong_with_a_code_is_named() -> None:
    _, problems = read_code("990999001002QK00000", county="330999")
    assert len(problems) == 5


# ---- bounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "unit", "low", "high"),
    [
        ("≥300万元/亩", "fen/mu", "万元/亩", 300 * WAN, None),
        ("不低于 300 万元／亩", "fen/mu", "万元/亩", 300 * WAN, None),
        ("300万元/亩以上", "fen/mu", "万元/亩", 300 * WAN, None),
        ("＞=300", "fen/mu", "万元/亩", 300 * WAN, None),
        ("4500万元/公顷", "fen/mu", "万元/亩", 300 * WAN, 300 * WAN),
        ("300", "fen/mu", "万元/亩", 300 * WAN, 300 * WAN),
        ("1.0-2.5", "ratio", "", 1, F(5, 2)),
        ("1.0～2.5", "ratio", "", 1, F(5, 2)),
        ("1.0至2.5", "ratio", "", 1, F(5, 2)),
        ("1.0≤容积率≤2.5", "ratio", "", 1, F(5, 2)),
        ("大于等于1.0且小于等于2.5", "ratio", "", 1, F(5, 2)),
        ("不小于1.0，不大于2.5", "ratio", "", 1, F(5, 2)),
        ("≤20%", "ratio", "%", None, F(1, 5)),
        ("20%以内", "ratio", "%", None, F(1, 5)),
        ("30-60%", "ratio", "", F(3, 10), F(3, 5)),
        ("20", "ratio", "%", F(1, 5), F(1, 5)),
        ("1,200万元", "fen", "万元", 1200 * WAN, 1200 * WAN),
        ("30亩", "m2", "平方米", 20_000, 20_000),
        ("不限", "ratio", "", None, None),
    ],
)
def test_bounds(text: str, kind: str, unit: str, low: F | None, high: F | None) -> None:
    read = read_bound(text, kind=kind, unit=unit)
    assert read.bound == Bound(None if low is None else F(low), None if high is None else F(high))


def test_open_ends_stay_open() -> None:
    assert read_bound("1.0<容积率≤2.0", kind="ratio", unit="").bound == Bound(
        F(1), F(2), low_open=True
    )
    assert read_bound("大于1.0", kind="ratio", unit="").bound == Bound(F(1), None, low_open=True)
    assert read_bound("≥1.0且<2.0", kind="ratio", unit="").bound == Bound(
        F(1), F(2), high_open=True
    )


def test_a_bare_number_means_what_its_column_means() -> None:
    assert read_bound("300", kind="ratio", unit="", sense="at_least").bound == Bound(F(300), None)
    assert read_bound("300", kind="ratio", unit="", sense="at_most").bound == Bound(None, F(300))


@pytest.mark.parametrize(
    "text", ["约300", "300左右", "三百", "-300", "300以上或面议", "1.0-2.5-3.0", "≥", "300元/人"]
)
def test_what_has_two_meanings_is_not_guessed(text: str) -> None:
    read = read_bound(text, kind="fen/mu", unit="万元/亩")
    assert read.bound is None
    assert not read.missing
    assert text in read.zh
    assert text in read.en


@pytest.mark.parametrize(
    ("text", "says"), [("30亩", "不是本列的单位"), ("2.5-1.0", "下限大于上限")]
)
def test_wrong_units_and_crossed_ends(text: str, says: str) -> None:
    assert says in read_bound(text, kind="fen/mu", unit="万元/亩").zh


@pytest.mark.parametrize("text", ["", "—", "－", "无", "详见公告"])
def test_nothing_is_missing_and_not_zero(text: str) -> None:
    read = read_bound(text, kind="ratio", unit="")
    assert read.missing
    assert read.bound is None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 3))
def test_digits_are_exact(first: int, second: int, places: int) -> None:
    low, high = sorted((F(first, 10**places), F(second, 10**places)))
    written = [f"{float(one):.{places}f}" for one in (low, high)]
    assert read_bound("-".join(written), kind="ratio", unit="").bound == Bound(low, high)


# ---- records --------------------------------------------------------------------------------

HEADINGS = [
    "地块编号",
    "出让面积（亩）",
    "投资强度(万元/亩)",
    "容积率",
    "绿地率",
    "成交日期",
    "备注",
    "起始价",
]


def test_a_record() -> None:
    found = read_records(
        HEADINGS,
        [["A1", "30", "≥300", "1.0-2.5", "≤20%", "2026年1月10日", "x", "900"]],
        columns=COLUMNS,
    )
    (row,) = found.rows
    assert row["area"] == 20_000
    assert row["investment"] == Bound(F(300 * WAN), None)
    assert row["start_price"] == 900 * WAN
    assert row["deal_day"] == date(2026, 1, 10)
    assert row["tax"] is None
    assert [one.code for one in found.problems] == ["I-LAND-HEADING"]


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        (0, "", "不能为空"),
        (1, "20000", "不在合理范围内"),  # square metres in a column of 亩
        (1, "≥30", "应为一个数"),
        (2, "约300", "看不懂"),
        (4, "0.2", "不在合理范围内"),  # a share in a column of per cent
        (5, "2026年2月30日", "不是日期"),
        (5, "年底", "不是日期"),
    ],
)
def test_cells_that_cannot_be_read_are_named(column: int, text: str, says: str) -> None:
    cells = ["A1", "30", "≥300", "1.0-2.5", "≤20%", "2026-01-10", "", "900"]
    cells[column] = text
    found = read_records(HEADINGS, [cells], columns=COLUMNS)
    (problem,) = [one for one in found.problems if one.code == "E-LAND-RECORD"]
    assert says in problem.message_zh
    assert (problem.row, problem.column) == (1, HEADINGS[column])
    assert found.rows[0]["start_price"] == 900 * WAN


def test_a_code_in_a_record_is_checked() -> None:
    found = read_records(
        ["地块编号", "出让面积", "宗地代码"],
        [["A1", "20000", UNIT], ["A2", "20000", UNIT[:-1]]],
        columns=COLUMNS,
    )
    assert [row["code"] for row in found.rows] == [UNIT, None]
    assert "27 位" in found.problems[0].message_zh


def test_short_rows_leave_the_rest_unknown() -> None:
    found = read_records(HEADINGS, [["A1", "30"]], columns=COLUMNS)
    assert found.rows[0]["start_price"] is None


def test_headings_twice_and_missing() -> None:
    _, problems = match_headings(["投资强度", "固定资产投资强度（万元/亩）"], COLUMNS)
    assert [(one.code, one.column) for one in problems] == [
        ("E-LAND-HEADING", "固定资产投资强度（万元/亩）"),
        ("E-LAND-HEADING", "地块编号"),
        ("E-LAND-HEADING", "出让面积"),
    ]
    assert plain_heading(" 亩均税收 （万元／亩）：") == "亩均税收"


def test_a_record_fixes_the_standards_it_names_and_no_others() -> None:
    found = read_records(
        HEADINGS, [["A1", "30", "≥300", "1.0<容积率≤2.5", "不限", "", "", ""]], columns=COLUMNS
    )
    fixed = standards_of(found.rows[0], columns=COLUMNS, usual=USUAL)
    assert [(one.code, one.low, one.high) for one in fixed] == [
        ("investment", F(300 * WAN), None), ("plot_ratio", F(1), F(5, 2)),
    ]  # fmt: skip
    at_the_edge = {"investment": 300 * WAN, "plot_ratio": F(1)}
    verdict = assess(fixed, at_the_edge, tolerance=F(9, 10))
    assert [item.met for item in verdict.items] == [True, False]  # 1.0 itself is excluded
    assert verdict.overall is Overall.PARTIAL
