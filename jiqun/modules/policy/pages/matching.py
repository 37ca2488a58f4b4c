"""Matching as officials see it: every policy, one policy with its firms, one pair with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.matching.selectors import (
    MatchView,
    explanation_of,
    match_view,
    missing_facts,
    policy_rows,
    reach,
)
from jiqun.modules.policy.matching.shown import (
    tree_of,
)

Row = dict[str, Any]
COUNTS = (
    Field("yes", "符合", "Met", about_zh="机器核对的条件全部满足", about_en="all machine-checked conditions hold"),
    Field("manual", "待人工", "By hand", about_zh="只差主管部门人工核验",
          about_en="only a person's verification is open"),
    Field("missing", "缺数据", "No data", about_zh="有事实未知，不能判定", about_en="a fact is unknown"),
    Field("near", "差一条", "One short", about_zh="只有一个条件不满足", about_en="fails exactly one condition"),
)  # fmt: skip
POLICIES = (
    Field("title", "政策", "Policy", link="href"), Field("state", "状态", "State"),
    *COUNTS,
    Field("fen", "应兑付", "Due", unit="元"), Field("paid", "已兑付", "Paid", unit="元"),
    Field("department", "主管部门", "Office"), Field("end", "有效期至", "Until", "date"),
)  # fmt: skip
OTHERS = (POLICIES[0], POLICIES[1], *COUNTS, Field("department", "主管部门", "Office"))
BLOCKERS = (
    Field("column", "缺少的事实", "Missing fact"), Field("owner", "由谁掌握", "Held by"),
    Field("alone", "仅因它不能判定", "Blocks alone", "integer", unit="对"),
    Field("any", "涉及", "Blocks with others", "integer", unit="对"),
    Field("money", "涉及金额", "Money", unit="元"),
)  # fmt: skip
REACH = (
    Field("place", "乡镇", "Town"), Field("scale", "规模", "Size"),
    Field("firms", "企业", "Firms", "integer", unit="家"),
    Field("entitled", "应享", "Entitled", "integer", unit="家"), Field("due", "应兑付", "Due", unit="元"),
    Field("paid", "已享", "Paid", "integer", unit="家"), Field("paid_sum", "已兑付", "Paid sum", unit="元"),
)  # fmt: skip
SCALES = {
    "large": ("大型", "large"), "medium": ("中型", "medium"), "small": ("小型", "small"),
    "micro": ("微型", "micro"), "": ("未知", "unknown"),
}  # fmt: skip
FEW = ("1–4", "1–4")


def _count(value: int | None) -> str:
    return pick(*FEW) if value is None else f"{value:,}"


def _state(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["pays"]:
        way = (
            ("免申即享", "without application")
            if row["automatic"]
            else ("须申报", "on application")
        )
        return pick(*way), "good"
    if row["pack"].wording != "兑付":
        return pick("资质认定", "title or class"), "plain"
    return pick("样例，未采用", "model, not adopted"), "undisclosed"


def _policy_row(row: Row) -> Row:
    words, badge = _state(row)
    return {
        "title": row["title"], "href": reverse("policy-match-one", args=[row["policy"]]),
        "state": words, "state_badge": badge,
        **{name: _count(row[name]) for name in ("yes", "manual", "missing", "near")},
        "fen": ("—" if not row["pays"] else pick("不足 5 家不显示", "fewer than 5")
                if row["fen"] is None else yuan(row["fen"])),
        "fen_note": pick(f"另有 {row['unpriced']} 家金额待核", f"{row['unpriced']} not priced")
        if row["pays"] and row["unpriced"] else "",
        "paid": "—" if not row["pays"] or row["paid"] is None else yuan(row["paid"]),
        "department": row["department"], "end": row["end"],
    }  # fmt: skip


def _sums(rows: list[Row]) -> list[dict[str, str]]:
    paying = [row for row in rows if row["pays"]]
    due = sum(row["fen"] or 0 for row in paying)
    closed = any(row["paid"] is None for row in paying)
    paid = "—" if closed else yuan(sum(row["paid"] for row in paying))
    unit = ("说明用途后显示", "shown for a purpose") if closed else ("元", "CNY")
    hidden = any(row["fen"] is None for row in paying)
    at_least = pick("元以上（不足 5 家的未计）", "CNY or more") if hidden else pick("元", "CNY")
    without = sum(1 for row in paying if row["yes"] == 0)
    return [
        figure(("本县政策", "Policies here"), str(len(paying)), pick("项", "in all")),
        figure(("应兑付", "Due"), yuan(due), at_least),
        figure(("已兑付", "Paid"), paid, pick(*unit)),
        figure(("没有企业符合", "Without a hit"), str(without), pick("项", "policies")),
    ]


def basis_of(view: MatchView) -> list[tuple[str, str]]:
    """What a stored run was computed from, as facts of a page."""
    run = view.run
    return [
        (pick("规则适用日", "Day of the rules"), str(view.event)),
        (pick("企业", "Firms"), f"{view.matched.gathered.firms.height:,}"),
        (pick("运行", "Run"), run.run), (pick("数据快照", "Snapshot"), run.snapshot[:12]),
        (pick("规则版本", "Rules"), run.rules_version), (pick("程序版本", "Code"), run.code_version),
    ]  # fmt: skip


@require_GET
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Every policy with how many firms meet it; what is missing; who is reached."""
    who, facts = viewer(request), store()
    view = match_view(facts, who, request.GET.get("place", ""))
    rows = policy_rows(view, who)
    missing = [
        {"column": one.column, "owner": one.owner, "alone": one.alone, "any": one.any,
         "money": yuan(one.fen) if one.fen else "—"}
        for one in missing_facts(view)[:20]
    ]  # fmt: skip
    parts: list[Part] = [*asks_purpose(who)]
    parts += [note(one) for one in view.matched.gathered.notes]
    ours = [_policy_row(row) for row in rows if row["pays"]]
    others = [_policy_row(row) for row in rows if not row["pays"]]
    parts.append(table(
        ("本县的政策", "Policies of this place"), POLICIES, ours,
        ("没有在有效期内的政策", "No policy is in force"),
    ))  # fmt: skip
    parts.append(table(
        ("缺哪些数据，卡住多少判定", "Missing facts by what they block"), BLOCKERS, missing,
        ("没有缺少的数据", "Nothing is missing"),
    ))  # fmt: skip
    if may_see_firm_rows(who):
        parts.append(table(
            ("谁享受到了：按乡镇和规模", "Who is reached, by town and size"), REACH, _reach_rows(view, who),
            ("没有企业", "No firms"),
        ))  # fmt: skip
    parts.append(table(
        ("样例条款、称号与划型：只看差距，不兑付", "Models, titles and classes: nothing is paid"),
        OTHERS, others, ("没有", "None"),
    ))  # fmt: skip
    return show(
        request, ("政策匹配", "Matching of policies"), figures=_sums(rows), facts=basis_of(view), parts=parts,
        lede=pick("每家企业、每项政策：符合、不符合，还是因为缺哪项数据而不能判定。",
                  "For every firm and policy: met, not met, or undetermined for want of which fact."),
    )  # fmt: skip


def _reach_rows(view: MatchView, who: Viewer) -> list[Row]:
    names = dict(store().polars("place", ["place", "name_zh"]).iter_rows())
    return [
        row | {
            "place": names.get(row["place"], row["place"]), "scale": pick(*SCALES[row["scale"]]),
            "due": yuan(row["fen"]), "paid_sum": yuan(row["paid_fen"]),
        }
        for row in reach(view, who).iter_rows(named=True)
    ]  # fmt: skip


@require_GET
@page
def why(request: HttpRequest, key: str, firm: str) -> HttpResponse:
    """Why a firm has its verdict on a policy, opened to the clause and the fact."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    found, row = explanation_of(view, who, key, firm)
    title = view.matched.rules.rule(key).policy.title
    return render(request, "policy/why.html", {
        "title": title, "firm": row, "tree": tree_of(found, view.matched.rules, title),
        "facts": basis_of(view), "synthetic": is_synthetic(store()),
        "crumb": link((title, title), reverse("policy-match-one", args=[key])),
    })  # fmt: skip
