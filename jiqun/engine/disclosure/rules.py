"""Primary rules: which cells are too close to one contributor to be published.

The rules are those of official statistics (Hundepool et al. 2012, *Statistical Disclosure
Control*, Wiley, chapter 4): a minimum number of contributors, dominance of the largest, and the
p % rule (the second largest contributor could estimate the largest within p %).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Rule:
    """Parameters of the primary rules and of the protection that a withheld cell needs.

    Attributes:
        minimum: contributors that a published cell has at least; 0 switches the rule off.
        largest: share of the cell that its largest contributor has at most; 1 switches it off.
        percent: p of the p % rule; 0 switches it off.
        within: a withheld cell is recoverable when it can be bounded within this share of its
            value on both sides.
        least: protection of cells whose value is (nearly) zero, in units of the value.
    """

    minimum: int = 5
    largest: float = 0.5
    percent: float = 10.0
    within: float = 0.10
    least: float = 1.0


def summaries(rows: pl.DataFrame, key: str, rule: Rule) -> pl.DataFrame:
    """Return one row per cell with what the rules look at.

    Contributors under one holder count as one. Negative contributions count with their size:
    dominance is about how much of the cell one can see, not about its sign.

    Args:
        rows: columns ``key``, ``holder`` and ``value`` (integer base units).
        key: column that names the cell.
        rule: the parameters.

    Returns:
        Columns ``key``, ``count``, ``total``, ``largest``, ``second``, ``sensitive``, ``need``
        (distance that has to stay between the value and either bound that anyone can compute),
        sorted by key.
    """
    held = rows.group_by(key, "holder").agg(pl.col("value").sum())
    size = pl.col("value").abs()
    cells = held.group_by(key).agg(
        count=pl.len().cast(pl.Int64),
        total=pl.col("value").sum(),
        weight=size.sum(),
        largest=size.max(),
        second=size.sort(descending=True).slice(1, 1).sum(),
    )
    rest = pl.col("weight") - pl.col("largest") - pl.col("second")
    margin = rule.percent / 100 * pl.col("largest") - rest
    # A zero made of contributors says that each of them has zero.
    hidden = (
        (pl.col("count") < rule.minimum)
        | (pl.col("largest") > rule.largest * pl.col("weight"))
        | (margin > 0)
        | (pl.col("weight") == 0)
    )
    need = pl.max_horizontal(pl.col("total").abs() * rule.within, margin, pl.lit(rule.least))
    return cells.with_columns(sensitive=hidden, need=need).drop("weight").sort(key)
