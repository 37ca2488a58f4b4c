"""Starts servers fast: libraries are imported once, then every server is forked from this process.

``crash_keeper.py PORT APPLICATION`` starts one granian with each line of its input, each in a
process group of its own, and prints the group's number. Only libraries without threads are
imported here, so that a fork is safe; polars, deltalake and the program itself load in the server.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HEAVY = (
    "pydantic", "yaml", "numpy", "scipy.optimize", "scipy.stats", "scipy.sparse.linalg", "sklearn.ensemble",
    "sklearn.linear_model", "pyarrow.parquet", "pyarrow.compute", "pyarrow.dataset", "duckdb", "ibis.backends.duckdb",
    "sqlglot", "cryptography.hazmat.primitives.hashes", "xlsxwriter", "python_calamine", "django.db.models",
    "django.core.handlers.wsgi", "django.template.defaultfilters", "allauth", "ninja.errors",
    "numba", "lark", "highspy", "typst", "shapely", "fido2.server", "whitenoise", "django_htmx.middleware",
)  # fmt: skip


def serve(port: int, application: str) -> None:
    """Be a server with one worker, as the deploy guide starts it, until killed."""
    Granian(
        application, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=4,
        websockets=False, respawn_failed_workers=True, log_level=LogLevels.error,
    ).serve()  # fmt: skip


def main(port: int, application: str) -> None:
    """Fork one server per line of the input; take the last one along at its end, not before."""
    for one in STOPPING:
        signal.signal(one, signal.SIG_IGN)
    warnings.filterwarnings("ignore")
    for name in HEAVY:
        import_module(name)
    gc.freeze()
    group = 0
    for _ in sys.stdin:
        if group:
            os.waitpid(group, 0)  # the caller killed it; a zombie would look alive
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
