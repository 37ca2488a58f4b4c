"""A worker in a process of its own, for the tests that kill it: ``worker_process.py prepare|work``.

The database is a SQLite file in ``JIQUN_VAR``, made from the models. The job ``test.slow`` writes
one line when it begins and one when it ends, with its process.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
# Tables come from the models, so that the test does not wait for every migration.
settings.MIGRATION_MODULES = {
    name.rpartition(".")[2]: None
    for name in (
        "auth",
        "contenttypes",
        "sessions",
        "jiqun.core",
        "jiqun.masters",
        "jiqun.modules.land",
        "jiqun.modules.policy",
        "account",
        "mfa",
    )
}

from django.core.management import call_command  # noqa: E402

from jiqun.core.access import Viewer  # noqa: E402
from jiqun.core.actions import viewer_of_system  # noqa: E402
from jiqun.core.jobs.actions import start  # noqa: E402
from jiqun.core.jobs.progress import Progress  # noqa: E402
from jiqun.core.jobs.registry import job  # noqa: E402
from jiqun.core.jobs.worker import Pace, Worker  # noqa: E402

LOG = Path(settings.VAR) / "log.txt"


def note(word: str) -> None:
    """Append one line; short lines are written whole."""
    with LOG.open("a") as log:
        log.write(f"{word} {os.getpid()} {datetime.now(UTC).timestamp()}\n")


@job("test.slow", zh="慢", en="slow")
def slow(*, viewer: Viewer, progress: Progress, seconds: float) -> None:
    """Take some seconds, saying how far it is."""
    del viewer
    note("begin")
    begun = time.monotonic()
    while (gone := time.monotonic() - begun) < seconds:
        progress.step(int(10 * gone), int(10 * seconds), "慢", "slow")
        time.sleep(0.05)
    note("end")


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        call_command("migrate", run_syncdb=True, verbosity=0)
        for _ in range(int(sys.argv[2])):
            start(viewer=viewer_of_system("test"), name="test.slow", seconds=float(sys.argv[3]))
    else:
        Worker(Pace(jobs=0.1, rest=0.2)).run()
