"""What is shown of rows about firms; each read of them is logged (``note_read``)."""

from __future__ import annotations

from jiqun.core.audit import note_read

__all__ = ["masked", "note_read"]


def masked(account: str) -> str:
    """Return an account number of which the last four digits can be read."""
    return f"{'*' * 4}{account[-4:]}" if len(account) > 4 else "*" * len(account)
