"""Pages of background jobs: the list, one job with its bar, cancelling."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiqun.core.jobs.actions import cancel
from jiqun.core.jobs.selectors import BADGES, job_seen, state_of
from jiqun.core.models.jobs import Job
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, html_table, pick
from jiqun.errors import Problem

A_PAGE = 50
FIELDS = [
    Field("title", "任务", "Job", link="href"),
    Field("state", "状态", "State", "words", words={
        "waiting": ("等待", "waiting"), "running": ("进行中", "running"), "done": ("完成", "done"),
        "failed": ("失败", "failed"), "cancelled": ("已取消", "cancelled")}),
    Field("progress", "进度", "Progress"),
    Field("owner", "启动人", "Started by"),
    Field("created", "启动时间", "Started at"),
    Field("seconds", "用时", "Took", "number", "秒", decimals=1),
]  # fmt: skip


def _row(job: Job, state: dict[str, Any]) -> dict[str, Any]:
    percent = "" if state["percent"] is None else f"{state['percent']}%"
    return state | {
        "href": reverse("job", args=[job.pk]),
        "state_badge": BADGES[job.state],
        "progress": percent or (f"{state['done']:,}" if state["done"] else ""),
        "created": localtime(job.created).strftime("%Y-%m-%d %H:%M"),
    }


@page
def jobs(request: HttpRequest) -> HttpResponse:
    """The viewer's jobs; for the system administrator everybody's, without what they hold."""
    who = viewer(request)
    found = Paginator(Job.objects.visible_to(who).select_related("user"), A_PAGE)
    shown = found.get_page(request.GET.get("page"))
    rows = [_row(job, state_of(job, who)) for job in shown]
    table = html_table(
        FIELDS,
        rows,
        caption=_("后台任务"),
        empty={"message": _("还没有后台任务。导入、导出和计算会出现在这里。")},
    )
    context = {"title": _("后台任务"), "table": table, "shown": shown}
    return render(request, "jobs/list.html", context)


def _context(request: HttpRequest, number: int) -> dict[str, Any]:
    state = state_of(job_seen(viewer(request), number), viewer(request))
    error = state["error"]
    problems: list[Problem] = []
    if error:
        problems = [Problem(**one) for one in error["fields"]]
        error = error | {
            "message": pick(error["message_zh"], error["message_en"]),
            "hint": pick(error["hint_zh"], error["hint_en"]),
        }
    return {"title": state["title"], "job": state, "error": error, "problems": problems}


@page
def job(request: HttpRequest, number: int) -> HttpResponse:
    """One job; while it runs, the page asks for the panel alone every second."""
    part = request.headers.get("HX-Request") == "true"
    template = "jobs/panel.html" if part else "jobs/job.html"
    return render(request, template, _context(request, number))


@page
def job_json(request: HttpRequest, number: int) -> HttpResponse:
    """One job as JSON."""
    who = viewer(request)
    return JsonResponse(state_of(job_seen(who, number), who))


@page
@require_POST
def cancel_job(request: HttpRequest, number: int) -> HttpResponse:
    """Cancel a job."""
    who = viewer(request)
    ended = cancel(viewer=who, job=job_seen(who, number))
    said = _("已取消。") if ended.over else _("正在取消，做完手上这一步就停。")
    messages.success(request, said)
    return redirect("job", number)
