"""Imports into tables of facts: the intake of the fact layer, as the counter's pages ask for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from jiqun.core.access import Viewer
from jiqun.core.factstore import store
from jiqun.core.imports.files import REASON
from jiqun.core.imports.reading import nearest
from jiqun.core.imports.usual import in_usual_unit
from jiqun.core.tabular import (
    Change,
    ChangeKind,
    Counts,
    Faulty,
    Field,
    Importer,
    Plan,
    UnknownColumn,
    Upload,
    changed_since,
    pick,
)
from jiqun.errors import JiqunError, Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.intake import apply as applying
from jiqun.facts.intake import plan as planning
from jiqun.facts.intake import saved
from jiqun.facts.intake.compare import CHANGE, CREATE, UNCHANGED, UPDATE
from jiqun.facts.intake.hints import Hints
from jiqun.facts.store.undo import undo as take_back
from jiqun.facts.template import workbook as template

EVERYWHERE = "*"
Codes = frozenset[str] | None
SHOWN = 50  # changes of each kind that a plan shows
# Read together, and made where the file has only the figure.
WITH_VALUE = ("value", "unit", "status", "lawful_basis")
# Shared by every place, so only those who answer for every place bring rows.
REFERENCE = frozenset({"place", "industry", "concordance", "input_output"})
WRITERS: Mapping[str, tuple[str, str]] = {
    "public": ("分析员，限本人负责的地方；各地共用的表限负责全部地方者",
               "analysts, of the own places; tables that all places share: those who answer for all"),
    "firm": ("企业，限本企业；分析员，限本人负责地方的企业",
             "the firm, its own rows; analysts, firms in the own places"),
}  # fmt: skip


def _may(contract: Contract, viewer: Viewer) -> bool:
    if contract.name in REFERENCE:
        return EVERYWHERE in viewer.duty_places
    if viewer.duty_places:
        return True
    return contract.grade == "firm" and bool(viewer.firms)


def _codes(table: str, column: str, viewer: Viewer) -> frozenset[str]:
    """Codes of a register that lie in the places for which the viewer is an official."""
    frame = store().polars(table, [column] if table == "place" else [column, "place"])
    near = pl.any_horizontal(pl.col("place").str.starts_with(p) for p in sorted(viewer.duty_places))
    return frozenset(frame.filter(near)[column])


def _scope(contract: Contract, viewer: Viewer) -> tuple[Codes, Codes]:
    """Return of which firms and places the viewer may bring rows; None for any."""
    if EVERYWHERE in viewer.duty_places:
        return None, None
    firms, places = viewer.firms, frozenset[str]()
    if viewer.duty_places:
        places = _codes("place", "place", viewer) | viewer.duty_places
        # A new firm is named by no register yet: there the place alone decides.
        firms = firms | _codes("firm", "firm", viewer)
    named = contract.name == "firm" and bool(places)
    return None if named else firms, places


def _hints(upload: Upload) -> Hints:
    return Hints(
        columns=upload.renames, ignore=(*upload.ignored, *REASON), constants=upload.constants,
        encoding=upload.encoding or None, sheet=upload.sheet or None,
    )  # fmt: skip


def _planned(contract: Contract, viewer: Viewer, upload: Upload) -> planning.Plan:
    firms, places = _scope(contract, viewer)
    return planning.plan(
        store(), contract.name, upload.content, upload.name, source=upload.source,
        owner=upload.owner, as_of=upload.as_of, basis=upload.basis, hints=_hints(upload),
        allowed_firms=firms, allowed_places=places,
    )  # fmt: skip


def keeping(
    planned: planning.Plan, contract: Contract, constants: Collection[str]
) -> planning.Plan:
    """Let a fact keep what the file does not speak of.

    A file without a column says nothing about it: in an update that column stays as it is, and
    is neither emptied nor set to its default. An empty cell of a column that is there empties it.
    """
    stated = {meant for _, meant, _ in planned.shown} | {*constants, *contract.key, *WITH_VALUE}
    silent = [name for name in contract.names if name not in stated]
    if not silent or not planned.updates:
        return planned
    updates = planned.rows.filter(pl.col(CHANGE) == UPDATE)
    kept = updates.with_columns(planned.before[name].alias(name) for name in silent)
    same = pl.all_horizontal(
        pl.col(name).eq_missing(planned.before[name]) for name in contract.names
    )
    kept = kept.with_columns(
        pl.when(same).then(pl.lit(UNCHANGED)).otherwise(pl.lit(UPDATE)).alias(CHANGE)
    )
    differ = kept.select(pl.col(CHANGE) == UPDATE).to_series()
    others = planned.rows.filter(pl.col(CHANGE) != UPDATE)
    return replace(planned, rows=pl.concat([kept, others]), before=planned.before.filter(differ))


def _faulty(planned: planning.Plan, contract: Contract) -> tuple[Faulty, ...]:
    """Refused rows under the template's headings; a heading that carries a unit keeps it."""
    plain = {c.name: c.zh for c in contract.columns if c.type != "quantity"}
    names = {heading: plain[meant] for heading, meant, _ in planned.shown if meant in plain}
    rows: dict[int, tuple[dict[str, str], list[str]]] = {}
    for row in planned.held.iter_rows(named=True):
        record: dict[str, str | None] = json.loads(row["record"])
        cells = {names.get(heading, heading): text or "" for heading, text in record.items()}
        said = pick(
            f"{row['message_zh']}。{row['remedy_zh']}", f"{row['message_en']}. {row['remedy_en']}"
        )
        _, reasons = rows.setdefault(int(row["row"] or 0), (cells, []))
        reasons.append(said)
    return tuple(
        Faulty(number, cells, " ".join(dict.fromkeys(reasons)))
        for number, (cells, reasons) in sorted(rows.items())
    )


def _changes(planned: planning.Plan, contract: Contract) -> tuple[Change, ...]:
    """The first updates with before and after, and the first creates with their values."""
    updates = planned.rows.filter(pl.col(CHANGE) == UPDATE).head(SHOWN).to_dicts()
    before = planned.before.head(SHOWN).to_dicts()
    values = [name for name in contract.names if name not in contract.key]
    changed = [
        _change("update", now, contract, was, [n for n in values if was[n] != now[n]])
        for now, was in zip(updates, before, strict=True)
    ]
    created = planned.rows.filter(pl.col(CHANGE) == CREATE).head(SHOWN).to_dicts()
    made = [
        _change("create", now, contract, {}, [n for n in contract.names if now[n] is not None])
        for now in created
    ]
    return (*changed, *made)


def _change(
    kind: ChangeKind,
    now: Mapping[str, Any],
    contract: Contract,
    was: Mapping[str, Any],
    names: list[str],
) -> Change:
    """One row as it is shown: quantities in the usual unit, dates and numbers as text."""
    label = " · ".join(str(now[name]) for name in contract.key if now[name] is not None)
    row = int(now["source_row"] or 0)
    told = {name: _text(name, now) for name in names}
    return Change(kind, row, label, {name: _text(name, was) for name in names if was}, told)


def _text(name: str, row: Mapping[str, Any]) -> str | None:
    value = row[name]
    if value is None:
        return None
    usual = in_usual_unit(value, row["unit"]) if name == "value" and "unit" in row else None
    return f"{usual[0]:,} {usual[1]}" if usual else str(value)


def shaped(planned: planning.Plan, contract: Contract) -> Plan:
    """Return the intake's plan in the shape that the pages show."""
    names = ("code", *messages.PARTS, "file", "sheet", "row", "column", "value")
    listed = planned.problems.sort("row", nulls_last=False, maintain_order=True)
    problems = tuple(Problem(*row) for row in listed.select(*names).iter_rows())
    labels = tuple(Field(c.name, c.zh, c.en) for c in contract.columns)
    unknown = [p for p in problems if p.code in ("E-COLUMN-UNKNOWN", "E-COLUMN-TWICE")]
    absent = [p.value for p in problems if p.code == "E-COLUMN-ABSENT"]
    return Plan(
        Counts(planned.received, planned.accepted, planned.quarantined, planned.duplicate,
               planned.creates, planned.updates, planned.unchanged),
        problems, tuple(cell or "" for cell in listed["cell"]),
        tuple(UnknownColumn(p.value, nearest(p.value, labels)) for p in unknown),
        tuple(absent), _changes(planned, contract),
        () if planned.blocked else _faulty(planned, contract),
        planned.sheet, planned.sheets, planned.encoding, planned.preview,
        planned.seen, planned.blocked, saved.dump(planned),
    )  # fmt: skip


def fact_importer(contract: Contract) -> Importer:
    """Return how a table of facts takes rows in."""

    def plan(viewer: Viewer, upload: Upload) -> Plan:
        planned = _planned(contract, viewer, upload)
        return shaped(keeping(planned, contract, upload.constants), contract)

    def apply(viewer: Viewer, upload: Upload, digest: str, frozen: bytes) -> Mapping[str, Any]:
        del upload, digest  # the frozen plan holds both, and the store compares
        meta = {"by": viewer.name, "place": ";".join(sorted(viewer.places - {EVERYWHERE}))}
        try:
            receipt = applying.apply(store(), saved.load(frozen), meta=meta)
        except JiqunError as error:
            if error.code == "E-INTAKE-STALE":
                raise changed_since() from error
            raise
        return {"batch": receipt.batch, "accepted": receipt.accepted, "version": receipt.version}

    def undo(viewer: Viewer, receipt: Mapping[str, Any]) -> tuple[int, int]:
        accepted = int(receipt["accepted"])
        try:
            # The term is the import's own, which the verb has looked at.
            taken = take_back(store(), str(receipt["batch"]), within=None, meta={"by": viewer.name})
        except JiqunError as error:
            if error.code != "E-UNDO-AGAIN":
                raise
            return accepted, 0  # the store had finished when an earlier try broke off
        return taken.removed + taken.restored, taken.kept

    return Importer(
        may=lambda viewer: _may(contract, viewer), plan=plan, apply=apply, undo=undo,
        template=lambda: template(contract),
    )  # fmt: skip
