"""Snapshots: which version of every table was read, under one name that never changes meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import canonical_json, make_folder, write_json_once


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The version of each table at one moment. ``id`` is the SHA-256 of ``versions``."""

    id: str
    versions: Mapping[str, int]
    created: datetime


def snapshot_id(versions: Mapping[str, int]) -> str:
    """Return the SHA-256 of the canonical JSON of ``versions``: equal content, equal name."""
    return hashlib.sha256(canonical_json(dict(versions)).encode()).hexdigest()


def save_snapshot(folder: Path, versions: Mapping[str, int]) -> Snapshot:
    """Write ``versions`` durably under their id; the first writing keeps its time."""
    identity = snapshot_id(versions)
    make_folder(folder)
    created = datetime.now(UTC)
    taken = Snapshot(identity, dict(sorted(versions.items())), created)
    write_json_once(folder / f"{identity}.json", {**asdict(taken), "created": created.isoformat()})
    return load_snapshot(folder, identity)


def load_snapshot(folder: Path, identity: str) -> Snapshot:
    """Read a snapshot back.

    Raises:
        JiqunError: ``E-STORE-SNAPSHOT`` when there is none of that id, or when its content no
            longer gives its id.
    """
    path = folder / f"{identity}.json"
    if not identity.isalnum() or not path.is_file():
        raise JiqunError(
            "E-STORE-SNAPSHOT",
            f"没有快照 {identity}",
            f"there is no snapshot {identity}",
            hint_zh="用 store.snapshots() 查看已有快照",
            hint_en="list the known ones with store.snapshots()",
            kind=Kind.NOT_FOUND,
        )
    raw = json.loads(path.read_text(encoding="utf-8"))
    versions = {str(name): int(version) for name, version in raw["versions"].items()}
    if snapshot_id(versions) != identity:
        raise JiqunError(
            "E-STORE-SNAPSHOT",
            f"快照文件内容与编号不符：{path}",
            f"the snapshot's content does not give its id: {path}",
            hint_zh="从备份恢复该文件",
            hint_en="restore this file from a backup",
            kind=Kind.INTERNAL,
        )
    return Snapshot(identity, versions, datetime.fromisoformat(raw["created"]))


def list_snapshots(folder: Path) -> list[Snapshot]:
    """Return every snapshot, oldest first."""
    if not folder.is_dir():
        return []
    found = [load_snapshot(folder, path.stem) for path in folder.glob("[0-9a-f]*.json")]
    return sorted(found, key=lambda taken: (taken.created, taken.id))


def frame_digest(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's content, whatever the order of its rows and columns.

    Columns are taken by name; rows are sorted by all of them, nulls last. Of each column the
    digest covers name, type, which values are null, and the values (text with its lengths,
    little-endian numbers; -0.0 counts as 0.0 and every NaN as the same). It does not depend on
    how a library lays out memory, so it can be compared years later.

    Raises:
        JiqunError: ``E-STORE-TYPE`` for a column that is not text, number, boolean or time.
    """
    ordered = frame.select(sorted(frame.columns))
    if ordered.width:
        ordered = ordered.sort(ordered.columns, nulls_last=True)
    return ordered_digest(ordered)


def ordered_digest(frame: pl.DataFrame) -> str:
    """Return the digest of :func:`frame_digest` for rows and columns in the order given."""
    digest = hashlib.sha256(f"{frame.height}".encode())
    for column in frame.iter_columns():
        kind, parts = _canonical(column)
        digest.update(f"\x1e{column.name}\x1f{kind}\x1f".encode())
        digest.update(np.packbits(column.is_null().to_numpy()).tobytes())
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _canonical(column: pl.Series) -> tuple[str, tuple[bytes | memoryview, ...]]:
    """Return our own name of the column's type, and its values as bytes; nulls count as zero."""
    kind = column.dtype
    if isinstance(kind, pl.String | pl.Categorical | pl.Enum):
        return "text", _text(column.cast(pl.String))
    if kind.is_decimal():
        return "decimal", _text(column.cast(pl.String))
    if kind.is_float():
        numbers = column.cast(pl.Float64).fill_null(0).to_numpy() + 0.0  # -0.0 + 0.0 is 0.0
        numbers[np.isnan(numbers)] = np.nan
        return "number", (numbers.astype("<f8").tobytes(),)
    if isinstance(kind, pl.Datetime):
        column = column.cast(pl.Datetime("us", kind.time_zone))
    if kind.is_integer() or isinstance(kind, pl.Boolean) or kind.is_temporal():
        whole = column.to_physical().cast(pl.Int64).fill_null(0)
        name = "integer" if kind.is_integer() else str(kind.base_type()).lower()
        return name, (whole.to_numpy().astype("<i8").tobytes(),)
    if isinstance(kind, pl.Null):
        return "null", ()
    raise JiqunError(
        "E-STORE-TYPE",
        f"列 {column.name} 的类型 {kind} 不能存入事实库",
        f"column {column.name} has type {kind}, which the store does not keep",
        hint_zh="嵌套内容请转为 JSON 文本列",
        hint_en="turn nested content into a column of JSON text",
        kind=Kind.INVALID,
    )


def _text(column: pl.Series) -> tuple[bytes, memoryview]:
    """Return the lengths of the texts and their UTF-8 content, without a Python string each."""
    array = cast(pa.LargeStringArray, column.fill_null("").to_arrow().cast(pa.large_string()))
    _, offsets, content = array.buffers()
    if len(array) == 0 or offsets is None or content is None:
        return b"", memoryview(b"")
    bounds = np.frombuffer(memoryview(offsets), "<i8")[array.offset : array.offset + len(array) + 1]
    return np.diff(bounds).astype("<u8").tobytes(), memoryview(content)[bounds[0] : bounds[-1]]
