"""How facts, files and entries of low-efficiency land are worded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from jiqun.core.tabular import Field, pick
from jiqun.engine.land.screening import Criteria, Criterion
from jiqun.modules.land.lowuse.tools import rules_now, tools
from jiqun.modules.land.lowuse.words import FEN_PER_WAN, Words
from jiqun.modules.land.models import LandFile, LandFileEntry
from jiqun.modules.land.states.lowuse import EVENTS, STATES, Event, State
from jiqun.rules.land.read import rows
from jiqun.rules.land.screens import criteria
from jiqun.rules.loader import Pack

UNITS: Mapping[str, Words] = {
    "months": ("个月", "months"), "years": ("年", "years"), "share": ("", ""), "ratio": ("", ""), "yes/no": ("", ""),
    "fen/mu": ("万元/亩", "CNY 10k/mu"), "wan/mu": ("万元/亩", "CNY 10k/mu"), "mu": ("亩", "mu"),
}  # fmt: skip

ENTRIES = (
    Field("at", "登记时间", "Written", "datetime"), Field("event", "事项", "What"), Field("after", "之后", "Then"),
    Field("on", "日期", "Day", "date"), Field("document", "照片或文件编号", "Photo or paper"),
    Field("words", "情况", "What was found"), Field("by", "经办", "By"),
)  # fmt: skip


def number_words(value: float | None, decimals: int = 4) -> str:
    """Return a number with separators and no idle zeros; unknown is said, never 0."""
    if value is None:
        return pick("未知", "unknown")
    text = f"{value + 0.0:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_words(value: float, unit: str) -> str:
    """Return the value of a fact in the unit that people use, with the unit."""
    if unit == "yes/no":
        return pick("是", "yes") if value else pick("否", "no")
    if unit == "share":
        return f"{value:.1%}"
    shown = value / FEN_PER_WAN if unit == "fen/mu" else value
    return f"{number_words(shown, 2)} {pick(*UNITS.get(unit, (unit, unit)))}".strip()


def fact_units(pack: Pack) -> Mapping[str, str]:
    """Return the unit of each fact of a pack."""
    return {row["code"]: row["unit"] for row in rows(pack, "facts")}


def fact_words(
    pack: Pack, rules: Criteria, one: Criterion, name: str, said: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """Return a fact that a criterion rests on, with source and day; of what is hidden, that it is."""
    fact = rules.facts[name]
    reason = f"{one.code} {pick(one.zh, one.en)} {one.mark}"
    if name not in said:
        return {"reason": reason, "fact": pick(fact.zh, fact.en), "source": None, "as_of": None,
                "value": pick("不公开或未用到", "not shown or not used")}  # fmt: skip
    value, source, day = said[name]
    return {
        "reason": reason, "fact": pick(fact.zh, fact.en), "value": value_words(float(value), fact_units(pack)[name]),
        "source": source or None, "as_of": day or None,
    }  # fmt: skip


def tool_words(tool: str) -> str:
    """Return the name of a tool, empty for none."""
    return pick(*tools().get(tool, (tool, tool)))


def file_row(one: LandFile) -> dict[str, Any]:
    """Return a file as lists show it."""
    about = STATES[State(one.state)]
    return {
        "key": one.key, "href": reverse("land-lowuse-file", args=[one.key]), "parcel": one.parcel,
        "firm_name": one.firm_name or None, "state": pick(about.zh, about.en), "state_badge": about.badge,
        "tool": tool_words(one.tool) or None, "due": one.due,
    }  # fmt: skip


def entry_row(one: LandFileEntry, *, official: bool) -> dict[str, Any]:
    """Return what was done or said as the file's page shows it."""
    about = STATES[State(one.after)]
    by = one.office or (one.by.get_username() if official else "")
    return {
        "at": one.at, "event": pick(*EVENTS[Event(one.event)]), "after": pick(about.zh, about.en), "on": one.on,
        "document": one.document or None, "words": one.words or None, "by": by or None,
    }  # fmt: skip


def trace_rows(one: LandFile) -> list[dict[str, Any]]:
    """Return why a file was opened: criterion, fact, value, source and day."""
    pack = rules_now()
    rules, units = criteria(pack), fact_units(pack)
    names = {each.code: f"{each.code} {pick(each.zh, each.en)}" for each in rules.criteria}
    return [
        {"reason": names.get(reason["code"], reason["code"]),
         "fact": pick(rules.facts[name].zh, rules.facts[name].en) if name in rules.facts else name,
         "value": value_words(float(value), units.get(name, "")), "source": source or None, "as_of": day or None}
        for reason in one.trace.get("reasons", ())
        for name, (value, source, day) in reason["facts"].items()
    ]  # fmt: skip
