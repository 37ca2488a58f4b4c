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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.rules import Ints, Rule, summaries
from jiqun.errors import JiqunError

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Columns = Mapping[str, Any]  # arrays of one length by name
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
        rows: arrays with one entry per contributor: ``firm``, ``value`` (whole base units), the
            dimensions' levels (text), optionally ``holder`` (firms of one owner count as one).
        dimensions: the dimensions.
        withheld: coordinates that an earlier release withheld; None for a table still to be made.
    """

    key: str
    measure: str
    rows: Columns
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
        cells: one entry per distinct cell (``count``, ``total``, ``largest``, ``second``,
            ``sensitive``, ``need``, ``atoms``, ``implied``: in no table, but a set of contributors
            that comparing tables could single out).
        places: where a cell stands: ``table``, ``coordinate``, ``cell``.
        matrix: cells × atoms, 0/1.
        values: value of each atom.
        holders: ``atom``, ``holder`` (a number), ``value``: what each holder knows of each atom.
        names: name of each holder.
        decided: per cell, +1 published for good, −1 withheld for good, 0 still open.
        ratios: rows over atoms that are known to lie in ``ratio_low`` … ``ratio_high``.
    """

    cells: Columns
    places: Columns
    matrix: sparse.csr_array
    values: Floats
    holders: Columns
    names: Any
    decided: Ints
    ratios: sparse.csr_array
    ratio_low: Floats
    ratio_high: Floats
    rule: Rule = field(default_factory=Rule)

    @property
    def totals(self) -> Floats:
        """Value of each cell."""
        return self.cells["total"].astype(np.float64)

    @property
    def sensitive(self) -> Flags:
        """Cells that the primary rules withhold."""
        return self.cells["sensitive"]

    @property
    def implied(self) -> Flags:
        """Cells that stand in no table."""
        return self.cells["implied"]

    def primary(self) -> Flags:
        """Cells hidden before any secondary suppression.

        What an earlier release published stays known whatever the rules say now; a cell that one
        release withheld and another published is known.
        """
        hidden = self.sensitive | self.implied | (self.decided < 0)
        return hidden & (self.decided <= 0)


def _checked(table: Table) -> None:
    """Raise ``E-PUBLICATION-ROWS`` when a firm has two rows in one table."""
    firms, count = np.unique(np.asarray(table.rows["firm"], dtype=object), return_counts=True)
    if len(count) and count.max() > 1:
        firm = firms[int(count.argmax())]
        raise JiqunError(
            "E-PUBLICATION-ROWS",
            f"表 {table.key} 中企业 {firm} 出现多行",
            f"in table {table.key} firm {firm} has several rows",
            hint_zh="一张表中每家企业只能有一个数值；请先按企业合并或检查期间。",
            hint_en="A table takes one number per firm: add them up first, or check the period.",
        )


def _coded(columns: Sequence[Any]) -> tuple[Any, Ints]:
    """Return the distinct entries of several text columns together, and the code of each."""
    joined = np.concatenate([np.asarray(column, dtype=object) for column in columns])
    known, code = np.unique(joined.astype(str), return_inverse=True)
    return known, cast(Ints, code)


def _places(table: Table) -> tuple[list[str], Ints, Ints]:
    """Return the coordinates of a table's cells, and (row, place) of every contribution in them."""
    count = len(table.rows["firm"])
    labels: list[str] = []
    row_of: list[Ints] = []
    place_of: list[Ints] = []
    for combination in product(*[(None, *dim.levels) for dim in table.dimensions]):
        key = np.zeros(count, dtype=np.int64)
        words: list[Any] = []
        for level in combination:
            known, code = _coded([[WHOLE] * count if level is None else table.rows[level]])
            key = key * len(known) + code
            words.append(known[code])
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        labels_here = ["|".join(str(word[at]) for word in words) for at in first]
        row_of.append(np.arange(count))
        place_of.append(cast(Ints, inverse) + len(labels))
        labels += labels_here
    return labels, np.concatenate(row_of), np.concatenate(place_of)


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
    for table in tables:
        _checked(table)
    names, holder = _coded([table.rows.get("holder", table.rows["firm"]) for table in tables])
    value = np.concatenate([np.asarray(table.rows["value"], dtype=np.int64) for table in tables])
    unit, first = _units(tables, value)
    place, row, keys, labels = _all_places(tables)
    sums = _set_sums(place, unit[row], len(labels), len(first), 1)
    _, cell = np.unique(sums, return_inverse=True)
    pairs = np.unique(np.stack([cell[place], unit[row]]), axis=1)
    where = _set_sums(pairs[1], pairs[0], len(first), int(cell.max()) + 1, 2)
    _, atom = np.unique(where, return_inverse=True)
    units = {"holder": holder[first], "value": value[first], "atom": cast(Ints, atom)}
    places = {"table": keys, "coordinate": np.array(labels, dtype=object), "cell": cast(Ints, cell)}
    return _system(tables, places, cast(Ints, pairs), units, names, rule or Rule(), ratios)


def _units(tables: Sequence[Table], value: Ints) -> tuple[Ints, Ints]:
    """Return the unit of each contribution (measure, firm and value), and one contribution of each."""
    _, firm = _coded([table.rows["firm"] for table in tables])
    _, measure = _coded([[table.measure] * len(table.rows["firm"]) for table in tables])
    key = np.stack([measure, firm, value])
    _, first, unit = np.unique(key, axis=1, return_index=True, return_inverse=True)
    return cast(Ints, unit.reshape(-1)), cast(Ints, first)


def _all_places(tables: Sequence[Table]) -> tuple[Ints, Ints, Any, list[str]]:
    """Place and contribution of every membership; table and coordinate of every place."""
    place: list[Ints] = []
    row: list[Ints] = []
    keys: list[str] = []
    labels: list[str] = []
    offset = 0
    for table in tables:
        found, rows, places = _places(table)
        place.append(places + len(labels))
        row.append(rows + offset)
        keys += [table.key] * len(found)
        labels += found
        offset += len(table.rows["firm"])
    return np.concatenate(place), np.concatenate(row), np.array(keys, dtype=object), labels


def _system(
    tables: Sequence[Table], places: Columns, pairs: Ints, units: Columns, names: Any,
    rule: Rule, ratios: Sequence[Ratio],
) -> System:  # fmt: skip
    cell, unit = pairs
    atom = units["atom"]
    links = np.unique(np.stack([cell, atom[unit]]), axis=1)
    count, atoms = int(cell.max()) + 1, int(atom.max()) + 1
    single = links[1][np.bincount(links[0], minlength=count)[links[0]] == 1]
    lone = np.setdiff1d(np.arange(atoms), single)
    implied = np.full(atoms, -1)
    implied[lone] = np.arange(count, count + len(lone))
    alone = np.flatnonzero(implied[atom] >= 0)
    at = np.concatenate([cell, implied[atom[alone]]])
    of = np.concatenate([unit, alone])
    links = np.concatenate([links, np.stack([implied[lone], lone])], axis=1)
    cells = summaries(at, units["holder"][of], units["value"][of], rule)
    cells["atoms"] = np.bincount(links[0])
    cells["implied"] = np.arange(len(cells["count"])) >= count
    shape = (count + len(lone), atoms)
    matrix = sparse.csr_array((np.ones(links.shape[1]), (links[0], links[1])), shape=shape)
    values = np.zeros(atoms, dtype=np.int64)
    np.add.at(values, atom, units["value"])
    rows, low, high = _ratio_rows(ratios, places, matrix)
    return System(
        cells=cells,
        places=places,
        matrix=matrix,
        values=values.astype(np.float64),
        holders=_holders(units),
        names=names,
        decided=_decided(tables, places, shape[0]),
        ratios=rows,
        ratio_low=low,
        ratio_high=high,
        rule=rule,
    )


def _holders(units: Columns) -> Columns:
    """Sum the figures of each holder in each atom."""
    keys, group = np.unique(np.stack([units["atom"], units["holder"]]), axis=1, return_inverse=True)
    value = np.zeros(keys.shape[1], dtype=np.int64)
    np.add.at(value, group.reshape(-1), units["value"])
    return {"atom": keys[0], "holder": keys[1], "value": value}


def _decided(tables: Sequence[Table], places: Columns, count: int) -> Ints:
    """Published for good wins over withheld for good: what is known once stays known."""
    decided = np.zeros(count, dtype=np.int64)
    for table in tables:
        if table.withheld is None:
            continue
        mine = places["table"] == table.key
        hidden = np.isin(places["coordinate"][mine].astype(str), sorted(table.withheld))
        cell = places["cell"][mine]
        decided[cell[hidden]] = np.where(decided[cell[hidden]] > 0, 1, -1)
        decided[cell[~hidden]] = 1
    return decided


def _ratio_rows(
    ratios: Sequence[Ratio], places: Columns, matrix: sparse.csr_array
) -> tuple[sparse.csr_array, Floats, Floats]:
    """Two rows per rate: numerator − (rate ± half) × denominator is ≥ 0 and ≤ 0."""
    keys = zip(places["table"], places["coordinate"], strict=True)
    at = dict(zip(keys, places["cell"].tolist(), strict=True)) if ratios else {}
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
