"""Merkle trees of RFC 6962, section 2.1, over leaves that are already hashed.

A level is paired from the left and an odd last node goes up as it is, which gives the same tree
as the recursive definition of the RFC. The digest of an audit entry is its leaf hash.
"""

from __future__ import annotations

from collections.abc import Sequence

from jiqun.core.audit.canonical import NODE, Digest

SIZE = 32  # bytes of a digest, of SHA-256 and SM3 alike


def _up(level: bytes, digest: Digest) -> bytes:
    paired = len(level) // (2 * SIZE) * (2 * SIZE)
    nodes = [digest(NODE + level[at : at + 2 * SIZE]) for at in range(0, paired, 2 * SIZE)]
    return b"".join((*nodes, level[paired:]))


def tree_root(leaves: bytes, digest: Digest) -> bytes:
    """Return the root over leaf hashes that stand one after the other; of none: the hash of nothing."""
    if not leaves:
        return digest(b"")
    level = bytes(leaves)
    while len(level) > SIZE:
        level = _up(level, digest)
    return level


def tree_path(leaves: bytes, index: int, digest: Digest) -> list[tuple[str, str]]:
    """Return the way from leaf ``index`` (from 0) to the root: side and hex of each neighbour."""
    path: list[tuple[str, str]] = []
    level = bytes(leaves)
    while len(level) > SIZE:
        beside = index ^ 1
        node = level[beside * SIZE : (beside + 1) * SIZE]
        if node:
            path.append(("left" if index & 1 else "right", node.hex()))
        level, index = _up(level, digest), index // 2
    return path


def root_of_path(leaf: bytes, path: Sequence[tuple[str, str]], digest: Digest) -> bytes:
    """Return the root that a leaf hash and its path lead to."""
    node = leaf
    for side, beside in path:
        other = bytes.fromhex(beside)
        node = digest(NODE + (other + node if side == "left" else node + other))
    return node
