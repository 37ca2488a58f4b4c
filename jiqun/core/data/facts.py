"""Facts as tables: one spec per contract, read by DuckDB with filters, order and paging inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from django.utils import timezone

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.audit import read_firms
from jiqun.core.data.visible import firm_columns, grade_of, may_open, visible_facts
from jiqun.core.factstore import store
from jiqun.core.imports.usual import USUAL, in_usual_unit
from jiqun.core.lawful.fields import field_label
from jiqun.core.tabular import (
    Condition,
    Field,
    FieldType,
    Importer,
    Query,
    Rows,
    Source,
    TableSpec,
)
from jiqun.core.tabular.query import YES, typed
from jiqun.core.tabular.spec import UNKNOWN
from jiqun.facts.contract import Column, Contract
from jiqun.facts.template import label as heading

TYPES: Mapping[str, FieldType] = {
    "text": "text", "code": "code", "enum": "words", "integer": "integer", "number": "number",
    "quantity": "quantity", "unit": "text", "date": "date", "period": "period", "bool": "bool",
    "firm_id": "firm_id",
}  # fmt: skip
ORIGIN = (
    Field("source", "来源", "Source", importable=False,
          about_zh="责任单位所称的表名", about_en="the table as its owner calls it"),
    Field("source_row", "来源行", "Source row", "integer", importable=False, filter="none",
          about_zh="在来源文件中的行号", about_en="row in the file that it came from"),
    Field("as_of", "数据日期", "As of", "date", importable=False,
          about_zh="责任单位确认的日期", about_en="day on which the owner vouched for it"),
)  # fmt: skip
READERS: Mapping[Grade, tuple[str, str]] = {
    Grade.PUBLIC: (
        "登录者，限本人负责的地方",
        "everybody who has logged in, within the own places",
    ),
    Grade.AGGREGATE: ("分析员，限本人负责的地方", "analysts, within the own places"),
    Grade.FIRM: (
        "企业本身；分析员说明用途后，限本人负责的地方，每次查看留痕",
        "the firm itself; analysts with a purpose, within the own places, each read logged",
    ),
}
Row = Mapping[str, Any]


def field_of(column: Column, contract: Contract) -> Field:
    """Return a contract's column as a column of the page."""
    return Field(
        column.name, column.zh, column.en, TYPES[column.type], "" if column.type == "unit" else column.unit,
        about_zh=column.about.get("zh", ""), about_en=column.about.get("en", ""),
        words={code: (zh, code) for code, zh in column.values.items()},
        decimals=4 if column.unit == "°" else 2,
        required=column.required, example=column.example, default=column.default,
        min=column.min, max=column.max,
        grade=grade_of(contract), heading=heading(column),
    )  # fmt: skip


def _usual(table: Any) -> Any:
    """The value of a row in the unit that people use."""
    cases = [(table["unit"] == base, factor) for base, (factor, _, _) in USUAL.items()]
    return table["value"] / ibis.cases(*cases, else_=1)


def _base_units(text: str) -> list[str]:
    """Base units that a reader may mean by the name of the usual unit."""
    return [base for base, (_, *names) in USUAL.items() if text in names]


def _on_day(column: Any, day: date, bound: str) -> Any:
    """Condition on an instant by a day of the county's calendar."""
    begins = datetime.combine(day, time.min, timezone.get_default_timezone())
    if bound == "min":
        return column >= begins.astimezone(UTC)
    return column < (begins + timedelta(days=1)).astimezone(UTC)


def _asked(table: Any, spec: Field, condition: Condition) -> Any:
    """Return a condition in the words of the engine."""
    column, values = table[spec.name], condition.values
    if condition.kind == "in":
        known = [
            value == YES if spec.type == "bool" else value for value in values if value != UNKNOWN
        ]
        asked = column.isin(known) if known else ibis.literal(value=False)
        return asked | column.isnull() if UNKNOWN in values else asked
    if condition.kind == "contains":
        found = column.lower().contains(values[0].lower())
        return found | column.isin(_base_units(values[0])) if spec.name == "unit" else found
    if condition.kind == "starts":
        return column.startswith(values[0])
    bound = typed(spec, values[0])
    if spec.type == "datetime":
        return _on_day(column, bound, condition.kind)
    shown = _usual(table) if spec.type == "quantity" else column
    return shown >= bound if condition.kind == "min" else shown <= bound


def _ordered(table: Any, sort: Sequence[str], key: Sequence[str]) -> Any:
    wanted = [*sort, *(name for name in key if name not in {s.removeprefix("-") for s in sort})]
    return table.order_by(
        ibis.desc(name[1:], nulls_first=False)
        if name.startswith("-")
        else ibis.asc(name, nulls_first=False)
        for name in wanted
    )


def asked_rows(
    table: ir.Table, query: Query, fields: Mapping[str, Field], key: Sequence[str]
) -> Rows:
    """Run a query over an Ibis table: filter, count, order, cut, all inside the engine."""
    found: Any = table
    for condition in query.where:
        found = found.filter(_asked(found, fields[condition.field], condition))
    cut = _ordered(found, query.sort, key).select(*fields)
    if query.limit is None:
        rows = cut.to_polars().to_dicts()
        return Rows(rows, len(rows))
    total = int(found.count().to_pyarrow().as_py())
    rows = cut.limit(query.limit, offset=query.start).to_polars().to_dicts() if total else []
    return Rows(rows, total)


def _reader(contract: Contract, fields: tuple[Field, ...]) -> Callable[[Viewer, Query], Rows]:
    by_name = {one.name: one for one in fields}
    firms = firm_columns(contract)

    def read(viewer: Viewer, query: Query) -> Rows:
        found = asked_rows(visible_facts(store(), contract, viewer), query, by_name, contract.key)
        if contract.grade == "firm":
            named = {row[name] for row in found.rows for name in firms if row[name]}
            read_firms(viewer, named, fields=f"{contract.name}: {', '.join(query.columns) or '*'}")
        return found

    return read


def present(rows: Sequence[Row]) -> Sequence[Row]:
    """Turn base units into the usual ones: 120000000 CNY_fen → 1200000 元; exact below 2**53."""
    return [
        _named(_in_usual_unit(row) if "unit" in row and "value" in row else row) for row in rows
    ]


def _named(row: Row) -> Row:
    """A row with its indicator's name beside the code, which stays what files are matched by."""
    if not row.get("indicator"):
        return row
    return {**row, "indicator_note": field_label(f"firm_indicator.{row['indicator']}")}


def _in_usual_unit(row: Row) -> Row:
    value, unit = in_usual_unit(row["value"], row["unit"])
    return {**row, "value": value, "unit": unit}


def _sources(name: str) -> Sequence[Source]:
    batches = store().batches().filter(contract=name).sort("recorded_at", descending=True)
    latest = batches.unique("source", keep="first", maintain_order=True)
    return [
        Source(
            row["source"], json.loads(row["meta"]).get("file", ""), row["owner"] or "", row["as_of"]
        )
        for row in latest.iter_rows(named=True)
    ]


def _why_empty(contract: Contract, viewer: Viewer) -> tuple[str, str, str] | None:
    if contract.grade == "firm" and viewer.official and not may_see_firm_rows(viewer):
        return (
            "这是企业自己的数字，说明用途后才能查看；每次查看都会留痕，企业能看到。",
            "These are firms' own figures. State a purpose to see them; each read is logged and the firm sees it.",
            "purpose",
        )
    if not viewer.places:
        return (
            "您所在的单位还没有负责的地方，请联系系统管理员。",
            "Your organisation answers for no place yet; ask the system administrator.",
            "",
        )
    return None


def fact_table(
    contract: Contract, importer: Importer | None, writers: tuple[str, str]
) -> TableSpec:
    """Return the spec of a contract's table."""
    fields = (*(field_of(column, contract) for column in contract.columns), *ORIGIN)
    return TableSpec(
        contract.name, contract.title["zh"], contract.title["en"], fields, contract.key,
        _reader(contract, fields),
        about_zh=contract.about["zh"], about_en=contract.about["en"],
        grade=grade_of(contract),
        may_open=lambda viewer: may_open(contract, viewer),
        readers=READERS[grade_of(contract)], writers=writers, importer=importer,
        sources=lambda: _sources(contract.name),
        version=lambda: f"{contract.name} v{store().version(contract.name)}",
        why_empty=lambda viewer: _why_empty(contract, viewer),
        present=present,
    )  # fmt: skip
