"""The forms of a parcel's page: one per thing that this person may enter now, and what they sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from jiqun.core.tabular import pick
from jiqun.engine.land.bounds import read_bound
from jiqun.engine.land.clock.events import KINDS, MILESTONES, Kind, Milestone
from jiqun.modules.land.parcels.appending import Entry
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.kinds import ABOUT, OUTCOMES
from jiqun.modules.land.parcels.shown import papers_of

Choices = list[tuple[str, str]]


class Plain(forms.Form):
    """A form whose fields are given."""

    def __init__(
        self, fields: Mapping[str, forms.Field], data: Any = None, files: Any = None
    ) -> None:
        super().__init__(data, files)
        self.fields.update(fields)


def day_field(zh: str, en: str, *, required: bool = True) -> forms.DateField:
    """A day."""
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=pick(zh, en), widget=widget, required=required)


def text_field(zh: str, en: str, *, longest: int = 120, required: bool = True) -> forms.CharField:
    """A line of text."""
    return forms.CharField(label=pick(zh, en), max_length=longest, required=required)


def entry_form(one: Standing, kind: Kind, about: Sequence[str]) -> Plain:
    """What a kind of event asks for; ``about`` are the milestones or stops that it may be about."""
    asks, rules = ABOUT[kind].asks, one.terms.rules
    fields: dict[str, forms.Field] = {}
    if "milestone" in asks:
        named = [(name, pick(*MILESTONES[Milestone(name)])) for name in about]
        fields["milestone"] = forms.ChoiceField(label=pick("节点", "Milestone"), choices=named)
    if "stop" in asks:
        fields["stop"] = forms.ChoiceField(
            label=pick("哪一次中止", "Which stop"), choices=[(one_, one_) for one_ in about]
        )
    if "of" in asks:
        fields["of"] = forms.ChoiceField(
            label=pick("哪一条", "Which entry"),
            choices=[(number, _entry(one, int(number))) for number in about],
        )
    if "months" in asks:
        most = (
            rules.rectify_months if kind is Kind.RECTIFICATION_ORDERED else rules.extension_months
        )
        fields["months"] = forms.IntegerField(
            label=pick("月数", "Months"), min_value=1, max_value=most
        )
    if "outcome" in asks:
        fields["outcome"] = forms.ChoiceField(
            label=pick("核查结论", "Outcome"),
            choices=[(code, pick(*words)) for code, words in OUTCOMES.items()],
        )
    if "cause" in asks:
        fields["cause"] = forms.ChoiceField(
            label=pick("事由", "Cause"),
            choices=[(code, pick(*words)) for code, words in rules.causes.items()],
        )
    if "papers" in asks and (codes := _papers(one, about)):
        words = papers_of(one.parcel.rules)
        fields["papers"] = forms.MultipleChoiceField(
            label=pick("材料", "Papers"),
            choices=[(code, pick(*words[code])) for code in codes],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
    if "fen" in asks and "milestone" not in asks:
        fields["amount"] = text_field("金额（元）", "Amount (CNY)", longest=30)
    fields["day"] = day_field("发生日期", "Day")
    fields["day"].initial = timezone.localdate()
    fields["document"] = text_field("依据文号或材料编号", "Number of the document")
    if kind is Kind.VOIDED:
        fields["note"] = text_field("作废理由", "Why", longest=500)
    else:
        fields["note"] = text_field("说明", "Remark", longest=500, required=False)
    return Plain(fields)


def _entry(one: Standing, number: int) -> str:
    event = one.state.events[number - 1]
    about = f" · {pick(*MILESTONES[event.milestone])}" if event.milestone else ""
    return f"{number} · {pick(*KINDS[event.kind])}{about} · {event.day} · {event.document}"


def _papers(one: Standing, about: Sequence[str]) -> list[str]:
    """Papers that may be handed in for these milestones, in the order of the pack."""
    rules = one.terms.rules
    wanted = [
        code for name in about if name
        for code in (rules.papers if name == Milestone.CONTRACT else rules.evidence.get(Milestone(name), ()))
    ]  # fmt: skip
    return list(dict.fromkeys(wanted))


def entry_of(one: Standing, kind: Kind, data: Any) -> Entry:
    """What was sent; the amount of a part of the bond is the contract's, nobody types it."""
    milestone = str(data.get("milestone", ""))
    fen = fen_of(data.get("amount", ""))
    if kind is Kind.BOND_RETURNED and milestone in set(Milestone):
        fen = one.terms.part(Milestone(milestone))
    return Entry(
        kind, _day(data.get("day", "")), str(data.get("document", "")), milestone, _whole(data.get("months", "")),
        str(data.get("outcome", "")), str(data.get("stop", "")), str(data.get("cause", "")),
        tuple(data.getlist("papers")), fen, str(data.get("note", "")),
        _whole(data.get("of", "")),
    )  # fmt: skip


def open_form(offices: Choices, *, day: bool, bond: bool) -> Plain:
    """What is asked to enter a parcel: the office, and what the notice does not say."""
    fields: dict[str, forms.Field] = {
        "department": forms.ChoiceField(label=pick("监管部门", "Office in charge"), choices=offices)
    }
    if day:
        fields["deal_day"] = day_field("成交日期", "Day of the deal")
    if bond:
        fields["amount"] = text_field("履约保证金（元）", "Bond (CNY)", longest=30, required=False)
    fields["document"] = text_field(
        "出让合同或成交确认书编号（不填用公告编号）",
        "Number of the contract (the notice's if empty)",
        required=False,
    )
    return Plain(fields)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def day_of(data: Any, name: str) -> date | None:
    """A day that was sent, None for none."""
    return _day(data.get(name, ""))


def _whole(text: object) -> int | None:
    found = str(text).strip()
    return int(found) if found.isdecimal() and len(found) < 4 else None


def fen_of(text: object) -> int | None:
    """An amount of yuan as whole fen, None for what is none."""
    read = read_bound(str(text), kind="fen", unit="元").bound
    if read is None or read.low is None or read.low != read.high or read.low.denominator != 1:
        return None
    return int(read.low)
