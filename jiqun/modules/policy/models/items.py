"""Items: benefits as the county has listed them."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Viewer
from jiqun.core.visible import VisibleQuerySet
from jiqun.masters.models import Organisation
from jiqun.modules.policy.models.base import within


class ItemQuerySet(VisibleQuerySet["Item"]):
    """Listed items are for everybody who has logged in; drafts for officials of the place."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the items that the viewer may see."""
        if not viewer.known:
            return self.none()
        return self.filter(Q(declared_by__isnull=False) | within(viewer.duty_places))

    def of(self, place: str, policy: str, version: str) -> Item | None:
        """Return the item of a policy's version, or None."""
        return self.filter(place=place, policy=policy, version=version).first()


class Item(models.Model):
    """One benefit of one version of a policy, as the list of items (事项清单) has it.

    An item is written by one official and declared fit by another; after that it is never edited:
    a change is a new version. Only an item whose ``mode`` is 免申即享 takes candidates.
    """

    class Sort(models.TextChoices):
        """The four classes of the lists."""

        RELIEF = "relief", _("减免")
        AWARD = "award", _("奖补")
        RIGHT = "right", _("权益")
        TITLE = "title", _("资质")

    class Mode(models.TextChoices):
        """How a firm comes to it."""

        AUTOMATIC = "automatic", _("免申即享")
        QUICK = "quick", _("即申即享")
        PROMISE = "promise", _("承诺兑现")

    place = models.CharField(_("地方"), max_length=20, db_index=True)
    policy = models.CharField(_("政策编号"), max_length=60)
    version = models.CharField(_("版本"), max_length=30)
    title = models.CharField(_("事项名称"), max_length=120)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    clause = models.CharField(_("依据条款"), max_length=200, blank=True)
    sort = models.CharField(_("类别"), max_length=10, choices=Sort, default=Sort.AWARD)
    mode = models.CharField(_("兑付方式"), max_length=10, choices=Mode, default=Mode.AUTOMATIC)
    conditions = models.TextField(_("条件"), blank=True)
    amount = models.TextField(_("标准"), blank=True)
    materials = models.TextField(_("所需数据"), blank=True)
    contact = models.CharField(_("咨询电话"), max_length=60, blank=True)
    valid_from = models.DateField(_("施行日期"))
    valid_until = models.DateField(_("失效日期"), null=True, blank=True)
    review_number = models.CharField(_("公平竞争审查编号"), max_length=120, blank=True)
    review_on = models.DateField(_("审查日期"), null=True, blank=True)
    review_result = models.CharField(_("审查结论"), max_length=200, blank=True)
    review_ground = models.CharField(_("例外依据"), max_length=200, blank=True)
    department = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, verbose_name=_("主管部门")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="items_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="items_declared"
    )
    declared_at = models.DateTimeField(null=True)

    made_by_id: int
    declared_by_id: int | None
    department_id: int
    objects = ItemQuerySet.as_manager()

    class Meta:
        """One row per version; nobody declares the own item."""

        ordering = ("policy", "-version", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("place", "policy", "version"), name="item_version_once"
            ),
            models.CheckConstraint(
                condition=Q(declared_by__isnull=True) | ~Q(declared_by=F("made_by")),
                name="item_needs_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy} {self.version} {self.title}"

    @property
    def fit(self) -> bool:
        """Whether it is declared fit for payment without an application."""
        return self.mode == self.Mode.AUTOMATIC and self.declared_by_id is not None
