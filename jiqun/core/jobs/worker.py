"""The worker: one thread runs jobs, one runs the periodic duties, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, close_old_connections, connection

from jiqun.core.jobs.duties import run_due
from jiqun.core.jobs.progress import Progress
from jiqun.core.jobs.work import reap, run_one

log = logging.getLogger(__name__)
PATIENCE = 15.0  # seconds that a job has to notice that its worker shall end
DUTY_PATIENCE = 5.0  # a duty that is cut short is done again when it is due


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between looks: for waiting jobs, for lost ones and duties."""

    jobs: float = 0.5
    rest: float = 2.0


class Worker:
    """One process's work. ``drain`` ends when nothing waits any more."""

    def __init__(self, pace: Pace, *, drain: bool = False) -> None:
        self._pace = pace
        self._drain = drain
        self._stop = threading.Event()
        self._running: Progress | None = None

    def stop(self, *_signal: object) -> None:
        """End after the next step of the running job, which then waits for another worker."""
        self._stop.set()
        if self._running is not None:
            self._running.stop()

    def run(self) -> None:
        """Work until stopped; SIGTERM and SIGINT stop it."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        rest = threading.Thread(
            target=self._loop, args=(self._look_after,), name="duties", daemon=True
        )
        work = threading.Thread(target=self._loop, args=(self._work,), name="jobs", daemon=True)
        rest.start()
        work.start()
        while work.is_alive() and not self._stop.wait(0.2):
            pass
        self._stop.set()
        work.join(PATIENCE)
        rest.join(DUTY_PATIENCE)

    def _work(self) -> float | None:
        """Run one job; None ends the loop, a number is how long to wait."""
        job = run_one(threaded=True, watch=self._watch)
        self._running = None
        if job is not None:
            return 0.0
        return None if self._drain else self._pace.jobs

    def _watch(self, progress: Progress) -> None:
        self._running = progress
        if self._stop.is_set():  # told to stop between claiming and here
            progress.stop()

    def _look_after(self) -> float:
        reap()
        run_due()
        return self._pace.rest

    def _loop(self, turn: Callable[[], float | None]) -> None:
        """Take turns until stopped; a database that is away for a while does not end the worker."""
        try:
            while not self._stop.is_set():
                close_old_connections()
                try:
                    wait = turn()
                except DatabaseError:
                    log.exception("the database did not answer; trying again")
                    connection.close()
                    wait = 5.0
                if wait is None:
                    return
                self._stop.wait(wait)
        finally:
            connection.close()
