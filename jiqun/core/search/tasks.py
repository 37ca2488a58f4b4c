"""Keeps the index up to date: as a job that somebody starts, and as a duty every minute."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.urls import reverse

from jiqun.core.access import Viewer
from jiqun.core.jobs.progress import Progress
from jiqun.core.jobs.registry import Result, duty, job
from jiqun.core.search.build import drop_unknown, reindex
from jiqun.core.search.source import sources

log = logging.getLogger(__name__)


@job("search.reindex", zh="重建搜索索引", en="Rebuild the search index")
def rebuild(*, viewer: Viewer, progress: Progress, force: bool = False) -> Result:
    """Bring every source up to date, or build all of them again."""
    del viewer  # the index is the same whoever asks; reading it is what depends on the person
    written = 0
    known = sources()
    for number, source in enumerate(known.values()):
        progress.step(number, len(known), source.zh, source.en)
        written += reindex(source, force=force, say=lambda *_words: progress.check())
    drop_unknown(known)
    progress.step(len(known), len(known))
    return Result(
        reverse("search"), f"更新了 {written} 个部分", f"{written} segment(s) brought up to date"
    )


@duty("search.refresh", every=timedelta(minutes=1))
def refresh() -> None:
    """Index what has changed since the last look; a source that fails does not stop the others."""
    for source in sources().values():
        try:
            reindex(source)
        except Exception:
            log.exception("search source %s could not be indexed", source.kind)
