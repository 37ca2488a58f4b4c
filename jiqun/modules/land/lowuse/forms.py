"""The forms of a parcel's file, and what was typed as values. Labels come in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from jiqun.core.tabular import pick
from jiqun.modules.land.lowuse.tools import tools

MONEY = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?")


def _made(fields: dict[str, forms.Field], data: Any) -> forms.Form:
    form = forms.Form(data)
    form.fields.update(fields)
    return form


def _text(zh: str, en: str, longest: int = 500) -> forms.CharField:
    return forms.CharField(label=pick(zh, en), max_length=longest)


def _day(zh: str, en: str) -> forms.DateField:
    return forms.DateField(label=pick(zh, en), widget=forms.DateInput(attrs={"type": "date"}))


def words_form(data: Any = None) -> forms.Form:
    """What was found, in words."""
    return _made({"words": _text("情况", "What was found")}, data)


def _noted() -> dict[str, forms.Field]:
    return {
        "on": _day("日期", "Day"),
        "document": _text("照片、笔录或文件编号", "Number of photo, minutes or paper", 120),
        "words": _text("情况", "What was found"),
    }


def noted_form(data: Any = None) -> forms.Form:
    """A visit, check or talk with its day and document."""
    return _made(_noted(), data)


def plan_form(data: Any = None) -> forms.Form:
    """Way, who answers for it, deadline."""
    choices = [(code, pick(*words)) for code, words in tools().items()]
    return _made({
        "tool": forms.ChoiceField(label=pick("盘活方式", "Way"), choices=choices),
        "responsible": _text("责任人（姓名、职务）", "Who answers for it", 80), "due": _day("完成期限", "Deadline"),
        "words": _text("方案要点", "The plan in short"),
    }, data)  # fmt: skip


def result_form(data: Any = None) -> forms.Form:
    """What became of it."""
    return _made({
        "released": _text("腾出面积（平方米）", "Area released (m²)", 20),
        "tax_before": _text("盘活前年税收（元）", "Tax a year before (CNY)", 30),
        "tax_after": _text("盘活后年税收（元）", "Tax a year after (CNY)", 30), **_noted(),
    }, data)  # fmt: skip


def given_day(data: Mapping[str, Any], name: str) -> date | None:
    """Return a day that was typed; None for what is none."""
    try:
        return date.fromisoformat(str(data.get(name, "")).strip())
    except ValueError:
        return None


def given_number(data: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number that was typed; None for what is none."""
    text = str(data.get(name, "")).replace(",", "").strip()
    return int(text) if re.fullmatch(r"\d{1,9}", text) else None


def given_fen(data: Mapping[str, Any], name: str) -> int | None:
    """Return an amount typed in 元 as fen; None for what is none."""
    found = MONEY.fullmatch(str(data.get(name, "")).strip())
    if found is None:
        return None
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
