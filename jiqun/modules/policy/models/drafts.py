"""Stored drafts: the text they were read from, one draft per policy item, its fields one by one.

Nothing pays from these tables: what leaves them is a file that somebody puts into a pack's folder.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.masters.models import Organisation
from jiqun.modules.policy.models.base import PlacedQuerySet

_USER = settings.AUTH_USER_MODEL


class DraftText(models.Model):
    """A document's text as it was pasted; never changed: another text is another row."""

    place = models.CharField(_("地方"), max_length=20, db_index=True)
    title = models.CharField(_("文件名称"), max_length=200, blank=True)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    text = models.TextField(_("原文"))
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="draft_texts")
    made_at = models.DateTimeField(auto_now_add=True)

    made_by_id: int
    objects = PlacedQuerySet["DraftText"].as_manager()

    class Meta:
        """The latest first."""

        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.document} {self.title}".strip()


class DraftQuerySet(PlacedQuerySet["Draft"]):
    """Drafts of a place, for its officials."""

    def other_confirmed(self, place: str, number: str, pk: int) -> DraftQuerySet:
        """Return the confirmed drafts of the same 编号 at the same place, but for one, locked."""
        same = self.select_for_update().filter(place=place, number=number, state="confirmed")
        return same.exclude(pk=pk)


class Draft(models.Model):
    """One policy item drafted from a text; ``drafts.states.TABLE`` says how it moves.

    ``content`` and ``digest`` are the document as two people have confirmed it, ``number`` its 编号;
    empty before.
    """

    key = models.CharField(max_length=40, unique=True)
    text = models.ForeignKey(DraftText, on_delete=models.PROTECT, related_name="drafts")
    place = models.CharField(_("地方"), max_length=20, db_index=True)
    department = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, verbose_name=_("主管部门")
    )
    title = models.CharField(_("名称"), max_length=200)
    clause = models.CharField(_("依据条款"), max_length=120, blank=True)
    state = models.CharField(_("状态"), max_length=12, default="draft")
    number = models.CharField(_("政策编号"), max_length=60, blank=True)
    content = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="drafts_made")
    made_at = models.DateTimeField(auto_now_add=True)
    first_by = models.ForeignKey(
        _USER, null=True, on_delete=models.PROTECT, related_name="drafts_first"
    )
    first_at = models.DateTimeField(null=True)
    second_by = models.ForeignKey(
        _USER, null=True, on_delete=models.PROTECT, related_name="drafts_second"
    )
    second_at = models.DateTimeField(null=True)
    reason = models.CharField(_("原因"), max_length=500, blank=True)

    made_by_id: int
    first_by_id: int | None
    second_by_id: int | None
    department_id: int
    text_id: int
    objects = DraftQuerySet.as_manager()

    class Meta:
        """The second person is neither the first nor who made the draft; one confirmed draft per 编号."""

        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(second_by__isnull=True)
                | (Q(first_by__isnull=False) & ~Q(second_by=F("first_by")) & ~Q(second_by=F("made_by"))),
                name="draft_needs_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="once") | Q(first_by__isnull=False),
                name="draft_once_has_a_first",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("confirmed", "superseded"))
                | (Q(second_by__isnull=False) & ~Q(content="") & ~Q(number="")),
                name="draft_confirmed_has_both",
            ),
            models.UniqueConstraint(
                fields=("place", "number"), condition=Q(state="confirmed"), name="draft_number_once"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class DraftFieldQuerySet(PlacedQuerySet["DraftField"]):
    """Fields of the drafts of a place."""

    place_column = "draft__place"


class DraftField(models.Model):
    """One field of a draft: what was read from which words, what it says now, who has checked it.

    ``key`` is its path in the document (``金额/上限``). ``read``, ``words`` and the span never
    change; ``value`` may be corrected while the draft is with its makers.
    """

    class State(models.TextChoices):
        """How a field stands."""

        COMPLETE = "complete", _("读出")
        UNSURE = "unsure", _("待定")
        FILLED = "filled", _("人工填写")
        LEFT = "left", _("留待人工")
        DROPPED = "dropped", _("删去")

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="fields")
    order = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    clause = models.CharField(max_length=200, blank=True)
    words = models.TextField(blank=True)
    span_from = models.PositiveIntegerField(null=True)
    span_to = models.PositiveIntegerField(null=True)
    read = models.TextField(blank=True)
    value = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State)
    settled_by = models.ForeignKey(
        _USER, null=True, on_delete=models.PROTECT, related_name="fields_settled"
    )
    first_by = models.ForeignKey(
        _USER, null=True, on_delete=models.PROTECT, related_name="fields_first"
    )
    second_by = models.ForeignKey(
        _USER, null=True, on_delete=models.PROTECT, related_name="fields_second"
    )

    settled_by_id: int | None
    first_by_id: int | None
    second_by_id: int | None
    draft_id: int
    objects = DraftFieldQuerySet.as_manager()

    class Meta:
        """Each key once; nobody checks a field twice, or second what they have written."""

        ordering = ("draft", "order", "pk")
        constraints = (
            models.UniqueConstraint(fields=("draft", "key"), name="draft_field_once"),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True)
                | (
                    Q(first_by__isnull=False) & ~Q(second_by=F("first_by"))
                    & (Q(settled_by__isnull=True) | ~Q(second_by=F("settled_by")))
                ),
                name="draft_field_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(first_by__isnull=True) | ~Q(state="unsure"),
                name="draft_field_unsure_is_not_checked",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.key} {self.value}"

    @property
    def manual(self) -> bool:
        """Whether it is a condition that a person checks for each firm."""
        return self.state == self.State.LEFT and self.key.startswith("条件/")
