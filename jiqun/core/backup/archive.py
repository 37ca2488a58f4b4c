"""One file: a plain tar archive that proves itself whole.

Members in order: whatever is kept, ``manifest.json`` (size and SHA-256 of every member before it)
and ``sha256`` (that of every byte of the archive before it). A cut-off or altered archive is
noticed before anything is read from it; the usual tar programs can open it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from uuid import uuid4

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import canonical_json, full_disk_is_clear, sync_folder

MANIFEST, SEAL = "manifest.json", "sha256"
CHUNK = 1 << 20


class _Hashed(io.RawIOBase):
    """Passes bytes on to a file, or from one, and hashes them on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.total = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.total.update(data)
        return self.file.write(data)

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.total.update(data)
        return data

    def tell(self) -> int:
        return self.file.tell()


class Writer:
    """Adds members to an archive that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._out = _Hashed(file)
        self._tar = tarfile.open(  # noqa: SIM115 - closed by close()
            fileobj=cast(IO[bytes], self._out), mode="w", format=tarfile.PAX_FORMAT
        )
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, size: int, source: IO[bytes]) -> None:
        """Add ``size`` bytes of ``source`` under ``name``."""
        about = tarfile.TarInfo(name)
        about.size, about.mode = size, 0o600
        hashed = _Hashed(source)
        self._tar.addfile(about, cast(IO[bytes], hashed))
        self.members[name] = {"bytes": size, "sha256": hashed.total.hexdigest()}

    def close(self, manifest: dict[str, Any]) -> None:
        """Write the manifest and the seal."""
        content = canonical_json({**manifest, "members": self.members}).encode()
        self.add(MANIFEST, len(content), io.BytesIO(content))
        seal = self._out.total.hexdigest().encode()
        self.add(SEAL, len(seal), io.BytesIO(seal))
        self._tar.close()


@contextmanager
def written(target: Path) -> Generator[IO[bytes]]:
    """Give a file to write that becomes ``target``, durably and at once, when the block succeeds.

    Only its owner can read it. Nothing that exists is replaced; a failure leaves nothing behind.

    Raises:
        JiqunError: ``E-BACKUP-EXISTS``, ``E-STORE-FULL``.
    """
    if target.exists():
        raise _exists(target)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    with full_disk_is_clear(target.parent):
        try:
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, target)  # unlike a rename, never replaces another's file
            except FileExistsError:
                raise _exists(target) from None
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


class Reader:
    """An archive that was found whole; see :func:`opened`."""

    def __init__(self, tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
        self._tar = tar
        self.manifest = manifest

    def names(self, prefix: str) -> list[str]:
        """Return the members below a folder."""
        return [name for name in self.manifest["members"] if name.startswith(prefix)]

    def open(self, name: str) -> IO[bytes]:
        """Open a member for reading."""
        return cast(IO[bytes], self._tar.extractfile(name))


@contextmanager
def opened(source: Path) -> Generator[Reader]:
    """Open an archive after checking every byte of it.

    Raises:
        JiqunError: ``E-BACKUP-MISSING``; ``E-BACKUP-DAMAGED`` for one that is cut off or altered.
    """
    if not source.is_file():
        raise JiqunError(
            "E-BACKUP-MISSING",
            f"没有这个备份文件：{source}",
            f"there is no such backup: {source}",
            hint_zh="检查路径",
            hint_en="check the path",
            kind=Kind.NOT_FOUND,
        )
    try:
        with tarfile.open(source, mode="r:") as tar:
            yield Reader(tar, _checked(source, tar))
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise _damaged(source, str(error)) from error


def _checked(source: Path, tar: tarfile.TarFile) -> dict[str, Any]:
    """Return the manifest when seal, manifest and members agree."""
    members = tar.getmembers()
    if len(members) < 2 or [one.name for one in members[-2:]] != [MANIFEST, SEAL]:
        raise _damaged(source, "the end is missing")
    seal = cast(IO[bytes], tar.extractfile(members[-1])).read()
    with source.open("rb") as file:
        if _hash(_limited(file, members[-1].offset)).encode() != seal:
            raise _damaged(source, "its content does not give its seal")
        file.seek(members[-1].offset_data + len(seal))
        if file.read().strip(b"\0"):
            raise _damaged(source, "there is something after its end")
    manifest = json.loads(cast(IO[bytes], tar.extractfile(members[-2])).read())
    found = {one.name: one for one in members[:-2]}
    if set(found) != set(manifest["members"]) or len(found) != len(members) - 2:
        raise _damaged(source, "its members are not those of its manifest")
    for name, told in manifest["members"].items():
        if not found[name].isreg() or not _harmless(name):
            raise _damaged(source, f"{name} is not a file inside the archive")
        content = cast(IO[bytes], tar.extractfile(found[name]))
        if found[name].size != told["bytes"] or _hash(_chunks(content)) != told["sha256"]:
            raise _damaged(source, f"{name} is not what the manifest says")
    return manifest


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(CHUNK):
        yield data


def _limited(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size and (data := file.read(min(CHUNK, size))):
        size -= len(data)
        yield data


def _hash(parts: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.hexdigest()


def _exists(target: Path) -> JiqunError:
    return JiqunError(
        "E-BACKUP-EXISTS",
        f"文件已存在，不会覆盖：{target}",
        f"the file exists and is not replaced: {target}",
        hint_zh="换一个文件名，例如带上日期",
        hint_en="choose another name, with the date for example",
        kind=Kind.CONFLICT,
    )


def _damaged(source: Path, why: str) -> JiqunError:
    return JiqunError(
        "E-BACKUP-DAMAGED",
        f"备份文件不完整或被改动，未恢复任何内容：{source}（{why}）",
        f"the backup is cut off or altered; nothing was restored: {source} ({why})",
        hint_zh="重新复制该文件，或用上一份备份；jiqun restore 文件 --check 只检查不恢复",
        hint_en="copy it again, or take the one before; jiqun restore FILE --check only looks",
        kind=Kind.INVALID,
    )
