"""Loading whole folders: every bad input ends in a clear message, and nothing is lost or doubled."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiqun.errors import JiqunError
from jiqun.facts.load.folder import load_folder
from jiqun.facts.store.store import Store
from tests.facts.messy import CELL, HEAD, MemoryStore, load, load_one

COUNTIES = Path(__file__).resolve().parents[2] / "examples" / "counties"
BASE = 'constants = { classification = "gbt4754-2017", measure = "output", place = "990101" }\n'
COLUMNS = 'columns = { industry = "行业代码", period = "期间", value = "产值" }\nunit = "万元"\n'
GOOD = "行业代码,期间,产值\n1762,2025,1\n1763,2025,2\n"
MATRIX = """
[[table]]
file = "io.csv"
contract = "input_output"
source = "io"
unit = "万元"
round = true
ignore = ["名称"]
[table.constants]
table = "t"
place = "990101"
period = "2018"
classification = "s"
matrix = "symmetric"
kind = "competitive"
origin = "total"
[table.matrix]
row = "Code"
row_kinds = { sector = '\\d{2}', value_added = 'VA\\d+', total = 'TI' }
column_kinds = { sector = '\\d{2}', final_use = 'FU', export = 'EX', import = 'IM', total = 'GO' }
[table.balance]
row_total = "TI"
column_total = "GO"
"""
# Rows: 10+20+30+5−5=60, 20+30+40+12−2=100. Columns: 10+20+30=60, 20+30+50=100.
BALANCED = """Code,名称,01,02,FU,EX,IM,GO
01,农,10,20,30,5,5,60
02,工,20,30,40,12,2,100
VA1,值,30,50,,,,
TI,计,60,100,,,,
"""
SECTORS = """
[[table]]
contract = "industry"
source = "s"
constants = { classification = "s", level = "1" }
rows = [{ code = "01" }, { code = "02" }]
"""


def _problem(folder: Path, options: str, content: bytes, name: str = "a.csv") -> dict[str, str]:
    """Load one bad table beside a good one: the good one loads, the bad one says why."""
    tables = CELL.format(file=name) + options + CELL.format(file="good.csv") + BASE + COLUMNS
    report, store = load(folder, tables, {name: content, "good.csv": GOOD.encode()})
    bad, good = report.tables[-2], report.tables[-1]
    assert (good.accepted, good.quarantined) == (2, 0)
    assert len(store.facts["industry_cell"]) == (1 if bad.failed else 2)
    assert bad.received == bad.accepted + bad.quarantined + bad.duplicate
    for found in bad.problems:
        assert found.file == name
        assert found.message_zh
        assert found.remedy_zh
        assert found.remedy_en
    return {found.code: found.message_en for found in bad.problems}


def test_unknown_column_offers_the_nearest_heading(tmp_path: Path) -> None:
    found = _problem(tmp_path, BASE + COLUMNS, "行业代码,期间,总产值\n1762,2025,1\n".encode())
    assert "总产值" in found["E-COLUMN-MISSING"]


def test_units_that_contradict(tmp_path: Path) -> None:
    found = _problem(tmp_path, BASE + COLUMNS, "行业代码,期间,产值（亿元）\n1762,2025,1\n".encode())
    assert {"亿元", "万元"} <= {
        word for word in ("亿元", "万元") if word in found["E-UNIT-CONFLICT"]
    }


def test_a_unit_line_of_the_sheet_that_contradicts(tmp_path: Path) -> None:
    content = "单位：亿元,,\n行业代码,期间,产值\n1762,2025,1\n".encode()
    assert "E-UNIT-CONFLICT" in _problem(tmp_path, BASE + COLUMNS, content)


def test_a_unit_line_speaks_only_of_its_own_kind(tmp_path: Path) -> None:
    content = "单位：万元,,\n行业代码,期间,产值\n1762,2025,7\n".encode()
    options = BASE.replace("output", "employment") + COLUMNS.replace("万元", "人")
    report, store = load_one(tmp_path, options, "a.csv", content)
    assert report.problems == ()
    assert store.frame("industry_cell").select("value", "unit").row(0) == (7, "person")


def test_an_unknown_unit_is_named(tmp_path: Path) -> None:
    content = "行业代码,期间,产值,单位\n1762,2025,1,斛\n".encode()
    found = _problem(tmp_path, BASE + COLUMNS, content)
    assert "“斛”" in found["E-UNIT"]


def test_wrong_unit_for_the_measure(tmp_path: Path) -> None:
    options = BASE.replace("output", "employment") + COLUMNS
    assert "E-UNIT-MEASURE" in _problem(tmp_path, options, GOOD.encode())


def test_empty_file(tmp_path: Path) -> None:
    assert list(_problem(tmp_path, BASE + COLUMNS, b"")) == ["E-FILE-EMPTY"]


def test_a_heading_without_rows_is_said(tmp_path: Path) -> None:
    heading = "行业代码,期间,产值（万元）".encode()
    assert list(_problem(tmp_path, BASE + COLUMNS, heading + b"\n")) == ["E-TABLE-EMPTY"]


def test_big5_file(tmp_path: Path) -> None:
    content = ("行業代碼,期間,產值\n" + "彰化縣社頭鄉襪類,2025,1\n" * 5).encode("big5")
    assert list(_problem(tmp_path, BASE + COLUMNS, content)) == ["E-ENCODING-BIG5"]


def test_file_that_is_no_table(tmp_path: Path) -> None:
    assert list(_problem(tmp_path, BASE + COLUMNS, b"\x00\x01\x02" * 50)) == ["E-ENCODING"]
    assert list(_problem(tmp_path, BASE + COLUMNS, b"PK\x03\x04" + b"0" * 99, "a.xlsx")) == [
        "E-FILE-UNREADABLE"
    ]


def test_missing_file(tmp_path: Path) -> None:
    tables = CELL.format(file="none.csv") + BASE + COLUMNS
    report, _ = load(tmp_path, tables, {})
    assert [problem.code for problem in report.tables[-1].problems] == ["E-FILE-MISSING"]


def test_headings_without_rows_give_no_facts(tmp_path: Path) -> None:
    report, _ = load_one(tmp_path, BASE + COLUMNS, "a.csv", "行业代码,期间,产值\n".encode())
    assert (report.received, report.accepted) == (0, 0)


def _matrix(folder: Path, content: str) -> tuple[list[str], pl.DataFrame | None, int]:
    report, store = load(folder, SECTORS + MATRIX, {"io.csv": content.encode()})
    table = report.tables[-1]
    stored = store.frame("input_output") if "input_output" in store.facts else None
    return [problem.code for problem in table.problems], stored, table.quarantined


def test_a_balanced_matrix_loads_cell_by_cell(tmp_path: Path) -> None:
    codes, stored, _ = _matrix(tmp_path, BALANCED)
    assert codes == []
    assert stored is not None
    assert stored.height == 2 * 6 + 2 * 2
    row = stored.filter((pl.col("row") == "01") & (pl.col("column") == "EX"))
    assert row.select("row_kind", "column_kind", "value", "unit").row(0) == (
        "sector", "export", 5_000_000, "CNY_fen",
    )  # fmt: skip


def test_an_unbalanced_matrix_is_refused_whole_and_names_the_sector(tmp_path: Path) -> None:
    codes, stored, quarantined = _matrix(tmp_path, BALANCED.replace("40,12", "49,12"))
    assert set(codes) == {"E-IO-UNBALANCED"}
    assert stored is None or stored.height == 0
    assert quarantined == 16
    text = BALANCED.replace("40,12", "49,12")
    (tmp_path / "io.csv").write_text(text, encoding="utf-8")
    report = load_folder(tmp_path, MemoryStore())
    assert "row 02" in report.tables[-1].problems[0].message_en


def test_a_row_of_no_kind_is_named(tmp_path: Path) -> None:
    codes, _, _ = _matrix(tmp_path, BALANCED + "XX,怪,1,1,,,,\n")
    assert "E-IO-KIND" in codes


def test_loading_again_changes_nothing(tmp_path: Path) -> None:
    tables = CELL.format(file="a.csv") + BASE + COLUMNS
    (tmp_path / "county.toml").write_text(HEAD + tables, encoding="utf-8")
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    store = Store(tmp_path / "store")
    first = load_folder(tmp_path, store)
    before = store.version("industry_cell")
    again = load_folder(tmp_path, store)
    assert [table.repeated for table in first.tables] == [False] * 3
    assert [table.repeated for table in again.tables] == [True] * 3
    assert store.version("industry_cell") == before
    assert store.polars("industry_cell").height == 2
    assert (again.total("received"), again.total("accepted")) == (
        first.total("received"), first.total("accepted"),
    )  # fmt: skip


def test_a_corrected_list_of_places_lets_refused_rows_in(tmp_path: Path) -> None:
    tables = CELL.format(file="a.csv") + BASE.replace("990101", "990102") + COLUMNS
    (tmp_path / "county.toml").write_text(HEAD + tables, encoding="utf-8")
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    store = Store(tmp_path / "store")
    assert load_folder(tmp_path, store).tables[-1].quarantined == 2
    fixed = HEAD.replace('place = "990101001"', 'place = "990102"') + tables
    (tmp_path / "county.toml").write_text(fixed, encoding="utf-8")
    assert load_folder(tmp_path, store).tables[-1].accepted == 2


def test_facts_carry_their_source_and_row(tmp_path: Path) -> None:
    options = (
        BASE + COLUMNS + 'owner = "统计局"\nas_of = 2025-09-10\nbasis = "统计法"\nabsent = "zero"\n'
    )
    _, store = load_one(tmp_path, options, "a.csv", ("标题,,\n" + GOOD).encode())
    facts = store.frame("industry_cell")
    assert facts["source_row"].to_list() == [3, 4]
    assert facts["source"].unique().to_list() == ["test"]
    assert str(facts["as_of"][0]) == "2025-09-10"
    assert store.meta[-1]["absent"] == "zero"
    assert store.meta[-1]["owner"] == "统计局"


def test_quarantine_keeps_the_whole_original_row(tmp_path: Path) -> None:
    content = "行业代码,期间,产值\n1762,2025年,约５\n".encode("gbk")
    _, store = load_one(tmp_path, BASE + COLUMNS, "a.csv", content)
    row = store.held[-1].row(0, named=True)
    assert json.loads(row["record"]) == {"行业代码": "1762", "期间": "2025年", "产值": "约５"}
    assert (row["row"], row["column"], row["value"], row["code"]) == (
        2,
        "产值",
        "约５",
        "E-QUANTITY",
    )


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    (tmp_path / "county.toml").write_text(HEAD, encoding="utf-8")
    load_folder(tmp_path, MemoryStore(), progress=lambda *step: seen.append(step))
    assert seen == [(0, 2, "places"), (1, 2, "industries"), (2, 2, "")]


CELLS = st.sampled_from(
    ["1762", "1763", "9999", "", "2025", "2025年8月", "8月", "12", "-3", "1.5", "…", "—", "*", "合计",
     "注：快报", "1,2", "约5", "1.2亿元",  "abc"]
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_whatever_comes_in_is_accounted_for(
    tmp_path: Path, rows: list[tuple[str, str, str]], encoding: str
) -> None:
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    content = "\n".join(["行业代码,期间,产值", *lines]).encode(encoding)
    report, store = load_one(tmp_path, BASE + COLUMNS, "a.csv", content)
    data = [row for row in rows if any(row)]
    notes = [row for row in data if [cell for cell in row if cell] == ["注：快报"]]
    assert report.received == len(data) - len(notes)
    assert report.received == report.accepted + report.quarantined + report.duplicate
    stored = store.facts.get("industry_cell", [])
    for facts in stored:
        assert facts.select("industry", "period").is_unique().all()
        assert facts["industry"].is_in(["1762", "1763"]).all()
        assert (facts.filter(pl.col("value").is_null())["status"] == "suppressed").all()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "received", "accepted", "quarantined", "duplicate"),
    [("china-io", 91_710, 91_709, 1, 0), ("factories", 84_608, 79_349, 1, 5_258)],
)
def test_real_folders(
    shared_data: Path, name: str, received: int, accepted: int, quarantined: int, duplicate: int
) -> None:
    store = MemoryStore()
    report = load_folder(COUNTIES / name, store)
    totals = [report.total(n) for n in ("received", "accepted", "quarantined", "duplicate")]
    assert totals == [received, accepted, quarantined, duplicate]
    assert not [table for table in report.tables if table.failed]


@pytest.mark.shared
def test_china_value_added_2018_is_published(shared_data: Path) -> None:
    # 92.21 trillion yuan, as the national accounts give for the table of 2018.
    store = MemoryStore()
    load_folder(COUNTIES / "china-io", store)
    cells = store.frame("input_output").filter(pl.col("table") == "cn-io-2018-153")
    added = cells.filter(
        (pl.col("row_kind") == "value_added") & (pl.col("column_kind") == "sector")
    )
    assert round(int(added["value"].sum()) / 100 / 1e12, 2) == 92.21


@pytest.mark.shared
@pytest.mark.slow
def test_us_cells_hide_what_2017_withheld(shared_data: Path) -> None:
    store = MemoryStore()
    report = load_folder(COUNTIES / "us", store)
    assert report.total("quarantined") == 0
    six = store.facts["industry_cell"][1]
    jobs = six.filter(pl.col("measure") == "employment")
    hidden = jobs.filter(pl.col("status") == "suppressed")
    # The number of six-digit cells of 2017 with establishments but no employment.
    assert (hidden.height, hidden["period"].unique().to_list()) == (45_439, ["2017"])
    assert hidden["value"].null_count() == hidden.height
    assert jobs.filter((pl.col("period") == "2020") & (pl.col("status") == "zero")).height == 280
    carpets = jobs.filter((pl.col("place") == "13313") & (pl.col("industry") == "314110"))
    assert carpets.height == 4
    assert not six.filter(
        (pl.col("place") == "13313")
        & (pl.col("industry") == "325220")
        & (pl.col("period") == "2020")
    ).height


def test_a_syntax_error_in_the_mapping_is_raised(tmp_path: Path) -> None:
    (tmp_path / "county.toml").write_text("[county", encoding="utf-8")
    with pytest.raises(JiqunError):
        load_folder(tmp_path, MemoryStore())
