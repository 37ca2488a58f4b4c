"""Base units of the store and the units that people use for them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from jiqun.core.tabular import pick

# Base unit: how many of it make one of the unit that people use, and what that is called.
USUAL: Mapping[str, tuple[int, str, str]] = {
    "CNY_fen": (100, "元", "CNY"), "USD_cent": (100, "美元", "USD"), "TWD_cent": (100, "新台币", "TWD"),
    "person": (1, "人", "persons"), "establishment": (1, "家", "units"),
}  # fmt: skip


def in_usual_unit(value: int | None, unit: str | None) -> tuple[int | Decimal | None, str | None]:
    """Return a value and its unit as people write them: 120000 CNY_fen → 1200 元; exact.

    A unit without a usual one, and an unknown value, stay as they are.
    """
    usual = USUAL.get(unit or "")
    if usual is None:
        return value, unit
    factor, zh, en = usual
    if value is None or value % factor == 0:
        return (None if value is None else value // factor), pick(zh, en)
    return Decimal(value) / factor, pick(zh, en)
