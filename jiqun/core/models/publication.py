"""Tables of aggregates that were drafted, published or withdrawn."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet


def _within(places: frozenset[str]) -> Q:
    """Rows whose place is one of these or lies within one (code prefix)."""
    if "*" in places:
        return Q(pk__isnull=False)
    found = Q(pk__in=[])
    for place in places:
        found |= Q(place__startswith=place)
    return found


class PublishedTableQuerySet(VisibleQuerySet["PublishedTable"]):
    """Officials see every table of their places, everybody else there the published ones."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the tables that the viewer may open."""
        if not viewer.known or not viewer.places:
            return self.none()
        published = _within(viewer.places) & Q(state=PublishedTable.State.PUBLISHED)
        if not viewer.duty_places:
            return self.filter(published)
        return self.filter(published | _within(viewer.duty_places))

    def known_to_readers(self) -> Self:
        """Tables whose cells readers may know: published now, or before they were withdrawn."""
        return self.exclude(state=PublishedTable.State.DRAFT)


class PublishedTable(models.Model):
    """One table of aggregates over firms: what it shows, from what, who made and approved it.

    ``cells`` holds one object per cell with ``coordinate``, ``status`` (published, primary,
    secondary) and ``value``, which is null wherever the cell is withheld. ``firms`` are the
    contributors, so that a later audit reads the same rows of ``snapshot`` again whatever firms
    have granted or taken back since. ``report`` is the whole result of the audit.
    """

    class State(models.TextChoices):
        """From draft to published; a withdrawn table is shown to nobody but stays known."""

        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已撤回")

    made_by_id: int
    approved_by_id: int | None
    withdrawn_by_id: int | None

    key = models.CharField(max_length=32, unique=True)
    title_zh = models.CharField(_("中文标题"), max_length=120)
    title_en = models.CharField(_("英文标题"), max_length=160, blank=True)
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    period = models.CharField(_("期间"), max_length=20)
    measure = models.CharField(_("指标"), max_length=60)
    unit = models.CharField(_("单位"), max_length=20)
    classification = models.CharField(_("分类"), max_length=60, blank=True)
    dimensions = models.JSONField()
    parameters = models.JSONField()
    snapshot = models.CharField(max_length=64)
    code_version = models.CharField(max_length=40)
    firms = models.JSONField()
    cells = models.JSONField()
    report = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tables_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT,
        related_name="tables_approved",
    )  # fmt: skip
    approved_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT,
        related_name="tables_withdrawn",
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(_("撤回原因"), max_length=200, blank=True)

    objects = PublishedTableQuerySet.as_manager()

    class Meta:
        """Newest first; nobody approves the own table, nothing is out without an approval."""

        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="publication_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", approved_by__isnull=True)
                | Q(state__in=["published", "withdrawn"], approved_by__isnull=False),
                name="publication_is_approved",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title_zh} {self.place} {self.period}"

    @property
    def withheld(self) -> frozenset[str]:
        """Coordinates of the cells that are not published."""
        return frozenset(cell["coordinate"] for cell in self.cells if cell["status"] != "published")
