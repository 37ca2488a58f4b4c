"""Reads the input–output table and the concordance that fit a classification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiqun.core.factstore import rows as read
from jiqun.core.factstore import table as facts_table
from jiqun.engine.regional.inputoutput import (
    allocation_coefficients,
    ghosh_inverse,
    industry_by_industry,
    leontief_inverse,
    technical_coefficients,
)
from jiqun.engine.regional.linkages import average_propagation_lengths, total_requirement_shares
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Floats, Links
from jiqun.modules.chain.analysis.panel import Classification

Note = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Flows:
    """A symmetric industry table taken from the store: flows, output, value added, one unit."""

    sectors: tuple[str, ...]
    Z: Floats
    output: Floats
    value_added: Floats
    unit: str


def _concordance(store: Store, at: Snapshot, classification: str) -> pl.DataFrame:
    columns = ["from_code", "to_classification", "to_code", "weight"]
    return read(store, "concordance", columns, at, from_classification=classification)


def _tables(store: Store, at: Snapshot, sectors: list[str]) -> pl.DataFrame:
    if not sectors:
        return pl.DataFrame({"table": [], "classification": [], "period": [], "place": []})
    tables = facts_table(store, "input_output", at, classification=sectors)
    return tables.select("table", "classification", "period", "place").distinct().to_polars()


def _matrix(cells: pl.DataFrame, rows: tuple[str, ...], columns: tuple[str, ...]) -> Floats:
    r = pl.DataFrame({"row": rows, "r": np.arange(len(rows))})
    c = pl.DataFrame({"column": columns, "c": np.arange(len(columns))})
    placed = (
        cells.join(r, on="row").join(c, on="column").group_by("r", "c").agg(pl.col("value").sum())
    )
    matrix = np.zeros((len(rows), len(columns)))
    matrix[placed["r"].to_numpy(), placed["c"].to_numpy()] = placed["value"].to_numpy()
    return matrix


def _codes(cells: pl.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(cells[column].unique().sort())


def _symmetric(cells: pl.DataFrame) -> Flows:
    """Flows of a symmetric table; domestic and imported parts are added up (total technology)."""
    inner = cells.filter((pl.col("row_kind") == "sector") & (pl.col("column_kind") == "sector"))
    if (inner["origin"] == "total").any():
        inner = inner.filter(pl.col("origin") == "total")
    sectors = _codes(inner, "column")
    Z = _matrix(inner, sectors, sectors)
    added = cells.filter(
        (pl.col("row_kind") == "value_added") & (pl.col("column_kind") == "sector")
    )
    value_added = _matrix(added, _codes(added, "row"), sectors).sum(axis=0)
    return Flows(sectors, Z, Z.sum(axis=0) + value_added, value_added, str(cells["unit"][0]))


def _supply_use(cells: pl.DataFrame) -> Flows:
    """Industry-by-industry flows from a make and a use table (fixed product sales structure)."""
    inner = cells.filter((pl.col("row_kind") == "sector") & (pl.col("column_kind") == "sector"))
    made = inner.filter(pl.col("matrix") == "make")
    used = inner.filter(pl.col("matrix") == "use")
    industries = tuple(sorted(set(_codes(made, "row")) & set(_codes(used, "column"))))
    commodities = tuple(sorted(set(_codes(made, "column")) & set(_codes(used, "row"))))
    make, use = _matrix(made, industries, commodities), _matrix(used, commodities, industries)
    output = make.sum(axis=1)
    Z = industry_by_industry(use, make, industry_output=output) * output
    return Flows(industries, Z, output, output - use.sum(axis=0), str(cells["unit"][0]))


def _productive(flows: Flows) -> tuple[Flows, list[Note]]:
    """Drop sectors whose inputs reach their output: the inverse would count their losses as gains.

    They are public enterprises with subsidies (in the United States' table S00201 and S00102).
    """
    sums = technical_coefficients(flows.Z, flows.output).sum(axis=0)
    keep = (sums < 1) & (flows.output > 0)
    if keep.all():
        return flows, []
    dropped = "、".join(code for code, kept in zip(flows.sectors, keep, strict=True) if not kept)
    index = np.flatnonzero(keep)
    kept = Flows(
        tuple(flows.sectors[i] for i in index), flows.Z[np.ix_(index, index)],
        flows.output[index], flows.value_added[index], flows.unit,
    )  # fmt: skip
    return kept, [(
        f"部门 {dropped} 的投入不小于产出（多为受补贴的公营企业），求逆前剔除",
        f"sectors {dropped} have inputs at or above output (subsidised public enterprises); dropped",
    )]  # fmt: skip


def ancestors(classification: Classification, code: str) -> list[str]:
    """Return the code and what it lies under, nearest first."""
    chain: list[str] = []
    while code and code not in chain:
        chain.append(code)
        i = classification.position.get(code)
        code = classification.parents[i] if i is not None else ""
    return chain


def concordance_weights(
    links: pl.DataFrame,
    classification: Classification,
    detail: NDArray[np.intp],
    sectors: tuple[str, ...],
) -> tuple[Floats, int]:
    """Spread each industry over sectors by the concordance, taking its parent's entry if it has none.

    Returns:
        (n, s) weights with rows summing to 1 (0 where unmapped), and how many industries were
        split evenly because their weights are unknown.
    """
    column = {code: j for j, code in enumerate(sectors)}
    grouped: dict[str, list[tuple[str, float | None]]] = {}
    for source, target, weight in links.select("from_code", "to_code", "weight").iter_rows():
        if target in column:
            grouped.setdefault(source, []).append((target, weight))
    weights = np.zeros((detail.size, len(sectors)))
    even = 0
    for row, i in enumerate(detail):
        entry = next(
            (
                grouped[code]
                for code in ancestors(classification, classification.codes[i])
                if code in grouped
            ),
            [],
        )
        unique = dict(entry)
        known = [value for value in unique.values() if value is not None]
        if len(unique) > 1 and len(known) < len(unique):
            even += 1
            unique = dict.fromkeys(unique, 1.0)
        total = sum(1.0 if value is None else value for value in unique.values())
        for target, value in unique.items():
            weights[row, column[target]] = (
                (1.0 if value is None else value) / total if total else 0.0
            )
    return weights, even


def _off_diagonal_share(matrix: Floats) -> Floats:
    """Row shares of a matrix without its diagonal."""
    rest = matrix - np.diag(np.diag(matrix))
    total = rest.sum(axis=1, keepdims=True)
    return np.divide(rest, total, out=np.zeros_like(rest), where=total > 0)


def _requirement_shares(inverse: Floats) -> Floats:
    """Column shares of the total requirement, the sector's own product left out."""
    shares = total_requirement_shares(inverse)
    np.fill_diagonal(shares, 0)
    total = shares.sum(axis=0)
    return np.divide(shares, total, out=np.zeros_like(shares), where=(total > 0)[None, :])


def read_flows(store: Store, at: Snapshot, table: str) -> tuple[Flows, list[Note]]:
    """Read one input–output table as symmetric flows between sectors that can be inverted."""
    columns = ["matrix", "origin", "row", "row_kind", "column", "column_kind", "value", "unit"]
    cells = read(store, "input_output", columns, at, table=table)
    symmetric = cells.filter(pl.col("matrix") == "symmetric")
    return _productive(_symmetric(symmetric) if symmetric.height else _supply_use(cells))


def sector_names(store: Store, at: Snapshot, classification: str) -> dict[str, tuple[str, str]]:
    """Names (zh, en) of a classification's codes; one language stands in for the other."""
    names = read(
        store, "industry", ["code", "name_zh", "name_en"], at, classification=classification
    )
    return {code: (zh or en or code, en or zh or code) for code, zh, en in names.iter_rows()}


def read_links(
    store: Store, at: Snapshot, classification: Classification, detail: NDArray[np.intp], place: str
) -> tuple[Links | None, list[Note]]:
    """Read the newest input–output table that the classification has a concordance to.

    Returns:
        The links, or None when there is no table or no concordance, and notes for the page.
    """
    concordance = _concordance(store, at, classification.name)
    tables = _tables(store, at, concordance["to_classification"].unique().to_list())
    if tables.is_empty():
        return None, []
    newest = tables.sort("period", "table").row(-1, named=True)
    flows, notes = read_flows(store, at, newest["table"])
    mapped = concordance.filter(pl.col("to_classification") == newest["classification"])
    weights, even = concordance_weights(mapped, classification, detail, flows.sectors)
    if even:
        notes.append((
            f"{even} 个行业对应多个部门而没有权重，按个数均分",
            f"{even} industries map to several sectors without weights and were split evenly",
        ))  # fmt: skip
    home = newest["place"] in _above(store, at, place)
    if not home:
        notes.append((
            f"投入产出表 {newest['table']} 不是本地所在国家的，只用其技术结构，不显示金额",
            f"the table {newest['table']} is of another country: only its structure is used, no amounts",
        ))  # fmt: skip
    return _links(store, at, newest, flows, weights, home=home), notes


def _above(store: Store, at: Snapshot, place: str) -> set[str]:
    """The place and everything that it lies in."""
    parents = dict(read(store, "place", ["place", "parent"], at).iter_rows())
    found: set[str] = set()
    while place and place not in found:
        found.add(place)
        place = parents.get(place) or ""
    return found


def _links(
    store: Store, at: Snapshot, table: dict[str, str], flows: Flows, weights: Floats, *, home: bool
) -> Links:
    A = technical_coefficients(flows.Z, flows.output)
    inverse = leontief_inverse(A, flows.sectors)
    ghosh = ghosh_inverse(allocation_coefficients(flows.Z, flows.output), flows.sectors)
    named = sector_names(store, at, table["classification"])
    pairs = [named.get(code, (code, code)) for code in flows.sectors]
    with np.errstate(divide="ignore", invalid="ignore"):
        sold_on = np.minimum(np.nan_to_num(flows.Z.sum(axis=1) / flows.output), 1.0)
        added = np.nan_to_num(flows.value_added / flows.output)
    return Links(
        table=table["table"],
        sectors=flows.sectors,
        names_zh=tuple(zh for zh, _ in pairs),
        names_en=tuple(en for _, en in pairs),
        weights=weights,
        A=A,
        requirement=_requirement_shares(inverse),
        sales=_off_diagonal_share(ghosh),
        steps=np.nan_to_num(average_propagation_lengths(inverse), nan=np.inf),
        output=flows.output,
        intermediate_share=sold_on,
        value_added_share=added,
        unit=flows.unit,
        home=home,
    )
