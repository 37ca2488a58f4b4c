"""How often one person or one address may do something, counted by all server processes together.

One statement counts and says the result, so that two requests at once are two.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from jiqun.core.models.security import RateCounter
from jiqun.errors import JiqunError, Kind

TOO_MANY_REQUESTS = 429
_TABLE = RateCounter._meta.db_table
_COUNT = f"""
INSERT INTO {_TABLE} (bucket, count, until) VALUES (%s, 1, %s)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN {_TABLE}.until <= %s THEN 1 ELSE {_TABLE}.count + 1 END,
    until = CASE WHEN {_TABLE}.until <= %s THEN excluded.until ELSE {_TABLE}.until END
RETURNING count, until
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``times`` within ``seconds``."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The count after this time, and how many seconds the window still lasts."""

    count: int
    wait: int


# What a person at work does not reach. ``JIQUN_RATE_LIMITS`` changes them.
RULES: Mapping[str, Rule] = {
    "login": Rule(60, 300),
    "token": Rule(10, 3600),
    "upload": Rule(60, 600),
    "export": Rule(120, 600),
    "search": Rule(120, 60),
    "write": Rule(600, 60),
}


def read_rules(text: str) -> dict[str, Rule]:
    """Return the rules with those of a setting such as ``export=30/600,search=60/60`` put in.

    ``off`` gives none.

    Raises:
        ValueError: A rule is unknown or not ``name=times/seconds``.
    """
    if text.strip() == "off":
        return {}
    rules = dict(RULES)
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, figures = part.partition("=")
        times, _, seconds = figures.partition("/")
        if name not in RULES:
            raise ValueError(f"no such rule {name!r}; known: {', '.join(RULES)}")
        rules[name] = Rule(int(times), int(seconds))
    return rules


def rules() -> Mapping[str, Rule]:
    """Return the rules of this installation."""
    return read_rules(settings.RATE_LIMITS)


class TooManyError(JiqunError):
    """``E-TOO-MANY``; answered with 429 and, in ``Retry-After``, the seconds to wait."""

    def __init__(self, wait: int) -> None:
        super().__init__(
            "E-TOO-MANY", "操作过于频繁", "too many requests",
            hint_zh=f"请在 {wait} 秒后重试。", hint_en=f"Try again in {wait} seconds.", kind=Kind.CONFLICT,
        )  # fmt: skip
        self.wait = wait

    @property
    def status(self) -> int:
        """HTTP status."""
        return TOO_MANY_REQUESTS


def count(bucket: str, seconds: int) -> Counted:
    """Count one more in the bucket, whose window of ``seconds`` begins with the first."""
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [bucket, now + seconds, now, now])
        counted, until = cursor.fetchone()
    if counted == 1:  # a new window: a good moment to forget old ones
        RateCounter.objects.filter(until__lt=now - 86_400).delete()
    return Counted(int(counted), max(int(until) - now, 1))


def limit(name: str, who: str) -> None:
    """Count one use of a rule by ``who``.

    Raises:
        TooManyError: ``E-TOO-MANY`` when the rule's number is exceeded.
    """
    rule = rules().get(name)
    if rule is None:
        return
    counted = count(f"rate:{name}:{who}", rule.seconds)
    if counted.count > rule.times:
        raise TooManyError(counted.wait)
