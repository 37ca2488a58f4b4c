"""能享受的政策: a firm's own matches, what it is short of, and a trial with other facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import figure, link
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, html_table, pick
from jiqun.engine.rules.evaluation.explain import explain
from jiqun.errors import Problem
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.matching.calculator import (
    Chance,
    Change,
    chances,
    changed,
    deadlines,
    differences,
    facts_to_change,
)
from jiqun.modules.policy.matching.findings import Matched
from jiqun.modules.policy.matching.rule_set import RuleSet
from jiqun.modules.policy.matching.selectors import MANUAL, MISSING, YES, own_match
from jiqun.modules.policy.matching.shown import (
    TITLE_BADGES,
    VERDICT_BADGES,
    amount_words,
    gap_words,
    missing_words,
    tree_of,
    verdict_words,
)

Row = dict[str, Any]
TITLE = Field("title", "政策", "Policy", link="href")
OFFICE = Field("office", "谁来办", "Who decides")
UNTIL = Field("until", "截至", "Until", "date")
CAN = (TITLE, Field("amount", "金额", "Amount"), Field("way", "怎么享受", "How"), OFFICE, UNTIL)
TITLES = (TITLE, Field("way", "结论", "Answer"), OFFICE, UNTIL)
SHORT = (
    TITLE,
    Field("short", "差的条件", "Short of"),
    Field("gap", "差多少", "Gap"),
    OFFICE,
    UNTIL,
)
LACK = (TITLE, Field("missing", "缺哪项数据（由谁掌握）", "Missing (held by)"), OFFICE, UNTIL)
TRIAL = (
    TITLE, Field("before", "现在", "Now"), Field("after", "改后", "Then"), Field("amount", "金额", "Amount"),
)  # fmt: skip
CALENDAR = (Field("day", "最后一天", "Last day", "date"), TITLE, OFFICE)
MOST = 8  # facts of one trial


def _base(rules: RuleSet, chance: Chance) -> Row:
    policy = rules.entries[chance.key].policy
    until = policy.window[1] if policy.window else policy.end
    return {
        "title": policy.title, "href": reverse("policy-own-why", args=[chance.key]),
        "office": policy.department, "until": until,
        "way": pick("免申即享：确认后拨付", "without application") if policy.automatic
        else pick("须申报", "on application"),
        "amount": amount_words(chance.explanation.fen, chance.verdict) or "—",
    }  # fmt: skip


def _groups(one: Matched, options: Sequence[Chance]) -> list[dict[str, Any]]:
    rules = one.rules
    paying = [c for c in options if rules.pays(c.key)]
    others = [c for c in options if not rules.pays(c.key) and rules.packs[c.key].wording != "兑付"]
    can = [_base(rules, c) for c in paying if c.verdict == YES]
    by_hand = [
        _base(rules, c) | {"amount": pick("核验后确定", "after verification")}
        for c in paying if c.verdict == MANUAL
    ]  # fmt: skip
    near = [_base(rules, c) | _short(one, c) for c in paying if c.short is not None]
    lack = [
        _base(rules, c) | {"missing": missing_words(c.explanation.missing)}
        for c in paying if c.verdict == MISSING
    ]  # fmt: skip
    titles = [
        _base(rules, c) | {"way": verdict_words(rules, c.key, c.verdict), "amount": "—",
                           "way_badge": TITLE_BADGES[str(c.verdict)]}
        for c in others if c.verdict in {YES, MANUAL, MISSING} or c.short is not None
    ]  # fmt: skip
    return [
        _table(CAN, can, ("可以享受", "You can get"), ("目前没有条件全部满足的政策", "Nothing is met in full yet")),
        _table(CAN, by_hand, ("条件已满足，待主管部门核验", "Waiting for verification"), ("没有", "None")),
        _table(SHORT, near, ("差一点：只差一个条件", "One condition short"), ("没有只差一条的政策", "None")),
        _table(LACK, lack, ("缺数据，暂不能判定", "Undetermined: data missing"), ("没有", "None")),
        _table(TITLES, titles, ("称号与划型：差距与机会", "Titles and classes"), ("没有", "None")),
    ]  # fmt: skip


def _short(one: Matched, chance: Chance) -> Row:
    part = chance.short
    if part is None:
        return {}
    column = part.facts[0].column if part.facts else ""
    return {"short": part.text, "gap": gap_words(one.found.program, column, part.gap) or "—"}


def _table(
    fields: tuple[Field, ...], rows: list[Row], caption: tuple[str, str], empty: tuple[str, str]
) -> dict[str, Any]:
    return html_table(fields, rows, caption=pick(*caption), empty={"message": pick(*empty)})


def _asked(request: HttpRequest) -> dict[str, str]:
    """Facts of a trial: pairs ``fact`` and ``value`` of the address, empty ones left out."""
    pairs = zip(request.GET.getlist("fact"), request.GET.getlist("value"), strict=False)
    return {
        fact[:80]: value.strip()[:80]
        for fact, value in list(pairs)[:MOST]
        if fact and value.strip()
    }


@require_GET
@page
def own_policies(request: HttpRequest) -> HttpResponse:
    """What the viewer's firm can get, is short of, and until when; with a trial."""
    who, facts = viewer(request), store()
    one = own_match(facts, who, event=timezone.localdate())
    options = chances(one)
    asked = _asked(request)
    problems: list[Problem] = []
    trial: dict[str, Any] | None = None
    if asked:
        other, problems = changed(one, asked)
        trial = _table(
            TRIAL, [_change(one.rules, c) for c in differences(one, other)],
            ("试算：改动后的变化", "Trial: what changes"), ("没有变化", "Nothing changes"),
        )  # fmt: skip
    policies = {c.key: c for c in options}
    calendar = [_base(one.rules, policies[key]) | {"day": day}
                for day, key in deadlines(one, options) if one.rules.pays(key)]  # fmt: skip
    return render(request, "policy/own.html", {
        "title": pick("能享受的政策", "Policies for your firm"), "firm": one.gathered.firms.row(0, named=True),
        "figures": _figures(one, options), "groups": _groups(one, options),
        "calendar": _table(CALENDAR, calendar, ("时间表", "Calendar"), ("没有截止日期", "No deadlines")),
        "trial": trial, "problems": problems, "asked": asked,
        "choices": facts_to_change([c for c in options if one.rules.pays(c.key)])[:40],
        "synthetic": is_synthetic(facts),
    })  # fmt: skip


def _figures(one: Matched, options: Sequence[Chance]) -> list[dict[str, str]]:
    paying = [c for c in options if one.rules.pays(c.key)]
    met = [c for c in paying if c.verdict == YES]
    total = sum(c.explanation.fen or 0 for c in met)
    return [
        figure(("可以享受", "You can get"), str(len(met)), pick("项", "policies")),
        figure(("合计", "In all"), yuan(total), pick("元（叠加与预算规则适用前）", "CNY, before stacking and budget")),
        figure(("差一点", "One short"), str(sum(c.short is not None for c in paying)), pick("项", "policies")),
        figure(("缺数据", "Data missing"), str(sum(c.verdict == MISSING for c in paying)), pick("项", "policies")),
    ]  # fmt: skip


def _change(rules: RuleSet, one: Change) -> Row:
    return {
        "title": rules.entries[one.key].policy.title, "href": reverse("policy-own-why", args=[one.key]),
        "before": verdict_words(rules, one.key, one.before[0]), "before_badge": VERDICT_BADGES[str(one.before[0])],
        "after": verdict_words(rules, one.key, one.after[0]), "after_badge": VERDICT_BADGES[str(one.after[0])],
        "amount": amount_words(one.after[1], one.after[0]) or "—",
    }  # fmt: skip


@require_GET
@page
def own_why(request: HttpRequest, key: str) -> HttpResponse:
    """Why the viewer's firm has its verdict on a policy."""
    who, facts = viewer(request), store()
    one = own_match(facts, who, event=timezone.localdate())
    position = one.rules.position(key)
    title = one.rules.rule(key).policy.title
    return render(request, "policy/why.html", {
        "title": title, "firm": one.gathered.firms.row(0, named=True),
        "tree": tree_of(explain(one.found, position, 0), one.rules, title),
        "facts": [(pick("规则适用日", "Day of the rules"), str(timezone.localdate())),
                  (pick("规则版本", "Rules"), f"policy/{one.rules.digest}"),
                  (pick("政策", "Policy"), key)],
        "synthetic": is_synthetic(facts),
        "crumb": link(("能享受的政策", "Policies for your firm"), reverse("policy-own-match")),
    })  # fmt: skip
