"""Rows about firms for pages and files: narrowed by ``visible_to``, and each read logged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields as parts_of
from typing import Any

from jiqun.core.access import Viewer
from jiqun.core.audit import read_firms

EVERYWHERE = frozenset({"*"})


def note_read(viewer: Viewer, firms: Iterable[str], fields: str) -> None:
    """Log that an official reads rows about firms, so that each firm sees it.

    Whether the viewer may is decided before, by the place of the case: a firm that has moved out or
    is not in the register has its case in this place all the same.
    """
    wanted = frozenset(firms) - {""}
    if wanted and viewer.official and viewer.purpose:
        # The request's viewer is a lazy stand-in, which ``dataclasses.replace`` does not take.
        whole: dict[str, Any] = {one.name: getattr(viewer, one.name) for one in parts_of(Viewer)}
        whole["duty"] = EVERYWHERE
        read_firms(Viewer(**whole), wanted, fields=fields)


def masked(account: str) -> str:
    """Return an account number of which the last four digits can be read."""
    return f"{'*' * 4}{account[-4:]}" if len(account) > 4 else "*" * len(account)
