"""Imports into tables of commitments: each row becomes a verb, all of them one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from jiqun.core.access import Viewer
from jiqun.core.imports.reading import (
    cell,
    contract_of,
    faulty_rows,
    raw_table,
    read,
    said_unknown,
    template_headings,
)
from jiqun.core.tabular import Change, Counts, Faulty, Field, Importer, Plan, Upload, changed_since
from jiqun.errors import JiqunError, Problem
from jiqun.facts.template import workbook as template

Values = Mapping[str, Any]
SHOWN = 50  # changes of each kind that a plan shows


@dataclass(frozen=True, slots=True)
class Existing:
    """A row that is there already: its primary key and its values as the table shows them."""

    pk: Any
    values: Values


@dataclass(frozen=True, slots=True)
class Writer:
    """How the rows of a model are written: the verbs, and what they refuse.

    ``visible`` gives the rows that the viewer may change; ``create``, ``update`` and ``remove``
    are verbs (or call one) and return nothing but the new row's primary key. ``check`` answers
    with what is wrong with a row (its values, the row as it is or None) as (column, zh, en,
    remedy zh, remedy en). ``remove`` None: a created row stays when the import is undone.
    """

    may: Callable[[Viewer], bool]
    visible: Callable[[Viewer], QuerySet[Any]]
    create: Callable[[Viewer, Values], Any]
    update: Callable[[Viewer, Any, Values], None]
    remove: Callable[[Viewer, Any], None] | None = None
    check: Callable[[Viewer, Values, Values | None], Sequence[tuple[str, str, str, str, str]]] = (
        lambda _viewer, _values, _before: ()
    )


def _plain(value: Any) -> Any:
    """A value as JSON keeps it; unknown and empty are the same."""
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _existing(
    viewer: Viewer, writer: Writer, fields: Sequence[Field], key: Sequence[str]
) -> dict[tuple[Any, ...], Existing]:
    paths = [one.source or one.name for one in fields]
    names = [one.name for one in fields]
    found: dict[tuple[Any, ...], Existing] = {}
    for pk, *cells in writer.visible(viewer).values_list("pk", *paths):
        values = {name: _plain(cell) for name, cell in zip(names, cells, strict=True)}
        found[tuple(values[name] for name in key)] = Existing(pk, values)
    return found


def _change(row: int, values: Values, there: Existing | None, key: Sequence[str]) -> Change:
    label = " · ".join(str(values[name]) for name in key)
    if there is None:
        return Change("create", row, label, {}, {k: v for k, v in values.items() if v is not None})
    differ = {name: value for name, value in values.items() if there.values[name] != value}
    if not differ:
        return Change("unchanged", row, label)
    return Change("update", row, label, {name: there.values[name] for name in differ}, differ)


@dataclass(frozen=True, slots=True)
class _Worked:
    """A plan with what applying it needs."""

    plan: Plan
    rows: tuple[tuple[Change, Values, Existing | None], ...]


def _digest(rows: Sequence[tuple[Change, Values, Existing | None]]) -> str:
    told = [asdict(change) for change, _, _ in rows]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(changes: Sequence[Change]) -> tuple[Change, ...]:
    kept: list[Change] = []
    for kind in ("update", "create"):
        kept += [one for one in changes if one.kind == kind][:SHOWN]
    return tuple(kept)


def _refusal(
    wrong: tuple[str, str, str, str, str],
    values: Values,
    where: tuple[str, str, int],
    fields: Sequence[Field],
) -> Problem:
    """Return what a writer's check said of a row as a problem with its place in the file."""
    column, zh, en, fix_zh, fix_en = wrong
    heading = next((one.zh for one in fields if one.name == column), column)
    file, sheet, row = where
    return Problem(
        "E-VALUE", zh, en, fix_zh, fix_en, file=file, sheet=sheet, row=row, column=heading,
        value=str(values.get(column) or ""),
    )  # fmt: skip


def _work(
    viewer: Viewer,
    upload: Upload,
    name: str,
    fields: Sequence[Field],
    key: Sequence[str],
    writer: Writer,
) -> _Worked:
    try:
        found = read(upload, name, fields, key)
    except JiqunError as error:
        problems = tuple(error.fields) or (
            Problem(error.code, error.message_zh, error.message_en, error.hint_zh, error.hint_en, file=upload.name),
        )  # fmt: skip
        return _Worked(Plan(Counts(), problems, ("",) * len(problems), blocked=True), ())
    there = _existing(viewer, writer, fields, key)
    rows: list[tuple[Change, Values, Existing | None]] = []
    refused: list[Problem] = []
    for row, raw_values in found.rows:
        values = {name: _plain(value) for name, value in raw_values.items()}
        known = there.get(tuple(values[name] for name in key))
        if known is not None:  # of a column that it does not have, the file says nothing
            values |= {n: v for n, v in known.values.items() if n not in found.stated}
        wrong = writer.check(viewer, values, known.values if known else None)
        refused += [_refusal(one, values, (upload.name, found.sheet, row), fields) for one in wrong]
        if not wrong:
            rows.append((_change(row, values, known, key), values, known))
    changes = [change for change, _, _ in rows]
    kinds = [one.kind for one in changes]
    unknown = [said_unknown(one, fields, upload.name) for one in found.unknown]
    faulty: tuple[Faulty, ...] = found.faulty
    if refused:
        named = template_headings({c: h for h, c in upload.renames.items()}, fields)
        faulty = (*faulty, *faulty_rows(raw_table(upload), refused, named))
    same = kinds.count("unchanged")
    counts = Counts(
        found.received, len(rows) - same, found.received - found.duplicate - len(rows),
        found.duplicate + same, kinds.count("create"), kinds.count("update"), same,
    )  # fmt: skip
    problems = (*unknown, *found.problems, *refused)
    plan = Plan(
        counts, problems, tuple(cell(found.letters, one) for one in problems), found.unknown,
        changes=_shown(changes), faulty=tuple(sorted(faulty, key=lambda one: one.row)),
        sheet=found.sheet, encoding=found.encoding, preview=found.preview, digest=_digest(rows),
        blocked=bool(unknown),
    )  # fmt: skip
    return _Worked(plan, tuple(rows))


def _put_back(
    writer: Writer, viewer: Viewer, there: Mapping[str, Values], entry: Mapping[str, Any]
) -> bool:
    """Undo one row unless it was changed since; say whether it was."""
    now = there.get(str(entry["pk"]))
    after = entry["after"]
    if now is None or any(now[name] != value for name, value in after.items()):
        return False
    if entry["before"] is not None:
        writer.update(viewer, entry["pk"], {**now, **entry["before"]})
        return True
    if writer.remove is None:
        return False
    writer.remove(viewer, entry["pk"])
    return True


def model_importer(
    name: str, fields: Sequence[Field], key: Sequence[str], writer: Writer
) -> Importer:
    """Return how a table of a model takes rows in.

    Args:
        name: The table's name.
        fields: Its columns; those that are not ``importable`` are left out.
        key: Columns that tell which row of the model a row of the file is.
        writer: The verbs and their refusals.
    """
    taken = tuple(one for one in fields if one.importable)

    def plan(viewer: Viewer, upload: Upload) -> Plan:
        return _work(viewer, upload, name, taken, key, writer).plan

    def apply(viewer: Viewer, upload: Upload, digest: str, frozen: bytes) -> Mapping[str, Any]:
        del frozen  # the rows are few, so the plan is made again and compared
        worked = _work(viewer, upload, name, taken, key, writer)
        if worked.plan.digest != digest or worked.plan.blocked:
            raise changed_since()
        done: list[dict[str, Any]] = []
        for change, values, known in worked.rows:
            if change.kind == "create":
                pk = writer.create(viewer, values)
                done.append({"pk": pk, "before": None, "after": dict(change.after)})
            elif change.kind == "update" and known is not None:
                writer.update(viewer, known.pk, values)
                done.append(
                    {"pk": known.pk, "before": dict(change.before), "after": dict(change.after)}
                )
        return {"rows": done}

    def undo(viewer: Viewer, receipt: Mapping[str, Any]) -> tuple[int, int]:
        there = {str(one.pk): one.values for one in _existing(viewer, writer, taken, key).values()}
        entries = list(reversed(receipt["rows"]))
        back = sum(_put_back(writer, viewer, there, entry) for entry in entries)
        return back, len(entries) - back

    return Importer(
        may=writer.may, plan=plan, apply=apply, undo=undo,
        template=lambda: template(contract_of(name, taken, key)), asks=False,
    )  # fmt: skip
