"""What ``python3 manage.py test`` runs, in this order, all of it even when one fails."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.dependencies import NOT_CHECKED

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
SEMGREP = ROOT / ".tools" / "semgrep"
# Python that runs here or on a county's machine; the tests plant bad code on purpose.
OURS = ["jiqun", "config", "manage.py"]
# The workers of pytest are the parallelism: pools of threads beside them only wait for a core, busily.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
QUIET = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}


def steps(pytest_arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Return (name, command) of every check."""
    python = str(BIN / "python")
    chosen = pytest_arguments or ["-n", "3"]  # some wait for a server or a browser
    return [
        ("lint", [str(BIN / "ruff"), "check", "."]),
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        ("layers", [str(BIN / "lint-imports")]),
        ("types", [str(BIN / "basedpyright")]),
        ("types of the pages", [str(BIN / "npm"), "--prefix", "frontend", "run", "-s", "check"]),
        ("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("bandit", [str(BIN / "bandit"), "-q", "-r", *OURS, "-c", "pyproject.toml", "-ll", "-ii"]),
        (
            "semgrep",
            [
                str(SEMGREP / "bin" / "semgrep"), "scan", "--metrics=off", "--disable-version-check",
                "--quiet", "--error", "--strict", "--config", ".semgrep/jiqun.yml", *OURS,
            ],
        ),
        ("dependencies", [python, "-m", "config.dependencies"]),
        ("tests on SQLite", [python, "-m", "pytest", *chosen]),
        ("tests on PostgreSQL", [python, "-m", "tests.conformance.postgres", *chosen]),
    ]  # fmt: skip


def install_semgrep() -> None:
    """Make ``.tools/semgrep`` hold exactly ``locks/semgrep.txt``, hashes checked.

    It has an environment of its own because it pins old versions of libraries that others need.
    """
    lock = ROOT / "locks" / "semgrep.txt"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = SEMGREP / ".locked"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    python = str(SEMGREP / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", sys.executable, str(SEMGREP)],
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(lock)],
    ):  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
    stamp.write_text(wanted)


def run_all(pytest_arguments: list[str]) -> int:
    """Run every check and return 0 only when none failed.

    With arguments for pytest (a path, ``-k word``) only pytest on SQLite runs, for quick work. A
    check that could not look is marked ○, never ✓.
    """
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    os.environ |= QUIET | ALONE
    # Hundreds of processes start here; each would compile every library again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    todo = steps(pytest_arguments)
    if pytest_arguments:
        todo = [one for one in todo if one[0] == "tests on SQLite"]
    else:
        print("» semgrep's own environment", flush=True)  # noqa: T201
        install_semgrep()
    results = _together([one for one in todo if not one[0].startswith("tests")])
    for name, command in todo[len(results) :]:
        print(f"» {name}", flush=True)  # noqa: T201
        begun = time.perf_counter()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603
        results.append((name, _mark(name, code), time.perf_counter() - begun))
    print("\n" + "\n".join(  # noqa: T201
        f"{mark} {name:20s} {seconds:6.1f} s" + ("  not checked 未核查" if mark == "○" else "")
        for name, mark, seconds in results
    ))  # fmt: skip
    sys.stdout.flush()
    return int(any(mark == "✗" for _, mark, _ in results))


def _together(todo: list[tuple[str, list[str]]]) -> list[tuple[str, str, float]]:
    """Run checks that only read at the same time, two by two; what each says stays together."""

    def one(step: tuple[str, list[str]]) -> tuple[str, str, float]:
        name, command = step
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, check=False, text=True,  # noqa: S603
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        print(f"» {name}\n{done.stdout}", end="", flush=True)  # noqa: T201
        return name, _mark(name, done.returncode), time.perf_counter() - begun

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, todo))


def _mark(name: str, code: int) -> str:
    if name == "dependencies" and code == NOT_CHECKED:
        return "○"
    return "✗" if code else "✓"
