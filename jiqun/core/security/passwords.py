"""Passwords after one of two profiles.

``mlps3`` follows what GB/T 22239-2019 (8.1.4.1) asks: complexity and periodic change. ``asvs``
follows OWASP ASVS 5 (6.2): length and lists of common passwords, neither composition nor
periodic change. They contradict one another, so an installation chooses.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiqun.core.models.security import PasswordRecord

LONGEST = 256
# Words of the product and of Chinese keyboards that the common list, which is English, lacks.
HOUSE_WORDS = (
    "jiqun",
    "集群",
    "admin",
    "mima",
    "woaini",
    "zhongguo",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "1qaz2wsx",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Shortest length, kinds of character, earlier passwords refused, days until a change."""

    shortest: int
    kinds: int
    history: int
    days: int


PROFILES: Mapping[str, Profile] = {
    "mlps3": Profile(shortest=10, kinds=3, history=5, days=90),
    "asvs": Profile(shortest=15, kinds=0, history=0, days=0),
}


def profile() -> Profile:
    """Return the profile that the installation chose."""
    return PROFILES[settings.PASSWORD_PROFILE]


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _kinds(password: str) -> int:
    classes = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
    return sum(bool(re.search(one, password)) for one in classes)


def _is_common(password: str) -> bool:
    """Whether it is on the list, as it is or without digits and signs around a word of it.

    Also what is made of few different characters, or of a short piece repeated.
    """
    plain = password.lower()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    half = plain[: len(plain) // 2]
    return (
        plain in _common()
        or (len(core) >= 4 and core in _common() and len(plain) - len(core) <= 8)
        or len(set(plain)) < 5
        or (len(plain) % 2 == 0 and half * 2 == plain)
    )


def _context_words(user: AbstractBaseUser | None, words: Iterable[str]) -> list[str]:
    own = [
        str(getattr(user, name, "") or "")
        for name in ("username", "first_name", "last_name", "email")
    ]
    parts = [piece for one in own for piece in (one, *re.split(r"\W+", one))]
    found = {one.lower() for one in (*parts, *words, *HOUSE_WORDS)}
    return [one for one in found if len(one) >= (2 if re.search(r"[\u4e00-\u9fff]", one) else 4)]


def _used_before(password: str, user: AbstractBaseUser | None, history: int) -> bool:
    if user is None or user.pk is None or not history:
        return False
    earlier = list(
        PasswordRecord.objects.filter(user_id=user.pk).values_list("encoded", flat=True)[:history]
    )
    if user.password and user.password not in earlier:
        earlier.append(user.password)
    return any(check_password(password, encoded) for encoded in earlier)


def problems_of(
    password: str, user: AbstractBaseUser | None = None, *, words: Iterable[str] = ()
) -> list[str]:
    """Return everything that is wrong with a new password, in the reader's language.

    Args:
        password: As typed; it is never cut or changed.
        user: Whose it will be: own names and earlier passwords are refused.
        words: More words that it may not contain, such as the organisation's name.
    """
    chosen = profile()
    wrong: list[str] = []
    if len(password) < chosen.shortest:
        wrong.append(
            ngettext("至少 %(n)d 个字符。", "至少 %(n)d 个字符。", chosen.shortest)
            % {"n": chosen.shortest}
        )
    if len(password) > LONGEST:
        wrong.append(_("最多 %(n)d 个字符。") % {"n": LONGEST})
    if _kinds(password) < chosen.kinds:
        wrong.append(_("大写字母、小写字母、数字、符号中至少用 %(n)d 种。") % {"n": chosen.kinds})
    if _is_common(password):
        wrong.append(_("这个密码太常见，容易被猜中。"))
    if any(word in password.lower() for word in _context_words(user, words)):
        wrong.append(_("密码里不要有账号、姓名、单位名称或本系统的名称。"))
    if not wrong and _used_before(password, user, chosen.history):
        wrong.append(_("最近 %(n)d 次用过的密码不能再用。") % {"n": chosen.history})
    return wrong


def in_words() -> list[str]:
    """Return the profile's demands for the page where a password is chosen."""
    chosen = profile()
    said = [_("至少 %(n)d 个字符，可以粘贴，可以用口令管理器。") % {"n": chosen.shortest}]
    if chosen.kinds:
        said.append(_("大写字母、小写字母、数字、符号中至少用 %(n)d 种。") % {"n": chosen.kinds})
    said.append(_("不用常见密码，不含账号、姓名、单位名称。"))
    if chosen.days:
        said.append(_("%(n)d 天后须更换。") % {"n": chosen.days})
    return said


class ProfileValidator:
    """Django's face of the profile: used wherever a password is set, also on the command line."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ``ValidationError`` with all problems at once."""
        if wrong := problems_of(password, user):
            raise ValidationError(wrong)

    def get_help_text(self) -> str:
        """Return the demands in one text."""
        return " ".join(in_words())


def generated(length: int = 16) -> str:
    """Return a random password that both profiles accept; without characters easily confused."""
    letters = "".join(one for one in string.ascii_letters + string.digits if one not in "lIO01o")
    while True:
        made = "-".join(
            "".join(secrets.choice(letters) for _i in range(4)) for _j in range(length // 4)
        )
        if not problems_of(made) and _kinds(made) >= 3:
            return made


def remember(user: AbstractBaseUser, *, initial: bool) -> None:
    """Keep that the person got the password that ``user`` holds now.

    Args:
        user: Already saved.
        initial: Whether somebody else set it, so that it must be changed at the next login.
    """
    PasswordRecord.objects.create(user_id=user.pk, encoded=user.password, initial=initial)
    kept = PasswordRecord.objects.filter(user_id=user.pk).values_list("pk", flat=True)
    PasswordRecord.objects.filter(
        user_id=user.pk, pk__lt=min(kept[: profile().history + 1])
    ).delete()


def change_due(user: User, *, now: datetime) -> str:
    """Return why the person has to change the password: ``first``, ``expired``, or empty.

    A password that the person never set is an administrator's. Someone without a password (who
    comes by another system's login) has none to change. A demo's passwords are shown to
    everybody and stay.
    """
    if settings.DEMO or not user.password or not user.has_usable_password():
        return ""
    newest = PasswordRecord.objects.filter(user_id=user.pk).first()
    if newest is None or newest.initial:
        return "first"
    days = profile().days
    return "expired" if days and newest.at + timedelta(days=days) <= now else ""
