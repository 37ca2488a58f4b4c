"""Around every request: its id, the client's address, the largest body, the headers of the answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiqun.core.access import Viewer
from jiqun.core.middleware import error_page
from jiqun.core.security import factors, limits, passwords, sessions
from jiqun.core.security.origin import (
    client_address,
    drop_untrusted_headers,
    new_request_id,
    trusted_networks,
)
from jiqun.errors import JiqunError, Kind

log = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]
REFUSALS = {400, 401, 403, 405, 413, 429}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
FILES = (".xlsx", ".csv", ".pdf", ".png", ".zip", ".parquet")
PASSWORD_PAGES = {
    "account_login", "account_reauthenticate", "account_change_password", "mfa_authenticate", "mfa_reauthenticate",
}  # fmt: skip
# Sensors and payment that no page of ours asks for.
PERMISSIONS = ", ".join(
    f"{one}=()" for one in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
        "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip


class PayloadTooLargeError(JiqunError):
    """``E-TOO-LARGE``: the body is larger than this installation takes."""

    def __init__(self) -> None:
        largest = settings.MAX_UPLOAD >> 20
        super().__init__(
            "E-TOO-LARGE", f"一次最多上传 {largest} MB", f"at most {largest} MB can be sent at once",
            hint_zh="请拆成几个文件，或由管理员在服务器上用 jiqun load 装载。",
            hint_en="Split the file, or have it loaded on the server by jiqun load.",
        )  # fmt: skip

    @property
    def status(self) -> int:
        """HTTP status."""
        return 413


def check_settings() -> None:
    """Stop the start of a server whose security settings cannot be understood.

    Raises:
        ImproperlyConfigured: Names the variable and what it may be.
    """
    words = (
        ("MFA", settings.MFA, factors.NEEDED_BY),
        ("PASSWORD_PROFILE", settings.PASSWORD_PROFILE, passwords.PROFILES),
    )
    for name, value, known in words:
        if value not in known:
            raise ImproperlyConfigured(f"JIQUN_{name} is {value!r}; it may be {', '.join(known)}")
    try:
        limits.rules()
    except ValueError as error:
        raise ImproperlyConfigured(f"JIQUN_RATE_LIMITS: {error}") from error
    try:
        trusted_networks()
    except ValueError as error:
        raise ImproperlyConfigured(f"JIQUN_TRUSTED_PROXIES: {error}") from error


class RequestMiddleware:
    """Outermost: gives the request its id and its address, and the answer its headers."""

    def __init__(self, get_response: Answer) -> None:
        check_settings()
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers that every answer carries."""
        request_id = new_request_id()
        request.request_id = request_id  # pyright: ignore[reportAttributeAccessIssue]
        drop_untrusted_headers(request)
        response = (
            _unknown_method(request) or _unencrypted_api(request) or self.get_response(request)
        )
        if response.status_code in REFUSALS:
            _log_refusal(request, response.status_code)
        response.headers["X-Request-ID"] = request_id
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "POST" and request.path == reverse("account_logout"):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _log_refusal(request: HttpRequest, status: int) -> None:
    """Write a line for each refused request: who, from where, what; never what was sent."""
    who = _who(request) if hasattr(request, "user") else "-"
    log.warning(
        "refused %s %s %s %s %s", status, request.method, request.path, who, client_address(request)
    )


def _unknown_method(request: HttpRequest) -> HttpResponse | None:
    """Refuse methods that no page has; TRACE would show headers to a script."""
    return None if request.method in METHODS else HttpResponseNotAllowed(sorted(METHODS))


def _unencrypted_api(request: HttpRequest) -> HttpResponse | None:
    """Refuse a program that asks without encryption; a redirect would hide that it did."""
    if not settings.HTTPS or request.is_secure() or not request.path.startswith("/api/"):
        return None
    error = JiqunError(
        "E-HTTPS-ONLY", "接口只接受 HTTPS", "the API is answered over HTTPS only",
        hint_zh="请把地址改为 https:// 开头，并更换已经明文发送过的令牌。",
        hint_en="Use https:// and replace the token, which was sent in the clear.", kind=Kind.FORBIDDEN,
    )  # fmt: skip
    return error_page(request, error)


def _too_large(request: HttpRequest) -> bool:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_UPLOAD + (1 << 20)
    except ValueError:
        return True


def _who(request: HttpRequest) -> str:
    """Who is counted: the person, the token, else the address."""
    if given := request.META.get("HTTP_AUTHORIZATION", ""):
        return f"t{sha256(given.encode()).hexdigest()[:24]}"
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return f"u{request.user.pk}"
    return f"a{client_address(request)}"


def rule_of(method: str, path: str, name: str, content_type: str) -> str:
    """Return the name of the rate rule that counts this request, or empty."""
    reading = method in SAFE_METHODS
    if name in PASSWORD_PAGES:
        return "" if reading else "login"
    if name == "api-token":
        return "" if reading else "token"
    if not reading and content_type.startswith("multipart/"):
        return "upload"
    if path.endswith(FILES) or "export" in name:
        return "export"
    if "search" in name:
        return "search"
    return "write" if path.startswith("/api/") and not reading else ""


class RateMiddleware:
    """Counts what may not be done without end; knows pages by their names, not by their code."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse a body that is too large before anything reads it."""
        if _too_large(request):
            return error_page(request, PayloadTooLargeError())
        response = self.get_response(request)
        wait = getattr(request, "retry_after", 0)
        if wait and response.status_code == limits.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = str(wait)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer 429 when the rule of this address is used up."""
        del view, args, kwargs
        match = request.resolver_match
        name = (match.url_name if match else "") or ""
        rule = rule_of(request.method or "", request.path, name, request.content_type or "")
        if not rule:
            return None
        try:
            limits.limit(
                rule, f"a{client_address(request)}" if name == "account_login" else _who(request)
            )
        except limits.TooManyError as error:
            request.retry_after = error.wait  # pyright: ignore[reportAttributeAccessIssue]
            return error_page(request, error)
        return None


class SessionMiddleware:
    """Ends sessions that are idle or old, and leads to what a person has to do first."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look after the session; a request without its cookie costs nothing."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._look_after(request, cast(User, request.user))
        return self.get_response(request)

    def _look_after(self, request: HttpRequest, user: User) -> None:
        kept, now = sessions.state(request), time.time()
        if kept is None:
            due = passwords.change_due(user, now=timezone.now())
            sessions.begin(request, user.pk, {"password": due, "factor": factors.enrolled(user)})
        elif why := sessions.overdue(kept, now=now):
            sessions.end_own(request)
            logout(request)
            messages.info(
                request,
                _("太久没有操作，已自动退出，请重新登录。")
                if why == "idle"
                else _("登录时间已到，请重新登录。"),
            )
        else:
            sessions.touch(request, kept, now=now)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Lead to the password or the second factor when one is due; the API is told by an error."""
        del view, args, kwargs
        if request.path.startswith(("/accounts/", "/i18n/", settings.STATIC_URL)):
            return None
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        kept = sessions.state(request)
        if kept is None:
            return None
        if kept["password"] and _password_still_due(request, kept):
            return _lead(request, "account_change_password", _password_error(kept["password"]))
        who = request.viewer  # pyright: ignore[reportAttributeAccessIssue]
        if not kept["factor"] and _factor_still_due(request, kept, who):
            return _lead(request, "mfa_activate_totp", _factor_error())
        return None


def _password_still_due(request: HttpRequest, kept: dict[str, Any]) -> bool:
    """Ask the database again, because the person may have changed it since."""
    due = passwords.change_due(request.user, now=timezone.now())  # pyright: ignore[reportArgumentType]
    if not due:
        request.session[sessions.STATE] = {**kept, "password": ""}
    return bool(due)


def _factor_still_due(request: HttpRequest, kept: dict[str, Any], who: Viewer) -> bool:
    if not factors.demanded(who):
        return False
    if factors.enrolled(request.user):  # pyright: ignore[reportArgumentType]
        request.session[sessions.STATE] = {**kept, "factor": True}
        return False
    return True


def _lead(request: HttpRequest, page: str, error: JiqunError) -> HttpResponse:
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return error_page(request, error)
    messages.warning(request, f"{_(error.message_zh)}{_(error.hint_zh)}")
    return redirect(page)


def _password_error(why: str) -> JiqunError:
    first = why == "first"
    return JiqunError(
        "E-PASSWORD-DUE",
        "这是管理员给您的初始密码。" if first else "您的密码已到期。",
        "This password was set by an administrator." if first else "Your password has expired.",
        hint_zh="请先设置自己的密码，再继续。", hint_en="Choose your own password first.",
        kind=Kind.FORBIDDEN,
    )  # fmt: skip


def _factor_error() -> JiqunError:
    return JiqunError(
        "E-FACTOR-DUE", "您的角色须用两种方式验证身份。", "Your role needs a second factor.",
        hint_zh="请先用手机上的验证器应用登记，再继续。", hint_en="Enrol an authenticator app first.",
        kind=Kind.FORBIDDEN,
    )  # fmt: skip
