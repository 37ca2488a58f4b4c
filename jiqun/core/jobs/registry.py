"""Which functions may run in the background, found in the ``tasks.py`` of every part.

A part that the setting ``JIQUN_MODULES`` names may have a file ``tasks.py``. Importing it is what
registers its jobs and duties, in the server as in the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jiqun.core.parts import load_tasks
from jiqun.errors import JiqunError, Kind


@dataclass(frozen=True, slots=True)
class Result:
    """What a job leaves behind: where to look, and one sentence."""

    url: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A function that runs in the background.

    ``retries`` is how often it starts again after its worker was lost (never after an error).
    """

    name: str
    zh: str
    en: str
    run: Callable[..., Result | None]
    retries: int


@dataclass(frozen=True, slots=True)
class DutyKind:
    """A function that recurs every ``every``; it takes no arguments and is short."""

    name: str
    every: timedelta
    run: Callable[[], object]


_JOBS: dict[str, JobKind] = {}
_DUTIES: dict[str, DutyKind] = {}
JobFunction = Callable[..., Result | None]
DutyFunction = Callable[[], object]


def job(name: str, *, zh: str, en: str, retries: int = 1) -> Callable[[JobFunction], JobFunction]:
    """Register ``function(*, viewer, progress, **arguments)`` as a background job.

    Args:
        name: ``topic.verb``.
        zh: What it does, as its owner reads it.
        en: The same in English.
        retries: How often it may start again when its worker dies. The function has to bear
            that: what it does stands in transactions or may be done twice.
    """

    def decorate(function: JobFunction) -> JobFunction:
        _JOBS[name] = JobKind(name, zh, en, function, retries)
        return function

    return decorate


def duty(name: str, *, every: timedelta) -> Callable[[DutyFunction], DutyFunction]:
    """Register a function that the worker calls every ``every``, on one worker at a time."""

    def decorate(function: DutyFunction) -> DutyFunction:
        _DUTIES[name] = DutyKind(name, every, function)
        return function

    return decorate


def duties() -> Mapping[str, DutyKind]:
    """Return every duty by name."""
    load_tasks()
    return dict(sorted(_DUTIES.items()))


def jobs() -> Mapping[str, JobKind]:
    """Return every job by name."""
    load_tasks()
    return dict(sorted(_JOBS.items()))


def job_kind(name: str) -> JobKind:
    """Return a registered job.

    Raises:
        JiqunError: ``E-JOB-UNKNOWN`` when no part has one of that name.
    """
    found: Any = jobs().get(name)
    if found is None:
        raise JiqunError(
            "E-JOB-UNKNOWN",
            f"没有名为 {name} 的后台任务",
            f"there is no background job called {name}",
            hint_zh="升级时请同时更换网页服务和后台任务进程；两者必须是同一版本。",
            hint_en="When upgrading, replace the server and the worker together: both have to be of one version.",
            kind=Kind.NOT_FOUND,
        )
    return found
