"""Starts servers fast: the program is loaded once, then every server is forked from this process.

``crash_keeper.py PORT APPLICATION`` starts one granian with each line ``start`` of its input, each in
a process group of its own, and prints the group's number; with ``census PATH`` it counts what is
there, writes that to the path and prints ``counted``. A fork keeps the calling thread alone, so
nothing that has been loaded may have started workers yet: polars and deltalake start theirs when
they are first used.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WORKERS = ("polars-", "tokio-rt")  # what threads of pools are called; polars-ooc only tidies up


def workers() -> list[str]:
    """Names of this process's threads that a forked child would miss."""
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return [one for one in names if one.startswith(WORKERS) and one != "polars-ooc-clea"]


def serve(port: int, application: str) -> None:
    """Be a server with one worker, as the deploy guide starts it, until killed."""
    Granian(
        application, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=4,
        websockets=False, respawn_failed_workers=True, log_level=LogLevels.error,
    ).serve()  # fmt: skip


def count(path: Path) -> None:
    """Take the census in a process of its own."""
    child = os.fork()
    if child == 0:
        setup = import_module("tests.conformance.crash_setup")
        path.write_text(json.dumps(setup.census(), ensure_ascii=False), "utf-8")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    sys.stdout.write("counted\n" if status == 0 else "failed\n")
    sys.stdout.flush()


def main(port: int, application: str) -> None:
    """Fork one server per line of the input; take the last one along at its end, not before."""
    for one in STOPPING:
        signal.signal(one, signal.SIG_IGN)
    warnings.filterwarnings("ignore")
    import_module(application.partition(":")[0])
    if found := workers():
        raise SystemExit(f"loading the program starts workers, which a fork loses: {found}")
    gc.freeze()
    group = 0
    for line in sys.stdin:
        if group:
            os.waitpid(group, 0)  # the caller killed it; a zombie would look alive
            group = 0
        word, _, path = line.strip().partition(" ")
        if word == "census":
            count(Path(path))
            continue
        group = os.fork()
        if group == 0:
            os.setpgid(0, 0)
            for one in STOPPING:
                signal.signal(one, signal.SIG_DFL)
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            os.dup2(2, 1)  # what the server says goes to the log
            serve(port, application)
            os._exit(0)
        with suppress(OSError):  # on both sides of the fork: whoever comes first
            os.setpgid(group, group)
    if group:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
