"""Reminders before a deadline, to the holder and to the office, each once."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from jiqun.core.notices.kinds import kind
from jiqun.core.notices.outbox import Words, notify
from jiqun.engine.land.clock.events import MILESTONES
from jiqun.engine.land.clock.status import Reminder, reminders
from jiqun.masters.models import Membership
from jiqun.modules.land.models import Parcel
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.selectors import all_standings

DUE = kind("land.due", zh="标准地节点将到期", en="A milestone of standard land falls due")
CAUGHT_UP = (
    31  # days: a reminder that nobody sent, as the worker stood still, is sent so much later
)


def remind(today: date | None = None) -> int:
    """Send the reminders of every parcel that are due; return how many notices are new.

    A reminder is named by its parcel, milestone, distance and deadline: it is sent once, and again
    only when the deadline itself has moved.
    """
    day = today or timezone.localdate()
    return sum(_tell(one, item, day) for one in all_standings(day) for item in _due(one, day))


def _due(one: Standing, day: date) -> list[Reminder]:
    """The reminders of the last days whose deadline is still ahead; the case has to be open."""
    if one.state.closed is not None or one.state.resumed is not None:
        return []
    found = reminders(
        one.milestones, first=day - timedelta(days=CAUGHT_UP), last=day, terms=one.terms
    )
    return [item for item in found if item.deadline >= day]


def _tell(one: Standing, item: Reminder, day: date) -> int:
    left = (item.deadline - day).days
    zh, en = MILESTONES[item.milestone]
    title = Words(
        f"地块 {one.parcel.code}“{zh}”还有 {left} 天到期（{item.deadline}）",
        f"Parcel {one.parcel.code}: {en} is due in {left} days ({item.deadline})",
    )
    key = f"land.due:{one.parcel.code}:{item.milestone}:{item.before}:{item.deadline}"
    return notify(
        _people(one.parcel), kind=DUE.name, title=title, dedupe_key=key, organisation=one.parcel.department_id,
        link=reverse("land-parcel", args=[one.parcel.code]),
    )  # fmt: skip


def _people(parcel: Parcel) -> list[int]:
    """The people of the firm that holds the parcel."""
    held = Membership.objects.in_force().filter(
        organisation__firm=parcel.firm, role=Membership.Role.FIRM
    )
    return sorted(set(held.values_list("user_id", flat=True)))
