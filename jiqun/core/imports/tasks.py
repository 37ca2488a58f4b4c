"""Imports in the background: large files are written by a job, old files deleted by a duty."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.imports.actions import apply_import
from jiqun.core.imports.files import forget
from jiqun.core.jobs.actions import start
from jiqun.core.jobs.progress import Progress
from jiqun.core.jobs.registry import Result, duty, job
from jiqun.core.models import Import
from jiqun.core.models.jobs import Job

WAITED_FOR = 50_000  # rows; more are written in the background
KEPT_UNDECIDED = timedelta(days=7)


def too_large_to_wait(one: Import) -> bool:
    """Whether a person would wait too long for the answer."""
    return int(one.counts.get("received", 0)) > WAITED_FOR


def start_apply(viewer: Viewer, one: Import) -> Job:
    """Write an import in the background and return the job to watch."""
    return start(
        viewer=viewer, name="imports.apply", key=one.key,
        title_zh=f"写入导入文件 {one.file_name}", title_en=f"import {one.file_name}",
    )  # fmt: skip


@job("imports.apply", zh="写入导入文件", en="apply an import")
def apply_in_background(*, viewer: Viewer, progress: Progress, key: str) -> Result:
    """Apply an import; a second start finds the batch written and only notes it."""
    one = Import.objects.visible_to(viewer).get(key=key)
    rows = int(one.counts.get("accepted", 0))
    progress.step(0, rows, "正在写入", "writing")
    if one.state == Import.State.PLANNED:
        apply_import(viewer=viewer, one=one)
    progress.step(rows, rows)
    return Result(reverse("import", args=[key]), f"已写入 {rows:,} 行", f"{rows:,} rows stored")


@duty("imports.expire", every=timedelta(days=1))
def expire() -> int:
    """Delete files whose term is over: a week without a decision, or the days for undoing."""
    now = timezone.now()
    undecided = Import.objects.filter(state=Import.State.PLANNED, created__lt=now - KEPT_UNDECIDED)
    for one in undecided:
        forget(one)
    count = undecided.update(state=Import.State.EXPIRED, ended=now)
    over = Import.objects.filter(
        state__in=(Import.State.APPLIED, Import.State.UNDONE), undo_until__lt=now
    )
    for one in over:
        forget(one)
    return count
