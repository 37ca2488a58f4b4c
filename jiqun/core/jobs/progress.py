"""The handle by which a job says how far it is and learns that it shall stop."""

from __future__ import annotations

import threading
import time

from django.utils import timezone

from jiqun.core.models.jobs import Job

BETWEEN_WRITES = 1.0  # seconds


class Cancelled(BaseException):
    """The owner cancelled the job. Not an ``Exception``, so that no job swallows it by mistake."""


class TakenBack(BaseException):
    """This attempt no longer holds the job, or its worker shall end; it must not go on."""


class Progress:
    """How far one attempt is.

    ``step`` only notes and checks; writing is done at most once a second, by the worker's own
    thread over its own connection (``beat``) or, where there is none, by ``step`` itself.
    """

    def __init__(self, job: Job, *, inline: bool) -> None:
        self._job = job.pk
        self._lease = job.lease
        self._inline = inline
        self._lock = threading.Lock()
        self._now: tuple[int, int | None, str, str] = (0, None, "", "")
        self._written = 0.0
        self._cancelled = threading.Event()
        self._taken = threading.Event()

    def step(self, done: int, total: int | None = None, zh: str = "", en: str = "") -> None:
        """Note that ``done`` of ``total`` is done; unknown total is None.

        Args:
            done: Units done so far.
            total: Units in all, or None.
            zh: What is being done, for the owner.
            en: The same in English; the Chinese stands in when it is empty.

        Raises:
            Cancelled: The owner cancelled the job.
            TakenBack: Another worker has the job, or this one shall end.
        """
        with self._lock:
            self._now = (done, total, zh, en or zh)
        if self._inline and time.monotonic() - self._written >= BETWEEN_WRITES:
            self.beat()
        self.check()

    def check(self) -> None:
        """Raise when the job shall stop; for long stretches without a step."""
        if self._taken.is_set():
            raise TakenBack
        if self._cancelled.is_set():
            raise Cancelled

    def stop(self) -> None:
        """Make the next step raise ``TakenBack``; the worker shall end."""
        self._taken.set()

    def beat(self) -> None:
        """Write the heartbeat and the progress, and read whether the job was cancelled."""
        with self._lock:
            done, total, zh, en = self._now
        self._written = time.monotonic()
        mine = Job.objects.filter(pk=self._job, lease=self._lease, state=Job.State.RUNNING)
        kept = mine.update(
            heartbeat=timezone.now(), done=done, total=total, message_zh=zh[:300], message_en=en[:300]
        )  # fmt: skip
        if not kept:
            self._taken.set()
        elif mine.filter(cancel=True).exists():
            self._cancelled.set()
