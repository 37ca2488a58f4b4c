"""The index of the global search: entries, and for each gram the entries that have it.

Everything hangs on a segment: rows of one source with one and the same audience. A search reads
the segments that the viewer may see and no others, so what is hidden changes neither its results
nor its counts nor its time.
"""

from __future__ import annotations

from typing import Self, TypeVar

from django.conf import settings
from django.db import models

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.visible import VisibleQuerySet

M = TypeVar("M", bound=models.Model)


class SegmentQuerySet(VisibleQuerySet["SearchSegment"]):
    """Who may find what."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the segments whose rows the viewer may see; nobody else learns that they exist."""
        if not viewer.known:
            return self.none()
        return self.filter(_role(viewer) & _grade(viewer))


def _role(viewer: Viewer) -> models.Q:
    fits = models.Q(roles="")
    for role in viewer.roles:
        fits |= models.Q(roles__contains=f",{role},")
    return fits


def _within(places: frozenset[str]) -> models.Q:
    """Segments of one of the places, or of a place in it."""
    if "*" in places:
        return ~models.Q(pk__in=[])  # every segment; an empty Q would vanish from an OR
    fits = models.Q(pk__in=[])
    for place in places:
        fits |= models.Q(place__startswith=place)
    return fits


def _grade(viewer: Viewer) -> models.Q:
    """Open rows of the own places, own rows, and of firms those of an official with a purpose.

    A role that a source of personal rows names was asked for in ``_role``.
    """
    here = models.Q(place="") | _within(viewer.places)
    fits = models.Q(grade__in=[Grade.PUBLIC, Grade.AGGREGATE]) & here
    fits |= models.Q(grade=Grade.PERSONAL, user_id=viewer.user_id)
    fits |= models.Q(grade=Grade.PERSONAL, user=None) & ~models.Q(roles="") & here
    fits |= models.Q(grade=Grade.FIRM, firm__in=sorted(viewer.firms))
    if may_see_firm_rows(viewer):
        fits |= models.Q(grade=Grade.FIRM) & _within(viewer.duty_places)
    return fits


class SearchSegment(models.Model):
    """Rows of one source with the same audience."""

    source = models.CharField(max_length=40)
    place = models.CharField(max_length=20, blank=True)
    firm = models.CharField(max_length=40, blank=True)
    user_id: int | None
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    grade = models.CharField(max_length=10)
    roles = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    built = models.DateTimeField(auto_now=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        """Asked by source when building, read whole when searching."""

        indexes = [models.Index(fields=["source"], name="search_source")]

    def __str__(self) -> str:
        return f"{self.source} {self.place}{self.firm} {self.rows}"


class OfVisibleSegments(VisibleQuerySet[M]):
    """What hangs on segments is seen with them."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return what belongs to the viewer's segments."""
        return self.filter(segment__in=SearchSegment.objects.visible_to(viewer))


class EntryQuerySet(OfVisibleSegments["SearchEntry"]):
    """Entries."""


class PostingQuerySet(OfVisibleSegments["SearchPosting"]):
    """Postings."""


def entry_id(segment: int, number: int) -> int:
    """Return the id of the entry with this number (below 2^24) in a segment."""
    return (segment << 24) | number


class SearchEntry(models.Model):
    """One thing that can be found.

    The id is made of the segment's and of a number that counts within it, weightiest first
    (:func:`entry_id`), so that postings can name entries before they are stored.
    """

    id = models.BigIntegerField(primary_key=True)
    segment_id: int
    segment = models.ForeignKey(SearchSegment, on_delete=models.CASCADE)
    key = models.CharField(max_length=120)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    subtitle = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        """Found by id from a posting, by key from a code that was typed."""

        indexes = [models.Index(fields=["key"], name="search_key")]

    def __str__(self) -> str:
        return self.title_zh


class SearchPosting(models.Model):
    """The entries of a segment that have a gram: sorted numbers, 4 bytes each, little-endian."""

    segment_id: int
    segment = models.ForeignKey(SearchSegment, on_delete=models.CASCADE, db_index=False)
    gram = models.CharField(max_length=12)
    title = models.BooleanField()
    numbers = models.BinaryField()

    objects = PostingQuerySet.as_manager()

    class Meta:
        """One row per segment, gram and field; its index is the way in."""

        constraints = [
            models.UniqueConstraint(fields=["gram", "segment", "title"], name="search_gram")
        ]

    def __str__(self) -> str:
        return self.gram


class SearchState(models.Model):
    """How a source looked when it was indexed last, so that an unchanged one costs nothing."""

    source = models.CharField(max_length=40, unique=True)
    stamp = models.CharField(max_length=200, blank=True)
    built = models.DateTimeField(auto_now=True)

    objects = VisibleQuerySet["SearchState"].as_manager()

    def __str__(self) -> str:
        return self.source
