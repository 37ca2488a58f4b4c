"""Matching as officials see it: every policy, one policy with its firms, one pair with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.items.actions import save_item
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.benefits.selectors import offices_of, pools_of, the_pool
from jiqun.modules.policy.matching.candidates import candidates_of, item_values, payable
from jiqun.modules.policy.matching.selectors import (
    MANUAL,
    MISSING,
    YES,
    MatchView,
    explanation_of,
    firm_rows,
    match_view,
    missing_facts,
    policy_rows,
    reach,
)
from jiqun.modules.policy.matching.shown import (
    MARKS,
    VERDICT_BADGES,
    amount_words,
    gap_words,
    tree_of,
    verdict_words,
)
from jiqun.modules.policy.models import Item
from jiqun.modules.policy.pages.forms import office_form
from jiqun.modules.policy.pages.frame import Part, ask, figure, link, note, press, show, table

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
CONDITIONS = (
    Field("number", "编号", "No."), Field("text", "条件", "Condition"),
    Field("clause", "依据条款", "Clause"), Field("mark", "核对", "Mark"), Field("note", "说明", "Note"),
)  # fmt: skip
FIRMS = (
    Field("name", "企业", "Firm", link="href"), Field("verdict", "结论", "Verdict"),
    Field("amount", "金额", "Amount"), Field("near", "差的条件", "Short of"), Field("gap", "差多少", "Gap"),
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


def _basis(view: MatchView) -> list[tuple[str, str]]:
    run = view.run
    return [
        (pick("规则适用日", "Day of the rules"), str(view.event)),
        (pick("企业", "Firms"), f"{view.matched.gathered.firms.height:,}"),
        (pick("运行", "Run"), run.run), (pick("数据快照", "Snapshot"), run.snapshot[:12]),
        (pick("规则版本", "Rules"), run.rules_version), (pick("程序版本", "Code"), run.code_version),
    ]  # fmt: skip


def _asks_purpose(who: Viewer) -> list[Part]:
    if may_see_firm_rows(who):
        return []
    return [note((
        "这里只有汇总，不足 5 家的数不显示。要看具体企业，请先在“用途与授权”说明用途；每次查看留痕，企业看得到。",
        ("Only sums here; counts below five are not shown. To see firms, state a purpose first "
         "(Purposes and consent); each look is logged and the firm sees it."),
    ), "info")]  # fmt: skip


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
    parts: list[Part] = [*_asks_purpose(who)]
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
        request, ("政策匹配", "Matching of policies"), figures=_sums(rows), facts=_basis(view), parts=parts,
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


@require_http_methods(["GET", "POST"])
@page
def one_policy(request: HttpRequest, key: str) -> HttpResponse:
    """One policy: its conditions with clauses, its terms, its firms; to the list of items, to a batch."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    rules = view.matched.rules
    rule, entry = rules.rule(key), rules.entries[key]
    policy, refusal = rule.policy, None
    if request.method == "POST":
        made: list[str] = []
        refusal = press(request, {
            "list": lambda: made.append(_listed(who, view, key, request.POST)),
            "batch": lambda: made.append(_opened(who, view, key, request.POST)),
        })  # fmt: skip
        if refusal is None:
            return redirect(made[0])
    parts: list[Part] = []
    if entry.open:
        parts.append(note((
            f"样例条款，本县未采用：{'、'.join(entry.open)}待填写，填写并通过审查之前不能兑付。",
            f"A model that is not adopted here: {len(entry.open)} thing(s) are open; nothing is paid before.",
        )))  # fmt: skip
    parts.append(table(
        ("条件", "Conditions"), CONDITIONS,
        [{"number": c.number, "text": c.text, "clause": c.clause or "—", "note": c.note,
          "mark": f"{c.mark} {pick(*MARKS[c.mark])}" if c.mark else ""} for c in policy.conditions],
        ("没有条件", "No conditions"),
    ))  # fmt: skip
    parts += _firms(view, who, key)
    if rules.pays(key) and policy.automatic and not rule.manual:
        parts += _next_steps(who, view, key)
    return show(
        request, (policy.title, policy.title), small=key, parts=parts, refusal=refusal,
        crumb=link(("政策匹配", "Matching of policies"), reverse("policy-match")),
        facts=_terms(view, key),
    )  # fmt: skip


def _listed(who: Viewer, view: MatchView, key: str, data: Any) -> str:
    department = int(data.get("department") or 0)
    item = save_item(
        viewer=who, department=department, place=view.place, values=item_values(view.matched.rules, key)
    )  # fmt: skip
    return reverse("policy-item", args=[item.pk])


def _opened(who: Viewer, view: MatchView, key: str, data: Any) -> str:
    policy = view.matched.rules.entries[key].policy
    done = open_batch(
        viewer=who, title=f"{policy.title} {view.event.year}", place=view.place,
        department=int(data.get("department") or 0), pool=the_pool(who, str(data.get("pool") or "")),
        candidates=candidates_of(view, who, key), key=f"match {view.run.run} {key}",
    )  # fmt: skip
    return reverse("policy-batch", args=[done["batch"]])


def _next_steps(who: Viewer, view: MatchView, key: str) -> list[Part]:
    """To the list of items first; once another official has declared it, to a batch."""
    policy = view.matched.rules.entries[key].policy
    offices, pools = offices_of(who), [one for one, _ in pools_of(who)]
    item = Item.objects.visible_to(who).of(view.place, policy.number, policy.version)
    if not offices:
        return []
    if item is None:
        return [ask(
            ("列入事项清单", "To the list of items"), [("list", ("登记为事项", "List as an item"))],
            office_form(offices),
            ("按政策文本带出名称、条款、条件和标准；由另一位官员审定后才能兑付。",
             "Name, clauses, conditions and amount come from the document; another official declares it."),
        )]  # fmt: skip
    if not item.fit:
        return [
            note(
                ("已登记为事项，待另一位官员审定。", "Listed; another official has to declare it."),
                "info",
            )
        ]
    if not may_see_firm_rows(who) or not pools:
        return [note(("说明用途并有资金池后，可转为兑付批次。",
                      "With a stated purpose and a fund this becomes a batch."), "info")]  # fmt: skip
    due = payable(view, key)
    count, total = due.height, yuan(int(due["due"].sum()))
    return [ask(
        ("转为兑付批次", "To a batch"), [("batch", ("转为批次", "Open a batch"))],
        office_form(offices, pools),
        (f"{count} 家企业，合计 {total} 元；暂定的和待核实的不转。",
         f"{count} firms, {total} CNY in all; what is provisional or open stays."),
    )]  # fmt: skip


def _terms(view: MatchView, key: str) -> list[tuple[str, str]]:
    entry, pack = view.matched.rules.entries[key], view.matched.rules.packs[key]
    policy = entry.policy
    budget = f"{yuan(policy.budget.fen)} {pick('元', 'CNY')}" if policy.budget else ""
    return [
        (pick("文件", "Document"), f"{policy.issuer} {policy.document}".strip() or pack.source),
        (pick("主管部门", "Office"), policy.department),
        (pick("有效期", "In force"), f"{policy.start} – {policy.end or pick('未定', 'open')}"),
        (pick("享受方式", "How it is had"), pick("免申即享", "without application")
         if policy.automatic else pick("须申报", "on application")),
        (pick("年度预算", "Budget"), budget),
        (pick("依据", "Rests on"), f"{entry.mark} {pick(*MARKS.get(entry.mark, ('', '')))} {entry.seen}"),
        (pick("公平竞争审查", "Fair-competition review"),
         f"{policy.fairness.conclusion} {policy.fairness.number}" if policy.fairness
         else pick("没有记录", "no record")),
    ]  # fmt: skip


def _firms(view: MatchView, who: Viewer, key: str) -> list[Part]:
    if not may_see_firm_rows(who):
        return _asks_purpose(who)
    rows = firm_rows(view, who, key, (YES, MANUAL, MISSING))
    position = view.matched.rules.position(key)
    rule = view.matched.found.program.rules[position]
    columns = {
        number: atom.form.columns[0]
        for number, reference in zip(rule.numbers, rule.conditions, strict=True)
        if reference >> 1 < len(view.matched.found.program.atoms)
        and (atom := view.matched.found.program.atoms[reference >> 1]).kind == "at_least"
    }
    shown = [
        {
            "name": row["name"], "href": reverse("policy-match-why", args=[key, row["firm"]]),
            "verdict": verdict_words(view.matched.rules, key, row["verdict"]),
            "verdict_badge": VERDICT_BADGES[str(row["verdict"])],
            "amount": amount_words(row["fen"], row["verdict"]), "near": row["near"],
            "gap": gap_words(view.matched.found.program, columns.get(row["near"], ""), row["gap"]),
        }
        for row in sorted(rows, key=lambda one: (one["verdict"] != YES, one["near"] == ""))
    ]  # fmt: skip
    return [
        table(
            ("企业", "Firms"), FIRMS, shown, ("没有企业符合或接近", "No firm meets it or is near")
        )
    ]


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
        "facts": _basis(view), "synthetic": is_synthetic(store()),
        "crumb": link((title, title), reverse("policy-match-one", args=[key])),
    })  # fmt: skip
