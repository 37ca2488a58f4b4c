"""Any set of tables as one system of linear equations over its finest cells.

A *unit* is one number of one contributor: a measure of a firm, as a release gave it. The same
number in two releases or two periods is one unit, since the attacker is taken to know whose
figures did not change. Every cell of every table is the sum of a set of units. Units that lie in exactly the same
cells form an *atom*; cells are sums of atoms, and that is all an attacker can use. Margins,
subtotals, tables that share margins and two releases of one period need no special treatment:

- a margin is the cell of the union of its atoms;
- a cell that two tables share is one and the same cell, because it has the same units;
- a firm added or corrected between two releases lies in cells of the second only, so that it
  forms an atom of its own: the difference of the two totals. So does a new firm between two
  periods where the others did not change (land, registered staff).

Atoms without any contributor do not exist here: the attacker is taken to know from the public
register who is in which cell, and so every true zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

import numpy as np
import polars as pl
from scipy import sparse

from jiqun.engine.disclosure.rules import Rule, summaries
from jiqun.errors import JiqunError

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
WHOLE = ""  # code of "all of this dimension"
SEED = 20260401  # of the random words that stand for units and cells in comparisons of sets


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a table: columns of its rows from coarse to fine, the whole being implied."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table to be published, or already published.

    Attributes:
        key: name of the table, unique in a set.
        measure: what is summed; equal numbers of one firm are one number within a measure only.
        rows: one row per contributor with ``firm``, ``value`` (integer base units), the columns of
            the dimensions' levels, and optionally ``holder`` (firms of one owner count as one).
        dimensions: the dimensions.
        withheld: coordinates that an earlier release withheld; None for a table still to be made.
    """

    key: str
    measure: str
    rows: pl.DataFrame
    dimensions: tuple[Dimension, ...]
    withheld: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A published rate: cell ``numerator`` = ``rate`` × cell ``denominator``, up to rounding.

    Cells are given as (table key, coordinate). ``half_width`` is half of the last printed digit,
    e.g. 0.0005 for a growth rate given to 0.1 %.
    """

    numerator: tuple[str, str]
    denominator: tuple[str, str]
    rate: float
    half_width: float = 0.0


@dataclass(frozen=True, slots=True)
class System:
    """The linear system of a set of tables.

    Attributes:
        cells: one row per distinct cell (``cell``, ``count``, ``total``, ``largest``, ``second``,
            ``sensitive``, ``need``, ``atoms``, ``implied``: in no table, but a set of contributors
            that comparing tables could single out).
        places: where a cell stands: ``table``, ``coordinate``, ``cell``.
        matrix: cells × atoms, 0/1.
        values: value of each atom.
        holders: ``atom``, ``holder``, ``value``: what each holder knows of each atom.
        decided: per cell, +1 published for good, −1 withheld for good, 0 still open.
        ratios: rows over atoms that are known to lie in ``ratio_low`` … ``ratio_high``.
    """

    cells: pl.DataFrame
    places: pl.DataFrame
    matrix: sparse.csr_array
    values: Floats
    holders: pl.DataFrame
    decided: Ints
    ratios: sparse.csr_array
    ratio_low: Floats
    ratio_high: Floats
    rule: Rule = field(default_factory=Rule)

    @property
    def totals(self) -> Floats:
        """Value of each cell."""
        return self.cells["total"].to_numpy().astype(np.float64)

    @property
    def sensitive(self) -> Flags:
        """Cells that the primary rules withhold."""
        return self.cells["sensitive"].to_numpy()

    @property
    def implied(self) -> Flags:
        """Cells that stand in no table."""
        return self.cells["implied"].to_numpy()

    def primary(self) -> Flags:
        """Cells hidden before any secondary suppression.

        What an earlier release published stays known whatever the rules say now; a cell that one
        release withheld and another published is known.
        """
        hidden = self.sensitive | self.implied | (self.decided < 0)
        return hidden & (self.decided <= 0)


def coordinates(table: Table) -> pl.DataFrame:
    """Return each contribution once for each cell that it lies in: ``firm … coordinate``.

    Raises:
        JiqunError: ``E-PUBLICATION-ROWS`` when a firm has two rows in one table.
    """
    rows = table.rows
    if rows["firm"].n_unique() != rows.height:
        firm = rows.filter(pl.col("firm").is_duplicated())["firm"][0]
        raise JiqunError(
            "E-PUBLICATION-ROWS",
            f"表 {table.key} 中企业 {firm} 出现多行",
            f"in table {table.key} firm {firm} has several rows",
            hint_zh="一张表中每家企业只能有一个数值；请先按企业合并或检查期间。",
            hint_en="A table takes one number per firm: add them up first, or check the period.",
        )
    holder = pl.col("holder").fill_null(pl.col("firm")) if "holder" in rows.columns else "firm"
    named = rows.select(
        "firm",
        (holder if isinstance(holder, pl.Expr) else pl.col(holder)).alias("holder"),
        pl.col("value").cast(pl.Int64),
        *[pl.col(level).cast(pl.String).fill_null("—") for dim in table.dimensions for level in dim.levels],
    )  # fmt: skip
    unit = pl.concat_str(pl.lit(f"{table.measure}\x1f"), "firm", pl.lit("\x1f"), "value")
    parts: list[pl.DataFrame] = []
    for combination in product(*[(None, *dim.levels) for dim in table.dimensions]):
        codes = [pl.lit(WHOLE) if level is None else pl.col(level) for level in combination]
        parts.append(
            named.select(
                unit.alias("unit"), "holder", "value",
                pl.lit(table.key).alias("table"),
                pl.concat_str(*codes, separator="|").alias("coordinate"),
            )
        )  # fmt: skip
    return pl.concat(parts)


def _words(count: int, stream: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Random 64-bit words; sets are compared by the wrapped sums of their members' words."""
    return np.random.default_rng((SEED, stream)).integers(0, 2**64, count, dtype=np.uint64)


def _set_sums(group: Ints, member: Ints, groups: int, members: int, stream: int) -> Ints:
    """Return a number per group that is equal for groups with equal members (wrapped sums)."""
    sums = np.zeros(groups, dtype=np.uint64)
    np.add.at(sums, group, _words(members, stream)[member])
    return cast(Ints, sums.view(np.int64))


def assemble(
    tables: Sequence[Table], *, rule: Rule | None = None, ratios: Sequence[Ratio] = ()
) -> System:
    """Return the linear system of a set of tables.

    Args:
        tables: all tables that share contributors: the one to be published, linked ones, and
            earlier releases (with ``withheld``).
        rule: the primary rules.
        ratios: published rates between cells.

    Raises:
        JiqunError: ``E-PUBLICATION-ROWS``.
    """
    chosen = rule or Rule()
    long = pl.concat([coordinates(table) for table in tables])
    long = long.with_columns(
        place=pl.struct("table", "coordinate").rank("dense").cast(pl.Int64) - 1,
        u=pl.col("unit").rank("dense").cast(pl.Int64) - 1,
    )
    places = long.select("table", "coordinate", "place").unique().sort("place")
    units = long.select("u", "holder", "value").unique("u", keep="first").sort("u")
    sums = _set_sums(long["place"].to_numpy(), long["u"].to_numpy(), places.height, units.height, 1)
    _, cell = np.unique(sums, return_inverse=True)
    places = places.with_columns(cell=pl.Series(cell.astype(np.int64)))
    pairs = long.select("u", pl.Series("cell", cell[long["place"].to_numpy()])).unique()
    count = int(cell.max()) + 1
    where = _set_sums(pairs["u"].to_numpy(), pairs["cell"].to_numpy(), units.height, count, 2)
    _, atom = np.unique(where, return_inverse=True)
    units = units.with_columns(atom=pl.Series(atom.astype(np.int64)))
    return _system(tables, places, pairs, units, chosen, ratios)


def _system(
    tables: Sequence[Table], places: pl.DataFrame, pairs: pl.DataFrame, units: pl.DataFrame,
    rule: Rule, ratios: Sequence[Ratio],
) -> System:  # fmt: skip
    found = pairs.join(units, on="u")
    links = found.select("cell", "atom").unique()
    per_cell = links.group_by("cell").len("atoms").sort("cell")
    single = links.join(per_cell.filter(pl.col("atoms") == 1), on="cell")["atom"]
    count, atoms = per_cell.height, int(units["atom"].to_numpy().max()) + 1
    lone = np.setdiff1d(np.arange(atoms), single.to_numpy())
    implied = pl.DataFrame({"atom": lone, "cell": np.arange(count, count + len(lone))})
    members = pl.concat(
        [found.select("cell", "holder", "value"),
         units.join(implied, on="atom").select("cell", "holder", "value")]
    )  # fmt: skip
    links = pl.concat([links, implied.select("cell", "atom")])
    cells = summaries(members, "cell", rule).with_columns(
        atoms=links.group_by("cell").len().sort("cell")["len"].cast(pl.Int64),
        implied=pl.col("cell") >= count,
    )
    matrix = sparse.csr_array(
        (np.ones(links.height), (links["cell"].to_numpy(), links["atom"].to_numpy())),
        shape=(count + len(lone), atoms),
    )
    values = units.group_by("atom").agg(pl.col("value").sum()).sort("atom")["value"]
    rows, low, high = _ratio_rows(ratios, places, matrix)
    return System(
        cells=cells,
        places=places.select("table", "coordinate", "cell"),
        matrix=matrix,
        values=values.to_numpy().astype(np.float64),
        holders=units.group_by("atom", "holder").agg(pl.col("value").sum()).sort("atom", "holder"),
        decided=_decided(tables, places, cells.height),
        ratios=rows,
        ratio_low=low,
        ratio_high=high,
        rule=rule,
    )


def _decided(tables: Sequence[Table], places: pl.DataFrame, count: int) -> Ints:
    """Published for good wins over withheld for good: what is known once stays known."""
    decided = np.zeros(count, dtype=np.int64)
    for table in tables:
        if table.withheld is None:
            continue
        mine = places.filter(pl.col("table") == table.key)
        hidden = mine["coordinate"].is_in(list(table.withheld)).to_numpy()
        cell = mine["cell"].to_numpy()
        decided[cell[hidden]] = np.where(decided[cell[hidden]] > 0, 1, -1)
        decided[cell[~hidden]] = 1
    return decided


def _ratio_rows(
    ratios: Sequence[Ratio], places: pl.DataFrame, matrix: sparse.csr_array
) -> tuple[sparse.csr_array, Floats, Floats]:
    """Two rows per rate: numerator − (rate ± half) × denominator is ≥ 0 and ≤ 0."""
    at = {(row["table"], row["coordinate"]): row["cell"] for row in places.iter_rows(named=True)}
    rows: list[Floats] = []
    low: list[float] = []
    high: list[float] = []
    for ratio in ratios:
        top = matrix[[at[ratio.numerator]]].toarray()[0]
        base = matrix[[at[ratio.denominator]]].toarray()[0]
        rows += [top - (ratio.rate - ratio.half_width) * base,
                 top - (ratio.rate + ratio.half_width) * base]  # fmt: skip
        low += [0.0, -np.inf]
        high += [np.inf, 0.0]
    shaped = np.array(rows).reshape(len(rows), matrix.shape[1])
    return sparse.csr_array(shaped), np.array(low), np.array(high)
