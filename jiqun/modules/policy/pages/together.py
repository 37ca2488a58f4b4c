"""兑付测算 of all policies at once, and the planner's tables as workbooks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import Viewer, forbidden, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, seek, show, table
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, Provenance, pick, workbook
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.money import fen_of, yuan
from jiqun.modules.policy.matching.selectors import MatchView, match_view
from jiqun.modules.policy.pages.forms import Plain
from jiqun.modules.policy.pages.matching import basis_of
from jiqun.modules.policy.pages.plans import (
    ADVISORY,
    CURVE,
    LIST,
    TRIAL,
    WAYS,
    WORTHS,
    address,
    asked_of,
    curve_rows,
    enough,
    need_rows,
    proof_of,
    trial_of,
    trial_rows,
    way_rows,
)
from jiqun.modules.policy.planning.plans import FIRMS, MOST_FEN, ORDERS, SEED, advised, ranks_of
from jiqun.modules.policy.planning.together import Share, Together, planned_together

Row = dict[str, Any]
SHARES = (
    Field("title", "政策", "Policy", link="href"), Field("budget", "年度预算", "Budget", "money_yuan"),
    Field("need", "全部足额需要", "Needed in full", "money_yuan"),
    Field("entitled", "应享企业", "Entitled", "integer", unit="家"),
    Field("firms", "受益企业", "Firms", "integer", unit="家"), Field("spent", "用去", "Spent", "money_yuan"),
    Field("value", "价值", "Worth"),
    Field("bound", "单独最多", "At most alone", about_zh="已证明：这项政策单用自己的预算，价值不会更高",
          about_en="proven: within its own budget this policy alone is worth no more"),
    Field("gap", "差距", "Gap"), Field("open", "待核实", "Open", "integer", unit="家"),
    Field("state", "够不够", "Enough?"), Field("seconds", "用时", "Time", unit="秒"),
)  # fmt: skip
COUNTED = WORTHS | {FIRMS: ("获奖补的项次数", "number of awards")}  # a firm may get several
DEFINITIONS = (
    (("证明的上界", "Proven bound"), ("在同样的限额内，任何分法的价值都不超过它",
                                 "no plan within the same limits is worth more")),
    (("差距", "Gap"), ("1 − 价值 ÷ 上界；为 0 表示已证明最优", "1 − worth ÷ bound; 0 is proven best")),
    (("应享企业", "Entitled"), ("机器核对的条件全部满足且金额已知；待核实的只计数、不参加测算",
                           "conditions met and amount known; undetermined firms are counted, not planned with")),
    (("先到先得", "First come"), (f"{ORDERS} 个随机先后的平均，种子 {SEED}",
                             f"mean of {ORDERS} random orders, seed {SEED}")),
)  # fmt: skip
Sheet = tuple[str, tuple[Field, ...], list[Row]]


@require_GET
@page
def together(request: HttpRequest) -> HttpResponse:
    """One plan over every paying policy under their budgets."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    parts: list[Part] = [note(ADVISORY, "info"), *asks_purpose(who)]
    figures: list[dict[str, str]] = []
    refusal: JiqunError | None = None
    if may_see_firm_rows(who):
        pot, worth, refusal = _asked(request)
        found = planned_together(view.matched, worth, pot_fen=pot)
        figures = _figures(found, worth)
        parts += [
            seek(("测算", "Plan"), _form(pot, worth), ("测算", "Plan")),
            *_parts(request, view, found, worth),
        ]
    return show(
        request, ("所有政策一起测算", "All policies at once"), facts=basis_of(view), parts=parts, figures=figures,
        refusal=refusal, crumb=link(("兑付测算", "Planning"), reverse("policy-plan")),
        lede=pick("各项政策按自己的预算、同一互斥组只享一项，一起求一个最优方案；也可以再给一个总盘子。",
                  "One plan under all budgets; of an exclusive group a firm gets one. A pot for all may be added."),
    )  # fmt: skip


def _asked(request: HttpRequest) -> tuple[int | None, str, JiqunError | None]:
    written, worth = request.GET.get("pot", "").strip()[:30], request.GET.get("worth", FIRMS)
    pot, refusal = fen_of(written) if written else None, None
    if written and (pot is None or not 0 <= pot <= MOST_FEN):
        pot = None
        refusal = JiqunError("E-INPUT", f"总盘子“{written}”不是金额", f"{written!r} is no amount",
                             hint_zh="以元计，最多两位小数。", hint_en="In yuan, two decimals at most.")  # fmt: skip
    return pot, worth if worth in COUNTED else FIRMS, refusal


def _form(pot: int | None, worth: str) -> Plain:
    return Plain({
        "pot": forms.CharField(label=pick("总盘子（元），不填则只受各项预算限制", "One pot for all (CNY), if any"),
                               max_length=30, required=False),
        "worth": forms.ChoiceField(label=pick("价值按什么算", "Worth"),
                                   choices=[(value, pick(*words)) for value, words in COUNTED.items()]),
    }, {"pot": "" if pot is None else yuan(pot), "worth": worth})  # fmt: skip


def _figures(found: Together, worth: str) -> list[dict[str, str]]:
    return [
        figure(("受益企业", "Firms"), f"{found.firms:,}", pick("家（去重）", "distinct")),
        figure(("用去", "Spent"), yuan(found.fen), pick("元", "CNY")),
        figure(("价值", "Worth"), _said(found.value, worth)),
        figure(("与证明的上界相差", "Below the proven bound"), f"{found.gap:.3%}",
               pick(f"用时 {found.seconds:.1f} 秒", f"in {found.seconds:.1f} s")),
    ]  # fmt: skip


def _said(value: float, worth: str) -> str:
    """Awards are counted here, not firms: a firm may get several."""
    if worth == FIRMS:
        return f"{value:,.0f} {pick('项次', 'awards')}"
    return f"{value:,.2f} {pick('元', 'CNY')}"


def _parts(request: HttpRequest, view: MatchView, found: Together, worth: str) -> list[Part]:
    export = address("policy-plan-together-xlsx", request)
    empty = ("没有可兑付的政策", "No policy pays here")
    return [
        table(("各项政策在方案里", "What the plan gives of each policy"), SHARES, _rows(view, found, worth), empty,
              export),
        note(_proof(found, worth), "info"),
    ]  # fmt: skip


def _proof(found: Together, worth: str) -> tuple[str, str]:
    most = _said(found.bound, worth)
    return (
        (f"已证明：在这些限额内，任何分法都不超过 {most}；所列方案与它相差 {found.gap:.3%}"
         f"（{found.pairs:,} 对企业与政策）。"),
        (f"Proven: within these limits no plan is worth more than {most}; this one is within {found.gap:.3%} "
         f"({found.pairs:,} pairs)."),
    )  # fmt: skip


def _rows(view: MatchView, found: Together, worth: str) -> list[Row]:
    return [_row(view, one, worth) for one in found.shares]


def _row(view: MatchView, one: Share, worth: str) -> Row:
    return {
        "title": view.matched.rules.entries[one.key].policy.title, "href": reverse("policy-plan-one", args=[one.key]),
        "budget": one.budget_fen, "need": one.need_fen, "entitled": one.entitled, "firms": one.firms,
        "spent": one.fen, "value": _said(one.value, worth), "bound": _said(one.bound, worth),
        "gap": f"{one.gap:.2%}", "open": one.open, "seconds": f"{one.seconds:.2f}",
        **enough(one.need_fen, one.budget_fen, one.open),
    }  # fmt: skip


# ---- workbooks ----------------------------------------------------------------------------------


def _view(request: HttpRequest) -> tuple[Viewer, MatchView]:
    """Whoever sees the tables on the page takes them along: for a purpose."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    if not may_see_firm_rows(who):
        raise forbidden(
            "导出测算表", "export the planner's tables",
            "请先在“用途与授权”说明用途。", "State a purpose first (Purposes and consent).",
        )  # fmt: skip
    return who, view


def _book(
    who: Viewer, view: MatchView, title: tuple[str, str], filters: dict[str, str], sheets: list[Sheet], said: str = ""
) -> HttpResponse:  # fmt: skip
    about = Provenance(
        title=pick(*title), scope={pick("地方", "Place"): view.place, **dict(basis_of(view))}, filters=filters,
        data_version=view.run.snapshot[:12], rules_version=view.run.rules_version, user=who.name,
        synthetic=is_synthetic(store()), notes=[pick(*ADVISORY), *([said] if said else [])],
        definitions=[(pick(*name), pick(*words)) for name, words in DEFINITIONS],
    )  # fmt: skip
    return download(workbook(about, sheets), f"{title[0]}-{view.place}.xlsx", XLSX)


@require_GET
@page
def overview_file(request: HttpRequest) -> HttpResponse:
    """Budgets and needs as a workbook."""
    who, view = _view(request)
    sheets: list[Sheet] = [(pick("预算与需要", "Budgets and needs"), LIST, need_rows(view))]
    return _book(who, view, ("兑付测算", "Planning"), {}, sheets)


@require_GET
@page
def together_file(request: HttpRequest) -> HttpResponse:
    """The plan of all policies as a workbook."""
    who, view = _view(request)
    pot, worth, refusal = _asked(request)
    if refusal is not None:
        raise refusal
    found = planned_together(view.matched, worth, pot_fen=pot)
    filters = {pick("价值", "Worth"): pick(*COUNTED[worth])}
    if pot is not None:
        filters[pick("总盘子（元）", "Pot (CNY)")] = yuan(pot)
    sheets: list[Sheet] = [(pick("各项政策", "Policies"), SHARES, _rows(view, found, worth))]
    return _book(
        who,
        view,
        ("所有政策一起测算", "All policies at once"),
        filters,
        sheets,
        pick(*_proof(found, worth)),
    )


@require_GET
@page
def one_file(request: HttpRequest, key: str) -> HttpResponse:
    """The tables of one policy's page, as it was asked, as a workbook."""
    who, view = _view(request)
    policy = view.matched.rules.rule(key).policy
    asked, refusal = asked_of(request, view, key, ranks_of(view.matched, key))
    if refusal is not None:
        raise refusal
    found, trial = advised(view.matched, key, asked), trial_of(request, view, key)
    sheets: list[Sheet] = [
        (pick("几种办法", "Ways"), WAYS, way_rows(found, asked)),
        (pick("预算多少（最优）", "More and less budget"), CURVE, curve_rows(found, asked)),
    ]
    filters = {
        pick("预算（元）", "Budget (CNY)"): yuan(asked.budget_fen), pick("价值", "Worth"): pick(*WORTHS[asked.worth]),
        pick("排序", "Ranked by"): asked.rank or pick("奖补金额", "amount of the award"),
    }  # fmt: skip
    if trial is not None:
        sheets.append((pick("门槛试算", "Another threshold"), TRIAL, trial_rows(trial)))
        filters[pick("门槛改为", "Threshold")] = trial.text
    title = (f"兑付测算-{policy.number}", f"Planning {policy.number}")
    return _book(who, view, title, filters, sheets, pick(*proof_of(found, asked)))
