"""Accounts are opened by an administrator; nobody signs up alone. Every login is logged."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from jiqun.core.actions import viewer_of_system
from jiqun.core.audit import record
from jiqun.core.models.security import LoginSession
from jiqun.core.security import factors, lockout, passwords, sessions
from jiqun.core.security.origin import client_address
from jiqun.masters.models import Organisation
from jiqun.masters.viewers import viewer_of


class ClosedSignup(DefaultAccountAdapter):
    """What allauth asks of this installation: sign-up closed, attempts counted, logins logged."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password, at login and when it is asked for again.

        An account that is closed answers as a wrong password does.

        Raises:
            ValidationError: The account is locked.
        """
        key = lockout.account_key(str(credentials.get("username", "")))
        address = client_address(request)
        tried = lockout.attempt("login", key, address)
        if not tried.allowed:
            raise factors.locked(tried.wait)
        user = super().authenticate(request, **credentials)
        if user is not None and user.is_active:
            lockout.succeeded("login", key, address)
            if request.user.is_authenticated:
                request.session.cycle_key()  # asked again: the session goes on under a new key
            return user
        target = f"user:{key[1:]}" if key.startswith("u") else "login:unknown"
        record(
            viewer_of_system("login"), "security.login_failed", target=target,
            after={"address": address, "locked": tried.last},
        )  # fmt: skip
        if tried.last:
            lockout.lock("login", key, address)
            raise factors.locked(settings.LOCK_MINUTES * 60)
        return None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: our own counters, which all processes share, stand before."""

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session under a new key and log it."""
        super().login(request, user)
        request.session.pop(sessions.STATE, None)
        record(
            viewer_of(user), "security.login", target=f"user:{user.pk}",
            after={"address": client_address(request), "factor": factors.enrolled(user)},
        )  # fmt: skip

    def logout(self, request: HttpRequest) -> None:
        """End the session and log it."""
        if request.user.is_authenticated:
            sessions.end_own(request)
            record(viewer_of(request.user), "security.logout", target=f"user:{request.user.pk}")
        super().logout(request)

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        """Check a new password against the profile and the names of the person's organisations."""
        words = (
            Organisation.objects.filter(membership__user_id=user.pk).values_list("name", flat=True)
            if user is not None and user.pk is not None
            else ()
        )
        if wrong := passwords.problems_of(password, user, words=words):
            raise ValidationError(wrong)
        return password

    @transaction.atomic
    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the person's own new password; the person's other sessions end."""
        super().set_password(user, password)
        passwords.remember(user, initial=False)
        kept = (sessions.state(context.request) if context.request else None) or {"row": None}
        ended = sessions.end(LoginSession.objects.filter(user_id=user.pk).exclude(pk=kept["row"]))
        record(
            viewer_of(user),
            "security.password",
            target=f"user:{user.pk}",
            after={"sessions_ended": ended},
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The person's address as the rest of the program sees it."""
        return client_address(request)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing by mail from here: the change stands in the log and on the person's page."""
        del args, kwargs

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Greetings after login are left out; other messages stay."""
        template = str(kwargs.get("message_template") or (args[0] if args else ""))
        if not template.endswith(("logged_in.txt", "logged_out.txt")):
            super().add_message(request, level, *args, **kwargs)
