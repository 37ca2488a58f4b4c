"""By which office inputs are held; marks and grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """An office that usually has an input."""

    zh: str
    en: str


_STATISTICS = Holder("统计局", "statistics bureau")
_TAX = Holder("税务局", "tax bureau")
_ENVIRONMENT = Holder("生态环境局", "environment bureau")
# Usual sources of published county methods; the county's own division of work may differ ✎.
HOLDERS: Mapping[str, Holder] = {
    "tax": _TAX, "revenue": _TAX, "main_revenue": _STATISTICS, "value_added": _STATISTICS,
    "output": _STATISTICS, "rd": _STATISTICS, "technical_investment": _STATISTICS,
    "project_investment": _STATISTICS,
    "land": Holder("自然资源和规划局", "natural resources bureau"),
    "energy": Holder("发改局（能源）", "development and reform bureau (energy)"),
    "electricity": Holder("供电公司", "grid company"),
    "emission": _ENVIRONMENT, "cod": _ENVIRONMENT, "so2": _ENVIRONMENT,
    "staff": Holder("人力社保局", "human resources bureau"),
}  # fmt: skip
MARKS: Mapping[str, tuple[str, str]] = {
    "✔": ("已核对原文", "confirmed in the source"), "◐": ("仅见转述", "secondary source only"),
    "✎": ("待确认", "to be confirmed"), "◆": ("本项目提出，可改", "this project's proposal, to be set"),
}  # fmt: skip
NO_GRADE = ("不定等级", "no grade")
GRADES_EN: Mapping[str, str] = {"不定等级": "no grade", "不参评": "not evaluated"}
BADGES: Mapping[str, str] = {"A": "good", "B": "strong", "C": "weak", "D": "missing"}
UNITS_EN: Mapping[str, str] = {
    "万元": "CNY 10k", "元": "CNY", "亩": "mu", "人": "person", "万kWh": "10 MWh",
}  # fmt: skip


def unit_en(unit: str) -> str:
    """Return a unit, or a quotient of two, in English."""
    return "/".join(UNITS_EN.get(part, part) for part in unit.split("/"))
