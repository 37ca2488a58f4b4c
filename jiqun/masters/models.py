"""Organisations, the people in them, and what each person does there."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import ADMINISTRATORS, Viewer
from jiqun.core.access import Role as Duty
from jiqun.core.visible import VisibleQuerySet


def keeps_accounts(viewer: Viewer) -> bool:
    """Whether the viewer opens accounts or grants roles, and so sees every account."""
    return viewer.known and viewer.has(Duty.SYSTEM, Duty.SECURITY)


def own_organisations(viewer: Viewer) -> models.QuerySet[Membership, dict[str, Any]]:
    """Return ids of the organisations that the viewer belongs to today, for use in a query."""
    return Membership.objects.in_force().filter(user_id=viewer.user_id).values("organisation_id")


class OrganisationQuerySet(VisibleQuerySet["Organisation"]):
    """Those who keep accounts see all organisations, everybody else the own ones."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the organisations that the viewer may see."""
        if keeps_accounts(viewer):
            return self.all()
        return self.filter(pk__in=own_organisations(viewer)) if viewer.known else self.none()


class Organisation(models.Model):
    """A bureau, firm, park operator, partner or the public, and the place that it answers for.

    ``place`` may name several codes separated by commas; ``*`` is every place, empty is none.
    A closed organisation (``active`` false) gives its people nothing.
    """

    class Kind(models.TextChoices):
        """What sort of organisation it is."""

        BUREAU = "bureau", _("部门")
        FIRM = "firm", _("企业")
        PARK = "park", _("园区运营方")
        PARTNER = "partner", _("合作机构")
        OPERATOR = "operator", _("平台运维")
        PUBLIC = "public", _("公众")

    name = models.CharField(_("名称"), max_length=120, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    place = models.CharField(_("负责地方"), max_length=200, blank=True)
    firm = models.CharField(_("统一社会信用代码"), max_length=40, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    opened_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()

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

    @property
    def places(self) -> frozenset[str]:
        """The places that it answers for, as codes."""
        return frozenset(code for part in self.place.split(",") if (code := part.strip()))


class PersonQuerySet(VisibleQuerySet["Person"]):
    """Those who keep accounts see everybody; others themselves and their colleagues."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the people whom the viewer may see."""
        if keeps_accounts(viewer):
            return self.all()
        if not viewer.known:
            return self.none()
        return self.filter(
            Q(user_id=viewer.user_id) | Q(organisation_id__in=own_organisations(viewer))
        )


class Person(models.Model):
    """Whose account it is: the name shown, the organisation, and a phone only where given.

    Nothing else is kept of a person. Closing an account deactivates ``user``; nothing is deleted,
    because the log refers to it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("办公电话"), max_length=30, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)

    user_id: int
    organisation_id: int
    objects = PersonQuerySet.as_manager()

    class Meta:
        """By name."""

        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(VisibleQuerySet["Membership"]):
    """Roles are seen by those who keep accounts, by their holder and the holder's colleagues."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the roles that the viewer may see."""
        if keeps_accounts(viewer):
            return self.all()
        if not viewer.known:
            return self.none()
        return self.filter(
            Q(user_id=viewer.user_id) | Q(organisation_id__in=own_organisations(viewer))
        )

    def in_force(self, day: date | None = None) -> Self:
        """Return roles that count on ``day`` (today): begun, not ended, the organisation open."""
        today = day or timezone.localdate()
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=today),
            valid_from__lte=today,
            organisation__active=True,
        )


class Membership(models.Model):
    """A person's role in an organisation. A role that was taken away is gone; the log has it."""

    class Role(models.TextChoices):
        """Same values as ``core.access.Role``."""

        ANALYST = "analyst", _("分析员")
        FIRM = "firm", _("企业用户")
        BUTLER = "butler", _("园区管家")
        PARTNER = "partner", _("合作机构")
        SYSTEM = "system", _("系统管理员")
        SECURITY = "security", _("安全管理员")
        AUDIT = "audit", _("审计管理员")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    role = models.CharField(_("角色"), max_length=12, choices=Role)
    valid_from = models.DateField(_("开始日期"), default=timezone.localdate)
    valid_until = models.DateField(_("截止日期"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="roles_granted"
    )
    granted_at = models.DateTimeField(auto_now_add=True)

    user_id: int
    organisation_id: int
    objects = MembershipQuerySet.as_manager()

    class Meta:
        """One role once; of the three administrators a person is one at most."""

        ordering = ["organisation__name", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="one_membership_once"
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(role__in=sorted(role.value for role in ADMINISTRATORS)),
                name="one_administrator_role_each",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="membership_period_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.role}"
