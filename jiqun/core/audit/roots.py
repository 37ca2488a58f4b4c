"""Closes days: one Merkle root over each day's entries, sealed together with the day before."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min

from jiqun.core.access import Viewer
from jiqun.core.audit.append import hold_day, now_micros, record
from jiqun.core.audit.canonical import (
    date_of,
    day_number,
    day_start,
    digest_of,
    number_of,
    root_text,
)
from jiqun.core.audit.merkle import tree_root
from jiqun.core.models.audit import (
    CLOSE_DAY,
    SEQUENCE_BITS,
    AuditEntry,
    AuditRoot,
    InstantField,
    micros,
)
from jiqun.errors import JiqunError, Kind

CLOSER = Viewer(name="system")


def today() -> date:
    """Return the day in Asia/Shanghai."""
    return date_of(day_number(now_micros()))


def open_days() -> list[date]:
    """Return the days that are over and have no root yet, oldest first."""
    last = AuditRoot.objects.aggregate(day=Max("day"))["day"]
    if last is None:
        first = AuditEntry.objects.aggregate(at=Min("at"))["at"]
        if first is None:
            return []
        begin = date_of(day_number(micros(first)))
    else:
        begin = last + timedelta(days=1)
    return [begin + timedelta(days=more) for more in range((today() - begin).days)]


def close_days(until: date | None = None) -> list[AuditRoot]:
    """Close every day that is over, up to ``until``, and return the roots made; safe to repeat."""
    last = until or today() - timedelta(days=1)
    return [close_day(day) for day in open_days() if day <= last]


def close_day(day: date) -> AuditRoot:
    """Return the root of a day, after making it and those of the days before when there is none.

    Every writer of the day has finished when the root is made, and none can begin: the log moves
    to the next day (``append.record``). The closing is itself an entry of the log, in the chain
    ``audit:roots``, so that a root cannot be taken away unnoticed.

    Raises:
        JiqunError: ``E-AUDIT-DAY-OPEN`` while the day is not over, or nothing is logged yet.
    """
    if day >= today():
        raise _day_open(day)
    close_before = [one for one in open_days() if one <= day]
    for one in close_before:
        _close(one)
    found = AuditRoot.objects.filter(day=day).first()
    if found is None:
        raise _day_open(day)
    return found


def _day_open(day: date) -> JiqunError:
    return JiqunError(
        "E-AUDIT-DAY-OPEN",
        f"{day} 还不能封存：当天尚未结束，或早于第一条记录",
        f"{day} cannot be closed: it is not over, or lies before the first entry",
        hint_zh="次日再封存；封存从有记录的第一天开始。",
        hint_en="Close it when it is over; closing begins with the first day that has entries.",
        kind=Kind.CONFLICT,
    )


def day_leaves(day: date) -> tuple[bytes, list[int]]:
    """Return the leaf hashes of a day, one after the other, and the ids of their entries."""
    begin = day_start(number_of(day))
    end = day_start(number_of(day) + 1)
    rows = AuditEntry.objects.filter(at__gte=begin, at__lt=end).order_by("id")
    ids: list[int] = []
    leaves = bytearray()
    for number, digest in rows.values_list("id", "digest").iterator(chunk_size=5000):
        ids.append(number)
        leaves += bytes.fromhex(digest)
    return bytes(leaves), ids


@transaction.atomic
def _close(day: date) -> None:
    hold_day(number_of(day), alone=True)
    if AuditRoot.objects.filter(day=day).exists():
        return  # another process was faster
    previous = AuditRoot.objects.order_by("-day").first()
    leaves, ids = day_leaves(day)
    algorithm = str(settings.AUDIT_HASH)
    digest = digest_of(algorithm)
    root = AuditRoot(
        day=day,
        entries=len(ids),
        chains=len({number >> SEQUENCE_BITS for number in ids}),
        algorithm=algorithm,
        root=tree_root(leaves, digest).hex(),
        previous=previous.seal if previous else "",
        made=InstantField().to_python(now_micros()),
    )
    root.seal = digest(sealed_text(root).encode()).hex()
    root.save(force_insert=True)
    record(CLOSER, CLOSE_DAY, target="audit:roots", after={"day": str(day), "seal": root.seal})


def sealed_text(root: AuditRoot) -> str:
    """Return what the seal of a root is made of."""
    return root_text(
        root.algorithm, root.previous, root.day, root.entries, root.chains, root.root,
        micros(root.made),
    )  # fmt: skip
