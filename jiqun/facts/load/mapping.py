"""``county.toml``: how a county's own tables map to contracts, without code.

Reference of every key: ``docs/reference/county-toml.md``; read by :mod:`jiqun.facts.load.county_file`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

NAME = "county.toml"


@dataclass(frozen=True, slots=True)
class Take:
    """Where a contract column comes from: one heading (or the first present), or several joined.

    ``slice`` keeps characters [start, end); ``prefix`` replaces a code by its longest shorter
    prefix in the same column (the parent), through ``aliases``; ``map`` translates whole values.
    """

    headings: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    separator: str = ""
    slice: tuple[int, int] | None = None
    length: bool = False
    prefix: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """One value column of a wide table: each row of the file makes one fact of it."""

    column: str
    set: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Melt:
    r"""Columns whose headings match ``columns`` become rows; the heading fills column ``to``.

    A group in the pattern picks the part of the heading: ``产值/(\d{4})``.
    """

    columns: str
    to: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table whose every cell is a fact (input–output); kinds by pattern, first match wins."""

    row: str
    row_kinds: Mapping[str, str]
    column_kinds: Mapping[str, str]
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """Which codes hold gross output, so that rows and columns can be checked against it."""

    row_total: str = ""
    column_total: str = ""
    imports: Literal["subtract", "signed", "none"] = "subtract"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A zero that hides: ``column`` is 0 although ``positive`` is above 0 (``where`` limits it)."""

    column: str
    positive: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """One ``[[table]]``: one file (or inline rows) for one contract."""

    contract: str
    source: str
    file: str = ""
    rows: tuple[Mapping[str, str], ...] = ()
    owner: str = ""
    as_of: dt.date | None = None
    basis: str = ""
    next_due: dt.date | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: tuple[int, ...] = ()
    skip: int = 0
    totals: bool = True
    hidden: bool = False
    fill_down: tuple[str, ...] = ()
    columns: Mapping[str, Take] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    year: int | None = None
    period_kind: str | None = None
    serial_dates: bool = False
    measures: tuple[Measure, ...] = ()
    melt: Melt | None = None
    matrix: Matrix | None = None
    balance: Balance | None = None
    suppressed: tuple[Suppressed, ...] = ()
    suppression_marks: tuple[str, ...] = ()
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drop: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    absent: Literal["unknown", "suppressed", "zero"] = "unknown"
    dash: Literal["missing", "zero"] = "missing"
    round: bool = False
    ignore: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Canonical text of the section, part of the batch's idempotency key."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class County:
    """A parsed ``county.toml``; ``root`` is the folder that files are relative to.

    ``focus`` names the places whose findings are computed unless others are asked for; ``permu``
    the rule pack of their per-mu evaluation, ``permu_unit`` what it evaluates and
    ``permu_apart_m2`` from which rented floor a tenant is a unit of its own; ``screening`` their own
    thresholds of low-efficiency land.
    """

    name: str
    folder: Path
    root: Path
    tables: tuple[Table, ...]
    place: str = ""
    synthetic: bool = False
    classification: str = ""
    focus: tuple[str, ...] = ()
    permu: str = ""
    permu_unit: str = ""
    permu_apart_m2: int = 0
    screening: Mapping[str, float] = field(default_factory=dict[str, float])


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that looks most like ``word``, or ''."""
    lower = {item.lower(): item for item in known}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=0.5)
    return lower[found[0]] if found else ""
