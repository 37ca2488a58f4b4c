"""``jiqun restore``: a backup into an empty installation, all of it or nothing."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.db import connection, transaction

from jiqun import __version__
from jiqun.core.audit.verify import Report, verify_log
from jiqun.core.backup.archive import CHUNK, Reader, opened
from jiqun.core.backup.files import STORE, folders
from jiqun.core.backup.rows import (
    FRAMEWORK,
    Model,
    clear,
    columns,
    insert,
    set_counters,
    tables,
    tally_of,
)
from jiqun.core.backup.save import FORMAT, Progress, key_fingerprint, migrations, nothing
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import full_disk_is_clear, make_folder, sync_folder


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    manifest: dict[str, Any]
    rows: int
    files: int
    same_key: bool
    log: Report


def check(source: Path) -> dict[str, Any]:
    """Check every byte of a backup and return its manifest; nothing is changed.

    Raises:
        JiqunError: ``E-BACKUP-MISSING``, ``E-BACKUP-DAMAGED``, ``E-BACKUP-VERSION``.
    """
    with opened(source) as reader:
        _require_format(source, reader.manifest)
        return reader.manifest


def restore(source: Path, *, progress: Progress = nothing) -> Restored:
    """Bring a backup into this empty installation, whichever of the two databases it has.

    Every byte is checked before anything is written, and every table's count and digest are
    compared in the database before it is committed.

    Raises:
        JiqunError: ``E-BACKUP-MISSING``, ``E-BACKUP-DAMAGED``, ``E-BACKUP-VERSION``,
            ``E-BACKUP-NOT-EMPTY``, ``E-BACKUP-DIFFERS``, ``E-STORE-FULL``.
    """
    progress(0, 1, "核对 checking")
    with opened(source) as reader:
        _require_format(source, reader.manifest)
        require_empty()
        prepare_database(reader.manifest["migrations"])
        moved: list[Path] = []
        staged = _staged(reader, progress)
        try:
            with transaction.atomic():
                given = {label: _lines(reader, label) for label in reader.manifest["tables"]}
                rows = fill(given, reader.manifest, progress)
                for folder, target in staged:
                    if target.exists():
                        shutil.rmtree(target)  # it is empty: require_empty has looked
                    folder.rename(target)
                    moved.append(target)
                    sync_folder(target.parent)
        except BaseException:
            for path in [*(folder for folder, _ in staged), *moved]:
                shutil.rmtree(path, ignore_errors=True)
            raise
        files = len(reader.manifest["members"]) - len(reader.manifest["tables"])
        same = reader.manifest["key"] == key_fingerprint()
        return Restored(reader.manifest, rows, files, same, verify_log())


# ---- the database ----------------------------------------------------------------------------


def require_empty() -> None:
    """Refuse an installation that holds anything.

    Raises:
        JiqunError: ``E-BACKUP-NOT-EMPTY``.
    """
    holds = [str(path) for path in folders().values() if path.is_dir() and any(_kept(path))]
    existing = set(connection.introspection.table_names())
    for label, model in tables().items():
        if (
            label not in FRAMEWORK
            and model._meta.db_table in existing
            and model._base_manager.exists()
        ):
            holds.append(label)
    if holds:
        raise JiqunError(
            "E-BACKUP-NOT-EMPTY",
            f"目标不是空的，未恢复任何内容：{'、'.join(holds)}",
            f"the target is not empty; nothing was restored: {', '.join(holds)}",
            hint_zh="恢复只写入空的安装：换一个 JIQUN_VAR 和一个空数据库",
            hint_en="a restore only fills an empty installation: take another JIQUN_VAR and an empty database",
            kind=Kind.CONFLICT,
        )


def _kept(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and "_scratch" not in path.parts)


def prepare_database(expected: list[str] | None = None) -> None:
    """Make the tables as this release has them, and refuse a backup of another state.

    Args:
        expected: the migrations that the backup's database has had; nothing is compared without.

    Raises:
        JiqunError: ``E-BACKUP-VERSION``.
    """
    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
    here = migrations()
    if expected is not None and here != expected:
        more = sorted(set(expected) - set(here))
        less = sorted(set(here) - set(expected))
        raise _other_version(
            f"备份的数据库结构与本版本不同（备份多出 {more}，缺少 {less}）",
            f"the backup's database has another structure (it has {more} more and lacks {less})",
        )


def fill(given: dict[str, Iterator[str]], manifest: dict[str, Any], progress: Progress) -> int:
    """Put rows into the tables and compare them with the manifest; return how many there are.

    Raises:
        JiqunError: ``E-BACKUP-VERSION`` for tables or columns that are not ours,
            ``E-BACKUP-DIFFERS`` when the database does not hold what was written.
    """
    known = tables()
    strange = sorted(set(given) - set(known))
    for label, told in manifest["tables"].items():
        if label in known and [one.attname for one in columns(known[label])] != told["columns"]:
            strange.append(label)
    if strange:
        raise _other_version(
            f"备份里的这些表与本版本不同：{'、'.join(strange)}",
            f"these tables of the backup are not as this release has them: {', '.join(strange)}",
        )
    for label in FRAMEWORK & set(given):
        clear(known[label])
    for number, (label, found) in enumerate(given.items()):
        progress(number, len(given), f"数据库 database {label}")
        insert(known[label], found)
    set_counters(manifest.get("counters", {}))
    connection.check_constraints()
    total = 0
    for number, label in enumerate(given):
        progress(number, len(given), f"核对 checking {label}")
        total += _compared(label, known[label], manifest["tables"][label])
    return total


def _compared(label: str, model: Model, told: dict[str, Any]) -> int:
    found = tally_of(model).told()
    if found != {name: told[name] for name in found}:
        raise JiqunError(
            "E-BACKUP-DIFFERS",
            f"写入后核对不符，未恢复任何内容：{label} {found['rows']} 行，应为 {told['rows']} 行",
            f"what was written is not what the manifest says; nothing was restored: {label} has "
            f"{found['rows']} rows of {told['rows']}, or other content",
            hint_zh="请报告此问题并附上版本号；备份文件未受影响",
            hint_en="report this with the version; the backup itself is untouched",
            kind=Kind.INTERNAL,
        )
    return int(found["rows"])


def _lines(reader: Reader, label: str) -> Iterator[str]:
    with gzip.open(
        reader.open(f"database/{label}.jsonl.gz"), "rt", encoding="utf-8", newline="\n"
    ) as packed:
        for line in packed:
            yield line.rstrip("\n")


# ---- the files -------------------------------------------------------------------------------


def _staged(reader: Reader, progress: Progress) -> list[tuple[Path, Path]]:
    """Write the files durably beside where they belong; return (where they are, where they go)."""
    pairs: list[tuple[Path, Path]] = []
    for prefix, target in folders().items():
        names = reader.names(f"{prefix}/")
        if not names and prefix != STORE:
            continue
        make_folder(target.parent)
        beside = target.with_name(f".{target.name}.{uuid4().hex}")
        pairs.append((beside, target))
        try:
            with full_disk_is_clear(target.parent):
                make_folder(beside)
                for number, name in enumerate(names):
                    progress(number, len(names), f"文件 files {prefix}")
                    _written(reader, name, beside / name.removeprefix(f"{prefix}/"))
        except BaseException:
            for folder, _ in pairs:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    return pairs


def _written(reader: Reader, name: str, path: Path) -> None:
    make_folder(path.parent)
    with reader.open(name) as source, path.open("xb") as sink:
        shutil.copyfileobj(source, sink, CHUNK)
        sink.flush()
        os.fsync(sink.fileno())
    sync_folder(path.parent)


def _require_format(source: Path, manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise _other_version(
            f"{source} 的格式是 {manifest.get('format')}，本版本只认 {FORMAT}",
            f"{source} has format {manifest.get('format')}; this release reads {FORMAT}",
            manifest.get("version", ""),
        )


def _other_version(zh: str, en: str, version: str = "") -> JiqunError:
    return JiqunError(
        "E-BACKUP-VERSION",
        f"{zh}，未恢复任何内容",
        f"{en}; nothing was restored",
        hint_zh=f"先安装做备份时的版本{version and ' ' + version}并恢复，再升级（本版本 {__version__}）",
        hint_en=f"install the release that made it{version and ' ' + version}, restore, then update "
        f"(this is {__version__})",
        kind=Kind.CONFLICT,
    )
