"""Logs who read which firm's own figures: one entry, and one index row per firm."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import fields as parts_of
from typing import Any

from django.conf import settings
from django.db import transaction

from jiqun.core.access import Viewer, forbidden, visible_firms
from jiqun.core.audit.append import record
from jiqun.core.audit.canonical import LEAF, Digest, digest_of, read_text
from jiqun.core.audit.merkle import tree_root
from jiqun.core.models.audit import READ_FIRMS, FirmRead

Key = tuple[int, str, str]
EVERYWHERE = frozenset({"*"})
# The request that this thread of work is in, and the firms already logged in it.
_logged: ContextVar[tuple[str, dict[Key, frozenset[str]]] | None] = ContextVar(
    "audit_reads_logged", default=None
)


def read_firms(viewer: Viewer, firms: Iterable[str], *, fields: str) -> frozenset[str]:
    """Return the firms whose figures the viewer may read, and log each read that is not the own.

    One call writes one entry, whose reason is the purpose, and one row per firm. The same firms
    for the same purpose and fields are logged once in a request.

    Args:
        viewer: Who reads.
        firms: Credit codes of the firms that a page wants to show.
        fields: Names of the fields, joined by commas.

    Raises:
        JiqunError: ``E-FORBIDDEN`` when figures of others would be read without an account.
    """
    visible = visible_firms(viewer, firms)
    foreign = visible - viewer.firms
    if not foreign:
        return visible
    if viewer.user_id is None:
        raise forbidden("读取企业数据", "read firm-level data")
    key = (viewer.user_id, viewer.purpose, fields)
    new = sorted(foreign - _already(viewer.request_id, key))
    if new:
        _write(viewer, key, new)
    return visible


def note_read(viewer: Viewer, firms: Iterable[str], fields: str) -> None:
    """Log that an official reads rows about firms, so that each firm sees it.

    Whether the viewer may is decided before, by the place of the row: a firm that has moved out or
    is not in the register has its row in this place all the same.
    """
    wanted = frozenset(firms) - {""}
    if wanted and viewer.official and viewer.purpose:
        # The request's viewer is a lazy stand-in, which ``dataclasses.replace`` does not take.
        whole: dict[str, Any] = {one.name: getattr(viewer, one.name) for one in parts_of(Viewer)}
        whole["duty"] = EVERYWHERE
        read_firms(Viewer(**whole), wanted, fields=fields)


def _already(request: str, key: Key) -> frozenset[str]:
    known = _logged.get()
    if known is None or not request or known[0] != request:
        return frozenset()
    return known[1].get(key, frozenset())


def _remember(request: str, key: Key, firms: Sequence[str]) -> None:
    known = _logged.get()
    if known is None or known[0] != request:
        known = (request, {})
        _logged.set(known)
    known[1][key] = known[1].get(key, frozenset()).union(firms)


def _write(viewer: Viewer, key: Key, firms: Sequence[str]) -> None:
    algorithm = str(settings.AUDIT_HASH)
    salts = [secrets.token_hex(8) for _ in firms]
    _, purpose, fields = key
    leaves = read_leaves(zip(salts, firms, strict=True), digest_of(algorithm))
    with transaction.atomic():
        entry = record(
            viewer, READ_FIRMS, target=f"user:{viewer.user_id}", reason=purpose,
            after={"fields": fields, "count": len(firms), "firms": tree_root(leaves, digest_of(algorithm)).hex()},
        )  # fmt: skip
        FirmRead.objects.bulk_create(
            FirmRead(entry=entry, position=position, firm=firm, salt=salt)
            for position, (salt, firm) in enumerate(zip(salts, firms, strict=True))
        )
        # Only once it is certain to be kept: a read after a rollback has to be logged again.
        transaction.on_commit(lambda: _remember(viewer.request_id, key, firms))


def read_leaves(rows: Iterable[tuple[str, str]], digest: Digest) -> bytes:
    """Return the leaf hashes of (salt, firm), one after the other."""
    return b"".join(digest(LEAF + read_text(salt, firm).encode()) for salt, firm in rows)
