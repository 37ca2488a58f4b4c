"""Does an input–output table balance: every row and column against its stated total.

Symmetric and use tables: intermediate + final use (− imports) = output per row; intermediate +
value added = total input per column (Miller & Blair 2009, ch. 2). Make tables: row and column sums
against their totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from jiqun.facts.load.mapping import Balance
from jiqun.facts.values.units import Unit

RELATIVE = 1e-9  # of the total: what a float of 15 digits cannot hold
NAMED = 8  # sectors named in the message


@dataclass(frozen=True, slots=True)
class Gap:
    """One row or column whose parts do not sum to its total (base units)."""

    axis: str
    origin: str
    code: str
    parts: int
    total: int

    def text(self) -> str:
        """E.g. “row 028 (total): 12 ≠ 10”."""
        return f"{self.axis} {self.code} ({self.origin}): {self.parts} ≠ {self.total}"


def resolution(values: pl.Series, unit: Unit) -> int:
    """Smallest step of the published figures in base units.

    Figures published as whole units (million dollars) carry a rounding error of half a unit each;
    figures with decimals only that of the base unit.
    """
    factor = int(Fraction(unit.factor))
    return factor if factor > 1 and bool((values % factor == 0).all()) else 1


def _gaps(sums: pl.DataFrame, axis: str, step: int) -> list[Gap]:
    # Each of n rounded figures (a printed zero too), and the total, may be off by half a step.
    allowed = (pl.col("n") + 1) * step / 2
    slack = pl.max_horizontal(allowed, pl.col("total").abs() * RELATIVE)
    wrong = sums.filter((pl.col("parts") - pl.col("total")).abs() > slack)
    wrong = wrong.sort((pl.col("parts") - pl.col("total")).abs(), descending=True)
    return [
        Gap(axis, row["origin"], row["code"], row["parts"], row["total"])
        for row in wrong.iter_rows(named=True)
    ]


def _row_sums(frame: pl.DataFrame, balance: Balance) -> pl.DataFrame:
    sign = {"subtract": -1, "signed": 1, "none": 0}[balance.imports]
    parts = frame.filter((pl.col("row_kind") == "sector") & (pl.col("column_kind") != "total"))
    signed = (
        pl.when(pl.col("column_kind") == "import").then(pl.col("value") * sign).otherwise("value")
    )
    sums = parts.group_by("origin", pl.col("row").alias("code")).agg(
        signed.sum().alias("parts"), pl.len().cast(pl.Int64).alias("n")
    )
    totals = frame.filter(pl.col("column") == balance.column_total).select(
        "origin", pl.col("row").alias("code"), pl.col("value").alias("total")
    )
    return sums.join(totals, on=["origin", "code"])


def _column_sums(frame: pl.DataFrame, balance: Balance) -> pl.DataFrame:
    """Column sums take every origin together: inputs are domestic and imported."""
    parts = frame.filter((pl.col("column_kind") == "sector") & (pl.col("row_kind") != "total"))
    sums = parts.group_by(pl.col("column").alias("code")).agg(
        pl.col("value").sum().alias("parts"), pl.len().cast(pl.Int64).alias("n")
    )
    totals = frame.filter(pl.col("row") == balance.row_total).select(
        pl.col("column").alias("code"), pl.col("value").alias("total")
    )
    return sums.join(totals, on="code").with_columns(pl.lit("all").alias("origin"))


def gaps(frame: pl.DataFrame, balance: Balance, unit: Unit) -> list[Gap]:
    """Return every row and column that does not balance, worst first.

    Args:
        frame: one table of contract ``input_output``, values in base units.
        balance: which codes hold the totals, and how imports are written.
        unit: unit in which the table was published; sets the rounding that is allowed.
    """
    step = resolution(frame["value"], unit)
    rows = _gaps(_row_sums(frame, balance), "row", step) if balance.column_total else []
    columns = _gaps(_column_sums(frame, balance), "column", step) if balance.row_total else []
    return rows + columns


def describe(found: list[Gap]) -> str:
    """Name the worst sectors for a message."""
    more = f" … (+{len(found) - NAMED})" if len(found) > NAMED else ""
    return "；".join(gap.text() for gap in found[:NAMED]) + more
