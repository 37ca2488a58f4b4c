"""From the fact store to the rows of a table: firms of a place by town, industry and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from jiqun.core.factstore import rows
from jiqun.core.lawful.catalogue import purpose
from jiqun.core.lawful.gate import lawful, needed
from jiqun.core.models.publication import PublishedTable
from jiqun.core.tabular import pick
from jiqun.engine.disclosure.merge import Merge, apply_merge
from jiqun.engine.disclosure.tables import Dimension, Table
from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store

INDICATORS = "firm_indicator"
SHORT = "—"  # marks a code that has no such fine level
TABLES = ("firm", "firm_industry", INDICATORS, "place", "industry")
PURPOSE = "publication"


@dataclass(frozen=True, slots=True)
class Choice:
    """A dimension that a table can have; ``digits`` cut the industry code to levels."""

    zh: str
    en: str
    column: str
    digits: tuple[int, ...] = ()

    def dimension(self, name: str) -> Dimension:
        """The dimension as the engine takes it."""
        if not self.digits:
            return Dimension(name, (self.column,))
        return Dimension(name, tuple(f"{self.column}{count}" for count in self.digits))


CHOICES: Mapping[str, Choice] = {
    "town": Choice("乡镇（园区）", "Town or park", "town"),
    "industry2": Choice("行业大类", "Industry, 2 digits", "industry", (2,)),
    "industry3": Choice("行业中类", "Industry, 3 digits", "industry", (2, 3)),
    "industry4": Choice("行业小类", "Industry, 4 digits", "industry", (2, 3, 4)),
    "scale": Choice("企业规模", "Size of firm", "scale"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a table is of."""

    place: str
    period: str
    measure: str
    classification: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contributions:
    """The rows of a table and what had to be left out.

    ``note`` says in both languages how many rows lack a lawful basis, None when none does.
    """

    table: Table
    unit: str
    note: tuple[str, str] | None


def _codes(frame: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Add the level columns of every dimension; a code too short for a level is marked."""
    code = pl.col("industry").fill_null("")
    levels = {
        f"industry{count}": pl.when(code.str.len_chars() >= count)
        .then(code.str.slice(0, count))
        .otherwise(code + SHORT)
        for name in dimensions
        for count in CHOICES[name].digits
    }
    return frame.with_columns(town=pl.col("place"), **levels)


def _register(facts: Store, scope: Scope, at: str) -> pl.DataFrame:
    """Firms that the register places in the scope's place or within it, with industry and scale."""
    firms = rows(facts, "firm", ["firm", "place", "scale"], at)
    inside = firms.filter(pl.col("place").str.starts_with(scope.place))
    main = rows(
        facts, "firm_industry", ["firm", "industry"], at,
        classification=scope.classification, main=True,
    ).unique("firm", keep="first", maintain_order=True)  # fmt: skip
    return inside.join(main, on="firm", how="left")


def _figures(
    facts: Store, scope: Scope, at: str, only: Sequence[str] | None
) -> tuple[pl.DataFrame, tuple[str, str] | None]:
    """Figures of the measure: those that may be used today, or exactly those of ``only``.

    A table that is out already is audited with the rows that it was made of, whatever has been
    withdrawn since: the audit shows no figure to anybody, and it protects these very firms.
    """
    contract = contracts()[INDICATORS]
    columns = ["firm", "value", "unit"]
    wanted = list(dict.fromkeys([*columns, *needed(contract)]))
    found = facts.current(INDICATORS, at=at)
    chosen = found.filter((found["indicator"] == scope.measure) & (found["period"] == scope.period))
    frame = chosen.select(*wanted).to_polars().filter(pl.col("value").is_not_null())
    if only is not None:
        known = pl.DataFrame({"firm": list(only)}, schema={"firm": pl.String})
        return frame.join(known, on="firm", how="semi").select(columns), None
    use = purpose(PURPOSE)
    reference = f"{use.zh} {scope.place} {scope.period} {scope.measure}"
    allowed, read = lawful(frame, contract, use, columns=columns, reference=reference)
    title = contract.title
    return allowed.select(columns), read.note(title["zh"], title["en"])


def _arrays(frame: pl.DataFrame, levels: Sequence[str]) -> dict[str, Any]:
    """Columns as the engine takes them; a code that nobody gave is marked."""
    coded = [pl.col(level).fill_null(SHORT) for level in levels]
    return frame.select("firm", pl.col("value").cast(pl.Int64), *coded).to_dict(as_series=False) | {
        "value": frame["value"].cast(pl.Int64).to_numpy()
    }


def contributions(
    facts: Store, scope: Scope, at: str, *, key: str, only: Sequence[str] | None = None
) -> Contributions:
    """Return the rows of one table at a snapshot.

    Args:
        facts: The store.
        scope: What the table is of.
        at: Snapshot.
        key: Name of the table in an audit.
        only: Contributors of a table that exists; all lawful ones by default.

    Raises:
        JiqunError: ``E-PUBLICATION-EMPTY`` when there is no figure, ``E-PUBLICATION-UNITS`` when
            figures have different units.
    """
    figures, note = _figures(facts, scope, at, only)
    joined = _register(facts, scope, at).join(figures, on="firm").sort("firm")
    units = joined["unit"].unique().sort().to_list()
    if not units:
        raise JiqunError(
            "E-PUBLICATION-EMPTY",
            f"{scope.place} {scope.period} 没有可用于发布的指标 {scope.measure}",
            f"no figure of {scope.measure} for {scope.place} in {scope.period} may be published",
            hint_zh="请检查地方、期间和指标是否已装载，以及数据的合法依据。"
            + (note[0] if note else ""),
            hint_en="Check that they are loaded, and their lawful basis. "
            + (note[1] if note else ""),
            kind=Kind.NOT_FOUND,
        )
    if len(units) > 1:
        words = "、".join(units)
        raise JiqunError(
            "E-PUBLICATION-UNITS",
            f"{scope.period} 的 {scope.measure} 有多种单位：{words}，不能相加",
            f"{scope.measure} in {scope.period} has several units ({words}), which do not add up",
            hint_zh="请在装载时把该指标统一为一种单位。",
            hint_en="Load the indicator in one unit.",
        )
    frame = _codes(joined, scope.dimensions)
    dimensions = tuple(CHOICES[name].dimension(name) for name in scope.dimensions)
    levels = [level for dimension in dimensions for level in dimension.levels]
    table = Table(key, scope.measure, _arrays(frame, levels), dimensions)
    return Contributions(table, units[0], note)


def scope_of(table: PublishedTable) -> Scope:
    """Return what a stored table is of."""
    return Scope(
        table.place, table.period, table.measure, table.classification, tuple(table.dimensions)
    )


def stored(facts: Store, table: PublishedTable) -> Table:
    """Return a stored table as the engine audits it, with its merges and what it withholds."""
    found = contributions(facts, scope_of(table), table.snapshot, key=table.key, only=table.firms)
    merged = found.table
    for one in table.parameters["merges"]:
        merged = apply_merge(merged, Merge(**one))
    return Table(table.key, table.measure, merged.rows, merged.dimensions, table.withheld)


def names_of(facts: Store, scope: Scope) -> Mapping[str, str]:
    """Return the codes of a table in words, in the language of the page."""
    places = rows(facts, "place", ["place", "name_zh", "name_en"])
    codes = rows(
        facts, "industry", ["code", "name_zh", "name_en"], classification=scope.classification
    )
    sizes = contracts()["firm"].column("scale").values
    found = {code: pick(zh or code, en or zh or code) for code, zh, en in places.iter_rows()}
    found |= {
        code: f"{code} {pick(zh or '', en or zh or '')}".strip()
        for code, zh, en in codes.iter_rows()
    }
    return found | {code: pick(zh, code) for code, zh in sizes.items()}
