"""Units of quantities: what people write → base unit and exact factor.

A stored value is an integer in its base unit, so sums are exact on every engine. Money is in
hundredths (fen, cent); ratios in parts per million; energy in kilograms of coal equivalent (kgce).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

MONEY = ("CNY_fen", "USD_cent", "TWD_cent")


@dataclass(frozen=True, slots=True)
class Unit:
    """``factor`` base units make one of this unit; ``scaled`` when its name holds 千/万/百万/亿."""

    name: str
    base: str
    factor: Fraction
    scaled: bool = False

    @property
    def digits(self) -> int | None:
        """K when the factor is 10**K (the fast path of parsing), else None."""
        number = self.factor.numerator
        power = len(str(number)) - 1
        return power if self.factor.denominator == 1 and number == 10**power else None


# base unit → {what people write: factor}. 亩 = 2000/3 m², fixed by the 1990 notice on land units.
TABLE: Mapping[str, Mapping[str, Fraction]] = {
    "person": {"人": Fraction(1), "名": Fraction(1), "person": Fraction(1), "persons": Fraction(1)},
    "establishment": {
        "家": Fraction(1), "个": Fraction(1), "户": Fraction(1), "unit": Fraction(1),
        "units": Fraction(1), "establishment": Fraction(1), "establishments": Fraction(1),
    },
    "CNY_fen": {
        "元": Fraction(100), "人民币": Fraction(100), "元人民币": Fraction(100),
        "CNY": Fraction(100), "RMB": Fraction(100), "yuan": Fraction(100), "分": Fraction(1),
        "CNY_fen": Fraction(1),
    },
    "USD_cent": {
        "美元": Fraction(100), "USD": Fraction(100), "US$": Fraction(100), "dollars": Fraction(100),
        "USD_cent": Fraction(1),
    },
    "TWD_cent": {
        "新台币": Fraction(100), "新臺幣": Fraction(100), "TWD": Fraction(100),
        "NT$": Fraction(100), "TWD_cent": Fraction(1),
    },
    "m2": {
        "平方米": Fraction(1), "m2": Fraction(1), "㎡": Fraction(1), "公顷": Fraction(10_000),
        "ha": Fraction(10_000), "平方公里": Fraction(1_000_000), "km2": Fraction(1_000_000),
        "亩": Fraction(2000, 3), "mu": Fraction(2000, 3),
    },
    "kgce": {
        "吨标准煤": Fraction(1000), "吨标煤": Fraction(1000), "tce": Fraction(1000),
        "千克标准煤": Fraction(1), "kgce": Fraction(1),
    },
    "kWh": {"千瓦时": Fraction(1), "度": Fraction(1), "kWh": Fraction(1), "MWh": Fraction(1000)},
    "kg": {"千克": Fraction(1), "公斤": Fraction(1), "kg": Fraction(1), "吨": Fraction(1000)},
    "item": {"件": Fraction(1), "项": Fraction(1), "台": Fraction(1), "双": Fraction(1),
             "item": Fraction(1), "items": Fraction(1)},
    "ppm": {"%": Fraction(10_000), "％": Fraction(10_000), "percent": Fraction(10_000),
            "‰": Fraction(1000), "ppm": Fraction(1)},
    "plain": {"plain": Fraction(1), "无": Fraction(1)},
}  # fmt: skip
SCALES: Mapping[str, int] = {
    "十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7,
    "亿": 10**8, "k": 1000, "thousand": 1000, "million": 10**6, "billion": 10**9,
}  # fmt: skip


def clean(text: str) -> str:
    """NFKC, no spaces, outer brackets and the word 单位 removed: “（单位：万元）” → “万元”."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"^\((.*)\)$", r"\1", plain)
    return re.sub(r"^(计量)?单位:", "", plain)


@cache
def _names() -> Mapping[str, tuple[str, Fraction]]:
    pairs = [(n, b, f) for b, group in TABLE.items() for n, f in group.items()]
    return {clean(name).lower(): (base, factor) for name, base, factor in pairs}


@cache
def find(text: str) -> Unit | None:
    """Return the unit that ``text`` names, or None.

    >>> find("万元").factor, find("thousand USD").base, find("（人）").base
    (Fraction(1000000, 1), 'USD_cent', 'person')
    """
    wanted = clean(text)
    names = _names()
    key = wanted.lower()
    if key in names:
        base, factor = names[key]
        return Unit(wanted, base, factor)
    for scale in sorted(SCALES, key=len, reverse=True):
        rest = key.removeprefix(scale)
        if key.startswith(scale) and rest in names and names[rest][0] != "ppm":
            base, factor = names[rest]
            return Unit(wanted, base, factor * SCALES[scale], scaled=True)
    return None


def known(limit: Iterable[str] = ()) -> list[str]:
    """Names that a message may offer: base units with their common spellings."""
    wanted = set(limit) or set(TABLE)
    return [name for base, group in TABLE.items() if base in wanted for name in group]


# Measures of industry cells → base units that make sense for them.
MEASURE_UNITS: Mapping[str, tuple[str, ...]] = {
    "employment": ("person",),
    "establishments": ("establishment",),
    "output": MONEY,
    "value_added": MONEY,
    "tax": MONEY,
    "payroll": MONEY,
}
