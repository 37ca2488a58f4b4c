"""``jiqun export --all`` and ``jiqun import``: everything in open formats, and back.

For each table of commitments a CSV file for people, a Parquet file for programs, a JSON schema,
and a manifest with counts and digests; facts and findings beside them as the store exports them.
Data about persons, and whatever lets somebody in, comes along only when asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from django.db import models, transaction

from jiqun import __version__
from jiqun.core.backup.files import PAPERS, folders
from jiqun.core.backup.load import fill, prepare_database, require_empty
from jiqun.core.backup.rows import Model, Tally, columns, counters, line_of, lines, own_kind, tables
from jiqun.core.backup.save import Progress, frozen, migrations, nothing
from jiqun.core.models import Paper
from jiqun.core.opened import store
from jiqun.core.papers.files import content_of, keep
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import (
    full_disk_is_clear,
    make_folder,
    write_json_once,
    write_once,
    write_parquet,
)
from jiqun.facts.store.transfer import export_all, import_all

FORMAT = 1  # of the folder
# Tables without data about persons; a new table is personal until it is named here.
OPEN = frozenset(
    {
        "auth.group", "auth.group_permissions", "auth.permission", "contenttypes.contenttype",
        "core.consent", "core.consentuse", "core.duty", "core.import", "core.publishedtable", "core.savedview",
        "masters.membership", "masters.organisation",
    }
)  # fmt: skip
# Who acts stays a number: other tables point at it. Nobody can log in with "!".
MASKS: Mapping[str, Mapping[str, str]] = {
    "auth.user": {"username": "user-{id}", "first_name": "", "last_name": "", "email": "", "password": "!",
                  "last_login": ""},
}  # fmt: skip
JSON = {b"content": b"json"}
_TYPES: tuple[tuple[type[models.Field[Any, Any]], pa.DataType], ...] = (
    (models.BooleanField, pa.bool_()),
    (models.IntegerField, pa.int64()),
    (models.FloatField, pa.float64()),
    (models.DateTimeField, pa.timestamp("us", "UTC")),
    (models.DateField, pa.date32()),
)


def export_everything(
    target: Path, *, personal: bool = False, progress: Progress = nothing
) -> dict[str, Any]:
    """Write facts, findings and commitments to the empty folder ``target``; return the manifest.

    Args:
        target: a folder that is empty or does not exist yet; its owner alone can read it.
        personal: also names of people, accounts with password hashes, tokens' digests, the log.
        progress: is told what is being written.

    Raises:
        JiqunError: ``E-STORE-NOT-EMPTY``, ``E-STORE-FULL``.
    """
    if target.exists() and any(target.iterdir()):
        raise JiqunError(
            "E-STORE-NOT-EMPTY",
            f"目标不是空的：{target}",
            f"the target is not empty: {target}",
            hint_zh="换一个空文件夹",
            hint_en="choose an empty folder",
            kind=Kind.CONFLICT,
        )
    with full_disk_is_clear(target.parent):
        make_folder(target)
        target.chmod(0o700)
        folder = target / "commitments"
        make_folder(folder)
        chosen = {
            name: one for name, one in tables().items() if personal or name in OPEN or name in MASKS
        }
        manifest: dict[str, Any] = {
            "format": FORMAT, "version": __version__, "personal": personal, "tables": {},
            "left_out": sorted(set(tables()) - set(chosen)),
        }  # fmt: skip
        with frozen():
            manifest |= {"migrations": migrations(), "counters": _counters(chosen)}
            for number, (label, model) in enumerate(chosen.items()):
                progress(number, len(chosen), label)
                masks = {} if personal else MASKS.get(label, {})
                manifest["tables"][label] = _exported(folder, label, model, masks)
        progress(len(chosen), len(chosen), "facts")
        export_all(store(), target / "facts")
        if personal:
            _papers_out(target / "papers")
        write_json_once(target / "manifest.json", manifest)
    return manifest


def import_everything(folder: Path, *, progress: Progress = nothing) -> dict[str, int]:
    """Bring an exported folder into this empty installation; return the rows of each table.

    Counts and digests of every table are compared in the database before it is committed.

    Raises:
        JiqunError: ``E-IMPORT-FOLDER``, ``E-BACKUP-NOT-EMPTY``, ``E-BACKUP-VERSION``,
            ``E-BACKUP-DIFFERS``, ``E-STORE-IMPORT``.
    """
    manifest = _manifest(folder)
    require_empty()
    prepare_database(manifest["migrations"])
    facts = store()
    given = {label: _imported(folder, label) for label in manifest["tables"]}
    try:
        with transaction.atomic():
            fill(given, manifest, progress)
            progress(len(given), len(given), "facts")
            loaded = import_all(folder / "facts", facts)
            _papers_in(folder / "papers")
    except BaseException:
        for name in ("facts", "findings", "snapshots"):
            shutil.rmtree(facts.root / name, ignore_errors=True)
        shutil.rmtree(folders()[PAPERS], ignore_errors=True)
        raise
    return {**{label: told["rows"] for label, told in manifest["tables"].items()}, **loaded}


def _papers_out(target: Path) -> None:
    """The files of firms' papers, each under its number."""
    make_folder(target)
    for one in Paper.objects.all():
        write_once(target / f"{one.key}.{one.kind}", content_of(one))


def _papers_in(source: Path) -> None:
    """Put the papers' files where they belong; a missing or another one stops the import."""
    for one in Paper.objects.all():
        path = source / f"{one.key}.{one.kind}"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != one.sha256:
            raise JiqunError(
                "E-IMPORT-FOLDER",
                f"材料 {one.key} 的文件缺失或与登记的摘要不符：{path}",
                f"the file of paper {one.key} is missing or is another one: {path}",
                hint_zh="请从原安装重新导出",
                hint_en="export it again from the old installation",
            )
        keep(one, content)


def _counters(chosen: Mapping[str, Model]) -> dict[str, int]:
    return {label: value for label, value in counters().items() if label in chosen}


def _arrow(column: models.Field[Any, Any]) -> pa.DataType:
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    return next((kind for known, kind in _TYPES if isinstance(column, known)), pa.string())


def _field(column: models.Field[Any, Any]) -> pa.Field[Any]:
    """How a column stands in the Parquet file; JSON is text there and says so in its metadata."""
    nested = isinstance(own_kind(column), models.JSONField)
    return pa.field(column.attname, _arrow(column), metadata=JSON if nested else None)


def _exported(folder: Path, label: str, model: Model, masks: Mapping[str, str]) -> dict[str, Any]:
    found = columns(model)
    tally, shown = Tally(), Tally()
    masked = [_masked(json.loads(line), found, masks) for line in lines(model, tally)]
    for values in masked:
        shown.add(line_of(values))
    turned = list(zip(*masked, strict=True)) or [()] * len(found)
    schema = pa.schema([_field(one) for one in found])
    data = pa.table(
        [_array(values, one) for values, one in zip(turned, schema, strict=True)], schema=schema
    )
    write_parquet(data, folder / f"{label}.parquet")
    text = io.BytesIO(b"\xef\xbb\xbf")  # the mark that spreadsheet programs need for Chinese
    text.seek(0, io.SEEK_END)
    pc.write_csv(data, text)
    write_once(folder / f"{label}.csv", text.getvalue())
    names = [{"name": one.name, "type": str(one.type)} for one in schema]
    write_json_once(folder / f"{label}.schema.json", {"name": label, "columns": names})
    return {**shown.told(), "columns": schema.names, "masked": sorted(masks)}


def _masked(
    values: list[Any], found: Sequence[models.Field[Any, Any]], masks: Mapping[str, str]
) -> list[Any]:
    if not masks:
        return values
    row = dict(zip((one.attname for one in found), values, strict=True))
    for name, pattern in masks.items():
        nullable = next(one for one in found if one.attname == name).null
        row[name] = None if nullable and not pattern else pattern.format(id=row["id"])
    return list(row.values())


def _array(values: Sequence[Any], column: pa.Field[Any]) -> pa.Array[Any]:
    """Build a column from the plain values of lines; what is not a plain value becomes JSON text."""
    if pa.types.is_timestamp(column.type):
        return pa.array([one and datetime.fromisoformat(one) for one in values], column.type)
    if pa.types.is_date(column.type):
        return pa.array([one and date.fromisoformat(one) for one in values], column.type)
    if column.metadata == JSON:
        values = [None if one is None else line_of(one) for one in values]
    return pa.array(values, column.type)


def _imported(folder: Path, label: str) -> Iterator[str]:
    data = pq.read_table(folder / "commitments" / f"{label}.parquet")
    nested = [one.metadata == JSON for one in data.schema]
    for row in data.to_pylist():
        yield line_of(
            [
                json.loads(value) if one and value is not None else value
                for value, one in zip(row.values(), nested, strict=True)
            ]
        )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
        if manifest["format"] == FORMAT and {"tables", "migrations"} <= set(manifest):
            return manifest
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise JiqunError(
        "E-IMPORT-FOLDER",
        f"不是完整导出的文件夹，或格式不是 {FORMAT}：{folder}",
        f"not a folder of a whole export, or not of format {FORMAT}: {folder}",
        hint_zh="用 jiqun export --all 文件夹 重新导出；县里的数据表请用 jiqun load",
        hint_en="export again by jiqun export --all FOLDER; a county's own tables are loaded by jiqun load",
    )
