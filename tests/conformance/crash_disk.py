"""A small file system of its own, and filling it to the last page."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = 4096


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a file system in memory of ``size``; only root may, and the test run is root in CI."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "jiqun", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.fail("a small file system cannot be mounted here: run as root (unshare -rm will do)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(folder: Path, *, leave: int) -> Iterator[None]:
    """Fill the file system but for ``leave`` bytes; the room comes back at the end."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(b"\0" * PAGE)
        except OSError:
            size = sink.tell()
        sink.truncate(max(0, size - leave))
    try:
        yield
    finally:
        path.unlink()
