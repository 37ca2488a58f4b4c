"""Locks an account after wrong passwords or codes, the same way whether it exists or not.

Each attempt is counted before the password is looked at, so that attempts in parallel cannot be
more than the limit. Three counters: the account from one address (locks), the account from
everywhere (locks later, against attempts spread over addresses), and the address over all
accounts (the rate rule ``login``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.utils.crypto import salted_hmac

from jiqun.core.models.security import RateCounter
from jiqun.core.security.limits import count

EVERYWHERE = 4  # times the limit of one address


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt: whether it may go on, the seconds to wait, whether it is the last."""

    allowed: bool
    wait: int
    last: bool


def account_key(username: str) -> str:
    """Return the key of an account's counters: its number, or a keyed hash of an unknown name.

    An unknown name is not kept as typed: people type passwords into the wrong field.
    """
    found = User.objects.filter(username__iexact=username).values_list("pk", flat=True).first()
    return (
        f"u{found}"
        if found
        else f"n{salted_hmac('login', username.casefold(), algorithm='sha256').hexdigest()[:24]}"
    )


def _buckets(kind: str, key: str, address: str) -> list[tuple[str, int]]:
    times = settings.LOCK_AFTER
    return [(f"{kind}:{key}@{address}", times), (f"{kind}:{key}@", times * EVERYWHERE)]


def attempt(kind: str, key: str, address: str) -> Attempt:
    """Count an attempt (``kind`` login or factor) and say whether it may be looked at."""
    seconds = settings.LOCK_MINUTES * 60
    last = False
    # What this address is refused does not count for everywhere: one address alone cannot lock
    # a person out of all others.
    for name, times in _buckets(kind, key, address):
        counted = count(name, seconds)
        if counted.count > times:
            return Attempt(allowed=False, wait=counted.wait, last=False)
        last = last or counted.count == times
    return Attempt(allowed=True, wait=0, last=last)


def lock(kind: str, key: str, address: str) -> None:
    """Begin the full lock time, when the last allowed attempt has failed."""
    until = int(time.time()) + settings.LOCK_MINUTES * 60
    for name, times in _buckets(kind, key, address):
        RateCounter.objects.filter(bucket=name, count__gte=times).update(until=until)


def succeeded(kind: str, key: str, address: str) -> None:
    """Forget the failures from this address, and that this attempt was one."""
    here, everywhere = (name for name, _ in _buckets(kind, key, address))
    RateCounter.objects.filter(bucket=here).delete()
    RateCounter.objects.filter(bucket=everywhere, count__gt=0).update(count=F("count") - 1)


def _of(user_id: int) -> Q:
    return Q(bucket__startswith=f"login:u{user_id}@") | Q(bucket__startswith=f"factor:u{user_id}@")


def locks_of(user_id: int) -> QuerySet[RateCounter]:
    """Return the counters of an account that lock it now."""
    times = settings.LOCK_AFTER
    everywhere = Q(bucket__endswith="@")
    full = (~everywhere & Q(count__gte=times)) | (everywhere & Q(count__gte=times * EVERYWHERE))
    return RateCounter.objects.filter(_of(user_id), full, until__gt=int(time.time()))


def locked_accounts() -> dict[int, int]:
    """Return the locked accounts with the second (Unix time) at which the last lock ends."""
    found: dict[int, int] = {}
    now = int(time.time())
    rows = RateCounter.objects.filter(
        Q(bucket__startswith="login:u") | Q(bucket__startswith="factor:u"), until__gt=now
    )
    for row in rows.iterator():
        who, _, address = row.bucket.partition(":u")[2].partition("@")
        times = settings.LOCK_AFTER * (1 if address else EVERYWHERE)
        if row.count >= times:
            found[int(who)] = max(found.get(int(who), 0), row.until)
    return found


def release(user_id: int) -> int:
    """Forget every failure of an account and return how many counters there were."""
    return RateCounter.objects.filter(_of(user_id)).delete()[0]
