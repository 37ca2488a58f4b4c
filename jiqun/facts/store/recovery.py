"""Opening a Delta table after a power cut.

An unsynced last log entry may come back empty, cut short or full of zeros; delta-rs 1.6.6 opens
an empty one silently as a valid version without rows. So the end of the log is read before the
table is, and what cannot be an acknowledged version is set aside with a note, never deleted.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import move_aside

LOG_NAME = re.compile(r"^(\d{20})\.json$")
PARQUET_MAGIC = b"PAR1"
Action = Mapping[str, Any]


def log_path(table: Path, version: int) -> Path:
    """Return where the log entry of ``version`` lies."""
    return table / "_delta_log" / f"{version:020d}.json"


def log_versions(table: Path) -> list[int]:
    """Return the versions that have a log entry, ascending."""
    log = table / "_delta_log"
    if not log.is_dir():
        return []
    found = (LOG_NAME.match(path.name) for path in log.iterdir())
    return sorted(int(match.group(1)) for match in found if match)


def read_log(path: Path) -> list[Action]:
    """Return the actions of one log entry; ValueError when it is not whole JSON lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [cast(Action, json.loads(line)) for line in lines if line]


def check_whole(path: Path, size: int) -> None:
    """Refuse a data file that is missing or short; JiqunError ``E-STORE-CORRUPT``."""
    if _whole(path, size):
        return
    raise JiqunError(
        "E-STORE-CORRUPT",
        f"数据文件缺失或不完整：{path}",
        f"data file is missing or short: {path}",
        hint_zh="从备份恢复该文件，或读取更早的快照",
        hint_en="restore the file from a backup, or read an earlier snapshot",
        kind=Kind.INTERNAL,
    )


def is_whole(table: Path) -> bool:
    """Tell whether ``table`` opens without repair; needs no lock, a False must be rechecked."""
    versions = log_versions(table)
    return (
        not _broken_checkpoint(table)
        and (not versions or _damage(table, versions[-1]) is None)
        and _first_gap(table, versions) is None
    )


def recover(table: Path, acknowledged: Callable[[int], bool] | None = None) -> list[Path]:
    """Set aside broken entries at the end of the log of ``table``; return where they are now.

    Args:
        table: folder of the Delta table.
        acknowledged: tells whether a version is known to have been acknowledged.

    Raises:
        JiqunError: ``E-STORE-CORRUPT`` when an entry inside the log is missing or empty, or when
            the broken one at the end was acknowledged.
    """
    versions = log_versions(table)
    note: dict[str, Any] = {
        "reason": "checkpoint cut short; the log has all of it",
        "moved_at": time.time(),
    }
    aside = table / "_recovered"
    moved = [move_aside(path, aside, note) for path in _broken_checkpoint(table)]
    while versions:
        damage = _damage(table, versions[-1])
        if damage is None:
            break
        version = versions.pop()
        reason, lost_data = damage
        # Data is durable before its log entry exists, so a whole entry without its data was not
        # left by a power cut; only a ledger that does not know the version clears it.
        known = acknowledged(version) if acknowledged else lost_data
        if known:
            raise _corrupt(log_path(table, version), reason)
        note = {"version": version, "reason": reason, "moved_at": time.time()}
        moved.append(move_aside(log_path(table, version), aside, note))
    gap = _first_gap(table, versions)
    if gap is not None:
        raise _corrupt(log_path(table, gap), "missing or empty inside the log")
    return moved


def _first_gap(table: Path, versions: list[int]) -> int | None:
    for position, version in enumerate(versions):
        if version != position or log_path(table, version).stat().st_size == 0:
            return position
    return None


def _damage(table: Path, version: int) -> tuple[str, bool] | None:
    """Return what is wrong with one log entry and whether it is its data that is lost."""
    try:
        actions = read_log(log_path(table, version))
    except ValueError:
        return "the log entry is not whole JSON", False
    if not actions:
        return "the log entry is empty", False
    note = _note(actions)
    files = [action for action in actions if "add" in action or "remove" in action]
    marks = [action for action in actions if "txn" in action]
    if note and (len(files), len(marks)) != (note["actions"], note["transactions"]):
        return "the log entry is cut short", False
    for action in actions:
        add = action.get("add")
        if add and not _whole(table / add["path"], int(add["size"])):
            return f"data file {add['path']} is missing or short", True
    return None


def _note(actions: list[Action]) -> Mapping[str, Any]:
    info = actions[0].get("commitInfo") or {}
    return cast(Mapping[str, Any], info.get("jiqun") or {})


def _whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _broken_checkpoint(table: Path) -> list[Path]:
    """Return the newest checkpoint and its pointer if unreadable: the log can replace both."""
    log = table / "_delta_log"
    checkpoints = sorted(log.glob("*.checkpoint.parquet")) if log.is_dir() else []
    broken = [path for path in checkpoints[-1:] if not _is_parquet(path)]
    pointer = log / "_last_checkpoint"
    if pointer.exists() and (broken or not _is_json(pointer)):
        broken.append(pointer)
    return broken


def _is_parquet(path: Path) -> bool:
    content = path.read_bytes()
    return len(content) > 12 and content[:4] == content[-4:] == PARQUET_MAGIC


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _corrupt(path: Path, reason: str) -> JiqunError:
    return JiqunError(
        "E-STORE-CORRUPT",
        f"事实库日志已损坏：{path}（{reason}）",
        f"the store's log is damaged: {path} ({reason})",
        hint_zh="停止写入，从备份恢复该表",
        hint_en="stop writing and restore this table from a backup",
        kind=Kind.INTERNAL,
    )
