#!/usr/bin/env python3
"""Bootstraps itself on a machine with only python3 and pip, then is Django's manage.py.

    python3 manage.py up      set everything up, load the demo county, serve the console on :8000
    python3 manage.py test    set the same up with the test tools and run every check
    python3 manage.py load …  any command of the jiqun command line, or of Django

Everything before the hand-over uses the standard library alone. It never downloads a Python;
behind a package mirror the usual variables of pip, uv and npm apply.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "locks" / "run.txt", "dev": ROOT / "locks" / "dev.txt"}
FRONTEND = ROOT / "frontend"
OLDEST_PYTHON = (3, 11)


def say(text: str) -> None:
    """Tell the person what is being done."""
    print(f"» {text}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a step and stop with its exit code when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, check=False)
    if done.returncode:
        print(f"✗ failed: {' '.join(map(str, command))}", file=sys.stderr)
        raise SystemExit(done.returncode)


def digest(paths: list[Path]) -> str:
    """Hash file names and contents, so that a step runs again only when its inputs changed."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def find_uv() -> str:
    """Return uv from PATH or from .tools, installing it there by pip when it is nowhere."""
    local = TOOLS / "bin" / "uv"
    if found := shutil.which("uv"):
        return found
    if not local.exists():
        say("正在获取 uv（安装到 .tools）… getting uv into .tools")
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--root-user-action=ignore", "--target", TOOLS, "uv")  # fmt: skip
    return str(local)


def install(group: str) -> None:
    """Make .venv hold exactly the locked packages of ``group``; the dev set includes the run set."""
    stamp = VENV / ".locked"
    have = stamp.read_text() if stamp.exists() else ""
    accepted = {name: digest([path]) for name, path in LOCKS.items()}
    if have == accepted["dev"] or (group == "run" and have == accepted["run"]):
        return
    uv = find_uv()
    if not PYTHON.exists():
        run(uv, "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, VENV)
    say("正在安装锁定版本的依赖（核对散列值）… installing the locked packages, hashes checked")
    run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, LOCKS[group])
    command = VENV / "bin" / "jiqun"
    command.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{ROOT / "manage.py"}" "$@"\n')
    command.chmod(0o755)
    stamp.write_text(accepted[group])


def build_frontend() -> None:
    """Build the pages' scripts and styles when their sources changed."""
    made = {"node_modules", "dist"}
    sources = [
        path
        for path in FRONTEND.rglob("*")
        if path.is_file() and made.isdisjoint(path.relative_to(FRONTEND).parts)
    ]
    stamp = FRONTEND / "dist" / ".built"
    wanted = digest(sources)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("正在构建页面资源… building the pages' scripts and styles")
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run(
        VENV / "bin" / "npm",
        "ci",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
        cwd=FRONTEND,
    )
    run(VENV / "bin" / "npm", "run", "--silent", "build", cwd=FRONTEND)
    stamp.write_text(wanted)


def bootstrap(arguments: list[str]) -> None:
    """Set up what is missing, then start this file again inside the environment."""
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit("Jiqun 需要 Python 3.11 或更新版本 / needs Python 3.11 or newer")
    command = arguments[0] if arguments else "help"
    install("dev" if command == "test" else "run")
    if command in {"up", "test", "collectstatic"}:
        build_frontend()
    if Path(sys.prefix) != VENV:
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *arguments])


def main() -> None:
    """Hand over to the test runner or to Django."""
    arguments = sys.argv[1:]
    bootstrap(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if arguments[:1] == ["test"]:
        from config.checks import run_all

        raise SystemExit(run_all(arguments[1:]))
    from jiqun.cli import COMMANDS
    from jiqun.cli import main as command_line

    if arguments[:1] and arguments[0] in COMMANDS:
        raise SystemExit(command_line(arguments))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
