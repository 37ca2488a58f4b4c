"""Puts the viewer on every request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from jiqun.core.consent import stated
from jiqun.core.security.origin import current_request_id
from jiqun.core.tokens import stated_purpose
from jiqun.masters.viewers import viewer_of


def _purpose(request: HttpRequest) -> str:
    """The purpose of the session; a request with a token states its own."""
    if getattr(request, "by_token", False):
        return stated_purpose(request)
    return stated.current(request)


class ViewerMiddleware:
    """Sets ``request.viewer``; built on first use, so that static answers cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the viewer and pass the request on."""
        request.viewer = SimpleLazyObject(  # pyright: ignore[reportAttributeAccessIssue]
            lambda: viewer_of(
                request.user, purpose=_purpose(request), request_id=current_request_id()
            )
        )
        return self.get_response(request)
