"""Read the public county x industry panel into arrays for the entry model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from jiqun.engine.regional.entry.features import BaseYear
from jiqun.engine.regional.entry.history import Period

YEARS = (2017, 2018, 2019, 2020)
THRESHOLD = 3
"""Smallest published count since 2018; applied to every year so that 2017 is comparable."""


def load_panel(data: Path, digits: int) -> list[Period]:
    """Return the four years of one classification level with parents, places and remainders.

    Args:
        data: the folder that holds ``us/``.
        digits: 4 or 6.
    """
    table = _read(data, digits)
    counties = sorted(table["county_fips"].unique())
    industries = sorted(table["naics"].unique())
    levels = [d for d in (4, 3, 2) if d < digits]
    groups = [np.unique([code[:d] for code in industries], return_inverse=True) for d in levels]
    parents = [index for _, index in groups]
    published = (
        _matrices(_read(data, levels[0]), counties, groups[0][0].tolist()) if digits == 6 else {}
    )
    places = _coordinates(data, counties)
    return [
        Period(
            year, BaseYear(sizes, parents, places, published.get(year), threshold=float(THRESHOLD))
        )
        for year, sizes in _matrices(table, counties, industries).items()
    ]


def _read(data: Path, digits: int) -> pl.DataFrame:
    path = data / "us" / f"us_county_naics{digits}_2017_2020.parquet"
    return pl.read_parquet(path).filter(pl.col("establishments") >= THRESHOLD)


def _matrices(
    table: pl.DataFrame, counties: list[str], industries: list[str]
) -> dict[int, np.ndarray]:
    rows = pl.DataFrame({"county_fips": counties}).with_row_index("row")
    columns = pl.DataFrame({"naics": industries}).with_row_index("column")
    cells = table.join(rows, on="county_fips").join(columns, on="naics")
    result: dict[int, np.ndarray] = {}
    for year in YEARS:
        part = cells.filter(pl.col("year") == year)
        result[year] = np.zeros((len(counties), len(industries)))
        result[year][part["row"].to_numpy(), part["column"].to_numpy()] = part["establishments"]
    return result


def _coordinates(data: Path, counties: list[str]) -> np.ndarray:
    places = pl.read_csv(
        data / "us" / "us_counties.csv.gz", schema_overrides={"county_fips": pl.String}
    ).with_columns(pl.col("county_fips").str.zfill(5))
    wanted = pl.DataFrame({"county_fips": counties})
    joined = wanted.join(
        places.unique("county_fips"), on="county_fips", how="left", maintain_order="left"
    )
    return joined.select("lon", "lat").to_numpy()
