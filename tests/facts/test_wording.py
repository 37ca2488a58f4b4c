"""What a person is told: once, by name, and as it was written."""

from __future__ import annotations

from pathlib import Path

from tests.facts.messy import load_one

WIDE = """
constants = { place = "990101", classification = "gbt4754-2017", period = "2025" }
columns = { industry = "行业代码" }
measures = [
  { column = "产值", measure = "output", unit = "万元" },
  { column = "从业人员", measure = "employment", unit = "人" },
]
"""


def test_a_totals_row_is_listed_once_however_many_measures_it_has(tmp_path: Path) -> None:
    text = "行业代码,产值,从业人员\n1762,1,2\n合计,1,2\n9999,3,4\n"
    report, _ = load_one(tmp_path, WIDE, "t.csv", text.encode())
    listed = [(one.code, one.row) for one in report.problems]
    assert listed == [("I-TOTAL-ROW", 3), ("E-CODE-UNKNOWN", 4)]
    # Every record is still counted, and kept in the quarantine.
    assert report.codes == {"I-TOTAL-ROW": 2, "E-CODE-UNKNOWN": 2}
    assert report.quarantined == 4


def test_two_wrong_cells_of_a_row_are_both_listed(tmp_path: Path) -> None:
    report, _ = load_one(tmp_path, WIDE, "t.csv", "行业代码,产值,从业人员\n1762,约1,约2\n".encode())
    assert [one.column for one in report.problems] == ["产值", "从业人员"]


def test_every_missing_column_is_named(tmp_path: Path) -> None:
    options = (
        'constants = { classification = "c" }\ncolumns = { industry = "行业", period = "时期" }\n'
    )
    report, _ = load_one(tmp_path, options, "t.csv", "代码,年,值（万元）\n1762,2025,5\n".encode())
    named = {one.column: one.message_zh for one in report.problems}
    assert list(named) == ["行业", "时期", "place（地方）", "measure（指标）"]
    assert all(f"“{column}”" in message for column, message in named.items())
    assert all(column in one.where() for column, one in zip(named, report.problems, strict=True))


def test_a_unit_of_another_kind_is_quoted_as_it_was_written(tmp_path: Path) -> None:
    options = WIDE.replace('"人"', '"万吨"')
    report, _ = load_one(tmp_path, options, "t.csv", "行业代码,产值,从业人员\n1762,1,2\n".encode())
    (found,) = report.problems
    assert (found.code, found.value) == ("E-UNIT-MEASURE", "万吨")
    assert "kg" not in found.message_zh + found.message_en


def test_a_whole_column_without_a_unit_is_refused_row_by_row(tmp_path: Path) -> None:
    """Two rows and more: a problem of each, not an error of the program."""
    options = WIDE.replace(', unit = "万元"', "")
    text = "行业代码,产值,从业人员\n1762,1,2\n1763,3,4\n0111,,5\n"
    report, _ = load_one(tmp_path, options, "t.csv", text.encode())
    assert report.codes == {"E-UNIT-MISSING": 2}
    assert (report.accepted, report.blank) == (3, 1)
