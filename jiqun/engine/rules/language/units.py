"""Units of constants: what people write → base unit, and the exact factor between the two.

Base units are those of the fact store (docs/reference/quantities.md), so a constant and a stored
value are compared as integers. 亩 = 2000/3 m², fixed by the 1990 notice on land units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

MONEY = "CNY_fen"
SCALES: Mapping[str, int] = {
    "亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5, "万": 10**4, "千": 1000, "百": 100,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A family of written units: ``factor`` base units make one; ``words`` are its spellings."""

    name: str
    base: str
    factor: Fraction
    words: tuple[str, ...] = ()


UNITS = (
    Unit("元", MONEY, Fraction(100), ("元人民币", "人民币", "CNY", "RMB", "yuan")),
    Unit("美元", "USD_cent", Fraction(100), ("USD",)),
    Unit("人", "person", Fraction(1), ("名", "persons", "person")),
    Unit("家", "establishment", Fraction(1), ("户",)),
    Unit("项", "item", Fraction(1), ("件", "个", "台", "套", "次", "items", "item")),
    Unit("平方米", "m2", Fraction(1), ("㎡", "m2")),
    Unit("亩", "m2", Fraction(2000, 3), ("mu",)),
    Unit("公顷", "m2", Fraction(10_000), ("ha",)),
    Unit("立方米", "m3", Fraction(1), ("m3",)),
    Unit("千瓦时", "kWh", Fraction(1), ("度", "kWh")),
    Unit("吨标准煤", "kgce", Fraction(1000), ("吨标煤", "tce")),
    Unit("千克标准煤", "kgce", Fraction(1), ("kgce",)),
    Unit("吨", "kg", Fraction(1000), ("t",)),
    Unit("千克", "kg", Fraction(1), ("公斤", "kg")),
    Unit("天", "day", Fraction(1), ("日", "days", "day")),
    Unit("个月", "month", Fraction(1), ("月", "months", "month")),
    Unit("年", "year", Fraction(1), ("周年", "years", "year")),
    Unit("分", "point", Fraction(1), ("points", "point")),
    Unit("%", "", Fraction(1, 100), ("％", "percent")),
    Unit("‰", "", Fraction(1, 1000)),
)  # fmt: skip
BY_NAME: Mapping[str, Unit] = {unit.name: unit for unit in UNITS}
BASES = frozenset(unit.base for unit in UNITS if unit.base) | {"plain", "ppm"}
PPM = {"%": Fraction(10_000), "‰": Fraction(1000)}
_WORDS: Mapping[str, Unit] = {word: unit for unit in UNITS for word in (unit.name, *unit.words)}
_NAMES = "|".join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))
_SCALES = "|".join(SCALES)
NUMBER = re.compile(
    rf"(?P<digits>\d+(?:\.\d+)?)\s*"
    # A unit may begin as a scale does: 千克, 千瓦时.
    rf"(?:(?P<bare>{_NAMES})|(?P<scale>{_SCALES})(?P<unit>{_NAMES})?)?"
    rf"(?:/(?:(?P<lower>{_NAMES})|(?P<lower_scale>{_SCALES})(?P<lower_unit>{_NAMES}))(?![\w\[]))?"
)
DATE = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)|年(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A written number: its value in written units, and the names of the units over and under."""

    value: Fraction
    unit: str = ""
    under: str = ""

    @property
    def base(self) -> str:
        """Base unit, such as ``CNY_fen`` or ``CNY_fen/m2``; empty for a pure number."""
        over = BY_NAME[self.unit].base if self.unit else ""
        return f"{over}/{BY_NAME[self.under].base}" if self.under else over

    @property
    def in_base(self) -> Fraction:
        """The exact value in base units."""
        over = BY_NAME[self.unit].factor if self.unit else Fraction(1)
        return self.value * over / (BY_NAME[self.under].factor if self.under else 1)


def quantity(match: re.Match[str]) -> Quantity:
    """Return what a match of ``NUMBER`` says."""
    value = Fraction(match["digits"]) * SCALES.get(match["scale"] or "", 1)
    under = ""
    if lower := match["lower"] or match["lower_unit"]:
        under = _WORDS[lower].name
        value /= SCALES.get(match["lower_scale"] or "", 1)
    word = match["bare"] or match["unit"]
    unit = _WORDS[word].name if word else ""
    return Quantity(value, unit, under)


def decimal(value: Fraction) -> str:
    """Write a fraction whose decimals end, exactly; ``3/2`` style for one whose do not.

    >>> decimal(Fraction(7, 200)), decimal(Fraction(1, 3))
    ('0.035', '1/3')
    """
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    for prime in (2, 5):
        while rest % prime == 0:
            rest, places = rest // prime, places + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    if not places:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def written(amount: Quantity) -> str:
    """Write a quantity in its one canonical form: 500万元, 3%, 20万元/亩, 1.5亿元, 300人.

    万 and 亿 are used when at most four decimals remain; percentages never take them.
    """
    unit = amount.unit + (f"/{amount.under}" if amount.under else "")
    if BY_NAME[amount.unit].base if amount.unit else amount.under:
        for word, scale in (("亿", 10**8), ("万", 10**4)):
            scaled = amount.value / scale
            if abs(scaled) >= 1 and (scaled * 10_000).denominator == 1:
                return f"{decimal(scaled)}{word}{unit}"
    return f"{decimal(amount.value)}{unit}"


def in_people_s_units(value: int, base: str) -> str:
    """Write an integer of base units for a person, exactly: 49999000 fen → ``49.9999万元``."""
    if base == "ppm":
        return f"{decimal(Fraction(value, 10_000))}%"
    unit = next((one for one in UNITS if one.base == base), None)
    return written(Quantity(Fraction(value) / unit.factor, unit.name)) if unit else str(value)
