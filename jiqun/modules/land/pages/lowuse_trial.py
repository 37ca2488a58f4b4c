"""门槛试算: other thresholds by address, and how many parcels become low-efficient or no longer are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.audit import read_firms
from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.modules.land.evaluation.words import MARKS
from jiqun.modules.land.lowuse.findings import thresholds_of
from jiqun.modules.land.lowuse.selectors import (
    FIELDS_READ,
    ScreenView,
    code_counts,
    firms_of,
    hidden,
    screen_view,
    verdict_counts,
)
from jiqun.modules.land.lowuse.shown import number_words
from jiqun.modules.land.lowuse.trial import Trial, tells, tried
from jiqun.modules.land.lowuse.words import VERDICTS
from jiqun.modules.land.pages.lowuse import basis, count_words, old

Row = dict[str, Any]
OUTCOME = (
    Field("what", "项目", "What"), Field("now", "现行", "Now"), Field("then", "试算", "Trial"),
)  # fmt: skip
MOVED = (
    Field("parcel", "宗地", "Parcel", link="href"), Field("location", "坐落", "Location"),
    Field("name", "使用权人", "Holder"), Field("change", "变化", "Change"),
)  # fmt: skip
PARAMETERS = (
    Field("name", "参数", "Parameter"), Field("value", "取值", "Value"), Field("range", "可改范围", "Range"),
    Field("mark", "出处", "Rests on"), Field("own", "谁定的", "Set by"),
)  # fmt: skip


@require_GET
@page
def thresholds(request: HttpRequest) -> HttpResponse:
    """Every threshold with its mark; what other ones would change."""
    who = viewer(request)
    view = screen_view(store(), who, request.GET.get("place", ""))
    trial = tried(view, {name: str(value) for name, value in request.GET.items()})
    parts: list[Part] = [*asks_purpose(who), *old(view), _form(view, trial)]
    if trial.changed:
        parts += _outcome(view, trial, who)
    parts.append(table(("全部门槛", "All thresholds"), PARAMETERS, _parameters(view)))
    return show(
        request, ("低效用地门槛试算", "Thresholds of low-efficiency land"), parts=parts, basis=basis(view),
        crumb=link(("低效用地", "Low-efficiency land"), reverse("land-lowuse")),
        lede=pick("改一个门槛，看多少宗地会变成低效、多少不再是；只在本页试算，网址可发给同事。",
                  "Change a threshold and see how many parcels it makes low-efficient; on this page only."),
    )  # fmt: skip


def _form(view: ScreenView, trial: Trial) -> Part:
    now = view.pack.values(thresholds_of(view.run))
    fields: list[Row] = []
    for name, value in trial.values.items():
        one = view.pack.parameters[name]
        fields.append({"name": name, "label": f"{one.mark} {pick(one.zh, one.en)}", "value": f"{value:.4g}",
                       "now": f"{now[name]:.4g}" if name in trial.changed else ""})  # fmt: skip
    return {
        "fields": fields, "problems": trial.problems, "clear": bool(trial.changed),
        "title": pick("换一组门槛", "Other thresholds"), "button": pick("试算", "Try"),
        "words": pick("✔ 已核对原文，✎ 待确认，◆ 本项目提出、由本县确定。比例写小数，0.5 即一半。",
                      "✔ confirmed, ✎ to be confirmed, ◆ for the county to set. Shares as decimals: 0.5 is a half."),
    }  # fmt: skip


def _outcome(view: ScreenView, trial: Trial, who: Viewer) -> list[Part]:
    if not tells(trial, who):
        return [note((
            "变动的宗地不足 5 宗，说明用途后才能看结果：否则反复试算可以推出单宗地的数。",
            ("Fewer than five parcels move; state a purpose to see the result: otherwise a row of trials "
             "would give the figure of one parcel away."),
        ))]  # fmt: skip
    before, after = verdict_counts(view.frame), verdict_counts(trial.after)
    rows = [
        {"what": pick(*VERDICTS[name]), "now": count_words(hidden(before[name], who)),
         "then": count_words(hidden(after[name], who))}
        for name in VERDICTS
    ]  # fmt: skip
    was, now = (code_counts(one, "reasons") for one in (view.frame, trial.after))
    rows += [
        {"what": f"{one.code} {pick(one.zh, one.en)}", "now": count_words(hidden(was.get(one.code, 0), who)),
         "then": count_words(hidden(now.get(one.code, 0), who))}
        for one in view.rules.criteria
        if not one.signal and may_see_firm_rows(who) and was.get(one.code, 0) != now.get(one.code, 0)
    ]  # fmt: skip
    lines = "\n".join(
        f'"{name}" = {value:g}'
        for name, value in {**thresholds_of(view.run), **trial.changed}.items()
    )
    gained, lost = len(trial.gained), len(trial.lost)
    return [
        table(("试算结果", "Outcome"), OUTCOME, rows, hint=(
            f"新增低效 {gained} 宗，不再低效 {lost} 宗。", f"{gained} become low-efficient, {lost} no longer are.")),
        *_moved(view, trial, who),
        note((
            f"如要采用，写入 county.toml 的 [county.screening] 后重新装载并执行 jiqun run lowuse：{lines}",
            f"To adopt, write under [county.screening] in county.toml, load again, run jiqun run lowuse: {lines}",
        ), "info"),
    ]  # fmt: skip


def _moved(view: ScreenView, trial: Trial, who: Viewer) -> list[Part]:
    """Which parcels change, for an official with a purpose."""
    if not may_see_firm_rows(who) or not (trial.gained or trial.lost):
        return []
    words = dict.fromkeys(trial.gained, ("变为低效", "becomes low-efficient"))
    words |= dict.fromkeys(trial.lost, ("不再低效", "no longer is"))
    found = [row for row in view.frame.iter_rows(named=True) if row["parcel"] in words]
    read_firms(who, {firm for row in found for firm in firms_of(row)}, fields=FIELDS_READ)
    rows = [
        {"parcel": row["parcel"], "href": reverse("land-lowuse-parcel", args=[row["parcel"]]),
         "location": row["location"], "name": row["name"], "change": pick(*words[row["parcel"]])}
        for row in found
    ]  # fmt: skip
    return [table(("有变化的宗地", "Parcels that change"), MOVED, rows)]


def _parameters(view: ScreenView) -> list[Row]:
    own = thresholds_of(view.run)
    rows: list[Row] = []
    for name, value in view.pack.values(own).items():
        one = view.pack.parameters[name]
        rows.append({
            "name": pick(one.zh, one.en), "value": number_words(value), "range": f"{one.min:g} – {one.max:g}",
            "mark": f"{one.mark} {pick(*MARKS[one.mark])}", "mark_badge": "good" if one.mark == "✔" else "warning",
            "own": pick("本县", "the county") if name in own else pick("规则包", "the pack"),
        })  # fmt: skip
    return rows
