"""Synthetic firms (合成数据) in Parquet, any number, the same for the same number: hashes, no state."""

from __future__ import annotations

from pathlib import Path

import duckdb

CHUNK = 5_000_000


def _uniform(salt: int) -> str:
    """A number in (0, 1) from the row's number."""
    return f"((hash(i * 64 + {salt}) >> 11)::DOUBLE + 0.5) / 9007199254740992.0"


def _normal(salt: int) -> str:
    return f"sqrt(-2 * ln({_uniform(salt)})) * cos(2 * pi() * {_uniform(salt + 1)})"


def _known(salt: int, share: float, value: str) -> str:
    return f"CASE WHEN {_uniform(salt)} < {share} THEN NULL ELSE ({value})::BIGINT END"


def query(first: int, last: int) -> str:
    """Return SQL for firms ``first`` … ``last - 1``: lognormal sizes, some figures unknown."""
    return f"""
    WITH a AS (
      SELECT i, exp(ln(20 * 66667) + {_normal(0)}) AS land, exp(ln(3.5e8) + 0.8 * {_normal(2)}) AS per_mu,
        least(greatest(0.23 + 0.09 * {_normal(4)}, -0.1), 0.6) AS added,
        least(greatest(0.035 + 0.02 * {_normal(6)}, -0.01), 0.2) AS taxed
      FROM range({first}, {last}) AS t(i)),
    b AS (SELECT *, land / 66667 * per_mu AS revenue, land / 66667 * per_mu * added AS va FROM a)
    SELECT i AS unit, (revenue * taxed)::BIGINT AS tax, {_known(8, 0.02, "va")} AS value_added,
      land::BIGINT AS land, {_known(10, 0.02, f"revenue * 0.08 * exp(0.9 * {_normal(12)})")} AS energy,
      {_known(14, 0.15, f"abs(va) / 4000 * exp(1.2 * {_normal(16)})")} AS emission,
      {_known(18, 0.02, f"100 + abs(va) / 1e4 / exp(ln(17) + 0.5 * {_normal(20)})")} AS staff,
      {_known(22, 0.02, f"revenue * 0.02 * exp(0.8 * {_normal(24)})")} AS rd,
      {_known(26, 0.02, "revenue * 0.97")} AS main_revenue
    FROM b"""


def generate(folder: Path, firms: int) -> int:
    """Write the firms as files of ``CHUNK`` rows; return the bytes on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": "2", "memory_limit": "2GB"})
    for at, first in enumerate(range(0, firms, CHUNK)):
        last = min(first + CHUNK, firms)
        target = folder / f"firms-{at:03d}.parquet"
        connection.execute(f"COPY ({query(first, last)}) TO '{target}' (FORMAT parquet)")
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))
