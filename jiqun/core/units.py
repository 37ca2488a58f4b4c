"""Writes money and counts as people read them. Money is an integer in the smallest coin."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.tabular import pick

# currency: coins per unit, (zh, en) name
CURRENCIES: Mapping[str, tuple[int, str, str]] = {
    "CNY_fen": (100, "元", "CNY"),
    "USD_cent": (100, "美元", "USD"),
    "TWD_cent": (100, "新台币", "TWD"),
}
COUNTS: Mapping[str, tuple[str, str]] = {
    "person": ("人", "persons"),
    "establishment": ("家", "establishments"),
    "unit": ("家", "units"),
}
MEASURE_UNITS: Mapping[str, tuple[str, str]] = {
    "employment": ("人", "persons"),
    "establishments": ("家", "establishments"),
}


def money(value: float, unit: str) -> str:
    """Write money with a fitting magnitude: 1.23 亿元, 456 万元; 1.23 bn, 4.56 m in English."""
    if unit not in CURRENCIES:
        return "—"
    coins, zh, en = CURRENCIES[unit]
    amount = value / coins
    steps = [(1e8, "亿", 1e9, "bn"), (1e4, "万", 1e6, "m")]
    for large_zh, word_zh, large_en, word_en in steps:
        if pick("zh", "en") == "zh" and abs(amount) >= large_zh:
            return f"{amount / large_zh:,.2f} {word_zh}{zh}"
        if pick("zh", "en") == "en" and abs(amount) >= large_en:
            return f"{en} {amount / large_en:,.2f} {word_en}"
    return pick(f"{amount:,.0f} {zh}", f"{en} {amount:,.0f}")


def quantity(value: float | None, unit: str) -> str:
    """Write a value with its unit, whatever it is; an unknown one is a dash."""
    if value is None:
        return "—"
    if unit in CURRENCIES:
        return money(value, unit)
    zh, en = COUNTS.get(unit) or MEASURE_UNITS.get(unit) or (unit, unit)
    return f"{value:,.0f} {pick(zh, en)}"


def measure_quantity(value: float | None, measure: str, money_unit: str) -> str:
    """Write a value of a cell measure: counts in their unit, the other measures as money."""
    return quantity(value, measure if measure in MEASURE_UNITS else money_unit or "CNY_fen")
