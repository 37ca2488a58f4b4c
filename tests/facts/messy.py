"""Helpers for tests of loading: a store that only remembers, and a folder made in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from jiqun.facts.load.folder import LoadReport, TableReport, load_folder


@dataclass
class Kept:
    accepted: int
    duplicate: int
    repeated: bool


@dataclass
class MemoryStore:
    """Keeps batches in memory; checks the count that every batch must satisfy."""

    facts: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    held: list[pl.DataFrame] = field(default_factory=list)
    meta: list[Mapping[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)

    def append(
        self,
        contract_name: str,
        accepted: pl.DataFrame,
        *,
        batch: str,
        received: int,
        source: str,
        quarantined: pl.DataFrame | None = None,
        duplicate: int = 0,
        meta: Mapping[str, Any] | None = None,
    ) -> Kept:
        held = 0 if quarantined is None else quarantined.height
        assert received == accepted.height + held + duplicate
        assert source
        if any(row["batch"] == batch for row in self.ledger):
            return Kept(accepted.height, duplicate, repeated=True)
        self.facts.setdefault(contract_name, []).append(accepted)
        if quarantined is not None:
            self.held.append(quarantined)
        self.meta.append(meta or {})
        counts = {"received": received, "accepted": accepted.height, "quarantined": held}
        self.ledger.append({"batch": batch, "duplicate": duplicate, **counts})
        return Kept(accepted.height, duplicate, repeated=False)

    def batches(self) -> pl.DataFrame:
        return pl.DataFrame(self.ledger)

    def frame(self, contract: str) -> pl.DataFrame:
        return pl.concat(self.facts[contract])


HEAD = """
[county]
name = "合成测试县"
place = "990101"
synthetic = true

[[table]]
contract = "place"
source = "places"
rows = [
  { place = "990101", name_zh = "合成县", level = "county" },
  { place = "990101001", name_zh = "合成镇", level = "town", parent = "990101" },
]

[[table]]
contract = "industry"
source = "industries"
constants = { classification = "gbt4754-2017" }
rows = [
  { code = "17", name_zh = "纺织业", level = "2" },
  { code = "176", name_zh = "针织", parent = "17", level = "3" },
  { code = "1762", name_zh = "针织品染整", parent = "176", level = "4" },
  { code = "1763", name_zh = "针织品", parent = "176", level = "4" },
  { code = "0111", name_zh = "稻谷种植", level = "4" },
]
"""
CELL = """
[[table]]
file = "{file}"
contract = "industry_cell"
source = "test"
"""


def load(folder: Path, tables: str, files: Mapping[str, bytes]) -> tuple[LoadReport, MemoryStore]:
    """Write files and ``county.toml`` (the head above, then ``tables``) and load the folder."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "county.toml").write_text(HEAD + tables, encoding="utf-8")
    store = MemoryStore()
    return load_folder(folder, store), store


def load_one(
    folder: Path, options: str, file: str, content: bytes
) -> tuple[TableReport, MemoryStore]:
    """Load one table of industry cells."""
    report, store = load(folder, CELL.format(file=file) + options, {file: content})
    return report.tables[-1], store


def workbook(
    path: Path, rows: list[list[object]], merges: list[tuple[int, int, int, int]]
) -> bytes:
    """Write a sheet; ``merges`` are (first row, first column, last row, last column) from 0."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("表1")
    days = book.add_format({"num_format": 'yyyy"年"m"月"'})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell is None:
                continue
            if hasattr(cell, "isoformat"):
                sheet.write_datetime(r, c, cell, days)  # type: ignore[arg-type]
            else:
                sheet.write(r, c, cell)
    for top, left, low, right in merges:
        sheet.merge_range(top, left, low, right, rows[top][left])
    book.close()
    return path.read_bytes()
