"""The form in which a person chooses a new password."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jiqun.core.security.passwords import in_words


class OwnPassword(ChangePasswordForm):
    """Says what the profile demands; a wrong present password counts as a failed login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (
            ("oldpassword", _("现在的密码")),
            ("password1", _("新密码")),
            ("password2", _("再输一次新密码")),
        ):
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = " ".join(in_words())

    def clean_oldpassword(self) -> str:
        """Check the present password, as exactly typed.

        Raises:
            ValidationError: It is wrong, or the account is locked.
        """
        typed = str(self.cleaned_data.get("oldpassword", ""))
        if self.user is None or not get_adapter().reauthenticate(self.user, typed):
            raise ValidationError(_("现在的密码不对。"))
        return typed
