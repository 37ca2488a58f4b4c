"""What every page needs: navigation, scope bar, data version; and downloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jiqun.core.access import Role, Viewer
from jiqun.core.registry import Module, Section, modules

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROLE_LABELS = {
    Role.ANALYST: gettext_lazy("分析员"),
    Role.FIRM: gettext_lazy("企业用户"),
    Role.BUTLER: gettext_lazy("园区管家"),
    Role.PARTNER: gettext_lazy("合作机构"),
    Role.SYSTEM: gettext_lazy("系统管理员"),
    Role.SECURITY: gettext_lazy("安全管理员"),
    Role.AUDIT: gettext_lazy("审计管理员"),
}
Page = Callable[..., HttpResponse]


def viewer(request: HttpRequest) -> Viewer:
    """The viewer that the middleware put on the request."""
    return cast(Viewer, request.viewer)  # pyright: ignore[reportAttributeAccessIssue]


def page(function: Page) -> Page:
    """Mark a function as a page for people who have logged in."""

    @login_required
    @wraps(function)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return function(request, *args, **kwargs)

    return wrapped


def public_page(function: Page) -> Page:
    """Mark a function as a page for everybody, who may only read it."""

    @require_safe
    @wraps(function)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return function(request, *args, **kwargs)

    return wrapped


@cache
def _address(url_name: str) -> str:
    """Address of an entry of the navigation; the addresses are fixed once the program runs."""
    return reverse(url_name)


def _item(request: HttpRequest, label: Any, url_name: str, icon: str) -> dict[str, Any]:
    url = _address(url_name)
    return {"label": label, "url": url, "icon": icon, "active": request.path == url}


def sections_of(module: Module) -> tuple[Section, ...]:
    """Return the groups of the navigation that a module adds."""
    own = (Section(module.label, module.icon, module.navigation),) if module.navigation else ()
    return own + module.sections


def _section(
    request: HttpRequest, section: Section, children: list[dict[str, Any]]
) -> dict[str, Any]:
    """One group; open when the page lies under one of its entries."""
    active = any(request.path.startswith(child["url"]) for child in children)
    return {
        "label": section.label,
        "url": children[0]["url"],
        "icon": section.icon,
        "active": active,
        "children": children if active and len(children) > 1 else [],
    }


def _demo_logins() -> list[dict[str, str]]:
    """Accounts shown on the login page of a demo installation, and nowhere else."""
    path = settings.VAR / "demo-logins.json"
    if not settings.DEMO or not path.exists():
        return []
    return [
        {"role": role, "username": name, "password": word}
        for role, name, word in json.loads(path.read_text())
    ]


def shell(request: HttpRequest) -> Mapping[str, Any]:
    """Context of the page frame: navigation from the manifests, the person's role."""
    who = cast("Viewer | None", getattr(request, "viewer", None))
    if who is None or not who.known:
        return {"navigation": [], "demo_logins": _demo_logins()}
    navigation = [_item(request, _("县情总览"), "start", "home")]
    for section in (one for module in modules() for one in sections_of(module)):
        children = [
            _item(request, item.label, item.url_name, item.icon)
            for item in section.items
            if not item.roles or who.has(*item.roles)
        ]
        if children:
            navigation.append(_section(request, section, children))
    roles = "、".join(str(ROLE_LABELS[role]) for role in sorted(who.roles))
    return {"navigation": navigation, "role_label": roles, "viewer": who}


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """Answer with a file; the name may be Chinese."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
