"""Puts the viewer on every request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from jiqun.masters.viewers import viewer_of

PURPOSE_KEY = "purpose"


class ViewerMiddleware:
    """Sets ``request.viewer``; built on first use, so that static answers cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the viewer and pass the request on."""
        request.viewer = SimpleLazyObject(  # pyright: ignore[reportAttributeAccessIssue]
            lambda: viewer_of(request.user, purpose=request.session.get(PURPOSE_KEY, ""))
        )
        return self.get_response(request)
