"""What every page of land is made of: head, figures, facts, then parts in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.tabular import Field, html_table, pick
from jiqun.modules.land.evaluation.selectors import GradedView
from jiqun.modules.land.evaluation.shown import parameters
from jiqun.modules.land.evaluation.words import MARKS

Words = tuple[str, str]
Part = Mapping[str, Any]


def link(
    words: Words, href: str, *, main: bool = False, purpose: Words = ("", "")
) -> dict[str, Any]:
    """A link of the page's head; with a purpose it asks for one first."""
    return {"label": pick(*words), "href": href, "main": main, "purpose": pick(*purpose)}


def figure(words: Words, value: str, unit: str = "") -> dict[str, str]:
    """A figure of the page's head with its unit."""
    return {"label": pick(*words), "value": value, "unit": unit}


def table(
    caption: Words,
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    empty: Words = ("没有", "None"),
    *,
    export: str = "",
    hint: Words = ("", ""),
) -> Part:
    """A part that is a table."""
    made = html_table(
        fields, rows, caption=pick(*caption), empty={"message": pick(*empty)}, export_href=export
    )
    return {"table": made | {"note": pick(*hint)}}


def note(words: Words, level: str = "info") -> Part:
    """A part that says something."""
    return {"note": pick(*words), "level": level}


def heading(words: Words, about: Words = ("", "")) -> Part:
    """A part that begins a new subject."""
    return {"heading": pick(*words), "about": pick(*about)}


def asks_purpose(who: Viewer) -> list[Part]:
    """What to say to an official who has stated no purpose."""
    if may_see_firm_rows(who):
        return []
    return [note((
        "这里只有汇总，不足 5 家的数不显示。要看具体企业，请先在“用途与授权”说明用途；每次查看留痕，企业看得到。",
        ("Only sums here; counts below five are not shown. To see firms, state a purpose first "
        "(Purposes and consent); each look is logged and the firm sees it."),
    ))]  # fmt: skip


def basis(view: GradedView) -> list[tuple[str, str]]:
    """From what everything on the page was computed."""
    run, pack = view.run, view.graded.pack
    return [
        (pick("规则", "Rules"), pick(pack.title["zh"], pack.title["en"])),
        (pick("出处", "Source"), pick(pack.source["zh"], pack.source["en"])),
        (pick("数据年度", "Year of the data"), view.year),
        (pick("规则版本", "Rule pack"), run.rules_version),
        (pick("运行", "Run"), run.run), (pick("数据快照", "Snapshot"), run.snapshot[:12]),
        (pick("程序版本", "Code"), run.code_version),
        (pick("结果摘要", "Digest of the result"), str(run.params["digest"])[:16]),
    ]  # fmt: skip


def other_year(view: GradedView) -> list[Part]:
    """Say when the rules were published for another year than the figures are of."""
    made = view.graded.pack.scheme.year
    if str(made) == view.year:
        return []
    return [note((
        f"所用规则包是 {made} 年度公布的，这里套用于 {view.year} 年数据；正式评价须换成本地当年的规则包。",
        (f"The rule pack was published for {made} and is applied to figures of {view.year}; an official "
        "evaluation needs the place's own pack of the year."),
    ), "warning")]  # fmt: skip


def unconfirmed(view: GradedView) -> list[Part]:
    """Say how many parameters rest on something else than the document."""
    found = [mark for _, _, mark in parameters(view.graded.pack.version)]
    counts = {mark: found.count(mark) for mark in MARKS}
    zh = "，".join(f"{mark} {MARKS[mark][0]} {count} 项" for mark, count in counts.items() if count)
    en = ", ".join(f"{mark} {MARKS[mark][1]}: {count}" for mark, count in counts.items() if count)
    level = "warning" if counts["✎"] or counts["◆"] or counts["◐"] else "info"
    return [note((f"规则参数的出处：{zh}。", f"What the parameters rest on: {en}."), level)]


def show(
    request: HttpRequest, title: Words, *, parts: Sequence[Part] = (), **more: Any
) -> HttpResponse:
    """Draw a page; ``more`` is small, lede, crumb, links, figures, facts."""
    context = {"title": pick(*title), "parts": parts, "synthetic": is_synthetic(store()), **more}
    return render(request, "land/page.html", context)
