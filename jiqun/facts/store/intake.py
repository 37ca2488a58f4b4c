"""What happens to a batch before it is stored: its shape, its order, what is already known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa

from jiqun.errors import JiqunError, Kind, Problem
from jiqun.facts.contract import PROVENANCE, Contract
from jiqun.facts.store.snapshot import ordered_digest
from jiqun.facts.store.view import OWN, REPLACES, SEQUENCE, SQL_TYPES

SHOWN = 5  # examples named in an error message


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch against what is stored: new rows, and how many were known or corrected.

    ``rows`` have the column ``_replaces``: the sequence of the fact that a correction replaces.
    """

    rows: pl.DataFrame
    duplicate: int
    corrections: int


def stored_schema(contract: Contract) -> pa.Schema:
    """Return the contract's Arrow schema with the store's own columns at the end."""
    own = [pa.field(name, pa.int64()) for name in OWN]
    return pa.schema([*contract.arrow_schema, *own])


def conform(frame: pl.DataFrame, contract: Contract, *, batch: str, source: str) -> pl.DataFrame:
    """Return ``frame`` with exactly the contract's columns and types, sorted by its key.

    Where a row came from may be left out: ``batch`` is always set, ``source`` where it is null.

    Raises:
        JiqunError: ``E-STORE-COLUMNS`` for a missing or unknown column, ``E-STORE-TYPE`` for
            values that do not fit the column's type.
    """
    provenance = [name for name, _ in PROVENANCE]
    missing = [name for name in contract.names if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in (*contract.names, *provenance)]
    if missing or unknown:
        raise JiqunError(
            "E-STORE-COLUMNS",
            f"批次的列与契约 {contract.name} 不符：缺少 {missing}，多出 {unknown}",
            f"the batch does not have the columns of contract {contract.name}: missing "
            f"{missing}, unknown {unknown}",
            hint_zh="缺少的列应以空值给出",
            hint_en="give a missing column as nulls",
        )
    target = pl.DataFrame(contract.arrow_schema.empty_table()).schema
    absent = [pl.lit(None).alias(name) for name in provenance if name not in frame.columns]
    full = frame.with_columns(absent).with_columns(
        pl.lit(batch).alias("batch"), pl.col("source").cast(pl.String).fill_null(source)
    )
    try:
        typed = full.select(pl.col(name).cast(kind) for name, kind in target.items())
    except pl.exceptions.PolarsError as error:
        raise JiqunError(
            "E-STORE-TYPE",
            f"批次中有值不符合契约 {contract.name} 的类型：{error}",
            f"values of the batch do not fit the types of contract {contract.name}: {error}",
            hint_zh="先按契约校验，不合格的行应隔离",
            hint_en="validate against the contract first; rows that fail belong in quarantine",
        ) from error
    return typed.sort(contract.key, nulls_last=True, maintain_order=True)


def content_digest(frame: pl.DataFrame, contract: Contract) -> str:
    """Return the digest of a conformed batch without where it came from.

    A retry may read the same file under another path or on another day; its facts are the same.
    """
    return ordered_digest(frame.select(contract.names))


def sift(
    frame: pl.DataFrame,
    contract: Contract,
    stored: str | None,
    connection: duckdb.DuckDBPyConnection,
) -> Sifted:
    """Split a conformed batch into new rows and those already stored with equal values.

    Args:
        frame: the batch, sorted by the contract's key.
        contract: its contract; where a row came from is not compared.
        stored: SQL of the latest stored fact of every key with its sequence, None when nothing is stored.
        connection: where ``stored`` can be run.

    Raises:
        JiqunError: ``E-STORE-KEY`` when the batch gives two values for one key.
    """
    unique = _unique(frame, contract)
    repeated = frame.height - unique.height
    if stored is None or unique.is_empty():
        return Sifted(unique.with_columns(pl.lit(None, pl.Int64).alias(REPLACES)), repeated, 0)
    known = _compare(unique, contract, stored, connection)
    known = known.with_columns(pl.col("_row").cast(pl.UInt32)).unique("_row")
    same, other = known.filter("same"), known.filter(~pl.col("same"))
    kept = (
        unique.with_row_index("_row")
        .join(same, on="_row", how="anti", maintain_order="left")
        .join(other.select("_row", REPLACES), on="_row", how="left", maintain_order="left")
    )
    return Sifted(kept.drop("_row"), repeated + same.height, other.height)


def _unique(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Drop rows that repeat the one before; the frame is sorted, so equal keys are neighbours."""
    again = frame.select(_as_before(contract.key).alias("key")).to_series()
    if not again.any():
        return frame
    unique = frame.unique(list(contract.names), keep="first", maintain_order=True)
    clash = unique.filter(_as_before(contract.key))
    if clash.is_empty():
        return unique
    problems = [
        Problem(
            "E-STORE-KEY",
            "同一主键在一个批次中有两个不同的值",
            "one batch gives two different values for one key",
            column=", ".join(contract.key),
            value=", ".join(str(row[name]) for name in contract.key),
            row=row["source_row"],
        )
        for row in clash.head(SHOWN).iter_rows(named=True)
    ]
    raise JiqunError(
        "E-STORE-KEY",
        f"批次中有 {clash.height} 个主键给出互相矛盾的值（{contract.name}）",
        f"{clash.height} keys of the batch have contradicting values ({contract.name})",
        hint_zh="矛盾的行应隔离；更正应另作一个批次",
        hint_en="contradicting rows belong in quarantine; send a correction as its own batch",
        fields=problems,
    )


def _as_before(names: Sequence[str]) -> pl.Expr:
    equal = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in names)
    return equal & (pl.int_range(pl.len()) > 0)


def _compare(
    frame: pl.DataFrame, contract: Contract, stored: str, connection: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """Return the rows whose key is stored, with what, and whether their values are the same."""
    values = [name for name in contract.names if name not in contract.key]
    keys = " AND ".join(f'n."{name}" IS NOT DISTINCT FROM s."{name}"' for name in contract.key)
    same = " AND ".join(f'n."{name}" IS NOT DISTINCT FROM s."{name}"' for name in values)
    connection.register(
        "jiqun_incoming", frame.select(contract.names).with_row_index("_row").to_arrow()
    )
    try:
        found = connection.sql(
            f"SELECT n._row, ({same or 'true'}) AS same, s.{SEQUENCE} AS {REPLACES} "
            f"FROM jiqun_incoming n JOIN ({stored}) s ON {keys}"
        )
        return pl.DataFrame(found.to_arrow_table())
    finally:
        connection.unregister("jiqun_incoming")


def finding_table(frame: pl.DataFrame, run: str, stored: pa.Schema | None) -> pa.Table:
    """Return a finding as stored: its columns, the run's id, nulls for columns it lacks.

    Args:
        frame: what the engine found; its order of rows is kept.
        run: id of the run.
        stored: schema of the engine's table so far, None for its first run.

    Raises:
        JiqunError: ``E-STORE-TYPE`` for a type that the store does not keep, ``E-STORE-SCHEMA``
            when a stored column has changed its type.
    """
    table = frame.with_columns(pl.lit(run).alias("run")).to_arrow()
    fields = [pa.field(field.name, _plain(field)) for field in table.schema]
    table = table.cast(pa.schema(fields))
    known = {} if stored is None else {field.name: field for field in stored}
    changed = [f.name for f in fields if f.name in known and known[f.name].type != f.type]
    if changed:
        raise JiqunError(
            "E-STORE-SCHEMA",
            f"发现表的列类型改变：{changed}",
            f"columns of the finding changed their type: {changed}",
            hint_zh="改用新的列名",
            hint_en="use a new column name",
            kind=Kind.CONFLICT,
        )
    for name, field in known.items():
        if name not in table.schema.names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    new = [field.name for field in fields if field.name not in known]
    return table.select([*known, *new])


def _plain(field: pa.Field[pa.DataType]) -> pa.DataType:
    """Return the type under which a column of a finding is stored; Delta has no unsigned ones."""
    kind = field.type
    if pa.types.is_dictionary(kind) or pa.types.is_null(kind):
        return pa.string()
    if kind in (pa.large_string(), pa.string_view()):
        return pa.string()
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if str(kind) in SQL_TYPES or pa.types.is_decimal(kind):
        return kind
    raise JiqunError(
        "E-STORE-TYPE",
        f"列 {field.name} 的类型 {kind} 不能存入事实库",
        f"column {field.name} has type {kind}, which the store does not keep",
        hint_zh="嵌套内容请转为 JSON 文本列",
        hint_en="turn nested content into a column of JSON text",
    )
