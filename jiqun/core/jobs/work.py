"""Claiming and running jobs: one attempt at a time, whatever happens to its worker.

A claim is one conditional update that only one worker can win on either database. Nothing here
holds a transaction open while a job runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import viewer_of_system
from jiqun.core.directory import viewer_of
from jiqun.core.jobs.leases import held, is_lost, new_lease
from jiqun.core.jobs.progress import BETWEEN_WRITES, Cancelled, Progress, TakenBack
from jiqun.core.jobs.registry import Result, job_kind
from jiqun.core.jobs.telling import tell_owner
from jiqun.core.models.jobs import Job
from jiqun.errors import JiqunError, Kind

log = logging.getLogger(__name__)
Watch = Callable[[Progress], Any]
State = Job.State


def claim(lease: str, job: int | None = None) -> Job | None:
    """Take the oldest waiting job, or the given one, for this attempt; None when there is none."""
    waiting = Job.objects.filter(state=State.WAITING).order_by("id")
    waiting = waiting if job is None else waiting.filter(pk=job)
    while (found := waiting.values_list("pk", flat=True).first()) is not None:
        now = timezone.now()
        won = Job.objects.filter(pk=found, state=State.WAITING).update(
            state=State.RUNNING, lease=lease, heartbeat=now, started=now, attempts=F("attempts") + 1,
            done=0, total=None, message_zh="", message_en="",
        )  # fmt: skip
        if won:
            return Job.objects.get(pk=found)
    return None


def run_one(
    job: int | None = None, *, threaded: bool = False, watch: Watch | None = None
) -> Job | None:
    """Claim one job and run it to its end; return it, or None when none was waiting.

    Args:
        job: This job only; None for the oldest that waits.
        threaded: Write progress from a thread of its own (the worker), not from the job's.
        watch: Called with the attempt's progress before it begins, so that it can be stopped.
    """
    lease = new_lease()
    with held(lease):
        claimed = claim(lease, job)
        if claimed is None:
            return None
        progress = Progress(claimed, inline=not threaded)
        if watch is not None:
            watch(progress)
        if threaded:
            with _beating(progress):
                outcome = _attempt(claimed, progress)
        else:
            outcome = _attempt(claimed, progress)
        _end(claimed, progress, outcome)
    claimed.refresh_from_db()
    return claimed


def _attempt(job: Job, progress: Progress) -> dict[str, Any]:
    """Run the function and return the columns that say what became of it."""
    try:
        kind = job_kind(job.name)
        result = kind.run(viewer=_viewer(job), progress=progress, **job.arguments) or Result()
    except Cancelled:
        return {"state": State.CANCELLED}
    except TakenBack:
        return {"state": State.WAITING, "lease": "", "attempts": F("attempts") - 1}
    except JiqunError as error:
        if error.kind in {Kind.INTERNAL, Kind.EXTERNAL}:
            log.exception("job %s %s", job.pk, job.name)
        return {"state": State.FAILED, "error": error.to_dict()}
    except Exception:
        log.exception("job %s %s", job.pk, job.name)
        return {"state": State.FAILED, "error": _our_fault(job).to_dict()}
    return {
        "state": State.DONE,
        "result_url": result.url[:300],
        "message_zh": result.zh[:300],
        "message_en": (result.en or result.zh)[:300],
    }


def _viewer(job: Job) -> Viewer:
    """The owner with the rights of this moment; the system itself for a job without an owner."""
    if job.user_id is None:
        return viewer_of_system(f"job:{job.name}")
    user = get_user_model().objects.filter(pk=job.user_id, is_active=True).first()
    if user is None:
        raise JiqunError(
            "E-JOB-OWNER",
            "启动这个后台任务的账号已停用，任务没有执行",
            "the account that started this job is no longer active; the job did not run",
            hint_zh="请由在岗人员重新启动。",
            hint_en="Somebody with an active account has to start it again.",
            kind=Kind.FORBIDDEN,
        )
    return viewer_of(user, purpose=job.purpose)


def _our_fault(job: Job) -> JiqunError:
    return JiqunError(
        "E-INTERNAL",
        f"后台任务“{job.title_zh}”出错停止",
        f"the background job “{job.title_en}” stopped with an error of ours",
        hint_zh=f"详情在服务日志中（任务 {job.pk}）；请把编号告诉系统管理员。",
        hint_en=f"Details are in the log (job {job.pk}); tell the administrator that number.",
        kind=Kind.INTERNAL,
    )


def _end(job: Job, progress: Progress, outcome: dict[str, Any]) -> None:
    """Write the outcome, but only while this attempt still holds the job."""
    if outcome["state"] != State.WAITING:
        progress.beat()
        outcome = outcome | {"finished": timezone.now()}
        if outcome["state"] != State.DONE:  # the last words of the progress stay
            outcome = {k: v for k, v in outcome.items() if not k.startswith("message")}
    _close(job, outcome)


def _close(job: Job, outcome: dict[str, Any]) -> bool:
    """Write an outcome while the attempt that ``job`` was read with holds it, and tell its owner."""
    with transaction.atomic():
        mine = Job.objects.filter(pk=job.pk, lease=job.lease, state=State.RUNNING)
        kept = bool(mine.update(**outcome))
        if kept:
            job.refresh_from_db()
            tell_owner(job)
    return kept


@contextmanager
def _beating(progress: Progress) -> Generator[None]:
    """Write heartbeat and progress once a second while the block runs."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BETWEEN_WRITES):
                try:
                    progress.beat()
                except DatabaseError:  # a long write of somebody else; the next beat tells
                    log.warning("heartbeat could not be written", exc_info=True)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="job-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def reap() -> list[Job]:
    """Find running jobs whose worker is dead: start each again, or fail it when it had its tries."""
    found: list[Job] = []
    for job in Job.objects.filter(state=State.RUNNING):
        if not is_lost(job):
            continue
        if job.cancel:
            outcome: dict[str, Any] = {"state": State.CANCELLED, "finished": timezone.now()}
        elif job.attempts < job.attempts_allowed:
            outcome = {"state": State.WAITING, "lease": ""}
        else:
            outcome = {
                "state": State.FAILED,
                "finished": timezone.now(),
                "error": _lost(job).to_dict(),
            }
        if _close(job, outcome):
            log.warning("job %s was lost by its worker and is now %s", job.pk, job.state)
            found.append(job)
    return found


def _lost(job: Job) -> JiqunError:
    return JiqunError(
        "E-JOB-LOST",
        f"执行“{job.title_zh}”的后台进程中途退出，已试 {job.attempts} 次",
        f"the process that ran “{job.title_en}” ended before the job did; it was tried {job.attempts} time(s)",
        hint_zh="请检查服务器内存和日志，然后重新启动这个任务。",
        hint_en="Check the machine's memory and the log, then start the job again.",
        kind=Kind.INTERNAL,
    )
