"""Turns a JiqunError into a page (or JSON) that says what happened and what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import FULL

log = logging.getLogger(__name__)
# SQLite: no room for the file, or for the memory that its processes share; PostgreSQL: 53100.
SQLITE_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"})
POSTGRESQL_FULL = "53100"


class DiskFullError(JiqunError):
    """``E-DISK-FULL``; answered with 507 (Insufficient Storage, RFC 4918, 11.5)."""

    def __init__(self) -> None:
        super().__init__(
            "E-DISK-FULL", "服务器磁盘已满，这次操作没有保存", "the server's disk is full; nothing of this was saved",
            hint_zh="已有的数据没有改动。请告诉系统管理员腾出空间，然后把同样的操作再做一次。",
            hint_en="What was there is unchanged. Tell the system administrator to free space, then do the same again.",
            kind=Kind.INTERNAL,
        )  # fmt: skip

    @property
    def status(self) -> int:
        """HTTP status."""
        return 507


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def full_disk(error: BaseException) -> JiqunError | None:
    """Return the error to show when ``error`` means that the disk has no room, else None."""
    for one in _causes(error):
        database = isinstance(one, DatabaseError) and one.__cause__
        name = getattr(database, "sqlite_errorname", None)
        if name in SQLITE_FULL or getattr(database, "sqlstate", None) == POSTGRESQL_FULL:
            return DiskFullError()
        if isinstance(one, OSError) and one.errno in FULL:
            return DiskFullError()
    return None


def error_page(request: HttpRequest, error: JiqunError) -> HttpResponse:
    """Answer with the error in the person's language, as JSON under ``/api/`` and for scripts."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return JsonResponse(error.to_dict(), status=error.status)
    try:
        return render(request, "core/error.html", {"error": error}, status=error.status)
    except DatabaseError:  # the frame asks who is looking; without the database nobody can tell
        bare = render_to_string("core/error_bare.html", {"error": error, "path": request.path})
        return HttpResponse(bare, status=error.status)


class ErrorMiddleware:
    """Catches JiqunError and a full disk from any page; anything else is Django's to report."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a JiqunError or a full disk; log the ones that are our fault."""
        shown = error if isinstance(error, JiqunError) else full_disk(error)
        if shown is None:
            return None
        if shown.kind in {Kind.INTERNAL, Kind.EXTERNAL}:
            log.error("%s", shown, exc_info=error)
        return error_page(request, shown)
