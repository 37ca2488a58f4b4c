"""Batches: the list, bringing one in, one batch with who has what, its results and notice as files."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, ask, link, note, press, show, table
from jiqun.core.pages import download, page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.core.typeset import pdf
from jiqun.modules.policy.benefits.documents.forms import publicity_notice
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.files import csv_of, read_candidates, record_of
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.benefits.office import actions as office
from jiqun.modules.policy.benefits.paying import actions as paying
from jiqun.modules.policy.benefits.selectors import (
    batches_of,
    cases_of,
    counts_of,
    files_of,
    holders_of,
    last_day,
    missing,
    offices_of,
    on_show_of,
    pools_of,
    the_batch,
    the_pool,
)
from jiqun.modules.policy.machine import HOLDERS, STATES, State
from jiqun.modules.policy.models import Batch, Case
from jiqun.modules.policy.pages.forms import batch_form, upload_of
from jiqun.modules.policy.tabular import STATE_WORDS

PAGES = ["GET", "POST"]
LIST = (
    Field("title", "批次", "Batch", link="href"), Field("made_at", "导入时间", "Brought in", "datetime"),
    Field("department", "主管部门", "Bureau in charge"), Field("pool", "资金池", "Fund"),
    Field("cases", "件数", "Cases", "integer"), Field("paid", "已兑付", "Paid", "integer"),
    Field("held", "挂起", "On hold", "integer"), Field("open", "办理中", "Open", "integer"),
)  # fmt: skip
HOLDER = (
    Field("state", "步骤", "Step"), Field("holder", "由谁办理", "Who has it"),
    Field("count", "件数", "Cases", "integer"),
)  # fmt: skip
_STANDING = (
    Field("amount_fen", "金额", "Amount", "money_yuan"),
    Field("state", "状态", "State", "words", words=STATE_WORDS), Field("holder", "由谁办理", "Who has it"),
    Field("held", "挂起", "On hold", "bool"), Field("key", "事项编号", "Case"),
)  # fmt: skip
CASES = (Field("firm_name", "企业", "Firm", link="href"), *_STANDING)
MINE = (Field("title", "事项", "Item", link="href"), *_STANDING)
FILES = (
    Field("number", "拨付文件", "Payment file", link="href"), Field("count", "笔数", "Payments", "integer"),
    Field("total_fen", "合计", "Total", "money_yuan"), Field("made_at", "生成时间", "Made", "datetime"),
)  # fmt: skip
ENDED = (State.PAID, State.CLOSED, State.RECOVERY, State.RECOVERED)
# (button, words, states that it moves, who may, days that have to be over before)
STEPS = (
    ("confirm", ("部门确认全部", "Confirm all for the bureau"), (State.DEPARTMENT,), office.may_confirm_cases, ""),
    ("lapse", ("按默认规则处理逾期", "Apply the rule to silence"), (State.FIRM,), office.may_lapse_cases,
     "answer_until"),
    ("publish", ("公示", "Publish"), (State.READY,), office.may_publish_cases, ""),
    ("close", ("公示期满送财政", "End the publicity"), (State.PUBLICITY,), office.may_close_publicity, "public_until"),
    ("approve", ("财政审核全部", "Approve all"), (State.FINANCE, State.QUEUED, State.RECHECK),
     paying.may_approve_cases, ""),
    ("export", ("生成拨付文件", "Make the file for the bank"), (State.APPROVED,), paying.may_export_payments, ""),
)  # fmt: skip


@require_GET
@page
def batches(request: HttpRequest) -> HttpResponse:
    """Every batch of the official's places, in counts."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看兑付批次", "see batches of payments")
    found = batches_of(who)
    counts = counts_of(found)
    rows = [
        {
            "title": one.title, "href": reverse("policy-batch", args=[one.key]), "made_at": one.made_at,
            "department": one.department.name, "pool": one.pool.name,
            "cases": counts[one.pk].total(), "paid": sum(counts[one.pk][s.value] for s in ENDED),
            "held": counts[one.pk]["held"],
            "open": sum(n for s, n in counts[one.pk].items() if s == "held" or STATES[State(s)].holder != "nobody"),
        }
        for one in found
    ]  # fmt: skip
    empty = (
        "还没有批次。由主管部门导入比对结果，或由匹配运行生成。",
        "No batch yet: the bureau in charge brings candidates in.",
    )
    return show(
        request, ("免申即享", "Benefits without application"),
        lede=pick("从比对结果到到账：每一件都写明在谁那里。", "From candidates to money: each case says who has it."),
        links=[link(("导入比对结果", "Bring candidates in"), reverse("policy-batch-new"), main=True),
               link(("事项清单", "Items"), reverse("policy-items")), link(("资金池", "Funds"),
               reverse("policy-pools"))],
        parts=[table(("批次", "Batches"), LIST, rows, empty)],
    )  # fmt: skip


@require_http_methods(PAGES)
@page
def batch_new(request: HttpRequest) -> HttpResponse:
    """A file of candidates and the rules of its batch."""
    who = viewer(request)
    if not who.official:
        raise forbidden("导入兑付候选", "bring in candidates for payment")
    pools = [pool for pool, _ in pools_of(who)]
    form = batch_form(offices_of(who), pools, request.POST or None, request.FILES or None)
    refusal, made = None, {}

    def send() -> None:
        name, content = upload_of(form)
        pool = the_pool(who, form.text("pool"))
        days = [
            int(form.text(n)) if form.text(n).isdigit() else 0
            for n in ("answer_days", "publicity_days")
        ]
        made.update(open_batch(
            viewer=who, title=form.text("title"), place=pool.place, pool=pool,
            department=int(form.text("department") or 0), candidates=read_candidates(name, content),
            terms=Terms(form.text("on_silence") or "wait", *days),
        ))  # fmt: skip

    if request.method == "POST":
        refusal = press(request, {"open": send})
        if refusal is None:
            return redirect("policy-batch", str(made["batch"]))
    about = (
        (
            "一行一个候选：政策编号、版本、统一社会信用代码、金额（元）、比对过程（JSON）为必填。只接收已审定为免申即享的事项；"
            "缺数据的列为待补数据，有疑问的挂起，都不会被退回。"
        ),
        "One candidate per row. Only items declared fit are taken; missing data wait, doubts hold a case.",
    )
    parts = [
        ask(
            ("比对结果", "Candidates"),
            [("open", ("导入", "Bring in"))],
            form,
            about,
            multipart=True,
        )
    ]
    return show(request, ("导入比对结果", "Bring candidates in"), parts=parts, refusal=refusal,
                crumb=link(("免申即享", "Benefits without application"), reverse("policy-batches")))  # fmt: skip


@require_http_methods(PAGES)
@page
def batch(request: HttpRequest, batch: str) -> HttpResponse:
    """One batch: how many cases stand where, who has them; the cases themselves for a purpose."""
    who = viewer(request)
    one = the_batch(who, batch)
    refusal = None
    if request.method == "POST":
        refusal = press(request, {
            "confirm": lambda: office.confirm_cases(viewer=who, batch=one),
            "lapse": lambda: office.lapse_cases(viewer=who, batch=one),
            "publish": lambda: office.publish_cases(viewer=who, batch=one),
            "close": lambda: office.close_publicity(viewer=who, batch=one),
            "approve": lambda: paying.approve_cases(viewer=who, batch=one),
            "export": lambda: paying.export_payments(viewer=who, batch=one),
        })  # fmt: skip
        if refusal is None:
            return redirect("policy-batch", one.key)
    return show(
        request, (one.title, one.title), small=one.key, refusal=refusal, parts=_parts(who, one),
        crumb=link(("免申即享", "Benefits without application"), reverse("policy-batches")),
        links=_links(one),
        facts=[
            (pick("主管部门", "Bureau in charge"), one.department.name), (pick("资金池", "Fund"), one.pool.name),
            (pick("运行与数据版本", "Run and data"), f"{one.run} · {one.snapshot[:12]}"),
            (pick("企业确认期限", "Days to answer"),
            pick(f"{one.answer_days} 个工作日", f"{one.answer_days} working days")),
            (pick("公示期限", "Days of publicity"),
            pick(f"{one.publicity_days} 个工作日", f"{one.publicity_days} working days")),
        ],
    )  # fmt: skip


def _links(one: Batch) -> list[dict[str, Any]]:
    return [
        link(("比对结果 CSV", "Results as CSV"), reverse("policy-results", args=[one.key, "csv"])),
        link(
            ("比对结果 JSON", "Results as JSON"), reverse("policy-results", args=[one.key, "json"])
        ),
        link(("拟兑现公示", "Notice"), reverse("policy-notice-file", args=[one.key])),
    ]


def _steps(who: Viewer, one: Batch, counts: Any) -> list[Part]:
    """What the viewer may do now; and of the other steps whom or which day they wait for."""
    buttons: list[tuple[str, tuple[str, str]]] = []
    waits: list[tuple[str, str]] = []
    for value, (zh, en), states, may, term in STEPS:
        if not any(counts[state.value] for state in states):
            continue
        if value == "lapse" and one.on_silence != Batch.Silence.ACCEPT:
            continue
        last = last_day(one, states[0], term) if term else None
        if last is not None and last >= timezone.localdate():
            waits.append((f"{zh}：{last} 之后可办理", f"{en}: after {last}"))
        elif may(who, one):
            buttons.append((value, (zh, en)))
        else:
            waits.append((f"{zh}：{_by(states[0])[0]}", f"{en}: {_by(states[0])[1]}"))
    parts: list[Part] = []
    if buttons:
        parts.append(ask(("办理", "Next steps"), buttons))
    if waits:
        zh, en = ("；".join(words) for words in zip(*waits, strict=True))
        parts.append(
            note((f"不由您现在办理的步骤——{zh}。", f"Not yours, or not yet: {en}."), "info")
        )
    return parts


def _by(state: State) -> tuple[str, str]:
    zh, en = HOLDERS[STATES[state].holder]
    return f"须由{zh}的另一人办理", f"by another person of {en}"


def _parts(who: Viewer, one: Batch) -> list[Part]:
    counts = counts_of([one])[one.pk]
    holders = [
        {"state": pick(STATES[s].zh, STATES[s].en), "holder": pick(*HOLDERS[STATES[s].holder]), "count": n}
        for s, n in holders_of(counts)
    ]  # fmt: skip
    if counts["held"]:
        words = pick("挂起，见各事项", "on hold, see each case")
        holders.append({"state": words, "holder": "—", "count": counts["held"]})
    parts: list[Part] = [table(("每一步有几件，在谁那里", "How many at each step, and who has them"), HOLDER, holders,
                               ("没有事项。", "No case."))]  # fmt: skip
    parts += _steps(who, one, counts)
    if not who.purpose:
        parts.append(note(("逐件明细是企业数据：请先“说明用途”，再回到本页。",
                           "Single cases are data about firms: state a purpose first.")))  # fmt: skip
        return parts
    rows = [case_row(case) for case in cases_of(who, one)]
    parts.append(
        table(("事项", "Cases"), CASES, rows, ("没有可以查看的事项。", "No case that you may see."))
    )
    files = [
        {"number": f.number, "href": reverse("policy-file", args=[f.number]), "count": f.count,
         "total_fen": f.total_fen, "made_at": f.made_at}
        for f in files_of(who, one)
    ]  # fmt: skip
    if files:
        parts.append(table(("拨付文件", "Payment files"), FILES, files, ("", "")))
    return parts


def case_row(case: Case) -> dict[str, Any]:
    """A case as lists show it."""
    about = STATES[State(case.state)]
    return {
        "key": case.key, "href": reverse("policy-case", args=[case.key]), "firm_name": case.firm_name,
        "title": case.item.title, "amount_fen": case.amount_fen, "state": case.state,
        "state_badge": about.badge, "holder": pick(*HOLDERS[about.holder]), "held": case.held,
    }  # fmt: skip


@require_GET
@page
def results(request: HttpRequest, batch: str, kind: str) -> HttpResponse:
    """The results of a batch with their traces, as CSV or JSON; the same file can be brought in again."""
    who = viewer(request)
    one = the_batch(who, batch)
    if kind not in {"csv", "json"}:
        raise missing("批次", "batch")
    records = [record_of(case) for case in cases_of(who, one, 100_000)]
    name = f"{one.key}-{pick('比对结果', 'results')}.{kind}"
    if kind == "json":
        text = json.dumps({"batch": one.key, "candidates": records}, ensure_ascii=False, indent=1)
        return download(text.encode(), name, "application/json")
    return download(("\ufeff" + csv_of(records)).encode(), name, "text/csv; charset=utf-8")


@require_GET
@page
def notice_file(request: HttpRequest, batch: str) -> HttpResponse:
    """拟兑现公示 of a batch, printed: what the public page shows."""
    who = viewer(request)
    one = the_batch(who, batch)
    rows = on_show_of(who, one)
    day = min((row["public_from"] for row in rows), default=timezone.localdate())
    made = publicity_notice(rows, one.department.name, day, synthetic=is_synthetic(store()))
    return download(pdf(made), f"{one.key}-拟兑现公示.pdf", "application/pdf")
