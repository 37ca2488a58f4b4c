"""A power cut, replayed: what a disk holds when only fsynced content and entries survive.

The input is a trace of system calls (Debian package ``strace``), so the libraries' own writing is
seen as it is. Content of a file is durable up to its last fsync, an entry up to the last fsync of
its folder. This is the harshest disk that POSIX allows, the same as LazyFS (Amaro et al., VLDB
2023) gives; a real one usually keeps more.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CALLS = (
    "openat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "fsync,fdatasync,write,writev,pwrite64,ftruncate"
)
LINE = re.compile(r"^(\d+)\s+(.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)", re.DOTALL)
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
HANDLE = re.compile(r"^\d+<([^>]*)>")
WORKER = Path(__file__).with_name("store_worker.py")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded."""

    name: str
    arguments: str
    path: str  # of the handle, for calls that have one
    texts: tuple[bytes, ...]


@dataclass(slots=True)
class Inode:
    """A file: what the system has, and what the disk has."""

    cached: bytearray = field(default_factory=bytearray)
    durable: bytes = b""


def require_strace() -> None:
    """Skip without strace on a developer's machine; fail in CI, where silence would be a lie."""
    found = shutil.which("strace")
    works = found and subprocess.run([found, "-o", "/dev/null", "true"], check=False)
    if works and works.returncode == 0:
        return
    message = "strace does not run; install the Debian package “strace” (and allow ptrace)"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def trace(folder: Path, mode: str, *options: str) -> list[Call]:
    """Run the worker in ``mode`` on ``folder/root`` and return its calls in order."""
    root, output = folder / "root", folder / "trace"
    root.mkdir()
    command = ["strace", "-f", "-y", "-s", "10000000", "-e", f"trace={CALLS}", "-o", output]
    worker = [sys.executable, WORKER, mode, root, folder / "acks", *options]
    environment = {**os.environ, "PYTHONPATH": str(WORKER.parents[2])}
    subprocess.run([*command, *worker], check=True, env=environment, timeout=120)
    return [
        call for call in read_trace(output) if str(folder) in call.path or _inside(call, folder)
    ]


def _inside(call: Call, folder: Path) -> bool:
    return any(text.startswith(os.fsencode(folder)) for text in call.texts)


def read_trace(path: Path) -> Iterator[Call]:
    """Yield the successful calls of a trace, each at the moment it returned."""
    begun: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        process, rest = match.groups()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>").rstrip()
            continue
        resumed = RESUMED.match(rest)
        if resumed:
            rest = begun.pop(process, "") + resumed.group(2)
        call = CALL.match(rest)
        if call and int(call.group(3)) >= 0:
            handle = HANDLE.match(call.group(2))
            texts = tuple(ast.literal_eval(f'b"{text}"') for text in TEXT.findall(call.group(2)))
            yield Call(call.group(1), call.group(2), handle.group(1) if handle else "", texts)


class Disk:
    """The files below ``root`` as the system sees them, and as the disk would give them back."""

    def __init__(self, root: Path) -> None:
        """Begin with the empty, durable folder ``root``."""
        self.root = str(root)
        self.entries: dict[str, dict[str, Inode | None]] = {self.root: {}}  # None is a folder
        self.durable: dict[str, dict[str, Inode | None]] = {}

    def play(self, call: Call) -> None:
        """Let one call happen."""
        paths = [os.fsdecode(text) for text in call.texts if text.startswith(self.root.encode())]
        if call.name == "openat" and paths and "O_CREAT" in call.arguments:
            self._open(paths[0], truncate="O_TRUNC" in call.arguments)
        elif call.name.startswith("mkdir") and paths:
            self._put(paths[0], None)
            self.entries.setdefault(paths[0], {})
        elif call.name.startswith(("rename", "link")) and len(paths) == 2:
            self._put(paths[1], self._file(paths[0]))
            if call.name.startswith("rename"):
                self._drop(paths[0])
        elif call.name.startswith("unlink") and paths:
            self._drop(paths[0])
        elif call.path.startswith(self.root) and not call.arguments.partition(",")[0].endswith(
            "(deleted)"
        ):
            self._touch(call)

    def _touch(self, call: Call) -> None:
        if call.name in ("fsync", "fdatasync"):
            if call.path in self.entries:
                self.durable[call.path] = dict(self.entries[call.path])
            else:
                file = self._file(call.path)
                file.durable = bytes(file.cached)
        elif call.name in ("write", "writev"):
            self._file(call.path).cached += b"".join(call.texts)
        elif call.name in ("pwrite64", "ftruncate"):
            raise NotImplementedError(call.name)  # the replay would no longer be the truth

    def rebuild(self, target: Path, *, entries_survive: bool) -> None:
        """Write what is left after a cut now.

        With ``entries_survive`` the names are all there, as on a journalling file system, and
        only unsynced content is lost: the case in which a log entry comes back empty.
        """
        self._write(self.root, target, self.entries if entries_survive else self.durable)

    def _write(
        self, folder: str, target: Path, entries: dict[str, dict[str, Inode | None]]
    ) -> None:
        target.mkdir(parents=True)
        for name, inode in entries.get(folder, {}).items():
            if inode is None:
                self._write(f"{folder}/{name}", target / name, entries)
            else:
                (target / name).write_bytes(inode.durable)

    def _open(self, path: str, *, truncate: bool) -> None:
        folder, name = os.path.split(path)
        if name not in self.entries[folder]:
            self.entries[folder][name] = Inode()
        elif truncate:
            self._file(path).cached.clear()

    def _put(self, path: str, inode: Inode | None) -> None:
        folder, name = os.path.split(path)
        self.entries[folder][name] = inode

    def _drop(self, path: str) -> None:
        folder, name = os.path.split(path)
        self.entries[folder].pop(name, None)

    def _file(self, path: str) -> Inode:
        folder, name = os.path.split(path)
        inode = self.entries[folder][name]
        assert inode is not None
        return inode


def acknowledgement(call: Call, folder: Path) -> int | None:
    """Return the number of the batch that ``call`` acknowledges, if it does."""
    if call.name == "write" and call.path == str(folder / "acks"):
        return int(call.texts[0])
    return None
