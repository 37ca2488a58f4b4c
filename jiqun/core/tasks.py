"""Background work of the core; importing this registers it."""

from __future__ import annotations

from datetime import timedelta

from jiqun.core.audit.roots import close_days
from jiqun.core.imports import tasks as imports
from jiqun.core.jobs import telling
from jiqun.core.jobs.registry import duty
from jiqun.core.jobs.tidy import forget_old
from jiqun.core.notices.deliver import deliver
from jiqun.core.search import tasks as search

duty("notices.deliver", every=timedelta(seconds=5))(deliver)
duty("jobs.forget", every=timedelta(days=1))(forget_old)
duty("audit.close", every=timedelta(minutes=10))(close_days)

__all__ = ["imports", "search", "telling"]
