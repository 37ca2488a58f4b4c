"""Reads ``county.toml`` into :class:`jiqun.facts.load.mapping.County`.

A key that is not known is an error that offers the nearest one; every problem of the file is
reported at once.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, cast

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract, contracts
from jiqun.facts.load.mapping import (
    NAME,
    Balance,
    County,
    Matrix,
    Measure,
    Melt,
    Suppressed,
    Table,
    Take,
    nearest,
)
from jiqun.facts.values.period import KINDS
from jiqun.facts.values.units import find

PERMU = ("permu", "permu_unit", "permu_apart_m2")
UNITS_OF_PERMU = ("firm", "operator", "parcel")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(item) for item in cast(list[object], value))
    return (str(value),)


def _text_map(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in cast(dict[str, object], value).items()}


def _lists(value: object) -> dict[str, tuple[str, ...]]:
    return {str(k): _texts(v) for k, v in cast(dict[str, object], value).items()}


class _Reader:
    """Collects every problem of one file; ``where`` names the section being read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, code: str, where: str, value: object = "", extra: str = "") -> None:
        self.problems.append(
            messages.problem(code, file=self.file, column=where, value=str(value), extra=extra)
        )

    def keys(self, raw: Mapping[str, object], known: Collection[str], where: str) -> None:
        for key in raw:
            if key not in known:
                self.add("E-MAPPING-KEY", where, key, nearest(key, known) or "、".join(known))

    def build(self, kind: type, raw: object, where: str) -> Any:
        """Make a small dataclass from an inline table; report unknown and missing keys."""
        if not isinstance(raw, dict):
            self.add("E-MAPPING-VALUE", where, raw, "{ … }")
            return None
        given = cast(dict[str, object], raw)
        self.keys(given, [f.name for f in fields(kind)], where)
        missing = [
            f.name for f in fields(kind)
            if f.default is MISSING and f.default_factory is MISSING and f.name not in given
        ]  # fmt: skip
        for name in missing:
            self.add("E-MAPPING-VALUE", where, name, name)
        if missing:
            return None
        return kind(**{f.name: given[f.name] for f in fields(kind) if f.name in given})

    def take(self, raw: object, where: str) -> Take:
        if not isinstance(raw, dict):
            return Take(headings=_texts(raw))
        given = cast(dict[str, Any], raw)
        known = ("from", "join", "with", "slice", "length", "prefix", "aliases", "map")
        self.keys(given, known, where)
        bounds = given.get("slice")
        return Take(
            headings=_texts(given["from"]) if "from" in given else (),
            join=_texts(given.get("join", [])),
            separator=str(given.get("with", "")),
            slice=(int(bounds[0]), int(bounds[1])) if bounds else None,
            length=bool(given.get("length", False)),
            prefix=bool(given.get("prefix", False)),
            aliases=_text_map(given.get("aliases", {})),
            map=_text_map(given.get("map", {})),
        )

    def measure(self, raw: object, where: str) -> Measure | None:
        given = _text_map(raw) if isinstance(raw, dict) else {}
        if "column" not in given:
            self.add("E-MAPPING-VALUE", where, raw, "column")
            return None
        rest = {k: v for k, v in given.items() if k not in ("column", "unit")}
        return Measure(given["column"], rest, given.get("unit", ""))


def _convert(reader: _Reader, key: str, raw: object, where: str) -> object:
    """Turn one TOML value of a ``[[table]]`` into the type of the dataclass field."""
    small = {"melt": Melt, "matrix": Matrix, "balance": Balance}
    if key in small:
        return reader.build(small[key], raw, f"{where}.{key}")
    if key == "columns":
        pairs = cast(dict[str, object], raw).items()
        return {k: reader.take(v, f"{where}.columns.{k}") for k, v in pairs}
    if key == "measures":
        found = [reader.measure(item, f"{where}.measures") for item in cast(list[object], raw)]
        return tuple(item for item in found if item)
    if key == "suppressed":
        items = cast(list[object], raw if isinstance(raw, list) else [raw])
        found = [reader.build(Suppressed, item, f"{where}.suppressed") for item in items]
        return tuple(item for item in found if item)
    if key == "rows":
        return tuple(_text_map(item) for item in cast(list[object], raw))
    return _convert_plain(key, raw)


def _convert_plain(key: str, raw: object) -> object:
    if key == "header_rows":
        return tuple(int(cast(int, r)) for r in (raw if isinstance(raw, list) else [raw]))
    if key in ("fill_down", "ignore", "suppression_marks"):
        return _texts(raw)
    if key in ("keep", "drop"):
        return _lists(raw)
    if key in ("constants", "units", "split"):
        return _text_map(raw)
    if key == "values":
        return {k: _text_map(v) for k, v in cast(dict[str, object], raw).items()}
    return raw


CHOICES: Mapping[str, Sequence[str]] = {
    "absent": ("unknown", "suppressed", "zero"),
    "dash": ("missing", "zero"),
    "period_kind": KINDS,
}
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "file": str, "contract": str, "source": str, "owner": str, "basis": str, "sheet": str,
    "encoding": str, "delimiter": str, "unit": str, "as_of": dt.date, "next_due": dt.date,
    "skip": int, "year": int, "totals": bool, "round": bool, "hidden": bool,
    "serial_dates": bool, "columns": dict, "constants": dict, "units": dict, "keep": dict,
    "drop": dict, "split": dict, "values": dict, "measures": list, "rows": list,
}  # fmt: skip


def _check_contract_columns(reader: _Reader, table: Table, spec: Contract, where: str) -> None:
    """Every name on the contract's side of the mapping must be one of its columns."""
    named: set[str] = {*table.columns, *table.constants, *table.split, *table.values}
    named |= {key for item in table.measures for key in item.set} | {
        k for r in table.rows for k in r
    }
    named |= {table.melt.to} if table.melt else set()
    for name in sorted(named - {*spec.names}):
        reader.add(
            "E-MAPPING-COLUMN", where, name, nearest(name, spec.names) or "、".join(spec.names)
        )
    written = [table.unit, *table.units.values(), *(item.unit for item in table.measures)]
    for unit in filter(None, written):
        if find(unit) is None:
            reader.add("E-UNIT", where, unit, unit)


def _check_patterns(reader: _Reader, table: Table, where: str) -> None:
    patterns = [table.melt.columns] if table.melt else []
    if table.matrix:
        patterns += [*table.matrix.row_kinds.values(), *table.matrix.column_kinds.values()]
    filters = [v for group in (table.keep, table.drop) for values in group.values() for v in values]
    patterns += [value[3:] for value in filters if value.startswith("re:")]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as reason:
            reader.add("E-MAPPING-VALUE", where, pattern, str(reason))


def _check_values(reader: _Reader, raw: Mapping[str, object], where: str) -> None:
    """Report unknown and missing keys, values of the wrong type, and words that are no choice."""
    reader.keys(raw, [f.name for f in fields(Table)], where)
    needed = ["contract", "source"] + (["file"] if "rows" not in raw else [])
    for key in needed:
        if key not in raw:
            reader.add("E-MAPPING-VALUE", where, key, key)
    for key, kind in TYPES.items():
        if key in raw and not isinstance(raw[key], kind):
            reader.add("E-MAPPING-VALUE", f"{where}.{key}", raw[key], getattr(kind, "__name__", ""))
    for key, choices in CHOICES.items():
        if key in raw and raw[key] not in choices:
            reader.add("E-MAPPING-VALUE", f"{where}.{key}", raw[key], "、".join(choices))
    name = str(raw.get("contract", ""))
    if name and name not in contracts():
        offer = nearest(name, contracts()) or "、".join(contracts())
        reader.add("E-MAPPING-CONTRACT", where, name, offer)


def _table(reader: _Reader, raw: Mapping[str, object], number: int) -> Table | None:
    where = f"table {number} ({raw.get('file') or raw.get('source') or '?'})"
    before = len(reader.problems)
    _check_values(reader, raw, where)
    if len(reader.problems) > before:
        return None
    given = {key: _convert(reader, key, value, where) for key, value in raw.items()}
    if len(reader.problems) > before:
        return None
    table = Table(**cast(dict[str, Any], given))
    _check_contract_columns(reader, table, contracts()[table.contract], where)
    _check_patterns(reader, table, where)
    return table


def _unit_of_permu(reader: _Reader, head: Mapping[str, Any]) -> str:
    unit = str(head.get("permu_unit", ""))
    if unit and unit not in UNITS_OF_PERMU:
        reader.add("E-MAPPING-VALUE", "county.permu_unit", unit, "、".join(UNITS_OF_PERMU))
    return unit


def _apart(reader: _Reader, head: Mapping[str, Any]) -> int:
    size = head.get("permu_apart_m2", 0)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        reader.add("E-MAPPING-VALUE", "county.permu_apart_m2", size, "3000")
        return 0
    return size


def _thresholds(reader: _Reader, given: object, name: str = "") -> dict[str, float]:
    """The county's own thresholds by the name of the parameter; what is no number is a problem."""
    if isinstance(given, dict):
        parts = cast("dict[str, object]", given).items()
        found = [_thresholds(reader, one, f"{name}.{key}" if name else key) for key, one in parts]
        return {key: value for part in found for key, value in part.items()}
    if not name or isinstance(given, bool) or not isinstance(given, int | float):
        reader.add("E-MAPPING-VALUE", f"county.screening {name}".strip(), given, "0.5")
        return {}
    return {name: float(given)}


def parse(text: str, *, folder: Path, file: str = NAME) -> County:
    """Parse the text of a ``county.toml``.

    Raises:
        JiqunError: E-MAPPING-SYNTAX, or E-MAPPING with every problem in ``fields``.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        found = messages.problem("E-MAPPING-SYNTAX", file=file, extra=str(reason))
        raise messages.error(found) from reason
    reader = _Reader(file)
    reader.keys(raw, ("county", "table"), file)
    head = cast(dict[str, Any], raw.get("county", {}))
    known = (
        "name", "place", "root", "synthetic", "classification", "focus", *PERMU, "screening",
    )  # fmt: skip
    reader.keys(head, known, "county")
    thresholds = _thresholds(reader, head.get("screening", {}))
    sections = cast(list[dict[str, object]], raw.get("table", []))
    tables = [_table(reader, section, i + 1) for i, section in enumerate(sections)]
    unit, apart = _unit_of_permu(reader, head), _apart(reader, head)
    if not sections:
        reader.add("E-MAPPING-VALUE", file, "[[table]]", "[[table]]")
    if reader.problems:
        first = messages.problem("E-MAPPING", file=file, value=str(len(reader.problems)))
        raise messages.error(first, also=reader.problems)
    return County(
        name=str(head.get("name", folder.name)),
        folder=folder,
        root=(folder / str(head.get("root", "."))).resolve(),
        tables=tuple(table for table in tables if table),
        place=str(head.get("place", "")),
        synthetic=bool(head.get("synthetic", False)),
        classification=str(head.get("classification", "")),
        focus=tuple(map(str, head.get("focus", [head["place"]] if "place" in head else []))),
        permu=str(head.get("permu", "")),
        permu_unit=unit,
        permu_apart_m2=apart,
        screening=thresholds,
    )


def load(folder: Path) -> County:
    """Read ``county.toml`` of a folder; JiqunError E-MAPPING-FILE when there is none."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        found = messages.problem("E-MAPPING-FILE", file=str(folder.name), extra=str(reason))
        raise messages.error(found) from reason
    return parse(text, folder=folder)
