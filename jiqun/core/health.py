"""Whether the server lives, and the pages for what is not there or went wrong."""

from __future__ import annotations

import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from jiqun.core.middleware import error_page, full_disk
from jiqun.errors import JiqunError, Kind


def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers; for load balancers and for ``up``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for an address that does not exist."""
    del exception  # Django passes it by name; the page says what to do, not what was tried
    return error_page(
        request,
        JiqunError(
            "E-NOT-FOUND",
            "没有这个页面",
            "there is no such page",
            hint_zh="请检查地址，或从左侧导航重新进入。",
            hint_en="Check the address, or start again from the navigation.",
            kind=Kind.NOT_FOUND,
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for our own mistakes; the detail is in the log, never on the page."""
    cause = sys.exc_info()[1]  # Django calls this while it handles what went wrong
    if (full := full_disk(cause) if cause else None) is not None:
        return error_page(request, full)
    return error_page(
        request,
        JiqunError(
            "E-INTERNAL",
            "系统出错，您的数据没有改动",
            "something went wrong on our side; your data was not changed",
            hint_zh="请稍后重试；若再次出现，请把时间和页面地址告诉管理员。",
            hint_en="Try again later; if it recurs, tell the administrator the time and address.",
            kind=Kind.INTERNAL,
        ),
    )
