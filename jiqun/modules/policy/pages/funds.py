"""Funds and their ledger; files for the bank and the treasury's answers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Viewer, forbidden
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.frame import Part, Said, ask, figure, link, note, press, show, table
from jiqun.core.pages import XLSX, download, page, viewer
from jiqun.core.tabular import Field, Provenance, pick, workbook
from jiqun.core.typeset import pdf
from jiqun.modules.policy.benefits.documents.forms import payment_list
from jiqun.modules.policy.benefits.ledger.actions import fund_pool, open_pool, verify_pool
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.benefits.paying.actions import reconcile
from jiqun.modules.policy.benefits.paying.bankfile import Line, answer_template
from jiqun.modules.policy.benefits.paying.matching import MATCHES, Match
from jiqun.modules.policy.benefits.selectors import (
    answers_to,
    missing,
    offices_of,
    payments_in,
    pools_of,
    the_file,
    the_pool,
    transfers_of,
)
from jiqun.modules.policy.models import LedgerAccount, Payment, PaymentFile, Pool
from jiqun.modules.policy.models.base import serves
from jiqun.modules.policy.pages import forms
from jiqun.modules.policy.tabular import PAYMENT_WORDS

Kinds = LedgerAccount.Kind
ACCOUNTS = {
    "treasury": ("财政拨入", "Treasury"), "available": ("可用", "Available"), "reserved": ("已预留", "Set aside"),
    "transit": ("在途", "On the way"), "paid": ("已兑付", "Paid"),
}  # fmt: skip
ACT_WORDS = {
    "appropriate": ("拨入", "Appropriation"), "reserve": ("预留", "Set aside"), "release": ("释放", "Released"),
    "send": ("提交拨付", "Sent"), "settle": ("到账", "Paid"), "return": ("退回", "Returned"),
    "recover": ("追回", "Recovered"),
}  # fmt: skip
HOW_TO_ANSWER = (
    "下载“回单模板”，在“结果”一栏逐笔填“成功”或“退回”（退回写明原因），保存为 CSV 后在这里导入；也可直接导入银行回单。",
    "Take the template, write 成功 (paid) or 退回 (returned, with a reason) for each payment, and bring it in here.",
)  # fmt: skip
LIST = (
    Field("name", "资金池", "Fund", link="href"), Field("year", "年度", "Year", "code"),
    Field("office", "财政部门", "Finance office"),
    Field("available", "可用", "Available", "money_yuan"), Field("reserved", "已预留", "Set aside", "money_yuan"),
    Field("transit", "在途", "On the way", "money_yuan"), Field("paid", "已兑付", "Paid", "money_yuan"),
    Field("warn", "提醒", "Warning"),
)  # fmt: skip
LEDGER = (
    Field("made_at", "时间", "When", "datetime"), Field("kind", "业务", "Act", "words", words=ACT_WORDS),
    Field("reference", "依据", "Reference"), Field("debit", "借出", "From", "words", words=ACCOUNTS),
    Field("credit", "贷入", "To", "words", words=ACCOUNTS), Field("amount_fen", "金额", "Amount", "money_yuan"),
    Field("by", "经办", "By"),
)  # fmt: skip
PAYMENTS = (
    Field("key", "付款编号", "Payment"), Field("payee", "收款人", "Payee"), Field("account", "收款账号", "Account"),
    Field("bank", "开户银行", "Bank"), Field("amount_fen", "金额", "Amount", "money_yuan"),
    Field("state", "结果", "Result", "words", words=PAYMENT_WORDS), Field("reason", "退回原因", "Reason"),
)  # fmt: skip
LINES = (
    Field("row", "行", "Row", "integer"), Field("key", "付款编号", "Payment"),
    Field("match", "对账结果", "Match", "words", words=MATCHES),
    Field("sent_fen", "文件金额", "In the file", "money_yuan"),
    Field("answered_fen", "回单金额", "In the answer", "money_yuan"), Field("reason", "原因", "Reason"),
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def pools(request: HttpRequest) -> HttpResponse:
    """The place's funds with their balances."""
    who = viewer(request)
    if not who.official:
        raise forbidden("查看资金池", "see funds")
    refusal = None
    form = forms.pool_form(offices_of(who), request.POST or None)
    if request.method == "POST":
        refusal = press(request, {"open": lambda: open_pool(
            viewer=who, organisation=int(form.text("organisation") or 0), place=form.text("place"),
            name=form.text("name"), warn_fen=form.fen("warn"),
        )})  # fmt: skip
        if refusal is None:
            return redirect("policy-pools")
    rows = [
        {"name": one.name, "href": reverse("policy-pool", args=[one.key]), "year": str(one.year),
         "office": one.organisation.name, **{kind: balance.get(kind, 0) for kind in ACCOUNTS},
         "warn": _warning(one, balance) or None}
        for one, balance in pools_of(who)
    ]  # fmt: skip
    empty = ("还没有资金池，由财政部门设立。", "No fund yet: the finance office opens one.")
    parts = [table(("资金池", "Funds"), LIST, rows, empty),
             ask(("设立资金池", "Open a fund"), [("open", ("设立", "Open"))], form)]  # fmt: skip
    return show(request, ("资金池", "Funds"), parts=parts, refusal=refusal)


def _warning(pool: Pool, balance: dict[str, int]) -> str:
    if balance.get(Kinds.AVAILABLE, 0) >= pool.warn_fen:
        return ""
    return pick(
        f"低于 {yuan(pool.warn_fen)} 元，请补充", f"below {yuan(pool.warn_fen)} CNY: fill it up"
    )


@require_http_methods(["GET", "POST"])
@page
def pool(request: HttpRequest, pool: str) -> HttpResponse:
    """One fund: its balances, and for a purpose its movements."""
    who = viewer(request)
    one = the_pool(who, pool)
    refusal = None
    form = forms.amount_form("拨款文号", "Document", request.POST or None)
    if request.method == "POST":
        refusal = press(request, {
            "fund": lambda: fund_pool(
                viewer=who, pool=one, amount_fen=form.fen("amount"), document=form.text("words")
            ),
            "verify": lambda: _verified(request, who, one),
        })  # fmt: skip
        if refusal is None:
            return redirect("policy-pool", one.key)
    balance = next(found for known, found in pools_of(who) if known.pk == one.pk)
    parts: list[Part] = []
    if warning := _warning(one, balance):
        parts.append(note((warning, warning)))
    if said := request.session.pop(f"verified-{one.key}", None):
        parts.append(note((said[0], said[1]), "success" if said[2] else "error"))
    if serves(who, one.organisation_id, one.place):
        parts.append(
            ask(("拨入资金", "Appropriate money"), [("fund", ("登记拨入", "Book it"))], form)
        )
        parts.append(ask(("核验账簿", "Verify the ledger"), [("verify", ("核验", "Verify"))]))
    parts.append(_ledger(who, one))
    return show(
        request, (one.name, one.name), small=str(one.year), refusal=refusal, parts=parts,
        crumb=link(("资金池", "Funds"), reverse("policy-pools")),
        figures=[figure(words, yuan(abs(balance.get(kind, 0))), pick("元", "CNY"))
                 for kind, words in ACCOUNTS.items()],
    )  # fmt: skip


def _ledger(who: Viewer, one: Pool) -> Part:
    if not who.purpose:
        return note(
            (
                "账簿逐笔明细涉及企业：请先“说明用途”。",
                "Single movements speak of firms: state a purpose first.",
            )
        )
    rows = [
        {"made_at": t.made_at, "kind": t.kind, "reference": t.reference, "debit": t.debit.kind,
         "credit": t.credit.kind, "amount_fen": t.amount_fen, "by": t.made_by.get_username() if t.made_by else None}
        for t in transfers_of(who, one)
    ]  # fmt: skip
    return table(("账簿", "Ledger"), LEDGER, rows, ("还没有记账。", "No movement yet."))


def _verified(request: HttpRequest, who: Viewer, one: Pool) -> None:
    found = verify_pool(viewer=who, pool=one)
    zh = (
        f"已核验 {found.transfers} 笔记账：借贷相抵后余 {found.legs_fen} 分（应为 0），"
        f"与事项、付款比对 {len(found.breaks)} 处不符"
    )
    en = (
        f"{found.transfers} movements checked: debits less credits leave {found.legs_fen} fen (should be 0), "
        f"{len(found.breaks)} contradiction(s) with cases and payments"
    )
    request.session[f"verified-{one.key}"] = [zh, en, found.sound]


# ---- files for the bank -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@page
def file(request: HttpRequest, file: str) -> HttpResponse:
    """One file: its payments with whole account numbers, what was answered; taking an answer."""
    who = viewer(request)
    one = the_file(who, file)
    form, refusal = forms.answer_form(request.POST or None, request.FILES or None), None
    if request.method == "POST":

        def send() -> Said:
            name, content = forms.upload_of(form)
            return _answered(reconcile(viewer=who, file=one, name=name, content=content))

        refusal = press(request, {"reconcile": send})
        if refusal is None:
            return redirect("policy-file", one.number)
    rows = [_payment(p) for p in payments_in(who, one)]
    answers = answers_to(who, one)
    parts: list[Part] = [
        ask(("国库回单", "The treasury's answer"), [("reconcile", ("导入并对账", "Take and reconcile"))],
        form, HOW_TO_ANSWER, multipart=True),
        table(("付款", "Payments"), PAYMENTS, rows, ("", "")),
        *(table((f"回单 {a.name}", f"Answer {a.name}"), LINES, a.lines, ("没有行。", "No line.")) for a in answers),
    ]  # fmt: skip
    take = [
        link(words, reverse("policy-file-take", args=[one.number, kind]))
        for kind, words in (("csv", ("银行文件 CSV", "For the bank (CSV)")),
        ("xlsx", ("拨付清单 Excel", "List (Excel)")),
                            ("pdf", ("拨付清单 PDF", "List (PDF)")),
                            ("template", ("回单模板", "Template of an answer")))
    ]  # fmt: skip
    return show(
        request, ("拨付文件", "Payment file"), small=one.number, refusal=refusal, parts=parts, links=take,
        crumb=link(("返回批次", "Back to the batch"), reverse("policy-batch", args=[one.batch.key])),
        figures=[figure(("合计", "Total"), yuan(one.total_fen), pick("元", "CNY")), figure(("笔数", "Payments"),
        f"{one.count}")],
        facts=[(pick("账号校验和", "Sum of accounts"), one.account_sum), ("SHA-256", one.digest)],
    )  # fmt: skip


def _answered(result: dict[str, Any]) -> Said:
    """Say what became of the lines of an answer; whatever did not agree is no success."""
    counts: dict[str, int] = result.get("counts", {})
    zh = "，".join(f"{MATCHES[kind][0]} {n} 笔" for kind, n in counts.items())
    en = ", ".join(f"{MATCHES[kind][1]}: {n}" for kind, n in counts.items())
    good = set(counts) <= {Match.MATCHED, Match.RETURNED, Match.AGAIN}
    more = (
        ("", "")
        if good
        else ("。未一致的没有记账，请核对后重新导入", "; what does not agree was not booked")
    )
    return Said((f"对账完成：{zh}{more[0]}。", f"Reconciled: {en}{more[1]}."), good)


def _payment(p: Payment) -> dict[str, Any]:
    return {"key": p.key, "payee": p.payee, "account": p.account, "bank": p.bank, "amount_fen": p.amount_fen,
            "state": p.state, "reason": p.reason or None}  # fmt: skip


@require_GET
@page
def file_take(request: HttpRequest, file: str, kind: str) -> HttpResponse:
    """The file for the bank, the list as workbook or print, or an empty answer to fill in."""
    who = viewer(request)
    one = the_file(who, file)
    found = payments_in(who, one)
    if kind == "csv":
        return download(
            ("\ufeff" + one.content).encode(), f"{one.number}.csv", "text/csv; charset=utf-8"
        )
    if kind == "template":
        lines = [Line(p.key, p.payee, p.account, p.bank, p.amount_fen, "") for p in found]
        return download(
            ("\ufeff" + answer_template(lines)).encode(),
            f"{one.number}-回单.csv",
            "text/csv; charset=utf-8",
        )
    if kind == "pdf":
        made = payment_list(one, found, synthetic=is_synthetic(store()))
        return download(pdf(made), f"{one.number}-拨付清单.pdf", "application/pdf")
    if kind == "xlsx":
        return download(_book(who, one, found), f"{one.number}-拨付清单.xlsx", XLSX)
    raise missing("拨付文件", "payment file")


def _book(who: Viewer, one: PaymentFile, found: list[Payment]) -> bytes:
    provenance = Provenance(
        title=pick("拨付清单", "Payment list"), scope={pick("文件编号", "File"): one.number}, filters={},
        data_version=one.digest[:12], user=who.name, synthetic=is_synthetic(store()),
        notes=[pick(f"{one.count} 笔，合计 {yuan(one.total_fen)} 元，账号校验和 {one.account_sum}",
                    f"{one.count} payments, {yuan(one.total_fen)} CNY, sum of accounts {one.account_sum}"),
               f"SHA-256 {one.digest}"],
    )  # fmt: skip
    return workbook(
        provenance, [(pick("拨付清单", "Payments"), PAYMENTS, [_payment(p) for p in found])]
    )
