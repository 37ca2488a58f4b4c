"""Pages of notices: the list, how to be told, the organisation's robots."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jiqun.core.directory import organisation_names, organisations_of
from jiqun.core.models.notices import Delivery, Notice, NoticeChoice, Robot
from jiqun.core.notices.actions import add_robot, choose, read, remove_robot, try_robot
from jiqun.core.notices.kinds import DEFAULTS, Channel, kinds
from jiqun.core.notices.outbox import mail_is_on
from jiqun.core.notices.robots import allowed_bases
from jiqun.core.pages import page, viewer
from jiqun.core.parts import load_tasks
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError

A_PAGE = 30


@page
def notices(request: HttpRequest) -> HttpResponse:
    """The viewer's notices, newest first."""
    own = Notice.objects.visible_to(viewer(request)).filter(shown=True)
    unread = request.GET.get("show") == "unread"
    found = Paginator(own.filter(read=None) if unread else own, A_PAGE)
    shown = found.get_page(request.GET.get("page"))
    rows = [
        {
            "id": row.pk,
            "title": pick(row.title_zh, row.title_en),
            "body": pick(row.body_zh, row.body_en),
            "created": row.created,
            "read": row.read,
            "link": row.link,
        }
        for row in shown
    ]
    return render(
        request,
        "notices/list.html",
        {"title": _("通知"), "rows": rows, "shown": shown, "unread": unread},
    )


@page
@require_POST
def open_notice(request: HttpRequest, notice: int) -> HttpResponse:
    """Mark a notice as read and go to what it is about."""
    who = viewer(request)
    found = get_object_or_404(Notice.objects.visible_to(who), pk=notice)
    read(viewer=who, notice=found)
    inside = url_has_allowed_host_and_scheme(found.link, allowed_hosts=None)
    return redirect(found.link if found.link and inside else reverse("notices"))


@page
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every notice as read."""
    count = read(viewer=viewer(request))
    messages.success(request, _("已把 %(count)d 条通知标为已读。") % {"count": count})
    return redirect("notices")


@page
def choices(request: HttpRequest) -> HttpResponse:
    """Which kinds on which channels."""
    load_tasks()  # every part has declared its kinds then
    who = viewer(request)
    cells = [(kind, channel) for kind in kinds() for channel in DEFAULTS]
    if request.method == "POST":
        choose(viewer=who, chosen={cell: f"{cell[0]}.{cell[1]}" in request.POST for cell in cells})
        messages.success(request, _("已保存。"))
        return redirect("notice-choices")
    own = {(row.kind, row.channel): row.on for row in NoticeChoice.objects.visible_to(who)}
    rows = [
        {
            "label": pick(kind.zh, kind.en),
            "cells": [
                {
                    "name": f"{kind.name}.{channel}",
                    "label": Channel(channel).label,
                    "on": own.get((kind.name, channel), default),
                }
                for channel, default in DEFAULTS.items()
            ],
        }
        for kind in kinds().values()
    ]
    heads = [Channel(channel).label for channel in DEFAULTS]
    return render(
        request,
        "notices/choices.html",
        {"title": _("通知方式"), "rows": rows, "heads": heads, "mail": mail_is_on()},
    )


class RobotForm(forms.Form):
    """What a robot needs."""

    organisation = forms.TypedChoiceField(label=gettext_lazy("单位"), coerce=int)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=Robot.Kind.choices)
    label = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Webhook 地址"),
        max_length=500,
        help_text=gettext_lazy("在群设置里复制。保存后不再显示。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("加签密钥"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("只有钉钉机器人选了“加签”时填写，以 SEC 开头。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, organisations: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
        choice = self.fields["organisation"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = list(organisations.items())
        for name in ("organisation", "kind"):
            self.fields[name].widget.attrs["class"] = "form-select"


@page
def robots(request: HttpRequest) -> HttpResponse:
    """The robots of the viewer's organisations, what went wrong, and a form for another one."""
    who = viewer(request)
    own = organisation_names(organisations_of(who))
    form = RobotForm(request.POST or None, organisations=own)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_robot(viewer=who, **form.cleaned_data)
        except JiqunError as error:
            form.add_error(
                error.fields[0].column if error.fields else None,
                pick(
                    f"{error.message_zh}。{error.hint_zh}", f"{error.message_en}. {error.hint_en}"
                ),
            )
        else:
            messages.success(
                request, _("已登记机器人“%(label)s”。请试发一条。") % {"label": made.label}
            )
            return redirect("robots")
    rows = [
        {"robot": robot, "organisation": own.get(robot.organisation, ""), "failed": _failed(request, robot)}
        for robot in Robot.objects.visible_to(who)
    ]  # fmt: skip
    return render(
        request, "notices/robots.html",
        {"title": _("群机器人"), "rows": rows, "form": form, "hosts": allowed_bases(), "may_add": bool(own)},
        status=422 if form.errors else 200,
    )  # fmt: skip


def _failed(request: HttpRequest, robot: Robot) -> list[dict[str, Any]]:
    """The newest messages of a robot that did not arrive."""
    failed = Delivery.objects.visible_to(viewer(request)).filter(robot=robot).exclude(problem_zh="")
    return [
        {
            "at": row.created,
            "title": row.title_zh,
            "state": str(Delivery.State(row.state).label),
            "problem": pick(row.problem_zh, row.problem_en),
        }
        for row in failed.order_by("-id")[:5]
    ]  # fmt: skip


@page
@require_POST
def change_robot(request: HttpRequest, robot: int, verb: str) -> HttpResponse:
    """Try or remove a robot."""
    who = viewer(request)
    found = get_object_or_404(Robot.objects.visible_to(who), pk=robot)
    if verb == "try":
        try_robot(viewer=who, robot=found)
        messages.success(request, _("试发成功，请到群里看。"))
    else:
        remove_robot(viewer=who, robot=found)
        messages.success(request, _("已移除。"))
    return redirect("robots")
