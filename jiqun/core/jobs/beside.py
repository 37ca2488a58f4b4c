"""Runs the worker beside the server: started again when it dies, ended together with the server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
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
    Each has a group of its own: what a server that was killed leaves behind ends with its group,
    or it would go on answering on the port, and Ctrl-C in a terminal reaches this process alone.
    """

    def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, cwd=cwd, env=env, start_new_session=True)  # noqa: S603

    told = threading.Event()
    previous = {
        number: signal.signal(number, lambda *_: told.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    front = start(server)
    started = time.monotonic()
    back = start(worker)
    try:
        while front.poll() is None and not told.wait(LOOK):
            if back.poll() is not None and time.monotonic() - started > CALM:
                started = time.monotonic()
                back = start(worker)
    finally:
        _end(front)
        _end(back)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return front.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it and what it started when it does not."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError):  # nothing of the group is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
