"""The form by which a firm grants a purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiqun.core.consent.actions import months_later
from jiqun.core.lawful.catalogue import Purpose
from jiqun.core.lawful.fields import field_label


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


class GrantForm(forms.Form):
    """Which fields, from when until when; the firm only where the person acts for several."""

    valid_from = forms.DateField(label=_("开始日期"), widget=_day())
    valid_until = forms.DateField(
        label=_("截止日期"), widget=_day(), help_text=_("到期自动失效，随时可以撤回。")
    )

    def __init__(
        self,
        *args: Any,
        purpose: Purpose,
        fields: tuple[str, ...],
        firms: dict[str, str],
        **kw: Any,
    ) -> None:
        today = timezone.localdate()
        until = months_later(today, min(12, purpose.months)) - timedelta(days=1)
        kw.setdefault("initial", {"valid_from": today, "valid_until": until})
        super().__init__(*args, **kw)
        self.fields["fields"] = forms.MultipleChoiceField(
            label=_("字段"),
            choices=[(name, field_label(name)) for name in fields],
            widget=forms.CheckboxSelectMultiple,
        )
        firm = forms.ChoiceField(label=_("企业"), choices=list(firms.items()))
        if len(firms) == 1:
            firm.widget, firm.initial = forms.HiddenInput(), next(iter(firms))
        self.fields["firm"] = firm
        self.order_fields(["firm", "fields", "valid_from", "valid_until"])
