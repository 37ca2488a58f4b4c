"""One policy as officials see it: conditions with clauses, terms, firms; to the list of items, to a batch."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, ask, asks_purpose, link, note, press, show, table
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
    firm_rows,
    match_view,
)
from jiqun.modules.policy.matching.shown import (
    MARKS,
    VERDICT_BADGES,
    amount_words,
    gap_words,
    verdict_words,
)
from jiqun.modules.policy.models import Item
from jiqun.modules.policy.pages.forms import office_form

CONDITIONS = (
    Field("number", "编号", "No."), Field("text", "条件", "Condition"),
    Field("clause", "依据条款", "Clause"), Field("mark", "核对", "Mark"), Field("note", "说明", "Note"),
)  # fmt: skip
DECIDED = (
    Field("name", "企业", "Firm", link="href"), Field("verdict", "结论", "Verdict"), Field("amount", "金额", "Amount"),
)  # fmt: skip
CLOSE = (
    Field("name", "企业", "Firm", link="href"), Field("near", "差的条件", "Short of"), Field("gap", "差多少", "Gap"),
)  # fmt: skip
MOST = 50  # firms one condition short, the nearest first


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
    if rules.pays(key) and policy.automatic and not rule.manual:
        parts += _next_steps(who, view, key)
    parts += _firms(view, who, key)
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
        return asks_purpose(who)
    rows = sorted(
        firm_rows(view, who, key, (YES, MANUAL, MISSING)),
        key=lambda one: (one["verdict"] != YES, one["gap"] is None, one["gap"] or 0),
    )
    position = view.matched.rules.position(key)
    rule = view.matched.found.program.rules[position]
    columns = {
        number: atom.form.columns[0]
        for number, reference in zip(rule.numbers, rule.conditions, strict=True)
        if reference >> 1 < len(view.matched.found.program.atoms)
        and (atom := view.matched.found.program.atoms[reference >> 1]).kind == "at_least"
    }
    texts = {one.number: one.text for one in rule.policy.conditions}
    shown = [
        {
            "name": row["name"], "href": reverse("policy-match-why", args=[key, row["firm"]]),
            "verdict": verdict_words(view.matched.rules, key, row["verdict"]),
            "verdict_badge": VERDICT_BADGES[str(row["verdict"])],
            "amount": amount_words(row["fen"], row["verdict"]), "near": texts.get(row["near"], ""),
            "gap": gap_words(view.matched.found.program, columns.get(row["near"], ""), row["gap"]),
        }
        for row in rows
    ]  # fmt: skip
    decided = [one for one, row in zip(shown, rows, strict=True) if not row["near"]]
    close = [one for one, row in zip(shown, rows, strict=True) if row["near"]]
    more = (
        pick(f"（前 {MOST} 家，共 {len(close)} 家）", f" (first {MOST} of {len(close)})")
        if len(close) > MOST
        else ""
    )
    return [
        table(("符合或待核实的企业", "Firms that meet it, or are open"), DECIDED, decided,
              ("没有企业符合或待核实", "No firm meets it or is open")),
        table((f"差一条的企业{more}", f"Firms one condition short{more}"), CLOSE, close[:MOST],
              ("没有企业只差一条", "No firm is one condition short")),
    ]  # fmt: skip
