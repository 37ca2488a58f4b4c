"""Contracts: what a table of facts must look like, one declarative YAML file each.

A contract generates the Arrow schema of the store, the validation, the Excel template and the
reference page. Every row of every fact also carries where it came from (``PROVENANCE``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow as pa

from jiqun import yamlfile
from jiqun.errors import JiqunError, Kind

ColumnType = Literal[
    "text", "code", "enum", "integer", "number", "quantity", "unit", "date", "period", "bool",
    "firm_id",
]  # fmt: skip
ARROW_TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "code": pa.string(),
    "enum": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "quantity": pa.int64(),
    "unit": pa.string(),
    "date": pa.date32(),
    "period": pa.string(),
    "bool": pa.bool_(),
    "firm_id": pa.string(),
}
# Where a fact came from. source = the table as its owner calls it; source_row = row in that file,
# counted as a spreadsheet does; as_of = the day on which the owner vouched for it.
PROVENANCE: tuple[tuple[str, pa.DataType], ...] = (
    ("source", pa.string()),
    ("source_row", pa.int64()),
    ("as_of", pa.date32()),
    ("basis", pa.string()),
    ("batch", pa.string()),
)
Grade = Literal["public", "aggregate", "firm", "personal"]
OPEN_GRADES = frozenset({"public", "aggregate"})  # may be used without a lawful basis per row
BASIS = "lawful_basis"
FOLDER = Path(__file__).parent / "contracts"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract. ``quantity`` is an integer in the base unit of the row's unit.

    ``grade`` says how far its values may travel; None for as far as the table's.
    """

    name: str
    type: ColumnType
    zh: str
    en: str
    required: bool = False
    example: str = ""
    default: str | None = None
    unit: str = ""
    min: float | None = None
    max: float | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A table of facts (or, with ``kind == 'finding'``, of findings)."""

    name: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    kind: Literal["fact", "finding"] = "fact"
    grade: Grade = "public"
    negative_allowed: Mapping[str, bool] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the contract's own columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def column_grades(self) -> Mapping[str, Grade]:
        """How far the values of each column may travel, in order."""
        return {column.name: column.grade or self.grade for column in self.columns}

    @property
    def arrow_schema(self) -> pa.Schema:
        """Schema of the stored table: the contract's columns, then where each row came from."""
        own = [pa.field(column.name, ARROW_TYPES[column.type]) for column in self.columns]
        return pa.schema(own + [pa.field(name, kind) for name, kind in PROVENANCE])


def _parse(path: Path) -> Contract:
    raw = cast(dict[str, Any], yamlfile.content(path))
    columns = tuple(Column(**column) for column in raw.pop("columns"))
    contract = Contract(columns=columns, key=tuple(raw.pop("key")), **raw)
    missing = [name for name in contract.key if name not in contract.names]
    if missing or contract.name != path.stem:
        raise JiqunError(
            "E-CONTRACT",
            f"契约文件 {path.name} 自相矛盾：主键列 {missing} 不存在或名称与文件名不同",
            f"contract file {path.name} contradicts itself: key columns {missing} do not exist, "
            "or its name differs from the file's",
            kind=Kind.INTERNAL,
        )
    if contract.kind == "fact":
        require_basis(contract)
    return contract


def require_basis(contract: Contract) -> None:
    """Refuse a contract that holds firm-level or personal columns but no lawful basis for them.

    Raises:
        JiqunError: ``E-CONTRACT``.
    """
    graded = [n for n, grade in contract.column_grades.items() if grade not in OPEN_GRADES]
    if not graded or BASIS in contract.names:
        return
    raise JiqunError(
        "E-CONTRACT",
        f"契约 {contract.name} 有涉企或个人列 {graded}，却没有 {BASIS} 列",
        f"contract {contract.name} has firm-level or personal columns {graded} but no {BASIS}",
        hint_zh=f"在该契约中增加 {BASIS} 列",
        hint_en=f"add a column {BASIS} to the contract",
        kind=Kind.INTERNAL,
    )


@cache
def contracts() -> Mapping[str, Contract]:
    """Return every contract by name, in the order of their files' names."""
    return {path.stem: _parse(path) for path in sorted(FOLDER.glob("*.yaml"))}


def contract(name: str) -> Contract:
    """Return one contract; JiqunError ``E-CONTRACT-UNKNOWN`` when there is none of that name."""
    known = contracts()
    if name not in known:
        raise JiqunError(
            "E-CONTRACT-UNKNOWN",
            f"没有名为“{name}”的契约",
            f"there is no contract called “{name}”",
            hint_zh="可用的契约：" + "、".join(known),
            hint_en="known contracts: " + ", ".join(known),
            kind=Kind.NOT_FOUND,
        )
    return known[name]
