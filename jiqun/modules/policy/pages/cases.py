"""One case: why, how much, who has it, what holds it; what its offices and its firm may do. And 我的."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, figure, link, note, press, show, table
from jiqun.core.pages import download, page, viewer
from jiqun.core.papers import offer, papers_part
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.policy.benefits.documents.forms import recovery_notice
from jiqun.modules.policy.benefits.firm.actions import answer_case
from jiqun.modules.policy.benefits.holds.actions import hold_case, lift_hold, offices
from jiqun.modules.policy.benefits.intake.candidates import VERDICTS
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.benefits.office import actions as office
from jiqun.modules.policy.benefits.reads import masked
from jiqun.modules.policy.benefits.recovery import actions as recovery
from jiqun.modules.policy.benefits.selectors import (
    cases_of,
    holds_of,
    missing,
    payments_of,
    steps_of,
    the_case,
)
from jiqun.modules.policy.machine import HOLDERS, REASONS, STATES, TABLE, Event, State
from jiqun.modules.policy.matters import CASE
from jiqun.modules.policy.models import Case, Hold
from jiqun.modules.policy.pages import forms
from jiqun.modules.policy.pages.batches import MINE, case_row
from jiqun.modules.policy.tabular import PAYMENT_WORDS

VERDICT_WORDS = {str(code): words for code, words in VERDICTS.items()}
VERDICT_BADGES = {"0": "missing", "1": "good", "2": "undisclosed", "3": "warning", "4": "plain"}
TRACE = (
    Field("text", "条件", "Condition"), Field("clause", "依据条款", "Clause"),
    Field("verdict", "结论", "Verdict", "words", words=VERDICT_WORDS), Field("value", "取值", "Value"),
    Field("source", "来源", "Source"), Field("as_of", "数据日期", "As of"),
)  # fmt: skip
AMOUNT = (Field("text", "计算", "Step"), Field("fen", "金额", "Amount", "money_yuan"))
STEPS = (
    Field("at", "时间", "When", "datetime"), Field("event", "步骤", "Step"), Field("after", "之后", "Then"),
    Field("by", "经办", "By"), Field("note", "说明", "Note"),
)  # fmt: skip
HOLDS = (
    Field("reason", "原因", "Reason"), Field("evidence", "依据", "Evidence"),
    Field("made_at", "登记时间", "Since", "datetime"),
    Field("who", "可解除人", "Who can lift it"), Field("lifted_at", "解除时间", "Lifted", "datetime"),
    Field("note", "说明", "Note"),
)  # fmt: skip
PAID = (
    Field("key", "付款编号", "Payment"), Field("instalment", "期次", "Instalment", "integer"),
    Field("amount_fen", "金额", "Amount", "money_yuan"), Field("account", "账号", "Account"),
    Field("state", "结果", "Result", "words", words=PAYMENT_WORDS), Field("reason", "退回原因", "Reason"),
    Field("sent_at", "提交时间", "Sent", "datetime"), Field("settled_at", "回单时间", "Answered", "datetime"),
)  # fmt: skip
EVENT_WORDS = {
    "open": ("导入", "brought in"), "pass": ("检查通过", "checked"), "lack": ("缺数据", "data missing"),
    "confirm": ("部门确认", "confirmed by the bureau"), "accept": ("企业接受", "accepted"),
    "waive": ("企业放弃", "waived"),
    "lapse": ("逾期按规则接受", "silence taken as yes"), "publish": ("公示", "published"),
    "object": ("异议", "objection"),
    "uphold": ("异议成立", "objection upheld"), "dismiss": ("异议不成立", "objection dismissed"),
    "close_publicity": ("公示期满", "publicity over"), "approve": ("财政审核", "approved"),
    "queue": ("排队等资金", "waits for money"),
    "send": ("提交拨付", "sent to the bank"), "settle": ("到账", "paid"),
    "settle_part": ("本期到账", "instalment paid"),
    "bounce": ("银行退回", "returned"), "correct": ("更正账户", "account corrected"),
    "milestone": ("下一期条件达到", "milestone met"),
    "reviewed": ("绩效复核", "reviewed"), "claim": ("决定追回", "claimed back"), "recover": ("追回到账", "recovered"),
    "reject": ("不予兑付", "refused"),
}  # fmt: skip
# What the bureau may do with a case in words alone: (button, event, words).
BY_BUREAU = (
    ("object", Event.OBJECT, ("登记异议", "Note an objection")),
    ("uphold", Event.UPHOLD, ("异议成立，终止", "Uphold it")),
    ("dismiss", Event.DISMISS, ("异议不成立", "Dismiss it")),
    ("release", Event.MILESTONE, ("下一期条件已达到", "The milestone is met")),
    ("review", Event.REVIEWED, ("绩效复核通过，办结", "Reviewed, close")),
    ("reject", Event.REJECT, ("不予兑付", "Refuse")),
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def case(request: HttpRequest, case: str) -> HttpResponse:
    """One case, opened to the clause of every condition."""
    who = viewer(request)
    one = the_case(who, case)
    refusal, typed = None, None
    if request.method == "POST":
        refusal, typed = press(request, _verbs(who, one, request.POST)), request.POST
        if refusal is None:
            return redirect("policy-case", one.key)
        one.refresh_from_db()
    about = STATES[State(one.state)]
    back = ("policy-batch", [one.batch.key]) if who.official else ("policy-mine", [])
    return show(
        request, (one.item.title, one.item.title), small=one.key, refusal=refusal,
        crumb=link(("返回", "Back"), reverse(back[0], args=back[1])),
        parts=[*_parts(who, one, typed), *papers_part(who, CASE, [one.key])],
        lede=f"{one.firm_name}　{one.firm}",
        links=[link(("追回通知", "Notice of recovery"),
        reverse("policy-recovery-file", args=[one.key]))] if one.claimed_fen else [],
        figures=[
            figure(("应兑付", "Due"), yuan(one.amount_fen), pick("元", "CNY")),
            figure(("已兑付", "Paid"), yuan(one.paid_fen), pick("元", "CNY")),
            figure(("现在", "Now"), pick(about.zh, about.en), pick(*HOLDERS[about.holder])),
        ],
        facts=_facts(one),
    )  # fmt: skip


def _facts(one: Case) -> list[tuple[str, str]]:
    account = f"{one.payee} · {one.bank} · {masked(one.account)}" if one.account else ""
    parts = "、".join(f"{yuan(part)}" for part in one.instalments)
    instalments = (
        [(pick("分期（元）", "Instalments (CNY)"), parts)] if len(one.instalments) > 1 else []
    )
    snapshot = str(one.trace.get("snapshot", ""))[:12]
    days = f"{one.public_from} – {one.public_until}" if one.public_from else ""
    return [
        (pick("政策与版本", "Policy and version"), f"{one.policy}@{one.item.version} {one.item.document}".strip()),
        (pick("事由", "Matter"), one.subject), *instalments,
        (pick("收款账户", "Account"), account), (pick("公示期", "Publicity"), days),
        (pick("企业答复期限", "Answer by"), str(one.answer_until or "")),
        (pick("运行与数据版本", "Run and data"), f"{one.trace.get('run', '')} · {snapshot}"),
    ]  # fmt: skip


def _verbs(who: Viewer, one: Case, data: Any) -> dict[str, Callable[[], object]]:
    words, money = (
        forms.words_form(data).text("words"),
        forms.amount_form("", "", data).fen("amount"),
    )
    given = forms.account_form(data)
    found: dict[str, Callable[[], object]] = {
        answer: lambda answer=answer: answer_case(
            viewer=who, case=one, answer=answer, bank=forms.account_of(given), words=words
        )
        for answer in ("accept", "waive", "correct")
    }
    held = {f"lift-{h.pk}": h for h in holds_of(who, one) if h.lifted_at is None}
    found |= {
        key: lambda h=h: lift_hold(viewer=who, held=h, words=words) for key, h in held.items()
    }
    return found | {
        "object": lambda: office.object_case(viewer=who, case=one, words=words),
        "uphold": lambda: office.settle_objection(viewer=who, case=one, upheld=True, words=words),
        "dismiss": lambda: office.settle_objection(viewer=who, case=one, upheld=False, words=words),
        "release": lambda: office.release_instalment(viewer=who, case=one, words=words),
        "reject": lambda: office.reject_case(viewer=who, case=one, words=words),
        "review": lambda: recovery.review_case(viewer=who, case=one, words=words),
        "claim": lambda: recovery.claim_back(viewer=who, case=one, amount_fen=money, words=words),
        "recovered": lambda: recovery.note_recovered(viewer=who, case=one, amount_fen=money, document=words),
        "hold": lambda: hold_case(viewer=who, case=one, reason=str(data.get("reason", "")),
                                  evidence=str(data.get("evidence", ""))),
    }  # fmt: skip


def _parts(who: Viewer, one: Case, typed: Any) -> list[Part]:
    held = holds_of(who, one)
    parts: list[Part] = []
    if one.held:
        parts.append(
            note(
                (
                    "已挂起：在解除之前不会向前办理。",
                    "On hold: it goes no further until the hold is lifted.",
                )
            )
        )
    parts += _forms(who, one, [h for h in held if h.lifted_at is None], typed)
    conditions = [
        _condition(row) for row in one.trace.get("conditions") or () if isinstance(row, dict)
    ]
    parts.append(
        table(
            ("逐条件结论", "Condition by condition"),
            TRACE,
            conditions,
            ("没有比对过程。", "There is no trace."),
        )
    )
    amounts = [row for row in one.trace.get("amount") or () if isinstance(row, dict)]
    if amounts:
        parts.append(
            table(("金额怎么来的", "How the amount came about"), AMOUNT, amounts, ("", ""))
        )
    if held:
        parts.append(table(("挂起", "Holds"), HOLDS, [_hold(h) for h in held], ("", "")))
    paid = [
        {"key": p.key, "instalment": p.instalment, "amount_fen": p.amount_fen, "account": masked(p.account),
         "state": p.state, "reason": p.reason or None, "sent_at": p.sent_at, "settled_at": p.settled_at}
        for p in payments_of(who, case=one)
    ]  # fmt: skip
    if paid:
        parts.append(table(("拨付", "Payments"), PAID, paid, ("", "")))
    parts.append(
        table(
            ("办理记录", "What was done"),
            STEPS,
            [_step(s, who) for s in steps_of(who, one)],
            ("", ""),
        )
    )
    return parts


def _condition(row: dict[str, Any]) -> dict[str, Any]:
    code = str(row.get("verdict"))
    return {
        **{name: str(row[name]) if row.get(name) not in (None, "") else None for name in ("text", "clause", "value",
        "source", "as_of")},
        "verdict": code, "verdict_badge": VERDICT_BADGES.get(code, "undisclosed"),
    }  # fmt: skip


def _hold(h: Hold) -> dict[str, Any]:
    reason = REASONS[h.reason]
    who = "、".join(pick(*HOLDERS[one]) for one in sorted(reason.lifted_by))
    return {"reason": pick(reason.zh, reason.en), "evidence": h.evidence, "made_at": h.made_at, "who": who,
            "lifted_at": h.lifted_at, "note": h.note or None}  # fmt: skip


def _step(step: Any, who: Viewer) -> dict[str, Any]:
    about = STATES[State(step.after)]
    by = step.office or (step.by.get_username() if step.by and who.official else "")
    return {"at": step.at, "event": pick(*EVENT_WORDS.get(step.event, (step.event, step.event))),
            "after": pick(about.zh, about.en), "by": by or None, "note": step.note or None}  # fmt: skip


def _forms(who: Viewer, one: Case, held: list[Hold], typed: Any) -> list[Part]:
    mine = offices(who, one)
    found: list[Part] = []
    if "firm" in mine:
        found += _of_firm(who, one, typed)
    if mine & {"department", "finance"}:
        found += _of_offices(one, mine, held)
    return found


def _of_firm(who: Viewer, one: Case, typed: Any) -> list[Part]:
    if one.state == State.FIRM:
        about = (
            ("接受前请核对上面的收款账户；不改可不填。放弃后不能恢复。",
             "Check the account above before you accept; leave this empty to keep it. Giving up is final.")
            if one.account else
            ("接受须填写本企业的收款账户，资金直接拨到这个账户。放弃不必填写，放弃后不能恢复。",
             "To accept, give your firm's own account; the money goes there. Giving up is final.")
        )  # fmt: skip
        buttons = [("accept", ("接受", "Accept")), ("waive", ("放弃", "Give up"))]
    elif one.state == State.RETURNED:
        about = (
            "银行已退回，请填写正确的收款账户。",
            "The bank returned the payment: give the right account.",
        )
        buttons = [("correct", ("更正账户", "Correct the account")), ("waive", ("放弃", "Give up"))]
    elif (State(one.state), Event.WAIVE) in TABLE:
        return [
            ask(
                ("放弃", "Give up"),
                [("waive", ("放弃这一事项", "Give this benefit up"))],
                forms.words_form(),
            )
        ]
    else:
        return []
    needed = one.state == State.RETURNED or not one.account
    form = forms.account_form(typed, payee=one.firm_name, required=needed)
    offer(form, who, ("words",))
    return [ask(("请您确认", "Your answer"), buttons, form, about)]


def _of_offices(one: Case, mine: frozenset[str], held: list[Hold]) -> list[Part]:
    found: list[Part] = []
    state = State(one.state)
    lifts = [
        (f"lift-{h.pk}", (f"解除：{REASONS[h.reason].zh}", f"Lift: {REASONS[h.reason].en}"))
        for h in held
    ]
    if lifts:
        found.append(ask(("解除挂起", "Lift a hold"), lifts, forms.words_form()))
    buttons = [(value, words) for value, event, words in BY_BUREAU if (state, event) in TABLE]
    if "department" in mine and buttons:
        found.append(ask(("办理", "Next steps"), buttons, forms.words_form()))
    elif (state, Event.REJECT) in TABLE:
        found.append(
            ask(("办理", "Next steps"), [("reject", ("不予兑付", "Refuse"))], forms.words_form())
        )
    if "department" in mine and (state, Event.CLAIM) in TABLE:
        found.append(ask(("追回", "Claim back"), [("claim", ("决定追回", "Claim back"))],
                         forms.amount_form("理由", "Reason")))  # fmt: skip
    if "finance" in mine and state is State.RECOVERY:
        found.append(ask(("追回到账", "Money back"), [("recovered", ("登记到账", "Note it"))],
                         forms.amount_form("凭证", "Document")))  # fmt: skip
    if not one.ended:
        found.append(ask(("挂起", "Hold"), [("hold", ("挂起", "Put on hold"))], forms.hold_form()))
    return found


@require_GET
@page
def mine(request: HttpRequest) -> HttpResponse:
    """A firm's own cases: what waits for it, what was paid."""
    who = viewer(request)
    if not who.has(Role.FIRM):
        raise forbidden("查看本企业的惠企资金", "see your firm's benefits")
    rows = [case_row(one) for one in cases_of(who)]
    waiting = [row for row in rows if row["state"] in {State.FIRM, State.RETURNED}]
    paid = [
        {"key": p.key, "instalment": p.instalment, "amount_fen": p.amount_fen, "account": masked(p.account),
         "state": p.state, "reason": p.reason or None, "sent_at": p.sent_at, "settled_at": p.settled_at}
        for p in payments_of(who)
    ]  # fmt: skip
    return show(
        request, ("我的惠企资金", "Our benefits"),
        lede=pick("无须申请：核对后接受、放弃或更正账户。每一个条件都可以打开看依据。",
                  "Nothing to apply for: accept, give up, or correct the account. Every condition can be opened."),
        parts=[
            table(("我的待确认", "Waiting for you"),
            MINE, waiting, ("没有等待确认的事项。", "Nothing waits for you.")),
            table(("全部事项", "All cases"),
            MINE, rows, ("还没有与本企业有关的事项。", "No case about your firm yet.")),
            table(("到账情况", "Payments"), PAID, paid, ("还没有拨付。", "Nothing was paid yet.")),
        ],
    )  # fmt: skip


@require_GET
@page
def recovery_file(request: HttpRequest, case: str) -> HttpResponse:
    """追回通知, printed."""
    who = viewer(request)
    one = the_case(who, case)
    claims = [step for step in steps_of(who, one) if step.event == Event.CLAIM]
    if not claims:
        raise missing("追回通知", "notice of recovery")
    day = timezone.localdate(claims[-1].at)
    made = recovery_notice(one, claims[-1].note, day, synthetic=is_synthetic(store()))
    return download(pdf(made), f"{one.key}-追回通知.pdf", "application/pdf")
