"""What people do with notices: read them, choose channels, register and remove robots."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.directory import organisations_of
from jiqun.core.models.notices import Notice, NoticeChoice, Robot
from jiqun.core.notices.kinds import DEFAULTS, kinds
from jiqun.core.notices.robots import NotNow, Refused, post, read_address, unreachable
from jiqun.core.notices.sealing import seal, unseal
from jiqun.errors import Problem

TRIAL = "集群 Jiqun：机器人登记试发"


def may_read(viewer: Viewer, notice: Notice | None = None) -> bool:
    """A person reads the own notices."""
    return viewer.known and (notice is None or notice.user_id == viewer.user_id)


@action("notices.read", zh="标记这条通知", en="mark this notice")
def read(*, viewer: Viewer, notice: Notice | None = None) -> int:
    """Mark one notice as read, or all of the viewer's; return how many were unread."""
    unread = Notice.objects.visible_to(viewer).filter(read=None)
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    count = unread.update(read=timezone.now())
    target = f"notice:{notice.pk}" if notice is not None else f"user:{viewer.user_id}"
    record(viewer, "notices.read", target=target, after={"read": count})
    return count


def may_choose(viewer: Viewer) -> bool:
    """A person chooses for the own notices."""
    return viewer.known


@action("notices.choose", zh="设置通知方式", en="choose how to be notified")
def choose(*, viewer: Viewer, chosen: Mapping[tuple[str, str], bool]) -> None:
    """Set which kinds the viewer wants on which channels; what is not named stays as it is.

    Raises:
        JiqunError: ``E-INPUT`` with every kind or channel that does not exist.
    """
    problems = [
        Problem(
            "E-INPUT",
            f"没有这种通知或渠道：{kind}、{channel}",
            f"no such kind or channel: {kind}, {channel}",
            remedy_zh="请从页面上的列表选择。",
            remedy_en="Choose from the list on the page.",
            value=f"{kind}.{channel}",
        )
        for kind, channel in chosen
        if kind not in kinds() or channel not in DEFAULTS
    ]  # fmt: skip
    refuse(problems)
    own = NoticeChoice.objects.visible_to(viewer)
    before = {f"{row.kind}.{row.channel}": row.on for row in own}
    for (kind, channel), on in chosen.items():
        if on == before.get(f"{kind}.{channel}", DEFAULTS[channel]):
            continue
        NoticeChoice.objects.update_or_create(
            user_id=viewer.user_id, kind=kind, channel=channel, defaults={"on": on}
        )
    after = {f"{row.kind}.{row.channel}": row.on for row in own.all()}
    record(viewer, "notices.choose", target=f"user:{viewer.user_id}", before=before, after=after)


def may_add_robot(viewer: Viewer, organisation: int) -> bool:
    """A member registers robots of the own organisation."""
    return organisation in organisations_of(viewer)


@action("notices.add_robot", zh="登记这个单位的群机器人", en="register robots of this organisation")
def add_robot(
    *, viewer: Viewer, organisation: int, kind: str, label: str, url: str, secret: str = ""
) -> Robot:
    """Register a group robot; its address and secret are encrypted and never shown again.

    Args:
        viewer: Who registers it.
        organisation: Whose it is.
        kind: ``wecom`` or ``dingtalk``.
        label: What people call it.
        url: The webhook address as the group's settings show it.
        secret: DingTalk's signing secret (``SEC…``), when the robot has one.

    Raises:
        JiqunError: ``E-ROBOT-ADDRESS``, ``E-INPUT``, ``E-FORBIDDEN``.
    """
    problems: list[Problem] = []
    if not label.strip():
        problems.append(
            Problem(
                "E-INPUT",
                "请给机器人一个名称",
                "the robot needs a name",
                remedy_zh="填写名称",
                remedy_en="Enter a name",
                column="label",
            )
        )
    if kind not in Robot.Kind.values:
        problems.append(
            Problem(
                "E-INPUT",
                f"没有这种机器人：{kind}",
                f"no such kind of robot: {kind}",
                remedy_zh="从列表选择",
                remedy_en="Choose from the list",
                column="kind",
            )
        )
    refuse(problems)
    address = read_address(kind, url)
    robot = Robot.objects.create(
        organisation=organisation, kind=kind, label=label.strip()[:80], base=address.base,
        sealed=seal({"token": address.token, "secret": secret.strip()}), made_by_id=viewer.user_id,
    )  # fmt: skip
    after = {"kind": kind, "label": robot.label, "host": address.base}
    record(viewer, "notices.add_robot", target=f"robot:{robot.pk}", after=after)
    return robot


def may_remove_robot(viewer: Viewer, robot: Robot) -> bool:
    """A member removes robots of the own organisation."""
    return robot.organisation in organisations_of(viewer)


@action(
    "notices.remove_robot", zh="移除这个单位的群机器人", en="remove robots of this organisation"
)
def remove_robot(*, viewer: Viewer, robot: Robot) -> None:
    """Remove a robot with its secret and with what still waits to be sent through it."""
    before = {"kind": robot.kind, "label": robot.label, "host": robot.base}
    record(viewer, "notices.remove_robot", target=f"robot:{robot.pk}", before=before)
    robot.delete()


def may_try_robot(viewer: Viewer, robot: Robot) -> bool:
    """A member tries robots of the own organisation."""
    return robot.organisation in organisations_of(viewer)


@action("notices.try_robot", zh="试发这个单位的群机器人", en="try robots of this organisation")
def try_robot(*, viewer: Viewer, robot: Robot) -> None:
    """Send a trial message at once.

    Raises:
        JiqunError: ``E-ROBOT-REFUSED`` when it was not taken, ``E-ROBOT-SECRET``.
    """
    record(viewer, "notices.try_robot", target=f"robot:{robot.pk}")
    try:
        post(robot, unseal(robot.sealed), TRIAL, "")
    except (NotNow, Refused) as said:
        raise unreachable(robot) from said
