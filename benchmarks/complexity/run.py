"""Seven complexity measures, ours against py-ecomplexity, in the same run on one core.

Prints a Markdown table. Needs the ``bench`` dependency group. Real tables are added where the
real data folder ``../shared/data`` is present.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
import polars as pl
from ecomplexity.calc_density import calc_density
from ecomplexity.calc_proximity import calc_discrete_proximity
from ecomplexity.coicog import calc_coi_cog
from ecomplexity.ComplexityData import ComplexityData
from ecomplexity.ecomplexity import calc_eci_pci, ecomplexity
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from jiqun.engine.regional.complexity import ComplexityResult, complexity  # noqa: E402

SHARED = ROOT.parent / "shared" / "data"

COLUMNS = {"time": "time", "loc": "loc", "prod": "prod", "val": "val"}


def synthetic(regions: int, industries: int, filled: int, seed: int) -> np.ndarray:
    """Return a table with heavy-tailed sizes, six latent kinds of region and many zeros."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 1.2, regions)[:, None] * rng.lognormal(0, 1.2, industries)
    kinds = rng.normal(size=(regions, 6)) @ rng.normal(size=(6, industries))
    values = size * np.exp(0.35 * kinds + 0.8 * rng.normal(size=(regions, industries)))
    kept = values.copy()
    # Every region and industry keeps its largest cell, so that none is empty.
    kept[np.arange(regions), values.argmax(axis=1)] = np.inf
    kept[values.argmax(axis=0), np.arange(industries)] = np.inf
    limit = np.partition(kept.ravel(), -filled)[-filled]
    return np.where(kept >= limit, values, 0.0)


def real_tables() -> dict[str, np.ndarray]:
    """Return the real tables that are present."""
    found: dict[str, np.ndarray] = {}
    counties = SHARED / "us" / "us_county_naics6_2017_2020.parquet"
    if counties.is_file():
        frame = pl.read_parquet(counties).filter(pl.col("year") == 2020)
        wide = frame.pivot(on="naics", index="county_fips", values="establishments")
        found["US counties × NAICS-6, establishments 2020"] = _matrix(wide)
    trade = SHARED / "trade" / "world_trade_avg_1998_2000_sitc4.parquet"
    if trade.is_file():
        wide = pl.read_parquet(trade).pivot(on="product", index="country", values="value")
        found["trade fixture, SITC-4"] = _matrix(wide)
    return found


def _matrix(wide: pl.DataFrame) -> np.ndarray:
    return wide.drop(wide.columns[0]).fill_null(0).to_numpy().astype(np.float64)


def long_form(X: np.ndarray) -> pd.DataFrame:
    """Return the non-zero cells as py-ecomplexity wants them."""
    rows, columns = np.nonzero(X)
    return pd.DataFrame({"time": 0, "loc": rows, "prod": columns, "val": X[rows, columns]})


def peer_arrays(frame: pd.DataFrame) -> float:
    """Return the CPU seconds of the peer's numerical steps alone, without its data frames."""
    data = ComplexityData(frame, COLUMNS, "coerce")
    data.create_full_df(0)
    start = process_time()
    data.calculate_rca()
    data.calculate_mcp(1, 1, "rca", None, 0)
    data.diversity_t = np.nansum(data.mcp_t, axis=1)
    data.ubiquity_t = np.nansum(data.mcp_t, axis=0)
    data.eci_t, data.pci_t = calc_eci_pci(data)
    near = calc_discrete_proximity(data.mcp_t, data.ubiquity_t)
    data.density_t = calc_density(rca_or_mcp=data.mcp_t, proximity_mat=near)
    calc_coi_cog(data, near)
    return process_time() - start


def best(function: Callable[[], object], repeats: int) -> float:
    """Return the smallest CPU seconds of several calls."""
    times: list[float] = []
    for _ in range(repeats):
        start = process_time()
        function()
        times.append(process_time() - start)
    return min(times)


def differences(found: ComplexityResult, peer: pd.DataFrame, shape: tuple[int, int]) -> str:
    """Return the largest absolute difference of each measure."""
    grid = peer.sort_values(["loc", "prod"])
    parts: list[str] = []
    for name in ("rca", "density", "eci", "pci", "coi", "cog"):
        theirs = grid[name].to_numpy().reshape(shape)
        ours = getattr(found, name)
        if name in {"eci", "coi"}:
            ours = ours[:, None]
        parts.append(f"{name} {np.nanmax(np.abs(theirs - ours)):.0e}")
    return ", ".join(parts)


def row(title: str, X: np.ndarray, repeats: int) -> str:
    """Measure one table and return its row."""
    frame = long_form(X)
    start = process_time()
    peer = ecomplexity(frame, COLUMNS, check_logsupermodularity=False, verbose=False)
    whole = process_time() - start
    arrays = peer_arrays(frame)
    ours = best(lambda: complexity(X), repeats)
    found = complexity(X)
    shape = (X.shape[0], X.shape[1])
    second, third = found.eigenvalues
    return (
        f"| {title} | {shape[0]:,} × {shape[1]:,} | {frame.shape[0]:,} | {found.present.sum():,} "
        f"| {ours:.3f} | {whole:.2f} ({whole / ours:.0f}×) | {arrays:.2f} ({arrays / ours:.0f}×) "
        f"| {second - third:.3f} | {differences(found, peer, shape)} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    tables = {"synthetic": synthetic(2999, 1000, 728_000, options.seed), **real_tables()}
    print(
        "| table | size | non-zero | RCA ≥ 1 | ours, CPU s | py-ecomplexity, CPU s | its arrays "
        "alone, CPU s | λ2 − λ3 | largest absolute difference |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for title, X in tables.items():
            print(row(title, X, options.repeats), flush=True)


if __name__ == "__main__":
    main()
