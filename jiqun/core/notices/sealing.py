"""Secrets of others that we have to use again: encrypted with a key made from the secret key."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from jiqun.errors import JiqunError, Kind


def _box() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"jiqun robot secrets").derive(
        str(settings.SECRET_KEY).encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))


def seal(secret: Mapping[str, str]) -> str:
    """Encrypt (AES-128-CBC with HMAC-SHA256) so that only this installation can read it."""
    return _box().encrypt(json.dumps(dict(secret)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Return what was sealed.

    Raises:
        JiqunError: ``E-ROBOT-SECRET`` when the installation's key has changed since.
    """
    try:
        return cast("dict[str, str]", json.loads(_box().decrypt(sealed.encode())))
    except InvalidToken as wrong:
        raise JiqunError(
            "E-ROBOT-SECRET",
            "群机器人的密钥无法解开：本系统的密钥（SECRET_KEY）换过",
            "the robot's secret cannot be read: the installation's secret key has changed",
            hint_zh="请移除这个机器人，再用群里的地址重新登记。",
            hint_en="Remove the robot and register it again with its address.",
            kind=Kind.CONFLICT,
        ) from wrong
