"""Sends what waits in the outbox: a duty of the worker, every few seconds.

A message is claimed by one conditional update. Whoever dies while sending leaves it claimed until
``LEASE`` is over; then it is sent again. So a message goes out at least once; a mail's Message-ID
is the same both times, a robot may say it twice.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import Count, F
from django.utils import timezone

from jiqun.core.models.notices import Delivery
from jiqun.core.notices.kinds import Channel
from jiqun.core.notices.robots import NotNow, Refused, post
from jiqun.core.notices.sealing import unseal
from jiqun.errors import JiqunError

log = logging.getLogger(__name__)
State = Delivery.State
LEASE = timedelta(seconds=120)
RATE = 20  # messages a minute through one robot; both services cut off beyond it
MINUTE = timedelta(minutes=1)
FIRST_WAIT = timedelta(seconds=30)
MOST_TRIES = 8  # 30 s, 1 min, 2 min … : over an hour in all
AT_ONCE = 100


def deliver() -> int:
    """Send what is due and return how many were sent."""
    now = timezone.now()
    Delivery.objects.filter(state=State.SENDING, due__lte=now).update(state=State.WAITING)
    due = Delivery.objects.filter(state=State.WAITING, due__lte=now).order_by("due", "id")
    left = _allowances()
    sent = 0
    for message in due.select_related("robot")[:AT_ONCE]:
        if message.robot_id is not None:
            if left.setdefault(message.robot_id, RATE) <= 0:
                continue
            left[message.robot_id] -= 1
        claimed = Delivery.objects.filter(pk=message.pk, state=State.WAITING).update(
            state=State.SENDING, due=timezone.now() + LEASE, attempts=F("attempts") + 1
        )
        if claimed:
            message.attempts += 1
            sent += _send(message)
    return sent


def _allowances() -> dict[int, int]:
    """How many messages each robot may still send in this minute; a robot not named may send all."""
    since = timezone.now() - MINUTE
    used = Delivery.objects.filter(robot__isnull=False, sent__gte=since).values_list("robot")
    return {robot: RATE - count for robot, count in used.annotate(count=Count("pk"))}


def _send(message: Delivery) -> bool:
    """Send one message and note what became of it."""
    mine = Delivery.objects.filter(pk=message.pk, state=State.SENDING)
    try:
        if message.channel == Channel.MAIL:
            _mail(message)
        else:
            _post(message)
    except Refused as refused:
        mine.update(
            state=State.FAILED,
            problem_zh=f"对方拒收：{refused}"[:300],
            problem_en=f"refused: {refused}"[:300],
        )
        return False
    except JiqunError as error:
        mine.update(
            state=State.FAILED, problem_zh=error.message_zh[:300], problem_en=error.message_en[:300]
        )
        return False
    except (NotNow, OSError) as later:
        last = message.attempts >= MOST_TRIES
        wait = FIRST_WAIT * 2 ** (message.attempts - 1)
        words = str(later) if isinstance(later, NotNow) else type(later).__name__
        mine.update(
            state=State.FAILED if last else State.WAITING, due=timezone.now() + wait,
            problem_zh=f"暂时没有送达：{words}"[:300], problem_en=f"not delivered yet: {words}"[:300],
        )  # fmt: skip
        return False
    mine.update(state=State.SENT, sent=timezone.now(), problem_zh="", problem_en="")
    return True


def full_address(link: str) -> str:
    """Return a link that works outside the console, or nothing when its address is not set."""
    base = str(getattr(settings, "PUBLIC_URL", "")).rstrip("/")
    return f"{base}{link}" if base and link else ""


def _post(message: Delivery) -> None:
    robot = message.robot
    if robot is None:
        raise Refused("the robot was removed")
    post(robot, unseal(robot.sealed), message.title_zh, full_address(message.link))


def _mail(message: Delivery) -> None:
    """Send title and link; what it is about is read after logging in."""
    address = get_user_model().objects.values_list("email", flat=True).get(pk=message.user_id)
    if not address:
        raise Refused("no address")
    text = f"{message.title_zh}\n{message.title_en}\n\n{full_address(message.link)}\n"
    EmailMessage(
        # A title may quote what people typed; a line break in it would be taken for a header.
        subject=f"[集群 Jiqun] {' '.join(message.title_zh.split())}",
        body=text,
        to=[address],
        headers={"Message-ID": f"<delivery-{message.pk}@jiqun>"},
    ).send()
