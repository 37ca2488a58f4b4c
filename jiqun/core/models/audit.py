"""The audit log: entries in one hash chain per target, daily roots, and who read which firm.

Rows are only ever added. How a digest is made: docs/explanation/audit.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models

from jiqun.core.access import Role, Viewer
from jiqun.core.visible import VisibleQuerySet

# An entry's id is its chain's number, shifted, plus its place in the chain: so nothing but the
# number orders the log, and it is the same on every database.
SEQUENCE_BITS = 28
SEQUENCE_MASK = (1 << SEQUENCE_BITS) - 1
READ_FIRMS = "core.read_firms"
CLOSE_DAY = "core.close_day"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970 in UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


class InstantField(models.BigIntegerField):
    """An instant, kept as microseconds since 1970 in UTC: the same number on every database."""

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        """Return the instant in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)

    def to_python(self, value: Any) -> Any:
        """Return an instant for a number, and an instant as it is."""
        return EPOCH + timedelta(microseconds=value) if isinstance(value, int) else value

    def get_prep_value(self, value: Any) -> Any:
        """Return the number for an instant."""
        return micros(value) if isinstance(value, datetime) else value


def canonical_json(value: Mapping[str, Any] | None) -> str:
    """Return the one text of a JSON object: sorted keys, no spaces, characters as they are.

    Raises:
        ValueError: The value holds what JSON cannot say, such as not-a-number.
    """
    text = json.dumps(
        value or {},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=str,
    )
    return text.encode("utf-8", "replace").decode()


class CanonicalJSONField(models.TextField):
    """A JSON object kept as its one canonical text, so that a digest over it can be repeated."""

    def from_db_value(self, value: str | None, *_: object) -> dict[str, Any]:
        """Return the object."""
        return json.loads(value) if value else {}

    def get_prep_value(self, value: Any) -> Any:
        """Return the text."""
        return value if isinstance(value, str) else canonical_json(value)


class EntryQuerySet(VisibleQuerySet["AuditEntry"]):
    """Who sees which entries."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The audit administrator sees all, everybody else what they did themselves."""
        if viewer.has(Role.AUDIT):
            return self.all()
        return self.filter(user_id=viewer.user_id) if viewer.known else self.none()


class AuditEntry(models.Model):
    """One action that someone took: who, in which roles, what, on what, why, before and after.

    ``prev`` is the digest of the entry before it in the chain of ``target``, empty for the first.
    """

    id = models.BigIntegerField(primary_key=True)
    at = InstantField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    user_name = models.CharField(max_length=150, blank=True)
    organisation = models.CharField(max_length=400, blank=True)
    roles = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=200, db_index=True)
    reason = models.TextField(blank=True)
    before = CanonicalJSONField()
    after = CanonicalJSONField()
    request_id = models.CharField(max_length=40, blank=True)
    algorithm = models.CharField(max_length=10)
    prev = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        """Newest first; a read of firms without a purpose cannot be stored."""

        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(action=READ_FIRMS) | ~models.Q(reason=""),
                name="a_read_of_firms_has_a_purpose",
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"

    @property
    def seq(self) -> int:
        """Place in the chain of the target, from 1."""
        return self.pk & SEQUENCE_MASK


class AuditChain(models.Model):
    """How long the chain of one target is, and the digest that it ends with."""

    target = models.CharField(max_length=200, unique=True)
    length = models.BigIntegerField()
    head = models.CharField(max_length=64, blank=True)

    objects = VisibleQuerySet["AuditChain"].as_manager()

    def __str__(self) -> str:
        return f"{self.target} × {self.length}"


class RootQuerySet(VisibleQuerySet["AuditRoot"]):
    """Roots are public."""

    def visible_to(self, viewer: Viewer) -> Self:  # noqa: ARG002 - the name is the contract
        """Return all: a root says nothing about anybody."""
        return self.all()


class AuditRoot(models.Model):
    """The Merkle root over a day's entries (day in Asia/Shanghai), sealed with the day before.

    ``seal`` is the published value: a digest over the other columns, ``previous`` is the seal of
    the day before.
    """

    day = models.DateField(unique=True)
    entries = models.BigIntegerField()
    chains = models.BigIntegerField()
    algorithm = models.CharField(max_length=10)
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    made = InstantField()
    seal = models.CharField(max_length=64)

    objects = RootQuerySet.as_manager()

    class Meta:
        """Newest day first."""

        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.seal[:16]}"


class ReadQuerySet(VisibleQuerySet["FirmRead"]):
    """Who sees which reads."""

    def visible_to(self, viewer: Viewer) -> Self:
        """A firm sees who read it, a reader the own reads, the audit administrator all."""
        if viewer.has(Role.AUDIT):
            return self.all()
        if not viewer.known:
            return self.none()
        return self.filter(
            models.Q(firm__in=viewer.firms) | models.Q(entry__user_id=viewer.user_id)
        )


class FirmRead(models.Model):
    """One firm among those whose own figures an entry ``core.read_firms`` is about.

    Who, when, for which purpose (``reason``) and which fields stand in the entry. The entry keeps
    the Merkle root over its firms; ``salt`` keeps the proof for one firm from telling which the
    others were.
    """

    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, related_name="reads")
    position = models.IntegerField()
    firm = models.CharField(max_length=40, db_index=True)
    salt = models.CharField(max_length=16)

    objects = ReadQuerySet.as_manager()

    class Meta:
        """Newest first; each place in an entry's list once."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="one_firm_at_one_position")
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.firm}"
