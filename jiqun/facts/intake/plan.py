"""What applying a file would do, with every problem of every cell; nothing is written."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from jiqun.errors import JiqunError, Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.intake.compare import CHANGE, CREATE, UNCHANGED, UPDATE, changes, compare
from jiqun.facts.intake.context import known_of, translations
from jiqun.facts.intake.hints import Hints, Origin, Scope
from jiqun.facts.intake.recognise import Recognised, recognise, relaxed
from jiqun.facts.load.folder import Prepared, prepare_raw
from jiqun.facts.read import tables
from jiqun.facts.read.raw import ROW, Options, RawTable
from jiqun.facts.store.store import Store

PROBLEMS: Mapping[str, pl.DataType] = {
    "code": pl.String(), **dict.fromkeys(messages.PARTS, pl.String()),
    "file": pl.String(), "sheet": pl.String(), "row": pl.Int64(), "letter": pl.String(),
    "cell": pl.String(), "column": pl.String(), "value": pl.String(),
}  # fmt: skip
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the facts, and what is wrong with it.

    ``received = accepted + quarantined + duplicate`` as the receipt will have them: ``accepted``
    are creates and updates, ``duplicate`` are rows repeated in the file and rows known already.
    A plan that is ``blocked`` (an unknown column, a missing one, an unreadable file) accepts
    nothing until hints or a better file settle it.

    ``rows`` has the contract's columns, provenance and ``_change``; ``before`` the present fact
    of each update in the same order; ``problems`` one row per problem of a cell, with its
    address (``PROBLEMS``); ``held`` one row per refused record, as the store will keep it.
    ``shown`` says what each heading was taken for: (heading, meaning, how it is known).
    """

    contract: str
    file: str
    origin: Origin
    batch: str
    seen: str
    rows: pl.DataFrame
    before: pl.DataFrame
    problems: pl.DataFrame
    held: pl.DataFrame
    received: int = 0
    quarantined: int = 0
    repeated: int = 0
    blank: int = 0
    file_rows: int = 0
    sheet: str = ""
    encoding: str = ""
    preview: tuple[str, ...] = ()
    shown: tuple[tuple[str, str, str], ...] = ()
    sheets: tuple[str, ...] = ()
    blocked: bool = False
    seconds: float = field(default=0.0, compare=False)

    def count(self, change: str) -> int:
        """Rows that are “create”, “update” or “unchanged”."""
        return int((self.rows[CHANGE] == change).sum())

    @property
    def creates(self) -> int:
        """Rows whose key has no fact yet."""
        return self.count(CREATE)

    @property
    def updates(self) -> int:
        """Rows that give a known key another value."""
        return self.count(UPDATE)

    @property
    def unchanged(self) -> int:
        """Rows that say what is known already."""
        return self.count(UNCHANGED)

    @property
    def accepted(self) -> int:
        """Facts that applying would add."""
        return self.creates + self.updates

    @property
    def duplicate(self) -> int:
        """Rows that say nothing new: repeated in the file, or known already."""
        return self.repeated + self.unchanged

    def changes(self, contract: Contract) -> pl.DataFrame:
        """Return every changed cell of the updates (:func:`jiqun.facts.intake.compare.changes`)."""
        return changes(contract, self.rows.filter(pl.col(CHANGE) == UPDATE), self.before)

    def listed(self, limit: int = SHOWN) -> tuple[Problem, ...]:
        """The first problems of each code, so that one flood does not hide another kind."""
        kinds = max(self.problems["code"].n_unique(), 1)
        first = self.problems.group_by("code", maintain_order=True).head(max(limit // kinds, 5))
        names = ("code", *messages.PARTS, "file", "sheet", "row", "column", "value")
        return tuple(Problem(*row) for row in first.select(names).iter_rows())


def letter(number: int) -> str:
    """Name of a spreadsheet column, counted from 0.

    >>> letter(0), letter(25), letter(26), letter(701), letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name, rest = "", number + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        name = chr(65 + place) + name
    return name


def _addressed(found: pl.DataFrame, raw: RawTable) -> pl.DataFrame:
    """Add file, sheet, column letter and cell; what is wrong with a cell is said once."""
    letters = {item.name: letter(number) for number, item in enumerate(raw.headings)}
    once = found.unique(["row", "column", "code", "value"], keep="first", maintain_order=True)
    named = once.with_columns(
        pl.col("column")
        .replace_strict(letters, default="", return_dtype=pl.String)
        .fill_null("")
        .alias("letter"),
        pl.lit(raw.file).alias("file"),
        pl.lit(raw.sheet).alias("sheet"),
    )
    cell = pl.when(pl.col("letter") != "").then(pl.col("letter") + pl.col("row").cast(pl.String))
    return named.with_columns(cell.fill_null("").alias("cell")).select(*PROBLEMS)


def _of_table(problems: Sequence[Problem], raw: RawTable | None) -> pl.DataFrame:
    """Problems of the file or table as a whole, in the shape of the others."""
    letters = {item.name: letter(n) for n, item in enumerate(raw.headings)} if raw else {}
    rows = [
        (p.code, p.message_zh, p.message_en, p.remedy_zh, p.remedy_en, p.file, p.sheet, p.row,
         letters.get(p.column, ""), "", p.column, p.value)
        for p in problems
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict(PROBLEMS), orient="row")


def _key(content: bytes, name: str, hints: Hints, origin: Origin, version: int) -> str:
    """Key of the batch: the file, how it is read, and the version of the facts it was shown with.

    A second apply of the same plan repeats nothing; the same file planned again after an undo
    is a new batch.
    """
    digest = hashlib.sha256(content)
    for part in (name, hints.fingerprint(), repr(origin), str(version)):
        digest.update(b"\x00" + part.encode())
    return f"{name}-{digest.hexdigest()[:32]}"


def _empty(contract: Contract) -> pl.DataFrame:
    frame = pl.DataFrame(contract.arrow_schema.empty_table()).drop("batch")
    return frame.with_columns(pl.lit("").alias(CHANGE))


def _blocked(plan: Plan, problems: pl.DataFrame, contract: Contract) -> Plan:
    """A plan that takes nothing: every record waits for the file's own problems to be settled."""
    return replace(
        plan, rows=_empty(contract), before=_empty(contract).select(contract.names),
        problems=problems, held=plan.held.clear(), quarantined=plan.received, repeated=0,
        blocked=True,
    )  # fmt: skip


def _options(hints: Hints) -> Options:
    return Options(
        sheet=hints.sheet, encoding=hints.encoding, delimiter=hints.delimiter,
        header_rows=hints.header_rows, totals=hints.totals, fill_down=hints.fill_down,
        hidden=hints.hidden == "data",
    )  # fmt: skip


def _which_sheet(raw: RawTable) -> list[Problem]:
    if not raw.others:
        return []
    names = "、".join((raw.sheet, *raw.others))
    return [messages.problem("E-SHEET-CHOICE", file=raw.file, sheet=raw.sheet, value=names)]


def _rows(prepared: Prepared, origin: Origin) -> pl.DataFrame:
    return prepared.checked.accepted.rename({ROW: "source_row"}).with_columns(
        pl.lit(origin.source).alias("source"),
        pl.lit(origin.as_of, dtype=pl.Date).alias("as_of"),
        pl.lit(origin.basis).alias("basis"),
    )


def _checked(
    draft: Plan, prepared: Prepared, told: Recognised, facts: Store, contract: Contract
) -> Plan:
    """Fill in what reading and checking the rows found, and compare them with the facts."""
    raw = prepared.raw
    found = _addressed(prepared.listed.rename({ROW: "row"}), raw)
    whole = _of_table([*_which_sheet(raw), *told.problems, *prepared.warnings], raw)
    draft = replace(
        draft,
        received=prepared.records.frame.height,
        quarantined=prepared.quarantined.height,
        repeated=prepared.checked.duplicate,
        blank=prepared.records.blank,
        held=prepared.quarantined,
    )
    problems = pl.concat([whole, found])
    if whole["code"].str.starts_with("E-").any():
        return _blocked(draft, problems, contract)
    rows = _rows(prepared, draft.origin)
    compared = compare(facts, contract, rows)
    return replace(
        draft, rows=rows.with_columns(compared.change), before=compared.before,
        problems=problems, seen=compared.digest,
    )  # fmt: skip


def plan(  # noqa: PLR0913 - one keyword per thing that the upload page states
    facts: Store,
    contract: str,
    file: bytes | Path,
    name: str = "",
    *,
    source: str,
    owner: str = "",
    as_of: dt.date | None = None,
    basis: str = "",
    next_due: dt.date | None = None,
    hints: Hints | None = None,
    allowed_firms: Collection[str] | None = None,
    allowed_places: Collection[str] | None = None,
) -> Plan:
    """Read a file against one contract and say what applying it would do.

    Args:
        facts: the store to compare with; only read.
        contract: name of the contract.
        file: content or path of the file (any kind that :mod:`jiqun.facts.read` reads).
        name: the file's name, for messages.
        source: the table as its owner calls it.
        owner: who vouches for it.
        as_of: the day on which the owner vouches for it.
        basis: lawful basis; fills ``lawful_basis`` where the sheet has no such column.
        next_due: when the next one is due.
        hints: answers to what an earlier plan asked, and the context of the page.
        allowed_firms: firms of which the sender may bring rows; None for any.
        allowed_places: places of which the sender may bring rows; None for any.

    Returns:
        Plan. A file that cannot be read gives a blocked plan with its problem.

    Raises:
        JiqunError: E-STORE-NAME for an unknown contract; E-FILE-MISSING for a path without file.
    """
    started = time.perf_counter()
    spec, asked = facts.tables.contract(contract), hints or Hints()
    origin = Origin(source, owner, as_of, basis, next_due)
    if isinstance(file, Path):
        name = name or file.name
        content = _content(file)
    else:
        content = file
    batch = _key(content, contract, asked, origin, facts.version(contract))
    nothing = _empty(spec)
    draft = Plan(
        contract=contract, file=name, origin=origin, batch=batch, seen="", rows=nothing,
        before=nothing.select(spec.names), problems=_of_table([], None), held=pl.DataFrame(),
    )  # fmt: skip
    made = _made(draft, content, spec, facts, asked, Scope(allowed_firms, allowed_places))
    return replace(made, seconds=time.perf_counter() - started)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        found = messages.problem("E-FILE-MISSING", file=path.name, value=path.name)
        raise messages.error(found) from reason


def _made(
    draft: Plan, content: bytes, spec: Contract, facts: Store, hints: Hints, scope: Scope
) -> Plan:
    try:
        raw = tables.read_bytes(content, file=draft.file, options=_options(hints))
    except JiqunError as failure:
        return _blocked(draft, _of_table(failure.fields, None), spec)
    told = recognise(raw, spec, hints, draft.origin)
    known = known_of(facts, spec, scope)
    words = translations(facts, told.table, raw, hints)
    table = replace(told.table, values={**told.table.values, **words})
    draft = replace(
        draft, sheet=raw.sheet, encoding=raw.encoding, preview=raw.preview, shown=told.shown,
        sheets=(raw.sheet, *raw.others, *raw.aside), file_rows=raw.frame.height,
    )  # fmt: skip
    try:
        prepared = prepare_raw(raw, table, relaxed(spec, told.missing), known)
    except JiqunError as failure:
        problems = _of_table([*_which_sheet(raw), *told.problems, *failure.fields], raw)
        draft = replace(draft, received=raw.frame.height)
        return _blocked(draft, problems, spec)
    return _checked(draft, prepared, told, facts, spec)
