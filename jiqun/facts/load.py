"""Load a county's folder: files → records → facts in the store, every row accounted for.

For every table ``received = accepted + quarantined + duplicate``. A table that cannot be read is
reported and the others go on. Loading the same folder again changes nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from jiqun.errors import JiqunError, Problem
from jiqun.facts import balance, mapping, messages, records, units
from jiqun.facts.contract import Contract, contract
from jiqun.facts.convert import RECORD, convert
from jiqun.facts.mapping import County, Table
from jiqun.facts.quality import Checked, Known, check
from jiqun.facts.read import tables
from jiqun.facts.read.sheet import Heading
from jiqun.facts.read.tables import ROW, TOTAL, WIDE, RawTable
from jiqun.facts.records import HEADING, SRC, Records

FORMAT = "1"  # changes when the same file would make other facts
SHOWN = 200  # row problems listed per table; all of them are in the quarantine
# Later contracts refer to earlier ones.
ORDER = ("place", "industry", "firm")


class Receipt(Protocol):
    """What the store answers."""

    @property
    def accepted(self) -> int:
        """Rows stored."""
        ...

    @property
    def duplicate(self) -> int:
        """Rows already known, within the batch or from before."""
        ...

    @property
    def repeated(self) -> bool:
        """True when the batch was known and nothing was written."""
        ...


class FactStore(Protocol):
    """The part of the store that loading uses."""

    def append(
        self,
        contract_name: str,
        accepted: pl.DataFrame,
        *,
        batch: str,
        received: int,
        source: str,
        quarantined: pl.DataFrame | None = None,
        duplicate: int = 0,
        meta: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Store one batch, once."""
        ...

    def batches(self) -> pl.DataFrame:
        """Return the ledger: one row per batch already stored, with its counts."""
        ...


@dataclass(frozen=True, slots=True)
class TableReport:
    """What became of one table. Counts are records (facts to be); ``rows`` are rows of the file."""

    file: str
    contract: str
    source: str
    sheet: str = ""
    encoding: str = ""
    preview: tuple[str, ...] = ()
    rows: int = 0
    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    blank: int = 0
    filtered: int = 0
    repeated: bool = False
    codes: Mapping[str, int] | None = None
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    batch: str = ""

    @property
    def failed(self) -> bool:
        """True when nothing of the table could be used."""
        return bool(self.problems) and not self.received


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The report of a folder."""

    county: str
    tables: tuple[TableReport, ...]
    seconds: float

    @property
    def problems(self) -> list[Problem]:
        """Listed problems of every table."""
        return [problem for table in self.tables for problem in table.problems]

    def total(self, name: str) -> int:
        """Sum of one count (“received”, “accepted”…) over the tables."""
        return sum(int(getattr(table, name)) for table in self.tables)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table ready for the store."""

    table: Table
    raw: RawTable
    records: Records
    checked: Checked
    quarantined: pl.DataFrame
    warnings: tuple[Problem, ...]


def _inline(table: Table) -> RawTable:
    names = list(dict.fromkeys(key for row in table.rows for key in row))
    data = {name: [row.get(name) for row in table.rows] for name in names}
    frame = pl.DataFrame(data, schema=dict.fromkeys(names, pl.String)).with_columns(
        pl.int_range(1, len(table.rows) + 1, dtype=pl.Int64).alias(ROW),
        pl.lit(value=False).alias(TOTAL),
        pl.lit(value=False).alias(WIDE),
    )
    return RawTable(mapping.NAME, frame, tuple(Heading(name, name) for name in names))


def _options(table: Table) -> tables.Options:
    return tables.Options(
        sheet=table.sheet,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header_rows=table.header_rows,
        skip=table.skip,
        totals=table.totals,
        fill_down=table.fill_down,
    )


def _content(county: County, table: Table) -> bytes:
    if not table.file:
        return b""
    try:
        return (county.root / table.file).read_bytes()
    except OSError as reason:
        found = messages.problem("E-FILE-MISSING", file=table.file, value=table.file)
        raise messages.error(found) from reason


def _batch(content: bytes, table: Table, known: Known) -> str:
    """Key of a batch: file, mapping, contract, and the codes it was checked against."""
    digest = hashlib.sha256(content)
    codes = {name: sorted(group) for name, group in sorted(known.industries.items())}
    relevant = "" if table.contract == "place" else repr((sorted(known.places), codes))
    firms = repr(sorted(known.firms)) if table.contract.startswith(("firm_", "trade")) else ""
    for part in (table.fingerprint(), table.contract, FORMAT, relevant, firms):
        digest.update(b"\x00" + part.encode())
    return f"{table.contract}-{digest.hexdigest()[:32]}"


def _quarantine(
    frame: pl.DataFrame, found: pl.DataFrame, raw: RawTable, made: Records, spec: Contract
) -> pl.DataFrame:
    """One row per refused record: its first problem, every message, and the whole original row."""
    labels = {c.name: made.headings.get(c.name) or c.zh for c in spec.columns}
    position = frame.select(ROW, SRC, HEADING).with_row_index(RECORD)
    named = found.with_row_index("_n").join(position, on=RECORD, how="left", maintain_order="left")
    own = pl.col("column").replace_strict(labels, default=pl.col("column"), return_dtype=pl.String)
    heading = pl.when((pl.col("column") == "value") & (pl.col(HEADING).fill_null("") != ""))
    rendered = messages.render(
        named.with_columns(heading.then(pl.col(HEADING)).otherwise(own).alias("column"))
    )
    texts = [pl.col(part).unique(maintain_order=True).str.join(" ") for part in messages.PARTS]
    first = [pl.col(name).first() for name in (ROW, SRC, "column", "value", "code")]
    grouped = rendered.group_by(RECORD, maintain_order=True).agg(*first, *texts).sort(RECORD)
    names = [item.name for item in raw.headings]
    original = raw.frame.select(pl.struct(names).struct.json_encode().alias("record"))
    lines = (
        original[grouped[SRC].cast(pl.Int64)]["record"]
        if grouped.height
        else pl.Series([], dtype=pl.String)
    )
    return grouped.select(
        pl.lit(spec.name).alias("contract"), pl.lit(raw.file).alias("file"),
        pl.lit(raw.sheet).alias("sheet"), pl.col(ROW).alias("row"), "column", "value", "code",
        *messages.PARTS,
    ).with_columns(lines.alias("record"))  # fmt: skip


def _unbalanced(
    checked: Checked, table: Table, made: Records, frame: pl.DataFrame
) -> tuple[Checked, str]:
    """Refuse a whole input–output table that does not balance: no engine may use part of one."""
    rule = table.balance
    name = (
        str(made.frame["_unit"].drop_nulls().first() or "") if "_unit" in made.frame.columns else ""
    )
    unit = units.find(name)
    if rule is None or unit is None or not checked.accepted.height:
        return checked, ""
    wrong = balance.gaps(checked.accepted, rule, unit)
    if not wrong:
        return checked, ""
    said = balance.describe(wrong)
    refused = frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias(RECORD),
        pl.lit("value").alias("column"),
        pl.lit(wrong[0].code).alias("value"),
        pl.lit("E-IO-UNBALANCED").alias("code"),
        pl.lit(wrong[0].text()).alias("extra"),
    )
    found = pl.concat([checked.found, refused])
    return replace(checked, accepted=checked.accepted.clear(), found=found, duplicate=0), said


def _warnings(raw: RawTable, made: Records, checked: Checked, said: str) -> tuple[Problem, ...]:
    where = {"file": raw.file, "sheet": raw.sheet}
    found = list(made.problems)
    if checked.mixed:
        found.append(messages.problem("W-PERIOD-MIXED", value=checked.mixed, **where))
    found += [
        messages.problem("W-CODE-UNCHECKED", value=item, **where) for item in checked.unchecked
    ]
    if said:
        found.append(messages.problem("E-IO-UNBALANCED", column="value", extra=said, **where))
    return tuple(found)


def prepare(table: Table, content: bytes, known: Known) -> Prepared:
    """Read, map, type and check one table without storing it (the dry run of an import).

    Raises:
        JiqunError: the file cannot be read.
        Failed: its columns or units do not fit the mapping.
    """
    spec = contract(table.contract)
    raw = (
        tables.read_bytes(content, file=table.file, options=_options(table))
        if table.file
        else _inline(table)
    )
    made = records.build(raw, table, spec)
    converted = convert(made, table, raw, spec)
    checked = check(converted.frame, converted.found, spec, known)
    checked, said = _unbalanced(checked, table, made, converted.frame)
    held = _quarantine(converted.frame, checked.found, raw, made, spec)
    return Prepared(table, raw, made, checked, held, _warnings(raw, made, checked, said))


def _provenance(prepared: Prepared) -> pl.DataFrame:
    table = prepared.table
    return prepared.checked.accepted.rename({ROW: "source_row"}).with_columns(
        pl.lit(table.source).alias("source"),
        pl.lit(table.as_of, dtype=pl.Date).alias("as_of"),
        pl.lit(table.basis).alias("basis"),
    )


def _examples(held: pl.DataFrame) -> tuple[Problem, ...]:
    """The first problems of each code, so that one flood does not hide another kind."""
    shown = held.group_by("code", maintain_order=True).head(
        max(SHOWN // max(held["code"].n_unique(), 1), 5)
    )
    names = ("code", *messages.PARTS, "file", "sheet", "row", "column", "value")
    return tuple(
        Problem(
            **{name: row[name] if row[name] is not None or name == "row" else "" for name in names}
        )
        for row in shown.sort("row").iter_rows(named=True)
    )


def _store(prepared: Prepared, store: FactStore, batch: str) -> TableReport:
    table, raw, held = prepared.table, prepared.raw, prepared.quarantined
    received = prepared.records.frame.height
    meta = {
        "owner": table.owner or None, "as_of": table.as_of, "next_due": table.next_due,
        "absent": table.absent, "file": table.file, "sheet": raw.sheet, "encoding": raw.encoding,
        "rows": raw.frame.height, "blank": prepared.records.blank,
        "filtered": prepared.records.filtered,
    }  # fmt: skip
    receipt = store.append(
        table.contract, _provenance(prepared), batch=batch, received=received, source=table.source,
        quarantined=held if held.height else None, duplicate=prepared.checked.duplicate,
        meta={key: str(value) for key, value in meta.items() if value is not None},
    )  # fmt: skip
    return TableReport(
        file=table.file or mapping.NAME, contract=table.contract, source=table.source,
        sheet=raw.sheet, encoding=raw.encoding, preview=raw.preview, rows=raw.frame.height,
        received=received, accepted=receipt.accepted, quarantined=held.height,
        duplicate=receipt.duplicate, blank=prepared.records.blank,
        filtered=prepared.records.filtered, repeated=receipt.repeated,
        codes=dict(Counter(held["code"])), problems=prepared.warnings + _examples(held),
        batch=batch,
    )  # fmt: skip


def _failed(table: Table, problems: Iterable[Problem]) -> TableReport:
    return TableReport(
        file=table.file or mapping.NAME,
        contract=table.contract,
        source=table.source,
        problems=tuple(replace(p, file=p.file or table.file) for p in problems),
    )


def _again(table: Table, batch: str, row: Mapping[str, Any]) -> TableReport:
    """Report of a batch that the store has already, from its ledger."""
    counts = {name: int(row[name]) for name in ("received", "accepted", "quarantined", "duplicate")}
    return TableReport(
        file=table.file or mapping.NAME,
        contract=table.contract,
        source=table.source,
        batch=batch,
        repeated=True,
        **counts,
    )


def load_table(
    county: County,
    table: Table,
    store: FactStore,
    known: Known,
    done: Mapping[str, Mapping[str, Any]] | None = None,
) -> TableReport:
    """Load one table of a county; a table that cannot be used gives a report with its problems.

    Args:
        county: the parsed mapping.
        table: one of its tables.
        store: the fact store.
        known: codes of the tables before; grows by this one's.
        done: ledger rows by batch key; a known batch is not read again, unless others refer to it.
    """
    started = time.perf_counter()
    try:
        content = _content(county, table)
        batch = _batch(content, table, known)
        if done and batch in done and table.contract not in ORDER:
            return _again(table, batch, done[batch])
        prepared = prepare(table, content, known)
    except JiqunError as failure:
        return _failed(table, failure.fields)
    except records.Failed as failure:
        return _failed(table, failure.problems)
    report = _store(prepared, store, batch)
    known.learn(table.contract, prepared.checked.accepted)
    return replace(report, seconds=time.perf_counter() - started)


def in_order(given: Sequence[Table]) -> list[Table]:
    """Places, industries and firms first (others refer to them); else as written."""
    rank = {name: number for number, name in enumerate(ORDER)}
    return sorted(given, key=lambda table: rank.get(table.contract, len(ORDER)))


Progress = Callable[[int, int, str], None]


def load_folder(folder: Path, store: FactStore, *, progress: Progress | None = None) -> LoadReport:
    """Load every table of ``folder/county.toml`` into the store.

    Args:
        folder: where ``county.toml`` is.
        store: the fact store.
        progress: called with (tables done, tables in all, name of the table about to be read).

    Returns:
        LoadReport with counts, problems and seconds per table.

    Raises:
        JiqunError: E-MAPPING… when ``county.toml`` itself is wrong; E-STORE-… when the store
            refuses or the disk is full (what was stored before stays; loading again resumes).
    """
    started = time.perf_counter()
    county = mapping.load(folder)
    known = Known()
    done = {row["batch"]: row for row in store.batches().iter_rows(named=True)}
    chosen = in_order(county.tables)
    reports: list[TableReport] = []
    for number, table in enumerate(chosen):
        if progress:
            progress(number, len(chosen), table.file or table.source)
        reports.append(load_table(county, table, store, known, done))
    if progress:
        progress(len(chosen), len(chosen), "")
    return LoadReport(county.name, tuple(reports), time.perf_counter() - started)
