"""Proofs that an entry, or one firm in it, is under a day's root: for a reader without access."""

from __future__ import annotations

from typing import Any

from jiqun.core.audit.canonical import date_of, day_number, digest_of
from jiqun.core.audit.merkle import SIZE, tree_path
from jiqun.core.audit.reads import read_leaves
from jiqun.core.audit.roots import day_leaves
from jiqun.core.models.audit import AuditEntry, AuditRoot, FirmRead, canonical_json, micros

FORMAT = "jiqun-audit-proof/1"


def entry_proof(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry with its way to the root of its day; ``day`` is None until it is closed.

    docs/guides/verify-the-log.md has a program that checks it and needs nothing else.
    """
    day = date_of(day_number(micros(entry.at)))
    root = AuditRoot.objects.filter(day=day).first()
    found: dict[str, Any] = {
        "format": FORMAT,
        "entry": {
            "algorithm": entry.algorithm,
            "prev": entry.prev,
            "target": entry.target,
            "seq": entry.seq,
            "at": micros(entry.at),
            "user": entry.user_id,  # pyright: ignore[reportAttributeAccessIssue]
            "user_name": entry.user_name,
            "organisation": entry.organisation,
            "roles": entry.roles,
            "action": entry.action,
            "reason": entry.reason,
            "before": canonical_json(entry.before),
            "after": canonical_json(entry.after),
            "request_id": entry.request_id,
        },
        "digest": entry.digest,
        "day": None,
    }
    if root is None:
        return found
    leaves, ids = day_leaves(day)
    path = tree_path(leaves, ids.index(entry.pk), digest_of(root.algorithm))
    return found | {"day": root_row(root), "path": path}


def read_proof(read: FirmRead) -> dict[str, Any]:
    """Return the proof of an entry about reads, and of one firm in it; of no other firm."""
    entry = read.entry
    rows = entry.reads.order_by("position")  # pyright: ignore[reportAttributeAccessIssue]
    digest = digest_of(entry.algorithm)
    leaves = read_leaves(rows.values_list("salt", "firm"), digest)
    path = tree_path(leaves, read.position, digest)
    return entry_proof(entry) | {
        "read": {"firm": read.firm, "salt": read.salt, "of": len(leaves) // SIZE, "path": path}
    }


def root_row(root: AuditRoot) -> dict[str, Any]:
    """Return a root as the public list and the proofs have it."""
    return {
        "day": str(root.day),
        "entries": root.entries,
        "chains": root.chains,
        "algorithm": root.algorithm,
        "root": root.root,
        "previous": root.previous,
        "made": micros(root.made),
        "seal": root.seal,
    }
