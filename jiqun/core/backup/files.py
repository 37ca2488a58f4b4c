"""The files that belong to an installation, at one moment, while others go on writing.

The store only ever adds files, and what points at a file is written after it. So the registers
are listed before what they speak of: runs, batches, findings, snapshots, facts. Whatever a listed
log names is then there, and what came later is left for the next backup.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from django.conf import settings

from jiqun.core.models import Paper
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.recovery import log_path, log_versions
from jiqun.facts.store.tables import BATCHES, FINDING, QUARANTINE, RUNS

STORE, IMPORTS, PAPERS = "store", "imports", "papers"


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to keep: its name in the archive, where it lies, and its content if already read.

    Of ``passing`` ones somebody may take a file away while the backup is written; it is left out then.
    """

    name: str
    path: Path
    content: bytes | None = None
    passing: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size if self.content is None else len(self.content)

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        return self.path.open("rb") if self.content is None else io.BytesIO(self.content)


def folders() -> dict[str, Path]:
    """Return the folders that are kept, by their name in the archive."""
    var = Path(settings.VAR)
    return {STORE: Path(settings.STORE), IMPORTS: var / IMPORTS, PAPERS: var / PAPERS}


def _tables(root: Path) -> list[Path]:
    """Folders of the store's tables, what points before what it points at."""
    first = [
        root / "findings" / RUNS.removeprefix(FINDING),
        root / "facts" / BATCHES,
        root / "facts" / QUARANTINE,
    ]
    rest = [*(root / "findings").glob("*"), *(root / "facts").glob("*")]
    return [path for path in dict.fromkeys([*first, *sorted(rest, reverse=True)]) if path.is_dir()]


def _table(root: Path, folder: Path) -> Iterator[Piece]:
    """One Delta table: its log as it is now, and every data file that the log has ever named.

    Checkpoints are left out: they repeat the log, and are made again.
    """
    named: dict[str, None] = {}
    for version in log_versions(folder):
        path = log_path(folder, version)
        content = path.read_bytes()
        yield Piece(_name(root, path), path, content)
        for line in content.splitlines():
            action = json.loads(line) if line.strip() else {}
            if "add" in action:
                named[unquote(action["add"]["path"])] = None
    for name in named:
        if not (folder / name).exists():
            raise _missing(folder / name)
        yield Piece(_name(root, folder / name), folder / name)


def _missing(path: Path) -> JiqunError:
    return JiqunError(
        "E-STORE-CORRUPT",
        f"缺少一个已确认的文件，未生成备份：{path}",
        f"a file that was acknowledged is missing; no backup was made: {path}",
        hint_zh="检查磁盘；从上一份备份恢复",
        hint_en="check the disk; restore the backup before",
        kind=Kind.INTERNAL,
    )


def _name(root: Path, path: Path) -> str:
    return f"{STORE}/{path.relative_to(root).as_posix()}"


def pieces() -> list[Piece]:
    """Return every file of the store and every uploaded one, as they are now."""
    root = Path(settings.STORE).resolve()
    found: list[Piece] = []
    facts = {path.name for path in (root / "facts").glob("*")} - {BATCHES, QUARANTINE}
    for folder in _tables(root):
        if folder.parent.name == "facts" and folder.name in facts:
            continue
        found += _table(root, folder)
    for path in sorted((root / "snapshots").glob("*.json")):
        found.append(Piece(_name(root, path), path, path.read_bytes()))
    for name in sorted(facts):
        found += _table(root, root / "facts" / name)
    return [*found, *_uploads(), *_papers()]


def _uploads() -> Iterator[Piece]:
    """Files of imports, read at once: the next revision writes over them."""
    folder = folders()[IMPORTS]
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            name = f"{IMPORTS}/{path.relative_to(folder).as_posix()}"
            yield Piece(name, path, path.read_bytes())


def _papers() -> Iterator[Piece]:
    """Files of firms' papers: never written again, and only those never handed in are taken away."""
    for one in Paper.objects.order_by("pk"):
        if not one.path.is_file():
            raise _missing(one.path)
        yield Piece(f"{PAPERS}/{one.key}", one.path, passing=True)
