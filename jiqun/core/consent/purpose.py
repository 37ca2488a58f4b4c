"""The page on which an official states a purpose, once per session, and ends it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jiqun.core.access import forbidden
from jiqun.core.consent import stated
from jiqun.core.consent.actions import end_purpose, state_purpose
from jiqun.core.forms import attempt
from jiqun.core.pages import page, viewer


class PurposeForm(forms.Form):
    """The purpose in the official's own words; the usual ones are offered below the field."""

    purpose = forms.CharField(
        label=gettext_lazy("用途"),
        max_length=200,
        help_text=gettext_lazy("写明办什么事，例如：核对 2025 年补链清单中的本地供给"),
        widget=forms.TextInput(attrs={"class": "form-control", "list": "usual-purposes"}),
    )


def _back(request: HttpRequest) -> str:
    target = request.GET.get("next") or request.POST.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if safe else "/"


@require_http_methods(["GET", "POST"])
@page
def purpose(request: HttpRequest) -> HttpResponse:
    """An official states the purpose of looking at firm-level figures, or takes it back."""
    who, target = viewer(request), _back(request)
    if not who.official:
        raise forbidden("以公务用途查看企业数据", "read firm-level data for an official purpose")
    if request.method == "POST" and "end" in request.POST:
        end_purpose(viewer=who)
        stated.begin(request, "")
        messages.success(request, _("用途已结束，企业的数字不再显示。"))
        return redirect(target)
    form = PurposeForm(request.POST or None, initial={"purpose": who.purpose})
    if request.method == "POST" and form.is_valid():
        words: Any = attempt(
            form, lambda: state_purpose(viewer=who, purpose=form.cleaned_data["purpose"])
        )
        if words is not None:
            stated.begin(request, words)
            return redirect(target)
    content = {
        "title": _("说明用途"),
        "form": form,
        "next": target,
        "stated": who.purpose,
        "usual": stated.USUAL,
        "hours": round(stated.LASTS.total_seconds() / 3600),
    }
    return render(request, "consent/purpose.html", content, status=422 if form.errors else 200)
