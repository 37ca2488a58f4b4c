"""Turns a JiqunError into a page (or JSON) that says what happened and what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from jiqun.errors import JiqunError, Kind

log = logging.getLogger(__name__)


def error_page(request: HttpRequest, error: JiqunError) -> HttpResponse:
    """Answer with the error in the person's language, as JSON under ``/api/`` and for scripts."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return JsonResponse(error.to_dict(), status=error.status)
    return render(request, "core/error.html", {"error": error}, status=error.status)


class ErrorMiddleware:
    """Catches JiqunError from any page; anything else is Django's to report."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a JiqunError; log the ones that are our fault."""
        if not isinstance(error, JiqunError):
            return None
        if error.kind in {Kind.INTERNAL, Kind.EXTERNAL}:
            log.error("%s", error, exc_info=error)
        return error_page(request, error)
