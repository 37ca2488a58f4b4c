"""Load a county's folder: files → records → facts in the store, every row accounted for.

For every table ``received = accepted + quarantined + duplicate``. A table that cannot be read is
reported and the others go on. Loading the same folder again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from jiqun.errors import JiqunError, Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract, contract
from jiqun.facts.load import balance, county_file, mapping, records, report
from jiqun.facts.load.convert import RECORD, convert
from jiqun.facts.load.mapping import County, Table
from jiqun.facts.load.quality import Checked, check
from jiqun.facts.load.records import Records
from jiqun.facts.load.references import Known
from jiqun.facts.load.report import LoadReport, TableReport
from jiqun.facts.read import tables
from jiqun.facts.read.raw import ROW, RawTable, unflagged
from jiqun.facts.read.sheet import Heading
from jiqun.facts.store.store import Store
from jiqun.facts.values import units

FORMAT = "1"  # changes when the same file would make other facts
# Later contracts refer to earlier ones.
ORDER = ("place", "industry", "firm")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table ready for the store."""

    table: Table
    raw: RawTable
    records: Records
    checked: Checked
    listed: pl.DataFrame
    quarantined: pl.DataFrame
    warnings: tuple[Problem, ...]


def _inline(table: Table) -> RawTable:
    names = list(dict.fromkeys(key for row in table.rows for key in row))
    data = {name: [row.get(name) for row in table.rows] for name in names}
    rows = pl.int_range(1, len(table.rows) + 1, dtype=pl.Int64).alias(ROW)
    frame = unflagged(pl.DataFrame(data, schema=dict.fromkeys(names, pl.String)).with_columns(rows))
    return RawTable(mapping.NAME, frame, tuple(Heading(name, name) for name in names))


def _options(table: Table) -> tables.Options:
    return tables.Options(
        sheet=table.sheet,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header_rows=table.header_rows,
        skip=table.skip,
        totals=table.totals,
        hidden=table.hidden,
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


CHOSEN = ("permu", "permu_unit", "permu_apart_m2")


def _own_rules(county: County, table: Table) -> str:
    """The county's own thresholds, which ride on its parcels."""
    own = county.screening if table.contract == "parcel" else {}
    return json.dumps(dict(own), sort_keys=True) if own else ""


def _choice(meta: Mapping[str, str], contract: str) -> str:
    """What a batch said of the county's choices: thresholds with parcels, the evaluation with firms."""
    if contract == "parcel":
        return meta.get("screening", "")
    return json.dumps({name: meta[name] for name in CHOSEN if meta.get(name)}, sort_keys=True)


def _riding(county: County, table: Table, done: Mapping[str, Mapping[str, Any]] | None) -> str:
    """What makes another batch of the same file: a choice of the county that was another one before.

    Batches are loaded once, so each change of a choice gets a number: to take one back counts too.
    """
    if table.contract not in {"firm", "parcel"}:
        return ""
    own = _own_rules(county, table)
    now = _choice(_meta(county, table), table.contract)
    rows = sorted((done or {}).values(), key=lambda row: row["recorded_at"])
    said = (json.loads(row["meta"]) for row in rows if row["contract"] == table.contract)
    before = [_choice(meta, table.contract) for meta in said if meta.get("county") == county.name]
    changes = sum(one != other for one, other in pairwise([*before, now]))
    return f"{now}#{changes}" if changes else own


def _batch(content: bytes, table: Table, known: Known, own: str = "") -> str:
    """Key of a batch: file, mapping, contract, the codes it was checked against, changed choices."""
    digest = hashlib.sha256(content)
    codes = {name: sorted(group) for name, group in sorted(known.industries.items())}
    relevant = "" if table.contract == "place" else repr((sorted(known.places), codes))
    firms = repr(sorted(known.firms)) if table.contract.startswith(("firm_", "trade")) else ""
    for part in (table.fingerprint(), table.contract, FORMAT, relevant, firms):
        digest.update(b"\x00" + part.encode())
    digest.update(own.encode())
    return f"{table.contract}-{digest.hexdigest()[:32]}"


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


def prepare(table: Table, content: bytes, known: Known) -> Prepared:
    """Read, map, type and check one table without storing it (the dry run of an import).

    Raises:
        JiqunError: the file cannot be read, or its columns or units do not fit the mapping.
    """
    raw = (
        tables.read_bytes(content, file=table.file, options=_options(table))
        if table.file
        else _inline(table)
    )
    return prepare_raw(raw, table, contract(table.contract), known)


def prepare_raw(raw: RawTable, table: Table, spec: Contract, known: Known) -> Prepared:
    """Map, type and check a table that was read; see :func:`prepare`."""
    if raw.frame.is_empty():
        raise messages.error(messages.problem("E-TABLE-EMPTY", file=raw.file, sheet=raw.sheet))
    made = records.build(raw, table, spec)
    converted = convert(made, table, raw, spec)
    checked = check(converted.frame, converted.found, spec, known)
    checked, said = _unbalanced(checked, table, made, converted.frame)
    listed = report.listed(converted.frame, checked.found, raw, made, spec)
    held = report.quarantine(listed, raw, spec)
    told = report.warnings(raw, made, checked, said)
    return Prepared(table, raw, made, checked, listed, held, told)


def _provenance(prepared: Prepared) -> pl.DataFrame:
    table = prepared.table
    return prepared.checked.accepted.rename({ROW: "source_row"}).with_columns(
        pl.lit(table.source).alias("source"),
        pl.lit(table.as_of, dtype=pl.Date).alias("as_of"),
        pl.lit(table.basis).alias("basis"),
    )


def _meta(county: County, table: Table) -> dict[str, str]:
    """What the ledger keeps of the county and of the table's entry in its file."""
    said = {
        "owner": table.owner or None, "as_of": table.as_of, "next_due": table.next_due,
        "absent": table.absent, "file": table.file, "county": county.name,
        "focus": ";".join(county.focus) or None, "permu": county.permu or None,
        "permu_unit": county.permu_unit or None, "permu_apart_m2": county.permu_apart_m2 or None,
        "screening": _own_rules(county, table) or None,
        "synthetic": "true" if county.synthetic else None,
    }  # fmt: skip
    return {key: str(value) for key, value in said.items() if value is not None}


def _store(county: County, prepared: Prepared, store: Store, batch: str) -> TableReport:
    table, raw, held = prepared.table, prepared.raw, prepared.quarantined
    received = prepared.records.frame.height
    read = {
        "sheet": raw.sheet, "encoding": raw.encoding, "rows": raw.frame.height,
        "blank": prepared.records.blank, "filtered": prepared.records.filtered,
    }  # fmt: skip
    meta = _meta(county, table) | {key: str(value) for key, value in read.items()}
    receipt = store.append(
        table.contract, _provenance(prepared), batch=batch, received=received, source=table.source,
        quarantined=held if held.height else None, duplicate=prepared.checked.duplicate,
        meta=meta,
    )  # fmt: skip
    return TableReport(
        file=table.file or mapping.NAME, contract=table.contract, source=table.source,
        sheet=raw.sheet, encoding=raw.encoding, preview=raw.preview, rows=raw.frame.height,
        received=received, accepted=receipt.accepted, quarantined=held.height,
        duplicate=receipt.duplicate, blank=prepared.records.blank,
        filtered=prepared.records.filtered, repeated=receipt.repeated,
        codes=dict(Counter(held["code"])), problems=prepared.warnings + report.examples(held),
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
    return TableReport(
        file=table.file or mapping.NAME,
        contract=table.contract,
        source=table.source,
        received=int(row["received"]),
        accepted=int(row["accepted"]),
        quarantined=int(row["quarantined"]),
        duplicate=int(row["duplicate"]),
        repeated=True,
        batch=batch,
    )


def load_table(
    county: County,
    table: Table,
    store: Store,
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
        batch = _batch(content, table, known, _riding(county, table, done))
        if done and batch in done and table.contract not in ORDER:
            return _again(table, batch, done[batch])
        prepared = prepare(table, content, known)
    except JiqunError as failure:
        return _failed(table, failure.fields)
    stored = _store(county, prepared, store, batch)
    known.learn(table.contract, prepared.checked.accepted)
    return replace(stored, seconds=time.perf_counter() - started)


def in_order(given: Sequence[Table]) -> list[Table]:
    """Places, industries and firms first (others refer to them); else as written."""
    rank = {name: number for number, name in enumerate(ORDER)}
    return sorted(given, key=lambda table: rank.get(table.contract, len(ORDER)))


Progress = Callable[[int, int, str], None]


def load_folder(folder: Path, store: Store, *, progress: Progress | None = None) -> LoadReport:
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
    county = county_file.load(folder)
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
