"""Reads of jobs: the list, one job, and what an administrator may know of other people's."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.models.jobs import Job
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind

BADGES = {
    "waiting": "plain",
    "running": "strong",
    "done": "good",
    "failed": "missing",
    "cancelled": "undisclosed",
}


def job_seen(viewer: Viewer, number: int) -> Job:
    """Return a job that the viewer may see.

    Raises:
        JiqunError: ``E-NOT-FOUND``, also for a job of somebody else.
    """
    job = Job.objects.visible_to(viewer).select_related("user").filter(pk=number).first()
    if job is None:
        raise JiqunError(
            "E-NOT-FOUND",
            f"没有编号为 {number} 的后台任务",
            f"there is no background job {number}",
            hint_zh="请从后台任务列表点入；90 天前结束的任务不再保留。",
            hint_en="Open it from the list of jobs; those that ended over 90 days ago are not kept.",
            kind=Kind.NOT_FOUND,
        )
    return job


def state_of(job: Job, viewer: Viewer) -> dict[str, Any]:
    """Return a job as its page and the JSON say it; of other people's jobs no content.

    ``share`` is None while the total is unknown.
    """
    own = viewer.known and job.user_id == viewer.user_id
    share = min(1.0, job.done / job.total) if job.total else None
    last = job.finished or timezone.now()
    return {
        "id": job.pk,
        "name": job.name,
        "title": pick(job.title_zh, job.title_en) if own else job.name,
        "owner": job.user.get_username() if job.user else "",
        "own": own,
        "state": job.state,
        "state_label": str(Job.State(job.state).label),
        "badge": BADGES[job.state],
        "over": job.over,
        "cancelling": job.cancel and not job.over,
        "done": job.done,
        "total": job.total,
        "share": share,
        "percent": None if share is None else round(100 * share),
        "message": pick(job.message_zh, job.message_en) if own else "",
        "result_url": job.result_url if own else "",
        "error": job.error if own else None,
        "attempts": job.attempts,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        "seconds": round((last - job.started).total_seconds(), 1) if job.started else None,
    }
