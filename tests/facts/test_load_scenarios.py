"""Golden folders: tests/scenarios/NAME/input loads to exactly tests/scenarios/NAME/expected."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from jiqun.facts.load.folder import load_folder
from tests.facts.messy import MemoryStore

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
NAMES = sorted(path.parent.parent.name for path in SCENARIOS.glob("*/input/county.toml"))
LEFT_OUT = ("as_of", "basis")


def made(name: str) -> dict[str, str]:
    """Facts per contract, the quarantine and the counts, as CSV text."""
    store = MemoryStore()
    report = load_folder(SCENARIOS / name / "input", store)
    pages: dict[str, str] = {}
    for contract, frames in store.facts.items():
        facts = pl.concat(frames)
        filled = [
            n for n in facts.columns if n not in LEFT_OUT and facts[n].null_count() < facts.height
        ]
        pages[f"{contract}.csv"] = facts.select(filled).write_csv()
    held = pl.concat(store.held).select(
        "file", "row", "column", "value", "code", "message_zh", "message_en"
    )
    pages["quarantine.csv"] = held.write_csv()
    counts = [
        (t.file, t.encoding, t.rows, t.received, t.accepted, t.quarantined, t.duplicate, t.blank)
        for t in report.tables
    ]
    names = [
        "file",
        "encoding",
        "rows",
        "received",
        "accepted",
        "quarantined",
        "duplicate",
        "blank",
    ]
    pages["counts.csv"] = pl.DataFrame(counts, schema=names, orient="row").write_csv()
    return pages


@pytest.mark.parametrize("name", NAMES)
def test_scenario(name: str) -> None:
    expected = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((SCENARIOS / name / "expected").glob("*.csv"))
    }
    assert made(name) == expected


def test_there_are_scenarios() -> None:
    assert "bureau-folder" in NAMES
