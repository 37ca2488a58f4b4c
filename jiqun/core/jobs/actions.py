"""What people do with background jobs: start one, cancel one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action
from jiqun.core.audit import record
from jiqun.core.jobs.registry import job_kind
from jiqun.core.jobs.work import run_one
from jiqun.core.models.jobs import Job
from jiqun.errors import JiqunError, Kind


def immediate() -> bool:
    """Whether jobs run in the server itself, right after the request's transaction."""
    return str(getattr(settings, "JOBS", "worker")) == "immediate"


def may_start(viewer: Viewer) -> bool:
    """Everybody who has logged in, and the system itself; the job's own verbs ask for more."""
    return viewer.known or bool(viewer.name)


@action("jobs.start", zh="启动后台任务", en="start a background job")
def start(
    *, viewer: Viewer, name: str, title_zh: str = "", title_en: str = "", **arguments: Any
) -> Job:
    """Queue a job and return it at once; the worker takes it up after this transaction.

    Args:
        viewer: Who asks; the job runs with the rights that this person has when it runs.
        name: Name of a registered job.
        title_zh: What it is about; the kind's own words when empty.
        title_en: The same in English.
        arguments: Handed to the function; values that JSON can hold.

    Raises:
        JiqunError: ``E-JOB-UNKNOWN``, ``E-FORBIDDEN``.
        TypeError: An argument that JSON cannot hold (a mistake in the code).
    """
    kind = job_kind(name)
    job = Job.objects.create(
        user_id=viewer.user_id or None,
        name=name,
        title_zh=(title_zh or kind.zh)[:200],
        title_en=(title_en or title_zh or kind.en)[:200],
        arguments=json.loads(json.dumps(arguments)),
        purpose=viewer.purpose,
        request_id=viewer.request_id,
        attempts_allowed=1 + kind.retries,
    )
    record(viewer, "jobs.start", target=f"job:{job.pk}", after={"name": name})
    if immediate():
        transaction.on_commit(partial(run_one, job.pk))
    return job


def may_cancel(viewer: Viewer, job: Job) -> bool:
    """The owner, and whoever sees it as system administrator."""
    return Job.objects.visible_to(viewer).filter(pk=job.pk).exists()


@action("jobs.cancel", zh="取消这个后台任务", en="cancel this background job")
def cancel(*, viewer: Viewer, job: Job) -> Job:
    """Cancel a job: a waiting one at once, a running one at its next step.

    Raises:
        JiqunError: ``E-JOB-OVER`` when it has ended already, ``E-FORBIDDEN``.
    """
    record(viewer, "jobs.cancel", target=f"job:{job.pk}", before={"state": job.state})
    now = timezone.now()
    mine = Job.objects.filter(pk=job.pk)
    waiting = mine.filter(state=Job.State.WAITING)
    if not waiting.update(state=Job.State.CANCELLED, cancel=True, finished=now) and not mine.filter(
        state=Job.State.RUNNING
    ).update(cancel=True):
        raise JiqunError(
            "E-JOB-OVER",
            f"后台任务 {job.pk} 已经结束，不能再取消",
            f"background job {job.pk} has ended and can no longer be cancelled",
            hint_zh="请打开它的页面查看结果；要撤销它做过的事，请使用该功能自己的撤销。",
            hint_en="Open its page to see what it did; to undo that, use the undo of the thing itself.",
            kind=Kind.CONFLICT,
        )
    job.refresh_from_db()
    return job
