"""The bytes that digests are made of, and the two digests: SHA-256 and SM3.

An entry is written as one text: its columns in a fixed order, joined by U+001F, which no column
may hold. So the text determines the columns, and anybody can repeat the digest with a few lines
of any language (docs/guides/verify-the-log.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from cryptography.hazmat.primitives import hashes

from jiqun.errors import JiqunError, Kind

Digest = Callable[[bytes], bytes]
SEPARATOR = "\x1f"
# First byte of what is hashed (RFC 6962, 2.1): an entry can never be taken for a node of the tree.
LEAF, NODE = b"\x00", b"\x01"
DAY = 86_400_000_000  # microseconds
SHANGHAI = 8 * 3_600_000_000  # ahead of UTC; the zone has no summer time since 1992
_EPOCH = date(1970, 1, 1)
_SM3 = hashes.SM3()
# Characters that would break the text apart or that PostgreSQL does not keep.
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    return hashes.Hash.hash(_SM3, data)


DIGESTS: Mapping[str, Digest] = {"sha256": _sha256, "sm3": _sm3}


def digest_of(algorithm: str) -> Digest:
    """Return the digest of a name; ``E-AUDIT-HASH`` when there is none of that name."""
    found = DIGESTS.get(algorithm)
    if found is None:
        raise JiqunError(
            "E-AUDIT-HASH",
            f"不认识的审计摘要算法“{algorithm}”",
            f"unknown digest for the audit log: “{algorithm}”",
            hint_zh="把 JIQUN_AUDIT_HASH 设为 sha256 或 sm3。",
            hint_en="Set JIQUN_AUDIT_HASH to sha256 or sm3.",
            kind=Kind.INTERNAL,
        )
    return found


def clean(text: str, most: int = 0) -> str:
    """Return the text without control characters and half characters, cut to ``most`` characters."""
    whole = text.translate(_CONTROL).encode("utf-8", "replace").decode()
    return whole[:most] if most else whole


def entry_text(  # noqa: PLR0913, PLR0917 - one argument per column, in the order of the text
    algorithm: str,
    prev: str,
    target: str,
    seq: int,
    at: int,
    user: int | None,
    user_name: str,
    organisation: str,
    roles: str,
    action: str,
    reason: str,
    before: str,
    after: str,
    request_id: str,
    /,
) -> str:
    """Return the canonical text of an entry; ``at`` in microseconds since 1970, UTC."""
    return (
        f"{algorithm}\x1f{prev}\x1f{target}\x1f{seq}\x1f{at}\x1f{'' if user is None else user}"
        f"\x1f{user_name}\x1f{organisation}\x1f{roles}\x1f{action}\x1f{reason}\x1f{before}"
        f"\x1f{after}\x1f{request_id}"
    )


def root_text(
    algorithm: str,
    previous: str,
    day: date | str,
    entries: int,
    chains: int,
    root: str,
    made: int,
    /,
) -> str:
    """Return the canonical text of a day's root, of which the seal is made."""
    return SEPARATOR.join(
        (algorithm, previous, str(day), str(entries), str(chains), root, str(made))
    )


def read_text(salt: str, firm: str) -> str:
    """Return the canonical text of one firm in the list of an entry."""
    return f"{salt}{SEPARATOR}{firm}"


def day_number(at: int) -> int:
    """Return the day in Asia/Shanghai of an instant in microseconds, as days since 1970."""
    return (at + SHANGHAI) // DAY


def day_start(number: int) -> int:
    """Return the first microsecond of a day given by its number."""
    return number * DAY - SHANGHAI


def date_of(number: int) -> date:
    """Return the date of a day's number."""
    return _EPOCH + timedelta(days=number)


def number_of(day: date) -> int:
    """Return the number of a date."""
    return (day - _EPOCH).days
