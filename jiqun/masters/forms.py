"""Forms of organisations, accounts and roles; what is wrong with them the verbs say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiqun.core.access import ADMINISTRATORS, Role, Viewer
from jiqun.masters.checks import ROLES_OF
from jiqun.masters.models import Membership, Organisation, Person


def _text(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def _choice() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class OrganisationForm(forms.Form):
    """An organisation."""

    name = forms.CharField(label=_("名称"), max_length=120, widget=_text())
    kind = forms.ChoiceField(label=_("类别"), choices=Organisation.Kind.choices, widget=_choice())
    place = forms.CharField(
        label=_("负责地方"), max_length=200, required=False, widget=_text(),
        help_text=_("行政区划代码，几个用逗号隔开，含其下级；所有地方写 *；留空则不看任何地方。"),
    )  # fmt: skip
    firm = forms.CharField(
        label=_("统一社会信用代码"), max_length=40, required=False, widget=_text(),
        help_text=_("只有企业填写，18 位。"),
    )  # fmt: skip


class OrganisationChangeForm(OrganisationForm):
    """An organisation that exists, which may be closed."""

    active = forms.BooleanField(
        label=_("启用"), required=False, help_text=_("取消勾选后，其人员的角色立即失效。")
    )


class AccountForm(forms.Form):
    """A new account; the organisation among those that the viewer may put people into."""

    organisation = forms.ModelChoiceField(
        label=_("单位"), queryset=Organisation.objects.none(), widget=_choice()
    )
    username = forms.CharField(
        label=_("登录名"), max_length=150, widget=_text(autocomplete="off"),
        help_text=_("字母、数字和 @ . + - _"),
    )  # fmt: skip
    name = forms.CharField(label=_("姓名"), max_length=60, widget=_text(autocomplete="off"))
    phone = forms.CharField(
        label=_("办公电话"), max_length=30, required=False, widget=_text(autocomplete="off"),
        help_text=_("只在工作需要时填写。"),
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Organisation.objects.visible_to(viewer).filter(active=True)
        if not viewer.has(Role.SYSTEM):
            found = found.filter(firm__in=viewer.firms)
        field = forms.ModelChoiceField(label=_("单位"), queryset=found, widget=_choice())
        if found.count() == 1:
            field.initial = found.get()
        self.fields["organisation"] = field


class RoleForm(forms.Form):
    """A role for a person, in the person's own organisation unless another is chosen."""

    organisation = forms.ModelChoiceField(
        label=_("单位"), queryset=Organisation.objects.none(), widget=_choice()
    )
    role = forms.TypedChoiceField(
        label=_("角色"), choices=Membership.Role.choices, coerce=Role, widget=_choice(),
        help_text=_("系统、安全、审计三类管理员不能由同一人担任。"),
    )  # fmt: skip
    valid_from = forms.DateField(label=_("开始日期"), required=False, widget=_day())
    valid_until = forms.DateField(
        label=_("截止日期"),
        required=False,
        widget=_day(),
        help_text=_("留空则一直有效，直到收回。"),
    )

    def __init__(self, *args: Any, viewer: Viewer, person: Person, **kwargs: Any) -> None:
        suited = ROLES_OF.get(person.organisation.kind, frozenset())
        first = sorted(suited - ADMINISTRATORS) or sorted(suited)
        initial = {"organisation": person.organisation, "role": first[0] if first else None}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["organisation"] = forms.ModelChoiceField(
            label=_("单位"),
            queryset=Organisation.objects.visible_to(viewer).filter(active=True),
            initial=person.organisation,
            widget=_choice(),
        )


class ReasonForm(forms.Form):
    """Why a step is taken that takes something away."""

    reason = forms.CharField(
        label=_("原因"), max_length=200, widget=_text(),
        help_text=_("会写入审计日志，例如：调离岗位。"),
    )  # fmt: skip
