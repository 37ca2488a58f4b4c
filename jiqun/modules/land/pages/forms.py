"""The forms of a batch's pages. Labels come in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.dateparse import parse_date

from jiqun.core.tabular import pick
from jiqun.modules.land.batch.figures import label_of, unit_of
from jiqun.modules.land.batch.objections.entering import Claim
from jiqun.modules.land.models import Batch, Sheet
from jiqun.rules.permu_pack import permu_pack, versions

Choices = list[tuple[str, str]]
DAY = forms.DateInput(attrs={"type": "date"})


def text(
    zh: str, en: str, *, longest: int = 500, required: bool = True, initial: str = ""
) -> forms.CharField:
    """A field of text."""
    return forms.CharField(
        label=pick(zh, en), max_length=longest, required=required, initial=initial
    )


def form_of(fields: dict[str, forms.Field], data: Any = None) -> forms.Form:
    """A form of these fields."""
    made = forms.Form(data)
    made.fields.update(fields)
    return made


def said(data: Any, name: str) -> str:
    """What was written, empty for nothing."""
    return str(data.get(name, "")).strip()


def whole(data: Any, name: str) -> int:
    """A whole number; 0 for what is none, which every verb refuses."""
    written = said(data, name)
    return int(written) if written.isdecimal() and len(written) < 9 else 0


def day_of(data: Any, name: str) -> date | None:
    """A day; None for what is none."""
    try:
        return parse_date(said(data, name))
    except ValueError:
        return None


def _packs() -> Choices:
    return [
        (one, f"{pick(permu_pack(one).title['zh'], permu_pack(one).title['en'])} · {one}")
        for one in versions()
    ]


def _days(zh: str, en: str, initial: int) -> forms.IntegerField:
    return forms.IntegerField(label=pick(zh, en), min_value=1, max_value=60, initial=initial)


def terms_fields(rules: str, answer: int, publicity: int) -> dict[str, forms.Field]:
    """Rules and terms of a batch; ✎ marks what no document sets."""
    return {
        "rules": forms.ChoiceField(
            label=pick("规则包", "Rule pack"), choices=_packs(), initial=rules
        ),
        "answer_days": _days(
            "企业核对期限（工作日 ◆）", "Days to confirm (working days ◆)", answer
        ),
        "publicity_days": _days(
            "公示期限（工作日 ✎）", "Days of publicity (working days ✎)", publicity
        ),
    }


def batch_form(
    offices: Iterable[Any], places: Sequence[str], year: int, rules: str, data: Any = None
) -> forms.Form:
    """A new batch."""
    return form_of({
        "department": forms.ChoiceField(
            label=pick("主管部门", "Office in charge"), choices=[(str(one.pk), one.name) for one in offices]
        ),
        "place": forms.ChoiceField(label=pick("地方", "Place"), choices=[(one, one) for one in places]),
        "year": forms.IntegerField(label=pick("数据年度", "Year of the data"), initial=year),
        **terms_fields(rules, 10, 5),
    }, data)  # fmt: skip


def terms_form(batch: Batch, data: Any = None) -> forms.Form:
    """Rules and terms of a batch whose sheets were not sent."""
    return form_of(terms_fields(batch.rules, batch.answer_days, batch.publicity_days), data)


def words_form(zh: str, en: str, name: str = "words", data: Any = None) -> forms.Form:
    """One field of text."""
    return form_of({name: text(zh, en)}, data)


def measures_form(batch: Batch, data: Any = None) -> forms.Form:
    """The term of the measures; by default from 1 July to 30 June."""
    year = batch.announced_on.year if batch.announced_on else batch.year + 1
    first = forms.DateField(
        label=pick("措施起始日", "First day"), widget=DAY, initial=date(year, 7, 1)
    )
    last = forms.DateField(
        label=pick("措施截止日", "Last day"), widget=DAY, initial=date(year + 1, 6, 30)
    )
    return form_of({"first": first, "last": last}, data)


def sheet_form(sheet: Sheet, data: Any = None) -> forms.Form:
    """Value, reason and document for each figure of a sheet; empty where the figure is right."""
    fields: dict[str, forms.Field] = {}
    for one in sheet.figures:
        name = str(one["name"])
        zh, en = label_of(name)
        fields[f"value_{name}"] = text(f"{zh}应为（{unit_of(name)}）", f"{en} should be ({unit_of(name)})",
                                       longest=30, required=False)  # fmt: skip
        fields[f"reason_{name}"] = text(f"{zh}：理由", f"{en}: why", required=False)
        fields[f"proof_{name}"] = text(f"{zh}：证明材料编号", f"{en}: number of the document", longest=120,
                                       required=False)  # fmt: skip
    return form_of(fields, data)


def claims_of(sheet: Sheet, data: Any) -> list[Claim]:
    """The figures for which anything was filled in."""
    found = [
        Claim(name, said(data, f"value_{name}"), said(data, f"reason_{name}"), said(data, f"proof_{name}"))
        for name in (str(one["name"]) for one in sheet.figures)
    ]  # fmt: skip
    return [one for one in found if one.value or one.reason or one.proof]


def result_form(sheet: Sheet, data: Any = None) -> forms.Form:
    """One objection to a result: a figure of the sheet, or another matter."""
    names = [*(str(one["name"]) for one in sheet.figures), ""]
    choices = [
        (name or "other", f"{pick(*label_of(name))}" + (f"（{unit_of(name)}）" if name else ""))
        for name in names
    ]
    return form_of({
        "field": forms.ChoiceField(label=pick("异议事项", "What is wrong"), choices=choices),
        "value": text("应为数值（其他事项不填）", "Value it should be (none for another matter)", longest=30,
                      required=False),
        "reason": text("理由", "Why"),
        "proof": text("证明材料编号", "Number of the document", longest=120),
    }, data)  # fmt: skip


def result_claim(data: Any) -> Claim:
    """What that form says."""
    field = said(data, "field")
    return Claim(
        "" if field == "other" else field,
        said(data, "value"),
        said(data, "reason"),
        said(data, "proof"),
    )


def decision_form(unit: str, data: Any = None) -> forms.Form:
    """How an objection is decided; ``unit`` is empty for another matter than a figure."""
    fields: dict[str, forms.Field] = {
        "words": text("处理理由（企业可见）", "Reason (the firm sees it)")
    }
    if unit:
        fields["value"] = text(f"成立时：核实的数值（{unit}）", f"If upheld: the right value ({unit})", longest=30,
                               required=False)  # fmt: skip
    fields["document"] = text("成立时：依据的文号或材料编号", "If upheld: number of the document", longest=120,
                              required=False)  # fmt: skip
    return form_of(fields, data)


def waiver_form(data: Any = None) -> forms.Form:
    """A decision that suspends measures."""
    return form_of({
        "decision": text("决定文号", "Number of the decision", longest=120),
        "commitment": text("企业承诺", "What the firm commits to"),
        "until": forms.DateField(label=pick("暂缓到", "Until"), widget=DAY),
    }, data)  # fmt: skip
