"""Telling people: notices and outgoing messages, written in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from jiqun.core.access import Grade
from jiqun.core.directory import members_of, organisations_of_people
from jiqun.core.models.notices import Delivery, Notice, NoticeChoice, Robot
from jiqun.core.notices.kinds import DEFAULTS, Channel, NoticeKind, kinds

OPEN_GRADES = frozenset({Grade.PUBLIC, Grade.AGGREGATE})


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


NOTHING = Words("", "")


def mail_is_on() -> bool:
    """Whether this installation sends mail."""
    return bool(getattr(settings, "MAIL", False))


def _chosen(users: Iterable[int], kind: str) -> dict[tuple[int, str], bool]:
    """What each person set for this kind, by person and channel."""
    rows = NoticeChoice.objects.filter(user_id__in=list(users), kind=kind)
    return {(row.user_id, row.channel): row.on for row in rows}


@transaction.atomic
def notify(
    users: Iterable[int] = (),
    *,
    kind: str,
    title: Words,
    dedupe_key: str,
    body: Words = NOTHING,
    link: str = "",
    organisation: int | None = None,
    grade: Grade = Grade.FIRM,
) -> int:
    """Tell people something; call it inside the verb's transaction.

    Args:
        users: Ids of the people.
        kind: Name of a declared kind.
        title: One line.
        dedupe_key: Names the event; the same key tells the same person once, for ever.
        body: More words, for the console only.
        link: Address inside the console, from ``/``.
        organisation: Also everybody of this organisation, and its robots.
        grade: Grade of what the title says. Robots get the title of public and aggregate matters;
            of anything else the kind's own words.

    Returns:
        How many notices are new.

    Raises:
        KeyError: A kind that nobody declared (a mistake in the code).
    """
    known = kinds()[kind]
    people = {*users, *(members_of(organisation) if organisation else ())}
    active = get_user_model().objects.filter(pk__in=people, is_active=True)
    addresses = dict(active.values_list("pk", "email"))
    told = set(
        Notice.objects.filter(key=dedupe_key, user_id__in=addresses).values_list(
            "user_id", flat=True
        )
    )
    new = sorted(set(addresses) - told)
    chosen = _chosen(new, kind)

    def wants(user: int, channel: str) -> bool:
        return chosen.get((user, channel), DEFAULTS[channel])

    Notice.objects.bulk_create(
        (
            Notice(
                user_id=user, kind=kind, title_zh=title.zh[:200], title_en=title.en[:200], body_zh=body.zh,
                body_en=body.en, link=link, key=dedupe_key, shown=wants(user, Channel.CONSOLE),
            )
            for user in new
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    mailed = [user for user in new if addresses[user] and wants(user, Channel.MAIL)]
    posting = [user for user in new if wants(user, Channel.ROBOT)]
    messages = _mails(mailed, title, link, dedupe_key) if mail_is_on() else []
    messages += _posts(_robots(posting, organisation), _open(known, title, grade), link, dedupe_key)
    Delivery.objects.bulk_create(messages, ignore_conflicts=True)
    return len(new)


def _open(kind: NoticeKind, title: Words, grade: Grade) -> Words:
    """The title where everybody in a group may read it, else the kind's own words."""
    return title if grade in OPEN_GRADES else Words(kind.zh, kind.en)


def _robots(users: Iterable[int], organisation: int | None) -> list[int]:
    """Robots of an organisation that is told, and of those people who want their group told."""
    theirs = {one for found in organisations_of_people(users).values() for one in found}
    wanted = theirs | ({organisation} if organisation else set())
    return list(Robot.objects.filter(organisation__in=wanted).values_list("pk", flat=True))


def _mails(users: Iterable[int], title: Words, link: str, key: str) -> list[Delivery]:
    return [
        Delivery(
            channel=Channel.MAIL, user_id=user, title_zh=title.zh[:200], title_en=title.en[:200],
            link=link, key=f"mail:{user}:{key}", due=timezone.now(),
        )
        for user in users
    ]  # fmt: skip


def _posts(robots: Iterable[int], title: Words, link: str, key: str) -> list[Delivery]:
    return [
        Delivery(
            channel=Channel.ROBOT, robot_id=robot, title_zh=title.zh[:200], title_en=title.en[:200],
            link=link, key=f"robot:{robot}:{key}", due=timezone.now(),
        )
        for robot in robots
    ]  # fmt: skip
