"""Runs the worker beside the server: started again when it dies, ended together with the server."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LOOK = 0.5  # seconds
PATIENCE = 25.0  # seconds for the worker to give its job back
CALM = 5.0  # seconds between two starts of a worker that keeps dying


def run_beside(
    server: Sequence[str], worker: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> int:
    """Run ``server`` in the foreground with ``worker`` beside it and return the server's exit code.

    SIGTERM and SIGINT end both; the server ends first, so that no request starts a job any more.
    """
    front = subprocess.Popen(server, cwd=cwd, env=env)  # noqa: S603
    previous = {
        number: signal.signal(number, lambda *_: front.terminate())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    started = time.monotonic()
    back = subprocess.Popen(worker, cwd=cwd, env=env)  # noqa: S603
    try:
        while front.poll() is None:
            time.sleep(LOOK)
            if back.poll() is not None and time.monotonic() - started > CALM:
                started = time.monotonic()
                back = subprocess.Popen(worker, cwd=cwd, env=env)  # noqa: S603
    finally:
        _end(front)
        _end(back)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return front.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it when it does not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
