"""The second factor: who needs one, how its secret is kept, how guessing is stopped.

Time-based codes (RFC 6238) and recovery codes by django-allauth. Its counters live in each
process; ours are shared, so its forms are put behind ours.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiqun.core.access import ADMINISTRATORS, Role, Viewer
from jiqun.core.actions import viewer_of_system
from jiqun.core.audit import record
from jiqun.core.pages import viewer
from jiqun.core.security import lockout
from jiqun.core.security.limits import count
from jiqun.core.security.origin import client_address

NEEDED_BY = {
    "off": frozenset[Role](),
    "admins": ADMINISTRATORS,
    "officials": ADMINISTRATORS | {Role.ANALYST, Role.BUTLER},
    "all": frozenset(Role),
}
CODE_LIFE = 120  # seconds: longer than any code is accepted


def demanded(viewer: Viewer) -> bool:
    """Whether a person of these roles must have a second factor here."""
    if settings.MFA == "all":
        return viewer.known
    return viewer.has(*NEEDED_BY[settings.MFA])


def enrolled(user: AbstractBaseUser) -> bool:
    """Whether the person has a second factor."""
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def _request() -> HttpRequest:
    """The request that allauth is answering."""
    if context.request is None:
        raise RuntimeError("a second factor is asked for within a request only")
    return context.request


def _keys() -> MultiFernet:
    """Keys from the installation's secret, the newest first; older ones still open what they closed."""
    given = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"jiqun second factor" + one.encode()).digest() for one in given]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in digests])


class FactorAdapter(DefaultMFAAdapter):
    """What allauth asks of an installation about second factors."""

    def get_totp_issuer(self) -> str:
        """The name that the person's app shows."""
        return f"Jiqun {_request().get_host()}"

    def encrypt(self, text: str) -> str:
        """Close a secret, so that a copy of the database alone does not open accounts."""
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; one closed under a key that is gone opens nothing."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not where the installation demands a second factor; there a security administrator resets it."""
        who = viewer(_request())
        return not (authenticator.type == Authenticator.Type.TOTP and demanded(who))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing by mail from here: the change stands in the log and on the person's page."""
        del args, kwargs


class _Guarded(forms.Form):
    """Counts attempts before a code is looked at, and takes each code once only."""

    user: AbstractBaseUser

    def clean_code(self) -> str:
        """Check the code.

        Raises:
            ValidationError: Wrong, used already, or too many attempts.
        """
        request = _request()
        key, address = f"u{self.user.pk}", client_address(request)
        tried = lockout.attempt("factor", key, address)
        if not tried.allowed:
            raise locked(tried.wait)
        try:
            code = str(super().clean_code())  # pyright: ignore[reportAttributeAccessIssue]
            _take(key, code)
        except ValidationError:
            record(
                viewer_of_system("login"), "security.factor_failed", target=f"user:{self.user.pk}",
                after={"address": address, "locked": tried.last},
            )  # fmt: skip
            if tried.last:
                lockout.lock("factor", key, address)
                raise locked(settings.LOCK_MINUTES * 60) from None
            raise
        lockout.succeeded("factor", key, address)
        return code


def _take(key: str, code: str) -> None:
    """Use a code up; codes are counted by a keyed hash, so that none is kept."""
    digest = salted_hmac("code", code, algorithm="sha256").hexdigest()[:24]
    if count(f"code:{key}:{digest}", CODE_LIFE).count > 1:
        raise ValidationError(_("验证码已用过，请等下一个。"), code="incorrect_code")


def locked(wait: int) -> ValidationError:
    """Return the message for an account that is locked for ``wait`` more seconds."""
    minutes = max(1, -(-wait // 60))
    return ValidationError(
        _("连续输错次数过多，已锁定。请在 %(n)d 分钟后重试，或请安全管理员解锁。") % {"n": minutes},
        code="too_many_login_attempts",
    )


def _labelled(form: forms.Form) -> None:
    field = form.fields["code"]
    field.label = gettext_lazy("验证码")
    field.widget.attrs = {
        "autocomplete": "one-time-code",
        "inputmode": "text",
        "class": "form-control",
    }


class CodeAtLogin(_Guarded, AuthenticateForm):
    """The code after the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _labelled(self)


class CodeAgain(_Guarded, ReauthenticateForm):
    """The code before something sensitive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _labelled(self)


class CodeAtEnrolment(_Guarded, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _labelled(self)
