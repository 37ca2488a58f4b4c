"""The append-only log of every verb and every firm-level read.

Entries of one target form a hash chain; each day's entries have a Merkle root, and the roots are
sealed one with the other. docs/explanation/audit.md says how, and what it does not protect.
"""

from __future__ import annotations

from jiqun.core.audit.append import entries_written, record
from jiqun.core.audit.reads import note_read, read_firms

__all__ = ["entries_written", "note_read", "read_firms", "record"]
