"""What ``python3 manage.py test`` runs, in this order, all of it even when one fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"


def steps(pytest_arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Return (name, command) of every check."""
    python = str(BIN / "python")
    return [
        ("lint", [str(BIN / "ruff"), "check", "."]),
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        ("layers", [str(BIN / "lint-imports")]),
        ("types", [str(BIN / "basedpyright")]),
        ("types of the pages", [str(BIN / "npm"), "--prefix", "frontend", "run", "-s", "check"]),
        ("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("tests", [python, "-m", "pytest", *(pytest_arguments or ["-n", "2"])]),
    ]


def run_all(pytest_arguments: list[str]) -> int:
    """Run every check and return 0 only when all passed.

    With arguments for pytest (a path, ``-k word``) only pytest runs, for quick work.
    """
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    todo = steps(pytest_arguments)
    if pytest_arguments:
        todo = todo[-1:]
    results: list[tuple[str, int, float]] = []
    for name, command in todo:
        print(f"» {name}", flush=True)  # noqa: T201
        begun = time.perf_counter()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603
        results.append((name, code, time.perf_counter() - begun))
    print("\n" + "\n".join(  # noqa: T201
        f"{'✓' if code == 0 else '✗'} {name:20s} {seconds:6.1f} s" for name, code, seconds in results
    ))  # fmt: skip
    failed = any(code for _, code, _ in results)
    sys.stdout.flush()
    return 1 if failed else 0
