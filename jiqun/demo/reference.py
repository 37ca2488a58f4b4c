"""The hand-written reference lists of the demo county: industries, sectors and their links.

Codes and names of GB/T 4754-2017 are facts of the national standard; everything else is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from jiqun import yamlfile

FOLDER = Path(__file__).parent / "data"
CLASSIFICATION = "gbt4754-2017"
LETTERS: Mapping[str, tuple[int, int]] = {
    "C": (13, 43), "D": (44, 46), "F": (51, 52), "G": (53, 60), "I": (63, 65), "L": (71, 72),
    "M": (73, 75),
}  # fmt: skip


@cache
def settings(name: str) -> Mapping[str, Any]:
    """Return the content of ``data/<name>.yaml``."""
    return cast(dict[str, Any], yamlfile.content(FOLDER / f"{name}.yaml"))


def _parent(code: str) -> str | None:
    if len(code) > 2:
        return code[:-1]
    for letter, (first, last) in LETTERS.items():
        if code.isdigit() and first <= int(code) <= last:
            return letter
    return None


@cache
def _raw_industries() -> pl.DataFrame:
    return pl.read_csv(FOLDER / "industry.csv", schema_overrides={"code": pl.String})


@cache
def industries() -> pl.DataFrame:
    """Return the classification: code, name_zh, name_en, parent, level (1 门类 … 4 小类)."""
    raw = _raw_industries()
    codes = raw["code"].to_list()
    levels = [1 if not code.isdigit() else len(code) for code in codes]
    return raw.select("code", "name_zh", "name_en").with_columns(
        pl.Series("parent", [_parent(code) for code in codes], dtype=pl.String),
        pl.Series("level", levels, dtype=pl.Int64),
    )


def groups() -> list[str]:
    """Return the three-digit codes (中类), the level of all industry cells, in order."""
    return industries().filter(pl.col("level") == 3)["code"].to_list()


@cache
def concordance() -> pl.DataFrame:
    """Return from_code (three digits), to_code (sector) and weight; the weights of a code sum to 1."""
    rows: list[tuple[str, str, float]] = []
    for code, text in _raw_industries().select("code", "sectors").iter_rows():
        for part in (text or "").split(";"):
            sector, _, weight = part.partition(":")
            if sector:
                rows.append((code, sector, float(weight or 1)))
    return pl.DataFrame(rows, schema=["from_code", "to_code", "weight"], orient="row")


@cache
def main_sector() -> Mapping[str, str]:
    """Return the sector with the largest weight of each three-digit code."""
    best = concordance().sort("from_code", "weight", descending=[False, True])
    return dict(best.unique("from_code", keep="first").select("from_code", "to_code").iter_rows())


def sector_trait(name: str) -> np.ndarray:
    """Return a trait of the sectors (va, staff, worker, energy) for every code of :func:`groups`."""
    traits = {sector["code"]: float(sector[name]) for sector in settings("sector")["sectors"]}
    return np.array([traits[main_sector()[code]] for code in groups()])
