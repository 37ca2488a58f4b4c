"""Periodic duties: each runs on one worker at a time, and a missed one is made up for once."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from jiqun.core.jobs.registry import DutyKind, duties
from jiqun.core.models.jobs import Duty

log = logging.getLogger(__name__)


def run_due(now: datetime | None = None) -> list[str]:
    """Run every duty that is due and return their names; one that fails does not stop the rest.

    A duty is claimed by moving its next date forward, which only one worker can do.
    """
    moment = now or timezone.now()
    known = duties()
    rows = {row.name: row for row in Duty.objects.filter(name__in=known)}
    fresh = [Duty(name=name, due=moment) for name in known if name not in rows]
    if fresh:
        Duty.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = {row.name: row for row in Duty.objects.filter(name__in=known)}
    return [
        name for name, row in rows.items() if row.due <= moment and _run(known[name], row, moment)
    ]


def _run(kind: DutyKind, row: Duty, moment: datetime) -> bool:
    """Claim and run one duty; False when another worker was quicker."""
    mine = Duty.objects.filter(pk=row.pk, due=row.due)
    if not mine.update(due=moment + kind.every, started=timezone.now()):
        return False
    problem = ""
    try:
        kind.run()
    except Exception as error:
        log.exception("duty %s", kind.name)
        problem = f"{type(error).__name__}: {error}"[:300]
    Duty.objects.filter(pk=row.pk).update(finished=timezone.now(), problem=problem)
    return True
