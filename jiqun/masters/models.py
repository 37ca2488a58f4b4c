"""Organisations, and who does what in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A bureau, firm, park operator or partner, and the place that it answers for."""

    class Kind(models.TextChoices):
        """What sort of organisation it is."""

        BUREAU = "bureau", _("部门")
        FIRM = "firm", _("企业")
        PARK = "park", _("园区运营方")
        PARTNER = "partner", _("合作机构")
        OPERATOR = "operator", _("平台运维")

    name = models.CharField(_("名称"), max_length=120, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    place = models.CharField(_("负责地方"), max_length=20, blank=True)
    firm = models.CharField(_("统一社会信用代码"), max_length=40, blank=True)

    class Meta:
        """A firm names its code; nobody else has one."""

        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="firm", firm__gt="")
                | (~models.Q(kind="firm") & models.Q(firm="")),
                name="only_a_firm_has_a_firm_code",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an organisation."""

    class Role(models.TextChoices):
        """Same values as ``core.access.Role``."""

        ANALYST = "analyst", _("分析员")
        FIRM = "firm", _("企业用户")
        BUTLER = "butler", _("园区管家")
        ADMIN = "admin", _("系统管理员")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        """One role once."""

        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="one_membership_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.role}"
