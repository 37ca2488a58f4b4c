"""Background jobs: what people asked for, how far it is, what became of it; and periodic duties."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role, Viewer
from jiqun.core.visible import VisibleQuerySet


class JobQuerySet(VisibleQuerySet["Job"]):
    """Jobs belong to the person who started them."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the viewer's own jobs; the system administrator sees that the others exist.

        What an administrator may not read of them (arguments, messages, results) is left out by
        ``core.jobs.selectors``.
        """
        if viewer.has(Role.SYSTEM):
            return self.all()
        return self.filter(user_id=viewer.user_id) if viewer.known else self.none()


class Job(models.Model):
    """One piece of background work. The row is also its place in the queue.

    ``lease`` names the attempt that works on it now. Every write of an attempt asks for its own
    lease, so that one that was given up for lost can no longer change anything.
    """

    class State(models.TextChoices):
        """From waiting to one of the three ends."""

        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")
        CANCELLED = "cancelled", _("已取消")

    user_id: int | None
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    purpose = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message_zh = models.CharField(max_length=300, blank=True)
    message_en = models.CharField(max_length=300, blank=True)
    result_url = models.CharField(max_length=300, blank=True)
    error = models.JSONField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField(default=2)
    lease = models.CharField(max_length=80, blank=True)
    heartbeat = models.DateTimeField(null=True)
    cancel = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        """Newest first; the worker asks by state, a person by owner."""

        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "id"], name="job_queue"),
            models.Index(fields=["user", "-id"], name="job_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name} {self.state}"

    @property
    def over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}


class DutyQuerySet(VisibleQuerySet["Duty"]):
    """Duties are the system's own: only its administrator sees when they ran."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return every duty to the system administrator, none to others."""
        return self.all() if viewer.has(Role.SYSTEM) else self.none()


class Duty(models.Model):
    """When a periodic function ran last, and when it is due; claimed by moving ``due``."""

    name = models.CharField(max_length=80, unique=True)
    due = models.DateTimeField()
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    objects = DutyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
