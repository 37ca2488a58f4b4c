"""兑付测算: budgets and thresholds of the paying policies, by address, so that it works without script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.access import may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, figure, link, note, seek, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.rules.evaluation.columns import show_value
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.money import fen_of, yuan
from jiqun.modules.policy.matching.selectors import MANUAL, MISSING, YES, MatchView, match_view
from jiqun.modules.policy.pages.forms import Plain
from jiqun.modules.policy.pages.matching import basis_of
from jiqun.modules.policy.planning.plans import (
    FIRMS,
    MONEY,
    MOST_FEN,
    ORDERS,
    SEED,
    Advice,
    Outcome,
    Question,
    Trial,
    advised,
    ranks_of,
    tried,
)

Row = dict[str, Any]
ADVISORY = (
    "仅供测算：不影响任何企业的应享和兑付；兑付只按政策文件的规则办理。",
    "Advice only: it changes nobody's entitlement or payment; awards follow the documents alone.",
)
LIST = (
    Field("title", "政策", "Policy", link="href"), Field("budget", "年度预算", "Budget", "money_yuan"),
    Field("need", "全部足额需要", "Needed in full", "money_yuan"), Field("firms", "应享企业", "Entitled", "integer",
                                                            unit="家"),
    Field("open", "待核实", "Open", "integer", unit="家"), Field("state", "够不够", "Enough?"),
)  # fmt: skip
WAYS = (
    Field("way", "办法", "Way"), Field("firms", "受益企业", "Firms", unit="家"), Field("spent", "用去", "Spent",
                                                            "money_yuan"),
    Field("value", "价值", "Worth"), Field("short", "比最优少", "Below the best"),
    Field("range", "最差 – 最好", "Worst – best"),
)  # fmt: skip
CURVE = (
    Field("budget", "预算", "Budget", "money_yuan"), Field("firms", "受益企业", "Firms", "integer", unit="家"),
    Field("spent", "用去", "Spent", "money_yuan"), Field("value", "价值", "Worth"), Field("bound", "证明的上界",
                                                            "Proven bound"),
)  # fmt: skip
TRIAL = (
    Field("what", "项目", "What"), Field("before", "现行", "Now"), Field("after", "改后", "Then"),
)  # fmt: skip
WORTHS = {
    FIRMS: ("受益企业数（家）", "number of firms"), MONEY: ("兑付到企业的钱（元）", "money paid (CNY)"),
}  # fmt: skip
WAY_WORDS = {
    "first": (f"先到先得（{ORDERS} 个随机先后的平均）", f"first come (mean of {ORDERS} random orders)"),
    "rank": ("按所选指标排序", "by the figure chosen"),
    "worth": ("按每元价值排序", "by worth per yuan"), "best": ("最优", "the best plan"),
}  # fmt: skip


@require_GET
@page
def overview(request: HttpRequest) -> HttpResponse:
    """The paying policies with budget and need."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    parts: list[Part] = [note(ADVISORY, "info"), *asks_purpose(who)]
    if may_see_firm_rows(who):
        parts.append(table(("预算与需要", "Budgets and needs"), LIST, need_rows(view), ("没有可兑付的政策",
                           "No policy pays here"), address("policy-plan-xlsx", request)))  # fmt: skip
    return show(
        request, ("兑付测算", "Planning"), facts=basis_of(view), parts=parts,
        links=[link(("所有政策一起测算", "All policies at once"), address("policy-plan-together", request))],
        lede=pick("预算够不够、不够时怎么分、门槛改了会怎样：先到先得、排序和最优放在一起比。",
                  "Is the budget enough, how to share it, what would another threshold mean."),
    )  # fmt: skip


def address(name: str, request: HttpRequest, *args: str) -> str:
    """An address with what this page was asked, so that a file says the same as the page."""
    query = request.GET.urlencode()
    return reverse(name, args=args) + (f"?{query}" if query else "")


def need_rows(view: MatchView) -> list[Row]:
    """A row per paying policy: budget, need, whether it suffices."""
    rules = view.matched.rules
    return [_row(view, key) for key in sorted(key for key in rules.entries if rules.pays(key))]


def _row(view: MatchView, key: str) -> Row:
    policy = view.matched.rules.entries[key].policy
    mine = view.frame.filter(policy=key)
    need = int(mine.filter(verdict=YES)["fen"].sum())
    budget = policy.budget.fen if policy.budget else None
    open_ = int(mine["verdict"].is_in([MISSING, MANUAL]).sum())
    return {
        "title": policy.title, "href": reverse("policy-plan-one", args=[key]),
        "budget": budget, "need": need,
        "firms": mine.filter(verdict=YES).height, "open": open_,
        **enough(need, budget, open_),
    }  # fmt: skip


def enough(need: int, budget: int | None, open_: int) -> Row:
    """Say whether a budget pays what is known; who is undetermined may still need more."""
    if budget is None:
        return {"state": pick("没有预算", "no budget"), "state_badge": "undisclosed"}
    if need > budget:
        short = yuan(need - budget)
        return {"state": pick(f"差 {short} 元", f"{short} CNY short"), "state_badge": "warning"}
    if open_:
        return {"state": pick("已知的够", "for those known"), "state_badge": "plain"}
    return {"state": pick("够", "enough"), "state_badge": "good"}


@require_GET
@page
def one(request: HttpRequest, key: str) -> HttpResponse:
    """One policy: ways of rationing side by side, the budget's curve, another threshold."""
    who = viewer(request)
    view = match_view(store(), who, request.GET.get("place", ""))
    policy = view.matched.rules.rule(key).policy
    crumb = link(("兑付测算", "Planning"), reverse("policy-plan"))
    head: list[Part] = [note(ADVISORY, "info")]
    if not may_see_firm_rows(who):
        return show(
            request,
            (policy.title, policy.title),
            small=key,
            crumb=crumb,
            parts=[*head, *asks_purpose(who)],
        )
    ranks = ranks_of(view.matched, key)
    asked, refusal = asked_of(request, view, key, ranks)
    found = advised(view.matched, key, asked)
    trial: Trial | None = None
    try:
        trial = trial_of(request, view, key)
    except JiqunError as error:
        refusal = error
    export = address("policy-plan-one-xlsx", request, key)
    return show(
        request, (policy.title, policy.title), small=key, crumb=crumb, refusal=refusal,
        facts=[*basis_of(view), (pick("先后次序", "Orders of arrival"),
               pick(f"{ORDERS} 个随机次序，种子 {SEED}", f"{ORDERS} random orders, seed {SEED}"))],
        figures=_figures(found, asked),
        parts=[*head, seek(("测算", "Plan"), _form(request, asked, ranks), ("测算", "Plan")), *_ways(view, found,
                                                            asked, export),
               *_threshold(request, view, key, trial, export)],
    )  # fmt: skip


def trial_of(request: HttpRequest, view: MatchView, key: str) -> Trial | None:
    """The condition in other words that the address asks for, evaluated; None where it asks for none.

    Raises:
        JiqunError: see ``planning.plans.tried``.
    """
    number, text = request.GET.get("condition", ""), request.GET.get("text", "").strip()[:2000]
    return tried(view.matched, key, number, text) if number and text else None


def asked_of(
    request: HttpRequest, view: MatchView, key: str, ranks: list[str]
) -> tuple[Question, JiqunError | None]:
    """The question of an address, and what is wrong with its budget; then the document's counts."""
    stated = view.matched.rules.entries[key].policy.budget
    written = request.GET.get("budget", "").strip()[:30]
    budget = fen_of(written) if written else (stated.fen if stated else 0)
    refusal = None
    if budget is None or not 0 <= budget <= MOST_FEN:
        refusal = JiqunError("E-INPUT", f"预算“{written}”不是金额", f"{written!r} is no amount",
                             hint_zh="以元计，最多两位小数。", hint_en="In yuan, two decimals at most.")  # fmt: skip
        budget = stated.fen if stated else 0
    worth, rank = request.GET.get("worth", FIRMS), request.GET.get("rank", "")
    return Question(
        budget, worth if worth in WORTHS else FIRMS, rank if rank in ranks else ""
    ), refusal


def _form(request: HttpRequest, asked: Question, ranks: list[str]) -> Plain:
    del request
    choices = [("", pick("奖补金额", "amount of the award")), *((name, name) for name in ranks)]
    return Plain({
        "budget": forms.CharField(label=pick("预算（元）", "Budget (CNY)"), max_length=30),
        "worth": forms.ChoiceField(label=pick("价值按什么算", "Worth"),
                                   choices=[(value, pick(*words)) for value, words in WORTHS.items()]),
        "rank": forms.ChoiceField(label=pick("排序按哪个指标（从高到低）", "Rank by (highest first)"), choices=choices,
                                  required=False),
    }, {"budget": yuan(asked.budget_fen), "worth": asked.worth, "rank": asked.rank})  # fmt: skip


def _few(number: float) -> str:
    """Return a count, or a mean of counts with one decimal."""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.1f}"


def _worth(value: float, asked: Question) -> str:
    if asked.worth == FIRMS:
        return f"{_few(value)} {pick('家', 'firms')}"
    return f"{value:,.2f} {pick('元', 'CNY')}"


def _figures(found: Advice, asked: Question) -> list[dict[str, str]]:
    first, best = found.ways["first"], found.ways["best"]
    lost = 1 - first.value / best.value if best.value else 0.0
    return [
        figure(("应享企业", "Entitled"), str(found.entitled), pick(f"家；另 {found.open} 家待核实",
                                                            f"firms; {found.open} open")),
        figure(("全部足额需要", "Needed in full"), yuan(found.need_fen), pick("元", "CNY")),
        figure(("预算", "Budget"), yuan(asked.budget_fen), pick("元", "CNY")),
        figure(("先到先得的代价", "Price of first come"), f"{lost:.1%}", pick("平均比最优少",
                                                            "below the best on average")),
    ]  # fmt: skip


def _way(name: str, way: Outcome, best: Outcome, asked: Question) -> Row:
    spread = (
        f"{_worth(way.worst, asked)} – {_worth(way.top, asked)}" if way.worst < way.top else None
    )
    return {
        "way": pick(*WAY_WORDS[name]), "firms": _few(way.firms), "spent": round(way.fen),
        "value": _worth(way.value, asked), "range": spread,
        "short": f"{1 - way.value / best.value:.1%}" if best.value else "—",
    }  # fmt: skip


def way_rows(found: Advice, asked: Question) -> list[Row]:
    """A row per way of rationing."""
    best = found.ways["best"]
    return [_way(name, way, best, asked) for name, way in found.ways.items()]


def curve_rows(found: Advice, asked: Question) -> list[Row]:
    """The best plan for parts of the budget."""
    return [
        {"budget": budget, "firms": firms, "spent": fen, "value": _worth(value, asked),
         "bound": _worth(bound, asked)}
        for budget, firms, fen, value, bound in found.curve
    ]  # fmt: skip


def proof_of(found: Advice, asked: Question) -> tuple[str, str]:
    """What is proven of the best plan."""
    return (
        f"已证明：在这个预算内，任何分法都不超过 {_worth(found.bound, asked)}；所列最优与它相差 {found.gap:.2%}。",
        (f"Proven: within this budget no plan is worth more than {_worth(found.bound, asked)}; "
        f"the best one listed is within {found.gap:.2%}."),
    )  # fmt: skip


def _ways(view: MatchView, found: Advice, asked: Question, export: str) -> list[Part]:
    said = [proof_of(found, asked)]
    if found.need_fen <= asked.budget_fen:
        said.append(
            (
                "预算足够全部足额兑付，各种办法没有差别。",
                "The budget pays everybody in full: all ways agree.",
            )
        )
    if asked.rank and found.line is not None:
        field = view.matched.found.program.columns.get(asked.rank)
        least = show_value(found.line, field)
        said.append((f"要让够线的企业全部足额，{asked.rank}须划在 {least} 及以上。",
                     f"To pay everybody above a line in full, draw it at {least}."))  # fmt: skip
    if found.unranked:
        said.append(
            (
                f"{found.unranked} 家企业的排序指标未知，排在最后。",
                f"{found.unranked} firm(s) without the figure come last.",
            )
        )
    zh, en = ("".join(one[0] for one in said), " ".join(one[1] for one in said))
    return [
        table(("几种办法放在一起", "Ways side by side"), WAYS, way_rows(found, asked), ("", ""), export),
        note((zh, en), "info"),
        table(("预算多一点、少一点（最优）", "More and less budget (best plan)"), CURVE, curve_rows(found, asked),
              ("", ""), export),
    ]  # fmt: skip


def trial_rows(trial: Trial) -> list[Row]:
    """Entitled firms and money, before and after."""
    return [
        {"what": pick("应享企业（家）", "Entitled firms"), "before": f"{trial.before[0]:,}",
         "after": f"{trial.after[0]:,}"},
        {"what": pick("全部足额需要（元）", "Needed in full (CNY)"), "before": yuan(trial.before[1]),
         "after": yuan(trial.after[1])},
        {"what": pick("新增 / 不再应享（家）", "Gained / lost (firms)"), "before": "—",
         "after": f"{trial.gained:,} / {trial.lost:,}"},
    ]  # fmt: skip


def _threshold(
    request: HttpRequest, view: MatchView, key: str, trial: Trial | None, export: str
) -> list[Part]:
    conditions = [c for c in view.matched.rules.rule(key).policy.conditions if c.tree is not None]
    given = {name: request.GET.get(name, "") for name in ("condition", "text")}
    form = Plain({
        "condition": forms.ChoiceField(label=pick("条件", "Condition"),
                                       choices=[(c.number, f"{c.number}　{c.text}") for c in conditions]),
        "text": forms.CharField(label=pick("改成", "Write instead"), max_length=2000),
    }, given if given["text"] else None)  # fmt: skip
    form.fields["text"].help_text = pick("例如把 >= 3% 改成 >= 2%", "for example >= 2% for >= 3%")
    parts: list[Part] = [seek(("门槛试算", "Another threshold"), form, ("试算", "Try"))]
    if trial is not None:
        rows = trial_rows(trial)
        parts.append(
            table((f"改为：{trial.text}", f"Instead: {trial.text}"), TRIAL, rows, ("", ""), export)
        )
        if trial.unpriced:
            parts.append(
                note(
                    (
                        f"其中 {trial.unpriced} 家金额未知，未计入。",
                        f"{trial.unpriced} without a known amount.",
                    )
                )
            )
    return parts
