"""Pages of tables of aggregates: the list, one table, drafting one, its workbook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.forms import attempt
from jiqun.core.lawful.fields import field_label
from jiqun.core.models.publication import PublishedTable
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.publication.actions import draft, publish, serves, withdraw
from jiqun.core.publication.data import CHOICES, INDICATORS, Scope, names_of, scope_of
from jiqun.core.publication.selectors import (
    audited_fields,
    audited_rows,
    benchmark,
    counts_of,
    fields_of,
    rows_of,
    visible_table,
)
from jiqun.core.scope import classification_words
from jiqun.core.tabular import Field, Provenance, html_table, pick, workbook
from jiqun.errors import JiqunError

STATES = {
    "draft": ("草稿", "draft"),
    "published": ("已发布", "published"),
    "withdrawn": ("已撤回", "withdrawn"),
}
STATE_BADGES = {"draft": "plain", "published": "good", "withdrawn": "missing"}
LIST = [
    Field("title", "表名", "Table", link="href"), Field("place", "地方", "Place"),
    Field("period", "期间", "Period"), Field("measure", "指标", "Measure"),
    Field("state", "状态", "State", "words", words=STATES), Field("at", "时间", "When"),
]  # fmt: skip
Choices = list[tuple[str, str]]


class DraftForm(forms.Form):
    """What a table is of. Choices are what the store holds."""

    title_zh = forms.CharField(label=gettext_lazy("中文标题"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("英文标题"), max_length=160, required=False)
    place = forms.ChoiceField(label=gettext_lazy("地方"))
    period = forms.ChoiceField(label=gettext_lazy("期间"))
    measure = forms.ChoiceField(label=gettext_lazy("指标"))
    classification = forms.ChoiceField(label=gettext_lazy("行业分类"))
    dimensions = forms.MultipleChoiceField(
        label=gettext_lazy("维度（一到三个）"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("维度越多，单元格越小，能公开的越少。行业只选一个级次。"),
    )  # fmt: skip

    def __init__(self, who: Viewer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in _choices(who).items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices


def _choices(who: Viewer) -> dict[str, Choices]:
    """Places of duty that hold firms, and the periods, measures and classifications in the store."""
    facts = store()
    figures = facts.current(INDICATORS)
    known = figures.select("period", "indicator").distinct().to_polars()
    counties = facts.polars("place", ["place", "name_zh", "name_en", "level"]).sort("place")
    places = [
        (code, f"{pick(zh, en or zh)}（{code}）")
        for code, zh, en, level in counties.iter_rows()
        if level in {"county", "city"} and serves(who, code)
    ]
    schemes = sorted(
        facts.current("firm_industry")
        .select("classification")
        .distinct()
        .to_polars()["classification"]
    )
    return {
        "place": places,
        "period": [(one, one) for one in sorted(known["period"].unique(), reverse=True)],
        "measure": [
            (one, field_label(f"firm_indicator.{one}"))
            for one in sorted(known["indicator"].unique())
        ],
        "classification": [(one, classification_words(one)) for one in schemes],
        "dimensions": [(name, pick(one.zh, one.en)) for name, one in CHOICES.items()],
    }


@page
def publications(request: HttpRequest) -> HttpResponse:
    """Every table that the viewer may open."""
    who = viewer(request)
    rows = [
        {
            "title": pick(one.title_zh, one.title_en), "place": one.place, "period": one.period,
            "href": reverse("publication", args=[one.key]),
            "measure": one.measure, "state": one.state, "state_badge": STATE_BADGES[one.state],
            "at": f"{localtime(one.approved_at or one.made_at):%Y-%m-%d %H:%M}",
        }
        for one in PublishedTable.objects.visible_to(who).defer("cells", "firms", "report")[:200]
    ]  # fmt: skip
    table = html_table(
        LIST, rows, caption=_("汇总表"), empty={"message": _("还没有已发布的汇总表。")}
    )
    context = {
        "title": _("汇总表"),
        "table": table,
        "may_draft": bool(who.duty_places),
        "synthetic": is_synthetic(store()),
    }
    return render(request, "publication/list.html", context)


@page
def new(request: HttpRequest) -> HttpResponse:
    """Draft a table."""
    who = viewer(request)
    if not who.duty_places:
        raise forbidden("起草汇总表", "draft a table of aggregates")
    form = DraftForm(who, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        scope = Scope(
            given["place"],
            given["period"],
            given["measure"],
            given["classification"],
            tuple(given["dimensions"]),
        )
        made = attempt(form, lambda: draft(
            viewer=who, scope=scope, title_zh=given["title_zh"], title_en=given["title_en"],
        ))  # fmt: skip
        if made is not None:
            return redirect("publication", made.key)
    return render(request, "publication/new.html", {"title": _("起草汇总表"), "form": form})


def _decide(request: HttpRequest, who: Viewer, table: PublishedTable) -> JiqunError | None:
    """Carry out what the official pressed; return a refusal that the page explains."""
    try:
        if request.POST.get("verb") == "withdraw":
            withdraw(viewer=who, table=table, reason=request.POST.get("reason", ""))
            messages.success(request, _("已撤回。以后的审计仍把它当作读者已知。"))
        else:
            publish(viewer=who, table=table)
            messages.success(request, _("已发布。"))
    except JiqunError as error:
        if error.code not in {"E-PUBLICATION-EXPOSED", "E-PUBLICATION-STATE", "E-INPUT"}:
            raise
        return error
    return None


@page
def publication(request: HttpRequest, key: str) -> HttpResponse:
    """One table; for officials with its audit and what may be done with it."""
    who = viewer(request)
    table = visible_table(who, key)
    refusal = None
    if request.method == "POST":
        refusal = _decide(request, who, table)
        if refusal is None:
            return redirect("publication", key)
        table.refresh_from_db()
    return render(request, "publication/table.html", _content(who, table, refusal))


def _content(who: Viewer, table: PublishedTable, refusal: JiqunError | None) -> dict[str, Any]:
    facts = store()
    names = names_of(facts, scope_of(table))
    shown = html_table(
        fields_of(table), rows_of(table, names), caption=pick(table.title_zh, table.title_en),
        empty={"message": ""}, export_href=reverse("publication-xlsx", args=[table.key]),
    )  # fmt: skip
    _say_withheld(shown)
    content: dict[str, Any] = {
        "title": pick(table.title_zh, table.title_en), "one": table, "table": shown,
        "place_name": names.get(table.place, table.place), "data_version": table.snapshot[:12],
        "synthetic": is_synthetic(facts), "refusal": refusal,
    }  # fmt: skip
    if who.firms:
        fields, rows = benchmark(facts, table, who, names)
        content["benchmark"] = html_table(
            fields, rows, caption=_("本企业与已公布的平均"),
            empty={"message": _("本企业所在的单元格没有公布，或本企业没有这项数据。")},
        )  # fmt: skip
    if serves(who, table.place):
        content |= _official(who, table, names)
    return content


def _say_withheld(shown: dict[str, Any]) -> None:
    """Write 未披露 where a figure is withheld: an empty field could be read as zero."""
    for row in shown["rows"]:
        value, count, status = row[-3:]
        if status["badge"] == "undisclosed":
            value["text"] = count["text"] = _("未披露")


def _official(who: Viewer, table: PublishedTable, names: Any) -> dict[str, Any]:
    audit = html_table(
        audited_fields(table), audited_rows(table, names), caption=_("攻击者对每个保密单元格能推算到的范围"),
        empty={"message": _("没有需要保密的单元格。")},
    )  # fmt: skip
    merges = [
        f"{names.get(one['first'], one['first'])} + {names.get(one['second'], one['second'])}"
        for one in table.parameters["merges"]
    ]
    return {
        "official": True, "counts": counts_of(table), "report": table.report, "audit": audit,
        "merges": merges, "own": table.made_by_id == who.user_id, "note": pick(*(table.parameters["note"] or ("", ""))),
        "nearest": f"{table.report['nearest_share']:.0%}" if table.report["nearest_share"] is not None else "",
    }  # fmt: skip


@page
def publication_xlsx(request: HttpRequest, key: str) -> HttpResponse:
    """The table as a workbook."""
    who = viewer(request)
    table = visible_table(who, key)
    facts = store()
    names = names_of(facts, scope_of(table))
    title = pick(table.title_zh, table.title_en)
    rule = table.parameters["rule"]
    provenance = Provenance(
        title=title,
        scope={pick("地方", "Place"): names.get(table.place, table.place), pick("期间", "Period"): table.period,
               pick("指标", "Measure"): table.measure},
        filters={}, data_version=table.snapshot[:12], rules_version=table.code_version, user=who.name,
        synthetic=is_synthetic(facts),
        notes=[pick(
            f"“未披露”不是零：不足 {rule['minimum']} 家、一家超过 {rule['largest']:.0%}、"
            "或公布后会被推算出来的单元格不公布。",
            f"“Not disclosed” is not zero: cells of fewer than {rule['minimum']} firms, with one above "
            f"{rule['largest']:.0%}, or that would give such a cell away, are withheld.",
        ), f"SHA-256 {table.digest}"],
    )  # fmt: skip
    content = workbook(provenance, [(title, fields_of(table), rows_of(table, names))])
    return download(content, f"{title}.xlsx", XLSX)
