"""Triggers: what was handed in stays handed in, and a paper is what it was."""

from __future__ import annotations

from jiqun.core.triggers import Trigger, only_added

CHANGED = "a paper is never changed / 材料不可修改"
GUARDS = (
    *only_added("core_paperuse"),
    Trigger("core_paper_no_update", "core_paper", "UPDATE", CHANGED),
)
