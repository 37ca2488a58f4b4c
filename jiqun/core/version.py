"""The code version that a finding names: the release and a digest of the code that computed it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from jiqun import __version__

ROOT = Path(__file__).resolve().parents[1]


@cache
def code_version(*folders: str) -> str:
    """Return ``release+digest`` over the Python files of folders below ``jiqun``, or single files.

    Two runs that name the same code version were computed by the same lines, also between
    releases and in installations without a version control system.
    """
    total = hashlib.sha256()
    for folder in folders:
        named = ROOT / folder
        for path in [named] if named.is_file() else sorted(named.rglob("*.py")):
            if "tests" not in path.parts:
                total.update(path.relative_to(ROOT).as_posix().encode())
                total.update(path.read_bytes())
    return f"{__version__}+{total.hexdigest()[:10]}"
