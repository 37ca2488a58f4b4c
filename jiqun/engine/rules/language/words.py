"""Words of the condition language: keywords with their synonyms, comparisons, periods.

以上, 以下, 以内 include the number; 超过, 不满, 以外 exclude it (Civil Code of the PRC, art. 1259).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "OR": ("或", "或者", "or"),
    "AND": ("且", "并且", "同时", "and"),
    "NOT": ("非", "not"),
    "VS": ("较", "比", "vs", "versus"),
    "YES": ("是", "yes", "true"),
    "NO": ("否", "no", "false"),
}
_COMPARISONS: Mapping[str, tuple[str, ...]] = {
    ">=": (">=", "≥", "=>", "不低于", "不少于", "不小于", "达到", "大于等于", "大于或等于", "至少",
           "不早于", "满", "atleast"),
    ">": (">", "超过", "大于", "高于", "多于", "晚于", "over"),
    "<=": ("<=", "≤", "=<", "不超过", "不高于", "不大于", "不多于", "小于等于", "小于或等于", "至多",
           "不晚于", "atmost"),
    "<": ("<", "低于", "小于", "少于", "不满", "不足", "未达到", "未满", "早于", "under"),
    "=": ("=", "==", "等于", "equals"),
    "!=": ("!=", "≠", "<>", "不等于"),
}  # fmt: skip
_AFTER: Mapping[str, tuple[str, ...]] = {
    ">=": ("以上", "及以上", "以上(含)", "(含)以上", "以后", "起"),
    "<=": ("以下", "及以下", "以下(含)", "(含)以下", "以内", "以前", "止"),
    ">": ("以上(不含)", "(不含)以上", "以外"),
    "<": ("以下(不含)", "(不含)以下"),
}
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "属于": ("属于", "in"),
    "不属于": ("不属于", "notin"),
    "包含": ("包含", "包含任一", "hasany"),
    "包含全部": ("包含全部", "hasall"),
    "不包含": ("不包含", "hasnone"),
}
_GROWTH: Mapping[str, tuple[str, ...]] = {
    "增长": ("增长", "同比增长", "growth"),
    "下降": ("下降", "同比下降", "降低", "decline"),
}
FLIPPED: Mapping[str, str] = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Period:
    """A period's kind (point, year, quarter, month) and how many steps before the current one."""

    kind: str
    back: int


PERIODS: Mapping[str, Period] = {
    "本年度": Period("year", 0), "上年度": Period("year", 1), "前年度": Period("year", 2),
    "大前年度": Period("year", 3),
    "本半年": Period("half", 0), "上半年": Period("half", 1), "上年同半年": Period("half", 2),
    "本季度": Period("quarter", 0), "上季度": Period("quarter", 1),
    "上年同季": Period("quarter", 4),
    "本月": Period("month", 0), "上月": Period("month", 1), "上年同月": Period("month", 12),
    "本年末": Period("point", 0), "上年末": Period("point", 1), "前年末": Period("point", 2),
}  # fmt: skip
_PERIOD_SYNONYMS: Mapping[str, str] = {
    "本年": "本年度", "当年": "本年度", "当年度": "本年度", "今年": "本年度", "上年": "上年度",
    "上一年度": "上年度", "上一年": "上年度", "去年": "上年度", "前年": "前年度",
    "大前年": "大前年度", "当季": "本季度", "上一季度": "上季度", "上年同季度": "上年同季",
    "当月": "本月", "上个月": "上月", "上年同月份": "上年同月", "年末": "本年末", "去年末": "上年末",
    "this year": "本年度", "last year": "上年度", "year before last": "前年度",
    "this quarter": "本季度", "last quarter": "上季度", "this month": "本月", "last month": "上月",
    "end of this year": "本年末", "end of last year": "上年末",
}  # fmt: skip
_YEAR = re.compile(r"(\d{4})(年末|年度|年)?")
_QUARTER = re.compile(r"(\d{4})年?(?:第?([1-4一二三四])季度?|[Qq]([1-4]))")
_MONTH = re.compile(r"(\d{4})(?:年(\d{1,2})月|-(\d{1,2}))")
_HALF = re.compile(r"(\d{4})年?([上下])半年")
_NAME = re.compile(r"[^\W\d]\w*(?:·\w+)*")


def _table(groups: Mapping[str, tuple[str, ...]], kind: str) -> dict[str, tuple[str, str]]:
    return {word: (kind, value) for value, words in groups.items() for word in words}


# word → (kind of token, its canonical value)
WORDS: Mapping[str, tuple[str, str]] = {
    **{word: (kind, words[0]) for kind, words in KEYWORDS.items() for word in words},
    **_table(_COMPARISONS, "OP"),
    **_table(_AFTER, "AFTER"),
    **_table(_MEMBERS, "MEMBER"),
    **_table(_GROWTH, "GROWTH"),
}


def is_plain_name(text: str) -> bool:
    """Whether a text can stand as a name without quotes."""
    return bool(_NAME.fullmatch(text)) and text.lower() not in WORDS


def period(text: str) -> str | None:
    """Return the canonical name of a period in brackets, or None when it is not one.

    >>> period("去年"), period("2024年"), period("2024Q3"), period("某年")
    ('上年度', '2024年度', '2024年第3季度', None)
    """
    plain = text.strip()
    plain = _PERIOD_SYNONYMS.get(plain.lower(), plain)
    return plain if plain in PERIODS else _fixed(plain)


def _fixed(plain: str) -> str | None:
    if found := _YEAR.fullmatch(plain):
        return f"{found[1]}年末" if found[2] == "年末" else f"{found[1]}年度"
    if found := _QUARTER.fullmatch(plain):
        digit = found[2] or found[3]
        return f"{found[1]}年第{'一二三四'.find(digit) + 1 or digit}季度"
    if found := _HALF.fullmatch(plain):
        return f"{found[1]}年{found[2]}半年"
    found = _MONTH.fullmatch(plain)
    if found and 1 <= int(found[2] or found[3]) <= 12:
        return f"{found[1]}年{int(found[2] or found[3])}月"
    return None


def period_kind(name: str) -> str:
    """Return the kind of a canonical period: point, year, half, quarter or month."""
    if name in PERIODS:
        return PERIODS[name].kind
    for ending, kind in (("年末", "point"), ("季度", "quarter"), ("半年", "half"), ("月", "month")):
        if name.endswith(ending):
            return kind
    return "year"


def with_basis(name: str, year: int) -> str:
    """Return a relative year or year's end as a fixed one, counted from a basis year.

    Quarters, months and what is fixed already stay as they are.
    """
    relative = PERIODS.get(name)
    if relative is None or relative.kind not in {"year", "point"}:
        return name
    ending = "年度" if relative.kind == "year" else "年末"
    return f"{year - relative.back}{ending}"
