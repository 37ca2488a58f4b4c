"""Who works on a job: a lock of the operating system where both can see it, else a heartbeat.

The kernel lets go of a lock the moment its process dies and not before, however long that process
was stopped. So on one machine a job whose worker was killed is found at once, and one whose worker
is only slow is never started a second time. A worker on another machine is judged by its
heartbeat.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from jiqun.core.models.jobs import Job

SILENCE = timedelta(seconds=90)  # of a worker elsewhere, after which its job counts as lost


def _folder() -> Path:
    folder = Path(settings.VAR) / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def home() -> str:
    """Return the name of this installation's lock folder, made once: who shares it sees its locks."""
    path = _folder() / "home"
    if not path.exists():
        fresh = path.with_suffix(f".{uuid.uuid4().hex}")
        fresh.write_text(uuid.uuid4().hex[:12])
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another worker was first, its name holds
        finally:
            fresh.unlink()
    return path.read_text()


def new_lease() -> str:
    """Return a name for one attempt of one worker: ``<home>:<random>``."""
    return f"{home()}:{uuid.uuid4().hex}"


@contextmanager
def held(lease: str) -> Generator[None]:
    """Hold the lock of an attempt while the block runs."""
    path = _folder() / f"{lease.partition(':')[2]}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_lost(job: Job) -> bool:
    """Whether the attempt that claimed a running job is dead."""
    where, _, name = job.lease.partition(":")
    if where != home():
        return job.heartbeat is None or timezone.now() - job.heartbeat > SILENCE
    path = _folder() / f"{name}.lock"
    try:
        with path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    path.unlink(missing_ok=True)
    return True
