"""The demo folder through the loader: every row accounted for, exactly the planted ones refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from jiqun.demo import flaws
from jiqun.facts.contract import contracts
from jiqun.facts.load.folder import LoadReport, load_folder
from jiqun.facts.store.store import Store


@pytest.fixture(scope="module")
def loaded(full: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, LoadReport]:
    store = Store(tmp_path_factory.mktemp("store"))
    return store, load_folder(full, store)


def test_every_row_is_accounted_for(loaded: tuple[Store, LoadReport]) -> None:
    _, report = loaded
    assert not [table.file for table in report.tables if table.failed]
    for table in report.tables:
        assert table.received == table.accepted + table.quarantined + table.duplicate, table.file
        assert table.duplicate == flaws.DUPLICATES.get(table.file, 0), table.file


def test_exactly_the_planted_rows_are_refused(loaded: tuple[Store, LoadReport]) -> None:
    _, report = loaded
    found = {
        table.file: {code: n for code, n in (table.codes or {}).items() if code.startswith("E-")}
        for table in report.tables
    }
    assert {file: codes for file, codes in found.items() if codes} == flaws.PLANTED
    assert sum(n for codes in found.values() for n in codes.values()) == 15


def test_totals_and_missing_cells_are_told_apart(loaded: tuple[Store, LoadReport]) -> None:
    _, report = loaded
    info = [
        {code: n for code, n in (table.codes or {}).items() if code.startswith("I-")}
        for table in report.tables
    ]
    assert {code: sum(part.get(code, 0) for part in info) for part in info for code in part} == {
        "I-TOTAL-ROW": 12,  # two sheets of six measures
        "I-NOT-AVAILABLE": flaws.ELLIPSES,
        "I-NOT-APPLICABLE": flaws.DASHES,
    }


def test_no_heading_is_left_unexplained(loaded: tuple[Store, LoadReport]) -> None:
    _, report = loaded
    assert {p.code for p in report.problems if p.code.startswith("W-")} == {"W-PERIOD-MIXED"}


def test_every_contract_has_facts(loaded: tuple[Store, LoadReport]) -> None:
    store, _ = loaded
    filled = {name for name in store.names() if name in contracts() and store.polars(name).height}
    assert filled == {*contracts()}


def test_hidden_is_stored_as_suppressed_and_zero_as_zero(loaded: tuple[Store, LoadReport]) -> None:
    store, _ = loaded
    cells = store.polars("industry_cell").filter(pl.col("period") == "2025")
    mine = cells.filter(pl.col("place") == "990101")
    hidden = mine.filter((pl.col("industry") == "264") & (pl.col("measure") == "output"))
    assert hidden.select("status", "value").rows() == [("suppressed", None)]
    gone = mine.filter((pl.col("industry") == "282") & (pl.col("measure") == "output"))
    assert gone.select("status", "value").rows() == [("zero", 0)]
    others = cells.filter((pl.col("status") == "suppressed") & (pl.col("place") != "990101"))
    assert others["place"].n_unique() == 6
    assert {*others["measure"]} == {"establishments", "employment", "output", "value_added", "tax"}
