"""Notices: what a person is told, what they want to be told where, robots, and the outbox."""

from __future__ import annotations

from typing import Self, cast

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.directory import organisations_of
from jiqun.core.visible import OwnQuerySet, VisibleQuerySet


class Notice(models.Model):
    """One thing that one person is told. ``key`` makes telling it twice impossible."""

    user_id: int
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    body_zh = models.TextField(blank=True)
    body_en = models.TextField(blank=True)
    link = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=120)
    shown = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    read = models.DateTimeField(null=True)

    objects = cast("OwnQuerySet[Notice]", OwnQuerySet.as_manager())

    class Meta:
        """Newest first; the bell counts by person over what is unread."""

        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(
                fields=["user"],
                condition=models.Q(read=None, shown=True),
                name="notice_unread",
            ),
            models.Index(fields=["user", "-id"], name="notice_of_person"),
        ]

    def __str__(self) -> str:
        return self.title_zh


class NoticeChoice(models.Model):
    """What a person set differently from the default: one kind on one channel."""

    class Channel(models.TextChoices):
        """Where a notice may appear."""

        CONSOLE = "console", _("控制台")
        MAIL = "mail", _("邮件")
        ROBOT = "robot", _("群机器人")

    user_id: int
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=8, choices=Channel)
    on = models.BooleanField()

    objects = cast("OwnQuerySet[NoticeChoice]", OwnQuerySet.as_manager())

    class Meta:
        """One choice per kind and channel."""

        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "channel"], name="notice_choice_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.on}"


class RobotQuerySet(VisibleQuerySet["Robot"]):
    """Robots belong to an organisation."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the robots of the viewer's organisations."""
        return (
            self.filter(organisation__in=organisations_of(viewer)) if viewer.known else self.none()
        )


class Robot(models.Model):
    """A group robot that an organisation registered. ``sealed`` is never shown nor exported."""

    class Kind(models.TextChoices):
        """Whose shape of message it takes."""

        WECOM = "wecom", _("企业微信")
        DINGTALK = "dingtalk", _("钉钉")

    organisation = models.PositiveBigIntegerField(db_index=True)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    label = models.CharField(_("名称"), max_length=80)
    base = models.CharField(max_length=120)
    sealed = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(auto_now_add=True)

    objects = RobotQuerySet.as_manager()

    class Meta:
        """By name."""

        ordering = ["label", "id"]

    def __str__(self) -> str:
        return self.label


class DeliveryQuerySet(VisibleQuerySet["Delivery"]):
    """What was sent through a robot is seen by the robot's owner, a mail by its addressee."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return deliveries to the viewer, and through the viewer's organisations' robots."""
        if not viewer.known:
            return self.none()
        theirs = models.Q(robot__organisation__in=organisations_of(viewer))
        return self.filter(theirs | models.Q(user_id=viewer.user_id))


class Delivery(models.Model):
    """One message on its way out; written with the notice, sent by the worker.

    ``key`` makes a second message for the same notice and channel impossible. A robot's message
    holds a title and a link, nothing else.
    """

    class State(models.TextChoices):
        """From waiting to one of the two ends; ``sending`` goes back when its worker dies."""

        WAITING = "waiting", _("等待")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("失败")

    channel = models.CharField(max_length=8, choices=NoticeChoice.Channel)
    user_id: int | None
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    robot_id: int | None
    robot = models.ForeignKey(Robot, null=True, on_delete=models.CASCADE)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    link = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=160, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField()
    sent = models.DateTimeField(null=True)
    problem_zh = models.CharField(max_length=300, blank=True)
    problem_en = models.CharField(max_length=300, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        """Oldest first; the worker asks by state and date, the rate by robot and date."""

        ordering = ["id"]
        indexes = [
            models.Index(fields=["state", "due"], name="delivery_queue"),
            models.Index(fields=["robot", "-sent"], name="delivery_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state} {self.title_zh}"
