"""Asks a person to confirm who they are before something sensitive is done."""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jiqun.core.pages import Page


def confirmed(function: Page) -> Page:
    """Let a form through only when password or code were given within the last five minutes.

    Otherwise nothing is done: the person confirms, comes back to the page and sends it again.
    """

    @wraps(function)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and is_reauthentication_required(request, app="jiqun"):
            messages.info(request, _("这一步需要先确认是您本人；确认后请再操作一次。"))
            where = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
            return redirect(f"{where}?{urlencode({'next': request.path})}")
        return function(request, *args, **kwargs)

    return wrapped
