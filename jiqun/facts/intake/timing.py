"""When the figures of a sheet are of: from its title, a labelled line, or each heading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jiqun.facts.intake.hints import Hints
from jiqun.facts.intake.words import plain, relative
from jiqun.facts.read.raw import RawTable
from jiqun.facts.read.sheet import Heading
from jiqun.facts.values import period

LABELLED = re.compile(
    r"(?:报告期|所属期|所属时期|填报期|统计期|数据期|期间|时间)\s*[:：]\s*([^\s,，;；()（）]+)"
)
# A year in such a title is that of a document or an intention, not of its figures.
NOT_OF_FIGURES = re.compile(
    r"年鉴|计划|规划|预算|目标|预计|预测|通知|号|办法|意见|方案|名录|截至|截止"
)
_HAN = "〇零○一二三四五六七八九十"
_YEAR = rf"(?:(?:19|20)\d{{2}}|[{_HAN}]{{4}})年度?"
_PART = (
    rf"(?:(?:\d{{1,2}}|[{_HAN}]{{1,2}})月?[-—–~至到](?:\d{{1,2}}|[{_HAN}]{{1,2}})月(?:份)?(?:累计)?"
    rf"|(?:\d{{1,2}}|[{_HAN}]{{1,2}})月份?"
    rf"|前(?:\d{{1,2}}|[{_HAN}]{{1,2}})个?月|前[二三四2-4]季度|第?[一二三四1-4]季度?度|第?[一二三四1-4]季度"
    rf"|[上下]半年|全年)"
)
_IN_TEXT = re.compile(rf"{_YEAR}{_PART}?|(?:19|20)\d{{2}}[-./](?:0[1-9]|1[0-2])(?![-./\d])")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a column of figures holds; ``period`` is '' where its heading does not say."""

    measure: str
    period: str


def in_text(text: str) -> str:
    """The one period that a line of text names, canonical; '' when none or several.

    >>> in_text("合成县2025年1—8月规模以上工业主要指标"), in_text("2024年与2025年对比")
    ('2025-01/08', '')
    """
    found = {
        canonical
        for hit in _IN_TEXT.findall(unicodedata.normalize("NFKC", re.sub(r"\s+", "", text)))
        if (canonical := period.parse(hit)[0])
    }
    return found.pop() if len(found) == 1 else ""


def stated(raw: RawTable, hints: Hints) -> str:
    """The period that the sheet states for all its figures: a labelled line, else the title."""
    habits = period.Habits(year=hints.year)
    for line in raw.lines:
        hit = LABELLED.search(line)
        if hit and (canonical := period.parse(hit.group(1), habits=habits)[0]):
            return canonical
    title = raw.title
    return "" if NOT_OF_FIGURES.search(title) else in_text(title)


def _shifted(text: str, kind: str) -> str:
    """The period that a relative word means beside the stated one; '' when that is not certain."""
    if not text:
        return ""
    base = period.period(text)
    year, month = base.end.year, base.end.month
    if kind == "cumulative":
        return f"{year}-01/{month:02d}" if base.kind in ("month", "cumulative") else ""
    if kind == "before":
        return text.replace(str(year), str(year - 1), 1)
    return text


def _now(part: str, text: str) -> str:
    """本月 beside a cumulative is its last month; 本年 beside a month is not certain."""
    if not text:
        return ""
    base = period.period(text)
    if "月" in part:
        last = f"{base.end.year}-{base.end.month:02d}"
        return last if base.kind in ("month", "cumulative") else ""
    if "季" in part:
        return text if base.kind == "quarter" else ""
    if "年" in part:
        return text if base.kind == "year" else ""
    return text


def _when(part: str, text: str) -> str | None:
    """Canonical period of one part of a heading, '' when not certain, None when it is none."""
    kind = relative().get(part)
    if kind == "now":
        return _now(part, text)
    if kind:
        return _shifted(text, kind)
    habits = period.Habits(year=int(text[:4]) if text else None)
    canonical, code = period.parse(part, habits=habits)
    if canonical:
        return canonical
    return "" if code == "E-PERIOD-YEAR" else None


def _split(word: str, measures: Mapping[str, str]) -> list[str]:
    """产值本月 or 2025年产值 → its measure and its time; only when both halves are known."""
    for spelling in sorted(measures, key=len, reverse=True):
        for rest in (word.removeprefix(spelling), word.removesuffix(spelling)):
            if rest not in (word, "") and (rest in relative() or period.parse(rest)[0]):
                return [spelling, rest]
    return [word]


def unclear(item: Heading, headings: Sequence[Heading]) -> bool:
    """上年同期 beside both 本月 and 累计: of which of them it is the year before is not said."""
    kinds = [
        {relative().get(plain(part)) for part in one.clean.split("/")} - {None} for one in headings
    ]
    mixed = {"now", "cumulative"} <= set().union(*kinds)
    own = {relative().get(plain(part)) for part in item.clean.split("/")}
    return mixed and "before" in own


def figures(
    item: Heading, measures: Mapping[str, str], text: str, fixed: str = ""
) -> Figures | None:
    """Read a heading as measure and period; None unless every part of it is understood.

    Args:
        item: the heading, its levels joined by “/”.
        measures: spelling → measure.
        text: the period that the sheet states, '' for none.
        fixed: the measure of every figure, where the upload page states it.
    """
    parts = [plain(part) for part in item.clean.split("/")]
    parts = [
        one for part in parts for one in ([part] if part in measures else _split(part, measures))
    ]
    measure, when = "", ""
    for part in parts:
        known, moment = measures.get(part, ""), _when(part, text)
        if known and not measure:
            measure = known
        elif moment and not when:
            when = moment
        else:
            return None
    measure = measure or (fixed if when else "")
    return Figures(measure, when) if measure else None
