"""The REST API: one OpenAPI document, bearer tokens, the routers of the modules."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jiqun import __version__
from jiqun.core.api_errors import OneShapeAPI, answer_in_one_shape
from jiqun.core.registry import modules
from jiqun.core.tokens import user_of_token


class BearerToken(HttpBearer):
    """``Authorization: Bearer jq_…``; the request then acts as the token's owner."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the owner, or None to refuse."""
        user = user_of_token(token, method=request.method or "")
        if user is not None:
            request.user = user
            request.by_token = True  # pyright: ignore[reportAttributeAccessIssue]
        return user


api = OneShapeAPI(
    title="集群 Jiqun API",
    version=__version__,
    description="事实、推断与承诺的只读接口；写入只经由动作。Read access to facts and findings.",
    auth=[BearerToken(), SessionAuth(csrf=True)],
    urls_namespace="api",
)


answer_in_one_shape(api)
for _module in modules():
    if _module.router:
        _path, _, _name = _module.router.rpartition(".")
        api.add_router(f"/{_module.name}/", getattr(import_module(_path), _name))
api.add_router("/tables", "jiqun.core.data.rest.router")
api.add_router("/search", "jiqun.core.search.rest.router")
