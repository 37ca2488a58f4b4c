"""Tells the owner of a job that it has ended, when it took long enough to look away."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from jiqun.core.models.jobs import Job
from jiqun.core.notices.kinds import kind
from jiqun.core.notices.outbox import Words, notify

LOOKED_AWAY = timedelta(seconds=10)
JOB_DONE = kind("job.done", zh="后台任务完成", en="Background job done")
JOB_FAILED = kind("job.failed", zh="后台任务失败", en="Background job failed")


def tell_owner(job: Job) -> None:
    """Notify the owner of a job that is over; nobody of one that was cancelled or was quick."""
    if job.user_id is None or job.finished is None or job.state == Job.State.CANCELLED:
        return
    failed = job.state == Job.State.FAILED
    if not failed and job.finished - job.created < LOOKED_AWAY:
        return
    known = JOB_FAILED if failed else JOB_DONE
    notify(
        [job.user_id],
        kind=known.name,
        title=Words(f"{known.zh}：{job.title_zh}", f"{known.en}: {job.title_en}"),
        link=reverse("job", args=[job.pk]),
        dedupe_key=f"job:{job.pk}:{job.state}",
    )
