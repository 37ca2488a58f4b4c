"""Forgets jobs and messages that ended long ago; what they did stays in the audit log."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jiqun.core.models.jobs import Job
from jiqun.core.models.notices import Delivery, Notice

KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=365)


def forget_old() -> int:
    """Remove ended jobs and sent messages after 90 days, read notices after a year; return how many."""
    now = timezone.now()
    gone = Job.objects.filter(finished__lt=now - KEPT).delete()[0]
    gone += Delivery.objects.filter(state=Delivery.State.SENT, sent__lt=now - KEPT).delete()[0]
    return gone + Notice.objects.filter(read__lt=now - NOTICES_KEPT).delete()[0]
